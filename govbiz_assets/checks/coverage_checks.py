"""Checks of coverage: channels that went missing or thin against their own history (rule D7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import polars as pl

from govbiz_assets.checks.table_check import CheckTables, Findings, Measure, TableCheck, by_month
from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.tables_cleaned import COVERAGE_MONTHLY
from govbiz_assets.transforms.coverage import ALL


def groups_with(status: str) -> Measure:
    """Channels and groups of customers with that status."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows = tables.rows(COVERAGE_MONTHLY)
        return by_month(rows, rows.count(where=rows.coverage_status == status))

    return measure


def describe_groups(status: str) -> Findings:
    """Names channel and city, with what came and what was expected.

    A channel that is missing as a whole needs no list of its cities; one that is thin is thin because of some of them.
    """

    def findings(tables: CheckTables) -> list[str]:
        rows = tables.rows(COVERAGE_MONTHLY)
        rows = rows.filter(rows.month.isin(list(tables.months)), rows.coverage_status == status)
        found = rows.order_by("month", "channel", "customer_group").to_polars()
        is_all = pl.col("customer_group") == ALL
        shown = found.filter(is_all if status == "missing" else ~is_all)
        others = found.join(shown, on=["month", "channel"], how="anti")
        return [_describe(row) for row in pl.concat([shown, others]).sort("month", "channel").iter_rows(named=True)]

    return findings


def _describe(row: Mapping[str, Any]) -> str:
    where = row["channel"] if row["customer_group"] == ALL else f"{row['channel']} of {row['customer_group']}"
    usual = f", usually {row['usual_coverage_ratio']:.0%}" if row["usual_coverage_ratio"] is not None else ""
    came = f"{row['received_count']:,} of {row['expected_count']:,} records"
    return f"{month_name(row['month'])} {where} {came}{usual}"


COVERAGE_CHECKS: tuple[TableCheck, ...] = (
    TableCheck(
        COVERAGE_MONTHLY,
        "missing_groups",
        "Channels and cities without any record where records were expected.",
        groups_with("missing"),
        high=0,
        findings=describe_groups("missing"),
    ),
    TableCheck(
        COVERAGE_MONTHLY,
        "thin_groups",
        "Channels and cities with fewer records than their history expects.",
        groups_with("thin"),
        high=0,
        is_warning=True,
        findings=describe_groups("thin"),
    ),
)
