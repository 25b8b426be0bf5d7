"""Monthly forecasts: naive rules by hand, the origin's wall, ordered intervals, and no series that costs another."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from govbiz_assets.analytics import forecast_models, forecasting
from govbiz_assets.analytics.forecasting import ForecastParams, evaluate_forecasts, forecast_months, select_models

ORIGIN = date(2025, 6, 30)
NAIVE_ONLY = ForecastParams(models=("naive",))
BOUNDS = ("lo_95", "lo_80", "mean", "hi_80", "hi_95")


def monthly(*series: list[float | None], last: date = date(2025, 6, 1)) -> pl.DataFrame:
    """Series s0, s1 ... whose last value is in the month `last`."""
    rows = []
    for i, values in enumerate(series):
        end = last.year * 12 + last.month - 1
        for back, value in enumerate(reversed(values)):
            rows.append((f"s{i}", date((end - back) // 12, (end - back) % 12 + 1, 1), value))
    return pl.DataFrame(rows, schema={"series_id": pl.String, "month": pl.Date, "value": pl.Float64}, orient="row")


def means(frame: pl.DataFrame, model: str, series: str = "s0") -> list[float]:
    rows = frame.filter(pl.col("model") == model, pl.col("series_id") == series).sort("target_month")
    return rows["mean"].to_list()


def wave(months: int, seed: int = 0) -> list[float | None]:
    rng = np.random.default_rng(seed)
    return [float(x) for x in 1_000 + 100 * np.sin(np.arange(months) / 2) + rng.normal(0, 30, months)]


def test_naive_repeats_the_last_month_with_growing_intervals() -> None:
    found = forecast_months(monthly([10, 14, 12]), ORIGIN, NAIVE_ONLY)
    assert found["target_month"].to_list() == [date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1)]
    assert found["month"].unique().to_list() == [date(2025, 6, 1)]
    assert found["mean"].to_list() == [12, 12, 12]
    sigma = np.sqrt((4**2 + 2**2) / 2)
    np.testing.assert_allclose(found["hi_80"], 12 + 1.2815515655446004 * sigma * np.sqrt([1, 2, 3]))
    np.testing.assert_allclose(found["lo_95"], 12 - 1.959963984540054 * sigma * np.sqrt([1, 2, 3]))


def test_seasonal_naive_repeats_last_year_and_needs_thirteen_months() -> None:
    year: list[float | None] = [float(x) for x in range(101, 113)]
    params = ForecastParams(models=("seasonal_naive",), horizon=14)
    found = forecast_months(monthly([5.0, *year], year), ORIGIN, params)
    assert found["series_id"].unique().to_list() == ["s0"]
    assert means(found, "seasonal_naive") == [float(x) for x in [*range(101, 113), 101, 102]]


def test_calendar_naive_goes_by_working_days() -> None:
    calendar = pl.DataFrame(
        {
            "month": [date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)],
            "days": [30, 31, 28],
            "workdays": [20, 23, 16],
            "spring_festival_days": [0, 0, 8],
        }
    )
    params = ForecastParams(models=("calendar_naive",), horizon=3, rest_day_weight=0.5, festival_day_weight=0.25)
    found = forecast_months(monthly([250.0]), ORIGIN, params, calendar)
    # June weighs 20 + .5 * 10 = 25, so 10 a day; July 23 + 4; August 16 + 2 + 2; September is unknown: 30 plain days.
    assert means(found, "calendar_naive") == pytest.approx([270, 200, 300])
    plain = forecast_months(monthly([300.0]), ORIGIN, params)
    assert means(plain, "calendar_naive") == pytest.approx([310, 310, 300])


def test_nothing_after_the_origin_is_looked_at() -> None:
    history = monthly(wave(30), wave(30, 1))
    later = pl.concat([history, monthly([9e9, 9e9, 9e9], last=date(2025, 9, 1)).with_columns(series_id=pl.lit("s0"))])
    assert_frame_equal(
        forecast_months(history, ORIGIN, ForecastParams()),
        forecast_months(later, ORIGIN, ForecastParams()),
        check_exact=True,
    )


def test_gaps_inside_count_as_zero_and_leading_ones_are_not_there() -> None:
    # Absent before its start, a null inside: naive errors are 10 -> 0 -> 10.
    found = forecast_months(monthly([None, 10, None, 10]), ORIGIN, NAIVE_ONLY)
    assert found["hi_80"][0] == pytest.approx(10 + 1.2815515655446004 * 10)


def test_a_series_without_a_value_at_the_origin_has_ended() -> None:
    history = monthly([5, 6, None], [5, 6, 7])
    assert forecast_months(history, ORIGIN, NAIVE_ONLY)["series_id"].unique().to_list() == ["s1"]
    assert forecast_months(history.clear(), ORIGIN, NAIVE_ONLY).schema == pl.Schema(forecasting.FORECASTS)


def test_zero_constant_single_and_huge_series_cost_nothing() -> None:
    odd: list[list[float | None]] = [
        [0.0] * 20,
        [7.0] * 20,
        [3.0],
        [1e300, 3e305, 1e308, 1e-300, 5.0, 1e307, 1.7e308, 1e308],
        [*[0.0] * 19, 9.0],
        [float("nan"), float("inf"), 4.0, 5.0],
    ]
    every = ForecastParams(models=("naive", "calendar_naive", "seasonal_naive", "theta", "ets", "arima"))
    found = forecast_months(monthly(*odd, wave(20)), ORIGIN, every)
    assert set(found["series_id"]) == {f"s{i}" for i in range(7)}
    zeros = found.filter(pl.col("series_id") == "s0")
    assert zeros["model"].n_unique() == 6
    assert zeros.select(BOUNDS).sum().row(0) == (0,) * 5
    assert found.filter(pl.col("series_id") == "s6")["model"].n_unique() == 6
    np.testing.assert_allclose(means(found, "ets", "s1"), [7, 7, 7], rtol=1e-6)
    single = found.filter(pl.col("series_id") == "s2")
    assert single["lo_80"].null_count() == single.height
    assert found["mean"].is_finite().all()


def test_a_model_that_fails_costs_only_its_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = forecast_models.theta

    def fails_on_large(values: Any, steps: int, season: int = 1) -> forecast_models.Path:
        if len(values) == 21:
            raise ZeroDivisionError("planted")
        return honest(values, steps, season)

    monkeypatch.setattr(forecast_models, "theta", fails_on_large)
    found = forecast_months(monthly(wave(21), wave(20)), ORIGIN, ForecastParams())
    assert "theta" not in set(found.filter(pl.col("series_id") == "s0")["model"])
    assert "ets" in set(found.filter(pl.col("series_id") == "s0")["model"])
    assert "theta" in set(found.filter(pl.col("series_id") == "s1")["model"])


def test_money_that_may_be_negative_is_not_cut_without_a_floor() -> None:
    history = monthly([-5.0, -4.0, -6.0])
    assert means(forecast_months(history, ORIGIN, NAIVE_ONLY), "naive") == [0, 0, 0]
    free = NAIVE_ONLY.model_copy(update={"floor": None})
    assert means(forecast_months(history, ORIGIN, free), "naive") == [-6, -6, -6]


def test_statsforecast_gives_the_same_naive_and_seasonal_naive() -> None:
    from statsforecast.models import Naive, SeasonalNaive

    values = np.array(wave(30), dtype=float)
    found = forecast_months(monthly(wave(30)), ORIGIN, ForecastParams(models=("naive", "seasonal_naive")))
    for name, oracle in (("naive", Naive()), ("seasonal_naive", SeasonalNaive(season_length=12))):
        expected = oracle.forecast(y=values, h=3, level=[80, 95])
        rows = found.filter(pl.col("model") == name)
        np.testing.assert_allclose(rows["mean"], expected["mean"])
        np.testing.assert_allclose(rows["lo_80"], expected["lo-80"], rtol=1e-2)
        np.testing.assert_allclose(rows["hi_95"], expected["hi-95"], rtol=1e-2)


def test_trend_and_season_are_recovered() -> None:
    season = np.tile([1.0, 1.1, 1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.8, 0.9, 1, 1.2], 4) * 1_000
    rng = np.random.default_rng(1)
    history = monthly([float(x) for x in season * (1 + rng.normal(0, 0.01, 48))])
    found = forecast_months(history, ORIGIN, ForecastParams(models=("ets", "theta"), seasonal_from=25))
    for model in ("ets", "theta"):
        np.testing.assert_allclose(means(found, model), season[:3], rtol=0.06)


def test_order_repetition_and_company_change_no_bit() -> None:
    history = monthly(*(wave(24, seed) for seed in range(6)))
    first = forecast_months(history, ORIGIN, ForecastParams())
    shuffled = history.sample(fraction=1, shuffle=True, seed=2)
    assert_frame_equal(first, forecast_months(shuffled, ORIGIN, ForecastParams()), check_exact=True)
    alone = forecast_months(history.filter(pl.col("series_id") == "s3"), ORIGIN, ForecastParams())
    assert_frame_equal(first.filter(pl.col("series_id") == "s3"), alone, check_exact=True)


def test_repeated_months_are_refused() -> None:
    history = monthly([1, 2, 3])
    with pytest.raises(ValueError, match="unique"):
        forecast_months(pl.concat([history, history]), ORIGIN, NAIVE_ONLY)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e12), st.sampled_from([0.0, 1.0])), min_size=1, max_size=30))
def test_intervals_are_ordered_whatever_the_history(values: list[float | None]) -> None:
    found = forecast_months(monthly(values), ORIGIN, ForecastParams())
    assert found.is_empty() == (values[-1] is None)
    assert (found["mean"] >= 0).all()
    known = found.drop_nulls()
    for low, high in pairwise(BOUNDS):
        assert (known[low] <= known[high]).all()
    half_known = found.filter(pl.any_horizontal(pl.col(BOUNDS).is_null()))
    assert half_known.select(pl.col("lo_80", "hi_80", "lo_95", "hi_95").is_null().all()).row(0) == (True,) * 4


def accuracy() -> pl.DataFrame:
    month, target = date(2025, 6, 1), date(2025, 7, 1)
    rows = [
        ("a", month, target, "naive", 100.0, 90.0, 110.0, 80.0, 120.0),
        ("b", month, target, "naive", 50.0, None, None, None, None),
        ("c", month, target, "naive", 70.0, 60.0, 80.0, 50.0, 90.0),
        ("a", month, target, "ets", 110.0, 105.0, 118.0, 100.0, 125.0),
        ("b", month, target, "ets", 60.0, 55.0, 65.0, 50.0, 70.0),
    ]
    forecasts = pl.DataFrame(rows, schema=forecasting.FORECASTS, orient="row")
    actuals = pl.DataFrame({"series_id": ["a", "b", "z"], "target_month": [target] * 3, "value": [120, 60, 5]})
    return evaluate_forecasts(forecasts, actuals, "account", "kwh")


def test_accuracy_by_hand_on_the_same_pairs_as_the_naive_rule() -> None:
    found = {
        (r["model"], r["metric"]): (r["value"], r["naive_value"], r["n"]) for r in accuracy().iter_rows(named=True)
    }
    # naive misses 120 by 20 and 60 by 10, ets by 10 and 0; c has no actual, z no forecast.
    assert found["naive", "wape"] == (pytest.approx(30 / 180), pytest.approx(30 / 180), 2)
    assert found["ets", "wape"] == (pytest.approx(10 / 180), pytest.approx(30 / 180), 2)
    assert found["ets", "bias"] == (pytest.approx(-10 / 180), pytest.approx(-30 / 180), 2)
    assert found["naive", "coverage_80"] == (0.0, 0.0, 1)
    assert found["naive", "coverage_95"] == (1.0, 1.0, 1)
    assert found["ets", "coverage_80"] == (0.5, None, 2)
    assert set(accuracy()["horizon"]) == {1}


def wape_rows(*rows: tuple[str, float | None, float | None]) -> pl.DataFrame:
    full = [("account", "kwh", 1, model, "wape", value, naive_value, 10) for model, value, naive_value in rows]
    schema = ["level", "measure", "horizon", "model", "metric", "value", "naive_value", "n"]
    return pl.DataFrame(full, schema=schema, orient="row", infer_schema_length=None)


def test_the_best_model_is_chosen_and_the_naive_one_without_a_better() -> None:
    assert select_models(accuracy())["model"].to_list() == ["ets"]
    worse = wape_rows(("naive", 0.1, 0.1), ("ets", 0.12, 0.1))
    assert select_models(worse).rows() == [("account", "kwh", "naive", 0.1, 0.1)]
    equal = wape_rows(("naive", 0.1, 0.1), ("theta", 0.1, 0.1))
    assert select_models(equal)["model"].to_list() == ["naive"]
    tied = wape_rows(("naive", 0.1, 0.1), ("ets", 0.08, 0.1), ("theta", 0.08, 0.1))
    assert select_models(tied)["model"].to_list() == ["theta"]
    unknown = wape_rows(("naive", None, None), ("ets", None, None))
    assert select_models(unknown).rows() == [("account", "kwh", "naive", None, None)]
    # Measured on easier series (naive .05 there), a lower WAPE is not a better model.
    easier = wape_rows(("naive", 0.1, 0.1), ("ets", 0.09, 0.1), ("seasonal_naive", 0.06, 0.05))
    assert select_models(easier)["model"].to_list() == ["ets"]
    assert select_models(worse.clear()).is_empty()
