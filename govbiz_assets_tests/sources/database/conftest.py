from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govbiz_assets_tests.sources.database.server import Server, running_server
from govbiz_assets_tests.sources.database.trial import Trial


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for the tests of a worker."""
    with running_server() as server:
        yield server


@pytest.fixture
def trial(server: Server, tmp_path: Path) -> Iterator[Trial]:
    """An empty schema of that server, with a landing landscape of one channel over it."""
    server.admin("CREATE SCHEMA billing", "GRANT USAGE ON SCHEMA billing TO reader")
    yield Trial(server, tmp_path / "work")
    server.admin("DROP SCHEMA billing CASCADE")
