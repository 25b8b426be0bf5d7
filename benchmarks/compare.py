"""Whether two ways of making the cleaned tables and the features say the same, cell by cell."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from govbiz_assets.contracts.catalog import TABLE_BY_NAME
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_cleaned import CLEANED_BY_CHANNEL
from govbiz_assets.warehouse.engine import open_engine
from govbiz_assets.warehouse.session import attach_databases
from govbiz_assets.warehouse.vault import unlock_vault

TOLERANCE = 1e-9
"""Largest difference of two floating point numbers, relative to the larger of them and of 1."""
# No peer makes the tables of channels that the benchmark's province does not deliver.
_ABSENT = {CLEANED_BY_CHANNEL[name].full_name for name in ("attribute", "label", "decision", "meter_read")}
COMPARED: tuple[str, ...] = (
    *(contract.full_name for contract in CLEANED_BY_CHANNEL.values() if contract.full_name not in _ABSENT),
    "cleaned.usage_monthly",
    "quality.quarantine",
    "quality.set_aside",
    "quality.row_account",
    "features.customer_monthly",
)
_RECORD_KEY = ("month", "channel", "source_file", "row_no")


@dataclass
class Comparison:
    """What came out of comparing tables.

    Attributes:
        rows: Rows of each table, of the house.
        cells: Compared cells of each table.
        differences: What differs, in words.
    """

    rows: dict[str, int] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


def compare_tables(house: Path, attach: str, source: Callable[[str], str], tables: tuple[str, ...]) -> Comparison:
    """Compares tables of the house with those of a peer.

    Args:
        house: Data folder of the house.
        attach: Statement that shows the peer's tables to the engine; empty where nothing is needed.
        source: Gives the peer's relation for `layer.table`.
        tables: Tables to compare.
    """
    comparison = Comparison()
    config = {"memory_limit": "4GB", "threads": 2}
    with open_engine(house / "compare.spill", config) as connection:
        attach_databases(connection, house, unlock_vault(house, None, print), read_only=True)
        if attach:
            connection.execute(attach)
        for name in tables:
            _compare(connection, TABLE_BY_NAME[name], source(name), comparison)
    return comparison


def _compare(connection: duckdb.DuckDBPyConnection, contract: TableContract, peer: str, comparison: Comparison) -> None:
    name, own = contract.full_name, f"{contract.database}.{contract.full_name}"
    key = tuple(dict.fromkeys(("month", *contract.key))) if contract.key else _RECORD_KEY
    values = [column for column in contract.columns if column.name not in key]
    ours, theirs = (_numbers(connection, f"SELECT count(*) FROM {rows}")[0] for rows in (own, peer))
    if ours != theirs:
        comparison.differences.append(f"{name}: {ours} rows against {theirs}")
    joined = f"own a JOIN theirs b ON {' AND '.join(f'a.{part} = b.{part}' for part in key)}"
    tests = [f"count_if(coalesce(NOT ({_is_same(column)}), true))" for column in values]
    totals = [0] * (3 + len(values))
    # Month by month: the join of a whole large table would not stay in memory.
    for (month,) in connection.execute(f"SELECT DISTINCT month FROM {own} ORDER BY month").fetchall():
        found = _numbers(
            connection,
            f"WITH own AS (SELECT * FROM {own} WHERE month = DATE '{month}'), "
            f"theirs AS (SELECT * FROM {peer} WHERE month = DATE '{month}') "
            f"SELECT (SELECT count(*) FROM (SELECT DISTINCT {', '.join(key)} FROM own)), "
            f"(SELECT count(*) FROM (SELECT DISTINCT {', '.join(key)} FROM theirs)), "
            f"{', '.join(['count(*)', *tests])} FROM {joined}",
        )
        totals = [total + number for total, number in zip(totals, found, strict=True)]
    our_keys, their_keys, matched, *differing = totals
    comparison.rows[name], comparison.cells[name] = ours, matched * len(contract.columns)
    if not our_keys == their_keys == matched == ours:
        comparison.differences.append(f"{name}: {ours} rows have {our_keys} and {their_keys} keys, {matched} in common")
    for column, count in zip(values, differing, strict=True):
        if count:
            comparison.differences.append(f"{name}.{column.name}: {count} of {matched} cells differ")


def _is_same(column: Column) -> str:
    same = f"a.{column.name} IS NOT DISTINCT FROM b.{column.name}"
    if column.dtype != "DOUBLE":
        return same
    largest = f"greatest(1, abs(a.{column.name}), abs(b.{column.name}))"
    return f"({same} OR abs(a.{column.name} - b.{column.name}) <= {TOLERANCE} * {largest})"


def _numbers(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    return connection.execute(query).fetchone() or ()


def compare_script(house: Path, script: Path) -> Comparison:
    """Compares every table that the hand-written script makes."""
    return compare_tables(house, f"ATTACH '{script}' AS peer (READ_ONLY)", "peer.{}".format, COMPARED)


def compare_spark(house: Path, folder: Path) -> Comparison:
    """Compares every table that the Spark job writes."""
    return compare_tables(
        house, "", lambda name: f"read_parquet('{folder / name.replace('.', '/')}/*.parquet')", COMPARED
    )


def show_comparison(title: str, comparison: Comparison) -> None:
    """Prints how many cells were compared, and what differs."""
    print(
        f"{title}: {sum(comparison.cells.values()):,} cells of {len(comparison.cells)} tables compared, "
        f"{len(comparison.differences)} differences"
    )
    for name, cells in comparison.cells.items():
        print(f"  {name:32} {comparison.rows[name]:>12,} rows {cells:>14,} cells")
    for difference in comparison.differences:
        print(f"  DIFFERS {difference}")


def main() -> None:
    """Compares the tables of the house with those of a peer."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--house", type=Path, required=True)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--spark", type=Path)
    arguments = parser.parse_args()
    found = []
    if arguments.script:
        found.append(compare_script(arguments.house, arguments.script))
        show_comparison("house and script", found[-1])
    if arguments.spark:
        found.append(compare_spark(arguments.house, arguments.spark))
        show_comparison("house and Spark", found[-1])
    if any(comparison.differences for comparison in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
