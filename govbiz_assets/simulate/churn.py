"""Who leaves, why and when; who only looks like it. Plans are made months ahead, so that signs can come first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from govbiz_assets.simulate import patterns
from govbiz_assets.simulate.params import SimulationParams, month_start, stream, whole
from govbiz_assets.simulate.population import GIANT_SIZE, LATE, PARTIAL, Customers

LEAD_MONTHS = 6
"""Longest time between the first sign and the event."""
NEVER = 10**6


@dataclass(frozen=True)
class Cause:
    """A course that a customer may take.

    Attributes:
        name: Name in the truth files.
        share: Share among the events, or among the decoys.
        lead: Shortest and longest time from the first sign to the event (months).
        length: Shortest and longest duration after the event (months); (0, 0) for a closure.
        depth: Smallest and largest loss of load that shows before the event (ratio).
        kind: closure, capacity_cut, or decoy.
    """

    name: str
    share: float
    lead: tuple[int, int]
    length: tuple[int, int]
    depth: tuple[float, float]
    kind: str


CAUSES: tuple[Cause, ...] = (
    Cause("none", 0.0, (0, 0), (0, 0), (0, 0), "none"),
    Cause("relocation", 0.28, (3, 6), (0, 0), (0.15, 0.70), "closure"),
    Cause("price", 0.22, (2, 5), (0, 0), (0.0, 0.20), "closure"),
    Cause("arrears", 0.19, (3, 5), (0, 0), (0.0, 0.30), "closure"),
    Cause("decline", 0.31, (2, 4), (4, 12), (0.10, 0.45), "capacity_cut"),
    Cause("dip", 0.40, (2, 4), (1, 2), (0.15, 0.55), "decoy"),
    Cause("complaints", 0.25, (2, 4), (1, 2), (0.0, 0.0), "decoy"),
    Cause("suspension", 0.15, (1, 2), (1, 2), (0.0, 0.20), "decoy"),
    Cause("late_payment", 0.20, (2, 3), (1, 2), (0.0, 0.0), "decoy"),
)
RELOCATION, PRICE, ARREARS, DECLINE, DIP, COMPLAINTS, SUSPENSION, LATE_PAYMENT = range(1, 9)
CLOSURES = (RELOCATION, PRICE, ARREARS)
SUDDEN_SHARE = 0.12
"""Share of the events that no sign precedes."""


@dataclass(frozen=True)
class Plans:
    """The course of every customer; `cause` 0 means that it just stays.

    Attributes:
        cause: Position in CAUSES.
        onset: Number of the month of the first sign.
        event: Number of the month of the event.
        until: Number of the first month after the course; NEVER for closures and lasting cuts.
        strength: How clearly the signs show; 0 for an event without signs.
        depth: Loss of load before the event (ratio).
        ratio: Running share of the capacity after a cut (ratio).
        early: Months before a relocation in which capacity is already given back.
        day: Day of the month of the event, counted from 0.
    """

    cause: np.ndarray
    onset: np.ndarray
    event: np.ndarray
    until: np.ndarray
    strength: np.ndarray
    depth: np.ndarray
    ratio: np.ndarray
    early: np.ndarray
    day: np.ndarray

    def is_closure(self) -> np.ndarray:
        """Returns which customers are going to close all accounts."""
        return np.isin(self.cause, CLOSURES)

    def closed_dates(self) -> np.ndarray:
        """Returns the date on which the customers close, NaT for those that stay."""
        dates = (self.event - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]") + self.day
        return np.where(self.is_closure(), dates, np.datetime64("NaT", "D"))

    def is_running(self, index: int) -> np.ndarray:
        """Returns which customers are between the first sign and the end of their course."""
        return (self.cause > 0) & (index >= self.onset) & (index < self.until)

    def load_factor(self, index: int) -> np.ndarray:
        """Returns what is left of each customer's load in a month (ratio)."""
        progress = np.clip((index - self.onset + 1) / np.maximum(self.event - self.onset, 1), 0, 1)
        factor = 1 - self.depth * progress
        is_cut = np.isin(self.cause, (DECLINE, SUSPENSION)) & (index >= self.event)
        factor = np.where(is_cut, np.minimum(factor, self.ratio * 1.05), factor)
        is_dip = (self.cause == DIP) & (index >= self.onset)
        factor = np.where(is_dip, 1 - self.depth, factor)
        return np.where(self.is_running(index), factor, 1.0)

    def run_ratio(self, index: int) -> np.ndarray:
        """Returns the running share of each customer's capacity at the end of a month (ratio)."""
        is_cut = np.isin(self.cause, (DECLINE, SUSPENSION)) & (index >= self.event) & (index < self.until)
        is_leaving = (self.cause == RELOCATION) & (index >= self.event - self.early) & (index < self.event)
        closed = self.is_closure() & (index >= self.event)
        return np.select([closed, is_cut, is_leaving], [np.zeros(len(self.ratio)), self.ratio, 0.6], 1.0)


def no_plans(count: int) -> Plans:
    """Returns the plans of customers that just stay."""
    cause, onset, event, until = (np.full(count, value) for value in (0, NEVER, NEVER, NEVER))
    ratios = np.zeros(count), np.zeros(count), np.ones(count)
    return Plans(cause, onset, event, until, *ratios, early=np.zeros(count, int), day=np.zeros(count, int))


def plan_month(
    params: SimulationParams, customers: Customers, plans: Plans, index: int, is_settled: np.ndarray | None = None
) -> None:
    """Lets some customers begin a course in a month; changes `plans` in place.

    Args:
        params: The simulation.
        customers: The customers.
        plans: Their courses.
        index: Number of the month in which the first signs show. Courses whose event would lie before the
            first month of the simulation are not begun.
        is_settled: Customers that begin none.
    """
    rng = stream(params.seed, "churn", index)
    is_real = np.isin(plans.cause, (*CLOSURES, DECLINE))
    present = ~(plans.is_closure() & (plans.event < index)) & (customers.joined < index)
    active = int(present.sum())
    free = present & ~is_real & ~plans.is_running(index)
    if is_settled is not None:
        free &= ~is_settled
    for number, cause in enumerate(CAUSES[1:], start=1):
        rate = params.decoy_rate if cause.kind == "decoy" else params.event_rate
        keys = rng.gumbel(size=len(customers)) + np.log(_weights(number, customers) + 1e-12)
        count = whole(rate * cause.share * active, rng)
        chosen = np.flatnonzero(free)
        chosen = chosen[np.argsort(-keys[chosen], kind="stable")][:count]
        drawn = _draw(cause, len(chosen), index, rng)
        chosen, drawn = _from(params.first, chosen, drawn)
        for name, values in drawn.items():
            getattr(plans, name)[chosen] = values
        plans.cause[chosen] = number
        free[chosen] = False


def _weights(number: int, customers: Customers) -> np.ndarray:
    """How much more likely some customers are to take a course."""
    factory = patterns.table("is_factory")[customers.pattern]
    stays = np.where(customers.is_public, 0.03, 1.0) if number <= DECLINE else 1.0
    weight = np.ones(len(customers))
    if number == RELOCATION:
        weight = np.where(factory, 2.5, 1.0)
    elif number == PRICE:
        weight = np.where(customers.is_peak_heavy, 8.0, 1.0)
    elif number == ARREARS:
        weight = np.where(np.isin(customers.habit, (LATE, PARTIAL)), 7.0, 1.0)
    elif number == DECLINE:
        weight = np.where(factory, 3.0, 1.0) * np.exp(-6 * customers.growth)
    loyal = np.where((customers.size > GIANT_SIZE) & (number <= DECLINE), 0.05, 1.0)
    return np.asarray(weight * stays * loyal)


def _draw(cause: Cause, count: int, index: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    event = index + rng.integers(cause.lead[0], cause.lead[1] + 1, count)
    until = event + rng.integers(cause.length[0], cause.length[1] + 1, count)
    lasting = rng.random(count) < 0.5
    sudden = (rng.random(count) < SUDDEN_SHARE) & (cause.kind != "decoy")
    depth = rng.uniform(*cause.depth, count)
    strength = rng.uniform(0.5, 1.5, count)
    return {
        "onset": np.full(count, index),
        "event": event,
        "until": np.where((cause.kind == "closure") | ((cause.kind == "capacity_cut") & lasting), NEVER, until),
        "strength": np.where(sudden, 0.0, strength),
        "depth": np.where(sudden, 0.0, depth),
        "ratio": rng.uniform(0.18, 0.44, count),
        "early": np.where(sudden, 0, rng.integers(0, 3, count)),
        "day": rng.integers(3, 28, count),
    }


def _from(first: int, chosen: np.ndarray, drawn: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    keep = drawn["event"] >= first
    return chosen[keep], {name: values[keep] for name, values in drawn.items()}


def event_dates(plans: Plans, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the customers with a churn event in a month, and the dates of the events.

    Args:
        plans: The courses.
        index: Number of the month.

    Returns:
        Positions of customers, and one date each.
    """
    who = np.flatnonzero(np.isin(plans.cause, (*CLOSURES, DECLINE)) & (plans.event == index))
    return who, np.datetime64(month_start(index)) + plans.day[who]
