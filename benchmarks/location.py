"""Loading the code location: `dagster definitions validate` on the project's and on an empty one, in turns."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import ROOT, report_facts

LOCATIONS = {"empty": "benchmarks.empty_location", "house": "govbiz_assets.definitions"}
DEFAULT_REPEATS = 9


def validate_seconds(module: str) -> float:
    """Runs `dagster definitions validate` on a module and returns the seconds from its start to its end.

    Raises:
        subprocess.CalledProcessError: The code location does not load.
    """
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-m", module]
    # A user's Python keeps what it compiled, also where this one was told not to.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env={**environment, "DAGSTER_HOME": ""}, capture_output=True, check=True)
    return time.perf_counter() - started


def median_seconds(repeats: int) -> dict[str, float]:
    """Returns the median of each code location; they take turns, so that a busy moment of the machine meets both."""
    for module in LOCATIONS.values():
        validate_seconds(module)
    seconds: dict[str, list[float]] = {name: [] for name in LOCATIONS}
    for _ in range(repeats):
        for name, module in LOCATIONS.items():
            seconds[name].append(validate_seconds(module))
    return {name: round(statistics.median(values), 3) for name, values in seconds.items()}


def main() -> None:
    """Compares loading the project's code location with loading an empty one."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeats", type=int, default=DEFAULT_REPEATS)
    arguments = parser.parse_args()
    started = time.perf_counter()
    medians = median_seconds(arguments.repeats)
    ratio = round(medians["house"] / medians["empty"], 2)
    report_facts(time.perf_counter() - started, medians=medians, ratio=ratio, repeats=arguments.repeats)


if __name__ == "__main__":
    main()
