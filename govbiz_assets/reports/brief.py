"""The monthly brief: one HTML page for people who never see Dagster, made from published tables only.

It knows customers by their pseudonyms; names belong into documents for authorised people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_model import (
    ASSOCIATION,
    CHURN_SCORE,
    CHURN_SELECTION,
    CLUSTER_ASSIGNMENT,
    CUSTOMER_FEATURES,
    FORECAST_LOAD,
    FORECAST_SELECTION,
    FORECAST_SERIES,
)
from govbiz_assets.contracts.tables_source import CHECK_RESULT, ROW_ACCOUNT
from govbiz_assets.reports import charts
from govbiz_assets.reports.published import scan_failures, scan_published
from govbiz_assets.settings import Settings

CALL_LIST_ROWS = 20
RULE_ROWS = 10
_TEMPLATES = Path(__file__).parent / "templates"


def write_brief(settings: Settings, month: date) -> Path:
    """Writes the brief of a month and returns its path.

    Args:
        settings: Data folder.
        month: Month of the brief; it shows nothing later but forecasts.
    """
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True)
    html = environment.get_template("brief.html.j2").render(**_content(settings.published_folder, month))
    folder = settings.data_folder / "briefs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"brief-{month_name(month)}.html"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(html, encoding="utf-8")
    temporary.replace(path)
    return path


def _content(folder: Path, month: date) -> dict[str, object]:
    features = scan_published(folder, CUSTOMER_FEATURES).filter(pl.col("month") <= month)
    now = features.filter(pl.col("month") == month).select("customer_id", "kwh_month", "billed_month_cny", "owed_cny")
    # A table that is not published has columns without a type.
    current = now.with_columns(pl.col("customer_id").cast(pl.String)).collect()
    history = _monthly_kwh(features)
    forecast = _province_forecast(folder, month)
    segments = _month(folder, CLUSTER_ASSIGNMENT, month, "cluster_name", "customer_id", "method")
    segments = segments.filter(pl.col("method") == "kmeans") if segments.height else segments
    checks = _month(folder, CHECK_RESULT, month, "check_name")
    failures = scan_failures(folder).filter(pl.col("month") == month).select("table_name", "check_name", "is_warning")
    failed, warned = (failures.filter(pl.col("is_warning") == flag).collect().rows() for flag in (False, True))
    churn = _churn_model(folder, month)
    account = _month(folder, ROW_ACCOUNT, month, "received_count", "kept_count", "quarantined_count")
    return {
        "month": month_name(month),
        "customers": current.height,
        "kwh": _total(current, "kwh_month"),
        "billed_cny": _total(current, "billed_month_cny"),
        "owed_cny": _total(current, "owed_cny"),
        "received": _total(account, "received_count"),
        "quarantined": _total(account, "quarantined_count"),
        "failed_checks": failed,
        "warnings": warned,
        "check_count": checks.height,
        "kwh_chart": charts.monthly_energy(history, forecast),
        "load_chart": charts.daily_load(_load_forecast(folder, month)),
        "segment_chart": charts.segment_sizes(segments),
        "kwh_model": _selected(folder, month, "kwh") if forecast.height else None,
        "load_model": _selected(folder, month, "kwh_daily", "naive_week"),
        "churn": churn,
        "call_list": _call_list(folder, month, current, churn),
        "rules": _rules(folder, month),
    }


def _month(folder: Path, contract: TableContract, month: date, *columns: str) -> pl.DataFrame:
    rows = scan_published(folder, contract).filter(pl.col("month") == month)
    return rows.select(columns).collect()


def _total(frame: pl.DataFrame, column: str) -> float | None:
    if not frame.height or frame[column].null_count() == frame.height:
        return None
    return float(frame[column].cast(pl.Float64).sum())


def _monthly_kwh(features: pl.LazyFrame) -> pl.DataFrame:
    value = pl.col("kwh_month").cast(pl.Float64).sum()
    return features.group_by("month").agg(kwh=value).sort("month").collect()


def _province_forecast(folder: Path, month: date) -> pl.DataFrame:
    model = _selected(folder, month, "kwh")
    rows = scan_published(folder, FORECAST_SERIES).filter(
        pl.col("month") == month, pl.col("level") == "province", pl.col("measure") == "kwh", pl.col("model") == model
    )
    return rows.select("target_month", "mean", "lo_80", "hi_80").sort("target_month").collect()


def _load_forecast(folder: Path, month: date) -> pl.DataFrame:
    model = _selected(folder, month, "kwh_daily", "naive_week")
    rows = scan_published(folder, FORECAST_LOAD).filter(pl.col("month") == month, pl.col("model") == model)
    return rows.select("target_date", "mean", "lo_80", "hi_80").sort("target_date").collect()


def _selected(folder: Path, month: date, measure: str, fallback: str = "naive") -> str:
    """Returns the model to read for the province: the selected one, the naive one while nothing is known."""
    rows = _month(folder, FORECAST_SELECTION, month, "level", "measure", "model")
    chosen = rows.filter(pl.col("level") == "province", pl.col("measure") == measure) if rows.height else rows
    return str(chosen["model"][0]) if chosen.height else fallback


@dataclass(frozen=True)
class ChurnModel:
    """The model that orders the call list, and how good it was on later outcomes."""

    model: str = "naive_rule"
    label: str | None = None
    horizon_months: int | None = None
    quality: str = ""


def _churn_model(folder: Path, month: date) -> ChurnModel:
    """Returns the selected model of the nearest horizon; the naive rule while nothing is known."""
    rows = scan_published(folder, CHURN_SELECTION).filter(pl.col("month") == month).collect()
    if not rows.height:
        return ChurnModel()
    row = rows.sort("horizon_months", "label").row(0, named=True)
    naive = f", naive {row['naive_value']:.2f}" if row["naive_value"] is not None else ""
    quality = f" ({row['metric']} {row['value']:.2f}{naive})" if row["value"] is not None else ""
    return ChurnModel(row["model"], row["label"], row["horizon_months"], quality)


def _call_list(folder: Path, month: date, current: pl.DataFrame, churn: ChurnModel) -> list[dict[str, object]]:
    """Returns the customers most at risk, the larger one first among equals."""
    scores = scan_published(folder, CHURN_SCORE).filter(pl.col("month") == month).collect()
    if not scores.height:
        return []
    nearest = scores["horizon_months"].min() if churn.horizon_months is None else churn.horizon_months
    scores = scores.filter(pl.col("model") == churn.model, pl.col("horizon_months") == nearest)
    if churn.label is not None:
        scores = scores.filter(pl.col("label") == churn.label)
    rows = scores.join(current.select("customer_id", "kwh_month"), on="customer_id", how="left")
    ordered = rows.sort(["probability", "kwh_month", "customer_id"], descending=[True, True, False], nulls_last=True)
    return list(ordered.head(CALL_LIST_ROWS).iter_rows(named=True))


def _rules(folder: Path, month: date) -> list[dict[str, object]]:
    rows = scan_published(folder, ASSOCIATION).filter(pl.col("month") == month).collect()
    if not rows.height:
        return []
    ordered = rows.sort(["lift", "antecedent", "consequent"], descending=[True, False, False])
    return list(ordered.head(RULE_ROWS).iter_rows(named=True))
