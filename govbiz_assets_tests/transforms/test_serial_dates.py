"""Day numbers of spreadsheets: which numbers are days at all, and when a column's numbers are read as such (D2)."""

from __future__ import annotations

from datetime import date

import ibis
import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import ACCOUNT, BILL, USAGE
from govbiz_assets.contracts.cleaning import CleaningOptions
from govbiz_assets.transforms import parse
from govbiz_assets.transforms.raw import record_month
from govbiz_assets.transforms.records import parse_records
from govbiz_assets_tests.transforms.splitting import JANUARY, NO_OPTIONS, READING, split
from govbiz_assets_tests.transforms.tables import raw

# Excel: 45292 is 2024-01-01, 45351 is 2024-02-29; 60 is 1900-02-29, which never was, so days count from 1899-12-30.
SERIALS = {
    "45292": date(2024, 1, 1), "45351": date(2024, 2, 29), "45292.75": date(2024, 1, 1),
    " ４５２９２ ": date(2024, 1, 1), "32874": date(1990, 1, 1), "73050": date(2099, 12, 31),
    "32873": None, "73051": None, "60": None, "2024": None, "201501": None, "20240101": None,
    "-45292": None, "45,292": None, "4529a": None, "": None,
}  # fmt: skip
STYLED = "2024-01-05"


def read_days(engine: Backend, days: list[str]) -> list[date | None]:
    """The days that a file's column is read as, in the order of the records; None where one is refused."""
    records = [READING | {"account_no": str(number), "usage_date": day} for number, day in enumerate(days)]
    kept, _, quarantined = split(engine, USAGE, records)
    assert {(row["rule"], row["field"]) for row in quarantined} <= {("unparsable", "usage_date")}
    by_row = {row["row_no"]: row["usage_date"] for row in kept}
    return [by_row.get(number) for number in range(1, len(days) + 1)]


def test_a_day_number_of_a_plausible_year_is_a_date(engine: Backend) -> None:
    rows = ibis.memtable(pl.DataFrame({"at": range(len(SERIALS)), "given": list(SERIALS)}))
    found = engine.to_polars(rows.select("at", day=parse.serial_date(rows.given)).order_by("at"))["day"]
    assert dict(zip(SERIALS, found, strict=True)) == SERIALS
    kept = engine.create_table("serials", rows.select(day=parse.serial_date(rows.given)))
    assert kept.day.type().is_date(), "also where the engine writes it without Ibis between"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["45292", "45293"], [date(2024, 1, 1), date(2024, 1, 2)]),
        (["45292"], [date(2024, 1, 1)]),
        (["45292", "45293", STYLED], [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)]),
        # As many in either style, or fewer numbers: a number says nothing.
        (["45292", STYLED], [None, date(2024, 1, 5)]),
        (["45292", "20240105", "2024/1/6"], [None, date(2024, 1, 5), date(2024, 1, 6)]),
        # What cannot be read at all has no vote, and a value has one, however often it stands there.
        (["45292", "x", "--", ""], [date(2024, 1, 1), None, None, None]),
        (["45292", "45292", "45292", STYLED, "2024-01-06"], [None, None, None, date(2024, 1, 5), date(2024, 1, 6)]),
    ],
)
def test_the_values_of_a_column_say_together_whether_numbers_are_days(
    engine: Backend, days: list[str], expected: list[date | None]
) -> None:
    days = [day or "-" for day in days]
    assert read_days(engine, days) == expected
    assert read_days(engine, days[::-1]) == expected[::-1]


def test_each_column_of_each_file_votes_for_itself(engine: Backend) -> None:
    """Another file of the month, and another column of the same record, are written in other styles."""
    records = [
        {"account_no": "1", "customer_no": "1", "opened_date": "45292", "closed_date": "2024/1/9", "source_file": "a"},
        {"account_no": "2", "customer_no": "1", "opened_date": "2024-01-05", "source_file": "b"},
        {"account_no": "3", "customer_no": "1", "opened_date": "2024-01-06", "source_file": "b"},
    ]
    kept, _, quarantined = split(engine, ACCOUNT, records)
    assert [(row["opened_date"], row["closed_date"]) for row in kept] == [
        (date(2024, 1, 1), date(2024, 1, 9)), (date(2024, 1, 5), None), (date(2024, 1, 6), None),
    ]  # fmt: skip
    assert not quarantined


def test_months_and_glued_dates_are_never_day_numbers(engine: Backend) -> None:
    bills = [
        {"bill_no": "1", "account_no": "1", "total_cny": "5", "bill_month": "45292", "charge_month": "201501"},
        {"bill_no": "2", "account_no": "1", "total_cny": "5", "bill_month": "45299", "charge_month": "201502"},
    ]
    kept, _, _ = split(engine, BILL, bills)
    assert [(row["bill_month"], row["charge_month"]) for row in kept] == [
        (JANUARY, date(2015, 1, 1)), (JANUARY, date(2015, 2, 1)),
    ]  # fmt: skip
    assert read_days(engine, ["20240101", "20240102"]) == [date(2024, 1, 1), date(2024, 1, 2)]


def test_numbers_of_typed_formats_vote_as_well(engine: Backend) -> None:
    """A Parquet file may carry days as numbers; text attributes of a profile are dates where it says so."""
    given = [READING | {"usage_date": "45292"}, READING | {"usage_date": "20240102"}, READING | {"usage_date": "45294"}]
    rows = ibis.memtable(engine.to_polars(raw(USAGE, given, JANUARY)).with_columns(pl.col("usage_date").cast(float)))
    parsed = engine.to_polars(parse_records(rows, USAGE, NO_OPTIONS)).sort("row_no")
    assert parsed["usage_date"].to_list() == [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)]
    options = CleaningOptions(attributes={"attr_since": "date"})
    rows = raw(USAGE, [READING | {"attr_since": "45292"}], JANUARY, attr_since="")
    assert engine.to_polars(parse_records(rows, USAGE, options))["attr_since"].to_list() == [date(2024, 1, 1)]


def test_a_file_over_many_months_gives_each_day_number_to_its_month(engine: Backend) -> None:
    rows = raw(USAGE, [READING | {"usage_date": day} for day in ("45292", "45330", "2024-03-01", "x")], JANUARY)
    found = engine.to_polars(record_month(rows.drop("month"), USAGE, None, JANUARY, None)).sort("row_no")
    assert [day.month for day in found["month"]] == [1, 2, 3, 1]
