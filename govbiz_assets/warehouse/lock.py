"""One writer at a time, across processes.

DuckDB refuses a second process at once, without waiting. A run therefore takes a kernel lock before it opens a file:
the kernel frees it however the process ends, so a killed run never leaves the warehouse locked.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path


class WarehouseBusyError(Exception):
    """Another run held the warehouse for longer than the wait that was allowed."""


def read_holder(path: Path) -> str:
    """Returns who holds the lock, in words, as far as the holder wrote it down."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"{holder['owner']} (process {holder['pid']})"
    return "another process"


@contextlib.contextmanager
def hold_lock(path: Path, owner: str, timeout_seconds: float, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock file exclusively while the block runs.

    Args:
        path: The lock file; it is created and stays.
        owner: Who asks, in words; shown to those who wait.
        timeout_seconds: How long to wait for another holder.
        on_wait: Called once with a message when the lock is held by another.

    Raises:
        WarehouseBusyError: The wait ended without the lock; the message names the holder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        if not _try_lock(descriptor):
            on_wait(f"waiting for the warehouse, held by {read_holder(path)}")
            if not _wait_for_lock(descriptor, timeout_seconds):
                raise WarehouseBusyError(
                    f"{path}: the warehouse is still held by {read_holder(path)} after {timeout_seconds:.0f} s; "
                    "wait for that run, or raise GOVBIZ_LOCK_TIMEOUT_SECONDS"
                )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"owner": owner, "pid": os.getpid()}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_lock(descriptor: int, timeout_seconds: float) -> bool:
    """Blocks in the kernel, which queues waiters fairly; polling starved one side for ten seconds in a trial."""
    acquired = threading.Event()
    # The thread owns a duplicate: when the wait ends first, closing both descriptors drops the lock it may get later.
    duplicate = os.dup(descriptor)

    def wait() -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(duplicate, fcntl.LOCK_EX)
            acquired.set()
        os.close(duplicate)

    threading.Thread(target=wait, daemon=True, name="warehouse-lock").start()
    return acquired.wait(timeout_seconds)
