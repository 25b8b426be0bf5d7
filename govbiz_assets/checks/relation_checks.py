"""Checks between tables: references that lead nowhere, and customers that a stage left out."""

from __future__ import annotations

import ibis

from govbiz_assets.checks.table_check import CheckTables, Measure, TableCheck, share
from govbiz_assets.contracts import tables_cleaned as cleaned
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_model import CHURN_SCORE, CLUSTER_ASSIGNMENT, CUSTOMER_FEATURES

# Late archives and typing errors leave a few references open; more than this is a broken delivery.
ORPHAN_HIGH = 0.01


def orphan_ratio(
    contract: TableContract, column: str, target: TableContract, target_column: str | None = None
) -> Measure:
    """Share of rows whose reference is set and leads to no row of the target in the same month."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows, known = tables.rows(contract), tables.rows(target)
        rows = rows.filter(rows[column].notnull())
        name = target_column or column
        on = ["month", column] if target.is_monthly else [column]
        known = known.select(**{column: known[name]}, **({"month": known.month} if target.is_monthly else {}))
        known = known.distinct().mutate(is_known=ibis.literal(True))
        joined = rows.select("month", column).left_join(known, on)
        return share(joined, joined.is_known.isnull())

    return measure


def uncovered_ratio(contract: TableContract, base: TableContract) -> Measure:
    """Share of the base's customers without a row, in months in which the stage could work at all."""

    def measure(tables: CheckTables) -> ibis.Table:
        made = tables.rows(contract).select("month", "customer_id").distinct().mutate(is_made=ibis.literal(True))
        rows = tables.rows(base).select("month", "customer_id")
        rows = rows.semi_join(made, "month").left_join(made, ["month", "customer_id"])
        return share(rows, rows.is_made.isnull())

    return measure


_REFERENCES = (
    (cleaned.ACCOUNT_MONTHLY, "customer_id", cleaned.CUSTOMER_MONTHLY),
    (cleaned.USAGE_MONTHLY, "account_id", cleaned.ACCOUNT_MONTHLY),
    (cleaned.BILL, "account_id", cleaned.ACCOUNT_MONTHLY),
    (cleaned.PAYMENT, "account_id", cleaned.ACCOUNT_MONTHLY),
    (cleaned.TICKET, "account_id", cleaned.ACCOUNT_MONTHLY),
    (cleaned.SUBSCRIPTION_MONTHLY, "customer_id", cleaned.CUSTOMER_MONTHLY),
    (cleaned.SUBSCRIPTION_MONTHLY, "product_code", cleaned.PRODUCT),
    (cleaned.CUSTOMER_MONTHLY, "industry_code", cleaned.INDUSTRY),
    (cleaned.CUSTOMER_MONTHLY, "division_code", cleaned.DIVISION),
    (cleaned.ACCOUNT_MONTHLY, "price_code", cleaned.TARIFF),
)

RELATION_CHECKS: tuple[TableCheck, ...] = (
    *(
        TableCheck(
            contract,
            f"orphan_{column}_ratio",
            f"Share of rows whose {column} is not in {target.full_name}.",
            orphan_ratio(contract, column, target),
            high=ORPHAN_HIGH,
            is_blocking=True,
            reads=(target,),
        )
        for contract, column, target in _REFERENCES
    ),
    *(
        TableCheck(
            contract,
            "uncovered_ratio",
            "Share of active customers without a row.",
            uncovered_ratio(contract, CUSTOMER_FEATURES),
            high=0,
        )
        for contract in (CLUSTER_ASSIGNMENT, CHURN_SCORE)
    ),
)
