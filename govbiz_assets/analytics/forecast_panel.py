"""Forecasting many series from many origins, on several processor cores where that pays.

What belongs here: cutting a panel into tasks and stacking their results. What does not: the models (`forecasting`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import polars as pl

from govbiz_assets.analytics.forecasting import FORECASTS, ForecastParams, forecast_months

_KEYS = ("level", "measure")
# A forecast of one series takes 2 ms, starting two workers 4 s: below this the workers do not pay.
MIN_SERIES_FOR_WORKERS = 4_000
_TASK_SERIES = 250

Task = tuple[pl.DataFrame, date, ForecastParams, pl.DataFrame | None]


def forecast_panel(
    panel: pl.DataFrame,
    origins: Sequence[date],
    params_of: Callable[[str], ForecastParams],
    calendar: pl.DataFrame | None = None,
    workers: int = 1,
) -> pl.DataFrame:
    """Forecast every series of a panel from every origin; the result does not depend on the number of workers.

    Args:
        panel: level, measure, series_id, month (first day), value.
        origins: First days of the origin months; each sees the months up to itself only.
        params_of: Models and limits of a level; the history is cut to `history_months` before the origin.
        calendar: As in `forecast_months`.
        workers: Processes to use at most.

    Returns:
        level, measure and the columns of `forecast_months`, one row per series, target month and model.
    """
    names: list[tuple[str, str]] = []
    tasks: list[Task] = []
    for origin in origins:
        for (level, measure), part in _parts(panel.filter(pl.col("month") <= origin)):
            params = params_of(level)
            for chunk in _chunks(part):
                names.append((level, measure))
                tasks.append((chunk, origin, params, calendar))
    frames = _run(tasks, workers)
    named = [
        frame.with_columns(level=pl.lit(level), measure=pl.lit(measure))
        for (level, measure), frame in zip(names, frames, strict=True)
    ]
    empty = pl.DataFrame(schema={**FORECASTS, "level": pl.String, "measure": pl.String})
    return pl.concat([empty, *named])


def _parts(panel: pl.DataFrame) -> list[tuple[tuple[str, str], pl.DataFrame]]:
    ordered = panel.sort(*_KEYS, "series_id", "month")
    return [
        ((str(level), str(measure)), part) for (level, measure), part in ordered.group_by(*_KEYS, maintain_order=True)
    ]


def _chunks(part: pl.DataFrame) -> list[pl.DataFrame]:
    """Cuts a part into frames of whole series."""
    numbered = part.with_columns(chunk=(pl.col("series_id").rle_id() // _TASK_SERIES))
    columns = ["series_id", "month", "value"]
    return [chunk.select(columns) for chunk in numbered.partition_by("chunk", maintain_order=True)]


def _run(tasks: Sequence[Task], workers: int) -> list[pl.DataFrame]:
    series = sum(task[0]["series_id"].n_unique() for task in tasks)
    if workers <= 1 or series < MIN_SERIES_FOR_WORKERS:
        return [_forecast(task) for task in tasks]
    # Fresh processes: a copy of this one would inherit the database engine's threads in an unknown state.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_forecast, tasks))


def _forecast(task: Task) -> pl.DataFrame:
    return forecast_months(*task)
