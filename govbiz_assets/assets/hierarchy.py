"""Hierarchy assets: the nodes from group to metering point, and what is rolled up over them."""

import dagster as dg
import ibis

from govbiz_assets.assets.table_asset import history, same_month, table_asset
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.hierarchy import monthly_hierarchy
from govbiz_assets.transforms.rollup import RollupInputs, monthly_rollup


@table_asset(
    tables.HIERARCHY_MONTHLY,
    ins={
        "customers": history(tables.CUSTOMER_MONTHLY),
        "accounts": history(tables.ACCOUNT_MONTHLY),
        "reads": history(tables.METER_READ),
    },
)
def hierarchy_monthly(
    context: dg.AssetExecutionContext, customers: ibis.Table, accounts: ibis.Table, reads: ibis.Table
) -> ibis.Table:
    """What each organisation, account and metering point hangs on, and since when, by the months so far."""
    return monthly_hierarchy(customers, accounts, reads, run_months(context)[0])


@table_asset(
    tables.ROLLUP_MONTHLY,
    ins={
        "hierarchy": same_month(tables.HIERARCHY_MONTHLY),
        "customers": same_month(tables.CUSTOMER_MONTHLY),
        "accounts": same_month(tables.ACCOUNT_MONTHLY),
        "usage": same_month(tables.USAGE_MONTHLY),
        "charges": same_month(tables.CHARGE_MONTHLY),
        "divisions": same_month(tables.DIVISION),
        "industries": same_month(tables.INDUSTRY),
    },
)
def rollup_monthly(
    hierarchy: ibis.Table,
    customers: ibis.Table,
    accounts: ibis.Table,
    usage: ibis.Table,
    charges: ibis.Table,
    divisions: ibis.Table,
    industries: ibis.Table,
) -> ibis.Table:
    """Customers, accounts, metering points, capacity, energy and money by group, division and industry."""
    return monthly_rollup(RollupInputs(hierarchy, customers, accounts, usage, charges, divisions, industries))


HIERARCHY_ASSETS = (hierarchy_monthly, rollup_monthly)
