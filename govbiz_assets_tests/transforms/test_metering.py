"""Energy out of readings, worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.metering import READ_DEPTH, meter_usage
from govbiz_assets_tests.transforms.tables import table

Row = dict[str, Any]
MONTHS = [date(2024, number, 1) for number in (1, 2, 3, 4, 5)]
# The last days of these months.
DAYS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]


def read(month: int, last: float, this: float, **more: Any) -> Row:
    """A reading at the end of a month, by a meter of four digits whose multiplier is 10."""
    return {
        "month": MONTHS[month - 1],
        "account_id": "a1",
        "meter_id": "m1",
        "read_date": DAYS[month - 1],
        "band": "总",
        "last_read": last,
        "this_read": this,
        "digits": 4,
        "multiplier": 10.0,
        "source_file": "r.csv",
        "row_no": month,
        **more,
    }


def used(engine: Backend, rows: list[Row], first: int = 1) -> dict[tuple[int, int], tuple[float | None, str]]:
    """By month of reading and month of use: the energy, and how it was got."""
    found = engine.to_polars(meter_usage(table(tables.METER_READ, rows), MONTHS[first - 1]))
    return {
        (row["month"].month, row["usage_month"].month): (
            float(row["kwh"]) if row["kwh"] is not None else None,
            row["read_method"],
        )
        for row in found.iter_rows(named=True)
    }


def test_a_reading_times_its_multiplier_is_energy(engine: Backend) -> None:
    assert used(engine, [read(1, 100, 112.5)]) == {(1, 1): (125.0, "plain")}


@pytest.mark.parametrize(
    ("last", "this", "expected"),
    [
        (9990, 15, (250.0, "roll_over")),
        (8990, 15, (None, "unknown")),  # not near its end
        (9990, 2100, (None, "unknown")),  # 2,110 of 10,000 in one cycle is more than a fifth
    ],
)
def test_a_register_rolls_over_near_its_end_and_by_a_plausible_step(
    engine: Backend, last: float, this: float, expected: tuple[float | None, str]
) -> None:
    assert used(engine, [read(1, last, this)]) == {(1, 1): expected}


def test_without_digits_nothing_rolls_over(engine: Backend) -> None:
    assert used(engine, [read(1, 9990, 15, digits=None)]) == {(1, 1): (None, "unknown")}


def test_a_changed_meter_counts_to_its_end_and_the_new_one_from_its_start(engine: Backend) -> None:
    old = read(1, 500, 520, read_date=date(2024, 1, 15))
    new = read(1, 3, 13, meter_id="m2", multiplier=20.0, row_no=9)
    assert used(engine, [old, new]) == {(1, 1): (20 * 10 + 10 * 20, "meter_change")}


def test_a_changed_multiplier_is_split_at_the_reading_between(engine: Backend) -> None:
    before = read(1, 500, 520, read_date=date(2024, 1, 15))
    after = read(1, 520, 530, multiplier=30.0, row_no=9)
    assert used(engine, [before, after]) == {(1, 1): (20 * 10 + 10 * 30, "multiplier_change")}


def test_one_estimate_is_merged_into_the_next_actual_reading_by_days(engine: Backend) -> None:
    """Read 31 January; 29 days to the estimate, 31 to the actual reading: 120 units are 580 and 620 kWh."""
    rows = [read(1, 0, 50), read(2, 50, 90, read_type="估抄"), read(3, 90, 170, read_type="实抄")]
    assert used(engine, rows) == {
        (1, 1): (500.0, "plain"),
        (2, 2): (400.0, "estimated"),
        (3, 2): (580.0, "merged"),
        (3, 3): (620.0, "merged"),
    }


def test_an_estimate_that_was_too_high_is_put_right_by_the_actual_reading(engine: Backend) -> None:
    rows = [read(1, 0, 50), read(2, 50, 200, read_type="估抄"), read(3, 200, 110)]
    after = used(engine, rows)
    assert after[3, 2] == (290.0, "merged")
    assert after[3, 3] == (310.0, "merged")


def test_of_two_estimates_in_a_row_nothing_is_known_of_the_whole_span(engine: Backend) -> None:
    rows = [read(1, 0, 50), read(2, 50, 90, read_type="估抄"), read(3, 90, 130, read_type="估抄"), read(4, 130, 300)]
    assert used(engine, [*rows, read(5, 300, 310)]) == {
        (1, 1): (500.0, "plain"),
        (2, 2): (400.0, "estimated"),
        (3, 2): (None, "unknown"),
        (3, 3): (None, "unknown"),
        (4, 4): (None, "unknown"),
        (5, 5): (100.0, "plain"),
    }


def test_a_month_alone_gives_what_all_months_give(engine: Backend) -> None:
    rows = [
        read(1, 0, 50, read_type="估抄"),
        read(2, 50, 90, read_type="估抄"),
        read(3, 90, 130),
        read(4, 130, 300, read_type="估抄"),
        read(5, 300, 310),
    ]
    wide = used(engine, rows)
    for month in range(1, 6):
        seen = [row for row in rows if month - READ_DEPTH < row["month"].month <= month]
        alone = used(engine, seen, first=month)
        assert alone == {key: value for key, value in wide.items() if key[0] == month}
