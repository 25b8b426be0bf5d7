"""Snapshots for readers: Parquet per table and month, replaced by rename, and a small file of views over them.

Readers never open the live file: a read-only handle on it would block every writer, and a writer every reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from govbiz_assets.contracts.sql import quote_identifier, quote_literal
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import quote_glob, table_path

VIEWS_FILE = "warehouse.duckdb"


def publish_months(session: Session, contract: TableContract, months: Sequence[date], folder: Path) -> None:
    """Writes the months of a warehouse table to `folder/layer/table/YYYY-MM.parquet`.

    Each file appears whole or not at all. Tables of the vault are never published.
    """
    if contract.database != "warehouse":
        return
    columns = ", ".join(quote_identifier(name) for name in contract.column_names)
    target = folder / contract.layer / contract.name
    target.mkdir(parents=True, exist_ok=True)
    slices = [(f"{month:%Y-%m}", month) for month in months] if contract.is_monthly else [("all", None)]
    for stem, month in slices:
        path = target / f"{stem}.parquet"
        temporary = target / f".{stem}.parquet.tmp"
        where = "" if month is None else f" WHERE month = DATE {quote_literal(month.isoformat())}"
        session.connection.execute(
            f"COPY (SELECT {columns} FROM {table_path(contract)}{where}) TO {quote_literal(str(temporary))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        temporary.replace(path)


def publish_views(folder: Path) -> None:
    """Rewrites `folder/warehouse.duckdb`: one view per published table over its Parquet files."""
    tables = sorted({(path.parent.parent.name, path.parent.name) for path in folder.glob("*/*/*.parquet")})
    temporary = folder / f".{VIEWS_FILE}.tmp"
    temporary.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(temporary))
    try:
        for layer, name in tables:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(layer)}")
            files = quote_glob(str(folder.resolve() / layer / name), "*.parquet")
            connection.execute(
                f"CREATE VIEW {quote_identifier(layer)}.{quote_identifier(name)} AS "
                f"SELECT * FROM read_parquet({files}, union_by_name = true)"
            )
    finally:
        connection.close()
    temporary.replace(folder / VIEWS_FILE)
