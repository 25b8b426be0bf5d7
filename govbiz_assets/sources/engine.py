"""The engine's side of reading: SQL relations over delivered files. Names and values are always quoted."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from govbiz_assets.contracts.sql import quote_literal
from govbiz_assets.sources.csv_shape import MAX_LINE_BYTES
from govbiz_assets.sources.text_file import has_glob_characters, open_delivered, replacing

# Column that the engine adds to a Parquet file.
ROW_NUMBER = "file_row_number"


def csv_relation(path: Path, width: int, delimiter: str) -> str:
    """Strict reading of a regular UTF-8 file: columns c0, c1, ... of text; a blank cell is an empty text, not null."""
    names = [quote_literal(f"c{i}") for i in range(width)]
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({quote_literal(str(path))}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"force_not_null = [{', '.join(names)}], delim = {quote_literal(delimiter)}, quote = '\"', escape = '\"', "
        f"strict_mode = true, null_padding = false, compression = 'none', hive_partitioning = false, "
        f"max_line_size = {MAX_LINE_BYTES})"
    )


def parquet_relation(path: Path, width: int) -> str:
    """Columns c0, c1, ... of a Parquet file with their own types, then file_row_number from 0."""
    names = ", ".join([*(f"c{i}" for i in range(width)), ROW_NUMBER])
    options = f"{ROW_NUMBER} = true, hive_partitioning = false"
    return f"read_parquet({quote_literal(str(path))}, {options}) AS delivered({names})"


def records_relation(path: Path) -> str:
    """Records that were read one by one; see `records_file`."""
    return f"read_parquet({quote_literal(str(path))}, hive_partitioning = false)"


def count_records(relation: str) -> int | None:
    """Number of records of a text file, every column split off; None where the engine refuses the file."""
    return _count(relation, "count(COLUMNS(*))")


def count_decoded(relation: str) -> int | None:
    """Number of rows of a Parquet file, None where some value cannot be decoded.

    Every value is hashed: a mere count is answered from the file's statistics, without decoding a page.
    """
    return _count(relation, "bit_xor(hash(COLUMNS(*)))")


def _count(relation: str, aggregate: str) -> int | None:
    with duckdb.connect(":memory:") as connection:
        try:
            row = connection.execute(f"SELECT count(*), {aggregate} FROM {relation}").fetchone()  # noqa: S608
        except duckdb.Error:
            return None
    return None if row is None else int(row[0])


def column_types(relation: str) -> list[str]:
    """Types of the columns of a relation in their order."""
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608
    return [str(row[1]) for row in rows]


def literal_path(path: Path, sha256: str, work: Path) -> Path:
    """The file itself, or a copy in the work folder where the engine would take its name for a pattern."""
    if not has_glob_characters(path):
        return path
    copy = work / f"{sha256}{path.suffix}"
    if not copy.exists():
        with open_delivered(path) as source, replacing(copy) as target, target.open("wb") as stream:
            shutil.copyfileobj(source, stream)
    return copy


def json_object(names: Sequence[str], values: Sequence[str]) -> str:
    """JSON text of an object with these keys and SQL values, in this order."""
    pairs = ", ".join(f"{quote_literal(name)}, {value}" for name, value in zip(names, values, strict=True))
    return f"CAST(json_object({pairs}) AS VARCHAR)"
