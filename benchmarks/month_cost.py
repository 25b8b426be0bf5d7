"""What one more month costs: raw, cleaned and features of month 13 beside month 24, on top of all months before."""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from pathlib import Path

from benchmarks.house import CLEANED, FEATURES, RAW, copy_folder
from benchmarks.measure import Measurement, report_facts, run_measured

EARLY, LATE = 13, 24
LAYERS = (RAW, CLEANED, FEATURES)


def month_costs(landing: Path, folder: Path, repeats: int) -> dict[int, list[Measurement]]:
    """Measures both months, each added several times to a copy of the data folder as it was before.

    Args:
        landing: Delivered files of at least LATE months.
        folder: Scratch folder, emptied first and last.
        repeats: How often each month is added.
    """
    shutil.rmtree(folder, ignore_errors=True)
    history, copy = folder / "history", folder / "copy"
    found: dict[int, list[Measurement]] = {}
    first = 1
    for month in (EARLY, LATE):
        _run(landing, history, first, month - 1)
        found[month] = []
        for _ in range(repeats):
            copy_folder(history, copy)
            found[month].append(_run(landing, copy, month, month))
        first = month
    shutil.rmtree(folder)
    return found


def _run(landing: Path, data: Path, first: int, last: int) -> Measurement:
    where = ("--data", data, "--landing", landing, "--first", first, "--last", last)
    return run_measured(f"months {first} to {last}", "benchmarks.house", [*where, "--layers", *LAYERS])


def main() -> None:
    """Compares what month 24 costs with what month 13 costs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    started = time.perf_counter()
    costs = month_costs(arguments.landing, arguments.folder, arguments.repeats)
    medians = {month: statistics.median(run.seconds for run in runs) for month, runs in costs.items()}
    parts = {
        month: {layer: statistics.median(run.facts["parts"][layer] for run in runs) for layer in LAYERS}
        for month, runs in costs.items()
    }
    peak_mb = max(run.peak_mb for runs in costs.values() for run in runs)
    ratio = round(medians[LATE] / medians[EARLY], 2)
    report_facts(time.perf_counter() - started, medians=medians, parts=parts, peak_mb=peak_mb, ratio=ratio)


if __name__ == "__main__":
    main()
