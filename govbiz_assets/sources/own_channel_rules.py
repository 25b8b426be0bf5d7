"""What a profile's own channel must mean beyond its shape; each fault is one line: key, what, remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from govbiz_assets.contracts import own_channel as contract
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.columns_source import PSEUDONYMS
from govbiz_assets.contracts.table import COLUMNS
from govbiz_assets.sources.model import normalize_header
from govbiz_assets.sources.own_channel import OwnChannel, OwnField

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_MAX_NAME = 60
_STYLE = "begin with a small letter, then small letters, digits and single _, 60 at most"
_MONTH_KINDS = ("date", "month", "timestamp")


def own_channel_faults(key: str, name: str, own: OwnChannel) -> Iterator[str]:
    """Yields every fault of an own channel.

    Args:
        key: Place of the channel in the profile, for example `channels.outage`.
        name: Name of the channel.
        own: The declaration.
    """
    if name in CHANNEL_BY_NAME:
        yield f"{key}.declare: {name} is a standard channel; drop declare, or name yours otherwise, as my_{name}"
    elif name in contract.taken_tables():
        yield f"{key}: a table of the house is named {name} already; name yours otherwise, as my_{name}"
    elif name in contract.RESERVED_CHANNELS:
        yield f"{key}: {name} is a reserved word; name it otherwise, as {name}_record"
    elif not _is_name(name):
        yield f"{key}: {name!r} is no name for a table; {_STYLE}"
    if not own.meaning.strip():
        yield f"{key}.declare.meaning: is empty; say in one sentence what one record is"
    for field, declared in own.fields.items():
        yield from _field_faults(f"{key}.declare.fields.{field}", name, field, declared)
    yield from _key_faults(f"{key}.declare", own)
    yield from _header_faults(f"{key}.declare.fields", own)


def shared_column_faults(channels: Mapping[str, OwnChannel]) -> Iterator[str]:
    """Yields every column that two own channels of a profile declare differently; each must be sound by itself."""
    seen: dict[str, tuple[str, Column]] = {}
    for name, own in channels.items():
        for field in own.fields:
            column = own.column(field)
            first, known = seen.setdefault(field, (name, column))
            if column != known:
                yield (
                    f"channels.{name}.declare.fields.{field}: channels.{first} declares {field} otherwise; "
                    "declare both alike in kind, unit, meaning and sensitive, or call one otherwise"
                )


def _field_faults(key: str, channel: str, name: str, declared: OwnField) -> Iterator[str]:
    other = f"{channel}_{name}"
    if name in contract.RESERVED_FIELDS or name.endswith(contract.STEP_ENDINGS) or name.startswith("attr_"):
        yield f"{key}: the house uses this name itself; call yours otherwise, as {channel}_{_plain(name)}"
    elif name in contract.DELIVERABLE:
        yield from _dictionary_faults(key, name, declared, contract.DELIVERABLE[name], other)
    elif name in COLUMNS:
        made = COLUMNS[name].meaning.rstrip(".")
        yield f"{key}: the house makes a column of this name itself ({made}); call yours otherwise, as {other}"
    elif not _is_name(name):
        yield f"{key}: {name!r} is no name for a column; {_STYLE}"
    else:
        yield from _own_column_faults(key, name, declared)
    is_number = (declared.kind or _known_kind(name)) == "number"
    if declared.range is not None and not is_number:
        yield f"{key}.range: only numbers have one; drop the key"
    elif declared.range is not None and declared.range[0] > declared.range[1]:
        yield f"{key}.range: ends below its beginning; write the smallest value first"
    if not all(normalize_header(header) for header in declared.headers):
        yield f"{key}.headers: names no header; give the header of the export or drop the key"


def _dictionary_faults(key: str, name: str, declared: OwnField, known: Column, other: str) -> Iterator[str]:
    unit = f" in {known.unit}" if known.unit else ""
    said = f'{name} is in the data dictionary: "{known.meaning}", {known.dtype}{unit}'
    remedy = f"drop the key to mean the same, or call yours otherwise, as {other}"
    if declared.kind is not None and not _has_dtype(declared.kind, known):
        yield f"{key}.kind: {said}; {remedy}"
    if declared.unit is not None and declared.unit != known.unit:
        yield f"{key}.unit: {said}; {remedy}"
    if declared.meaning is not None and declared.meaning != known.meaning:
        yield f"{key}.meaning: {said}; {remedy}"


def _own_column_faults(key: str, name: str, declared: OwnField) -> Iterator[str]:
    if declared.kind is None:
        yield f"{key}.kind: is missing; say text, number, date, month, timestamp or flag"
        return
    if declared.meaning is None or not declared.meaning.strip():
        yield f"{key}.meaning: is missing; say in one sentence what the field holds"
    is_flag_name = name.startswith(contract.FLAG_BEGINNINGS)
    if declared.kind == "flag" and not is_flag_name:
        yield f"{key}: the name of a flag begins with is_ or has_; call it is_{name}"
    if declared.kind != "flag" and is_flag_name:
        yield f"{key}: a name that begins with is_ or has_ is a flag; set kind: flag, or call it otherwise"
    yield from _unit_faults(key, name, declared)


def _unit_faults(key: str, name: str, declared: OwnField) -> Iterator[str]:
    units = ", ".join(contract.UNITS)
    if declared.kind != "number":
        if declared.unit:
            yield f"{key}.unit: only numbers have one; drop the key, or set kind: number"
        return
    if not declared.unit:
        yield f"{key}.unit: is missing; use one of {units}"
    elif declared.unit not in contract.UNITS:
        yield f"{key}.unit: {declared.unit!r} is unknown; use one of {units}"
    else:
        told = next((unit for ending, unit in contract.UNIT_OF_ENDING if name.endswith(ending)), None)
        if told is not None and told != declared.unit:
            yield f"{key}.unit: the name's ending says {told}; use that unit, or call the field otherwise"


def _key_faults(key: str, own: OwnChannel) -> Iterator[str]:
    named = {"key": own.key, "month_field": (own.month_field,) if own.month_field is not None else ()}
    for part, fields in named.items():
        for name in fields:
            if name not in own.fields:
                yield f"{key}.{part}: {name!r} is none of the fields; use one of {', '.join(own.fields)}"
            elif own.fields[name].required is False:
                yield f"{key}.fields.{name}.required: {part} needs the field in every record; drop the key"
    if len(set(own.key)) < len(own.key):
        yield f"{key}.key: names a field twice; name each once"
    for name in own.key:
        if name in own.fields and _stays_in_vault(name, own):
            yield (
                f"{key}.key: {name} can name someone and never reaches the cleaned table; "
                "identify records by other fields, for example account_no, whose pseudonym does"
            )
    if own.month_field in own.fields and _kind(own, own.month_field) not in _MONTH_KINDS:
        yield f"{key}.month_field: {own.month_field} is no date, month or timestamp; name one, or correct its kind"


def _header_faults(key: str, own: OwnChannel) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in own.fields:
        for header in dict.fromkeys(map(normalize_header, own.spellings(name))):
            if header and header in seen:
                yield f"{key}.{name}.headers: {header!r} is a header of {seen[header]} too; give each field its own"
            seen.setdefault(header, name)


def _stays_in_vault(name: str, own: OwnChannel) -> bool:
    if own.fields[name].sensitive:
        return True
    known = contract.DELIVERABLE.get(name)
    return known is not None and known.sensitivity == "identifying" and name not in PSEUDONYMS


def _kind(own: OwnChannel, name: str | None) -> str | None:
    return None if name is None else own.fields[name].kind or _known_kind(name)


def _known_kind(name: str) -> str | None:
    return contract.known_kind(name) if name in contract.DELIVERABLE else None


def _has_dtype(kind: str, known: Column) -> bool:
    return known.is_number if kind == "number" else contract.field_dtype(kind, "") == known.dtype  # type: ignore[arg-type]


def _is_name(name: str) -> bool:
    return len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None


def _plain(name: str) -> str:
    for ending in contract.STEP_ENDINGS:
        name = name.removesuffix(ending)
    return name.removeprefix("attr_")
