"""What a simulation can be told, what it reports, and where its random numbers come from."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

CALENDAR_YEARS = (2004, 2026)
"""First and last year that the holiday calendar knows."""


@dataclass(frozen=True)
class DirtRates:
    """Shares of a file's records that are spoiled, by kind (ratio).

    Attributes:
        exact_duplicate: Delivered twice, to the byte.
        triple_duplicate: Delivered three times, to the byte.
        superseded: A wrong value is delivered first, the right record of the same key later in the file.
        unparsable_number: "--" or "N/A" where a number belongs.
        blank_required: A required field is empty.
        impossible_date: A date such as 30 February.
        wrong_month: An additional record of the previous month.
        negative_kwh: Daily energy below zero.
        full_width: Full-width digits; the value is right.
        thousands: Thousands separators; the value is right.
    """

    exact_duplicate: float = 0.0006
    triple_duplicate: float = 0.0002
    superseded: float = 0.0005
    unparsable_number: float = 0.0002
    blank_required: float = 0.0002
    impossible_date: float = 0.0002
    wrong_month: float = 0.0003
    negative_kwh: float = 0.0002
    full_width: float = 0.0005
    thousands: float = 0.0005


@dataclass(frozen=True)
class SimulationParams:
    """Everything that decides the content of a landing folder.

    Attributes:
        customers: Customers active in the first month (count).
        months: Months written (count).
        seed: Seed of every random number.
        start: First day of the first month.
        event_rate: Customers with a churn event per month, as a share of the active ones (ratio).
        decoy_rate: Customers per month that begin to look like leaving and stay (ratio).
        duplicate_customer_rate: Customers that are a second registration of another one (ratio).
        identity_rate: Customers per month that change their name, give an account away, merge or split (ratio).
        estimate_rate: Meter readings that are estimated, as a share of all (ratio).
        meter_change_rate: Meters that are changed per month (ratio).
        dirt: Shares of spoiled records.
        chunk_accounts: Accounts whose daily usage is held in memory at once (count); part of the recipe, since
            every chunk draws its own random numbers.
    """

    customers: int = 1000
    months: int = 24
    seed: int = 20240101
    start: date = date(2024, 1, 1)
    event_rate: float = 0.0105
    decoy_rate: float = 0.02
    duplicate_customer_rate: float = 0.008
    identity_rate: float = 0.002
    estimate_rate: float = 0.008
    meter_change_rate: float = 0.0015
    dirt: DirtRates = field(default_factory=DirtRates)
    chunk_accounts: int = 8192

    def __post_init__(self) -> None:
        """Refuses what cannot be simulated.

        Raises:
            ValueError: If a count is not positive, a rate is not a ratio, or the calendar does not know a month.
        """
        if self.customers < 1 or self.months < 1 or self.chunk_accounts < 1 or self.seed < 0:
            raise ValueError("customers, months and chunk_accounts must be at least 1 and seed at least 0")
        if self.start.day != 1:
            raise ValueError(f"start must be the first day of a month, not {self.start.isoformat()}")
        rates = ("event_rate", "decoy_rate", "duplicate_customer_rate", "identity_rate", "estimate_rate")
        for name in (*rates, "meter_change_rate"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise ValueError(f"{name} must lie between 0 and 0.5, not {getattr(self, name)}")
        last = month_start(month_index(self.start) + self.months - 1)
        low, high = CALENDAR_YEARS
        if self.start <= date(low, 1, 1) or last.year > high:
            raise ValueError(
                f"the holiday calendar knows {low}-02 to {high}-12; {self.start:%Y-%m} to {last:%Y-%m} was asked"
            )

    @property
    def first(self) -> int:
        """Index of the first month written."""
        return month_index(self.start)


@dataclass(frozen=True)
class SimulationSummary:
    """What was written.

    Attributes:
        landing: The folder.
        months: Months written, as first days.
        rows: Records per channel, dirt included (count).
        dirt: Spoiled records per kind (count).
        customers: Customers that ever appear (count).
        accounts: Accounts that ever appear (count).
        events: Customers with a churn event in the months written (count).
    """

    landing: Path
    months: tuple[date, ...]
    rows: dict[str, int]
    dirt: dict[str, int]
    customers: int
    accounts: int
    events: int


def month_index(day: date) -> int:
    """Returns the number of the month of `day`: months since year 0."""
    return day.year * 12 + day.month - 1


def month_start(index: int) -> date:
    """Returns the first day of the month with that number."""
    return date(index // 12, index % 12 + 1, 1)


def stream(seed: int, purpose: str, *numbers: int) -> np.random.Generator:
    """Returns the random numbers of one purpose; what other purposes and months draw does not move them."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), *numbers])


def whole(expected: float, rng: np.random.Generator) -> int:
    """Returns `expected` rounded up or down at random, so that the mean is kept."""
    return int(expected + rng.random())
