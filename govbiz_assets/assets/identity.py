"""Identity assets: comparable records, the organisations they belong to, and what happened to them."""

from typing import TypeAlias

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.assets.resolution import resolve_months
from govbiz_assets.assets.table_asset import history, same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts import tables_identity as tables
from govbiz_assets.contracts.channel import CUSTOMER
from govbiz_assets.contracts.tables_cleaned import ACCOUNT_MONTHLY, DIVISION, IDENTITY_DECISION, IDENTITY_EVENT
from govbiz_assets.contracts.tables_source import RAW_TABLES
from govbiz_assets.resources import Deliveries, cleaning_options
from govbiz_assets.transforms.identity.division import Divisions
from govbiz_assets.transforms.identity.events import identity_events
from govbiz_assets.transforms.identity.history import record_digest
from govbiz_assets.transforms.organisation import with_identity_columns
from govbiz_assets.transforms.records import parse_records, repeated_records
from govbiz_assets.warehouse.resource import Warehouse

_Rows: TypeAlias = ibis.Table | pl.DataFrame
_CARRIED = ("month", "customer_no", "customer_name", "contact_phone", "address", "source_file", "row_no")


@table_asset(tables.SOURCE_RECORD, ins={"raw": same_month(RAW_TABLES["customer"]), "divisions": same_month(DIVISION)})
def source_record(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    warehouse: Warehouse,
    raw: ibis.Table,
    divisions: pl.DataFrame,
) -> ibis.Table:
    """What the customer master of the month says of who each customer number is."""
    source = deliveries.source("customer")
    if source is None:
        context.add_output_metadata({"reason": "channel_absent: without a customer master each number is a customer"})
        return warehouse.session.stored(tables.SOURCE_RECORD).limit(0)
    options = cleaning_options(source)
    parsed = warehouse.session.kept("identity_parsed", parse_records(raw, CUSTOMER, options))
    sound = parsed.filter(parsed.problem.isnull())
    rows = sound.anti_join(repeated_records(parsed, CUSTOMER, options.attributes), ["month", "source_file", "row_no"])
    known = Divisions.of_list(divisions)
    rows = rows.mutate(record_id=rows.month.strftime("%Y-%m") + "|" + rows.customer_no)
    found = with_identity_columns(rows, known, phone_column="contact_phone", keep=_CARRIED)
    return found.mutate(record_digest=record_digest(found)).select(*tables.SOURCE_RECORD.column_names)


@table_asset(
    tables.MODEL,
    tables.LINK,
    tables.REVIEW,
    tables.MEMBERSHIP,
    ins={"records": history(tables.SOURCE_RECORD), "decisions": history(IDENTITY_DECISION)},
)
def resolution(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    warehouse: Warehouse,
    records: ibis.Table,
    decisions: pl.DataFrame,
) -> tuple[_Rows, _Rows, _Rows, _Rows]:
    """The organisation of every customer number known by the end of the month, with links, questions and model."""
    session = warehouse.session
    if "customer" not in deliveries.delivered:
        model, links, review, members = (session.stored(table).limit(0) for table in (tables.MODEL, *tables.RESOLVED))
        return model, links, review, members
    found = resolve_months(session, records, decisions, run_months(context), deliveries.profile.identity.refit_months)
    context.add_output_metadata({"crowded_keys": found.crowds}, output_name=tables.MEMBERSHIP.name)
    links, review, members = (found.table(session, table) for table in tables.RESOLVED)
    return found.models, links, review, members


@table_asset(
    IDENTITY_EVENT,
    ins={
        "members": trailing(tables.MEMBERSHIP, 2),
        "records": trailing(tables.SOURCE_RECORD, 2),
        "accounts": trailing(ACCOUNT_MONTHLY, 2),
    },
)
def identity_event(
    context: dg.AssetExecutionContext, members: ibis.Table, records: ibis.Table, accounts: ibis.Table
) -> ibis.Table:
    """Organisations that merged, split, changed name or number, and accounts that changed hands."""
    return identity_events(members, records, accounts, run_months(context))


IDENTITY_ASSETS = (source_record, resolution, identity_event)
