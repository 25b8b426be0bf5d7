"""The feature asset."""

import dagster as dg
import ibis

from govbiz_assets.assets.table_asset import same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.tables_model import CUSTOMER_FEATURES
from govbiz_assets.resources import Deliveries
from govbiz_assets.transforms.features.customer import ATTRIBUTE_DEPTH, FeatureInputs, customer_features
from govbiz_assets.transforms.features.payment import PAYMENT_DEPTH
from govbiz_assets.transforms.features.service import SERVICE_DEPTH
from govbiz_assets.transforms.features.usage import USAGE_DEPTH
from govbiz_assets.warehouse.composed import Composed


@table_asset(
    CUSTOMER_FEATURES,
    ins={
        "customers": same_month(tables.CUSTOMER_MONTHLY),
        "accounts": trailing(tables.ACCOUNT_MONTHLY, USAGE_DEPTH),
        "usage": trailing(tables.USAGE_MONTHLY, USAGE_DEPTH),
        "bills": trailing(tables.BILL, PAYMENT_DEPTH),
        "payments": trailing(tables.PAYMENT, PAYMENT_DEPTH),
        "tickets": trailing(tables.TICKET, SERVICE_DEPTH),
        "subscriptions": trailing(tables.SUBSCRIPTION_MONTHLY, SERVICE_DEPTH),
        "weather": same_month(tables.WEATHER_DAILY),
        "attributes": trailing(tables.ATTRIBUTE_MONTHLY, ATTRIBUTE_DEPTH),
        "industries": same_month(tables.INDUSTRY),
    },
)
def customer_monthly(
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
    attributes: ibis.Table,
    industries: ibis.Table,
) -> Composed:
    """What is known of each active customer as of the end of the month."""
    inputs = FeatureInputs(
        customers=customers,
        accounts=accounts,
        usage=usage,
        bills=bills,
        payments=payments,
        tickets=tickets,
        subscriptions=subscriptions,
        weather=weather,
        attributes=attributes,
        industries=industries,
    )
    passed_through = {
        name: channel for channel, source in deliveries.profile.channels.items() for name in source.attributes
    }
    return Composed(
        lambda keep: customer_features(
            inputs, run_months(context), delivered=deliveries.delivered, attributes=passed_through, keep=keep
        )
    )


FEATURE_ASSETS = (customer_monthly,)
