"""The models behind churn scores: how they are fitted, what they say, and why.

What belongs here: parameters, logistic regression and random forest on encoded features, the naive rule, and reasons.
What does not: deciles, cross-validation, and the assembly of a score table (see `churn`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from govbiz_assets.analytics.encoding import FeatureEncoder
from govbiz_assets.analytics.scaling import Floats, column_floats
from govbiz_assets.analytics.wording import FeatureText

LOGISTIC: Final = "logistic_regression"
FOREST: Final = "random_forest"
NAIVE: Final = "naive_rule"


class ChurnParams(BaseModel):
    """What is predicted, from what, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(description="name of the event, such as capacity_reduction")
    horizon_months: int = Field(ge=1, description="months after the as-of month in which the event may fall")
    seed: int = Field(description="seed of the forest and of the folds")
    features: tuple[str, ...] = Field(
        default=(), description="columns used; empty means every column that is not a key"
    )
    texts: tuple[FeatureText, ...] = Field(
        default=(), description="words for features in reasons, beside the built-in ones"
    )
    trees: int = Field(
        default=60,
        ge=1,
        description="trees in the forest; on real customers 60 have a cross-validated AUC of .687, 100 the same",
    )
    max_depth: int = Field(default=8, ge=1, description="deepest level of a tree")
    min_leaf: int = Field(default=15, ge=1, description="fewest training rows in a leaf")
    penalty_strength: float = Field(
        default=1.0, gt=0, description="inverse strength C of the logistic model's L2 penalty"
    )
    top_levels: int = Field(default=10, ge=1, description="most levels of a text feature")
    folds: int = Field(default=5, ge=2, description="folds in cross-validation")
    min_events: int = Field(
        default=20, ge=2, description="with fewer training events, or non-events, only the naive rule scores"
    )
    jobs: int = Field(default=2, ge=1, description="threads that grow trees; results do not depend on it")
    reason_deciles: int = Field(default=2, ge=0, le=10, description="reasons are given to this many highest deciles")
    reason_features: int = Field(
        default=10, ge=1, description="features of the forest tried for reasons, most important first"
    )
    fallback_feature: str | None = Field(
        default=None, description="feature of the naive rule where its own two are absent"
    )
    fallback_direction: Literal["low", "high"] = Field(
        default="low", description="which end of that feature is at risk"
    )
    assumed_rate_per_month: float = Field(
        default=0.002, gt=0, lt=1, description="event rate behind the naive rule's probability without any training row"
    )


@dataclass(frozen=True)
class NaiveRule:
    """The one-line rule: capacity in use plus change of usage, the lower the riskier.

    Attributes:
        bin_rates: Event rate per tenth of the training rows, riskiest first, falling; shape (10,), 0..1.
        source: Feature names that the rule reads.
        typical: Median of each over the rows it was fitted on, in the feature's unit.
    """

    bin_rates: Floats
    source: tuple[str, ...]
    typical: tuple[float, ...]

    def probability(self, risk: Floats) -> Floats:
        """Return a probability per row by the rank of its risk among the rows given, shape (n,), ties alike.

        Up to a millionth is added so that the rule's order also shows within a tenth.
        """
        if not risk.size:
            return risk
        above = _rank_from_top(risk)
        rate = self.bin_rates[np.minimum((above * 10).astype(np.int64), 9)]
        return np.clip(rate + 1e-6 * (1 - above), 0.0, 1.0)


def _rank_from_top(risk: Floats) -> Floats:
    """Return the share of rows above each row, ties taking their average; 0 is the riskiest."""
    _, position, count = np.unique(-risk, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count + 1) / 2)[position] / risk.size


_RULE: Final = (("run_contract_ratio", 1.0), ("kwh_year_change_ratio", 0.0))
"""The rule's features and what an unknown value counts as: full use, no change."""


def naive_source(frame: pl.DataFrame, params: ChurnParams) -> tuple[str, ...]:
    """Return the features that the naive rule reads from a frame: its own, else the fallback, else none."""
    own = tuple(name for name, _ in _RULE if name in frame.columns and frame[name].null_count() < frame.height)
    if own:
        return own
    fallback = params.fallback_feature
    return (fallback,) if fallback is not None and fallback in frame.columns else ()


def naive_risk(frame: pl.DataFrame, source: tuple[str, ...], params: ChurnParams) -> Floats:
    """Return the rule's risk, higher is riskier, shape (rows,); no unit.

    risk = -(run_contract_ratio + kwh_year_change_ratio), the change cut to -1..1; where both are absent the fallback
    feature in its stated direction (unknown counts as its median), and without one 0 for everybody.
    """
    neutral = dict(_RULE)
    risk = np.zeros(frame.height)
    for name in source:
        values = _floats_or_unknown(frame, name)
        if name in neutral:
            risk -= np.clip(np.where(np.isnan(values), neutral[name], values), -1.0, 1.0)
        elif not np.isnan(values).all():
            filled = np.where(np.isnan(values), np.nanmedian(values), values)
            risk += filled if params.fallback_direction == "high" else -filled
    return risk


def _floats_or_unknown(frame: pl.DataFrame, name: str) -> Floats:
    return column_floats(frame, name) if name in frame.columns else np.full(frame.height, np.nan)


def fit_naive(train: pl.DataFrame, current: pl.DataFrame, params: ChurnParams) -> NaiveRule:
    """Learn the event rate of each tenth of the training rows by the rule's risk.

    Rates are shrunk towards the base rate (as if 20 more rows had it) and made falling from the riskiest tenth by
    pooling adjacent violators: the rule's direction is fixed in advance, never learned. Without training rows the
    assumed rate is spread over the tenths in proportion to 1.9, 1.7 ... 0.1.
    """
    source = naive_source(current, params)
    reference = train if train.height else current
    values = [_floats_or_unknown(reference, name) for name in source]
    typical = tuple(float(np.nanmedian(v)) if not np.isnan(v).all() else float("nan") for v in values)
    if not train.height:
        base = 1 - (1 - params.assumed_rate_per_month) ** params.horizon_months
        return NaiveRule(np.minimum(base * np.arange(1.9, 0.0, -0.2), 1.0), source, typical)
    event = train["is_event"].cast(pl.Float64).to_numpy()
    bins = np.minimum((_rank_from_top(naive_risk(train, source, params)) * 10).astype(np.int64), 9)
    rows = np.bincount(bins, minlength=10).astype(np.float64)
    rates = (np.bincount(bins, weights=event, minlength=10) + 20 * event.mean()) / (rows + 20)
    return NaiveRule(_falling(rates, rows + 20), source, typical)


def _falling(rates: Floats, weights: Floats) -> Floats:
    """Return the closest falling sequence by pooling adjacent violators (weighted least squares)."""
    blocks: list[tuple[float, float, int]] = []
    for rate, weight in zip(rates.tolist(), weights.tolist(), strict=True):
        blocks.append((rate, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (r2, w2, n2), (r1, w1, n1) = blocks.pop(), blocks.pop()
            blocks.append(((r1 * w1 + r2 * w2) / (w1 + w2), w1 + w2, n1 + n2))
    return np.repeat([b[0] for b in blocks], [b[2] for b in blocks])


@dataclass(frozen=True)
class FittedModel:
    """A scikit-learn classifier with the encoder that it was fitted with.

    Attributes:
        name: `logistic_regression` or `random_forest`.
        encoder: What the training rows taught about features.
        classifier: The fitted classifier.
    """

    name: str
    encoder: FeatureEncoder
    classifier: Any

    def probability(self, matrix: Floats) -> Floats:
        """Return the event's probability for encoded rows, shape (rows,)."""
        from threadpoolctl import threadpool_limits

        if not len(matrix):
            return np.empty(0)
        with threadpool_limits(limits=1):
            return np.asarray(self.classifier.predict_proba(matrix)[:, 1], dtype=np.float64)

    def contributions(self, matrix: Floats, tried: int) -> Floats:
        """Return how much each feature raises each row's risk against the typical customer, shape (rows, features).

        Logistic regression: coefficient times distance from the typical value, in log odds. Forest: probability minus
        the probability with the feature replaced by the typical value (occlusion), for the `tried` features of
        highest importance; 0 for all others.
        """
        base, spans = self.encoder.baseline(), self.encoder.spans()
        raised = np.zeros((len(matrix), len(spans)))
        if self.name == LOGISTIC:
            parts = (matrix - base) * self.classifier.coef_[0]
            for i, span in enumerate(spans):
                raised[:, i] = parts[:, span].sum(axis=1)
            return raised
        importances = self.classifier.feature_importances_  # walks every tree at each access
        importance = np.array([importances[span].sum() for span in spans])
        probability = self.probability(matrix)
        for i in np.argsort(-importance, kind="stable")[:tried]:
            replaced = matrix.copy()
            replaced[:, spans[i]] = base[spans[i]]
            raised[:, i] = probability - self.probability(replaced)
        return raised


def fit_model(
    name: str, encoder: FeatureEncoder, matrix: Floats, event: npt.NDArray[np.bool_], params: ChurnParams
) -> FittedModel:
    """Fit one classifier on encoded training rows, shape (rows, columns); the same seed gives the same bits."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    classifier: Any
    if name == LOGISTIC:
        classifier = LogisticRegression(C=params.penalty_strength, max_iter=1_000)
    else:
        classifier = RandomForestClassifier(
            n_estimators=params.trees,
            max_depth=params.max_depth,
            min_samples_leaf=params.min_leaf,
            random_state=params.seed,
            n_jobs=params.jobs,
        )
    with threadpool_limits(limits=1):
        classifier.fit(matrix, event)
    if name == FOREST:
        # Parallel prediction adds the trees up in the order in which threads finish.
        classifier.n_jobs = 1
    return FittedModel(name, encoder, classifier)
