"""From one analytics result per month to the tables of a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.table import TableContract


def concat_months(
    context: dg.AssetExecutionContext,
    results: Mapping[date, Any],
    *parts: tuple[TableContract, Callable[[Any], pl.DataFrame]],
) -> tuple[pl.DataFrame, ...]:
    """Stacks one frame per month and table, and shows the named reasons of months that have none.

    Args:
        context: The run.
        results: Result of each month, with a `reason` that is None where the stage could work.
        parts: Table and the frame of a result that belongs into it, without or with the `month` column.

    Returns:
        One frame per part, in their order.
    """
    frames = []
    for contract, frame_of in parts:
        monthly = [
            frame_of(result).with_columns(month=pl.lit(month, dtype=pl.Date)) for month, result in results.items()
        ]
        frames.append(pl.concat(monthly, how="vertical").select(c for c in contract.column_names))
    reasons = {month_name(month): result.reason for month, result in results.items() if result.reason}
    if reasons:
        for contract, _ in parts:
            context.add_output_metadata({"reasons": dict(reasons)}, output_name=contract.name)
    return tuple(frames)
