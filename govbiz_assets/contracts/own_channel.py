"""What a channel that a profile declares for itself must keep to, and the cleaned table that is made of it."""

from __future__ import annotations

import keyword
from dataclasses import replace

from govbiz_assets.contracts.catalog import TABLES
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, CHANNELS, Channel, Field, FieldKind
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.columns_derived import QUALITY, REFERENCE
from govbiz_assets.contracts.columns_source import PROVENANCE, PSEUDONYMS, SOURCE_COLUMNS
from govbiz_assets.contracts.table import COLUMNS, Rule, TableContract
from govbiz_assets.contracts.tables_cleaned import CLEANED_BY_CHANNEL


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNITS = (
    *("kWh", "kvarh", "kW", "kVA", "kV", "V", "A", "CNY", "CNY/kWh", "ratio", "count", "score"),
    *("s", "min", "h", "day", "month", "year", "°C", "m", "km"),
)
UNIT_OF_ENDING = (
    *(("_kwh", "kWh"), ("_kw", "kW"), ("_kva", "kVA"), ("_kv", "kV"), ("_cny", "CNY"), ("_ratio", "ratio")),
    *(("_count", "count"), ("_seconds", "s"), ("_minutes", "min"), ("_hours", "h"), ("_days", "day")),
    *(("_months", "month"), ("_years", "year")),
)
FLAG_BEGINNINGS = ("is_", "has_")

# Words that would have to be quoted in every query; a test compares them with the engine's own list.
SQL_WORDS = _words(
    """all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default
    deferrable desc describe distinct do else end except false fetch for foreign from group having in initially
    intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer pivot_wider placing
    primary qualify references returning select show some summarize symmetric table then to trailing true union unique
    unpivot using variadic when where window with"""
)
# Dagster takes none of these for the name of an output; a test compares them with its list.
DAGSTER_WORDS = _words(
    """context conf config meta arg_dict dict input_arg_dict output_arg_dict int str float bool input output type"""
) | frozenset(word.lower() for word in keyword.kwlist)
# A file that no channel reads has the channel `none`.
RESERVED_CHANNELS = SQL_WORDS | DAGSTER_WORDS | {"none"}
# Columns that the way from raw to cleaned adds for a while; a test compares them with the code.
STEP_COLUMNS = _words(
    "problem content kept_content age_rank copies rows day_bit line melted_name melted_value customer_id _organisation"
)
STEP_ENDINGS = ("_delivered", "_received", "_right")
RESERVED_FIELDS = (
    SQL_WORDS
    | STEP_COLUMNS
    | {column.name for column in (*PROVENANCE, *QUALITY)}
    | {column for column, _ in PSEUDONYMS.values()}
)
# Columns of the dictionary that a channel may deliver too; the others the house makes itself.
DELIVERABLE = {
    column.name: column
    for group in (*SOURCE_COLUMNS, REFERENCE)
    for column in group
    if column.name not in RESERVED_FIELDS
}

_DTYPES: dict[FieldKind, str] = {
    "text": "VARCHAR",
    "date": "DATE",
    "month": "DATE",
    "timestamp": "TIMESTAMP",
    "flag": "BOOLEAN",
}
# Decimal, so that sums are exact and do not depend on the order of rows.
_NUMBER_DTYPES = {"kWh": "DECIMAL(18,3)", "CNY": "DECIMAL(18,2)"}


def taken_tables() -> frozenset[str]:
    """Names that no own channel may have, because a standard channel or a table has them."""
    return frozenset({*CHANNEL_BY_NAME, *(contract.name for contract in TABLES)})


def field_dtype(kind: FieldKind, unit: str) -> str:
    """DuckDB type of a field of that kind and unit."""
    return _NUMBER_DTYPES.get(unit, "DOUBLE") if kind == "number" else _DTYPES[kind]


def known_kind(name: str) -> FieldKind:
    """How a column of the dictionary is read: as the standard channel that delivers it does, else by its type."""
    for channel in CHANNELS:
        for field in channel.fields:
            if field.name == name:
                return field.kind
    return next((kind for kind, dtype in _DTYPES.items() if dtype == COLUMNS[name].dtype), "number")


def known_headers(name: str) -> tuple[str, ...]:
    """Header spellings of a column that standard channels deliver."""
    spellings = (field.headers for channel in CHANNELS for field in channel.fields if field.name == name)
    return tuple(dict.fromkeys(header for headers in spellings for header in headers))


def cleaned_column(field: Field) -> Column | None:
    """Column of the cleaned table that a field becomes; None where it stays in the vault."""
    if field.is_withheld:
        return None
    if field.name in PSEUDONYMS:
        return COLUMNS[PSEUDONYMS[field.name][0]]
    return None if field.column.sensitivity == "identifying" else field.column


def cleaned_table(channel: Channel) -> TableContract:
    """Contract of the cleaned table of a channel: its own for a standard channel, made from the fields for any other.

    Numbers of someone become pseudonyms, other fields that can name someone are left out, a range becomes a row rule.
    """
    standard = CLEANED_BY_CHANNEL.get(channel.name)
    if standard is not None:
        return standard
    kept = {field.name: column for field in channel.fields if (column := cleaned_column(field)) is not None}
    required = {kept[field.name].name for field in channel.fields if field.is_required and field.name in kept}
    withheld = {field.name for field in channel.fields} - {column.name for column in kept.values()}
    withheld |= {
        PSEUDONYMS[field.name][0] for field in channel.fields if field.is_withheld and field.name in PSEUDONYMS
    }
    return TableContract(
        layer="cleaned",
        name=channel.name,
        meaning=channel.meaning,
        grain=f"month and {', '.join(kept[name].name for name in channel.key)}",
        columns=(COLUMNS["month"], *kept.values(), COLUMNS["source_file"], COLUMNS["row_no"]),
        required=frozenset({"month", "source_file", "row_no", *required}),
        key=("month", *(kept[name].name for name in channel.key)),
        rules=tuple(
            Rule(field.name, field.low, field.high)
            for field in channel.fields
            if field.name in kept and field.low is not None and field.high is not None
        ),
        withheld=frozenset(withheld),
    )


def withheld(column: Column) -> Column:
    """The column as one that can name someone."""
    return replace(column, sensitivity="identifying")
