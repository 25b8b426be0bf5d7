"""Writing a database file anew: without the holes of rewritten months that VACUUM leaves, or under another key."""

from __future__ import annotations

from pathlib import Path

import duckdb

from govbiz_assets.contracts.sql import quote_identifier
from govbiz_assets.warehouse.engine import attach_file, open_engine
from govbiz_assets.warehouse.files import replace_whole


class CopyError(Exception):
    """A copy of a database file is not like the file."""


def compact_database(path: Path, key: str | None = None) -> None:
    """Replaces a database file by a copy of its content; the caller holds the lock.

    Args:
        path: The file.
        key: Key of its encryption; None where it is not encrypted.
    """
    rewrite_database(path, key, key)


def rewrite_database(path: Path, key: str | None = None, new_key: str | None = None) -> None:
    """Replaces a database file by a copy of its content under another key; the caller holds the lock.

    The copy appears whole or not at all: it is written beside the file, counted, and renamed over it.

    Args:
        path: The file.
        key: Key that it is encrypted with; None where it is not.
        new_key: Key of the copy; None where it is not to be encrypted.

    Raises:
        CopyError: The copy has not the rows of the file, which stays as it was.
    """
    temporary = path.with_name(f".{path.name}.compact")
    for stale in (temporary, temporary.with_name(f"{temporary.name}.wal")):
        stale.unlink(missing_ok=True)
    connection = open_engine(path.parent / "spill")
    try:
        attach_file(connection, path, "old_file", key)
        attach_file(connection, temporary, "new_file", new_key)
        # Whatever a killed run left in the log moves into the file: a log under the old key would not fit the new file.
        connection.execute("CHECKPOINT old_file")
        connection.execute("COPY FROM DATABASE old_file TO new_file")
        connection.execute("CHECKPOINT new_file")
        if _row_counts(connection, "old_file") != _row_counts(connection, "new_file"):
            raise CopyError(f"{path}: its copy has other rows; the file stays as it was - check the disk and try again")
        connection.execute("DETACH new_file")
        connection.execute("DETACH old_file")
    finally:
        connection.close()
    replace_whole(temporary, path)


def _row_counts(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], int]:
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?", [database]
    ).fetchall()
    counts = {}
    for schema, table in tables:
        name = ".".join(quote_identifier(part) for part in (database, schema, table))
        row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
        counts[schema, table] = int(row[0]) if row else 0
    return counts
