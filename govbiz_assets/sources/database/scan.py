"""Looks at the rows of a month as at a delivered file: content hash, headers, mapping, count, or why they are refused.

A month is read once, in one snapshot, into a copy in the work folder that `read.read_file` then reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.month import add_months
from govbiz_assets.sources.database.extract import DeliveredColumn, Extract, extract_month
from govbiz_assets.sources.database.session import DatabaseAccess
from govbiz_assets.sources.headers import HeaderMap, map_headers
from govbiz_assets.sources.landing import database_name
from govbiz_assets.sources.profile_model import ChannelSource, Profile
from govbiz_assets.sources.read import database_copy
from govbiz_assets.sources.scan import FileScan
from govbiz_assets.sources.text_file import RefusedFileError

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_PLAIN_CATEGORIES = "SNBDE"  # text, number, truth value, date or moment, enumeration


def scan_months(
    profile: Profile,
    channel: str,
    months: Sequence[date],
    access: DatabaseAccess,
    work: Path,
    *,
    limit: int | None = None,
) -> list[FileScan]:
    """Reads and examines the rows of a database channel, month by month.

    Args:
        profile: The source landscape.
        channel: Channel that lies in a database.
        months: Months asked for.
        access: How to reach the database.
        work: Folder for the copies of the rows, private to the user.
        limit: Look at a sample of that many rows.
    """
    return [_scan_month(profile, channel, month, access, work, limit) for month in months]


def _scan_month(
    profile: Profile, channel: str, month: date, access: DatabaseAccess, work: Path, limit: int | None
) -> FileScan:
    source = profile.channels[channel]
    scan = FileScan(channel, month, database_name(channel, month), source=profile.name)
    if source.database is None:
        raise AssertionError(f"{channel} lies in no database")
    found: dict[str, tuple[list[DeliveredColumn], HeaderMap]] = {}

    def check(columns: list[DeliveredColumn]) -> None:
        found["columns"] = columns, _usable(columns, profile.known_channels[channel], source)

    staged = database_copy(replace(scan, file_sha256="staged"), work)
    try:
        extract = extract_month(source.database, month, access, staged, check, limit)
        if extract.record_count == 0 and channel in profile.required:
            reason = "no row of this month, and the channel is required; run again when the source has filled it"
            raise RefusedFileError("no_rows", reason)
    except RefusedFileError as error:
        return replace(scan, status="refused", rule=error.rule, reason=error.reason)
    columns, header_map = found["columns"]
    scan = _accept(scan, extract, columns, header_map, source)
    staged.replace(database_copy(scan, work))
    return scan


def _accept(
    scan: FileScan, extract: Extract, columns: list[DeliveredColumn], header_map: HeaderMap, source: ChannelSource
) -> FileScan:
    headers = tuple(column.name for column in columns)
    is_empty = extract.record_count == 0
    warnings = ["no row of this month; ask the source whether it is truly empty"] if is_empty else []
    warnings += [header_map.warning] if header_map.warning else []
    month_end = datetime.combine(add_months(scan.month or date.min, 1), time())
    return replace(
        scan,
        file_sha256=extract.sha256,
        byte_count=extract.byte_count,
        # No clock: without a moment of the rows' own, a month counts as landed when it is over.
        loaded_at=extract.updated_at or month_end,
        record_count=extract.record_count * (1 if source.unpivot is None else len(header_map.melted)),
        is_regular=True,
        headers=headers,
        mapping={name: headers[position] for name, position in header_map.positions.items()},
        unmapped=tuple(headers[position] for position in header_map.unmapped),
        types={name: columns[position].dtype for name, position in header_map.positions.items()},
        rule="no_rows" if is_empty else None,
        reason="; ".join(warnings) or None,
    )


def _usable(columns: Sequence[DeliveredColumn], channel: Channel, source: ChannelSource) -> HeaderMap:
    """How the columns carry the fields; refuses headers that do not fit, and types that have no one reading."""
    header_map = map_headers(channel, source, [column.name for column in columns])
    if header_map.rule:
        raise RefusedFileError(header_map.rule, header_map.reason)
    numbers = {field.name for field in channel.fields if field.kind == "number"}
    numbers |= {name for name, attribute in source.attributes.items() if attribute.dtype == "number"}
    carried = [(name, columns[position]) for name, position in header_map.positions.items()]
    if source.unpivot is not None:
        carried += [(source.unpivot.value_to, columns[position]) for position in header_map.melted]
    for name, column in carried:
        is_number = column.dtype.partition("(")[0] in _NUMBERS
        is_plain = column.category in _PLAIN_CATEGORIES and column.dtype != "money"
        if not (is_number if name in numbers else is_plain or column.dtype == "uuid"):
            wanted = "a number" if name in numbers else "text, a number, a date or a moment"
            reason = f"column {column.name!r} has type {column.dtype}; deliver a query that casts it to {wanted}"
            raise RefusedFileError("wrong_type", reason)
    return header_map
