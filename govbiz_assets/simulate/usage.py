"""Daily energy in five time-of-use bands: shift pattern, calendar, weather, trend, course of the customer, noise.

Energy is counted in whole watt-hours, so that the bands add up to the total to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from govbiz_assets.simulate import patterns
from govbiz_assets.simulate.params import stream
from govbiz_assets.simulate.population import Accounts, Customers
from govbiz_assets.simulate.weather import MonthWeather
from govbiz_assets.simulate.workdays import HOLIDAY, WEEKEND, MonthDays

SHARP_OF_PEAK = 0.22
DEEP_OF_VALLEY, DEEP_OF_FLAT = 0.30, 0.15
READ_TYPES = np.array(["实抄", "估抄", "补抄"])
READ_SHARES = (0.985, 0.010, 0.005)
FIRST_MONTH_OF_TREND = 2024 * 12
LIGHTING = 0.22
"""Half the yearly swing of night loads: long nights in winter."""


@dataclass(frozen=True)
class Load:
    """Daily energy of a block of accounts (Wh).

    Attributes:
        bands: Account by day by band (sharp, peak, flat, valley, deep).
        is_metered: Account by day: the account was open.
    """

    bands: np.ndarray
    is_metered: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """All bands together."""
        total: np.ndarray = self.bands.sum(axis=2)
        return total


def month_load(
    seed: int,
    index: int,
    block: slice,
    accounts: Accounts,
    customers: Customers,
    factor: np.ndarray,
    closed: np.ndarray,
    days: MonthDays,
    weather: MonthWeather,
) -> Load:
    """Draws the load of a block of accounts in a month.

    Args:
        seed: Seed of the simulation.
        index: Number of the month.
        block: The accounts.
        accounts: All accounts.
        customers: All customers.
        factor: What is left of each customer's load.
        closed: Closing date of each customer, NaT while it stays.
        days: Days of the month.
        weather: Weather of the month.

    Returns:
        Energy per account, day and band; zero where the account was not open.
    """
    rng = stream(seed, "usage", index, block.start)
    owner = accounts.customer[block]
    pattern, division = customers.pattern[owner], customers.division[owner]
    shape = (len(owner), len(days))
    response = 1 + accounts.weather[block][:, None] * (
        patterns.table("cooling")[pattern][:, None] * weather.cooling[division]
        + patterns.table("heating")[pattern][:, None] * weather.heating[division]
    )
    level = accounts.base_kwh[block] * factor[owner]
    level = level * np.exp(customers.growth[owner] * (index - FIRST_MONTH_OF_TREND) / 12)
    level = level * np.exp(rng.normal(0, 0.035, len(owner)))
    noise = np.exp(accounts.noise[block][:, None] * rng.standard_normal(shape, dtype=np.float32))
    kwh = level[:, None] * _calendar(pattern, days, accounts, block) * _season(pattern, days) * response * noise
    is_metered = accounts.opened[block][:, None] <= days.dates
    is_metered &= ~(days.dates > closed[owner][:, None])
    wh = np.rint(kwh * 1000).astype(np.int64) * is_metered
    return Load(_bands(wh, accounts.peak[block], accounts.valley[block], days, rng), is_metered)


def _calendar(pattern: np.ndarray, days: MonthDays, accounts: Accounts, block: slice) -> np.ndarray:
    """Load of each day relative to an ordinary workday: weekends, holidays, school breaks, Spring Festival."""
    by_kind = np.ones((len(patterns.PATTERNS), len(days)))
    by_kind[:, days.kinds == WEEKEND] = patterns.table("weekend")[:, None]
    by_kind[:, days.kinds == HOLIDAY] = patterns.table("holiday")[:, None]
    by_kind[patterns.SCHOOL] *= np.where(days.is_school_break, 0.38, 1.0)
    calendar: np.ndarray = by_kind[pattern]
    if np.abs(days.festival).min() > 40:
        return calendar
    before, after = accounts.shut_before[block][:, None], accounts.shut_after[block][:, None]
    recovery = patterns.table("recovery_days")[pattern][:, None]
    back = np.clip((days.festival - after) / recovery, 0, 1)
    shut = np.where(days.festival >= -before, 1 - back, 0.0)
    depth = patterns.table("festival")[pattern][:, None]
    is_office = ~np.isin(pattern, np.flatnonzero(patterns.table("is_factory")))[:, None]
    shut = np.where(is_office, (days.festival >= -1) & (days.festival <= 7), shut)
    return np.asarray(np.minimum(calendar, 1.0) * (1 - shut * (1 - depth)) + np.maximum(calendar - 1, 0) * (1 - shut))


def _season(pattern: np.ndarray, days: MonthDays) -> np.ndarray:
    """Night loads follow the length of the night."""
    day_of_year = (days.dates - days.dates.astype("datetime64[Y]")).astype(int)
    swing = 1 + LIGHTING * np.cos(2 * np.pi * (day_of_year + 10) / 365.25)
    return np.asarray(np.where((pattern == patterns.NIGHT)[:, None], swing, 1.0))


def _bands(
    wh: np.ndarray, peak: np.ndarray, valley: np.ndarray, days: MonthDays, rng: np.random.Generator
) -> np.ndarray:
    """Divides daily energy over the bands; what is left over is flat."""
    jitter = np.exp(rng.standard_normal((2, *wh.shape), dtype=np.float32) * 0.05)
    peak_wh = np.minimum(wh, (wh * peak[:, None] * jitter[0]).astype(np.int64))
    valley_wh = np.minimum(wh - peak_wh, (wh * valley[:, None] * jitter[1]).astype(np.int64))
    bands = np.zeros((*wh.shape, 5), dtype=np.int64)
    if days.has_sharp:
        bands[..., 0] = (peak_wh * SHARP_OF_PEAK).astype(np.int64)
    flat_wh = wh - peak_wh - valley_wh
    deep_wh = (valley_wh * DEEP_OF_VALLEY).astype(np.int64), (flat_wh * DEEP_OF_FLAT).astype(np.int64)
    bands[..., 4] = np.where(days.is_deep, deep_wh[0] + deep_wh[1], 0)
    bands[..., 1] = peak_wh - bands[..., 0]
    bands[..., 2] = flat_wh - np.where(days.is_deep, deep_wh[1], 0)
    bands[..., 3] = valley_wh - np.where(days.is_deep, deep_wh[0], 0)
    return bands


def usage_frame(
    seed: int, index: int, block: slice, load: Load, account_numbers: pl.Series, days: MonthDays
) -> pl.DataFrame:
    """Lays a block of daily energy out as the export does; numbers have three decimals.

    Args:
        seed: Seed of the simulation.
        index: Number of the month.
        block: The accounts.
        load: Their energy.
        account_numbers: Account numbers of all accounts.
        days: Days of the month.

    Returns:
        One row per account and day on which it was open.
    """
    rows, columns = np.nonzero(load.is_metered)
    kinds = stream(seed, "read_type", index, block.start).choice(len(READ_TYPES), len(rows), p=READ_SHARES)
    energy = load.bands[rows, columns] / 1000.0
    sharp, peak, flat, valley, deep = energy.T
    return pl.DataFrame(
        {
            "户号": account_numbers.gather(rows + block.start),
            "数据日期": pl.Series(days.iso).gather(columns),
            "总电量": load.total[rows, columns] / 1000.0,
            "尖": sharp,
            "峰": peak,
            "平": flat,
            "谷": valley,
            "深谷": deep,
            "抄表方式": pl.Series(READ_TYPES).gather(kinds),
        }
    )
