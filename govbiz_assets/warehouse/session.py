"""A session: one connection with both database files attached, open while the lock is held, closed on every path."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.pseudonym import install_pseudonym_function
from govbiz_assets.warehouse.sql import quote_identifier, quote_literal, table_path
from govbiz_assets.warehouse.structure import missing_columns

DATABASES = ("warehouse", "vault")


class Session:
    """An open warehouse.

    Attributes:
        connection: The DuckDB connection; only `warehouse` uses it.
        backend: The Ibis backend on it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.backend: Backend = ibis.duckdb.from_connection(connection)

    def stored(self, contract: TableContract) -> ibis.Table:
        """Returns the stored table, lazily; it is created where it does not exist yet."""
        self.ensure_table(contract)
        return self.backend.table(contract.name, database=(contract.database, contract.layer))

    def window(self, contract: TableContract, start: date, end: date) -> ibis.Table:
        """Returns the rows of the months in `[start, end)`, lazily."""
        rows = self.stored(contract)
        return rows.filter(rows.month >= ibis.literal(start), rows.month < ibis.literal(end))

    def exists(self, contract: TableContract) -> bool:
        """True where the table is stored."""
        found = self.connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = ?",
            [contract.database, contract.layer, contract.name],
        ).fetchone()
        return bool(found and found[0])

    def ensure_table(self, contract: TableContract) -> None:
        """Creates the table from its contract, or adds the nullable columns that the contract gained.

        Raises:
            StructureError: The stored table cannot be brought to the contract without losing something.
        """
        path = table_path(contract)
        if not self.exists(contract):
            schema = f"{quote_identifier(contract.database)}.{quote_identifier(contract.layer)}"
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            columns = ", ".join(_column_ddl(column, column.name in contract.required) for column in contract.columns)
            self.connection.execute(f"CREATE TABLE {path} ({columns})")
            self.connection.execute(f"COMMENT ON TABLE {path} IS {quote_literal(_table_comment(contract))}")
            added = list(contract.columns)
        else:
            stored = self.backend.table(contract.name, database=(contract.database, contract.layer)).schema()
            added = missing_columns(contract, stored)
            for column in added:
                self.connection.execute(f"ALTER TABLE {path} ADD COLUMN {_column_ddl(column, is_required=False)}")
        for column in added:
            comment = quote_literal(f"{column.meaning} [{column.unit}]" if column.unit else column.meaning)
            self.connection.execute(f"COMMENT ON COLUMN {path}.{quote_identifier(column.name)} IS {comment}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what the block wrote, or nothing of it."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextlib.contextmanager
    def registered(self, name: str, frame: Any) -> Iterator[ibis.Table]:
        """Shows a Polars or Arrow frame to the engine under a name while the block runs."""
        self.connection.register(name, frame)
        try:
            yield self.backend.table(name)
        finally:
            self.connection.unregister(name)

    @contextlib.contextmanager
    def staged(self, name: str, rows: ibis.Table) -> Iterator[ibis.Table]:
        """Computes rows once into a temporary table that lasts while the block runs."""
        path = f"temp.{quote_identifier(name)}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quote_identifier(name)} AS {self.compile(rows)}")
        try:
            yield self.backend.table(name, database=("temp", "main"))
        finally:
            self.connection.execute(f"DROP TABLE IF EXISTS {path}")

    def compile(self, rows: ibis.Table) -> str:
        """Returns the SQL of an expression."""
        return str(self.backend.compile(rows))


def _column_ddl(column: Column, is_required: bool) -> str:
    return f"{quote_identifier(column.name)} {column.dtype}{' NOT NULL' if is_required else ''}"


def _table_comment(contract: TableContract) -> str:
    key = f" Key: {', '.join(contract.key)}." if contract.key else ""
    return f"{contract.meaning} One row: {contract.grain}.{key}"


@contextlib.contextmanager
def open_session(
    folder: Path, pseudonym_key: bytes, connection_config: Mapping[str, Any] | None = None
) -> Iterator[Session]:
    """Opens both database files of a data folder; the caller holds the lock.

    Args:
        folder: Data folder; the files are created where they do not exist.
        pseudonym_key: Key of the pseudonyms.
        connection_config: DuckDB settings such as `memory_limit` and `threads`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spill = folder / "spill"
    config = {"temp_directory": str(spill), **(connection_config or {})}
    connection = duckdb.connect(":memory:", config=config)
    try:
        for database in DATABASES:
            path = quote_literal(str(folder / f"{database}.duckdb"))
            connection.execute(f"ATTACH {path} AS {quote_identifier(database)}")
        install_pseudonym_function(connection, pseudonym_key)
        yield Session(connection)
    finally:
        connection.close()
