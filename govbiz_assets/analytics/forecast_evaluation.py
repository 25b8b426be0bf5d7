"""How good forecasts were, beside the naive rule on the same series and targets, and which model is used next.

What belongs here: accuracy of stored forecasts and the choice of a model. What does not: forecasting.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from govbiz_assets.analytics import evaluation

ACCURACY: Final = {
    "level": pl.String,
    "measure": pl.String,
    "horizon": pl.Int64,
    "model": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "naive_value": pl.Float64,
    "n": pl.Int64,
}
CHOICE: Final = {
    "level": pl.String,
    "measure": pl.String,
    "model": pl.String,
    "value": pl.Float64,
    "naive_value": pl.Float64,
}

NAIVE_MODELS: Final = ("naive", "naive_week")

SIMPLICITY: Final = (
    "naive",
    "naive_week",
    "calendar_naive",
    "calendar_week",
    "seasonal_naive",
    "theta",
    "ets",
    "mstl",
    "arima",
)
"""Simplest first: a tie in accuracy goes to the earlier one; a model not named here comes last, by name."""

_BOUNDS: Final = ("lo_80", "hi_80", "lo_95", "hi_95")


def evaluate_forecasts(forecasts: pl.DataFrame, actuals: pl.DataFrame, level: str, measure: str) -> pl.DataFrame:
    """Measure forecasts against what happened.

    Args:
        forecasts: series_id, month (origin), target_month or target_date, model, mean, lo_80, hi_80, lo_95, hi_95; from
            one or more origins.
        actuals: series_id, the same target column, value; one row each. A target without an actual is left out.
        level: Written into the result, such as `account`.
        measure: Written into the result, such as `kwh`.

    Returns:
        level, measure, horizon (months from origin to target), model, metric, value, naive_value, n: wape, smape,
        bias, coverage_80, coverage_95 per horizon and model. The naive value is measured on the model's own series
        and targets, since models that need a longer history speak for fewer of them; null where the naive model has
        none. n counts the pairs behind `value`. Undefined values are null.

    Raises:
        ValueError: Two forecasts, or two actuals, for the same thing.
    """
    target = "target_date" if "target_date" in forecasts.columns else "target_month"
    keys = ["series_id", "month", target]
    if (
        forecasts.select(*keys, "model").is_duplicated().any()
        or actuals.select("series_id", target).is_duplicated().any()
    ):
        raise ValueError("forecasts and actuals must be unique by series, origin, target and model")
    truth = actuals.select("series_id", target, actual=pl.col("value").cast(pl.Float64)).drop_nulls().drop_nans()
    months = (
        (pl.col(target).dt.year() - pl.col("month").dt.year()) * 12
        + pl.col(target).dt.month()
        - pl.col("month").dt.month()
    )
    pairs = (
        forecasts.drop_nulls("mean").join(truth, on=["series_id", target]).with_columns(horizon=months.cast(pl.Int64))
    )
    rules = pairs.filter(pl.col("model").is_in(NAIVE_MODELS)).select(
        *keys, *(pl.col(c).alias(f"naive_{c}") for c in ("mean", *_BOUNDS))
    )
    pairs = pairs.join(rules, on=keys, how="left").sort("horizon", "model", *keys)
    rows = []
    for (horizon, model), part in pairs.group_by("horizon", "model", maintain_order=True):
        for metric, value, naive_value, n in _measures(part):
            rows.append((level, measure, horizon, model, metric, value, naive_value, n))
    return pl.DataFrame(rows, schema=ACCURACY, orient="row")


def _measures(part: pl.DataFrame) -> list[tuple[str, float | None, float | None, int]]:
    """Return (metric, value, naive value, n) of one horizon and model."""
    actual, mean = part["actual"].to_numpy(), part["mean"].to_numpy()
    # The naive value answers for the same pairs, or not at all.
    rule = part["naive_mean"].to_numpy() if not part["naive_mean"].null_count() else None
    found: list[tuple[str, float | None, float | None, int]] = [
        (name, measure(actual, mean), measure(actual, rule) if rule is not None else None, part.height)
        for name, measure in (("wape", evaluation.wape), ("smape", evaluation.smape), ("bias", evaluation.bias))
    ]
    for width in ("80", "95"):
        known = part.drop_nulls([f"lo_{width}", f"hi_{width}"])
        naive_known = known.drop_nulls([f"naive_lo_{width}", f"naive_hi_{width}"])
        same = naive_known.height == known.height
        value = _coverage(known, f"lo_{width}", f"hi_{width}")
        naive_value = _coverage(naive_known, f"naive_lo_{width}", f"naive_hi_{width}") if same else None
        found.append((f"coverage_{width}", value, naive_value, known.height))
    return found


def _coverage(part: pl.DataFrame, low: str, high: str) -> float | None:
    """Return the share of actuals within their bounds, None without rows."""
    inside = part["actual"].is_between(part[low], part[high])
    return int(inside.sum()) / part.height if part.height else None


def select_models(accuracy: pl.DataFrame) -> pl.DataFrame:
    """Choose one model per level and measure: the lowest WAPE, the naive rule unless something is better.

    WAPE is averaged over horizons and months, weighted by n. A model counts as better only if it beats the naive rule
    on the pairs that both forecast, and competing models are compared by that ratio, because models that need a longer
    history are measured on easier series. Ties go to the simpler model (`SIMPLICITY`).

    Args:
        accuracy: Rows of `evaluate_forecasts`, of one or more months.

    Returns:
        level, measure, model, value (its WAPE), naive_value. Where nothing is known but the level and measure
        occur, the naive model with null values.
    """
    rows = []
    for (level, measure), part in accuracy.sort("level", "measure").group_by("level", "measure", maintain_order=True):
        models = set(part["model"].to_list())
        fallback = next((name for name in NAIVE_MODELS if name in models), NAIVE_MODELS[0])
        best: tuple[float, int, str, float | None, float | None] = (1.0, -1, fallback, *_mean_wape(part, fallback))
        for model in sorted(models - {fallback}):
            value, naive_value = _mean_wape(part, model)
            if value is None or not naive_value:
                continue
            rank = SIMPLICITY.index(model) if model in SIMPLICITY else len(SIMPLICITY)
            best = min(best, (value / naive_value, rank, model, value, naive_value), key=lambda found: found[:3])
        rows.append((level, measure, *best[2:]))
    return pl.DataFrame(rows, schema=CHOICE, orient="row")


def _mean_wape(part: pl.DataFrame, model: str) -> tuple[float | None, float | None]:
    """Return a model's WAPE and the naive rule's on the same pairs, averaged with weights n."""
    rows = part.filter((pl.col("model") == model) & (pl.col("metric") == "wape")).drop_nulls(["value", "naive_value"])
    rows = rows.sort(rows.columns)
    if not rows.height or not rows["n"].sum():
        return None, None
    weights = rows["n"].to_numpy().astype(np.float64)
    value, naive_value = (float(np.average(rows[c].to_numpy(), weights=weights)) for c in ("value", "naive_value"))
    return value, naive_value
