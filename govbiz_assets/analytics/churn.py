"""Scores of who is about to leave, with reasons, beside the naive rule.

What belongs here: training on matured labels, scoring the current month, deciles, and (re-exported) the measures. What
does not: what counts as an event, and which features exist; both come with the frames.

The caller keeps time honest: `train` holds months whose labels have matured, `current` one later month. Everything
learned (medians, scales, levels, coefficients) comes from `train`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from govbiz_assets.analytics.churn_evaluation import CrossValidation, cross_validate, evaluate_scores
from govbiz_assets.analytics.churn_models import NAIVE, ChurnParams, FittedModel, NaiveRule, fit_naive, naive_risk
from govbiz_assets.analytics.churn_training import NO_FEATURE, fit_models, ordered_rows, too_little
from govbiz_assets.analytics.reasons import REASONS, Reasons, say_reasons, say_value
from govbiz_assets.analytics.scaling import Floats, column_floats

__all__ = [
    "ChurnParams",
    "ChurnScores",
    "CrossValidation",
    "cross_validate",
    "evaluate_scores",
    "score_customers",
]

SCORES: Final = {
    "customer_id": pl.String,
    "label": pl.String,
    "horizon_months": pl.Int64,
    "model": pl.String,
    "probability": pl.Float64,
    "decile": pl.Int64,
    **{f"reason_{i}": pl.String for i in range(1, REASONS + 1)},
}


@dataclass(frozen=True)
class ChurnScores:
    """Result of `score_customers`.

    Attributes:
        scores: customer_id, label, horizon_months, model, probability (0..1 over the horizon), decile (1 = highest
            risk, ties by customer_id), reason_1..reason_3; one row per customer and model.
        reason: Why models are missing, or None.
    """

    scores: pl.DataFrame
    reason: str | None


def score_customers(train: pl.DataFrame, current: pl.DataFrame, params: ChurnParams) -> ChurnScores:
    """Score the customers of one month by logistic regression, random forest and the naive rule.

    Args:
        train: customer_id, as_of_month (date), is_event (boolean, null = not yet known, left out), optionally group_id,
            and features; numbers, booleans or text. Unique by customer_id and as_of_month.
        current: customer_id (unique) and features. A feature that is absent here counts as unknown.
        params: What and how.

    Returns:
        Scores. With too few training events only the naive rule's, and a reason; without customers an empty frame.

    Raises:
        ValueError: A key is null or repeated, or a feature named in `params` is in neither frame.
    """
    train, current = ordered_rows(train, "customer_id", "as_of_month"), ordered_rows(current, "customer_id")
    if not current.height:
        return ChurnScores(pl.DataFrame(schema=SCORES), "no_customers: 0 rows to score")
    reason = too_little(train, params)
    rule = fit_naive(train, current, params)
    models = fit_models(train, params) if reason is None else []
    parts = [*(_model_scores(model, current, params) for model in models), _naive_scores(rule, current, params)]
    if reason is None and not models:
        reason = NO_FEATURE
    elif reason is not None and not train.height:
        reason += f"; naive probabilities assume {params.assumed_rate_per_month:.2%} a month"
    return ChurnScores(pl.concat(parts), reason)


def deciles(probability: Floats) -> pl.Series:
    """Return 1 (highest) to 10 per row; ties are cut by position, that is by customer_id."""
    order = np.argsort(-probability, kind="stable")
    decile = np.empty(probability.size, dtype=np.int64)
    decile[order] = np.arange(probability.size) * 10 // max(probability.size, 1) + 1
    return pl.Series("decile", decile)


def _model_scores(model: FittedModel, current: pl.DataFrame, params: ChurnParams) -> pl.DataFrame:
    """Return the score table of one fitted model."""
    matrix = model.encoder.encode(current)
    probability = model.probability(matrix)
    decile = deciles(probability)
    rows = np.flatnonzero(decile.to_numpy() <= params.reason_deciles)
    texts = {text.feature: text for text in params.texts}
    raised = model.contributions(matrix[rows], params.reason_features)
    reasons = say_reasons(current[rows], raised, model.encoder, texts)
    return _score_table(current, model.name, probability, decile, rows, reasons, params)


def _naive_scores(rule: NaiveRule, current: pl.DataFrame, params: ChurnParams) -> pl.DataFrame:
    """Return the score table of the naive rule; its reasons are the values that it reads."""
    probability = rule.probability(naive_risk(current, rule.source, params))
    decile = deciles(probability)
    rows = np.flatnonzero(decile.to_numpy() <= params.reason_deciles)
    texts = {text.feature: text for text in params.texts}
    values = [column_floats(current[rows], name) for name in rule.source]
    reasons: Reasons = []
    for row in range(rows.size):
        pairs = zip(rule.source, values, rule.typical, strict=True)
        said = [say_value(name, float(column[row]), typical, texts) for name, column, typical in pairs]
        reasons.append((*said, *[None] * (REASONS - len(said))))
    return _score_table(current, NAIVE, probability, decile, rows, reasons, params)


def _score_table(
    current: pl.DataFrame,
    model: str,
    probability: Floats,
    decile: pl.Series,
    rows: npt.NDArray[np.intp],
    reasons: Reasons,
    params: ChurnParams,
) -> pl.DataFrame:
    """Return scores in the table's columns; `reasons` belong to the positions in `rows`, others have none."""
    by_row = dict(zip(rows.tolist(), reasons, strict=True))
    said = [by_row.get(row, (None,) * REASONS) for row in range(current.height)]
    frame = pl.DataFrame(
        {
            "customer_id": current["customer_id"],
            "label": [params.label] * current.height,
            "horizon_months": [params.horizon_months] * current.height,
            "model": [model] * current.height,
            "probability": probability,
            "decile": decile,
            **{f"reason_{i + 1}": pl.Series([texts[i] for texts in said], dtype=pl.String) for i in range(REASONS)},
        }
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in SCORES.items())
