"""Writing a database file anew: rewritten months leave holes that VACUUM does not close."""

from __future__ import annotations

from pathlib import Path

import duckdb

from govbiz_assets.warehouse.sql import quote_literal


def compact_database(path: Path) -> None:
    """Replaces a database file by a copy of its content; the caller holds the lock.

    The copy appears whole or not at all: it is written beside the file and renamed over it.
    """
    temporary = path.with_name(f".{path.name}.compact")
    temporary.unlink(missing_ok=True)
    connection = duckdb.connect()
    try:
        connection.execute(f"ATTACH {quote_literal(str(path))} AS old_file")
        connection.execute(f"ATTACH {quote_literal(str(temporary))} AS new_file")
        connection.execute("COPY FROM DATABASE old_file TO new_file")
        connection.execute("DETACH new_file")
        connection.execute("DETACH old_file")
    finally:
        connection.close()
    temporary.replace(path)
