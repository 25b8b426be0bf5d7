"""Forecasts of monthly energy and money and of the daily load, their accuracy, and the model to read."""

import os
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.analytics.forecast_evaluation import evaluate_forecasts, select_models
from govbiz_assets.analytics.forecast_panel import forecast_panel
from govbiz_assets.analytics.forecasting import ForecastParams
from govbiz_assets.analytics.load_forecasting import LoadParams, forecast_load
from govbiz_assets.assets.monthly import concat_months
from govbiz_assets.assets.table_asset import same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts.month import add_months
from govbiz_assets.contracts.tables_cleaned import ACCOUNT_MONTHLY, BILL, CALENDAR_DAY, USAGE_DAILY, USAGE_MONTHLY
from govbiz_assets.contracts.tables_model import (
    FORECAST_ACCURACY,
    FORECAST_LOAD,
    FORECAST_SELECTION,
    FORECAST_SERIES,
)
from govbiz_assets.transforms.series import PROVINCE, daily_load, month_calendar, monthly_series

HISTORY_MONTHS = 36
LOAD_MONTHS = 13
# Models are compared on the forecasts of the last year.
SELECTION_MONTHS = 12
SERIES_PARAMS = ForecastParams(history_months=HISTORY_MONTHS)
# One series per measure affords the slow model: ARIMA takes 0.2 s a series and origin, the others together 3 ms.
PROVINCE_PARAMS = SERIES_PARAMS.model_copy(update={"models": (*SERIES_PARAMS.models, "arima")})
HORIZON_MONTHS = SERIES_PARAMS.horizon
LOAD_DAYS = 31
LOAD_PARAMS = LoadParams()


@dataclass(frozen=True)
class _Frame:
    """One month's frame, with the named reason where it is empty."""

    frame: pl.DataFrame
    reason: str | None = None


@table_asset(
    FORECAST_SERIES,
    ins={
        "usage": trailing(USAGE_MONTHLY, HISTORY_MONTHS),
        "bills": trailing(BILL, HISTORY_MONTHS),
        "accounts": trailing(ACCOUNT_MONTHLY, HISTORY_MONTHS),
        "calendar": same_month(CALENDAR_DAY),
    },
)
def series_monthly(
    context: dg.AssetExecutionContext, usage: ibis.Table, bills: ibis.Table, accounts: ibis.Table, calendar: ibis.Table
) -> pl.DataFrame:
    """Monthly energy and money of customers, industries, divisions and the province, three months ahead."""
    series = monthly_series(usage, bills, accounts)
    series = series.order_by("level", "measure", "series_id", "month").to_polars()
    months = month_calendar(calendar).order_by("month").to_polars()
    origins = run_months(context)
    frame = forecast_panel(series, origins, _series_params, months, workers=os.cpu_count() or 1)
    if not frame.height:
        context.add_output_metadata({"reason": "no_history: neither energy nor money up to these months"})
    return frame.select(FORECAST_SERIES.column_names)


@table_asset(FORECAST_LOAD, ins={"usage": trailing(USAGE_DAILY, LOAD_MONTHS), "calendar": same_month(CALENDAR_DAY)})
def load_daily(context: dg.AssetExecutionContext, usage: ibis.Table, calendar: ibis.Table) -> pl.DataFrame:
    """Daily energy of the province for the 31 days after the month."""
    load = daily_load(usage).order_by("usage_date").to_polars()
    history = load.select(pl.lit(PROVINCE).alias("series_id"), date="usage_date", kwh="kwh")
    days = calendar.select("is_workday", "is_spring_festival", date=calendar.calendar_date).order_by("date").to_polars()
    results = {}
    for month in run_months(context):
        first, end = add_months(month, 1 - LOAD_MONTHS), add_months(month, 1) - timedelta(days=1)
        seen = history.filter(pl.col("date").is_between(first, end))
        frame = forecast_load(seen, end, LOAD_DAYS, days, LOAD_PARAMS).with_columns(level=pl.lit(PROVINCE))
        results[month] = _Frame(
            frame, None if frame.height else f"too_few_days: {seen.height} < {LOAD_PARAMS.min_days}"
        )
    return concat_months(context, results, (FORECAST_LOAD, lambda result: result.frame))[0]


@table_asset(
    FORECAST_ACCURACY,
    ins={
        "forecasts": trailing(FORECAST_SERIES, HORIZON_MONTHS + 1),
        "load": trailing(FORECAST_LOAD, 2),
        "usage": same_month(USAGE_MONTHLY),
        "daily": same_month(USAGE_DAILY),
        "bills": same_month(BILL),
        "accounts": same_month(ACCOUNT_MONTHLY),
    },
)
def accuracy_monthly(
    context: dg.AssetExecutionContext,
    forecasts: ibis.Table,
    load: ibis.Table,
    usage: ibis.Table,
    daily: ibis.Table,
    bills: ibis.Table,
    accounts: ibis.Table,
) -> pl.DataFrame:
    """Accuracy of earlier forecasts of the month, by horizon, beside the naive rule."""
    actuals = monthly_series(usage, bills, accounts).order_by("level", "measure", "series_id", "month").to_polars()
    day_actuals = daily_load(daily).order_by("usage_date").to_polars()
    results = {}
    for month in run_months(context):
        parts = _series_accuracy(forecasts, actuals, month)
        parts.append(_load_accuracy(load, day_actuals, month))
        frame = pl.concat(parts)
        results[month] = _Frame(frame, None if frame.height else "no_earlier_forecast: nothing to compare with")
    return concat_months(context, results, (FORECAST_ACCURACY, lambda result: result.frame))[0]


@table_asset(FORECAST_SELECTION, ins={"accuracy": trailing(FORECAST_ACCURACY, SELECTION_MONTHS)})
def selection_monthly(context: dg.AssetExecutionContext, accuracy: pl.DataFrame) -> pl.DataFrame:
    """The most accurate model so far for each level and measure; the naive one where none is better."""
    selected = []
    for month in run_months(context):
        known = accuracy.filter(pl.col("month") <= month, pl.col("month") > add_months(month, -SELECTION_MONTHS))
        selected.append(select_models(known).with_columns(month=pl.lit(month, dtype=pl.Date)))
    return pl.concat(selected).select(FORECAST_SELECTION.column_names)


def _series_params(level: str) -> ForecastParams:
    return PROVINCE_PARAMS if level == PROVINCE else SERIES_PARAMS


def _series_accuracy(forecasts: ibis.Table, actuals: pl.DataFrame, month: date) -> list[pl.DataFrame]:
    earlier = forecasts.filter(
        forecasts.target_month == month,
        forecasts.month < month,
        forecasts.month >= add_months(month, -HORIZON_MONTHS),
    )
    made = earlier.order_by("level", "measure", "series_id", "month", "model").to_polars()
    truth = actuals.filter(pl.col("month") == month).rename({"month": "target_month"})
    parts = []
    for (level, measure), part in made.group_by("level", "measure", maintain_order=True):
        known = truth.filter(pl.col("level") == level, pl.col("measure") == measure)
        parts.append(evaluate_forecasts(part, known.select("series_id", "target_month", "value"), level, measure))
    return parts


def _load_accuracy(load: ibis.Table, actuals: pl.DataFrame, month: date) -> pl.DataFrame:
    """Measures the month-ahead daily load; `measure` is `kwh_daily` to tell it from monthly energy."""
    made = load.filter(load.month == add_months(month, -1)).order_by("model", "target_date").to_polars()
    truth = actuals.select(pl.lit(PROVINCE).alias("series_id"), target_date="usage_date", value="kwh")
    return evaluate_forecasts(made.filter(pl.col("target_date") < add_months(month, 1)), truth, PROVINCE, "kwh_daily")


FORECAST_ASSETS = (series_monthly, load_daily, accuracy_monthly, selection_monthly)
