"""What all tests of the whole chain share: one small province, and the data folder that one run makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from govbiz_assets.pipeline import RunReport
from govbiz_assets.warehouse import engine
from govbiz_assets_tests.scenario import FIRST, House, months_from, small_province

CUSTOMERS = 12
MONTHS = months_from(FIRST, 4)
# Folders whose files make whole runs and take a minute or more each.
LONG = {"pipeline", "automation", "ui"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: the cores then share out the short ones and end together."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="session", autouse=True)
def pseudonym_key() -> Iterator[None]:
    """One key for all data folders, so that they can be compared; it reaches child processes too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOVBIZ_PSEUDONYM_KEY", "test")
        patch.delenv("GOVBIZ_VAULT_KEY", raising=False)  # each data folder has a key of its own
        # Checking the signature of the OpenSSL module takes 0.1 s at each opening; test_engine.py checks it.
        patch.setitem(engine.CONFIG, "allow_unsigned_extensions", True)
        yield


@pytest.fixture(scope="session")
def months() -> list[date]:
    return MONTHS


@pytest.fixture(scope="session")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries of a small province; no test changes them."""
    return small_province(tmp_path_factory.mktemp("province") / "landing", customers=CUSTOMERS, months=len(MONTHS))


@pytest.fixture(scope="session")
def made(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, RunReport]:
    """The province made in one range run, and the report of it; no test changes the folder."""
    house = House(tmp_path_factory.mktemp("made") / "data", landing)
    return house, house.run(MONTHS)
