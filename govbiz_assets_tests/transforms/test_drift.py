"""The stability index against the same definition in NumPy."""

from __future__ import annotations

import random
from datetime import date
from itertools import pairwise

import ibis
import numpy as np
import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.transforms.drift import BINS, FLOOR, population_stability

MONTHS = [date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)]


def features(seed: int) -> pl.DataFrame:
    """Three months of two features that move, with unknown values and an integer among them."""
    draw = random.Random(seed)  # noqa: S311
    rows = []
    for position, month in enumerate(MONTHS):
        for _ in range(draw.randint(20, 60)):
            ratio = None if draw.random() < 0.1 else draw.gauss(1 + 0.4 * position, 1)
            rows.append((month, ratio, draw.randint(0, 6)))
    return pl.DataFrame(rows, schema={"month": pl.Date, "ratio": pl.Float64, "count": pl.Int64}, orient="row")


def index(now: list[float | None], before: list[float | None]) -> float:
    """The index as its definition says it, in NumPy."""
    known = [value for value in before if value is not None]
    cuts = [np.quantile(known, i / BINS) for i in range(1, BINS)]

    def shares(values: list[float | None]) -> np.ndarray:
        bins = [0 if value is None else 1 + sum(value > cut for cut in cuts) for value in values]
        return np.maximum(np.bincount(bins, minlength=BINS + 1) / len(values), FLOOR)

    a, b = shares(now), shares(before)
    return float(((a - b) * np.log(a / b)).sum())


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_index_of_the_features_is_that_of_the_definition(engine: Backend, seed: int) -> None:
    frame = features(seed)
    rows = engine.to_polars(population_stability(ibis.memtable(frame), ["ratio", "count"], MONTHS)).sort("month")
    by_month = {month: frame.filter(pl.col("month") == month) for month in MONTHS}
    expected = {
        now: max(index(by_month[now][name].to_list(), by_month[before][name].to_list()) for name in ("ratio", "count"))
        for before, now in pairwise(MONTHS)
    }
    assert dict(rows.rows()) == pytest.approx(expected, abs=1e-9)


def test_equal_months_have_the_index_zero_and_months_not_asked_for_are_not_told(engine: Backend) -> None:
    frame = features(1).filter(pl.col("month") == MONTHS[0])
    twice = pl.concat([frame, frame.with_columns(month=pl.lit(MONTHS[1]))])
    rows = engine.to_polars(population_stability(ibis.memtable(twice), ["ratio", "count"], MONTHS[1:2]))
    assert rows.rows() == [(MONTHS[1], 0.0)]
    none = population_stability(ibis.memtable(twice), ["ratio", "count"], MONTHS[:1])
    assert engine.to_polars(none).is_empty()


def test_a_feature_that_nobody_has_is_as_stable_as_can_be(engine: Backend) -> None:
    frame = pl.DataFrame({"month": MONTHS[:2] * 3}).with_columns(ratio=pl.lit(None, pl.Float64))
    rows = engine.to_polars(population_stability(ibis.memtable(frame), ["ratio"], MONTHS[:2]))
    assert rows.rows() == [(MONTHS[1], 0.0)]
