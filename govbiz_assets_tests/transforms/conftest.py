"""The engine of the tests, and a small province whose cleaned tables stand in it."""

from __future__ import annotations

import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets_tests.transforms.province import Province, build_province
from govbiz_assets_tests.transforms.tables import new_engine


@pytest.fixture(scope="session")
def engine() -> Backend:
    return new_engine()


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    return build_province(tmp_path_factory.mktemp("province"))
