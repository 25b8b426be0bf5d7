"""Roll-ups: worked out by hand, with codes that changed, codes that nobody knows, and accounts that nobody lists."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.hierarchy import monthly_hierarchy
from govbiz_assets.transforms.rollup import LEVELS, RollupInputs, monthly_rollup
from govbiz_assets_tests.transforms.tables import table

Row = dict[str, Any]
JAN = date(2024, 1, 1)
MEASURES = (
    "customer_count",
    "listed_account_count",
    "metering_point_count",
    "contract_kva",
    "run_kva",
    "kwh",
    "total_cny",
)
CUSTOMERS: list[Row] = [
    {"customer_id": "A", "division_code": "320584", "industry_code": "2002-84"},  # since then 320509 and 83
    {"customer_id": "B", "division_code": "320500", "industry_code": "2002-37", "parent_customer_id": "A"},
    {"customer_id": "C", "division_code": "999999", "industry_code": None},
    {"customer_id": "D", "division_code": None, "industry_code": "99"},
]
ACCOUNTS: list[Row] = [
    {"account_id": "a1", "customer_id": "A", "division_code": "320500", "contract_kva": 100.0, "run_kva": 80.0},
    {"account_id": "a2", "customer_id": "A", "industry_code": "83", "contract_kva": 0.1, "run_kva": 0.1},
    {"account_id": "b1", "customer_id": "B", "contract_kva": 0.2, "run_kva": None},
    {"account_id": "c1", "customer_id": "C"},
    {"account_id": "g1", "customer_id": "ghost", "division_code": "320509", "industry_code": "83"},
]
DIVISIONS: list[Row] = [
    {"division_code": "320000", "province_code": "320000"},
    {"division_code": "320500", "province_code": "320000", "prefecture_code": "320500"},
    {"division_code": "320509", "province_code": "320000", "prefecture_code": "320500", "county_code": "320509"},
    {
        "division_code": "320584",
        "province_code": "320000",
        "prefecture_code": "320500",
        "county_code": "320584",
        "valid_to": date(2012, 8, 31),
        "successor_code": "320509",
    },
]
INDUSTRIES: list[Row] = [
    {"industry_code": "83", "section_code": "P"},
    {"industry_code": "2011-82", "section_code": "P", "valid_to": date(2017, 9, 30), "successor_code": "83"},
    {"industry_code": "2002-84", "section_code": "P", "valid_to": date(2011, 10, 31), "successor_code": "2011-82"},
    {"industry_code": "2002-37", "section_code": "C", "valid_to": date(2011, 10, 31)},
]


def monthly(rows: list[Row]) -> list[Row]:
    return [{"month": JAN, **row} for row in rows]


def rollup(engine: Backend, *, is_reversed: bool = False) -> pl.DataFrame:
    turn = -1 if is_reversed else 1
    customers = table(tables.CUSTOMER_MONTHLY, monthly(CUSTOMERS)[::turn])
    accounts = table(tables.ACCOUNT_MONTHLY, monthly(ACCOUNTS)[::turn])
    meters = [("m1", "a1"), ("m2", "a1"), ("m3", "b1"), ("m4", "lost")]
    reads = [
        {"month": JAN, "meter_id": meter, "account_id": account, "band": band, "read_date": date(2024, 1, 31)}
        for meter, account in meters
        for band in ("总", "峰")
    ]
    usage = [("a1", "10.5"), ("b1", "0.001"), ("c1", "3"), ("lost", "7")]
    billed = [("a1", 12, "5.00"), ("a1", 1, "-1.50"), ("g1", 1, "2.00"), ("lost", 1, "0.25")]
    charges = [
        {
            "month": JAN,
            "account_id": account,
            "charge_month": date(2023 if month == 12 else 2024, month, 1),
            "total_cny": cny,
        }
        for account, month, cny in billed
    ]
    inputs = RollupInputs(
        hierarchy=monthly_hierarchy(customers, accounts, table(tables.METER_READ, reads[::turn]), JAN),
        customers=customers,
        accounts=accounts,
        usage=table(tables.USAGE_MONTHLY, [{"month": JAN, "account_id": a, "kwh": kwh} for a, kwh in usage][::turn]),
        charges=table(tables.CHARGE_MONTHLY, charges[::turn]),
        divisions=table(tables.DIVISION, DIVISIONS[::turn]),
        industries=table(tables.INDUSTRY, INDUSTRIES[::turn]),
    )
    found = engine.to_polars(monthly_rollup(inputs))
    assert set(found.columns) == set(tables.ROLLUP_MONTHLY.column_names)
    return found.sort("dimension", "level", "member")


@pytest.fixture(scope="module")
def made(engine: Backend) -> pl.DataFrame:
    return rollup(engine)


def members(made: pl.DataFrame, level: str, dimension: str) -> dict[str, tuple[Any, ...]]:
    rows = made.filter(level=level, dimension=dimension).select("member", *MEASURES)
    numbers = rows.with_columns(pl.col("kwh", "total_cny").cast(pl.Float64))
    return {member: values for member, *rest in numbers.rows() if (values := tuple(rest))}


def test_a_group_sums_its_organisations_and_outside_of_groups_is_a_member_too(made: pl.DataFrame) -> None:
    assert members(made, "group", "group") == {
        "A": (2, 3, 3, pytest.approx(100.3), pytest.approx(80.1), 10.501, 3.5),
        "none": (2, 2, 0, None, None, 3.0, 2.0),
        "unknown": (0, 0, 1, None, None, 7.0, 0.25),  # the account that the archive does not list
    }


def test_divisions_are_those_of_today_and_each_level_repeats_what_has_no_code_on_it(made: pl.DataFrame) -> None:
    suzhou, unknown = ((2, 4, 3), (2, 1, 1))
    assert {member: row[:3] for member, row in members(made, "province", "division").items()} == {
        "320000": suzhou,
        "unknown": unknown,
    }
    assert {member: row[:3] for member, row in members(made, "city", "division").items()} == {
        "320500": suzhou,
        "unknown": unknown,
    }
    assert members(made, "county", "division") == {
        "320500": (1, 2, 3, pytest.approx(100.2), 80.0, 10.501, 3.5),  # B, a1 and b1
        "320509": (1, 2, 0, pytest.approx(0.1), pytest.approx(0.1), None, 2.0),  # A, a2 by its owner, g1
        "unknown": (2, 1, 1, None, None, 10.0, 0.25),  # C whose code nobody lists, D without one, c1, the lost account
    }


def test_industries_are_of_the_latest_edition_and_a_split_code_keeps_its_section(made: pl.DataFrame) -> None:
    sections = {member: row[:2] for member, row in members(made, "section", "industry").items()}
    assert sections == {"C": (1, 1), "P": (1, 3), "unknown": (2, 1)}
    divisions = {member: row[:2] for member, row in members(made, "division", "industry").items()}
    assert divisions == {"2002-37": (1, 1), "83": (1, 3), "unknown": (2, 1)}


def test_every_level_adds_up_to_the_same_total(made: pl.DataFrame) -> None:
    exact = made.with_columns(pl.col("contract_kva", "run_kva").cast(pl.Decimal(18, 3)))
    totals = exact.group_by("dimension", "level").agg(pl.col(MEASURES).sum())
    assert set(totals.select("dimension", "level").rows()) == set(LEVELS)
    (total,) = set(totals.select(MEASURES).rows())
    assert [float(value) for value in total] == [4, 5, 4, 100.3, 80.1, 20.501, 5.75]


def test_the_order_of_rows_changes_nothing(engine: Backend, made: pl.DataFrame) -> None:
    assert rollup(engine, is_reversed=True).equals(made)
