"""Reading the delivered values of a channel's fields, with what the profile says about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ibis
import ibis.expr.types as ir

from govbiz_assets.contracts.channel import Channel, Field
from govbiz_assets.contracts.cleaning import AttributeType, CleaningOptions
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.columns_source import PSEUDONYMS
from govbiz_assets.transforms import parse

Reader = Callable[[ir.Value], ir.Value]
_CODE_FIELDS = (*PSEUDONYMS, "division_code", "industry_code", "product_code", "price_code", "credit_code")
_FILE = ["month", "source_file"]
_DAYS = ("date", "month")


def text_name(name: str) -> str:
    """Name of the column that keeps a field as it was delivered."""
    return f"{name}_delivered"


def recurs(delivered: ir.Value, name: str, channel: Channel, options: CleaningOptions) -> bool:
    """True for a field whose values recur so often that each different one is read once.

    Days, months and flags recur everywhere, numbers in the archives of a month: capacities, voltages, fees. Reading 2.4
    million archive records of accounts took 15 s text by text.
    """
    kind = _kind(name, channel, options)
    if kind in _DAYS:
        return not delivered.type().is_temporal()
    is_archived_number = kind == "number" and name not in options.attributes and channel.month_field is None
    return delivered.type().is_string() and (kind == "flag" or is_archived_number)


def _kind(name: str, channel: Channel, options: CleaningOptions) -> str:
    return options.attributes[name] if name in options.attributes else channel.field(name).kind


def read_once(
    raw: ibis.Table, name: str, channel: Channel, options: CleaningOptions, read: Reader
) -> tuple[ibis.Table, list[str]]:
    """Returns a parsed field by its delivered values, with the columns that these are known by.

    Day numbers of a spreadsheet are read where they outnumber, among the different values of the column in its file,
    the days in other styles: a column is written by one program, and a stray number in it is no day.
    """
    delivered, text = readable(raw[name], name, options), text_name(name)
    if _kind(name, channel, options) not in _DAYS:
        known = delivered.name(text).as_table().distinct()
        return known.mutate(**{name: read(known[text])}), [text]
    known = raw.select(*_FILE, **{text: delivered}).distinct()
    known = known.mutate(styled=read(known[text]), serial=parse.serial_date(known[text]))
    column = ibis.window(group_by=_FILE)
    is_serial = known.serial.count().over(column) > known.styled.count().over(column)
    day = ibis.coalesce(known.styled, is_serial.ifelse(read(known.serial), ibis.null("date")))
    return known.select(*_FILE, text, **{name: day}), [*_FILE, text]


def readable(value: ir.Value, name: str, options: CleaningOptions) -> ir.Value:
    """Returns the value with the profile's codes and nulls applied."""
    if name in options.codes:
        stripped = parse.text(value)
        value = stripped.substitute(dict(options.codes[name]), else_=stripped)
    if not options.nulls:
        return value
    return parse.text(value).isin(list(options.nulls)).ifelse(ibis.null(value.type()), value)


def field_readers(channel: Channel, options: CleaningOptions) -> dict[str, Reader]:
    """Returns what parses each field and attribute."""
    readers: dict[str, Reader] = {field.name: _field_reader(field, options) for field in channel.fields}
    return readers | {name: _ATTRIBUTE_READERS[kind] for name, kind in options.attributes.items()}


def _field_reader(field: Field, options: CleaningOptions) -> Reader:
    if field.kind == "number":
        return partial(_parse_number, column=field.column, field=field, options=options)
    if field.kind == "text":
        return parse.code if field.name in _CODE_FIELDS else parse.text
    return {"date": parse.date, "month": parse.month, "timestamp": parse.timestamp, "flag": parse.flag}[field.kind]


def _parse_number(value: ir.Value, column: Column, field: Field, options: CleaningOptions) -> ir.Value:
    dtype = parse.ibis_type(column.dtype)
    scale = options.scales.get(field.name)
    if scale:
        # 25 and 13 digits: their product has 38, the most that a decimal holds, so that no text overflows it.
        factor = ibis.literal(scale).cast("decimal(13, 6)")
        parsed = (parse.number(value, "decimal(25, 9)") * factor).try_cast(dtype)
    else:
        parsed = parse.number(value, str(dtype))
    placeholders = options.placeholders.get(field.name)
    if placeholders:
        is_placeholder = parse.text(value).isin(list(placeholders))
        parsed = is_placeholder.ifelse(ibis.literal(0).cast(dtype), parsed)
    return parsed


_ATTRIBUTE_READERS: dict[AttributeType, Reader] = {
    "number": partial(parse.number, dtype="float64"),
    "date": parse.date,
    "flag": parse.flag,
    "category": parse.text,
}
