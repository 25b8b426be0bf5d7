"""Makes months of a data folder in a process of its own; reports on the last line as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import date
from pathlib import Path

from govbiz_assets_tests.scenario import House

if __name__ == "__main__":
    folder, landing, *months = sys.argv[1:]
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    report = House(Path(folder), Path(landing)).run([date.fromisoformat(month) for month in months])
    print(json.dumps({"errors": report.errors, "is_good": report.is_good}))  # noqa: T201
