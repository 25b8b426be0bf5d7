"""One job per layer and one for everything."""

from __future__ import annotations

from typing import Any

import dagster as dg

from govbiz_assets.automation.restatement import RunSlice
from govbiz_assets.contracts.catalog import LAYERS
from govbiz_assets.contracts.month import month_name

EVERYTHING = "everything"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def build_jobs() -> list[Any]:
    """Returns the jobs; each takes a month or a range of months."""
    layers = [
        dg.define_asset_job(
            f"{layer}_layer", selection=dg.AssetSelection.groups(layer), description=f"All tables of the {layer} layer."
        )
        for layer in LAYERS
    ]
    return [
        *layers,
        dg.define_asset_job(EVERYTHING, description="All tables, from the delivered files to the forecasts."),
    ]


def slice_tags(run: RunSlice) -> dict[str, str]:
    """Returns the tags that make a run cover the months of a slice."""
    return {RANGE_START_TAG: month_name(run.first), RANGE_END_TAG: month_name(run.last)}


def slice_assets(run: RunSlice) -> list[dg.AssetKey] | None:
    """Returns the assets of a slice; None for all."""
    if run.tables is None:
        return None
    return [dg.AssetKey(name.split(".")) for name in sorted(run.tables)]
