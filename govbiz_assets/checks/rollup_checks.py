"""Checks of the roll-up: every level adds up to what the tables behind it hold."""

from __future__ import annotations

from functools import reduce
from operator import add

import ibis

from govbiz_assets.checks.table_check import CheckTables, TableCheck, by_month
from govbiz_assets.contracts import tables_cleaned as cleaned
from govbiz_assets.transforms.rollup import rollup_levels
from govbiz_assets.transforms.stack import stack

_DTYPES = {
    **dict.fromkeys(("customer_count", "account_count", "metering_point_count"), "int64"),
    **dict.fromkeys(("contract_kva", "run_kva", "kwh"), "decimal(38, 3)"),
    "total_cny": "decimal(38, 2)",
}
_BEHIND = (cleaned.CUSTOMER_MONTHLY, cleaned.ACCOUNT_MONTHLY, cleaned.METER_READ, cleaned.USAGE_MONTHLY, cleaned.BILL)


def unequal_totals(tables: CheckTables) -> ibis.Table:
    """Sums of a level that differ from the sum over the table behind them, over all levels and measures."""
    customers, accounts, reads, usage, bills = (tables.rows(contract) for contract in _BEHIND)
    one = ibis.literal(1)
    behind = stack(
        [
            _measured(customers, customer_count=one),
            _measured(accounts, account_count=one, contract_kva=accounts.contract_kva, run_kva=accounts.run_kva),
            _measured(reads.select("month", "meter_id").distinct(), metering_point_count=one),
            _measured(usage, kwh=usage.kwh),
            _measured(bills, total_cny=bills.total_cny),
        ]
    )
    due = behind.group_by("month").aggregate(**{f"{name}_due": _total(behind, name) for name in _DTYPES})
    rolled = tables.rows(cleaned.ROLLUP_MONTHLY)
    levels = rolled.group_by(["month", "dimension", "level"]).aggregate(
        **{name: _total(rolled, name) for name in _DTYPES}
    )
    # Each level is due, also one of which no row is there.
    rows = due.cross_join(rollup_levels()).left_join(levels, ["month", "dimension", "level"])
    unequal = [(rows[name].fill_null(0) != rows[f"{name}_due"]).ifelse(1, 0) for name in _DTYPES]
    return by_month(rows, reduce(add, unequal).sum())


def _measured(rows: ibis.Table, **values: ibis.Value) -> ibis.Table:
    measures = {
        name: values[name].cast(dtype) if name in values else ibis.null(dtype) for name, dtype in _DTYPES.items()
    }
    return rows.select("month", **measures)


def _total(rows: ibis.Table, name: str) -> ibis.Value:
    return rows[name].cast(_DTYPES[name]).sum().fill_null(0)


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
