"""Measures against a table's own history: how a month compares with the months before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ibis
import ibis.selectors as selectors
import polars as pl

from govbiz_assets.checks.table_check import CheckTables, Measure, by_month
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.transforms.features.panel import month_index, ratio

Compare = Callable[[ibis.Value, ibis.Value], ibis.Value]

HISTORY_DEPTH = 13
# With fewer months before it, a month has no history to compare with.
MIN_HISTORY = 3


def volume_ratio(contract: TableContract) -> Measure:
    """Rows of the month over the median of the twelve months before; a month without rows has 0 of them."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows = tables.rows(contract, HISTORY_DEPTH)
        stored = by_month(rows, rows.count())
        asked = ibis.memtable(pl.DataFrame({"month": tables.months}, schema={"month": pl.Date}))
        counts = asked.left_join(stored, "month").select("month", "value")
        counts = counts.mutate(value=counts.value.fill_null(0.0))
        return _against_median(_single(counts), tables, ratio, history=_single(stored))

    return measure


def sum_ratio(contract: TableContract, column: str) -> Measure:
    """Sum of a column over the median of its sums in the twelve months before."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows = tables.rows(contract, HISTORY_DEPTH)
        return _against_median(_single(by_month(rows, rows[column].sum())), tables, ratio)

    return measure


def null_share_rise(contract: TableContract, columns: Sequence[str]) -> Measure:
    """Largest rise of a column's share of nulls over its median share in the twelve months before."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows = tables.rows(contract, HISTORY_DEPTH)
        # One pass over the table counts all columns; the comparison then runs once, over a handful of rows.
        shares = rows.group_by("month").aggregate(
            **{name: rows[name].isnull().ifelse(1.0, 0.0).mean() for name in columns}
        )
        series = shares.pivot_longer(~selectors.cols("month"), names_to="series", values_to="value")
        rises = _against_median(series, tables, lambda now, before: now - before)
        return by_month(rises, rises.value.max())

    return measure


def _against_median(
    monthly: ibis.Table, tables: CheckTables, compare: Compare, history: ibis.Table | None = None
) -> ibis.Table:
    """Compares each month's value with the median of its series (`series`) over the twelve months before."""
    history = monthly if history is None else history
    now = monthly.mutate(at=month_index(monthly.month))
    now = now.filter(now.month.isin(list(tables.months)))
    before = history.select("series", earlier=month_index(history.month), past=history.value)
    in_reach = [
        now.series == before.series,
        before.earlier < now["at"],
        before.earlier >= now["at"] - (HISTORY_DEPTH - 1),
    ]
    pairs = now.join(before, in_reach)
    compared = pairs.group_by(["month", "series", "value"]).aggregate(median=pairs.past.median(), months=pairs.count())
    compared = compared.filter(compared.months >= MIN_HISTORY)
    return compared.select("month", value=compare(compared.value, compared["median"]))


def _single(monthly: ibis.Table) -> ibis.Table:
    return monthly.mutate(series=ibis.literal(""))
