"""Training rows made ready and models fitted on them, for scoring and for cross-validation alike.

What belongs here: the order and keys of rows, the rules for too little data, and which columns are features. What does
not: the models (`churn_models`) and what is done with them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from govbiz_assets.analytics.churn_models import FOREST, LOGISTIC, NAIVE, ChurnParams, FittedModel, fit_model
from govbiz_assets.analytics.encoding import FeatureEncoder
from govbiz_assets.analytics.scaling import is_numeric

MODELS: Final = (LOGISTIC, FOREST, NAIVE)

NO_FEATURE: Final = "no_usable_feature: every feature is unknown or constant"

KEYS: Final = ("customer_id", "as_of_month", "month", "is_event", "group_id")
"""Columns that are never features."""


def ordered_rows(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Return rows sorted by their keys, labels known; raise `ValueError` for a null or repeated key."""
    if "is_event" in frame.columns:
        frame = frame.filter(pl.col("is_event").is_not_null())
    if frame.select(pl.any_horizontal(pl.col(keys).is_null()).any()).item() or frame.select(keys).is_duplicated().any():
        raise ValueError(f"rows must be known and unique by {', '.join(keys)}")
    return frame.sort(keys)


def too_little(train: pl.DataFrame, params: ChurnParams) -> str | None:
    """Return why these rows are too few to train models on, or None."""
    events = int(train["is_event"].sum()) if train.height else 0
    others = train.height - events
    if not train.height:
        return "no_training_rows: no label has matured"
    if events < params.min_events:
        return f"too_few_events: {events} < {params.min_events}"
    if others < params.min_events:
        return f"too_few_non_events: {others} < {params.min_events}"
    return None


def encoder_for(train: pl.DataFrame, params: ChurnParams) -> FeatureEncoder:
    """Learn the encoding of the features named in `params`, or of every column that is not a key."""
    missing = [name for name in params.features if name not in train.columns]
    if missing:
        raise ValueError(f"features are not in the training frame: {', '.join(missing)}")
    usable = [n for n, t in train.schema.items() if is_numeric(t) or t in (pl.String, pl.Categorical, pl.Enum, pl.Null)]
    features = list(params.features) or [name for name in usable if name not in KEYS]
    return FeatureEncoder.fit(train, features, params.top_levels, min_rows=params.min_leaf)


def fit_models(train: pl.DataFrame, params: ChurnParams) -> list[FittedModel]:
    """Fit logistic regression and random forest on ordered training rows with known labels; none without a feature."""
    encoder = encoder_for(train, params)
    if not encoder.encodings:
        return []
    matrix = encoder.encode(train)
    event = train["is_event"].cast(pl.Boolean).to_numpy()
    return [fit_model(name, encoder, matrix, event, params) for name in (LOGISTIC, FOREST)]
