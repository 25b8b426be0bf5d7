"""The months that a run asks an asset for. Assets work on the whole window, never on a single partition key."""

from __future__ import annotations

from datetime import date

import dagster as dg

from govbiz_assets.contracts.month import months_between


def run_months(context: dg.AssetExecutionContext) -> list[date]:
    """Returns the first days of the months of the run's partition window."""
    window = context.partition_time_window
    return months_between(window.start.date(), window.end.date())
