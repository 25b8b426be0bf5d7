"""Reading the published tables: Parquet files, never the live warehouse."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import CHECK_RESULT


def scan_published(folder: Path, contract: TableContract) -> pl.LazyFrame:
    """Returns a published table lazily, with the contract's columns also where earlier versions published without one.

    One that is not published yet has no rows.
    """
    files = sorted((folder / contract.layer / contract.name).glob("*.parquet"))
    if not files:
        return pl.LazyFrame(schema=dict.fromkeys(contract.column_names, pl.Null))
    rows = pl.concat([pl.scan_parquet(file) for file in files], how="diagonal_relaxed")
    published = rows.collect_schema().names()
    return rows.with_columns(pl.lit(None).alias(name) for name in contract.column_names if name not in published)


def scan_failures(folder: Path) -> pl.LazyFrame:
    """Returns the rows of `quality.check_result` that did not pass; those of earlier versions are no warnings."""
    failed = scan_published(folder, CHECK_RESULT).filter(~pl.col("passed").cast(pl.Boolean))
    return failed.with_columns(pl.col("is_warning").cast(pl.Boolean).fill_null(False))


def count_rows(folder: Path, contract: TableContract) -> int:
    """Returns the number of rows of a published table, from the files' footers."""
    return int(scan_published(folder, contract).select(pl.len()).collect().item())
