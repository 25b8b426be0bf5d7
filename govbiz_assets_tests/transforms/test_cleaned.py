"""Cleaned tables made from cleaned tables, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.cleaned import (
    accounts_from_customers,
    accounts_from_usage,
    customers_from_accounts,
    monthly_usage,
)
from govbiz_assets.transforms.reference import calendar_days
from govbiz_assets_tests.transforms.tables import table

FEBRUARY = date(2024, 2, 1)


def reading(day: date, kwh: float, account: str = "a1", **values: Any) -> dict[str, Any]:
    given = {"month": day.replace(day=1), "account_id": account, "usage_date": day, "kwh": kwh}
    return given | {"source_file": "a.csv", "row_no": 1} | values


def test_a_month_sums_its_days_by_kind(engine: Backend) -> None:
    days = [
        reading(date(2024, 2, 4), 10, kwh_peak=4, read_type="估抄"),  # a Sunday that is worked for the festival
        reading(date(2024, 2, 12), 1, kwh_peak=0.5, read_type="实抄"),  # Spring Festival, a Monday; 1 kWh is silent
        reading(date(2024, 2, 19), 30.125),  # a working Monday
        reading(date(2024, 2, 24), 7),  # a Saturday
        reading(date(2024, 2, 25), 1.001),  # a Sunday, not silent
        reading(date(2024, 2, 19), 5, account="a2"),
        reading(date(2024, 3, 1), 99),
    ]
    rows = monthly_usage(table(tables.USAGE_DAILY, days), ibis.memtable(calendar_days()))
    first, second, march = engine.to_polars(rows.order_by("month", "account_id")).to_dicts()
    assert (first["month"], first["account_id"], second["account_id"], march["month"].month) == (
        FEBRUARY,
        "a1",
        "a2",
        3,
    )
    assert {name: float(first[name]) for name in first if name.startswith("kwh") and first[name] is not None} == {
        "kwh": 49.126,
        "kwh_peak": 4.5,
    }
    assert (first["read_days"], first["silent_days"], first["estimated_days"]) == (5, 1, 1)
    assert (first["workday_days"], float(first["workday_kwh"])) == (2, 40.125)
    assert (first["restday_days"], float(first["restday_kwh"])) == (3, 9.001)
    assert (first["spring_festival_days"], float(first["spring_festival_kwh"])) == (1, 1)
    assert float(first["day_max_kwh"]) == 30.125
    assert (second["restday_days"], second["restday_kwh"], second["kwh_sharp"]) == (0, 0, None)
    assert set(rows.columns) == set(tables.USAGE_MONTHLY.column_names)


def test_days_beyond_the_calendar_count_by_their_weekday(engine: Backend) -> None:
    days = [reading(date(2031, 1, 6 + offset), 2) for offset in range(7)]  # Monday to Sunday
    rows = monthly_usage(table(tables.USAGE_DAILY, days), ibis.memtable(calendar_days()))
    (row,) = engine.to_polars(rows).to_dicts()
    assert (row["read_days"], row["workday_days"], row["restday_days"], row["spring_festival_days"]) == (7, 5, 2, 0)


def test_readings_alone_make_accounts_and_their_owners(engine: Backend) -> None:
    usage = [reading(date(2024, 2, day), 1, account) for day in (1, 2) for account in ("a12", "a34")]
    accounts = accounts_from_usage(table(tables.USAGE_DAILY, usage))
    assert engine.to_polars(accounts.order_by("account_id")).rows() == [
        (FEBRUARY, "a12", "c12"),
        (FEBRUARY, "a34", "c34"),
    ]


def test_customers_alone_make_one_account_each(engine: Backend) -> None:
    given = [{"month": FEBRUARY, "customer_id": "c12", "division_code": "330100", "industry_code": "31"}]
    (row,) = engine.to_polars(accounts_from_customers(table(tables.CUSTOMER_MONTHLY, given))).to_dicts()
    assert row == given[0] | {"account_id": "a12"}


def test_owners_of_accounts_become_customers_once(engine: Backend) -> None:
    accounts = [
        {"month": FEBRUARY, "account_id": name, "customer_id": owner, "division_code": code, "industry_code": "31"}
        for name, owner, code in (("a2", "c1", "2"), ("a1", "c1", "1"), ("a3", "c2", "3"))
    ]
    # An owner without any fact is an owner as well.
    bare = accounts_from_usage(table(tables.USAGE_DAILY, [reading(FEBRUARY, 1, "a9")]))
    rows = customers_from_accounts(table(tables.ACCOUNT_MONTHLY, accounts)).order_by("customer_id")
    assert engine.to_polars(rows).rows() == [(FEBRUARY, "c1", "1", "31"), (FEBRUARY, "c2", "3", "31")]
    assert engine.to_polars(customers_from_accounts(bare))["customer_id"].to_list() == ["c9"]
