"""A process is killed at 20 random instants of a write: each table holds the old month or the new one, never a half."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import QUARANTINE, SET_ASIDE
from govbiz_assets.warehouse.pseudonym import load_key
from govbiz_assets.warehouse.resource import PROFILE_FILE, claim_folder
from govbiz_assets.warehouse.sql import table_path
from govbiz_assets_tests.warehouse.trial import FEBRUARY, TRIAL, house, row, write
from govbiz_assets_tests.warehouse.workers import KEPT, hear, run_writer, running, write_and_wait

KILLS = 20
# Writes that are to be killed are large and have odd generations; those that complete are small and even.
MANY, FEW = 160_000, 20_000
PHASES = ("started", "opened", "stored", "published", "closed")
# Per table the column that carries the generation, and the share of a generation's rows that it gets.
TABLES: dict[str, dict[TableContract, tuple[str, int]]] = {
    "replace_months": {TRIAL: ("read_days", 1)},
    "write_records": {
        QUARANTINE: ("reason", 4),
        SET_ASIDE: ("kept_source_file", 4),
        KEPT: ("read_days", 2),
    },
}


class Month(NamedTuple):
    """What stands in a month: its generation, told apart by its rows."""

    generation: int
    rows: int


def months_in(connection: duckdb.DuckDBPyConnection, source: str, column: str) -> list[Month]:
    """The generations that stand in January, which are one where the month is whole."""
    answer = connection.execute(
        f"SELECT {column}::BIGINT, count(*) FROM {source} WHERE month = DATE '2024-01-01' GROUP BY 1 ORDER BY 1"
    )
    return [Month(*one) for one in answer.fetchall()]


def rows_of(generation: int) -> int:
    return MANY if generation % 2 else FEW


def only(months: list[Month], share: int) -> int:
    """The generation of a month that is whole."""
    assert len(months) == 1, f"a half month: {months}"
    assert months[0].rows == rows_of(months[0].generation) // share
    return months[0].generation


def stored_generations(folder: Path, kind: str) -> dict[str, int]:
    with house(folder) as session:
        return {
            contract.full_name: only(months_in(session.connection, table_path(contract), column), share)
            for contract, (column, share) in TABLES[kind].items()
        }


def published_generations(folder: Path, kind: str) -> dict[str, int]:
    """Generations of the published months, read as a reader reads them."""
    with duckdb.connect(str(folder / "published" / "warehouse.duckdb"), read_only=True) as views:
        return {
            contract.full_name: only(months_in(views, contract.full_name, column), share)
            for contract, (column, share) in TABLES[kind].items()
            if contract.database == "warehouse"
        }


def instants(duration: float) -> Iterator[float]:
    """Seconds after the start, one at a random place of each part of the write and of the time after it."""
    chance = random.Random(20240101)  # noqa: S311
    parts = KILLS - 2
    for part in chance.sample(range(parts), parts):
        yield (part + chance.random()) / parts * duration * 1.2


def kill_one(kind: str, folder: Path, generation: int, wait: Callable[[], None] | None) -> str:
    """Starts a write in another process, kills it when the wait is over, and tells how far it had come."""
    with running(write_and_wait, kind, folder, generation, rows_of(generation)) as (process, pipe):
        phase = hear(pipe)
        if wait is None:
            while phase != "closed":
                phase = hear(pipe)
        else:
            wait()
        process.kill()
        process.join()
        while pipe.poll():
            try:
                phase = pipe.recv()
            except EOFError:
                break
    return str(phase)


def measure(kind: str, folder: Path) -> float:
    """Seconds of a whole large write over an earlier small one."""
    seconds = 0.0
    for generation in (2, 3):
        with running(write_and_wait, kind, folder, generation, rows_of(generation)) as (_, pipe):
            assert hear(pipe) == "started"
            start = time.perf_counter()
            while hear(pipe) != "closed":
                pass
            seconds = time.perf_counter() - start
    return seconds


@pytest.mark.parametrize("kind", TABLES)
def test_a_killed_write_leaves_the_old_month_or_the_new_one_and_the_next_run_completes(
    kind: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with house(tmp_path) as session:
        write(session, [row(FEBRUARY)], [FEBRUARY])
    duration = measure(kind, tmp_path)
    delays = list(instants(duration))
    waits: list[Callable[[], None] | None] = [lambda: None]  # at the start, before anything is opened
    waits += [lambda delay=delay: time.sleep(delay) for delay in delays]  # type: ignore[misc]
    waits += [None]  # after the end, when the process itself says so
    generation = 4
    run_writer(kind, tmp_path, generation, FEW, tell=lambda _: None)
    outcomes: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    for wait in waits:
        old, new = generation, generation + 1
        phases[kill_one(kind, tmp_path, new, wait)] += 1
        published = published_generations(tmp_path, kind)
        stored = stored_generations(tmp_path, kind)
        assert set(stored.values()) | set(published.values()) <= {old, new}
        assert all(published[name] <= stored[name] for name in published), "published before it was stored"
        assert len({stored[name] for name in published}) == 1, "kept and set aside change together"
        assert max(stored.values()) == stored.get(QUARANTINE.full_name, max(stored.values())), "the vault comes first"
        outcomes["new" if set(stored.values()) == {new} else "old" if set(stored.values()) == {old} else "between"] += 1
        generation = new + 1
        run_writer(kind, tmp_path, generation, FEW, tell=lambda _: None)
        assert set(stored_generations(tmp_path, kind).values()) == {generation}
        assert set(published_generations(tmp_path, kind).values()) == {generation}
    record_property("seconds of a write", round(duration, 3))
    record_property("kill instants in seconds", sorted(round(delay, 3) for delay in delays))
    record_property("phase reached", {phase: phases[phase] for phase in PHASES})
    record_property("what stood after the kill", dict(outcomes))
    assert sum(outcomes.values()) == KILLS
    assert outcomes["old"] > 0
    assert outcomes["new"] > 0
    assert phases["opened"] > 0, "no kill fell into the write itself"
    with house(tmp_path) as session:
        assert session.window(TRIAL, FEBRUARY, FEBRUARY.replace(month=3)).count().to_pyarrow().as_py() == 1


def test_a_folder_whose_first_run_was_killed_is_not_taken_for_another_profiles(tmp_path: Path) -> None:
    (tmp_path / f".{PROFILE_FILE}.tmp").write_text("sam", encoding="utf-8")
    claim_folder(tmp_path, "sample")
    claim_folder(tmp_path, "sample")
    assert (tmp_path / PROFILE_FILE).read_text(encoding="utf-8") == "sample\n"
    assert load_key(tmp_path, None) == load_key(tmp_path, None)
