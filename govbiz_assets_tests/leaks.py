"""Looks for planted values in all that lies in a folder: its bytes, and what packed files say when they are read."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import polars as pl

from govbiz_assets_tests.simulate.delivered import Landing

# Delivered columns that name somebody, or that a name is found by; written by hand and not taken from the contracts.
NAMING = {
    "customer": ("客户编号", "客户名称", "统一社会信用代码", "联系人", "联系电话", "地址"),
    "account": ("户号", "客户编号"),
    "bill": ("账单号", "户号"),
    "payment": ("收费流水号", "户号"),
    "ticket": ("工单编号", "户号", "受理内容"),
}
PHONE = re.compile(r"1\d{10}")
# Shorter names of persons are words as well.
MIN_CHARACTERS = 3


def planted_values(folder: Path) -> set[str]:
    """What the delivered files name somebody by."""
    landing = Landing(folder)
    cells: set[str] = set()
    for month in landing.months:
        for channel, columns in NAMING.items():
            rows = landing.tickets(month).to_dicts() if channel == "ticket" else landing.rows(channel, month)
            cells |= {str(row[column]).strip() for row in rows for column in columns if row[column]}
    cells |= {phone for cell in cells for phone in PHONE.findall(cell)}
    return {cell for cell in cells if len(cell) >= MIN_CHARACTERS}


def leaks(folder: Path, planted: Collection[str], *, apart_from: Collection[Path] = ()) -> dict[str, set[str]]:
    """Planted values by the place where they are found; no place where there are none.

    Args:
        folder: What to search, file by file.
        planted: Values to look for, in UTF-8, in GB 18030 and as JSON writes them.
        apart_from: Files and folders that are not searched.
    """
    forms = {
        form.decode("latin-1"): value
        for value in planted
        for form in (value.encode(), value.encode("gb18030"), json.dumps(value)[1:-1].encode())
    }
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(path == other or path.is_relative_to(other) for other in apart_from):
            continue
        for place, content in _contents(path):
            # One pass for all values (Aho-Corasick); as Latin-1 any bytes are a text.
            hits = pl.Series([content.decode("latin-1")]).str.extract_many(list(forms))[0]
            if len(hits):
                found[f"{path.relative_to(folder)}{place}"] = {forms[hit] for hit in hits}
    return found


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file's name, its bytes, and the values that are packed in it."""
    yield " (name)", path.name.encode()
    content = path.read_bytes()
    yield "", content
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        for name in frame.columns:
            if frame[name].dtype == pl.String:
                yield f" column {name}", "\n".join(frame[name].drop_nulls().unique()).encode()
    elif content.startswith(b"SQLite"):
        yield from _sqlite_values(path)
    elif path.name == "warehouse.duckdb" and path.parent.name != "published":
        yield from _warehouse_values(path)


def _warehouse_values(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE NOT internal AND data_type IN ('VARCHAR', 'JSON', 'BIGINT', 'INTEGER')"
        ).fetchall()
        for schema, table, column in columns:
            query = f'SELECT DISTINCT "{column}"::VARCHAR FROM "{schema}"."{table}" WHERE "{column}" IS NOT NULL'
            values = [value for (value,) in connection.execute(query).fetchall()]
            yield f" {schema}.{table}.{column}", "\n".join(values).encode()


def _sqlite_values(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                for cell in row:
                    with suppress(zlib.error, TypeError):
                        yield f" {table.decode()}, unpacked", zlib.decompress(cell)
