"""Daily load: the weekly rhythm, unread days, holidays, and the origin's wall."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from govbiz_assets.analytics.forecasting import LoadParams, forecast_load

ORIGIN = date(2025, 6, 30)
FAST = LoadParams(models=("naive_week", "calendar_week", "theta"))


def daily(days: int = 84, noise: float = 0.0) -> pl.DataFrame:
    """Load of 100 on weekdays and 40 at weekends, up to the origin (a Monday)."""
    dates = [ORIGIN - timedelta(days=i) for i in reversed(range(days))]
    rng = np.random.default_rng(0)
    kwh = [(100.0 if d.weekday() < 5 else 40.0) + float(rng.normal(0, noise)) for d in dates]
    return pl.DataFrame({"series_id": ["p"] * days, "date": dates, "kwh": kwh})


def calendar(*, holidays: tuple[date, ...] = (), festival: tuple[date, ...] = ()) -> pl.DataFrame:
    dates = [ORIGIN + timedelta(days=i) for i in range(-400, 60)]
    return pl.DataFrame(
        {
            "date": dates,
            "is_workday": [d.weekday() < 5 and d not in holidays + festival for d in dates],
            "is_spring_festival": [d in festival for d in dates],
        }
    )


def path(frame: pl.DataFrame, model: str) -> dict[date, float]:
    return dict(frame.filter(pl.col("model") == model).select("target_date", "mean").iter_rows())


def test_every_model_finds_the_week() -> None:
    found = forecast_load(daily(), ORIGIN, 31, calendar(), LoadParams())
    assert set(found["model"]) == {"naive_week", "calendar_week", "theta", "ets", "mstl", "arima"}
    for model in set(found["model"]):
        means = path(found, model)
        assert len(means) == 31
        assert all(abs(kwh - (100 if day.weekday() < 5 else 40)) < 3 for day, kwh in means.items()), model


def test_a_holiday_is_a_rest_day_for_the_calendar_rule_only() -> None:
    holiday = date(2025, 7, 9)
    found = forecast_load(daily(), ORIGIN, 31, calendar(holidays=(holiday,)), FAST)
    assert path(found, "calendar_week")[holiday] == pytest.approx(40)
    assert path(found, "naive_week")[holiday] == pytest.approx(100)
    assert "calendar_week" not in set(forecast_load(daily(), ORIGIN, 31, None, FAST)["model"])


def test_a_festival_falls_as_deep_as_the_last_one() -> None:
    past = tuple(ORIGIN - timedelta(days=i) for i in range(50, 57))
    future = (date(2025, 7, 15), date(2025, 7, 16))
    history = daily().with_columns(kwh=pl.when(pl.col("date").is_in(past)).then(10.0).otherwise("kwh"))
    found = path(forecast_load(history, ORIGIN, 31, calendar(festival=past + future), FAST), "calendar_week")
    assert found[future[0]] == pytest.approx(10)
    assert found[date(2025, 7, 17)] == pytest.approx(100)


def test_unread_days_take_the_week_before() -> None:
    unread = [ORIGIN - timedelta(days=i) for i in (0, 3, 40)]
    gaps = daily().with_columns(kwh=pl.when(~pl.col("date").is_in(unread)).then("kwh"))
    assert_frame_equal(forecast_load(gaps, ORIGIN, 31, None, FAST), forecast_load(daily(), ORIGIN, 31, None, FAST))


def test_short_and_ended_series_have_no_forecast() -> None:
    assert forecast_load(daily(20), ORIGIN, 31, None, FAST).is_empty()
    ended = daily().filter(pl.col("date") < ORIGIN - timedelta(days=7))
    assert forecast_load(ended, ORIGIN, 31, None, FAST).is_empty()


def test_later_days_and_row_order_change_no_bit() -> None:
    history = daily(noise=5.0)
    later = pl.concat([history, history.with_columns(pl.col("date").dt.offset_by("1y"), kwh=pl.lit(1e9))])
    first = forecast_load(history, ORIGIN, 31, calendar(), FAST)
    again = forecast_load(later.sample(fraction=1, shuffle=True, seed=1), ORIGIN, 31, calendar(), FAST)
    assert_frame_equal(first, again, check_exact=True)
    bounds = first.drop_nulls()
    assert (bounds["lo_95"] <= bounds["lo_80"]).all()
    assert (bounds["lo_80"] <= bounds["mean"]).all()
    assert (bounds["hi_80"] <= bounds["hi_95"]).all()
