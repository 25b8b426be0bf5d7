"""All assets of the house, in the order of the data's way through it."""

from __future__ import annotations

from govbiz_assets.assets.churn import CHURN_ASSETS
from govbiz_assets.assets.cleaned import CLEANED_ASSETS
from govbiz_assets.assets.clusters import CLUSTER_ASSETS
from govbiz_assets.assets.features import FEATURE_ASSETS
from govbiz_assets.assets.forecasts import FORECAST_ASSETS
from govbiz_assets.assets.quality import QUALITY_ASSETS
from govbiz_assets.assets.raw import RAW_ASSETS
from govbiz_assets.assets.reference import REFERENCE_ASSETS
from govbiz_assets.assets.rules import RULE_ASSETS
from govbiz_assets.assets.table_asset import TableAsset

TABLE_ASSETS: tuple[TableAsset, ...] = (
    *REFERENCE_ASSETS,
    *RAW_ASSETS,
    *CLEANED_ASSETS,
    *QUALITY_ASSETS,
    *FEATURE_ASSETS,
    *CLUSTER_ASSETS,
    *RULE_ASSETS,
    *CHURN_ASSETS,
    *FORECAST_ASSETS,
)
