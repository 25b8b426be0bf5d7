"""Tables that a linkage makes on its way; they fall when it ends."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    # Ibis reads the SQL dialects of all its backends with the first of them, 0.1 s for each code location that loads.
    from ibis.backends.duckdb import Backend


class Workspace:
    """Temporary tables under names that nobody else has.

    Attributes:
        backend: The engine that the caller opened.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._prefix = f"linkage_{uuid.uuid4().hex[:8]}_"
        self._names: list[str] = []

    def keep(self, name: str, rows: ibis.Table) -> ibis.Table:
        """Computes rows once.

        Args:
            name: What the rows are; used once.
            rows: Rows to compute.
        """
        full_name = self.full_name(name)
        self._names.append(full_name)
        return self.backend.create_table(full_name, rows, temp=True)

    def full_name(self, name: str) -> str:
        """Returns the table's name in the engine."""
        return self._prefix + name

    def drop(self) -> None:
        """Drops every table that was kept."""
        while self._names:
            # The backend's own drop_table writes a statement that the engine refuses (Ibis 12, SQLGlot 30).
            self.backend.raw_sql(f'DROP TABLE IF EXISTS "{self._names.pop()}"')

    @contextlib.contextmanager
    def one_thread(self) -> Iterator[None]:
        """Runs the block on one thread.

        Expectation maximisation adds floating point numbers up; threads would add them in any order, and two runs
        would differ in their last bits.
        """
        threads = self.backend.raw_sql("SELECT current_setting('threads')").fetchone()[0]
        self.backend.raw_sql("SET threads = 1")
        try:
            yield
        finally:
            self.backend.raw_sql(f"SET threads = {int(threads)}")
