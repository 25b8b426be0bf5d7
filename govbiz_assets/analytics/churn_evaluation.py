"""How good churn scores are: on later labels, and in cross-validation with related customers kept together.

What belongs here: measures of scores beside the naive rule's. What does not: training for use (see `churn`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from govbiz_assets.analytics import evaluation
from govbiz_assets.analytics.churn_models import NAIVE, ChurnParams, fit_naive, naive_risk
from govbiz_assets.analytics.churn_training import (
    MODELS,
    NO_FEATURE,
    encoder_for,
    fit_models,
    ordered_rows,
    too_little,
)
from govbiz_assets.analytics.scaling import Floats

METRICS: Final = {
    "model": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "naive_value": pl.Float64,
    "n": pl.Int64,
    "n_events": pl.Int64,
}
FOLD_SCORES: Final = {
    "customer_id": pl.String,
    "as_of_month": pl.Date,
    "fold": pl.Int64,
    "model": pl.String,
    "probability": pl.Float64,
    "is_event": pl.Boolean,
}

_MEASURES: Final[dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], float | None]]] = {
    "auc": evaluation.auc,
    "average_precision": evaluation.average_precision,
    "top_decile_lift": evaluation.top_decile_lift,
    "brier": evaluation.brier,
}


@dataclass(frozen=True)
class CrossValidation:
    """Result of `cross_validate`.

    Attributes:
        metrics: model, metric, value, naive_value, n, n_events; metric names end in `_cv` or `_cv_grouped`.
        scores: customer_id, as_of_month, fold (from 0), model, probability, is_event; each row scored by models that
            did not see it.
        reason: Why there is nothing, or None.
    """

    metrics: pl.DataFrame
    scores: pl.DataFrame
    reason: str | None


def evaluate_scores(scores: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Measure scores made earlier against what happened since.

    Args:
        scores: customer_id, model, probability: scores of one month and one label.
        labels: customer_id (unique), is_event (null = not yet known, left out).

    Returns:
        model, metric (auc, average_precision, top_decile_lift, brier), value, naive_value (the naive rule's on the same
        customers), n, n_events. A value is null where the measure is undefined, such as auc without an event. Empty
        without a scored customer whose label is known.

    Raises:
        ValueError: A customer has two scores by one model, or two labels.
    """
    if scores.select("customer_id", "model").is_duplicated().any():
        raise ValueError("scores must be unique by customer_id and model: pass one month and one label")
    known = labels.filter(pl.col("is_event").is_not_null()).select("customer_id", pl.col("is_event").cast(pl.Float64))
    if known["customer_id"].is_duplicated().any():
        raise ValueError("labels must be unique by customer_id")
    joined = scores.join(known, on="customer_id").sort("model", "customer_id")
    pairs = {
        model: (part["is_event"].to_numpy(), part["probability"].to_numpy())
        for model in _ordered_models(joined["model"].unique().to_list())
        for part in [joined.filter(pl.col("model") == model)]
    }
    return _metrics(pairs, suffix="")


def cross_validate(frame: pl.DataFrame, params: ChurnParams, groups: str | None = None) -> CrossValidation:
    """Score every row by models trained on the other folds, folds stratified by event and seeded.

    A customer's months never lie on both sides. Models, medians and bin rates are learned inside each fold.

    Args:
        frame: As `train` of `churn.score_customers`.
        params: As there; `folds` and `seed` make the folds.
        groups: Column whose rows stay in one fold, such as `group_id`: sites of one company leave together, and
            scores look better than they are when siblings stand on both sides. Rows with a null group stand alone.
            The column is no feature. None gives plain folds.

    Returns:
        Metrics and out-of-fold scores; empty frames and a reason with too few events or customers.
    """
    suffix = "_cv" if groups is None else "_cv_grouped"
    rows = ordered_rows(frame, "customer_id", "as_of_month")
    reason = too_little(rows, params)
    if reason is None and not encoder_for(rows, params).encodings:
        reason = NO_FEATURE
    units = _units(rows, groups)
    if reason is None and len(np.unique(units)) < params.folds:
        reason = f"too_few_groups: {len(np.unique(units))} < {params.folds}"
    if reason is not None:
        return CrossValidation(pl.DataFrame(schema=METRICS), pl.DataFrame(schema=FOLD_SCORES), reason)
    event = rows["is_event"].cast(pl.Boolean).to_numpy()
    features = rows.drop(groups) if groups is not None and groups not in params.features else rows
    predicted = {model: np.full(rows.height, np.nan) for model in MODELS}
    fold_of = np.full(rows.height, -1)
    for fold, (inside, outside) in enumerate(_folds(event, units, params)):
        train, test = features[inside], features[outside]
        fold_of[outside] = fold
        rule = fit_naive(train, test, params)
        predicted[NAIVE][outside] = rule.probability(naive_risk(test, rule.source, params))
        if too_little(train, params.model_copy(update={"min_events": 2})) is None:
            for model in fit_models(train, params):
                predicted[model.name][outside] = model.probability(model.encoder.encode(test))
    known = {model: ~np.isnan(values) for model, values in predicted.items()}
    pairs = {m: (event[known[m]], predicted[m][known[m]]) for m in MODELS if known[m].any()}
    parts = [_fold_scores(rows, fold_of, model, predicted[model]) for model in pairs]
    return CrossValidation(_metrics(pairs, suffix), pl.concat(parts), None)


def _units(rows: pl.DataFrame, groups: str | None) -> npt.NDArray[np.int64]:
    """Return a number per row; rows that must stay in one fold share it. Null groups stand for themselves."""
    unit = pl.concat_str(pl.lit("customer:"), pl.col("customer_id").cast(pl.String))
    if groups is not None:
        own = pl.concat_str(pl.lit("group:"), pl.col(groups).cast(pl.String))
        unit = pl.when(pl.col(groups).is_not_null()).then(own).otherwise(unit)
    return rows.select(unit.rank("dense").cast(pl.Int64)).to_series().to_numpy()


def _folds(event: npt.NDArray[Any], units: npt.NDArray[np.int64], params: ChurnParams) -> Any:
    """Return (inside, outside) row positions per fold."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    options = {"n_splits": params.folds, "shuffle": True, "random_state": params.seed}
    if len(np.unique(units)) == len(units):
        return StratifiedKFold(**options).split(units, event)
    return StratifiedGroupKFold(**options).split(units, event, units)


def _fold_scores(rows: pl.DataFrame, fold_of: npt.NDArray[Any], model: str, probability: Floats) -> pl.DataFrame:
    """Return one model's out-of-fold scores."""
    frame = rows.select("customer_id", "as_of_month", "is_event").with_columns(
        fold=pl.Series(fold_of), model=pl.lit(model), probability=pl.Series(probability, nan_to_null=True)
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in FOLD_SCORES.items())


def _ordered_models(names: list[str]) -> list[str]:
    """Return models in the order of `MODELS`, unknown ones behind by name."""
    return [m for m in MODELS if m in names] + sorted(n for n in names if n not in MODELS)


def _metrics(pairs: dict[str, tuple[npt.NDArray[Any], Floats]], suffix: str) -> pl.DataFrame:
    """Return every measure of every model beside the naive rule's."""
    values = {
        (model, name): measure(event, probability)
        for model, (event, probability) in pairs.items()
        for name, measure in _MEASURES.items()
    }
    rows = [
        (model, name + suffix, value, values.get((NAIVE, name)), len(pairs[model][0]), int(pairs[model][0].sum()))
        for (model, name), value in values.items()
    ]
    return pl.DataFrame(rows, schema=METRICS, orient="row")
