"""Product subscriptions with planted associations.

Every customer's holdings are drawn once, with their dates; a month's file shows those that run in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from govbiz_assets.simulate.params import SimulationParams, month_start, stream
from govbiz_assets.simulate.patterns import NAMES
from govbiz_assets.simulate.population import Customers
from govbiz_assets.simulate.reference import Reference
from govbiz_assets.simulate.text import fixed, pick, spelled

BACKGROUND = {
    "能效诊断": 0.08,
    "代维": 0.14,
    "光伏": 0.16,
    "储能": 0.04,
    "充电": 0.26,
    "绿电": 0.30,
    "综合能源": 0.05,
    "需求响应": 0.05,
    "电能质量": 0.07,
    "积分": 0.08,
    "用能监测": 0.12,
    "电力保险": 0.09,
}
"""Share of customers that hold a product for no planted reason."""
FEE_BY_SCALE = np.array([50, 100, 200, 400])
"""Fee as a percentage of the list price, by size class."""
OLD_SHARE, OLDEST_MONTHS = 0.75, 40
"""Share of the initial customers' holdings that began before the first month, and how long before."""
OLD_BEHAVIOUR_SHARE = 0.95
"""The same for products that follow from a behaviour, which is as old as the customer."""
MEAN_MONTHS = 10.0
"""Mean wait of the other holdings."""
CANCEL_SHARE = 0.06
"""Share of the holdings that end within some years."""


@dataclass(frozen=True)
class Rule:
    """A planted association.

    Attributes:
        antecedent: Products, or a behaviour, that come first.
        consequent: Product that follows.
        confidence: Share of the customers with the antecedent that take the consequent because of it (ratio).
    """

    antecedent: tuple[str, ...]
    consequent: str
    confidence: float


PEAK_HEAVY, ROUND_THE_CLOCK = "behaviour:peak_heavy", "behaviour:continuous"
RULES: tuple[Rule, ...] = (
    Rule(("光伏",), "储能", 0.70),
    Rule((PEAK_HEAVY,), "能效诊断", 0.60),
    Rule(("充电", "绿电"), "积分", 0.70),
    Rule((ROUND_THE_CLOCK,), "需求响应", 0.50),
)


@dataclass(frozen=True)
class Holdings:
    """Products held; one array per attribute.

    Attributes:
        customer: Position of the customer.
        product: Position of the product.
        started: First day.
        ended: Last day, NaT while it runs.
    """

    customer: np.ndarray
    product: np.ndarray
    started: np.ndarray
    ended: np.ndarray


def take_up(params: SimulationParams, reference: Reference, index: int, customers: Customers, offset: int) -> Holdings:
    """Draws the holdings of the customers that join in a month.

    Args:
        params: The simulation.
        reference: The code lists.
        index: Number of the month, see `population.join`.
        customers: The customers that join.
        offset: Position of the first of them.

    Returns:
        Their holdings, past and future.
    """
    rng = stream(params.seed, "products", index)
    names, count = list(reference.product_names), len(customers)
    held = rng.random((count, len(names))) < np.array([BACKGROUND.get(name, 0.0) for name in names])
    first = max(index, params.first)
    month = _first_months(first, index < params.first, OLD_SHARE, held.shape, rng)
    long_since = _first_months(first, index < params.first, OLD_BEHAVIOUR_SHARE, (count,), rng)
    behaviour = {
        PEAK_HEAVY: customers.is_peak_heavy,
        ROUND_THE_CLOCK: customers.pattern == NAMES.index("continuous"),
    }
    for rule in RULES:
        has, since = np.ones(count, dtype=bool), np.zeros(count, dtype=int)
        for item in rule.antecedent:
            has &= behaviour[item] if item in behaviour else held[:, names.index(item)]
            since = np.maximum(since, long_since if item in behaviour else month[:, names.index(item)])
        column = names.index(rule.consequent)
        held[:, column] |= has & (rng.random(count) < rule.confidence)
        soon = np.minimum(month[:, column], since + rng.integers(0, 3, count))
        month[:, column] = np.where(has, soon, month[:, column])
    customer, product = np.nonzero(held)
    begun = (month[customer, product] - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    length = rng.integers(200, 1500, len(begun))
    ends = rng.random(len(begun)) < CANCEL_SHARE
    ended = np.where(ends, begun + length, np.datetime64("NaT", "D"))
    return Holdings(customer + offset, product, begun, ended)


def _first_months(
    first: int, is_initial: bool, old_share: float, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Draws the months in which holdings begin: long ago for most initial customers, later for the others."""
    is_old = (rng.random(shape) < old_share) & is_initial
    old, new = rng.integers(1, OLDEST_MONTHS, shape), rng.exponential(MEAN_MONTHS, shape).astype(int)
    return np.asarray(first + np.where(is_old, -old, new))


def subscription_frame(
    index: int,
    holdings: Holdings,
    customers: Customers,
    closed: np.ndarray,
    customer_numbers: pl.Series,
    reference: Reference,
    is_gone: np.ndarray,
) -> pl.DataFrame:
    """Lays the subscriptions of a month out as the export does; one that ends in the month is shown a last time.

    Args:
        index: Number of the month.
        holdings: All holdings.
        customers: The customers.
        closed: Closing date of each customer, NaT for those that have not closed by the end of the month.
        customer_numbers: Customer numbers of all customers.
        reference: The code lists.
        is_gone: Customers that are shown no longer.

    Returns:
        One text row per customer and product.
    """
    first, after = np.datetime64(month_start(index)), np.datetime64(month_start(index + 1))
    left = closed[holdings.customer]
    ended = np.fmin(np.where(holdings.ended < after, holdings.ended, np.datetime64("NaT", "D")), left)
    shown = (holdings.started < after) & ~(ended < first) & ~(left < holdings.started) & ~is_gone[holdings.customer]
    owner, product = holdings.customer[shown], holdings.product[shown]
    fee = np.rint(reference.product_fees[product] * FEE_BY_SCALE[customers.scale[owner]]).astype(np.int64)
    return pl.DataFrame(
        {
            "客户编号": customer_numbers.gather(owner),
            "产品代码": pick(reference.product_codes, product),
            "生效日期": spelled(holdings.started[shown], "%Y-%m-%d"),
            "失效日期": spelled(ended[shown], "%Y-%m-%d"),
            "月费": fixed(fee, 2),
        }
    )
