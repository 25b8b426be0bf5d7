"""The quality assets: what the rules D1 to D28 looked at and found, and what they point out."""

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.assets.table_asset import TableInput, same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.channel import CHANNELS
from govbiz_assets.contracts.tables_identity import SOURCE_RECORD
from govbiz_assets.contracts.tables_source import (
    FILE_MANIFEST,
    FLAG,
    QUARANTINE,
    RAW_TABLES,
    ROW_ACCOUNT,
    RULE_COUNT,
    SET_ASIDE,
)
from govbiz_assets.resources import Deliveries
from govbiz_assets.transforms.charges import charges
from govbiz_assets.transforms.metering import READ_DEPTH, meter_usage
from govbiz_assets.transforms.quality.counts import flags, rule_counts
from govbiz_assets.transforms.quality.deliveries import (
    MANIFEST_COLUMNS,
    field_kinds,
    file_counts,
    record_counts,
    refused_records,
    style_counts,
    styles,
)
from govbiz_assets.transforms.quality.judge import QualityInputs, judge_all
from govbiz_assets.transforms.quality.judged import checked_counts, marked_rows
from govbiz_assets.transforms.quality.params import QUALITY_DEPTH
from govbiz_assets.warehouse.resource import Warehouse

_INPUTS: dict[str, TableInput] = {
    "customers": same_month(tables.CUSTOMER_MONTHLY),
    "accounts": trailing(tables.ACCOUNT_MONTHLY, 2),
    "usage_daily": same_month(tables.USAGE_DAILY),
    "usage_monthly": trailing(tables.USAGE_MONTHLY, QUALITY_DEPTH),
    "bills": trailing(tables.BILL, QUALITY_DEPTH),
    "payments": trailing(tables.PAYMENT, QUALITY_DEPTH),
    "tickets": same_month(tables.TICKET),
    "subscriptions": same_month(tables.SUBSCRIPTION_MONTHLY),
    "weather": same_month(tables.WEATHER_DAILY),
    "meter_reads": trailing(tables.METER_READ, READ_DEPTH),
    "identities": same_month(SOURCE_RECORD),
    "manifest": same_month(FILE_MANIFEST),
    "industries": same_month(tables.INDUSTRY),
    "divisions": same_month(tables.DIVISION),
    "products": same_month(tables.PRODUCT),
    "tariffs": same_month(tables.TARIFF),
}


@table_asset(
    FLAG,
    RULE_COUNT,
    ins={
        **_INPUTS,
        "row_account": same_month(ROW_ACCOUNT),
        **{f"raw_{channel.name}": same_month(RAW_TABLES[channel.name]) for channel in CHANNELS},
    },
)
def judged_rules(
    context: dg.AssetExecutionContext, deliveries: Deliveries, warehouse: Warehouse, **inputs: ibis.Table
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the quality rules point out, and how much each of them looked at and found."""
    months = run_months(context)
    window = (context.partition_time_window.start.date(), context.partition_time_window.end.date())
    quarantine = warehouse.session.window(QUARANTINE, *window)
    set_aside = warehouse.session.window(SET_ASIDE, *window)
    # The rules know the standard channels; those that a profile declares are held to their own contract.
    raw = {c.name: inputs[f"raw_{c.name}"] for c in CHANNELS if c.name in deliveries.delivered}
    judged = judge_all(
        QualityInputs(**{name: inputs[name] for name in _INPUTS}, raw=raw, not_kept=(set_aside, quarantine)),
        months[0],
        closing_day=deliveries.profile.closing_day,
    )
    found = flags(judged, [marked_rows(subject).to_polars() for subject in judged])
    account = inputs["row_account"].to_polars()
    delivered = [
        file_counts(inputs["manifest"].select(*MANIFEST_COLUMNS).to_polars()),
        record_counts(account, refused_records(quarantine).to_polars(), _field_kinds(deliveries)),
        style_counts(styles(raw).to_polars()),
    ]
    return found, rule_counts(judged, checked_counts(judged).to_polars(), account, found, delivered)


def _field_kinds(deliveries: Deliveries) -> pl.DataFrame:
    sources = deliveries.profile.channels.items()
    attributes = {name: {a: one.dtype for a, one in source.attributes.items()} for name, source in sources}
    return field_kinds(deliveries.profile.known_channels.values(), attributes)


@table_asset(tables.METER_USAGE_MONTHLY, ins={"reads": trailing(tables.METER_READ, READ_DEPTH)})
def meter_usage_monthly(context: dg.AssetExecutionContext, reads: ibis.Table) -> ibis.Table:
    """Energy that meter readings say, with what was resolved on the way."""
    return meter_usage(reads, run_months(context)[0])


@table_asset(tables.CHARGE_MONTHLY, ins={"bills": same_month(tables.BILL)})
def charge_monthly(bills: ibis.Table) -> ibis.Table:
    """Billed energy and money by month of issue and month of use."""
    return charges(bills)


QUALITY_ASSETS = (meter_usage_monthly, charge_monthly, judged_rules)
