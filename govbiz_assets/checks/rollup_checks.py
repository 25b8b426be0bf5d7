"""Checks of the roll-up: every level adds up to what the tables behind it hold."""

from __future__ import annotations

from functools import reduce
from operator import add

import ibis

from govbiz_assets.checks.table_check import CheckTables, TableCheck, by_month
from govbiz_assets.contracts import tables_cleaned as cleaned
from govbiz_assets.transforms.rollup import MEASURES, measured, rollup_levels
from govbiz_assets.transforms.stack import stack

_BEHIND = (cleaned.CUSTOMER_MONTHLY, cleaned.ACCOUNT_MONTHLY, cleaned.METER_READ, cleaned.USAGE_MONTHLY, cleaned.BILL)


def unequal_totals(tables: CheckTables) -> ibis.Table:
    """Sums of a level that differ from the sum over the table behind them, over all levels and measures."""
    customers, accounts, reads, usage, bills = (tables.rows(contract) for contract in _BEHIND)
    one = ibis.literal(1)
    behind = stack(
        [
            measured(customers, "month", customer_count=one),
            measured(
                accounts,
                "month",
                listed_account_count=one,
                contract_kva=accounts.contract_kva,
                run_kva=accounts.run_kva,
            ),
            measured(reads.select("month", "meter_id").distinct(), "month", metering_point_count=one),
            measured(usage, "month", kwh=usage.kwh),
            measured(bills, "month", total_cny=bills.total_cny),
        ]
    )
    due = behind.group_by("month").aggregate(**{f"{name}_due": _total(behind, name) for name in MEASURES})
    rolled = tables.rows(cleaned.ROLLUP_MONTHLY)
    levels = rolled.group_by(["month", "dimension", "level"]).aggregate(
        **{name: _total(rolled, name) for name in MEASURES}
    )
    # Each level is due, also one of which no row is there.
    rows = due.cross_join(rollup_levels()).left_join(levels, ["month", "dimension", "level"])
    unequal = [(rows[name].fill_null(0) != rows[f"{name}_due"]).ifelse(1, 0) for name in MEASURES]
    return by_month(rows, reduce(add, unequal).sum())


def _total(rows: ibis.Table, name: str) -> ibis.Value:
    return rows[name].cast(MEASURES[name]).sum().fill_null(0)


ROLLUP_CHECKS: tuple[TableCheck, ...] = (
    TableCheck(
        cleaned.ROLLUP_MONTHLY,
        "unequal_totals",
        "Sums of a level that differ from the sum over the table behind them.",
        unequal_totals,
        high=0,
        reads=_BEHIND,
    ),
)
