"""What other processes do in the tests: hold the lock, write a month and be killed, read what is published."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.backends.duckdb

from govbiz_assets.contracts.tables_source import SET_ASIDE
from govbiz_assets.warehouse.engine import CONFIG, attach_file, open_engine
from govbiz_assets.warehouse.keys import read_key
from govbiz_assets.warehouse.lock import WarehouseBusyError, hold_lock
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.publish import publish_months, publish_views
from govbiz_assets.warehouse.records import Records, Split, write_records
from govbiz_assets.warehouse.session import Session, attach_databases
from govbiz_assets.warehouse.vault import KEY_FILE, VAULT_FILE
from govbiz_assets_tests.warehouse.trial import JANUARY, TRIAL, house

LOCK = "warehouse.lock"
CHANNEL = "usage"
KEPT = replace(TRIAL, name="kept")
PATIENCE_SECONDS = 30.0
CONFIG["allow_unsigned_extensions"] = True  # as in conftest.py, for the other processes
_PROCESSES = multiprocessing.get_context("forkserver")
# What a write loads is loaded before the processes fork, so that a write's time is its own and not that of imports.
_PROCESSES.set_forkserver_preload(
    ["pytest", "pandas", "pyarrow.compute", "polars", "ibis.backends.duckdb.converter", "ibis.formats.polars", __name__]
)


@contextmanager
def running(work: Callable[..., None], *arguments: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    """Runs work in a process of its own, which talks through a pipe and is gone after the block."""
    here, there = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=work, args=(*arguments, there), daemon=True)
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        here.close()
        process.kill()
        process.join()


def hear(pipe: Connection) -> Any:
    """Next message of a process, or a failure where it says nothing."""
    assert pipe.poll(PATIENCE_SECONDS), "the process says nothing"
    return pipe.recv()


def take_lock(folder: Path, owner: str, timeout_seconds: float, pipe: Connection) -> None:
    """Asks for the lock, tells what happens, and keeps what it got until the other end says a word or hangs up."""
    try:
        with hold_lock(folder / LOCK, owner, timeout_seconds, on_wait=lambda text: pipe.send(("waiting", text))):
            pipe.send(("held", ""))
            with suppress(EOFError):
                pipe.recv()
        pipe.send(("released", ""))
    except WarehouseBusyError as error:
        pipe.send(("refused", str(error)))
    with suppress(EOFError):
        pipe.recv()


def open_files(folder: Path, pipe: Connection) -> None:
    """Opens both files for writing, as a program does that knows nothing of the lock."""
    key = read_key(folder / KEY_FILE, "-")
    try:
        with open_engine(folder / "spill") as connection:
            attach_databases(connection, folder, key)
        pipe.send("opened")
    except WarehouseBusyError as error:
        pipe.send(str(error))


def keep_vault_open(folder: Path, pipe: Connection) -> None:
    """Keeps the vault open for reading, as a notebook does."""
    with open_engine(folder / "spill") as connection:
        attach_file(connection, folder / VAULT_FILE, "vault", read_key(folder / KEY_FILE, "-"), read_only=True)
        pipe.send("open")
        with suppress(EOFError):
            pipe.recv()


def can_be_opened(folder: Path) -> bool:
    """True where another process can open both files for writing right now."""
    with running(open_files, folder) as (_, pipe):
        return bool(hear(pipe) == "opened")


def generation_rows(session: Session, generation: int, count: int, month: date = JANUARY) -> ibis.Table:
    """Rows of a month that all carry the generation, computed by the engine."""
    return session.backend.sql(
        f"SELECT DATE '{month}' AS month, 'a' || (n * 7919 % {count}) AS account_id, "
        f"(n % 1000)::DECIMAL(18, 3) AS kwh_peak, {generation}::BIGINT AS read_days, n AS row_no "
        f"FROM range({count}) AS numbers(n)"
    )


def write_month(session: Session, published: Path, generation: int, count: int, tell: Callable[[str], None]) -> None:
    """Replaces January of the trial table by a generation, and publishes it."""
    replace_months(session, TRIAL, generation_rows(session, generation, count).drop("row_no"), [JANUARY])
    tell("stored")
    publish_months(session, TRIAL, [JANUARY], published)
    publish_views(published)
    tell("published")


def write_split(session: Session, published: Path, generation: int, count: int, tell: Callable[[str], None]) -> None:
    """Writes a generation of records: a half is kept, a quarter set aside, a quarter quarantined."""

    def split(parsed: ibis.Table, repeated: ibis.Table) -> Split:
        place = parsed.row_no % 4
        common = {"channel": ibis.literal(CHANNEL), "source_file": ibis.literal("usage.csv")}
        generation_text = parsed.read_days.cast("string")
        return Split(
            kept=parsed.filter(place < 2).drop("row_no"),
            set_aside=parsed.filter(place == 2).select(
                "month",
                "row_no",
                **common,
                disposition=ibis.literal("duplicate"),
                kept_source_file=generation_text,
                kept_row_no=parsed.row_no,
            ),
            quarantined=parsed.filter(place == 3).select(
                "month",
                "row_no",
                **common,
                rule=ibis.literal("unparsable"),
                reason=generation_text,
                record_json=ibis.literal("{}"),
            ),
        )

    rows = generation_rows(session, generation, count)
    write_records(
        session, KEPT, Records(CHANNEL, rows, lambda raw: raw, lambda parsed: parsed.limit(0), split), [JANUARY]
    )
    tell("stored")
    for contract in (SET_ASIDE, KEPT):
        publish_months(session, contract, [JANUARY], published)
    publish_views(published)
    tell("published")


WRITERS = {"replace_months": write_month, "write_records": write_split}


def run_writer(kind: str, folder: Path, generation: int, count: int, tell: Callable[[str], None]) -> None:
    """Writes one generation as a run does: lock, session, write, publish, close."""
    with (
        hold_lock(folder / LOCK, f"generation {generation}", PATIENCE_SECONDS, on_wait=tell),
        house(folder) as session,
    ):
        tell("opened")
        WRITERS[kind](session, folder / "published", generation, count, tell)
    tell("closed")


def write_and_wait(kind: str, folder: Path, generation: int, count: int, pipe: Connection) -> None:
    """Writes one generation, telling how far it is, and waits for the end."""
    pipe.send("started")
    run_writer(kind, folder, generation, count, pipe.send)
    with suppress(EOFError):
        pipe.recv()


def read_until_told(folder: Path, pipe: Connection) -> None:
    """Reads the published month again and again, through the views and from its file, on old and new connections."""
    views, file = (
        folder / "published" / "warehouse.duckdb",
        folder / "published" / "cleaned" / "trial" / "2024-01.parquet",
    )
    facts = "SELECT count(*), min(read_days), max(read_days) FROM"
    seen: set[tuple[str, int, int, int]] = set()
    reads = 0
    with duckdb.connect(str(views), read_only=True, config={"threads": 1}) as old:
        pipe.send("reading")
        while not pipe.poll():
            with duckdb.connect(config={"threads": 1}) as fresh:
                fresh.execute(f"ATTACH '{views}' AS views (READ_ONLY)")
                for name, connection, source in (
                    ("view of an old connection", old, "cleaned.trial"),
                    ("view of a new connection", fresh, "views.cleaned.trial"),
                    ("file", fresh, f"read_parquet('{file}')"),
                ):
                    answer = connection.execute(f"{facts} {source} WHERE month = DATE '2024-01-01'").fetchone()
                    seen.add((name, *(answer or ())))
            reads += 1
    pipe.send((reads, seen))


def write_and_keep_open(folder: Path, generation: int, count: int, pipe: Connection) -> None:
    """Commits one generation and leaves the files open, so that it stands in the log only."""
    with house(folder) as session:
        session.connection.execute("SET checkpoint_threshold = '1GB'")
        replace_months(session, TRIAL, generation_rows(session, generation, count).drop("row_no"), [JANUARY])
        pipe.send("stored")
        with suppress(EOFError):
            pipe.recv()
