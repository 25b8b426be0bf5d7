"""Reading the published tables: Parquet files, never the live warehouse."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from govbiz_assets.contracts.table import TableContract


def scan_published(folder: Path, contract: TableContract) -> pl.LazyFrame:
    """Returns a published table lazily; one that is not published yet has no rows."""
    files = sorted((folder / contract.layer / contract.name).glob("*.parquet"))
    if not files:
        return pl.LazyFrame(schema=dict.fromkeys(contract.column_names, pl.Null))
    return pl.scan_parquet(files, missing_columns="insert", extra_columns="ignore")


def count_rows(folder: Path, contract: TableContract) -> int:
    """Returns the number of rows of a published table, from the files' footers."""
    return int(scan_published(folder, contract).select(pl.len()).collect().item())
