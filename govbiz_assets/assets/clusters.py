"""Segments of customers."""

import dagster as dg
import polars as pl

from govbiz_assets.analytics.segmentation import SegmentationParams, segment_customers
from govbiz_assets.assets.monthly import concat_months
from govbiz_assets.assets.table_asset import same_month, table_asset
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts.tables_model import (
    CLUSTER_ASSIGNMENT,
    CLUSTER_METRIC,
    CLUSTER_PROFILE,
    CUSTOMER_FEATURES,
)

SEGMENTATION = SegmentationParams(
    features=(
        "kwh_3m",
        "peak_ratio",
        "flat_ratio",
        "valley_ratio",
        "restday_workday_ratio",
        "day_max_mean_ratio",
        "kwh_variation_ratio",
        "load_factor_ratio",
    ),
    size_feature="kwh_3m",
    seed=20240101,
)


@table_asset(CLUSTER_ASSIGNMENT, CLUSTER_PROFILE, CLUSTER_METRIC, ins={"features": same_month(CUSTOMER_FEATURES)})
def segments(
    context: dg.AssetExecutionContext, features: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """K-means segments of each month's customers, their profiles, and their quality beside terciles of usage."""
    results = {}
    for month in run_months(context):
        results[month] = segment_customers(features.filter(pl.col("month") == month), SEGMENTATION)
    assignments, profiles, metrics = concat_months(
        context,
        results,
        (CLUSTER_ASSIGNMENT, lambda result: result.assignments),
        (CLUSTER_PROFILE, lambda result: result.profiles),
        (CLUSTER_METRIC, lambda result: result.metrics),
    )
    return assignments, profiles, metrics


CLUSTER_ASSETS = (segments,)
