"""Forecasts of daily load for the coming month.

What belongs here: daily series with a weekly rhythm. What does not: monthly series (`forecasting`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from govbiz_assets.analytics import forecast_models as models
from govbiz_assets.analytics.forecast_models import Model, Path
from govbiz_assets.analytics.scaling import Floats

WEEK: Final = 7

LoadModel = Literal["naive_week", "calendar_week", "theta", "ets", "mstl", "arima"]

LOAD: Final = {
    "series_id": pl.String,
    "month": pl.Date,
    "target_date": pl.Date,
    "model": pl.String,
    "mean": pl.Float64,
    "lo_80": pl.Float64,
    "hi_80": pl.Float64,
    "lo_95": pl.Float64,
    "hi_95": pl.Float64,
}


class LoadParams(BaseModel):
    """Which models forecast daily load."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[LoadModel, ...] = Field(
        default=("naive_week", "calendar_week", "theta", "ets", "mstl", "arima"),
        description="calendar_week needs a calendar; arima takes about .4 s a series, ets .5 s",
    )
    min_days: int = Field(default=28, ge=14, description="days of history that a series needs")
    history_days: int = Field(default=365, ge=28, description="days before that are not looked at")
    recent_days: int = Field(default=28, ge=14, description="days behind calendar_week's means")
    floor: float | None = Field(
        default=0.0, description="smallest possible value, kWh; None where feeding in is netted"
    )


def forecast_load(
    history: pl.DataFrame,
    origin: date,
    days: int = 31,
    calendar: pl.DataFrame | None = None,
    params: LoadParams | None = None,
) -> pl.DataFrame:
    """Forecast daily load after the origin, by every model.

    A day without a known value takes the value of a week before, or the median of the series in its first week: an
    unread meter is unknown, not silent. A series without a value in the last week before the origin has ended.

    Args:
        history: series_id, date, kwh (null, NaN and infinity are unknown); rows after the origin are not looked at.
        origin: Last day that may be looked at, usually a month's last.
        days: Days ahead.
        calendar: date, is_workday, is_spring_festival, covering history and targets. Without it there is no
            `calendar_week`.
        params: Models and limits; None takes the defaults.

    Returns:
        series_id, month (the origin's first day), target_date, model, mean and bounds in kWh; sorted.

    Raises:
        ValueError: A series has two rows on one day.
    """
    params = params or LoadParams()
    targets = [origin + timedelta(days=step) for step in range(1, days + 1)]
    frames = []
    with models.quiet_single_thread():
        for series_id, values in _series(history, origin, params):
            for name in sorted(params.models):
                model = _bind(name, len(values), origin, targets, calendar, params)
                path = models.run(model, values, days, params.floor) if model is not None else None
                if path is not None:
                    frames.append(_frame(series_id, origin, targets, name, path))
    return pl.concat(frames).sort("series_id", "model", "target_date") if frames else pl.DataFrame(schema=LOAD)


def _frame(series_id: str, origin: date, targets: list[date], model: str, path: Path) -> pl.DataFrame:
    """Return one path as rows."""
    columns: dict[str, Any] = {
        "series_id": [series_id] * len(targets),
        "month": [origin.replace(day=1)] * len(targets),
        "target_date": targets,
        "model": [model] * len(targets),
        **{name: getattr(path, name) for name in ("mean", "lo_80", "hi_80", "lo_95", "hi_95")},
    }
    return pl.DataFrame(columns, schema=LOAD, nan_to_null=True)


def _bind(
    name: str, length: int, origin: date, targets: list[date], calendar: pl.DataFrame | None, params: LoadParams
) -> Model | None:
    """Return the named model with its parameters bound, or None when it cannot be used."""
    match name:
        case "naive_week":
            return partial(models.seasonal_naive, season=WEEK)
        case "calendar_week":
            if calendar is None:
                return None
            past = [origin - timedelta(days=length - 1 - i) for i in range(length)]
            kinds = _day_kinds(calendar, past + targets)
            return partial(_calendar_week, kinds=kinds, recent=min(params.recent_days, length))
        case "theta":
            return partial(models.theta, season=WEEK)
        case "ets":
            return partial(models.ets, season=WEEK, form="ZZZ")
        case "mstl":
            return partial(models.mstl, season=WEEK)
        case _:
            return partial(models.arima, season=WEEK)


FESTIVAL: Final = 8
REST: Final = 7


def _day_kinds(calendar: pl.DataFrame, days: list[date]) -> npt.NDArray[np.int64]:
    """Return each day's kind: 0..6 a workday by its weekday, REST, or FESTIVAL; unknown days go by their weekday."""
    columns = calendar.select("date", "is_workday", "is_spring_festival").iter_rows()
    known = {day: (bool(is_workday), bool(is_festival)) for day, is_workday, is_festival in columns}
    kinds = []
    for day in days:
        is_workday, is_festival = known.get(day, (day.weekday() < 5, False))
        kinds.append(FESTIVAL if is_festival else (day.weekday() if is_workday else REST))
    return np.array(kinds, dtype=np.int64)


def _calendar_week(values: Floats, steps: int, kinds: npt.NDArray[np.int64], recent: int) -> Path:
    """Forecast each day by the mean of recent days of its kind.

    Workdays go by weekday, make-up days at weekends and kinds that did not occur by the mean of all recent workdays.
    Festival days are the rest-day level times the last festival's part of the rest days in the four weeks before it,
    or the rest-day level where no festival is in the history. Errors are those of the same rule one week earlier, and
    do not grow.
    """
    past, future = kinds[: len(values)], kinds[len(values) :]
    mean = _kind_means(values, past, future, recent)
    held = min(WEEK, len(values) - recent)
    if held < 2:
        return models.normal_path(mean, np.full(steps, np.nan))
    before = _kind_means(values[:-held], past[:-held], past[-held:], recent)
    return models.normal_path(mean, np.full(steps, models.residual_spread(values[-held:] - before)))


def _kind_means(values: Floats, past: npt.NDArray[np.int64], future: npt.NDArray[np.int64], recent: int) -> Floats:
    """Return the level of each future day by its kind."""
    last, kinds = values[-recent:], past[-recent:]
    work = last[kinds < REST]
    ordinary = float(work.mean()) if work.size else float(last.mean())
    rest = float(last[kinds == REST].mean()) if (kinds == REST).any() else ordinary
    levels = np.full(FESTIVAL + 1, ordinary)
    for kind in range(REST):
        if (kinds == kind).any():
            levels[kind] = last[kinds == kind].mean()
    levels[REST] = rest
    levels[FESTIVAL] = rest * _festival_part(values, past)
    return np.asarray(levels[future], dtype=np.float64)


def _festival_part(values: Floats, past: npt.NDArray[np.int64]) -> float:
    """Return the last festival's mean over the mean of rest days in the 28 days before it, 1 where there is none."""
    festival = np.flatnonzero(past == FESTIVAL)
    if not festival.size:
        return 1.0
    days = festival[festival > festival[-1] - 15]
    start = int(days[0])
    before = slice(max(start - 28, 0), start)
    rest = values[before][past[before] == REST]
    level = float(rest.mean()) if rest.size else 0.0
    return float(values[days].mean()) / level if level > 0 else 1.0


def _series(history: pl.DataFrame, origin: date, params: LoadParams) -> Iterator[tuple[str, Floats]]:
    """Yield (series_id, daily values up to the origin without gaps), by series_id."""
    rows = history.select(
        pl.col("series_id").cast(pl.String), pl.col("date").cast(pl.Date), pl.col("kwh").cast(pl.Float64)
    )
    rows = rows.filter(pl.col("date") <= origin, pl.col("kwh").is_finite(), pl.col("series_id").is_not_null())
    if rows.select("series_id", "date").is_duplicated().any():
        raise ValueError("history must be unique by series_id and date")
    back = (pl.lit(origin) - pl.col("date")).dt.total_days()
    rows = rows.with_columns(back=back).filter(pl.col("back") < params.history_days).sort("series_id", "date")
    for (series_id,), part in rows.group_by("series_id", maintain_order=True):
        position = part["back"].to_numpy()
        length = int(position[0]) + 1
        if position[-1] >= WEEK or length < params.min_days:
            continue
        values = np.full(length, np.nan)
        values[position[0] - position] = part["kwh"].to_numpy()
        median = float(np.median(values[~np.isnan(values)]))
        for day in np.flatnonzero(np.isnan(values)):
            values[day] = values[day - WEEK] if day >= WEEK else median
        yield str(series_id), values
