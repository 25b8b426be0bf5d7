"""A session: one connection with both database files attached, open while the lock is held, closed on every path."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis

from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.sql import quote_identifier, quote_literal
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.engine import attach_file, open_backend, open_engine
from govbiz_assets.warehouse.pseudonym import install_pseudonym_function
from govbiz_assets.warehouse.sql import table_path
from govbiz_assets.warehouse.structure import StructureError, changed_nulls, missing_columns
from govbiz_assets.warehouse.vault import unlock_vault

VAULT = "vault"
DATABASES = ("warehouse", VAULT)
_LOG = logging.getLogger(__name__)


class Session:
    """An open warehouse.

    Attributes:
        connection: The DuckDB connection; only `warehouse` uses it.
        backend: The Ibis backend on it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.backend = open_backend(connection)
        self._in_transaction = False
        self._ensured: dict[str, TableContract] = {}
        self._stored: dict[str, ibis.Table] = {}

    def stored(self, contract: TableContract) -> ibis.Table:
        """Returns the stored table with the contract's columns, lazily; it is created where it does not exist yet."""
        self.ensure_table(contract)
        name = contract.full_name
        if name not in self._stored:
            rows = self.backend.table(contract.name, database=(contract.database, contract.layer))
            # A table that grew by ALTER has its columns in another order, and those that the contract dropped as well.
            has_own_order = rows.columns == contract.column_names
            self._stored[name] = rows if has_own_order else rows.select(list(contract.column_names))
        return self._stored[name]

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
        """Creates the table from its contract, or brings the stored one to it where nothing is lost by that.

        Nullable columns that the contract gained are added, NOT NULL follows the contract.

        Raises:
            StructureError: The stored table cannot be brought to the contract without losing something.
        """
        # A run asks some hundred times; looking at the stored structure each time cost a tenth of a small run.
        if self._ensured.get(contract.full_name) == contract:
            return
        with self.transaction():
            self._ensure_table(contract)
        self._ensured[contract.full_name] = contract
        self._stored.pop(contract.full_name, None)

    def _ensure_table(self, contract: TableContract) -> None:
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
            self._ensure_nulls(contract, stored)
        for column in added:
            comment = quote_literal(f"{column.meaning} [{column.unit}]" if column.unit else column.meaning)
            self.connection.execute(f"COMMENT ON COLUMN {path}.{quote_identifier(column.name)} IS {comment}")

    def _ensure_nulls(self, contract: TableContract, stored: ibis.Schema) -> None:
        """Lets NOT NULL of the stored columns follow the contract."""
        tightened, relaxed = changed_nulls(contract, stored)
        for name in relaxed:
            self.connection.execute(
                f"ALTER TABLE {table_path(contract)} ALTER COLUMN {quote_identifier(name)} DROP NOT NULL"
            )
        for name in tightened:
            try:
                self.connection.execute(
                    f"ALTER TABLE {table_path(contract)} ALTER COLUMN {quote_identifier(name)} SET NOT NULL"
                )
            except duckdb.ConstraintException:
                raise StructureError(
                    f"{contract.full_name}: column {name} is required now and null in stored rows; "
                    f"rebuild it: govbiz maintenance --rebuild {contract.full_name}"
                ) from None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what the block wrote, or nothing of it; a block within a block belongs to the outer one."""
        if self._in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        self._in_transaction = True
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            self._ensured.clear()  # what was created or altered is gone again
            self._stored.clear()
            with contextlib.suppress(duckdb.Error):
                self.connection.execute("ROLLBACK")
            raise
        finally:
            self._in_transaction = False

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

    def kept(self, name: str, rows: ibis.Table) -> ibis.Table:
        """Computes rows once into a temporary table that lasts until another is kept under the name."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quote_identifier(name)} AS {self.compile(rows)}")
        return self.backend.table(name, database=("temp", "main"))

    def compile(self, rows: ibis.Table) -> str:
        """Returns the SQL of an expression, and shows the engine the in-memory tables that it reads."""
        self.backend._run_pre_execute_hooks(rows)  # `compile` alone leaves them out
        return str(self.backend.compile(rows))


def _column_ddl(column: Column, is_required: bool) -> str:
    return f"{quote_identifier(column.name)} {column.dtype}{' NOT NULL' if is_required else ''}"


def _table_comment(contract: TableContract) -> str:
    key = f" Key: {', '.join(contract.key)}." if contract.key else ""
    return f"{contract.meaning} One row: {contract.grain}.{key}"


def attach_databases(
    connection: duckdb.DuckDBPyConnection, folder: Path, vault_key: str, *, read_only: bool = False
) -> None:
    """Opens both database files of a data folder on a connection of `open_engine`.

    Raises:
        WarehouseBusyError: A program that does not know the lock, such as a notebook, has a file open.
        WrongKeyError: The vault has another key.
    """
    for database in DATABASES:
        key = vault_key if database == VAULT else None
        attach_file(connection, folder / f"{database}.duckdb", database, key, read_only=read_only)


@contextlib.contextmanager
def open_session(
    folder: Path,
    pseudonym_key: bytes,
    connection_config: Mapping[str, Any] | None = None,
    *,
    vault_key: str | None = None,
    say: Callable[[str], None] = _LOG.info,
) -> Iterator[Session]:
    """Opens both database files of a data folder; the caller holds the lock.

    Args:
        folder: Data folder; the files are created where they do not exist.
        pseudonym_key: Key of the pseudonyms.
        connection_config: DuckDB settings such as `memory_limit` and `threads`.
        vault_key: Configured key of the vault; that of the folder where there is none.
        say: Called with one line where the vault had to be encrypted first.

    Raises:
        WarehouseBusyError: A program that does not know the lock, such as a notebook, has a file open.
        SecretKeyError: The key of the vault is lost.
        EncryptionError: The vault has another key, or the engine cannot encrypt.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spill = folder / "spill"
    # What a killed run spilled helps nobody; that of earlier versions was readable.
    shutil.rmtree(spill, ignore_errors=True)
    key = unlock_vault(folder, vault_key, say)
    connection = open_engine(spill, connection_config)
    try:
        attach_databases(connection, folder, key)
        install_pseudonym_function(connection, pseudonym_key)
        yield Session(connection)
    finally:
        connection.close()
