"""Measuring one piece of work in a process of its own: seconds, peak memory, load of the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_SAMPLE_SECONDS = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")
_RESULT = "GOVBIZ_BENCH_RESULT"


class WorkFailedError(Exception):
    """A measured process failed."""


@dataclass(frozen=True)
class Measurement:
    """What one run of one piece of work took.

    Attributes:
        name: What was measured.
        seconds: Seconds of the work itself, by the work's own clock: starting Python is not part of it.
        process_seconds: Seconds from the start of the process to its end.
        cpu_seconds: Seconds that the process and the children it waited for kept a core busy; a neighbour on the
            machine lengthens the others, hardly this one.
        peak_mb: Largest memory: of the process by the kernel's account, or of all its processes together, sampled
            five times a second, where that is more (Spark's work is done by a Java process).
        load_before: Load average of the last minute when it began.
        load_after: The same when it ended.
        facts: What the work says about itself: rows, seconds of its parts.
    """

    name: str
    seconds: float
    process_seconds: float
    cpu_seconds: float
    peak_mb: float
    load_before: float
    load_after: float
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the measurement as JSON takes it."""
        return asdict(self)


def run_measured(
    name: str,
    module: str,
    arguments: Sequence[str | Path | int],
    *,
    python: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Measurement:
    """Runs `python -m module arguments` and measures it from outside.

    Args:
        name: What is measured.
        module: Module to run; it reports by `report_facts`.
        arguments: Its command line.
        python: Interpreter; this one where none is given.
        environment: Variables added to this process's environment.

    Raises:
        WorkFailedError: The process failed; the message holds the end of its output.
    """
    command = [str(python or sys.executable), "-m", module, *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        result, log = Path(folder) / "result.json", Path(folder) / "log.txt"
        variables = {**os.environ, **(environment or {}), _RESULT: str(result)}
        load_before, started = os.getloadavg()[0], time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT)
            sampler = _TreeSampler(process.pid)
            with sampler:
                _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process_seconds = time.perf_counter() - started
        if process.returncode or not result.exists():
            tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise WorkFailedError(f"{name}: {' '.join(command)} ended with {process.returncode}\n{tail}")
        facts = json.loads(result.read_text(encoding="utf-8"))
    measurement = Measurement(
        name=name,
        seconds=round(facts.pop("seconds"), 3),
        process_seconds=round(process_seconds, 3),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mb=round(max(usage.ru_maxrss / 1024, sampler.peak_bytes / 2**20), 1),
        load_before=round(load_before, 2),
        load_after=round(os.getloadavg()[0], 2),
        facts=facts,
    )
    print(
        f"- {name}: {measurement.seconds:,.1f} s, {measurement.cpu_seconds:,.0f} CPU s, {measurement.peak_mb:,.0f} MB, "
        f"load {measurement.load_before} to {measurement.load_after}",
        flush=True,
    )
    return measurement


def report_facts(seconds: float, **facts: Any) -> None:
    """Hands the result of a measured process to the process that measures it; prints it where nobody does."""
    text = json.dumps({"seconds": seconds, **facts}, ensure_ascii=False, indent=2)
    target = os.environ.get(_RESULT)
    if target:
        Path(target).write_text(text, encoding="utf-8")
    else:
        print(text)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the seconds that a call took, and its result."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


class _TreeSampler:
    """Adds up the resident memory of a process and its descendants while the block runs."""

    def __init__(self, root: int) -> None:
        self.peak_bytes = 0
        self._root = root
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _TreeSampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, _tree_bytes(self._root))


def _tree_bytes(root: int) -> int:
    resident: dict[int, int] = {}
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            pages = (entry / "statm").read_text(encoding="utf-8").split()[1]
        except OSError:
            continue
        pid = int(entry.name)
        parents[pid] = int(stat.rpartition(")")[2].split()[1])
        resident[pid] = int(pages) * _PAGE
    members = {root}
    grown = True
    while grown:
        found = {pid for pid, parent in parents.items() if parent in members} - members
        members |= found
        grown = bool(found)
    return sum(resident.get(pid, 0) for pid in members)
