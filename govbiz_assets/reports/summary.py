"""The summary at the end of a run: months, rows, checks, models against their naive rules, where the brief lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from govbiz_assets.contracts.catalog import LAYERS
from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_model import CHURN_SELECTION, CLUSTER_METRIC, FORECAST_SELECTION, RULE_METRIC
from govbiz_assets.contracts.tables_source import FILE_MANIFEST
from govbiz_assets.pipeline import RunReport
from govbiz_assets.reports.published import count_rows, scan_failures, scan_published
from govbiz_assets.settings import Settings
from govbiz_assets.sources.contracts import profile_contracts
from govbiz_assets.sources.profile import load_profile


@dataclass(frozen=True)
class ModelLine:
    """One model beside its naive rule."""

    stage: str
    model: str
    metric: str
    value: float
    naive_value: float | None


@dataclass(frozen=True)
class Summary:
    """What the published tables hold.

    Attributes:
        months: Months that were made.
        rows_by_layer: Rows per layer; the raw layer lies in the vault and is not published.
        models: Models in use in the last month, beside their naive rules.
        folder: Folder of the published tables.
    """

    months: list[date]
    rows_by_layer: dict[str, int]
    models: list[ModelLine]
    folder: Path


def read_summary(settings: Settings) -> Summary:
    """Reads the summary from the published tables."""
    folder = settings.published_folder
    months = scan_published(folder, FILE_MANIFEST).select("month").unique().sort("month").collect()["month"].to_list()
    rows = dict.fromkeys((layer for layer in LAYERS if layer != "raw"), 0)
    for contract in profile_contracts(load_profile(settings.profile, settings.profiles_folder)).values():
        if contract.database == "warehouse":
            rows[contract.layer] += count_rows(folder, contract)
    return Summary(months, rows, _models(folder, max(months)) if months else [], folder)


def failures_by_month(settings: Settings) -> dict[date, tuple[int, int]]:
    """Returns the numbers of failed checks and of warnings of each month that has any."""
    counts = (
        scan_failures(settings.published_folder)
        .group_by("month")
        .agg(failed=(~pl.col("is_warning")).sum(), warned=pl.col("is_warning").sum())
    )
    return {month: (failed, warned) for month, failed, warned in counts.collect().iter_rows()}


def render_summary(summary: Summary, report: RunReport, brief: Path, console: Console) -> None:
    """Prints the summary."""
    first, last = (month_name(min(summary.months)), month_name(max(summary.months))) if summary.months else ("-", "-")
    failed = f"[red]{len(report.checks.failed)} failed[/]" if report.checks.failed else "0 failed"
    console.print(
        f"\n[bold]Months[/]     {len(summary.months)} ({first}..{last}); made in this run: {len(report.months)}"
    )
    warned = f", [yellow]{len(report.checks.warnings)} warnings[/]" if report.checks.warnings else ""
    console.print(f"[bold]Checks[/]     {report.checks.passed_count} passed, {failed}{warned}")
    for line in describe_reasons(report.reasons):
        console.print(f"[bold]Without[/]    {escape(line)}", soft_wrap=True)
    console.print(_rows_table(summary))
    console.print(_models_table(summary) if summary.models else "No models yet: too little history.")
    # Paths are printed whole, however narrow the terminal: they are there to be copied.
    console.print(f"[bold]Published[/]  {escape(str(summary.folder))}", soft_wrap=True)
    console.print(f"[bold]Brief[/]      {escape(str(brief))}", soft_wrap=True)


def describe_reasons(reasons: Mapping[str, str]) -> list[str]:
    """Returns a line for the channels that are not delivered, and one for each further reason with its tables."""
    absent = [name.removeprefix("raw.") for name in reasons if name.startswith("raw.")]
    tables: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        if not name.startswith("raw."):
            tables.setdefault(reason, []).append(name)
    channels = [f"channels {', '.join(absent)}"] if absent else []
    return [*channels, *(f"{', '.join(names)}: {reason}" for reason, names in tables.items())]


def _rows_table(summary: Summary) -> Table:
    table = Table("layer", Column("rows", justify="right"), title="Rows", title_justify="left")
    for layer, count in summary.rows_by_layer.items():
        table.add_row(layer, f"{count:,}")
    return table


def _models_table(summary: Summary) -> Table:
    table = Table(
        "stage",
        "model in use",
        "metric",
        Column("value", justify="right"),
        Column("naive", justify="right"),
        title=f"Models in {month_name(max(summary.months))}, beside their naive rules",
        title_justify="left",
    )
    for line in summary.models:
        naive = f"{line.naive_value:.3f}" if line.naive_value is not None else "-"
        table.add_row(line.stage, line.model, line.metric, f"{line.value:.3f}", naive)
    return table


def _models(folder: Path, month: date) -> list[ModelLine]:
    lines: list[ModelLine] = []

    def last_month(contract: TableContract) -> pl.DataFrame:
        return scan_published(folder, contract).filter(pl.col("month") == month).collect()

    for row in last_month(CLUSTER_METRIC).filter(pl.col("metric") == "silhouette").iter_rows(named=True):
        if row["value"] is not None and row["naive_value"] is not None:
            lines.append(ModelLine("clusters", row["model"], "silhouette", row["value"], row["naive_value"]))
    for row in last_month(RULE_METRIC).filter(pl.col("metric").str.starts_with("hit_rate")).iter_rows(named=True):
        if row["value"] is not None:
            lines.append(ModelLine("rules", row["model"], row["metric"], row["value"], row["naive_value"]))
    for row in last_month(CHURN_SELECTION).sort("horizon_months").iter_rows(named=True):
        stage = f"{row['label']} {row['horizon_months']} months"
        lines.append(ModelLine(stage, row["model"], row["metric"], row["value"], row["naive_value"]))
    for row in last_month(FORECAST_SELECTION).sort("level", "measure").iter_rows(named=True):
        if row["value"] is not None:
            stage = f"{row['level']} {row['measure']}"
            lines.append(ModelLine(stage, row["model"], "wape", row["value"], row["naive_value"]))
    return lines
