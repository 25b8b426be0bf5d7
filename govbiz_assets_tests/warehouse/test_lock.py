"""One writer at a time: the second waits, is told for whom, and never waits for the dead."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest

from govbiz_assets.warehouse.lock import WarehouseBusyError, hold_lock, read_holder
from govbiz_assets_tests.warehouse.workers import LOCK, PATIENCE_SECONDS, hear, running, take_lock


def test_the_second_process_is_told_who_holds_the_lock_and_gets_it_next(tmp_path: Path) -> None:
    with running(take_lock, tmp_path, "run 一", PATIENCE_SECONDS) as (holder, held):
        assert hear(held)[0] == "held"
        with running(take_lock, tmp_path, "run 2", PATIENCE_SECONDS) as (waiter, waiting):
            assert hear(waiting) == ("waiting", f"waiting for the warehouse, held by run 一 (process {holder.pid})")
            assert not waiting.poll(), "it waits while the holder holds"
            held.send("release")
            assert hear(held)[0] == "released"
            assert hear(waiting)[0] == "held"
            assert read_holder(tmp_path / LOCK) == f"run 2 (process {waiter.pid})"


def test_the_wait_is_bounded_and_its_end_names_the_holder_and_a_remedy(tmp_path: Path) -> None:
    with running(take_lock, tmp_path, "run 1", PATIENCE_SECONDS) as (holder, held):
        hear(held)
        with (
            pytest.raises(WarehouseBusyError) as refusal,
            hold_lock(tmp_path / LOCK, "me", 0.2, on_wait=lambda _: None),
        ):
            pytest.fail("the lock was given twice")
    message = str(refusal.value)
    assert message == (
        f"{tmp_path / LOCK}: the warehouse is still held by run 1 (process {holder.pid}) after 0 s; "
        "wait for that run, or raise GOVBIZ_LOCK_TIMEOUT_SECONDS"
    )


def test_a_killed_holder_frees_the_lock_at_once(tmp_path: Path) -> None:
    with running(take_lock, tmp_path, "run 1", PATIENCE_SECONDS) as (holder, held):
        hear(held)
        with running(take_lock, tmp_path, "run 2", PATIENCE_SECONDS) as (_, waiting):
            assert hear(waiting)[0] == "waiting"
            holder.kill()
            assert hear(waiting)[0] == "held"


def descriptors_of(path: Path) -> list[str]:
    """The descriptors of this process that refer to a file; others come and go with pipes and garbage collection."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(f"/proc/self/fd/{descriptor}") == str(path):  # noqa: PTH115
                found.append(descriptor)
    return found


def test_a_wait_that_ended_leaves_neither_lock_nor_descriptor_behind(tmp_path: Path) -> None:
    with running(take_lock, tmp_path, "run 1", PATIENCE_SECONDS) as (_, held):
        hear(held)
        with pytest.raises(WarehouseBusyError), hold_lock(tmp_path / LOCK, "me", 0.1, on_wait=lambda _: None):
            pytest.fail("the lock was given twice")
        held.send("release")
        assert hear(held)[0] == "released"
        for thread in threading.enumerate():
            if thread.name == "warehouse-lock":
                thread.join(PATIENCE_SECONDS)
        assert descriptors_of(tmp_path / LOCK) == []
        # This process, whose wait ended, lives on; another one gets the lock nevertheless.
        with running(take_lock, tmp_path, "run 3", PATIENCE_SECONDS) as (_, third):
            assert hear(third)[0] == "held"


def test_a_free_lock_is_taken_without_a_word_and_freed_when_the_block_raises(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "it's 新"
    words: list[str] = []
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), hold_lock(folder / LOCK, "me", 0.1, on_wait=words.append):
            raise ZeroDivisionError
    assert words == []


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"owner": "x"}'])
def test_a_lock_file_that_names_nobody_is_read_as_another_process(tmp_path: Path, content: str) -> None:
    (tmp_path / LOCK).write_text(content, encoding="utf-8")
    assert read_holder(tmp_path / LOCK) == "another process"
    assert read_holder(tmp_path / "absent") == "another process"
