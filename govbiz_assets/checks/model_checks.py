"""Checks of models: drift of what they read, and gates on what they say."""

from __future__ import annotations

import ibis

from govbiz_assets.checks.table_check import CheckTables, Measure, TableCheck, by_month
from govbiz_assets.contracts.tables_model import (
    CHURN_METRIC,
    CHURN_SELECTION,
    CLUSTER_METRIC,
    CUSTOMER_FEATURES,
    FORECAST_ACCURACY,
    FORECAST_SELECTION,
)
from govbiz_assets.transforms.drift import population_stability
from govbiz_assets.transforms.features.panel import ratio

# Rule of thumb of credit scoring: above 0.25 a population has shifted.
STABILITY_HIGH = 0.25
# Features without a season of their own; seasonal ones would alarm every spring.
STABLE_FEATURES = ("run_contract_ratio", "tenure_months", "contract_kva", "account_count")
COVERAGE_LOW = 0.5


def feature_drift(tables: CheckTables) -> ibis.Table:
    """Largest population stability index among the stable features, against the month before."""
    return population_stability(tables.rows(CUSTOMER_FEATURES, 2), STABLE_FEATURES, list(tables.months))


def worst_ratio_to_naive(tables: CheckTables) -> ibis.Table:
    """Largest error of a selected forecast over the naive rule's."""
    rows = tables.rows(FORECAST_SELECTION)
    return by_month(rows, ratio(rows.value, rows.naive_value).max())


def least_gain_over_naive(tables: CheckTables) -> ibis.Table:
    """Smallest AUC of a selected churn model less the naive rule's."""
    rows = tables.rows(CHURN_SELECTION)
    return by_month(rows, (rows.value - rows.naive_value).min())


def interval_coverage(metric: str) -> Measure:
    """Mean share of customers' actual values inside the intervals of one-month forecasts."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows = tables.rows(FORECAST_ACCURACY)
        rows = rows.filter(rows.metric == metric, rows.horizon == 1, rows.level == "customer")
        return by_month(rows, rows.value.cast("decimal(18, 9)").sum().cast("float64") / rows.value.count())

    return measure


def silhouette_gain(tables: CheckTables) -> ibis.Table:
    """Silhouette of the segments less that of the naive split."""
    rows = tables.rows(CLUSTER_METRIC)
    rows = rows.filter(rows.metric == "silhouette", rows.naive_value.notnull())
    return by_month(rows, (rows.value - rows.naive_value).max())


def impossible_metrics(tables: CheckTables) -> ibis.Table:
    """Quality figures of churn scores that lie outside what the figure can be: a sign of a broken evaluation."""
    rows = tables.rows(CHURN_METRIC)
    bounded = rows.filter(rows.metric.startswith("auc") | rows.metric.startswith("brier"))
    return by_month(bounded, (~bounded.value.between(0, 1)).fill_null(False).ifelse(1, 0).sum())


MODEL_CHECKS: tuple[TableCheck, ...] = (
    TableCheck(
        CUSTOMER_FEATURES,
        "stability_index",
        "Largest population stability index of a stable feature against the month before.",
        feature_drift,
        high=STABILITY_HIGH,
        depth=2,
    ),
    TableCheck(
        CLUSTER_METRIC, "silhouette_gain", "Silhouette of the segments less the naive split's.", silhouette_gain, low=0
    ),
    TableCheck(CHURN_METRIC, "impossible_metrics", "Quality figures outside their range.", impossible_metrics, high=0),
    TableCheck(
        CHURN_SELECTION,
        "gain_over_naive",
        "Smallest AUC of a selected model less the naive rule's.",
        least_gain_over_naive,
        low=0,
    ),
    TableCheck(
        FORECAST_SELECTION,
        "error_ratio_to_naive",
        "Largest error of a selected model over the naive rule's.",
        worst_ratio_to_naive,
        high=1,
    ),
    TableCheck(
        FORECAST_ACCURACY,
        "interval_coverage_80",
        "Share of customers' actual values inside the 80% interval, one month ahead.",
        interval_coverage("coverage_80"),
        low=COVERAGE_LOW,
    ),
)
