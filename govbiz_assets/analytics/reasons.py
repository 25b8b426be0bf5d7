"""Reasons for a score in words that an account manager can use.

What belongs here: picking the features that raised a risk most and saying them. What does not: working out how much
they raised it (see `churn_models`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from govbiz_assets.analytics.encoding import Encoding, FeatureEncoder, NumericEncoding
from govbiz_assets.analytics.scaling import Floats
from govbiz_assets.analytics.wording import FeatureText, feature_text

REASONS = 3
"""Reasons per score: reason_1 raised the risk most."""

Reasons = list[tuple[str | None, ...]]


def say_reasons(
    rows: pl.DataFrame, raised: Floats, encoder: FeatureEncoder, texts: Mapping[str, FeatureText]
) -> Reasons:
    """Say the features that raised each row's risk most, at most `REASONS` of them, strongest first.

    Args:
        rows: Feature rows in their own units, n of them.
        raised: How much each feature raises each row's risk, shape (n, features of the encoder).
        encoder: Knows the features and the typical customer.
        texts: Words for features.

    Returns:
        `REASONS` texts per row; None where fewer features raise the risk. Ties go to the earlier feature name.
    """
    order = np.argsort(-raised, axis=1, kind="stable")[:, :REASONS]
    values: dict[str, list[Any]] = {}
    reasons: Reasons = []
    for row, picks in enumerate(order.tolist()):
        said: list[str | None] = []
        for pick in picks:
            if raised[row, pick] <= 1e-9:
                break
            encoding = encoder.encodings[pick]
            if encoding.feature not in values:
                known = encoding.feature in rows.columns
                values[encoding.feature] = rows[encoding.feature].to_list() if known else [None] * rows.height
            said.append(_say(encoding, values[encoding.feature][row], texts))
        reasons.append(tuple(said + [None] * (REASONS - len(said))))
    return reasons


def say_value(feature: str, value: float | None, typical: float, texts: Mapping[str, FeatureText]) -> str:
    """Say one numeric value beside the typical one, such as `capacity in use 41% of contract (typical 96%)`."""
    text = feature_text(feature, texts)
    if value is None or not np.isfinite(value):
        return f"{text.phrase} unknown"
    return text.say(float(value)) + (f" (typical {text.show(typical)})" if np.isfinite(typical) else "")


def _say(encoding: Encoding, value: Any, texts: Mapping[str, FeatureText]) -> str:
    if isinstance(encoding, NumericEncoding):
        return say_value(encoding.feature, None if value is None else float(value), encoding.median, texts)
    phrase = feature_text(encoding.feature, texts).phrase
    usual = encoding.levels[0]
    return f"{phrase} {'unknown' if value is None else value} (typical {'unknown' if usual is None else usual})"
