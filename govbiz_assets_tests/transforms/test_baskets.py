"""Baskets: what a customer holds and how it behaves, at and around every limit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.tables_cleaned import PRODUCT, SUBSCRIPTION_MONTHLY
from govbiz_assets.contracts.tables_model import CUSTOMER_FEATURES
from govbiz_assets.transforms.baskets import BehaviourLimits, customer_baskets
from govbiz_assets_tests.transforms.tables import table

JANUARY = date(2024, 1, 1)
KEY = {"month": JANUARY, "customer_id": "c1"}


def items(engine: Backend, *subscriptions: dict[str, Any], **features: Any) -> list[str]:
    products = [{"product_code": "P1", "product_name": "能效诊断"}]
    rows = customer_baskets(
        table(CUSTOMER_FEATURES, [KEY | features]),
        table(SUBSCRIPTION_MONTHLY, [KEY | row for row in subscriptions]),
        table(PRODUCT, products),
        BehaviourLimits(),
    )
    found = engine.to_polars(rows)
    assert set(found.select("month", "customer_id").rows()) <= {(JANUARY, "c1")}
    return sorted(found["item"])


@pytest.mark.parametrize(
    ("item", "shown", "hidden"),
    [
        ("peak-heavy", {"peak_ratio": 0.4, "sharp_ratio": 0.06}, {"peak_ratio": 0.44}),
        ("valley-heavy", {"valley_ratio": 0.45}, {"valley_ratio": 0.4, "deep_ratio": 0.04}),
        ("rests on days off", {"restday_workday_ratio": 0.6}, {"restday_workday_ratio": 0.61}),
        ("late payer", {"late_12m_count": 3}, {"late_12m_count": 2}),
        ("complained", {"complaint_12m_count": 1}, {"complaint_12m_count": 0}),
        ("reported a fault", {"repair_12m_count": 2}, {"repair_12m_count": 0}),
        ("capacity cut", {"capacity_cut_12m_count": 1}, {"capacity_cut_12m_count": 0}),
        ("capacity grown", {"capacity_growth_12m_count": 1}, {"capacity_growth_12m_count": 0}),
        ("idle capacity", {"run_contract_ratio": 0.5}, {"run_contract_ratio": 0.51}),
        ("usage falling", {"kwh_year_change_ratio": -0.3}, {"kwh_year_change_ratio": -0.29}),
        ("usage growing", {"kwh_year_change_ratio": 0.3}, {"kwh_year_change_ratio": 0.29}),
        ("mostly silent", {"silent_day_ratio": 0.5}, {"silent_day_ratio": 0.49}),
        ("power factor penalty", {"power_factor_charge_ratio": 0.01}, {"power_factor_charge_ratio": -0.5}),
        ("two-part tariff", {"is_two_part_tariff": True}, {"is_two_part_tariff": False}),
        ("buys on the market", {"has_market_account": True}, {"has_market_account": False}),
        ("government", {"is_government": True}, {"is_government": False}),
    ],
)
def test_a_behaviour_is_shown_from_its_limit_on(
    engine: Backend, item: str, shown: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert items(engine, **shown) == [item]
    assert items(engine, **hidden) == []


def test_what_is_unknown_is_no_behaviour(engine: Backend) -> None:
    assert items(engine) == []


def test_products_are_named_and_held_at_the_end_of_the_month(engine: Backend) -> None:
    held = items(
        engine,
        {"product_code": "P1", "started_date": date(2023, 1, 1)},
        {"product_code": "P9"},
        {"product_code": "P2", "ended_date": date(2024, 1, 20)},
        {"product_code": "P3", "started_date": date(2024, 2, 1)},
        {"product_code": "P4", "customer_id": "c2"},  # has no features: not active
        {"product_code": "P5", "month": date(2023, 12, 1)},
    )
    assert held == ["holds P9", "holds 能效诊断"]
