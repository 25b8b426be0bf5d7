"""Baskets for association rules: which products a customer holds and how it behaves."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.features.service import held_products
from govbiz_assets.transforms.stack import stack


@dataclass(frozen=True)
class BehaviourLimits:
    """From where a behaviour counts as shown.

    Attributes:
        heavy_ratio: Share of a band group in the energy (ratio).
        late_bills: Late bills within twelve months (count).
        change_ratio: Energy against last year, up or down (ratio).
        silent_ratio: Share of silent days in the month (ratio).
        restday_ratio: Energy of days off over working days, at or below which a customer rests (ratio).
        capacity_ratio: Running over contracted capacity, at or below which capacity lies idle (ratio).
        charge_ratio: Power factor adjustment over the energy charge (ratio).
    """

    heavy_ratio: float = 0.45
    late_bills: int = 3
    change_ratio: float = 0.3
    silent_ratio: float = 0.5
    restday_ratio: float = 0.6
    capacity_ratio: float = 0.5
    charge_ratio: float = 0.01


def customer_baskets(
    features: ibis.Table, subscriptions: ibis.Table, products: ibis.Table, limits: BehaviourLimits
) -> ibis.Table:
    """Returns one row per customer and item.

    Args:
        features: `features.customer_monthly`.
        subscriptions: `cleaned.subscription_monthly` of the same months.
        products: `reference.product`.
        limits: From where a behaviour counts as shown.

    Returns:
        `month`, `customer_id`, `item`: `holds <product>` or the name of a behaviour.
    """
    held = held_products(subscriptions)
    held = held.left_join(products.select("product_code", "product_name"), "product_code")
    held = held.semi_join(features, ["month", "customer_id"])
    items = [
        held.select(
            "month", "customer_id", item=ibis.literal("holds ") + ibis.coalesce(held.product_name, held.product_code)
        ).distinct()
    ]
    for name, shown in _behaviours(features, limits).items():
        rows = features.filter(shown)
        items.append(rows.select("month", "customer_id", item=ibis.literal(name)))
    return stack(items)


def _behaviours(f: ibis.Table, limits: BehaviourLimits) -> dict[str, ir.BooleanValue]:
    return {
        "peak-heavy": f.peak_ratio + f.sharp_ratio.fill_null(0) >= limits.heavy_ratio,
        "valley-heavy": f.valley_ratio + f.deep_ratio.fill_null(0) >= limits.heavy_ratio,
        "rests on days off": f.restday_workday_ratio <= limits.restday_ratio,
        "late payer": f.late_12m_count >= limits.late_bills,
        "complained": f.complaint_12m_count >= 1,
        "reported a fault": f.repair_12m_count >= 1,
        "capacity cut": f.capacity_cut_12m_count >= 1,
        "capacity grown": f.capacity_growth_12m_count >= 1,
        "idle capacity": f.run_contract_ratio <= limits.capacity_ratio,
        "usage falling": f.kwh_year_change_ratio <= -limits.change_ratio,
        "usage growing": f.kwh_year_change_ratio >= limits.change_ratio,
        "mostly silent": f.silent_day_ratio >= limits.silent_ratio,
        "power factor penalty": f.power_factor_charge_ratio >= limits.charge_ratio,
        "two-part tariff": f.is_two_part_tariff,
        "buys on the market": f.has_market_account,
        "government": f.is_government,
    }
