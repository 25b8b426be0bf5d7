"""Readers read snapshots: always whole months, never in the writer's way, never the vault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from govbiz_assets.contracts.catalog import TABLES
from govbiz_assets.contracts.column import count
from govbiz_assets.warehouse.publish import VIEWS_FILE, publish_months, publish_views
from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import CODES, FEBRUARY, JANUARY, MARCH, TRIAL, house, row, rows_frame, write
from govbiz_assets_tests.warehouse.workers import (
    hear,
    read_until_told,
    run_writer,
    running,
    write_and_wait,
    write_month,
)

ROWS = 60_000
GENERATIONS = range(2, 14)


def read_views(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / VIEWS_FILE), read_only=True) as views:
        return views.execute(query).fetchall()


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_reader_never_sees_half_a_month_while_the_writer_rewrites_it(tmp_path: Path) -> None:
    run_writer("replace_months", tmp_path, 1, ROWS, tell=lambda _: None)
    with running(read_until_told, tmp_path) as (_, pipe):
        assert hear(pipe) == "reading"
        with house(tmp_path) as session:
            for generation in GENERATIONS:
                write_month(session, tmp_path / "published", generation, ROWS, tell=lambda _: None)
        pipe.send("enough")
        reads, seen = hear(pipe)
    assert reads > 3
    halves = [one for one in seen if one[1] != ROWS or one[2] != one[3]]
    assert halves == []
    for reader in {name for name, *_ in seen}:
        assert len({generation for name, _, generation, *_ in seen if name == reader}) > 1, f"{reader} saw no change"
    assert len({name for name, *_ in seen}) == 3


def test_a_reader_in_the_middle_of_its_reading_does_not_hold_the_writer_up(tmp_path: Path) -> None:
    run_writer("replace_months", tmp_path, 1, ROWS, tell=lambda _: None)
    published = tmp_path / "published"
    with duckdb.connect(str(published / VIEWS_FILE), read_only=True, config={"threads": 1}) as reader:
        cursor = reader.execute("SELECT read_days FROM cleaned.trial")
        first = cursor.fetchmany(10)
        with running(write_and_wait, "replace_months", tmp_path, 2, ROWS) as (_, pipe):
            while (phase := hear(pipe)) != "closed":
                assert phase in ("started", "opened", "stored", "published")
        rest = cursor.fetchall()
        assert set(first + rest) == {(1,)}, "what was begun is read to its end as it was"
        assert len(first + rest) == ROWS
        assert reader.execute("SELECT DISTINCT read_days FROM cleaned.trial").fetchall() == [(2,)]


def test_each_month_is_a_file_and_a_table_without_months_is_one(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    write(session, [row(JANUARY), row(FEBRUARY), row(FEBRUARY, "a2")], [JANUARY, FEBRUARY])
    write(session, [{"code": "1"}], [], CODES)
    publish_months(session, TRIAL, [JANUARY, FEBRUARY, MARCH], published)
    publish_months(session, CODES, [], published)
    publish_views(published)
    assert names_in(published) == {
        "cleaned/trial/2024-01.parquet",
        "cleaned/trial/2024-02.parquet",
        "cleaned/trial/2024-03.parquet",
        "reference/code/all.parquet",
        VIEWS_FILE,
    }
    assert read_views(published, "SELECT month, count(*) FROM cleaned.trial GROUP BY 1 ORDER BY 1") == [
        (JANUARY, 1),
        (FEBRUARY, 2),
    ]
    frame = pl.read_parquet(published / "cleaned" / "trial" / "2024-03.parquet")
    assert frame.is_empty()
    assert tuple(frame.columns) == TRIAL.column_names


def test_a_month_that_was_not_asked_for_is_left_alone(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    write(session, [row(JANUARY), row(FEBRUARY)], [JANUARY, FEBRUARY])
    publish_months(session, TRIAL, [JANUARY, FEBRUARY], published)
    before = (published / "cleaned" / "trial" / "2024-01.parquet").stat()
    write(session, [row(FEBRUARY, "new")], [FEBRUARY])
    publish_months(session, TRIAL, [FEBRUARY], published)
    after = (published / "cleaned" / "trial" / "2024-01.parquet").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_equal_content_is_published_as_equal_bytes(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    frame = rows_frame([row(account_id=f"a{n:04}", read_days=n % 5) for n in range(2000)])
    files = []
    for seed in (1, 2):
        write(session, frame.sample(fraction=1, shuffle=True, seed=seed))
        publish_months(session, TRIAL, [JANUARY], published)
        files.append((published / "cleaned" / "trial" / "2024-01.parquet").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("contract", [t for t in TABLES if t.database == "vault"], ids=lambda c: c.full_name)
def test_a_table_of_the_vault_is_never_published(session: Session, tmp_path: Path, contract: object) -> None:
    published = tmp_path / "published"
    session.ensure_table(contract)  # type: ignore[arg-type]
    publish_months(session, contract, [JANUARY], published)  # type: ignore[arg-type]
    publish_views(published)
    assert names_in(published) == {VIEWS_FILE}
    assert read_views(published, "SELECT * FROM duckdb_views() WHERE NOT internal") == []


def test_what_a_killed_writer_left_is_not_read_and_does_not_stop_the_next(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    write(session, [row()])
    publish_months(session, TRIAL, [JANUARY], published)
    folder = published / "cleaned" / "trial"
    for name in (".2024-01.parquet.tmp", ".2024-02.parquet.tmp", "tmp_.2024-01.parquet.tmp"):
        (folder / name).write_bytes(b"half a file")
    for name in (f".{VIEWS_FILE}.tmp", f".{VIEWS_FILE}.tmp.wal"):
        (published / name).write_bytes(b"half a file")
    publish_views(published)
    assert read_views(published, "SELECT count(*) FROM cleaned.trial") == [(1,)]
    assert publish_months(session, TRIAL, [JANUARY, FEBRUARY], published) is None
    assert read_views(published, "SELECT count(*) FROM cleaned.trial") == [(1,)]
    assert not list(published.glob(f".{VIEWS_FILE}*"))


def test_the_writers_temporary_names_never_match_what_the_views_read(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    write(session, [row()])
    publish_months(session, TRIAL, [JANUARY], published)
    publish_views(published)
    folder = published / "cleaned" / "trial"
    (folder / ".2024-02.parquet.tmp").symlink_to(folder / "2024-01.parquet")
    (folder / "tmp_.2024-02.parquet.tmp").symlink_to(folder / "2024-01.parquet")
    assert read_views(published, "SELECT count(*) FROM cleaned.trial") == [(1,)]
    (folder / "2024-02.parquet").symlink_to(folder / "2024-01.parquet")
    assert read_views(published, "SELECT count(*) FROM cleaned.trial") == [(2,)], "a whole month is read at once"


def test_views_follow_new_columns_before_and_after_they_are_rewritten(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    write(session, [row(JANUARY)], [JANUARY])
    publish_months(session, TRIAL, [JANUARY], published)
    publish_views(published)
    wider = TRIAL.with_columns(count("visit_count", "Visits.", "visit"))
    write(session, rows_frame([row(FEBRUARY) | {"visit_count": 3}], visit_count=pl.Int64), [FEBRUARY], wider)
    publish_months(session, wider, [FEBRUARY], published)
    query = "SELECT month, visit_count FROM cleaned.trial ORDER BY month"
    expected = [(JANUARY, None), (FEBRUARY, 3)]
    assert read_views(published, query) == expected, "between the month and the end of the run"
    publish_views(published)
    assert read_views(published, query) == expected


def test_a_published_table_has_its_columns_in_the_order_of_the_contract(session: Session, tmp_path: Path) -> None:
    published = tmp_path / "published"
    narrow = replace(TRIAL, columns=tuple(c for c in TRIAL.columns if c.name != "share"))
    write(session, [row()], contract=narrow)
    session.ensure_table(TRIAL)
    publish_months(session, TRIAL, [JANUARY], published)
    assert tuple(pl.read_parquet(published / "cleaned" / "trial" / "2024-01.parquet").columns) == TRIAL.column_names


def test_views_work_in_folders_with_quotes_blanks_brackets_and_from_anywhere(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = replace(TRIAL, layer='it\'s "odd"', name="表 [1]*?")
    write(session, [row()], contract=odd)
    monkeypatch.chdir(tmp_path)
    published = Path('省 公司\'s "data" [1]*') / "published"
    publish_months(session, odd, [JANUARY], published)
    publish_views(published)
    absolute = published.resolve()
    monkeypatch.chdir("/")
    assert read_views(absolute, 'SELECT account_id FROM "it\'s ""odd"""."表 [1]*?"') == [("a1",)]


def test_nothing_published_yet_is_an_empty_file_of_views(tmp_path: Path) -> None:
    publish_views(tmp_path / "published")
    assert read_views(tmp_path / "published", "SELECT count(*) FROM duckdb_views() WHERE NOT internal") == [(0,)]
