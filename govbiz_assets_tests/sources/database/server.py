"""A PostgreSQL server of Debian's package for the tests: on a free loopback port, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

BINARIES = Path("/usr/lib/postgresql")
READER, PASSWORD = "reader", "pass-word-of-the-reader"
VARIABLE = "GOVBIZ_DB_TRIAL"


@dataclass
class Server:
    """A running server; `admin` may do everything, `reader` may read what is granted and set no session up."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, account: str = READER, password: str = PASSWORD, database: str = "postgres") -> str:
        return f"postgresql://{account}:{password}@127.0.0.1:{self.port}/{database}"

    def admin(self, *statements: str) -> None:
        with psycopg.connect(self.url("admin"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def kill(self) -> None:
        """Ends the server at once, its sessions with it."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=30)


def binaries() -> Path:
    """Folder of the newest installed server, or a skipped test."""
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("no PostgreSQL server below /usr/lib/postgresql; install Debian's package postgresql")
    return found[-1].parent


@contextmanager
def running_server() -> Iterator[Server]:
    """A fresh server, ended by its own process id."""
    programs = binaries()
    # PostgreSQL refuses to run as root, and pytest's folders are closed to others.
    account = _unprivileged_account() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="govbiz-postgresql-"))
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if account is not None:
        for path in (folder, secret):
            shutil.chown(path, account)
    data, port = folder / "data", _free_port()
    server = [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
    process: subprocess.Popen[bytes] | None = None
    try:
        initialise = [programs / "initdb", "-D", data, "-U", "admin", "-A", "scram-sha-256", "-E", "UTF8"]
        options = ["--locale=C", f"--pwfile={secret}", "--no-sync", "--no-instructions"]
        subprocess.run([*initialise, *options], user=account, cwd=folder, check=True, capture_output=True, timeout=60)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(server, user=account, cwd=folder, stdout=log, stderr=log)
        started = Server(port, process)
        _wait_until_ready(programs, port, process)
        started.admin(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        yield started
    finally:
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_account() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(programs: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        if subprocess.run(ready, check=False).returncode == 0:
            return
    raise AssertionError("the server does not get ready")
