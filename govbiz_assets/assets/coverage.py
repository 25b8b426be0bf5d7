"""Coverage assets: what was due and what came, and how that compares with the months before."""

from collections.abc import Sequence
from datetime import date

import dagster as dg
import ibis

from govbiz_assets.assets.table_asset import same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.resources import Deliveries
from govbiz_assets.transforms.coverage import (
    CHANNELS,
    HISTORY_MONTHS,
    DeliveryInputs,
    monthly_coverage,
    monthly_delivery,
)


def _promised(deliveries: Deliveries, months: Sequence[date]) -> list[tuple[date, str]]:
    """Returns month and channel of what the profile delivers; a snapshot is delivered in its one month."""
    sources = [(channel, source) for channel in CHANNELS if (source := deliveries.source(channel)) is not None]
    return [(month, channel) for month in months for channel, source in sources if source.month in (None, month)]


@table_asset(
    tables.DELIVERY_MONTHLY,
    ins={
        "customers": same_month(tables.CUSTOMER_MONTHLY),
        "accounts": same_month(tables.ACCOUNT_MONTHLY),
        "usage": same_month(tables.USAGE_MONTHLY),
        "bills": same_month(tables.BILL),
        "payments": same_month(tables.PAYMENT),
        "tickets": same_month(tables.TICKET),
        "subscriptions": same_month(tables.SUBSCRIPTION_MONTHLY),
        "weather": same_month(tables.WEATHER_DAILY),
        "divisions": same_month(tables.DIVISION),
    },
)
def delivery_monthly(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    customers: ibis.Table,
    accounts: ibis.Table,
    usage: ibis.Table,
    bills: ibis.Table,
    payments: ibis.Table,
    tickets: ibis.Table,
    subscriptions: ibis.Table,
    weather: ibis.Table,
    divisions: ibis.Table,
) -> ibis.Table:
    """What was due in the month by its own archive, and what was received and kept."""
    inputs = DeliveryInputs(
        customers=customers,
        accounts=accounts,
        usage=usage,
        bills=bills,
        payments=payments,
        tickets=tickets,
        subscriptions=subscriptions,
        weather=weather,
        divisions=divisions,
    )
    return monthly_delivery(inputs, _promised(deliveries, run_months(context)))


@table_asset(tables.COVERAGE_MONTHLY, ins={"delivery": trailing(tables.DELIVERY_MONTHLY, HISTORY_MONTHS + 1)})
def coverage_monthly(context: dg.AssetExecutionContext, deliveries: Deliveries, delivery: ibis.Table) -> ibis.Table:
    """Expected against received, with the band that the twelve months before expect."""
    months = run_months(context)
    return monthly_coverage(delivery, months, _promised(deliveries, months))


COVERAGE_ASSETS = (delivery_monthly, coverage_monthly)
