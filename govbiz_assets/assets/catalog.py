"""All assets of the house, in the order of the data's way through it."""

from __future__ import annotations

from collections.abc import Sequence

from govbiz_assets.assets.churn import CHURN_ASSETS
from govbiz_assets.assets.cleaned import cleaned_assets
from govbiz_assets.assets.clusters import CLUSTER_ASSETS
from govbiz_assets.assets.coverage import COVERAGE_ASSETS
from govbiz_assets.assets.features import FEATURE_ASSETS
from govbiz_assets.assets.forecasts import FORECAST_ASSETS
from govbiz_assets.assets.hierarchy import HIERARCHY_ASSETS
from govbiz_assets.assets.identity import IDENTITY_ASSETS
from govbiz_assets.assets.quality import QUALITY_ASSETS
from govbiz_assets.assets.raw import raw_assets
from govbiz_assets.assets.reference import REFERENCE_ASSETS
from govbiz_assets.assets.rules import RULE_ASSETS
from govbiz_assets.assets.table_asset import TableAsset
from govbiz_assets.contracts.channel import CHANNELS, Channel


def table_assets(channels: Sequence[Channel] = CHANNELS) -> tuple[TableAsset, ...]:
    """Declares every asset over the channels of a profile."""
    return (
        *REFERENCE_ASSETS,
        *raw_assets(channels),
        *cleaned_assets(channels),
        *IDENTITY_ASSETS,
        *HIERARCHY_ASSETS,
        *COVERAGE_ASSETS,
        *QUALITY_ASSETS,
        *FEATURE_ASSETS,
        *CLUSTER_ASSETS,
        *RULE_ASSETS,
        *CHURN_ASSETS,
        *FORECAST_ASSETS,
    )
