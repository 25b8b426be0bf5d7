"""Which month a record as received belongs to."""

from __future__ import annotations

from datetime import date

import ibis
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import BILL, CUSTOMER, TICKET, USAGE, Channel
from govbiz_assets.transforms.raw import record_month

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
