"""Dagster's history files stay open while a run writes to them, and are let go with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from govbiz_assets.warehouse.history import history_kept_open


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "history" / "runs"
    folder.mkdir(parents=True)
    for name in ("index", "run-1", "run-2"):
        with sqlite3.connect(folder / f"{name}.db") as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE events (id INTEGER)")
        connection.close()
    return tmp_path


def write_event(home: Path, name: str) -> bool:
    """Writes as Dagster does, by a connection of its own; true where the file's log outlives it."""
    path = home / "history" / "runs" / f"{name}.db"
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO events VALUES (1)")
    connection.close()
    return path.with_name(f"{name}.db-wal").exists()


def test_the_log_of_the_runs_files_is_not_folded_in_with_every_event(home: Path) -> None:
    with history_kept_open(home, "run-1"):
        assert [write_event(home, name) for name in ("index", "run-1", "run-2")] == [True, True, False]
    assert [write_event(home, name) for name in ("index", "run-1")] == [False, False]


def test_events_are_seen_by_others_at_once_and_kept(home: Path) -> None:
    with history_kept_open(home, "run-1"):
        write_event(home, "run-1")
        with sqlite3.connect(home / "history" / "runs" / "run-1.db") as other:
            assert other.execute("SELECT count(*) FROM events").fetchone() == (1,)
        other.close()
    write_event(home, "run-1")
    with sqlite3.connect(home / "history" / "runs" / "run-1.db") as after:
        assert after.execute("SELECT count(*) FROM events").fetchone() == (2,)
    after.close()


def test_a_history_elsewhere_is_no_error_and_makes_no_file(tmp_path: Path) -> None:
    with history_kept_open(tmp_path, "run-1"):
        assert list(tmp_path.iterdir()) == []


def waits_for_the_disk(path: Path) -> bool:
    """True where a connection as Dagster makes them waits for the disk with every commit."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    engine.dispose()
    return level == 2


def test_only_the_history_and_only_while_the_run_lasts_commits_without_waiting_for_the_disk(home: Path) -> None:
    run, elsewhere = home / "history" / "runs" / "run-1.db", home / "schedules.db"
    with history_kept_open(home, "run-1"):
        assert not waits_for_the_disk(run)
        assert waits_for_the_disk(elsewhere)
    assert waits_for_the_disk(run)
