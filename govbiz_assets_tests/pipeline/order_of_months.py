"""Compares the tables of one province whose months were made in different orders, and prints what each order took.

    python -m govbiz_assets_tests.pipeline.order_of_months --months 24 --customers 12

The tests do the same with fewer months: single runs of 24 months take many minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from govbiz_assets_tests.scenario import FIRST, House, differences, months_from, small_province

Orders = Mapping[str, Sequence[Sequence[date]]]


def orders_of(months: Sequence[date]) -> Orders:
    """Runs of each order: every run a range of months."""
    third = len(months) // 3
    return {
        "range": [months],
        "forward": [[month] for month in months],
        "reverse": [[month] for month in reversed(months)],
        "twice": [months, months[third : 2 * third], [months[0]]],
    }


def compare_orders(folder: Path, months: Sequence[date], customers: int, names: Sequence[str]) -> list[str]:
    """Makes the months in each order and returns what differs from the range run."""
    landing = small_province(folder / "landing", customers=customers, months=len(months))
    found, expected = [], None
    for name in names:
        house = House(folder / name, landing)
        for run in orders_of(months)[name]:
            started = time.perf_counter()
            report = house.run(run)
            seconds = time.perf_counter() - started
            span = f"{run[0]:%Y-%m}..{run[-1]:%Y-%m}"
            print(f"{name:8} {span} {seconds:6.1f} s, {report.steps} steps {report.errors or ''}", flush=True)  # noqa: T201
            found += [f"{name} {span}: {error}" for error in report.errors]
        digest = house.digest()
        expected = expected or digest
        found += [f"{name}: {line}" for line in differences(expected, digest)]
    return found


def main() -> int:
    """Prints times and differences; 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--customers", type=int, default=12)
    parser.add_argument("--orders", nargs="+", default=list(orders_of([FIRST])), choices=list(orders_of([FIRST])))
    options = parser.parse_args()
    os.environ["GOVBIZ_PSEUDONYM_KEY"] = "test"
    with tempfile.TemporaryDirectory(prefix="govbiz-order-") as folder:
        months = months_from(FIRST, options.months)
        found = compare_orders(Path(folder), months, options.customers, options.orders)
    for line in found:
        print(line)  # noqa: T201
    print(f"{len(found)} differences")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
