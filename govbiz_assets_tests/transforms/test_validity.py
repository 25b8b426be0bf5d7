"""Codes of divisions and industries that changed, led to the code of a month."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.simulate.reference import SEEDS, load_reference
from govbiz_assets.transforms.reference import with_division_path
from govbiz_assets.transforms.validity import with_code_in_force


def seed(name: str) -> pl.DataFrame:
    rows = pl.read_csv(Path(SEEDS) / "reference" / f"{name}.csv", infer_schema=False)
    return rows.with_columns(pl.col("valid_from", "valid_to").str.to_date())


@pytest.mark.parametrize(
    ("name", "code", "month", "in_force"),
    [
        ("division", "320584", date(2012, 8, 1), "320584"),  # 吴江市 ...
        ("division", "320584", date(2012, 9, 1), "320509"),  # ... became 吴江区
        ("division", "320684", date(2020, 6, 1), "320684"),
        ("division", "320684", date(2020, 7, 1), "320614"),
        ("division", "320611", date(2024, 1, 1), "320613"),  # 港闸区 went up in 崇川区, whose code is new too
        ("division", "320602", date(2024, 1, 1), "320613"),
        ("division", "320100", date(2024, 1, 1), "320100"),
        ("division", "999999", date(2024, 1, 1), "999999"),
        ("division", None, date(2024, 1, 1), None),
        ("industry", "2002-84", date(2011, 10, 1), "2002-84"),  # its last day is the month's
        ("industry", "2002-84", date(2011, 11, 1), "2011-82"),
        ("industry", "2002-84", date(2017, 9, 1), "2011-82"),
        ("industry", "2002-84", date(2017, 10, 1), "83"),
        ("industry", "2002-37", date(2024, 1, 1), "2002-37"),  # split into 36 and 37
        ("industry", "36", date(2024, 1, 1), "36"),
    ],
)
def test_a_code_is_led_to_the_one_that_holds_at_the_end_of_the_month(
    engine: Backend, name: str, code: str | None, month: date, in_force: str | None
) -> None:
    column = f"{name}_code"
    rows = pl.DataFrame({"month": [month], column: [code]}, schema={"month": pl.Date, column: pl.String})
    led = engine.to_polars(with_code_in_force(ibis.memtable(rows), ibis.memtable(seed(name)), column))
    assert led.to_dicts() == [{"month": month, column: in_force}]


@pytest.mark.parametrize("name", ["division", "industry"])
def test_successors_are_listed_and_begin_when_their_predecessors_end(name: str) -> None:
    rows, column = seed(name), f"{name}_code"
    assert not rows[column].is_duplicated().any()
    gone = rows.filter(pl.col("successor_code").is_not_null())
    assert len(gone) >= 5
    pairs = gone.join(rows, left_on="successor_code", right_on=column, how="left", suffix="_next")
    gaps = pairs.select(gap=pl.col("valid_from_next") - pl.col("valid_to")).filter(pl.col("gap").dt.total_days() != 1)
    # Between the editions of 2002 and 2017, what did not change in 2011 goes straight to 2017.
    assert gaps.is_empty() or name == "industry"
    assert rows.filter(pl.col("valid_to").is_null(), pl.col("successor_code").is_not_null()).is_empty()


def test_the_path_of_a_division_is_the_way_up_its_parents() -> None:
    rows = with_division_path(seed("division"))
    parents = dict(rows.select("division_code", "parent_code").rows())
    for row in rows.iter_rows(named=True):
        path = [code for code in (row["county_code"], row["prefecture_code"], row["province_code"]) if code]
        assert path[0] == row["division_code"]
        assert [parents[code] for code in path] == [*path[1:], None]


def test_the_sample_province_lives_in_the_divisions_and_industries_of_today() -> None:
    lists = load_reference()
    assert len(lists.division_codes) == 32
    assert not {"320584", "320684"} & set(lists.division_codes)
    assert all(len(code) == 2 for code in lists.industry_codes)
