"""The simulated province: its delivered files."""

from __future__ import annotations

import argparse
import shutil
from datetime import date
from pathlib import Path

from benchmarks.measure import report_facts, timed
from govbiz_assets.contracts.month import add_months

FIRST_MONTH = date(2024, 1, 1)
# A simulated customer has 1.6 accounts on average.
ACCOUNTS_PER_CUSTOMER = 1.6


def province_months(count: int) -> list[date]:
    """Returns the first months of the province."""
    return [add_months(FIRST_MONTH, index) for index in range(count)]


def main() -> None:
    """Writes the deliveries of a province of about that many accounts."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--months", type=int, required=True)
    parser.add_argument("--landing", type=Path, required=True)
    arguments = parser.parse_args()

    from govbiz_assets.simulate import SimulationParams, simulate_province

    shutil.rmtree(arguments.landing, ignore_errors=True)
    # No twins and no changes of identity: the peers know no organisations, only customer numbers.
    params = SimulationParams(
        customers=max(1, round(arguments.accounts / ACCOUNTS_PER_CUSTOMER)),
        months=arguments.months,
        duplicate_customer_rate=0,
        identity_rate=0,
    )
    seconds, summary = timed(lambda: simulate_province(params, arguments.landing))
    for path in arguments.landing.rglob("抄表记录_*.csv"):
        path.unlink()  # no peer resolves the readings of meters
    size = sum(path.stat().st_size for path in arguments.landing.rglob("*") if path.is_file())
    report_facts(
        seconds,
        rows=sum(summary.rows.values()),
        channels=summary.rows,
        customers=summary.customers,
        accounts=summary.accounts,
        megabytes=round(size / 1e6, 1),
    )


if __name__ == "__main__":
    main()
