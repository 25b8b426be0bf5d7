"""The one monthly partitioning and what an asset may see of its inputs: the same month, or a trailing window.

What does not belong here: which asset uses which window; that stands with the asset.
"""

from __future__ import annotations

from datetime import date

import dagster as dg

from govbiz_assets.contracts.month import MONTH_FORMAT, add_months, month_name


def monthly_partitions(first: date, last: date | None) -> dg.MonthlyPartitionsDefinition:
    """Returns the months of a profile.

    Months are UTC partitions over a DATE column: with a local time zone the engine compared wall-clock bounds and a
    rewritten month kept its old rows.

    Args:
        first: First month.
        last: Last month, or None for every month that is complete today.
    """
    return dg.MonthlyPartitionsDefinition(
        start_date=month_name(first),
        end_date=month_name(add_months(last, 1)) if last else None,
        fmt=MONTH_FORMAT,
    )


# Longer than any archive: what was known of a customer number counts for as long as the house keeps it.
HISTORY_MONTHS = 240


def trailing_mapping(months: int) -> dg.TimeWindowPartitionMapping:
    """Maps a month to the window of that many months that ends with it, clipped at the first month."""
    return dg.TimeWindowPartitionMapping(start_offset=1 - months, allow_nonexistent_upstream_partitions=True)
