"""Raw records of a file as a lazy table: every field as received, then attributes, then provenance.

Text stays text: nothing is trimmed, parsed or recoded, and a blank cell is an empty text. Null means that the column
was not delivered, or that the record is broken. Only `columns`, `constants` and `unpivot` of the profile are applied.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ibis.util import gen_name

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.sql import quote_identifier, quote_literal
from govbiz_assets.sources.engine import (
    csv_relation,
    json_object,
    literal_path,
    parquet_relation,
    records_relation,
)
from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.examine import csv_records_path, sheet_records_path
from govbiz_assets.sources.headers import HeaderMap, map_headers
from govbiz_assets.sources.landing import LandingFile
from govbiz_assets.sources.profile_model import ChannelSource, Profile
from govbiz_assets.sources.scan import FileScan, file_state
from govbiz_assets.sources.text_file import text_path

if TYPE_CHECKING:
    import ibis
    from ibis.backends.duckdb import Backend

PROVENANCE = ("source", "source_file", "row_no", "file_sha256", "loaded_at", "read_problem", "extra_json")


def read_file(
    backend: Backend, scan: FileScan, file: LandingFile, source: ChannelSource, profile: Profile, work: Path
) -> ibis.Table:
    """Raw records of an accepted file.

    The table is a temporary view of the backend's connection over the file, or over its copy in the work folder:
    both must stay until the table has been executed.

    Args:
        backend: Connection that reads.
        scan: What `scan_file` found out.
        file: The same file.
        source: How its channel is delivered.
        profile: The source landscape.
        work: The folder that was given to `scan_file`.

    Raises:
        SourceError: The file was refused, or it changed since it was examined.
    """
    if not scan.is_accepted or scan.file_sha256 is None or scan.loaded_at is None:
        raise SourceError(f"was refused ({scan.rule})", where=scan.source_file, remedy=scan.reason or "")
    if source.database is not None:
        is_unchanged = database_copy(scan, work).exists()
    else:
        is_unchanged = file_state(file) == (scan.byte_count, scan.loaded_at)
    if not is_unchanged:
        raise SourceError("changed since it was examined", where=scan.source_file, remedy="run again")
    header_map = map_headers(profile.known_channels[file.channel], source, scan.headers)
    query = _select(scan, file, source, profile, header_map, work)
    name = gen_name(re.sub(r"\W", "_", f"source_{profile.name}_{file.channel}"))
    backend.raw_sql(f"CREATE TEMP VIEW {quote_identifier(name)} AS {query}")
    return backend.table(name, database=("temp", "main"))


def database_copy(scan: FileScan, work: Path) -> Path:
    """Place of the copy of a database channel's rows of a month."""
    return work / f"{scan.channel}.{scan.month:%Y-%m}.{scan.file_sha256}.records.parquet"


def output_columns(channel: Channel, source: ChannelSource) -> tuple[str, ...]:
    """Names of the columns of `read_file` in their order."""
    fields = (field.name for field in channel.fields)
    return (*fields, *source.attributes, *PROVENANCE)


def _select(
    scan: FileScan, file: LandingFile, source: ChannelSource, profile: Profile, header_map: HeaderMap, work: Path
) -> str:
    records = _records(scan, file, source, header_map, work)
    values = {name: f"c{position}" for name, position in header_map.positions.items()}
    if source.unpivot is not None:
        values |= {source.unpivot.name_to: "melted_name", source.unpivot.value_to: "melted_value"}
    for name, constant in source.constants.items():
        values[name] = _unless_broken(scan, quote_literal(constant), "NULL")
    fields = [field.name for field in profile.known_channels[file.channel].fields]
    columns = [(name, values.get(name, "CAST(NULL AS VARCHAR)")) for name in (*fields, *source.attributes)]
    loaded_at = quote_literal(scan.loaded_at.isoformat(sep=" ") if scan.loaded_at else "")
    columns += [
        ("source", quote_literal(profile.name)),
        ("source_file", quote_literal(scan.source_file)),
        ("row_no", "CAST(row_no AS BIGINT)"),
        ("file_sha256", quote_literal(scan.file_sha256 or "")),
        ("loaded_at", f"CAST({loaded_at} AS TIMESTAMP)"),
        ("read_problem", "read_problem"),
        ("extra_json", _extra_json(scan, source, header_map)),
    ]
    listed = ", ".join(f"{value} AS {quote_identifier(name)}" for name, value in columns)
    return f"SELECT {listed} FROM ({records}) AS records"  # noqa: S608 - every name and value is quoted


def _records(scan: FileScan, file: LandingFile, source: ChannelSource, header_map: HeaderMap, work: Path) -> str:
    """Query over the delivered columns c0, c1, ... with row_no, read_problem and line."""
    width = len(scan.headers)
    sha256 = scan.file_sha256 or ""
    unbroken = "CAST(NULL AS VARCHAR) AS read_problem, CAST(NULL AS VARCHAR) AS line"
    if source.format == "parquet":
        relation = parquet_relation(literal_path(file.path, sha256, work), width)
        return f"SELECT *, file_row_number + 1 AS row_no, {unbroken} FROM {relation}"  # noqa: S608
    if source.database is not None:
        rows = f"SELECT * FROM {records_relation(database_copy(scan, work))}"  # noqa: S608
    elif source.format == "xlsx":
        rows = f"SELECT * FROM {records_relation(sheet_records_path(file.path, sha256, scan.sheet or '', work))}"  # noqa: S608
    else:
        text = text_path(file.path, scan.encoding or "utf-8", sha256, work)
        delimiter = scan.delimiter or ","
        if scan.is_regular:
            # The window without an order streams in the order of the file, whatever the number of threads.
            relation = csv_relation(text, width, delimiter)
            rows = f"SELECT *, row_number() OVER () AS row_no, {unbroken} FROM {relation}"  # noqa: S608
        else:
            relation = records_relation(csv_records_path(text, sha256, delimiter, width, work))
            rows = f"SELECT * FROM {relation}"  # noqa: S608
    return rows if source.unpivot is None else _melt(rows, scan, header_map)


def _melt(rows: str, scan: FileScan, header_map: HeaderMap) -> str:
    """One record per melted cell, numbered by row and column; a broken row stays one record."""
    count = len(header_map.melted)
    kept = [f"c{i}" for i in range(len(scan.headers)) if i not in set(header_map.melted)]
    names = ", ".join(quote_literal(scan.headers[i]) for i in header_map.melted)
    cells = ", ".join(f"c{i}" for i in header_map.melted)
    kept_list = ", ".join([*kept, ""])
    whole = (
        f"SELECT {kept_list}unnest([{names}]) AS melted_name, unnest([{cells}]) AS melted_value, "  # noqa: S608
        f"(row_no - 1) * {count} + unnest(range(1, {count + 1})) AS row_no, read_problem, line "
        f"FROM ({rows}) AS wide"
    )
    if scan.is_regular:
        return whole
    broken = (
        f"SELECT {kept_list}NULL AS melted_name, NULL AS melted_value, (row_no - 1) * {count} + 1 AS row_no, "  # noqa: S608
        f"read_problem, line FROM ({rows}) AS wide WHERE read_problem IS NOT NULL"
    )
    return f"{whole} WHERE read_problem IS NULL UNION ALL {broken}"


def _extra_json(scan: FileScan, source: ChannelSource, header_map: HeaderMap) -> str:
    extra = "CAST(NULL AS VARCHAR)"
    if header_map.unmapped and source.keep_unmapped:
        names = [scan.headers[i] or f"column_{i + 1}" for i in header_map.unmapped]
        extra = json_object(names, [f"c{i}" for i in header_map.unmapped])
    return _unless_broken(scan, extra, json_object(["line"], ["line"]))


def _unless_broken(scan: FileScan, value: str, otherwise: str) -> str:
    """A value for whole records and another for broken ones, of which there are none in most files."""
    return value if scan.broken_count == 0 else f"CASE WHEN read_problem IS NULL THEN {value} ELSE {otherwise} END"
