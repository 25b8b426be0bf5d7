"""What a profile must mean beyond its shape; each fault is one line: key, what, remedy."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, Channel
from govbiz_assets.contracts.own_channel import STEP_ENDINGS
from govbiz_assets.sources.own_channel_rules import own_channel_faults, shared_column_faults
from govbiz_assets.sources.units import unit_factor

if TYPE_CHECKING:
    from govbiz_assets.sources.profile_model import ChannelSource, Profile

_TEXT_KEYS = ("encoding", "delimiter")
ATTRIBUTE_CHANNELS = ("customer", "attribute")


def profile_faults(profile: Profile) -> Iterator[str]:
    """Yields every fault of the profile's meaning."""
    if profile.months.last is not None and profile.months.last < profile.months.first:
        yield "months.last: lies before months.first; swap them or leave last empty"
    for name in profile.required:
        if name not in profile.channels:
            yield f"required: {name!r} is not among the channels; add channels.{name} or take it off the list"
    for name, source in profile.channels.items():
        key = f"channels.{name}"
        if source.declare is not None and (faults := list(own_channel_faults(key, name, source.declare))):
            yield from faults
            continue
        channel = source.declare.channel(name) if source.declare is not None else CHANNEL_BY_NAME.get(name)
        if channel is None:
            known = ", ".join(CHANNEL_BY_NAME)
            yield f"{key}: unknown channel; use one of {known}, or declare your own (docs/add-a-channel.md)"
            continue
        yield from _path_faults(key, source) if source.database is None else _database_faults(key, source)
        yield from _field_faults(key, source, channel)
        yield from _attribute_faults(key, source, channel)
        yield from _format_faults(key, source)
        has_months = source.names_month or source.database is not None
        if not has_months and source.month is None and profile.months.last is None:
            yield f"{key}.path: names no month and months.last is open; add {{month}} to the path or set months.last"
        if source.month is not None and source.month not in profile.months:
            yield f"{key}.month: lies outside months.first..months.last; widen them or correct the month"
        if source.declare is not None and not (has_months or source.month or channel.month_field):
            yield f"{key}.declare.month_field: nothing tells a record's month; name a date or add {{month}} to the path"
    yield from shared_column_faults({name: own for name, source in profile.channels.items() if (own := source.declare)})
    yield from _label_faults(profile)


def _path_faults(key: str, source: ChannelSource) -> Iterator[str]:
    parts = source.path.replace("\\", "/").split("/")
    if not source.path.strip():
        yield f"{key}.path: is missing or empty; give the files' place below the landing folder, or {key}.database"
    elif source.path.startswith(("/", "~", "\\")) or (len(parts[0]) == 2 and parts[0][1] == ":"):
        yield f"{key}.path: is absolute; give a path relative to the landing folder"
    elif ".." in parts:
        yield f"{key}.path: leaves the landing folder through '..'; put the files below the landing folder"
    elif "\\" in source.path:
        yield f"{key}.path: holds a backslash; divide folders with /"
    rest = source.path.replace("{month}", "").replace("{yyyymm}", "")
    if "{" in rest or "}" in rest:
        yield f"{key}.path: unknown placeholder; only {{month}} (2024-01) and {{yyyymm}} (202401) are known"
    if source.names_month and source.month is not None:
        yield f"{key}.month: the path names the month already; drop one of the two"
    if source.format is None:
        yield f"{key}.format: is missing; say csv, xlsx or parquet"


def _database_faults(key: str, source: ChannelSource) -> Iterator[str]:
    for name in ("path", "format", "month"):
        if getattr(source, name):
            yield f"{key}.{name}: goes with files, and the channel lies in a database; drop one of the two"


def _field_faults(key: str, source: ChannelSource, channel: Channel) -> Iterator[str]:
    kinds = {field.name: field.kind for field in channel.fields}
    named: dict[str, Iterable[str]] = {
        "columns": source.columns,
        "constants": source.constants,
        "units": source.units,
        "codes": source.codes,
        "placeholders": source.placeholders,
        "unpivot": () if source.unpivot is None else (source.unpivot.name_to, source.unpivot.value_to),
    }
    for part, fields in named.items():
        for field in fields:
            if field not in kinds:
                yield f"{key}.{part}.{field}: {channel.name} has no such field; use one of {', '.join(kinds)}"
    given: dict[str, str] = {}
    for part in ("columns", "constants", "unpivot"):
        for field in named[part]:
            if field in given:
                yield f"{key}.{part}.{field}: {given[field]} gives this field too; keep one of the two"
            given[field] = part
    for field, unit in source.units.items():
        if field in kinds:
            try:
                unit_factor(source.column(field), unit)
            except ValueError as error:
                yield f"{key}.units.{field}: {error}"
    for field in source.placeholders:
        if kinds.get(field, "number") != "number":
            yield f"{key}.placeholders.{field}: is no number; list texts for unknown values under nulls"
    for field, headers in source.columns.items():
        if not headers or not all(header.strip() for header in headers):
            yield f"{key}.columns.{field}: names no header; give the delivered header or drop the key"


def _attribute_faults(key: str, source: ChannelSource, channel: Channel) -> Iterator[str]:
    if source.attributes and channel.name not in ATTRIBUTE_CHANNELS:
        yield f"{key}.attributes: only channels {' and '.join(ATTRIBUTE_CHANNELS)} carry attributes; move them there"
    for name in source.attributes:
        if not name.startswith("attr_") or not name.isidentifier() or name != name.lower():
            yield f"{key}.attributes.{name}: name it attr_ and small letters, digits or _, for example attr_net_margin"
        elif name.endswith(STEP_ENDINGS):
            yield f"{key}.attributes.{name}: the house adds such a column itself; end it otherwise"
    if channel.name == "label" and source.label is None:
        yield f"{key}.label: is missing; say name and horizon_months of the event"
    if channel.name != "label" and source.label is not None:
        yield f"{key}.label: only channel label has a label; move it there"


def _format_faults(key: str, source: ChannelSource) -> Iterator[str]:
    if source.format != "csv":
        for name in _TEXT_KEYS:
            if getattr(source, name) is not None:
                yield f"{key}.{name}: only csv files have one; drop the key"
    if source.format != "xlsx" and source.sheet is not None:
        yield f"{key}.sheet: only xlsx files have sheets; drop the key"
    if source.format == "parquet" and source.unpivot is not None:
        yield f"{key}.unpivot: parquet columns keep their own types and are not unpivoted; deliver long records"
    if source.delimiter is not None and (len(source.delimiter) != 1 or source.delimiter in '"\r\n'):
        yield f'{key}.delimiter: must be one character such as "," ";" "|" or "\\t"'
    if source.encoding is not None:
        try:
            codecs.lookup(source.encoding)
        except LookupError:
            yield f"{key}.encoding: {source.encoding!r} is unknown; use utf-8, gb18030 or utf-16, or drop the key"


def _label_faults(profile: Profile) -> Iterator[str]:
    source = profile.channels.get("label")
    if source is None or source.label is None:
        return
    customer = profile.channels.get("customer")
    known = customer.attributes if customer is not None else {}
    for name in source.label.group_by:
        if name not in known:
            yield f"channels.label.label.group_by: {name!r} is no attribute of channel customer; declare it there"
    naive = source.label.naive_attribute
    if naive is not None and (naive not in known or known[naive].dtype != "number"):
        yield (
            f"channels.label.label.naive_attribute: {naive!r} is no attribute of channel customer with dtype number; "
            "declare it there"
        )
