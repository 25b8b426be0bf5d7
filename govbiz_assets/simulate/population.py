"""Who the customers are and what accounts they hold: drawn once when they join, the same for their whole life."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from govbiz_assets.simulate import patterns
from govbiz_assets.simulate.params import SimulationParams, month_start, stream, whole
from govbiz_assets.simulate.patterns import ABSENT, INDUSTRY_MIX, NAMES
from govbiz_assets.simulate.reference import Reference

MEDIAN_KWH_DAY = 420.0
SIZE_SIGMA = 2.2
"""Spread of log size, with which the top 1% of 1,000 customers use about 40% of the energy."""
GIANT_SIZE = 1.8
"""Size score above which customers are steady, so that no single one rules the province's sales."""
HABITS = ("prompt", "ordinary", "late", "partial", "prepaid")
HABIT_SHARES = (0.40, 0.38, 0.10, 0.04, 0.08)
LATE, PARTIAL, PREPAID = 2, 3, 4
SCALES = np.array(["微", "小", "中", "大"])
GRADES = np.array(["A", "B", "C", "D"])
VOLTAGES_KV = np.array([0.4, 10.0, 35.0, 110.0, 220.0])
LADDER = np.array(
    [
        *(30, 50, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000),
        *(5000, 6300, 8000, 10000, 12500, 16000, 20000, 25000, 31500, 40000, 50000, 63000, 80000, 100000, 125000),
        *(160000, 200000, 250000, 315000, 400000, 500000, 800000, 1250000, 2000000),
    ]
)
"""Transformer capacities that are installed (kVA)."""


@dataclass(frozen=True)
class Customers:
    """The customers by position; one array per attribute.

    Attributes:
        joined: Number of the month they joined; 0 for the initial ones.
        industry: Position of the industry.
        division: Position of the division.
        pattern: Position of the shift pattern.
        size: Size score, standard normal.
        is_public: Government body or public institution.
        habit: Position in HABITS.
        growth: Yearly growth of the load (log).
        registered: Date of registration.
        twin_of: Position of the customer that this one registers a second time, -1 for none.
        account_count: Accounts held.
        first_account: Position of the first account; the others follow.
    """

    joined: np.ndarray
    industry: np.ndarray
    division: np.ndarray
    pattern: np.ndarray
    size: np.ndarray
    is_public: np.ndarray
    habit: np.ndarray
    growth: np.ndarray
    registered: np.ndarray
    twin_of: np.ndarray
    account_count: np.ndarray
    first_account: np.ndarray

    def __len__(self) -> int:
        """Returns the number of customers."""
        return len(self.joined)

    @property
    def scale(self) -> np.ndarray:
        """Size class, position in SCALES."""
        return np.asarray(np.digitize(self.size, [0.0, 1.0, 2.0]))

    @property
    def is_peak_heavy(self) -> np.ndarray:
        """Whether the segment takes most of its energy in the peak hours."""
        return np.isin(patterns.table("segment")[self.pattern], patterns.PEAK_HEAVY_SEGMENTS)


@dataclass(frozen=True)
class Accounts:
    """The accounts by position; accounts of one customer stand together.

    Attributes:
        customer: Position of the customer.
        base_kwh: Energy of an ordinary workday (kWh).
        peak: Share of the peak hours (ratio).
        valley: Share of the valley hours (ratio).
        weather: Multiplier of the pattern's response to heat and cold.
        noise: Day to day spread of log energy.
        shut_before: Days before the Spring Festival on which the plant shuts.
        shut_after: Days after its first day on which the plant reopens.
        contract_kva: Contracted capacity (kVA).
        opened: Date of opening.
        price: Position of the tariff.
        power_factor: Power factor adjustment as a share of the energy charge (ratio).
        is_market: Buys on the power market.
    """

    customer: np.ndarray
    base_kwh: np.ndarray
    peak: np.ndarray
    valley: np.ndarray
    weather: np.ndarray
    noise: np.ndarray
    shut_before: np.ndarray
    shut_after: np.ndarray
    contract_kva: np.ndarray
    opened: np.ndarray
    price: np.ndarray
    power_factor: np.ndarray
    is_market: np.ndarray

    def __len__(self) -> int:
        """Returns the number of accounts."""
        return len(self.customer)


def voltage(contract_kva: np.ndarray) -> np.ndarray:
    """Returns the supply voltage of a capacity (kV)."""
    return np.asarray(VOLTAGES_KV[np.digitize(contract_kva, [100, 10_000, 40_000, 200_000])])


def join(
    params: SimulationParams, reference: Reference, index: int, count: int, offset: int, account_offset: int
) -> tuple[Customers, Accounts]:
    """Draws the customers that join in a month, with their accounts.

    Args:
        params: The simulation.
        reference: The code lists.
        index: Number of the month they join; the month before the first one stands for "long ago".
        count: Customers to draw.
        offset: Position of the first of them.
        account_offset: Position of their first account.

    Returns:
        The customers and their accounts.
    """
    rng = stream(params.seed, "join", index)
    is_initial = index < params.first
    mixes = [INDUSTRY_MIX.get(code, ABSENT) for code in reference.industry_codes]
    weight = np.array([mix.weight for mix in mixes])
    industry = rng.choice(len(mixes), count, p=weight / weight.sum())
    shares = np.array([[mix.shares.get(name, 0.0) for name in NAMES] for mix in mixes])
    pattern = _pick(shares[industry], rng)
    division = rng.choice(len(reference.division_codes), count, p=reference.division_weights)
    public = np.array([patterns.PUBLIC_INDUSTRIES.get(code, 0.0) for code in reference.industry_codes])
    is_public = rng.random(count) < public[industry]
    size = _sizes(patterns.table("size")[pattern], rng)
    habit = rng.choice(len(HABITS), count, p=HABIT_SHARES)
    growth = np.clip(rng.normal(0.02, 0.08, count), -0.2, 0.25) * np.where(size > GIANT_SIZE, 0.4, 1.0)
    first = np.datetime64(month_start(index if not is_initial else params.first))
    age = rng.uniform(400, 9000, count) if is_initial else rng.uniform(20, 2500, count)
    account_count = _account_counts(size, rng)
    twin_of = np.full(count, -1)
    if is_initial:
        copies = rng.permutation(count)[: 2 * whole(params.duplicate_customer_rate * count, rng)]
        originals, seconds = copies[: len(copies) // 2], copies[len(copies) // 2 :]
        for attribute in (industry, pattern, division, is_public, habit):
            attribute[seconds] = attribute[originals]
        twin_of[seconds] = originals + offset
    customers = Customers(
        joined=np.full(count, 0 if is_initial else index),
        industry=industry,
        division=division,
        pattern=pattern,
        size=size,
        is_public=is_public,
        habit=habit,
        growth=growth,
        registered=first - age.astype("timedelta64[D]"),
        twin_of=twin_of,
        account_count=account_count,
        first_account=account_offset + np.cumsum(account_count) - account_count,
    )
    return customers, _accounts(params, reference, index, customers, offset)


def _pick(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws one column per row of a table of shares."""
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray((shares.cumsum(axis=1) <= rng.random((len(shares), 1)) * total).sum(axis=1))


def _sizes(shift: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gives size scores by rank, so that even a small province has its few giants."""
    score = shift + rng.normal(0, 0.9, len(shift))
    if len(score) < 20:
        return np.clip(score, -2.5, 2.5)
    rank = score.argsort().argsort()
    inverse = NormalDist().inv_cdf
    return np.array([inverse((position + 0.5) / len(score)) for position in rank])


def _account_counts(size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Most customers hold one account; the larger the customer, the likelier it holds several."""
    several = rng.random(len(size)) < np.clip(0.30 + 0.10 * size, 0.05, 0.75)
    return np.where(several, np.minimum(1 + rng.geometric(0.5, len(size)), 12), 1)


def _accounts(
    params: SimulationParams, reference: Reference, index: int, customers: Customers, offset: int
) -> Accounts:
    """Splits the customers' load over accounts and gives each its connection."""
    rng = stream(params.seed, "accounts", index)
    owner = np.repeat(np.arange(len(customers)), customers.account_count)
    count, pattern = len(owner), customers.pattern[owner]
    part = rng.gamma(1.5, 1.0, count) + 0.05
    part /= np.bincount(owner, part, len(customers))[owner]
    base = MEDIAN_KWH_DAY * np.exp(SIZE_SIGMA * customers.size[owner]) * part
    load_kva = base / patterns.table("hours")[pattern] / 0.92 / rng.uniform(0.55, 0.85, count)
    kva = LADDER[np.minimum(np.searchsorted(LADDER, load_kva), len(LADDER) - 1)]
    kv, school = voltage(kva), pattern == patterns.SCHOOL
    two_part = patterns.table("is_factory")[pattern] & (kva >= 315)
    code = np.select(
        [school & (kv < 1), school, two_part & (kv >= 110), two_part & (kv >= 35), two_part, kv < 1],
        ["P004", "P110", "D220", "D135", "D110", "S004"],
        "S110",
    )
    first = np.datetime64(month_start(params.first if index < params.first else index))
    if index < params.first:
        age = rng.uniform(0.02, 1, count) * (first - customers.registered[owner]).astype(int)
        opened = first - (1 + age).astype("timedelta64[D]")
    else:
        opened = first + rng.integers(0, 28, len(customers))[owner]
    return Accounts(
        customer=owner + offset,
        base_kwh=base,
        peak=patterns.table("peak")[pattern] * np.exp(rng.normal(0, 0.035, count)),
        valley=patterns.table("valley")[pattern] * np.exp(rng.normal(0, 0.06, count)),
        weather=rng.lognormal(0, 0.3, count),
        noise=rng.uniform(0.04, 0.12, count),
        shut_before=rng.integers(2, 9, count),
        shut_after=rng.integers(7, 15, count),
        contract_kva=kva.astype(float),
        opened=opened,
        price=np.array([reference.price_codes.index(value) for value in code], dtype=np.int64),
        power_factor=np.where(kva >= 100, rng.choice([-0.0075, -0.005, 0, 0.01, 0.03], count), 0.0),
        is_market=(kv >= 10) & (rng.random(count) < 0.55),
    )
