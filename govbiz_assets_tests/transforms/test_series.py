"""Series for forecasting, by hand."""

from __future__ import annotations

from datetime import date

import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.reference import calendar_days
from govbiz_assets.transforms.series import daily_load, month_calendar, monthly_series
from govbiz_assets_tests.transforms.province import Province
from govbiz_assets_tests.transforms.tables import table

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def test_energy_and_money_are_summed_on_every_level(engine: Backend) -> None:
    owners = (("a1", "c1", "3301", "31"), ("a2", "c1", "3302", "31"), ("a3", "c2", "3301", None))
    accounts = [
        {"month": JANUARY, "account_id": a, "customer_id": c, "division_code": d, "industry_code": i}
        for a, c, d, i in owners
    ]
    usage = [
        {"month": JANUARY, "account_id": a, "kwh": kwh} for a, kwh in (("a1", 1), ("a2", 2), ("a3", 4.125), ("a9", 8))
    ]
    bills = [{"month": JANUARY, "bill_id": str(n), "account_id": "a1", "total_cny": n} for n in (10, -3)]
    rows = monthly_series(
        table(tables.USAGE_MONTHLY, usage), table(tables.BILL, bills), table(tables.ACCOUNT_MONTHLY, accounts)
    )
    found = {
        row[:4]: row[4]
        for row in engine.to_polars(rows).select("month", "level", "series_id", "measure", "value").rows()
    }
    # a9 is in no archive: its energy is the province's and nobody else's.
    assert found == {
        (JANUARY, "customer", "c1", "kwh"): 3.0,
        (JANUARY, "customer", "c2", "kwh"): 4.125,
        (JANUARY, "industry", "31", "kwh"): 3.0,
        (JANUARY, "division", "3301", "kwh"): 5.125,
        (JANUARY, "division", "3302", "kwh"): 2.0,
        (JANUARY, "province", "province", "kwh"): 15.125,
        (JANUARY, "customer", "c1", "cny"): 7.0,
        (JANUARY, "industry", "31", "cny"): 7.0,
        (JANUARY, "division", "3301", "cny"): 7.0,
        (JANUARY, "province", "province", "cny"): 7.0,
    }


def test_the_series_of_a_level_add_up_to_the_province(province: Province) -> None:
    inputs = province.inputs
    rows = province.engine.to_polars(monthly_series(inputs.usage, inputs.bills, inputs.accounts))
    totals = rows.group_by("level", "month", "measure").agg(value=pl.col("value").sum())
    wide = totals.pivot("level", index=["month", "measure"], values="value")
    assert wide.height == 2 * len(province.months)
    for level in ("customer", "industry", "division"):
        assert ((wide[level] - wide["province"]).abs() <= 1e-9 * wide["province"].abs()).all()


def test_the_daily_load_is_the_sum_of_the_day(engine: Backend) -> None:
    rows = [
        {"month": JANUARY, "account_id": a, "usage_date": date(2024, 1, day), "kwh": kwh}
        for a, day, kwh in (("a1", 1, 1.5), ("a2", 1, 2), ("a1", 2, 4))
    ]
    load = engine.to_polars(daily_load(table(tables.USAGE_DAILY, rows)).order_by("usage_date"))
    assert load.rows() == [(date(2024, 1, 1), 3.5), (date(2024, 1, 2), 4.0)]


def test_months_of_the_calendar_count_their_days(engine: Backend) -> None:
    rows = month_calendar(ibis.memtable(calendar_days(date(2024, 1, 1), date(2024, 2, 29)))).order_by("month")
    assert engine.to_polars(rows).rows() == [(JANUARY, 31, 22, 0), (FEBRUARY, 29, 18, 8)]
