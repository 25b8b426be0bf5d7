"""Who hangs on whom, in which group, and since when: worked out by hand over five months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.hierarchy import STEPS, monthly_hierarchy
from govbiz_assets_tests.transforms.tables import table

Row = dict[str, Any]
MONTHS = [date(2024, month, 1) for month in range(1, 6)]
JAN, FEB, MAR, _, MAY = MONTHS
KEY = ["month", "node_level", "node_id"]

# Superior by organisation; B, C and M hang below A over two levels.
SUPERIORS = {"A": None, "B": "A", "C": "B", "M": "A", "S": "S", "T": "S", "X": "Y", "Y": "X", "Z": "X", "Q": "gone"}
SUPERIORS |= {"W": None, "D": "A"} | {f"L{step}": f"L{step - 1}" for step in range(1, STEPS + 2)} | {"L0": None}


def customers() -> list[Row]:
    rows = []
    for month in MONTHS:
        told = SUPERIORS | ({"M": "S"} if month >= MAR else {})
        if month == MAR:
            del told["D"]  # its record was lost in one delivery
        rows += [{"month": month, "customer_id": who, "parent_customer_id": whom} for who, whom in told.items()]
    return rows


def accounts() -> list[Row]:
    rows = []
    for month in MONTHS:
        of = {"a1": "B", "a2": "B" if month < MAR else "W", "a3": "T", "a4": "C", "a5": "ghost", "a6": "W"}
        dates = {"a1": date(2015, 3, 2), "a2": date(2016, 1, 1), "a4": date(2017, 1, 1), "a6": date(2024, 3, 15)}
        shown = [name for name in of if not (name == "a3" and month < FEB) and not (name == "a6" and month < MAR)]
        closed = {"a4": date(2024, 2, 10)} if month >= FEB else {}
        rows += [
            {
                "month": month,
                "account_id": name,
                "customer_id": of[name],
                "opened_date": dates.get(name),
                "closed_date": closed.get(name),
            }
            for name in shown
        ]
    return rows


def reads() -> list[Row]:
    rows = []
    for month in MONTHS:
        read = {"m1": ("a1", 28), "m9": ("a9", 28), "m3": ("a1", 10)}
        read |= {"m2": ("a1", 20)} if month >= MAR else {}
        at = [(meter, account, day) for meter, (account, day) in read.items()]
        at += [("m3", "a2", 28)] if month == MAY else []  # hung from one account to another within the month
        rows += [
            {
                "month": month,
                "meter_id": meter,
                "account_id": account,
                "band": band,
                "read_date": month.replace(day=day),
                "last_read": 0,
                "this_read": 1,
            }
            for meter, account, day in at
            for band in ("总", "峰")
        ]
    return rows


Change = Callable[[list[Row]], list[Row]]


def hierarchy(engine: Backend, first: date = JAN, change: Change = list) -> pl.DataFrame:
    given = [
        table(contract, change(rows))
        for contract, rows in (
            (tables.CUSTOMER_MONTHLY, customers()),
            (tables.ACCOUNT_MONTHLY, accounts()),
            (tables.METER_READ, reads()),
        )
    ]
    found = engine.to_polars(monthly_hierarchy(given[0], given[1], given[2], first))
    assert set(found.columns) == set(tables.HIERARCHY_MONTHLY.column_names)
    assert not found.select(KEY).is_duplicated().any()
    return found.sort(KEY)


@pytest.fixture(scope="module")
def made(engine: Backend) -> pl.DataFrame:
    return hierarchy(engine)


def node(made: pl.DataFrame, month: date, level: str, name: str, *columns: str) -> tuple[Any, ...]:
    (row,) = made.filter(pl.col("month") == month, node_level=level, node_id=name).select(columns).rows()
    return row


@pytest.mark.parametrize(
    ("who", "parent", "group", "status"),
    [
        ("A", ("group", "A"), "A", "ok"),
        ("B", ("group", "A"), "A", "ok"),
        ("C", ("organisation", "B"), "A", "ok"),
        ("S", ("group", "S"), "S", "own_parent"),
        ("T", ("group", "S"), "S", "ok"),
        ("X", (None, None), None, "circular_parent"),
        ("Y", (None, None), None, "circular_parent"),
        ("Z", (None, None), None, "circular_parent"),
        ("Q", ("group", "gone"), "gone", "absent_parent"),
        ("W", (None, None), None, "ok"),
        (f"L{STEPS}", ("organisation", f"L{STEPS - 1}"), "L0", "ok"),
        (f"L{STEPS + 1}", (None, None), None, "circular_parent"),
    ],
)
def test_the_group_is_the_top_of_the_chain_of_superiors(
    made: pl.DataFrame, who: str, parent: tuple[str | None, str | None], group: str | None, status: str
) -> None:
    columns = ("parent_level", "parent_id", "group_id", "hierarchy_status", "customer_id", "account_id")
    assert node(made, MAY, "organisation", who, *columns) == (*parent, group, status, who, None)


def test_a_group_is_a_node_of_its_own_even_where_its_head_is_no_customer(made: pl.DataFrame) -> None:
    groups = made.filter(pl.col("month") == MAY, node_level="group")
    assert dict(groups.select("node_id", "hierarchy_status").rows()) == {
        "A": "ok",
        "S": "ok",
        "L0": "ok",
        "gone": "absent_customer",
    }
    assert groups["parent_id"].null_count() == groups["customer_id"].null_count() == len(groups)
    assert set(groups["valid_from"]) == {JAN}


def test_a_change_of_group_takes_effect_in_its_month_and_leaves_the_months_before(made: pl.DataFrame) -> None:
    told = [node(made, month, "organisation", "M", "group_id", "valid_from") for month in MONTHS]
    assert told == [("A", JAN), ("A", JAN), ("S", MAR), ("S", MAR), ("S", MAR)]


def test_a_month_without_a_record_is_no_change(made: pl.DataFrame) -> None:
    assert made.filter(pl.col("month") == MAR, node_level="organisation", node_id="D").is_empty()
    assert node(made, MAY, "organisation", "D", "group_id", "valid_from") == ("A", JAN)


def test_accounts_hang_on_their_organisation_since_their_opening_or_their_transfer(made: pl.DataFrame) -> None:
    columns = ("parent_id", "group_id", "valid_from", "valid_to", "hierarchy_status")
    assert node(made, FEB, "account", "a2", *columns) == ("B", "A", date(2016, 1, 1), None, "ok")
    assert node(made, MAY, "account", "a2", *columns) == ("W", None, MAR, None, "ok")
    assert node(made, MAY, "account", "a3", *columns) == ("T", "S", FEB, None, "ok")
    assert node(made, JAN, "account", "a4", *columns) == ("C", "A", date(2017, 1, 1), None, "ok")
    assert node(made, MAY, "account", "a4", *columns) == ("C", "A", date(2017, 1, 1), date(2024, 2, 10), "ok")
    assert node(made, MAY, "account", "a5", *columns) == ("ghost", None, JAN, None, "absent_customer")
    assert node(made, MAR, "account", "a6", *columns) == ("W", None, date(2024, 3, 15), None, "ok")


def test_metering_points_hang_on_the_account_of_their_last_reading(made: pl.DataFrame) -> None:
    columns = ("parent_level", "parent_id", "customer_id", "group_id", "valid_from", "hierarchy_status")
    assert node(made, MAY, "metering_point", "m1", *columns) == ("account", "a1", "B", "A", JAN, "ok")
    assert node(made, MAY, "metering_point", "m2", *columns) == ("account", "a1", "B", "A", MAR, "ok")
    assert node(made, MAY, "metering_point", "m3", *columns) == ("account", "a2", "W", None, MAY, "ok")
    assert node(made, MAY, "metering_point", "m9", *columns) == ("account", "a9", None, None, JAN, "absent_account")


def test_every_node_hangs_on_a_node_of_its_month(made: pl.DataFrame) -> None:
    held = made.filter(pl.col("parent_id").is_not_null())
    there = made.select("month", parent_level="node_level", parent_id="node_id")
    loose = held.join(there, on=there.columns, how="anti")
    assert set(loose["hierarchy_status"]) == {"absent_customer", "absent_account"}


def shuffled(rows: list[Row]) -> list[Row]:
    return [rows[at] for at in pl.Series(range(len(rows))).shuffle(seed=4)]


def test_neither_the_order_of_rows_nor_the_window_nor_later_months_change_a_month(
    engine: Backend, made: pl.DataFrame
) -> None:
    assert hierarchy(engine, change=shuffled).equals(made)
    later = made.filter(pl.col("month") >= MAR)
    assert hierarchy(engine, MAR).equals(later)
    until = hierarchy(engine, change=lambda rows: [row for row in rows if row["month"] <= MAR])
    assert until.equals(made.filter(pl.col("month") <= MAR))


def test_without_superiors_and_readings_there_are_organisations_and_accounts_alone(engine: Backend) -> None:
    month: Row = {"month": JAN, "customer_id": "A"}
    given = table(tables.CUSTOMER_MONTHLY, [month]), table(tables.ACCOUNT_MONTHLY, [{**month, "account_id": "a"}])
    found = engine.to_polars(monthly_hierarchy(*given, table(tables.METER_READ), JAN)).sort(KEY)
    assert found.select("node_level", "parent_id", "group_id", "valid_from").rows() == [
        ("account", "A", None, JAN),
        ("organisation", None, None, JAN),
    ]
