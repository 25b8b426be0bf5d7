from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import house


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with house(tmp_path) as opened:
        yield opened
