"""Churn: labels when they become certain, scores, their quality on later outcomes, and the model to act on."""

from dataclasses import dataclass
from datetime import date

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.analytics.churn import SCORES, ChurnScores, score_customers
from govbiz_assets.analytics.churn_choice import fold_score_table, select_model
from govbiz_assets.analytics.churn_evaluation import METRICS, cross_validate, evaluate_scores
from govbiz_assets.analytics.churn_models import ChurnParams
from govbiz_assets.assets.monthly import concat_months
from govbiz_assets.assets.table_asset import same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts.month import add_months
from govbiz_assets.contracts.tables_cleaned import ACCOUNT_MONTHLY, IDENTITY_EVENT, OUTCOME_MONTHLY
from govbiz_assets.contracts.tables_model import (
    CHURN_LABEL,
    CHURN_METRIC,
    CHURN_SCORE,
    CHURN_SELECTION,
    CUSTOMER_FEATURES,
)
from govbiz_assets.resources import Deliveries
from govbiz_assets.sources.profile_model import Label
from govbiz_assets.transforms.labels import (
    HORIZONS,
    LABEL,
    LABEL_DEPTH,
    as_of_month,
    churn_labels,
    outcome_labels,
)

# Labels of the last year train the models; their features lie one label depth further back.
TRAINING_MONTHS = 12
SEED = 20240101


@table_asset(
    CHURN_LABEL,
    ins={
        "accounts": trailing(ACCOUNT_MONTHLY, LABEL_DEPTH),
        "events": trailing(IDENTITY_EVENT, LABEL_DEPTH),
        "outcomes": same_month(OUTCOME_MONTHLY),
    },
)
def label_monthly(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    accounts: ibis.Table,
    events: ibis.Table,
    outcomes: ibis.Table,
) -> ibis.Table:
    """Outcomes that became certain in the month."""
    source = deliveries.source("label")
    if source is not None and source.label is not None:
        return outcome_labels(outcomes, source.label.name, source.label.horizon_months)
    if "account" not in deliveries.delivered:
        context.add_output_metadata({"reason": "no_contract_facts: churn needs the account archive or a label channel"})
        return outcome_labels(outcomes, LABEL, HORIZONS[0])
    return churn_labels(accounts, run_months(context), events)


@table_asset(
    CHURN_SCORE,
    ins={
        "features": trailing(CUSTOMER_FEATURES, TRAINING_MONTHS + LABEL_DEPTH),
        "labels": trailing(CHURN_LABEL, TRAINING_MONTHS),
    },
)
def score_monthly(
    context: dg.AssetExecutionContext, deliveries: Deliveries, features: ibis.Table, labels: ibis.Table
) -> pl.DataFrame:
    """Probability that each customer leaves or cuts capacity, by models trained on outcomes known by the month."""
    source = deliveries.source("label")
    scores: dict[date, ChurnScores] = {}
    for month in run_months(context):
        if source is not None and source.label is not None:
            scores[month] = _snapshot_scores(features, labels, month, source.label)
        elif "account" not in deliveries.delivered:
            scores[month] = ChurnScores(pl.DataFrame(schema=SCORES), "no_contract_facts: nothing to learn from")
        else:
            scores[month] = _month_scores(features, labels, month)
    return concat_months(context, scores, (CHURN_SCORE, lambda result: result.scores))[0]


@table_asset(
    CHURN_METRIC,
    ins={
        "features": same_month(CUSTOMER_FEATURES),
        "scores": trailing(CHURN_SCORE, LABEL_DEPTH),
        "labels": same_month(CHURN_LABEL),
    },
)
def metric_monthly(
    context: dg.AssetExecutionContext,
    deliveries: Deliveries,
    features: ibis.Table,
    scores: ibis.Table,
    labels: ibis.Table,
) -> pl.DataFrame:
    """Quality of earlier scores on the outcomes that became certain in the month; by folds for a single snapshot."""
    source = deliveries.source("label")
    metrics: dict[date, _Metrics] = {}
    for month in run_months(context):
        if source is not None and source.label is not None:
            label = source.label
            frame = _training_frame(features, labels.filter(labels.month == month), label.horizon_months)
            metrics[month] = _fold_metrics(frame, _delivered_params(label), label.group_by)
        else:
            metrics[month] = _time_split_metrics(scores, labels, month)
    return concat_months(context, metrics, (CHURN_METRIC, lambda result: result.frame))[0]


@table_asset(CHURN_SELECTION, ins={"metrics": trailing(CHURN_METRIC, TRAINING_MONTHS)})
def selection_monthly(context: dg.AssetExecutionContext, metrics: pl.DataFrame) -> pl.DataFrame:
    """The model with the best mean AUC on outcomes known by the month; the naive rule where none is better."""
    selected = []
    for month in run_months(context):
        known = metrics.filter(pl.col("month") <= month, pl.col("month") > add_months(month, -TRAINING_MONTHS))
        selected.append(select_model(known).with_columns(month=pl.lit(month, dtype=pl.Date)))
    return pl.concat(selected).select(CHURN_SELECTION.column_names)


@dataclass(frozen=True)
class _Metrics:
    frame: pl.DataFrame
    reason: str | None


def _params(label: str, horizon: int) -> ChurnParams:
    return ChurnParams(label=label, horizon_months=horizon, seed=SEED)


def _delivered_params(label: Label) -> ChurnParams:
    """Returns what to predict where the source delivers the outcomes, with the naive rule that its profile names."""
    naive = {"fallback_feature": label.naive_attribute, "fallback_direction": label.naive_direction}
    return _params(label.name, label.horizon_months).model_copy(update=naive)


def _training_frame(features: ibis.Table, labels: ibis.Table, horizon: int) -> pl.DataFrame:
    """Returns the features as of each label's month, with its outcome; numbers as floating point."""
    known = labels.filter(labels.horizon_months == horizon).select("as_of_month", "customer_id", "is_event")
    rows = features.join(known, [features.month == known.as_of_month, "customer_id"]).drop("month")
    return _collected(rows)


def _collected(rows: ibis.Table) -> pl.DataFrame:
    decimals = {name: "float64" for name, dtype in rows.schema().items() if dtype.is_decimal()}
    frame: pl.DataFrame = rows.cast(decimals).order_by("customer_id").to_polars()
    return frame


def _month_scores(features: ibis.Table, labels: ibis.Table, month: date) -> ChurnScores:
    current = _collected(features.filter(features.month == month).drop("month"))
    known = labels.filter(labels.month <= month, labels.month > add_months(month, -TRAINING_MONTHS))
    results = [
        score_customers(_training_frame(features, known, horizon), current, _params(LABEL, horizon))
        for horizon in HORIZONS
    ]
    reasons = [f"{h} months: {result.reason}" for h, result in zip(HORIZONS, results, strict=True) if result.reason]
    return ChurnScores(pl.concat([result.scores for result in results]), "; ".join(reasons) or None)


def _snapshot_scores(features: ibis.Table, labels: ibis.Table, month: date, label: Label) -> ChurnScores:
    """Scores each customer by models that did not see it, because one snapshot has no later month to learn from."""
    frame = _training_frame(features, labels.filter(labels.month == month), label.horizon_months)
    if not frame.height:
        return ChurnScores(pl.DataFrame(schema=SCORES), "no_outcomes: the source delivers none for this month")
    folded = cross_validate(frame, _delivered_params(label))
    scores = fold_score_table(folded.scores, label.name, label.horizon_months)
    return ChurnScores(scores, folded.reason or "one_snapshot: out-of-fold scores")


def _fold_metrics(frame: pl.DataFrame, params: ChurnParams, group_by: tuple[str, ...]) -> _Metrics:
    if not frame.height:
        return _Metrics(_labelled(pl.DataFrame(schema=METRICS), params.label, params.horizon_months), "no_outcomes")
    parts = [cross_validate(frame, params).metrics]
    if group_by:
        grouped = frame.with_columns(
            group_id=pl.concat_str([pl.col(c).cast(pl.String) for c in group_by], separator="|")
        )
        parts.append(cross_validate(grouped, params, groups="group_id").metrics)
    frame = _labelled(pl.concat(parts), params.label, params.horizon_months)
    return _Metrics(frame, "one_snapshot: cross-validated, no time split is possible")


def _time_split_metrics(scores: ibis.Table, labels: ibis.Table, month: date) -> _Metrics:
    parts = []
    for horizon in HORIZONS:
        start = as_of_month(month, horizon)
        made = scores.filter(scores.month == start, scores.horizon_months == horizon, scores.label == LABEL)
        known = labels.filter(labels.month == month, labels.horizon_months == horizon, labels.label == LABEL)
        made_frame = made.select("customer_id", "model", "probability").order_by("customer_id", "model").to_polars()
        known_frame = known.select("customer_id", "is_event").order_by("customer_id").to_polars()
        parts.append(_labelled(evaluate_scores(made_frame, known_frame), LABEL, horizon))
    frame = pl.concat(parts)
    return _Metrics(frame, None if frame.height else "no_outcome_known: no earlier score has a certain outcome yet")


def _labelled(metrics: pl.DataFrame, label: str, horizon: int) -> pl.DataFrame:
    return metrics.with_columns(label=pl.lit(label), horizon_months=pl.lit(horizon, dtype=pl.Int64))


CHURN_ASSETS = (label_monthly, score_monthly, metric_monthly, selection_monthly)
