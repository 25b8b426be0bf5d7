"""Records as received: their month, and their types where the format has types."""

from __future__ import annotations

from datetime import date

import ibis

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.transforms import parse


def record_month(
    rows: ibis.Table, channel: Channel, delivered_month: date | None, first: date, last: date | None
) -> ibis.Table:
    """Adds the `month` of each record.

    A file that is delivered for a month belongs to it whole, wrong-month records included; the cleaning step finds
    those. In a file over many months each record goes to the month of its own date; a record without a readable date
    goes to the profile's first month, one outside the profile's months to the nearest of them, and the cleaning step
    refuses both there.

    Args:
        rows: Records as received.
        channel: Their channel.
        delivered_month: Month that the file was delivered for, None for a file over many months.
        first: First month of the profile.
        last: Last month of the profile, None where it goes on.
    """
    if delivered_month is not None or channel.month_field is None:
        return rows.mutate(month=ibis.literal(delivered_month or first))
    kind = channel.field(channel.month_field).kind
    reader = parse.month if kind == "month" else parse.date
    day = rows[channel.month_field]
    # Whether a day number may be read is for the cleaning step to say, which sees the whole column of the month.
    month = parse.month_start(ibis.coalesce(reader(day), parse.serial_date(day))).fill_null(ibis.literal(first))
    month = (month < ibis.literal(first)).ifelse(ibis.literal(first), month)
    if last is not None:
        month = (month > ibis.literal(last)).ifelse(ibis.literal(last), month)
    return rows.mutate(month=month)


def as_contracted(rows: ibis.Table, contract: TableContract) -> ibis.Table:
    """Gives columns of typed formats the type of the raw table: any number is a floating point number, the rest text.

    A column that is not delivered has no type of its own and is null. Types that cannot become the raw table's were
    refused with their file.

    Args:
        rows: Records as received.
        contract: The channel's raw table.
    """
    changed: dict[str, ibis.Value] = {}
    for column in contract.columns:
        if column.name not in rows.columns:
            continue
        value = rows[column.name]
        if column.dtype == "DOUBLE" and not value.type().is_float64():
            changed[column.name] = value.cast("float64")
        elif column.dtype == "VARCHAR" and not value.type().is_string():
            changed[column.name] = parse.as_text(value)
    return rows.mutate(**changed) if changed else rows
