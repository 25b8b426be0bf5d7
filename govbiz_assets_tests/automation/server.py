"""A live Dagster: web server, daemon and code location as processes of their own on a free port of 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govbiz_assets.settings import PROJECT_ROOT

LOCATION = {"repositoryLocationName": "govbiz_assets", "repositoryName": "__repository__"}


class DeadServerError(AssertionError):
    """The server ended, or a wait ran out; the message carries the end of its log."""


@dataclass
class Server:
    """A running server."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        """Asks the GraphQL API."""
        body = json.dumps({"query": text, "variables": variables}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/graphql", body, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found: dict[str, Any] = json.loads(answer.read())
        assert "errors" not in found, found["errors"]
        return dict(found["data"])

    def wait(self, what: str, seconds: float, found: Callable[[], Any]) -> Any:
        """Asks until there is an answer, for at most some seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise DeadServerError(f"the server ended with {self.process.returncode}: {self.tail()}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                if answer := found():
                    return answer
            time.sleep(0.25)
        raise DeadServerError(f"{what} did not come in {seconds:.0f} s: {self.tail()}")

    def tail(self) -> str:
        """The end of the log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the latest first."""
        text = "{ runsOrError { ... on Runs { results { runId status tags { key value } } } } }"
        runs = self.query(text)["runsOrError"]["results"]
        return [{**run, "tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in runs]

    def ticks(self, sensor: str) -> list[dict[str, Any]]:
        """The ticks of a sensor that have ended, the latest first."""
        text = """query ($selector: InstigationSelector!) { instigationStateOrError(instigationSelector: $selector) {
            ... on InstigationState { ticks(limit: 50) { tickId status endTimestamp runIds skipReason
            error { message } } } } }"""
        state = self.query(text, selector={**LOCATION, "name": sensor})["instigationStateOrError"]
        return [tick for tick in state.get("ticks", []) if tick["status"] != "STARTED"]


def free_port() -> int:
    """A port that nobody holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is one.

    Dagster's event log commits some two thousand times a run; on a busy disk that took two thirds of the time.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    is_roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 500_000_000
    with tempfile.TemporaryDirectory(dir=memory if is_roomy else None, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextlib.contextmanager
def serve(settings: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Runs `govbiz ui` in a process group of its own and ends that group."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOVBIZ_", "DAGSTER_"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "govbiz_assets.cli.main", "ui", "--port", str(port)],
            cwd=PROJECT_ROOT,
            env={**environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own, so that its children can be ended with it; and a shell that put the tests in the
            # background leaves SIGINT ignored, which Dagster would inherit and never end.
            start_new_session=True,
            preexec_fn=_listen_to_signals,
        )
        server = Server(f"http://127.0.0.1:{port}", log, process)
        try:
            server.wait("the code location", 90, lambda: _is_loaded(server))
            yield server
        finally:
            _end(process)


def _is_loaded(server: Server) -> bool:
    text = """{ workspaceOrError { ... on Workspace { locationEntries {
        loadStatus locationOrLoadError { __typename } } } } }"""
    entries = server.query(text)["workspaceOrError"].get("locationEntries", [])
    return bool(entries) and all(
        entry["loadStatus"] == "LOADED" and entry["locationOrLoadError"]["__typename"] == "RepositoryLocation"
        for entry in entries
    )


def _listen_to_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, seconds in ((signal.SIGINT, 15), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
