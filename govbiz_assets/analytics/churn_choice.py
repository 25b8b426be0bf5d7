"""Which churn model to act on, and out-of-fold scores in the shape of a month's scores.

What belongs here: choices between models that were scored. What does not: fitting and measuring them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from govbiz_assets.analytics.churn import SCORES, deciles
from govbiz_assets.analytics.churn_models import NAIVE

CHOICE: Final = {
    "label": pl.String,
    "horizon_months": pl.Int64,
    "model": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "naive_value": pl.Float64,
    "n": pl.Int64,
}


def select_model(metrics: pl.DataFrame) -> pl.DataFrame:
    """Chooses per label and horizon the model that gains most AUC over the naive rule, the naive rule unless one gains.

    Each model is compared with the naive rule on its own months: models speak for fewer months than the rule does.

    Args:
        metrics: label, horizon_months, model, metric, value, naive_value, n, n_events, of one or more months. Rows of
            `auc` or `auc_cv` count, weighted by their events.

    Returns:
        label, horizon_months, model, metric, value, naive_value, n; one row per label and horizon that has an AUC.
        `value` and `naive_value` are means over the model's months. Ties go to the naive rule, then to the name.
    """
    known = metrics.filter(pl.col("metric").is_in(["auc", "auc_cv"])).drop_nulls(["value", "naive_value"])
    known = known.sort("label", "horizon_months", "model", "metric", "n", "n_events", "value")
    weight = pl.col("n_events").cast(pl.Float64)
    means = known.group_by("label", "horizon_months", "model", "metric", maintain_order=True).agg(
        value=(pl.col("value") * weight).sum() / weight.sum(),
        naive_value=(pl.col("naive_value") * weight).sum() / weight.sum(),
        n=pl.col("n").sum(),
    )
    gains = means.with_columns(gain=pl.col("value") - pl.col("naive_value"), is_model=pl.col("model") != NAIVE)
    ranked = gains.sort(
        ["label", "horizon_months", "gain", "is_model", "model"], descending=[False, False, True, False, False]
    )
    best = ranked.group_by("label", "horizon_months", maintain_order=True).first()
    return best.select(pl.col(name).cast(dtype) for name, dtype in CHOICE.items())


def fold_score_table(fold_scores: pl.DataFrame, label: str, horizon_months: int) -> pl.DataFrame:
    """Returns out-of-fold scores in the shape of `churn.score_customers`, without reasons.

    Args:
        fold_scores: customer_id, model, probability: one score per customer and model.
        label: Name of the outcome.
        horizon_months: Months in which it was looked for.
    """
    parts = []
    for model in sorted(fold_scores["model"].unique().to_list()):
        rows = fold_scores.filter(pl.col("model") == model).drop_nulls("probability").sort("customer_id")
        parts.append(rows.with_columns(decile=deciles(rows["probability"].to_numpy())))
    if not parts:
        return pl.DataFrame(schema=SCORES)
    table = pl.concat(parts).with_columns(label=pl.lit(label), horizon_months=pl.lit(horizon_months))
    reasons = [pl.lit(None, dtype=pl.String).alias(f"reason_{rank}") for rank in (1, 2, 3)]
    return table.with_columns(reasons).select(pl.col(name).cast(dtype) for name, dtype in SCORES.items())
