"""Records as received: their month, and their types where the format has types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import ibis
import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import BILL, CUSTOMER, TICKET, USAGE, Channel
from govbiz_assets.contracts.tables_source import RAW_TABLES
from govbiz_assets.transforms.raw import as_contracted, record_month

FIRST, LAST = date(2024, 1, 1), date(2024, 6, 1)


def months(
    engine: Backend, channel: Channel, values: list[str], delivered: date | None, last: date | None = LAST
) -> list[date]:
    field = channel.month_field or "customer_no"
    rows = ibis.memtable({"at": list(range(len(values))), field: values})
    placed = record_month(rows, channel, delivered, FIRST, last)
    return engine.to_polars(placed.order_by("at"))["month"].to_list()


def test_a_file_of_a_month_belongs_to_it_whole(engine: Backend) -> None:
    assert months(engine, USAGE, ["2024-03-05", "2023-12-31", "x"], date(2024, 3, 1)) == [date(2024, 3, 1)] * 3


def test_in_a_file_over_many_months_each_record_has_its_own(engine: Backend) -> None:
    assert months(engine, USAGE, ["2024/3/31", "20240401"], None) == [date(2024, 3, 1), date(2024, 4, 1)]
    assert months(engine, BILL, ["202403", "2024年4月"], None) == [date(2024, 3, 1), date(2024, 4, 1)]
    assert months(engine, TICKET, ["2024-03-31 23:59:59"], None) == [date(2024, 3, 1)]


@pytest.mark.parametrize("text", ["", "x", "2024-02-30", "2023-12-31", "1999-01-01"])
def test_a_record_without_a_readable_date_or_before_the_first_month_goes_to_the_first(
    engine: Backend, text: str
) -> None:
    assert months(engine, USAGE, [text], None) == [FIRST]


def test_a_record_behind_the_last_month_goes_to_the_last_where_there_is_one(engine: Backend) -> None:
    assert months(engine, USAGE, ["2024-07-01"], None) == [LAST]
    assert months(engine, USAGE, ["2024-07-01"], None, last=None) == [date(2024, 7, 1)]


def test_a_snapshot_without_a_month_belongs_to_the_first(engine: Backend) -> None:
    assert months(engine, CUSTOMER, ["1"], None) == [FIRST]


def test_typed_columns_become_numbers_or_text_and_absent_ones_null(engine: Backend) -> None:
    raw = RAW_TABLES["usage"]
    columns = (replace(column, dtype="DOUBLE") if "kwh" in column.name else column for column in raw.columns)
    contract = replace(raw, columns=tuple(columns))
    rows = ibis.memtable(
        pl.DataFrame(
            {
                "account_no": [320100000001.0, float("nan"), 1.5],
                "usage_date": [date(2024, 3, 1), None, date(2024, 3, 2)],
                "kwh": [1, 2, None],
                "kwh_peak": pl.Series([Decimal("1.5"), None, Decimal("2.25")], dtype=pl.Decimal(18, 2)),
                "kwh_flat": [None, None, None],
                "read_type": [True, False, None],
                "row_no": [1, 2, 3],
            },
            schema_overrides={"kwh_flat": pl.String},
        )
    )
    found = engine.to_polars(as_contracted(rows, contract).order_by("row_no")).to_dict(as_series=False)
    assert found == {
        "account_no": ["320100000001", None, "1.5"],
        "usage_date": ["2024-03-01", None, "2024-03-02"],
        "kwh": [1.0, 2.0, None],
        "kwh_peak": [1.5, None, 2.25],
        "kwh_flat": [None, None, None],
        "read_type": ["true", "false", None],
        "row_no": [1, 2, 3],
    }
    same = rows.select("row_no").mutate(account_no=ibis.literal("007"))
    assert as_contracted(same, raw) is same
