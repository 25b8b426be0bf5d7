"""Cleaned assets: one truth per customer, account, reading, bill, payment and ticket, and the account over all rows."""

from collections.abc import Sequence
from functools import partial

import dagster as dg
import ibis

from govbiz_assets.assets.table_asset import TableAsset, same_month, table_asset
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.channel import ACCOUNT, CUSTOMER, Channel
from govbiz_assets.contracts.cleaning import CleaningOptions
from govbiz_assets.contracts.own_channel import cleaned_table
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_identity import MEMBERSHIP
from govbiz_assets.contracts.tables_source import QUARANTINE, RAW_TABLES, ROW_ACCOUNT, SET_ASIDE, raw_table
from govbiz_assets.resources import Deliveries, cleaning_options
from govbiz_assets.transforms import cleaned
from govbiz_assets.transforms.account import row_account as count_rows
from govbiz_assets.transforms.identity.merged import NUMBER, merged_records, with_gaps_filled
from govbiz_assets.transforms.records import (
    kept_records,
    parse_records,
    quarantined_records,
    repeated_records,
    set_aside_records,
)
from govbiz_assets.transforms.stack import stack
from govbiz_assets.warehouse.records import Records, Split
from govbiz_assets.warehouse.resource import Warehouse


def _classify(
    raw: ibis.Table,
    channel: Channel,
    deliveries: Deliveries,
    contract: TableContract,
    members: ibis.Table | None = None,
) -> Records:
    """Parses the records of a channel and says how they are divided.

    Members say which organisation a customer number is of; records that come together by that are merged.
    """
    source = deliveries.source(channel.name)
    options = cleaning_options(source) if source else CleaningOptions()
    return Records(
        channel.name,
        raw,
        partial(parse_records, channel=channel, options=options),
        partial(_set_aside, channel=channel, options=options, members=members),
        partial(_split, channel=channel, contract=deliveries.contract(contract), members=members),
    )


def _set_aside(
    parsed: ibis.Table, channel: Channel, options: CleaningOptions, members: ibis.Table | None
) -> ibis.Table:
    repeated = repeated_records(parsed, channel, options.attributes)
    if members is None or NUMBER not in channel.key:
        return repeated
    return stack([repeated, merged_records(parsed, repeated, channel, members)])


def _split(
    parsed: ibis.Table,
    repeated: ibis.Table,
    channel: Channel,
    contract: TableContract,
    members: ibis.Table | None,
) -> Split:
    kept = kept_records(parsed, repeated, contract, members)
    if members is not None and channel is CUSTOMER:
        kept = with_gaps_filled(kept, parsed, repeated, channel, members)
    return Split(
        kept=kept,
        set_aside=set_aside_records(repeated, channel),
        quarantined=quarantined_records(parsed, channel),
    )


def _channel_asset(channel: Channel) -> TableAsset:
    """Declares the cleaned asset of a channel that stands for itself."""
    contract, raw_rows = cleaned_table(channel), same_month(raw_table(channel))
    if all(field.name != NUMBER for field in channel.fields):

        def clean(deliveries: Deliveries, raw: ibis.Table) -> Records:
            return _classify(raw, channel, deliveries, contract)

        return table_asset(contract, ins={"raw": raw_rows})(clean)

    def clean_of_customers(deliveries: Deliveries, raw: ibis.Table, members: ibis.Table) -> Records:
        return _classify(raw, channel, deliveries, contract, members)

    return table_asset(contract, ins={"raw": raw_rows, "members": same_month(MEMBERSHIP)})(clean_of_customers)


@table_asset(
    tables.CUSTOMER_MONTHLY,
    ins={
        "raw": same_month(RAW_TABLES["customer"]),
        "raw_accounts": same_month(RAW_TABLES["account"]),
        "usage": same_month(tables.USAGE_DAILY),
        "members": same_month(MEMBERSHIP),
    },
)
def customer_monthly(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    raw: ibis.Table,
    raw_accounts: ibis.Table,
    usage: ibis.Table,
    members: ibis.Table,
) -> Records | ibis.Table:
    """Organisations of the month, from the customer master; without one, every owner of an account is a customer."""
    if "customer" in deliveries.delivered:
        return _classify(raw, CUSTOMER, deliveries, tables.CUSTOMER_MONTHLY, members)
    context.add_output_metadata({"reason": "channel_absent: customers are the owners of accounts"})
    if "account" not in deliveries.delivered:
        return cleaned.customers_from_accounts(cleaned.accounts_from_usage(usage))
    accounts = _classify(raw_accounts, ACCOUNT, deliveries, tables.ACCOUNT_MONTHLY)
    parsed = accounts.parse(raw_accounts)
    kept = accounts.split(parsed, accounts.repeated(parsed)).kept
    return cleaned.customers_from_accounts(kept)


@table_asset(
    tables.ACCOUNT_MONTHLY,
    ins={
        "raw": same_month(RAW_TABLES["account"]),
        "usage": same_month(tables.USAGE_DAILY),
        "customers": same_month(tables.CUSTOMER_MONTHLY),
        "members": same_month(MEMBERSHIP),
    },
)
def account_monthly(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    raw: ibis.Table,
    usage: ibis.Table,
    customers: ibis.Table,
    members: ibis.Table,
) -> Records | ibis.Table:
    """Accounts of the month, from the archive; without one, from the readings, else one per customer."""
    if "account" in deliveries.delivered:
        return _classify(raw, ACCOUNT, deliveries, tables.ACCOUNT_MONTHLY, members)
    if "usage" in deliveries.delivered:
        context.add_output_metadata({"reason": "channel_absent: accounts are those with readings"})
        return cleaned.accounts_from_usage(usage)
    context.add_output_metadata({"reason": "channel_absent: one account per customer"})
    return cleaned.accounts_from_customers(customers)


@table_asset(
    tables.USAGE_MONTHLY,
    ins={"usage": same_month(tables.USAGE_DAILY), "calendar": same_month(tables.CALENDAR_DAY)},
)
def usage_monthly(usage: ibis.Table, calendar: ibis.Table) -> ibis.Table:
    """Monthly energy of each account, with the day counts behind it."""
    return cleaned.monthly_usage(usage, calendar)


def _row_account(channels: Sequence[Channel]) -> TableAsset:
    """Declares the row account over all channels."""
    names = [channel.name for channel in channels]
    ins = {f"raw_{channel.name}": same_month(raw_table(channel)) for channel in channels}
    ins |= {f"cleaned_{channel.name}": same_month(cleaned_table(channel)) for channel in channels}

    def row_account(context: dg.AssetExecutionContext, warehouse: Warehouse, **inputs: ibis.Table) -> ibis.Table:
        months = context.partition_time_window
        window = (months.start.date(), months.end.date())
        return count_rows(
            raw={name: inputs[f"raw_{name}"] for name in names},
            cleaned={name: inputs[f"cleaned_{name}"] for name in names},
            set_aside=warehouse.session.window(SET_ASIDE, *window),
            quarantine=warehouse.session.window(QUARANTINE, *window),
        )

    return table_asset(ROW_ACCOUNT, ins=ins)(row_account)


def cleaned_assets(channels: Sequence[Channel]) -> tuple[TableAsset, ...]:
    """Declares the cleaned asset of each channel, what is made beside them, and the account over all rows."""
    return (
        *(_channel_asset(channel) for channel in channels if channel.name not in ("customer", "account")),
        customer_monthly,
        account_monthly,
        usage_monthly,
        _row_account(channels),
    )
