"""Where the real data lies, and frames that several tests read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Return a function that finds a real file, or skips the test with the path that is missing."""
    folder = Path(os.environ.get("GOVBIZ_REAL_DATA", REPOSITORY.parent / "shared" / "data"))

    def find(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip(f"real data absent: {folder / name} (set GOVBIZ_REAL_DATA)")
        return folder / name

    return find
