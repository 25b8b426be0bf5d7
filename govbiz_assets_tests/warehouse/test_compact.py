"""A database file is written anew with everything that was in it, also what a killed run left beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from govbiz_assets.warehouse.compact import compact_database
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import CODES, FEBRUARY, JANUARY, TRIAL, accounts, house, row, stored, write
from govbiz_assets_tests.warehouse.workers import generation_rows, hear, running, write_and_keep_open


def described(session: Session) -> list[tuple[object, ...]]:
    """Every table and column with type, NOT NULL and comment."""
    return session.connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' UNION ALL "
        "SELECT schema_name, table_name, NULL, NULL, NULL, comment FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' ORDER BY ALL"
    ).fetchall()


def test_rows_types_and_comments_survive_and_the_holes_go(tmp_path: Path) -> None:
    folder = tmp_path / "it's 新"
    for month in (JANUARY, FEBRUARY):
        with house(folder) as session:
            replace_months(session, TRIAL, generation_rows(session, 1, 60_000, month).drop("row_no"), [month])
    with house(folder) as session:
        write(session, [row(JANUARY)])
        write(session, [{"code": "1"}], [], CODES)
        before, rows = described(session), stored(session)
    size = (folder / "warehouse.duckdb").stat().st_size
    compact_database(folder / "warehouse.duckdb")
    assert (folder / "warehouse.duckdb").stat().st_size < size
    with house(folder) as session:
        assert described(session) == before
        assert stored(session) == rows
        write(session, [row(JANUARY, "new")])
        assert accounts(session)[:1] == [(JANUARY, "new")]
        assert len(accounts(session)) == 60_001
    assert not list(folder.glob(".*"))


def test_rows_that_a_killed_run_left_in_the_log_survive(tmp_path: Path) -> None:
    with running(write_and_keep_open, tmp_path, 1, 5_000) as (process, pipe):
        assert hear(pipe) == "stored"
        process.kill()
        process.join()
    log = tmp_path / "warehouse.duckdb.wal"
    assert log.stat().st_size > 0, "the run left its rows in the log"
    compact_database(tmp_path / "warehouse.duckdb")
    assert not log.exists()
    with house(tmp_path) as session:
        assert len(accounts(session)) == 5_000


@pytest.mark.parametrize("content", [b"", b"half a file"])
def test_what_a_killed_compaction_left_does_not_stop_the_next(tmp_path: Path, content: bytes) -> None:
    with house(tmp_path) as session:
        write(session, [row()])
    for name in (".warehouse.duckdb.compact", ".warehouse.duckdb.compact.wal"):
        (tmp_path / name).write_bytes(content)
    compact_database(tmp_path / "warehouse.duckdb")
    with house(tmp_path) as session:
        assert accounts(session, TRIAL) == [(JANUARY, "a1")]
