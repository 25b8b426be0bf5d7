"""Small tables for the transforms: typed by their contracts, held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import COLUMNS, TableContract
from govbiz_assets.warehouse.engine import open_backend
from govbiz_assets.warehouse.pseudonym import install_pseudonym_function

PSEUDONYM_KEY = b"key of the tests"
LOADED_AT = datetime(2024, 2, 1, 8)
_TYPES = {
    "VARCHAR": pl.String(),
    "DATE": pl.Date(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "TIMESTAMP": pl.Datetime("us"),
    "DECIMAL(18,2)": pl.Decimal(18, 2),
    "DECIMAL(18,3)": pl.Decimal(18, 3),
}


def new_engine() -> Backend:
    """Returns DuckDB in memory, with the pseudonym function of a session."""
    connection = duckdb.connect(":memory:", config={"threads": 2})
    install_pseudonym_function(connection, PSEUDONYM_KEY)
    return open_backend(connection)


def frame(columns: Iterable[Column], rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Returns rows under the columns of a contract; what a row does not say is null."""
    schema = {column.name: _TYPES[column.dtype] for column in columns}
    complete = [{name: _value(row.get(name), dtype) for name, dtype in schema.items()} for row in rows]
    unknown = {name for row in rows for name in row} - set(schema)
    assert not unknown, unknown
    return pl.DataFrame(complete, schema=schema, orient="row")


def table(contract: TableContract, rows: Iterable[Mapping[str, Any]] = ()) -> ibis.Table:
    """Returns rows of a table as an expression."""
    return ibis.memtable(frame(contract.columns, list(rows)))


def raw(channel: Channel, rows: Iterable[Mapping[str, Any]], month: date, **extra: str) -> ibis.Table:
    """Returns records of a channel as received: text as text, numbered, from one file at one time."""
    names = [*(field.name for field in channel.fields), *extra]
    texts = [Column(name, "VARCHAR", name) for name in names]
    provenance = [
        COLUMNS[name] for name in ("month", "source_file", "row_no", "loaded_at", "read_problem", "extra_json")
    ]
    base = {"month": month, "source_file": "a.csv", "loaded_at": LOADED_AT, **extra}
    complete = [{**base, "row_no": number, **row} for number, row in enumerate(rows, start=1)]
    return ibis.memtable(frame([*texts, *provenance], complete))


def _value(value: Any, dtype: pl.DataType) -> Any:
    return Decimal(str(value)) if value is not None and isinstance(dtype, pl.Decimal) else value
