"""The comparison of data folders notices what it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from govbiz_assets.warehouse.engine import open_engine
from govbiz_assets.warehouse.session import DATABASES, attach_databases
from govbiz_assets.warehouse.vault import unlock_vault
from govbiz_assets_tests.scenario import FIRST, Digest, changed_months, differences, digest, up_to

ROWS = "(DATE '2024-01-01', 'a', 1.5), (DATE '2024-01-01', NULL, 2.0), (DATE '2024-02-01', 'b', 3.0)"


def digest_of(folder: Path, change: str = "", rows: str = ROWS) -> Digest:
    folder.mkdir()
    with open_engine(folder / "spill") as connection:
        attach_databases(connection, folder, unlock_vault(folder, None, print))
        for database in DATABASES:
            connection.execute(f"CREATE SCHEMA {database}.layer; USE {database}.layer")
            connection.execute("CREATE TABLE layer.rows (month DATE, name VARCHAR, value DOUBLE)")
            connection.execute(f"INSERT INTO layer.rows VALUES {rows}")
            connection.execute("CREATE TABLE layer.list (code VARCHAR); INSERT INTO layer.list VALUES ('x')")
            if database == "warehouse" and change:
                connection.execute(change)
    return digest(folder)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("UPDATE layer.rows SET value = 1.5000000000000002 WHERE value = 1.5", "rows 2024-01"),
        ("UPDATE layer.rows SET name = 'null' WHERE name IS NULL", "rows 2024-01"),
        ("UPDATE layer.rows SET name = '' WHERE name IS NULL", "rows 2024-01"),
        ("UPDATE layer.rows SET name = 'a ' WHERE name = 'a'", "rows 2024-01"),
        ("INSERT INTO layer.rows SELECT * FROM layer.rows WHERE name = 'b'", "rows 2024-02"),
        ("DELETE FROM layer.rows WHERE name = 'b'", "rows 2024-02"),
        ("UPDATE layer.list SET code = 'X'", "list -"),
        ("CREATE TABLE layer.more AS SELECT 1 AS one", "more -"),
    ],
)
def test_a_changed_cell_or_row_is_noticed_in_its_month(tmp_path: Path, change: str, place: str) -> None:
    before, after = digest_of(tmp_path / "before"), digest_of(tmp_path / "after", change)
    (difference,) = differences(before, after)
    assert difference.startswith(f"warehouse.layer.{place}: ")
    table, month = place.split()
    assert changed_months(before, after) == {f"warehouse.layer.{table}": {month}}


def test_the_order_of_rows_and_columns_and_tables_without_rows_make_no_difference(tmp_path: Path) -> None:
    before = digest_of(tmp_path / "before")
    turned = "(DATE '2024-02-01', 'b', 3.0), (DATE '2024-01-01', NULL, 2.0), (DATE '2024-01-01', 'a', 1.5)"
    assert differences(before, digest_of(tmp_path / "turned", rows=turned)) == []
    moved = "ALTER TABLE layer.rows RENAME TO old; CREATE TABLE layer.rows AS SELECT value, name, month FROM layer.old"
    assert differences(before, digest_of(tmp_path / "moved", f"{moved}; DROP TABLE layer.old")) == []
    assert differences(before, digest_of(tmp_path / "empty", "CREATE TABLE layer.none (month DATE)")) == []


def test_months_up_to_one_are_cut_out(tmp_path: Path) -> None:
    cut = up_to(digest_of(tmp_path / "folder"), FIRST)
    assert set(cut["warehouse.layer.rows"]) == {"2024-01"}
    assert set(cut["warehouse.layer.list"]) == {"-"}
