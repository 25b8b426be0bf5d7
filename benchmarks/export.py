"""Copies what the loaded raw layer and the reference tables hold to Parquet, for the peer that reads no DuckDB file."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from benchmarks.measure import report_facts, timed
from govbiz_assets.warehouse.engine import open_engine
from govbiz_assets.warehouse.session import attach_databases
from govbiz_assets.warehouse.vault import unlock_vault


def export_inputs(data: Path, target: Path) -> None:
    """Writes one Parquet file per raw table and month, and one per reference table.

    Args:
        data: Data folder of the house in which the raw layer is loaded; it is only read.
        target: Folder that is made anew: `raw/<channel>/<month>.parquet`, `reference/<table>/all.parquet`.
    """
    shutil.rmtree(target, ignore_errors=True)
    with open_engine(data / "spill", {"memory_limit": "3GB", "threads": 2}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        attach_databases(connection, data, unlock_vault(data, None, print), read_only=True)
        tables = connection.execute(
            "SELECT database_name, schema_name, table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('raw', 'reference') ORDER BY ALL"
        ).fetchall()
        for database, schema, table in tables:
            source, folder = f"{database}.{schema}.{table}", target / schema / table
            folder.mkdir(parents=True)
            if schema == "reference":
                connection.execute(f"COPY {source} TO '{folder / 'all.parquet'}' (FORMAT parquet)")
                continue
            for (month,) in connection.execute(f"SELECT DISTINCT month FROM {source} ORDER BY month").fetchall():
                rows = f"(SELECT * FROM {source} WHERE month = DATE '{month}')"
                connection.execute(f"COPY {rows} TO '{folder / f'{month:%Y-%m}.parquet'}' (FORMAT parquet)")


def main() -> None:
    """Writes the inputs of the Spark job."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    seconds, _ = timed(lambda: export_inputs(arguments.data, arguments.out))
    size = sum(path.stat().st_size for path in arguments.out.rglob("*.parquet"))
    report_facts(seconds, megabytes=round(size / 1e6, 1))


if __name__ == "__main__":
    main()
