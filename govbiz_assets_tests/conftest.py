"""What all tests of the whole chain share: one small province, and the data folder that one run makes of it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from govbiz_assets.pipeline import RunReport
from govbiz_assets.warehouse import engine
from govbiz_assets.warehouse.lock import hold_lock
from govbiz_assets_tests.scenario import FIRST, House, months_from, small_province

CUSTOMERS = 12
MONTHS = months_from(FIRST, 4)
# Folders whose files make whole runs and take a minute or more each.
LONG = {"pipeline", "automation", "ui"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: the cores then share out the short ones and end together.

    xdist would start files of few tests last, three minutes of a live server among them (`--no-loadscope-reorder`).
    """
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="session", autouse=True)
def settings_of_the_tests() -> Iterator[None]:
    """Settings of all runs, child processes too; one key of the pseudonyms, so that data folders can be compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOVBIZ_PSEUDONYM_KEY", "test")
        patch.delenv("GOVBIZ_VAULT_KEY", raising=False)  # each data folder has a key of its own
        # A dozen customers are quicker with one thread; runs of several threads are compared with these.
        patch.setenv("GOVBIZ_THREADS", "1")
        # Checking the signature of the OpenSSL module takes 0.1 s at each opening; test_engine.py checks it.
        patch.setitem(engine.CONFIG, "allow_unsigned_extensions", True)
        yield


@pytest.fixture(scope="session")
def months() -> list[date]:
    return MONTHS


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests, the same for all its workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def landing(shared: Path) -> Path:
    """Deliveries of a small province; no test changes them."""
    folder = shared / "province"
    with hold_lock(shared / "province.lock", "the tests", 300, on_wait=lambda _: None):
        if not folder.exists():
            small_province(shared / "unfinished", customers=CUSTOMERS, months=len(MONTHS)).rename(folder)
    return folder


@pytest.fixture(scope="session")
def made(landing: Path, shared: Path) -> tuple[House, RunReport]:
    """The province made in one range run, and the report of it; no test changes the folder.

    The first worker that asks makes it: a run takes half a minute.
    """
    house, kept = House(shared / "made", landing), shared / "made.pickle"
    with hold_lock(shared / "made.lock", "the tests", 300, on_wait=lambda _: None):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(house.run(MONTHS)))
    report = pickle.loads(kept.read_bytes())  # noqa: S301 - written above
    assert isinstance(report, RunReport)
    return house, report
