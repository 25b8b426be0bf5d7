"""Reads the rows of a month from a database into a Parquet copy in the work folder, in batches of bounded size.

The content hash is that of the CSV text that `COPY ... TO STDOUT (FORMAT csv)` sends, so that `psql` can repeat it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from govbiz_assets.contracts.month import add_months
from govbiz_assets.sources.database import query as sql
from govbiz_assets.sources.database.session import TIME_ZONE, DatabaseAccess, read_only_session
from govbiz_assets.sources.database.source import DatabaseSource
from govbiz_assets.sources.text_file import RefusedFileError, replacing

_BATCH_BYTES = 8 << 20


@dataclass(frozen=True)
class DeliveredColumn:
    """A column as the server describes it; `category` is that of `pg_type.typcategory`."""

    name: str
    dtype: str
    category: str


@dataclass(frozen=True)
class Extract:
    """What was read.

    Attributes:
        sha256: Hash of the rows as CSV, in their order.
        byte_count: Size of that text.
        record_count: Number of rows.
        updated_at: Latest moment of `updated_column`, UTC without zone; None where no row has one.
    """

    sha256: str
    byte_count: int
    record_count: int
    updated_at: datetime | None


def extract_month(
    source: DatabaseSource,
    month: date,
    access: DatabaseAccess,
    target: Path,
    check: Callable[[list[DeliveredColumn]], None],
    limit: int | None = None,
) -> Extract:
    """Writes the rows of a month to a Parquet file of text columns c0, c1, ..., row_no, read_problem and line.

    Args:
        source: Where the rows lie.
        month: First day of the month.
        access: How to reach the database.
        target: File to write, all or nothing.
        check: Called with the columns before any row is read; raises where they cannot be used.
        limit: Read that many rows only, in no order.

    Raises:
        RefusedFileError: The database cannot be read, or `check` refused the columns.
    """
    end = add_months(month, 1)
    settings = {
        "govbiz.month_start": f"{month:%Y-%m-%d}",
        "govbiz.month_end": f"{end:%Y-%m-%d}",
        "govbiz.yyyymm": f"{month:%Y%m}",
        "govbiz.yyyy_mm": f"{month:%Y-%m}",
    }
    with read_only_session(source.url_env, access, settings) as cursor:
        relation = sql.query_relation(source.query) if source.query else sql.table_relation(source.table or "")
        columns = _describe(cursor, relation)
        check(columns)
        condition = _month_condition(source, columns)
        updated = None if source.updated_column is None else _position(source.updated_column, columns)
        if updated is not None:
            _check_moment(columns[updated], "updated_column")
        statement = sql.copying(relation, len(columns), condition, updated if limit is None else None, limit)
        return _copy(cursor, statement, len(columns), updated, target)


def _describe(cursor: psycopg.Cursor[Any], relation: str) -> list[DeliveredColumn]:
    # Binary results make the library use the extended protocol, which takes one statement only: a query that closes
    # the bracket and brings a second statement is refused here, before COPY, which would run it, is sent.
    cursor.execute(sql.describing(relation).encode(), binary=True)
    described, result = cursor.description or [], cursor.pgresult
    if not described or result is None:
        raise RefusedFileError("missing_column", "the table or query has no column; name the columns to deliver")
    oids = [column.type_code for column in described]
    modifiers = [result.fmod(position) for position in range(len(oids))]
    cursor.execute(
        "SELECT format_type(d.oid, d.modifier), t.typcategory FROM unnest(%s::oid[], %s::int[]) WITH ORDINALITY "
        "AS d(oid, modifier, place) JOIN pg_type AS t ON t.oid = d.oid ORDER BY d.place",
        [oids, modifiers],
    )
    types = cursor.fetchall()
    return [
        DeliveredColumn(column.name, str(dtype), str(category))
        for column, (dtype, category) in zip(described, types, strict=True)
    ]


def _month_condition(source: DatabaseSource, columns: list[DeliveredColumn]) -> str | None:
    if source.month_column is None:
        return None
    position = _position(source.month_column, columns)
    column = columns[position]
    if source.month_style == "date":
        _check_moment(column, "month_column")
    elif column.category not in "SN":
        reason = f"month_column {column.name!r} has type {column.dtype}; drop month_style, or name a column of text"
        raise RefusedFileError("wrong_type", reason)
    return sql.month_condition(position, column.dtype, source.month_style)


def _check_moment(column: DeliveredColumn, key: str) -> None:
    if not column.dtype.startswith(("date", "timestamp")):
        hint = " (or set month_style where it is text such as 202401)" if key == "month_column" else ""
        reason = f"{key} {column.name!r} has type {column.dtype}; name a column of dates or moments{hint}"
        raise RefusedFileError("wrong_type", reason)


def _position(name: str, columns: list[DeliveredColumn]) -> int:
    names = [column.name for column in columns]
    if name not in names:
        shown = ", ".join(names[:12])
        raise RefusedFileError("missing_column", f"no column {name!r} (there are {shown}); correct it in the profile")
    return names.index(name)


def _copy(cursor: psycopg.Cursor[Any], statement: str, width: int, updated: int | None, target: Path) -> Extract:
    names = [f"c{i}" for i in range(width)]
    texts = ("read_problem", "line")
    schema = pa.schema([*((n, pa.string()) for n in names), ("row_no", pa.int64()), *((n, pa.string()) for n in texts)])
    digest = hashlib.sha256()
    byte_count = record_count = 0
    latest: str | None = None
    with (
        replacing(target) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
        cursor.copy(statement.encode()) as stream,
    ):
        for text in _batches(iter(stream)):
            digest.update(text)
            rows = _parse(text, names)
            numbers = pa.array(range(record_count + 1, record_count + len(rows) + 1), pa.int64())
            blank = pa.nulls(len(rows), pa.string())
            columns = [column.combine_chunks() for column in rows.columns]
            writer.write_table(pa.Table.from_arrays([*columns, numbers, blank, blank], schema=schema))
            byte_count += len(text)
            record_count += len(rows)
            # Rows come in the order of this column, so the last one has its latest moment.
            latest = latest if updated is None else columns[updated][-1].as_py() or latest
    return Extract(digest.hexdigest(), byte_count, record_count, _moment(latest))


def _batches(rows: Iterator[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Joins rows, which come one by one, to texts of some megabytes."""
    batch = io.BytesIO()
    for row in rows:
        batch.write(row)
        if batch.tell() >= _BATCH_BYTES:
            yield batch.getvalue()
            batch = io.BytesIO()
    if batch.tell():
        yield batch.getvalue()


def _parse(text: bytes, names: list[str]) -> pa.Table:
    """Rows of CSV as text columns; null is a blank cell, an empty text a quoted one."""
    try:
        return pa_csv.read_csv(
            pa.BufferReader(text),
            pa_csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False),
            pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        # Arrow's message quotes the row.
        failure = RefusedFileError("undecodable", "holds text that is no UTF-8; have the database's encoding corrected")
    raise failure


def _moment(text: str | None) -> datetime | None:
    """The moment that PostgreSQL printed, UTC without zone; one without a zone is the province's local time."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(TIME_ZONE))
        return local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        failure = RefusedFileError("wrong_type", "updated_column holds a moment that is no date, such as infinity")
    raise failure
