"""Forecasts of 1,454 real enterprises, 2015-01 to 2016-08, against published figures.

A meter value of 1 means no use. Account 1416 alone is 26% of all energy, so every figure is looked at with and without.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from govbiz_assets.analytics.forecasting import (
    ForecastParams,
    LoadParams,
    evaluate_forecasts,
    forecast_load,
    forecast_months,
    select_models,
)

GIANT = "1416"
ORIGINS = [date(2016, month, 1) for month in (3, 4, 5, 6)]


@pytest.fixture(scope="module")
def load(real_data: Callable[[str], Path]) -> pl.DataFrame:
    """One row per account and day: series_id, date, kwh, with the placeholder 1 as 0."""
    wide = pl.read_csv(real_data("tianchi/power_daily_wide.csv"), schema_overrides={"record_date": pl.String})
    parts = pl.col("record_date").str.split("/").cast(pl.List(pl.Int32))
    days = wide.select(pl.date(parts.list.get(0), parts.list.get(1), parts.list.get(2)).alias("date"))
    long = wide.drop("record_date").with_columns(days["date"]).unpivot(index="date", variable_name="series_id")
    kwh = pl.when(pl.col("value") > 1).then(pl.col("value")).otherwise(0).cast(pl.Float64)
    return long.select("series_id", "date", kwh=kwh)


@pytest.fixture(scope="module")
def months(load: pl.DataFrame) -> pl.DataFrame:
    """Monthly sums of accounts that used energy in each of the last six months, as in the published comparison."""
    sums = load.group_by("series_id", month=pl.col("date").dt.truncate("1mo")).agg(value=pl.col("kwh").sum())
    least = sums.filter(pl.col("month") >= date(2016, 3, 1)).group_by("series_id").agg(pl.col("value").min())
    return sums.join(least.filter(pl.col("value") > 0), on="series_id", how="semi")


@pytest.fixture(scope="module")
def forecasts(months: pl.DataFrame) -> pl.DataFrame:
    """Next month of every account from four origins; a series' forecast does not depend on the others."""
    params = ForecastParams(horizon=1)
    return pl.concat([forecast_months(months, origin, params) for origin in ORIGINS])


def wape(forecasts: pl.DataFrame, months: pl.DataFrame) -> dict[str, float]:
    accuracy = evaluate_forecasts(forecasts, months.rename({"month": "target_month"}), "account", "kwh")
    assert select_models(accuracy)["model"].to_list() == ["calendar_naive"]
    found = accuracy.filter(pl.col("metric") == "wape")
    return dict(found.select("model", "value").iter_rows())


def test_next_month_per_account(forecasts: pl.DataFrame, months: pl.DataFrame) -> None:
    assert months["series_id"].n_unique() == pytest.approx(1_250, abs=10)
    found = wape(forecasts, months)
    assert found["naive"] == pytest.approx(0.118, abs=0.01)
    assert found["seasonal_naive"] == pytest.approx(0.249, abs=0.01)
    assert found["ets"] == pytest.approx(0.137, abs=0.01)
    assert found["theta"] == pytest.approx(0.138, abs=0.015)
    assert found["calendar_naive"] < found["naive"]


def test_next_month_per_account_without_the_giant(forecasts: pl.DataFrame, months: pl.DataFrame) -> None:
    found = wape(forecasts.filter(pl.col("series_id") != GIANT), months)
    assert found["naive"] == pytest.approx(0.147, abs=0.01)
    assert found["calendar_naive"] < found["naive"] < found["theta"] < found["ets"] < found["seasonal_naive"]


def test_daily_load_of_august(load: pl.DataFrame) -> None:
    total = load.group_by("date").agg(pl.col("kwh").sum()).with_columns(series_id=pl.lit("all"))
    actuals = total.select("series_id", target_date="date", value="kwh")
    forecasts = forecast_load(total, date(2016, 7, 31), 31)
    accuracy = evaluate_forecasts(forecasts, actuals, "province", "kwh").filter(pl.col("metric") == "wape")
    found = dict(accuracy.select("model", "value").iter_rows())
    assert found["naive_week"] == pytest.approx(0.152, abs=0.005)
    assert found["arima"] < found["theta"] < found["naive_week"]
    assert found["ets"] < found["naive_week"]


def test_daily_load_of_september_has_a_value_for_every_day(load: pl.DataFrame) -> None:
    total = load.group_by("date").agg(pl.col("kwh").sum()).with_columns(series_id=pl.lit("all"))
    fast = LoadParams(models=("naive_week", "theta", "mstl"))
    forecasts = forecast_load(total, date(2016, 8, 31), 30, None, fast)
    expected = [date(2016, 9, 1) + timedelta(days=i) for i in range(30)]
    for _, part in forecasts.group_by("model"):
        assert part["target_date"].to_list() == expected
        assert (part["mean"] > 1e6).all()
