"""The engine of the tests, and a small province whose cleaned tables stand in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.warehouse.lock import hold_lock
from govbiz_assets_tests.transforms.province import Province, build_province, open_province
from govbiz_assets_tests.transforms.tables import new_engine


@pytest.fixture(scope="session")
def engine() -> Backend:
    return new_engine()


@pytest.fixture(scope="session")
def province(shared: Path) -> Province:
    """A province in an engine of its own; the first worker that asks simulates and cleans it."""
    folder = shared / "cleaned_province"
    with hold_lock(shared / "cleaned_province.lock", "the tests", 300, on_wait=lambda _: None):
        if not folder.exists():
            build_province(shared / "unfinished_province")
            (shared / "unfinished_province").rename(folder)
    return open_province(folder)
