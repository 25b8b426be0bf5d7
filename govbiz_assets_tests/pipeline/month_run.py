"""Makes months of a data folder in a process of its own; reports on the last line as JSON."""

from __future__ import annotations

import json
import sys
from datetime import date
from functools import partial
from pathlib import Path

import dagster as dg

from govbiz_assets.pipeline import run_months
from govbiz_assets_tests.scenario import House

if __name__ == "__main__":
    folder, landing, *months = sys.argv[1:]
    settings = House(Path(folder), Path(landing)).settings
    chosen = [date.fromisoformat(month) for month in months]
    report = run_months(settings, chosen, dg.DagsterInstance.ephemeral(), on_message=partial(print, flush=True))
    print(json.dumps({"errors": report.errors, "is_good": report.is_good}))  # noqa: T201
