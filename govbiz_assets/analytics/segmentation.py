"""Groups of similar customers, beside the naive grouping by size.

What belongs here: scaling a feature frame, choosing the number of groups, naming them, and measuring them against
terciles of usage. What does not: where features come from, and what is done with a group.

Rules, all fixed so that two runs give the same bytes:
    * customers are sorted by id; features with no known value, or with one value only, are dropped;
    * an unknown value is imputed by the feature's median over the customers given;
    * skewed features go through the signed log, then every feature is centred on its median and divided by its
      interquartile range, cut at `clip`;
    * the number of groups is the one with the highest silhouette, the smaller one on a tie;
    * groups are numbered from 1 by their total of `size_feature`, largest first (by customer count without one), ties
      by customer count and then by the smallest customer id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from govbiz_assets.analytics.evaluation import adjusted_rand_index, silhouette
from govbiz_assets.analytics.scaling import Floats, RobustScale, column_floats
from govbiz_assets.analytics.wording import FeatureText, feature_text

KMEANS: Final = "kmeans"
TERCILES: Final = "usage_terciles"

Groups = npt.NDArray[np.int64]

ASSIGNMENTS: Final = {
    "customer_id": pl.String,
    "method": pl.String,
    "cluster_id": pl.Int64,
    "cluster_name": pl.String,
}
PROFILES: Final = {
    "method": pl.String,
    "cluster_id": pl.Int64,
    "cluster_name": pl.String,
    "feature": pl.String,
    "mean": pl.Float64,
    "median": pl.Float64,
    "customer_count": pl.Int64,
}
METRICS: Final = {
    "model": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "naive_value": pl.Float64,
    "n": pl.Int64,
}


class SegmentationParams(BaseModel):
    """How customers are grouped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = Field(min_length=1, description="numeric columns to group by")
    size_feature: str | None = Field(
        default=None, description="column of usage, kWh, that orders groups and makes terciles"
    )
    k_low: int = Field(default=3, ge=2, description="fewest groups tried")
    k_high: int = Field(default=8, ge=2, description="most groups tried")
    seed: int = Field(description="seed of the starts and of the silhouette's sample")
    min_customers: int = Field(default=30, ge=2, description="with fewer customers there are no groups")
    starts: int = Field(default=10, ge=1, description="random starts per number of groups; the tightest wins")
    clip: float = Field(default=4.0, gt=0, description="scaled values are cut to +-clip (robust standard deviations)")
    sample_rows: int = Field(default=5_000, ge=100, description="customers in the silhouette above this number")
    texts: tuple[FeatureText, ...] = Field(
        default=(), description="words for features in names, beside the built-in ones"
    )


@dataclass(frozen=True)
class Segmentation:
    """Result of `segment_customers`.

    Attributes:
        assignments: customer_id, method, cluster_id (from 1), cluster_name; one row per customer and method.
        profiles: method, cluster_id, cluster_name, feature, mean, median (in the feature's unit, over known values),
            customer_count.
        metrics: model, metric, value, naive_value, n; `silhouette` has the terciles' as naive value.
        reason: Why there are no groups, or None.
    """

    assignments: pl.DataFrame
    profiles: pl.DataFrame
    metrics: pl.DataFrame
    reason: str | None


def segment_customers(features: pl.DataFrame, params: SegmentationParams) -> Segmentation:
    """Group customers by k-means, and by terciles of usage as the naive rule.

    Args:
        features: customer_id (unique) and the columns named in `params`; further columns are ignored.
        params: How to group.

    Returns:
        Both groupings with profiles and metrics. Empty frames and a reason with fewer than `min_customers` customers
        or without a usable feature.

    Raises:
        ValueError: customer_id is null or not unique.
        polars.exceptions.ColumnNotFoundError: A named column is missing.
    """
    frame = features.sort("customer_id")
    if frame["customer_id"].null_count() or frame["customer_id"].is_duplicated().any():
        raise ValueError("customer_id must be unique and known")
    if frame.height < params.min_customers:
        return _nothing(f"too_few_customers: {frame.height} < {params.min_customers}")
    scaled, used = _scale(frame, params)
    if not used:
        return _nothing("no_usable_feature: every feature is unknown or constant")
    distinct = len(np.unique(scaled, axis=0))
    if distinct <= params.k_low:
        return _nothing(f"too_few_distinct_customers: {distinct} <= {params.k_low}")

    labels, score, agreement = _kmeans(scaled, min(params.k_high, distinct - 1), params)
    size = column_floats(frame, params.size_feature) if params.size_feature else None
    naive = _terciles(size)
    naive_score = silhouette(scaled, naive, params.seed, params.sample_rows) if naive is not None else None

    groupings = [(KMEANS, _ordered(labels, size))]
    if naive is not None:
        groupings.append((TERCILES, naive))
    assigned, profiled = [], []
    for method, clusters in groupings:
        names = _names(scaled, used, clusters, params) if method == KMEANS else _TERCILE_NAMES
        assigned.append(_assignments(frame, method, clusters, names))
        profiled.append(_profiles(frame, method, clusters, names, params.features))
    n = frame.height
    metrics = [
        (KMEANS, "silhouette", score, naive_score, n),
        (KMEANS, "cluster_count", float(len(np.unique(labels))), 3.0 if naive is not None else None, n),
        (KMEANS, "reseeded_rand_index", agreement, None, n),
    ]
    return Segmentation(
        assignments=pl.concat(assigned),
        profiles=pl.concat(profiled),
        metrics=pl.DataFrame(metrics, schema=METRICS, orient="row"),
        reason=None,
    )


_TERCILE_NAMES: Final = {1: "large usage", 2: "middle usage", 3: "small usage"}


def _nothing(reason: str) -> Segmentation:
    """Return empty frames with the reason."""
    return Segmentation(
        pl.DataFrame(schema=ASSIGNMENTS), pl.DataFrame(schema=PROFILES), pl.DataFrame(schema=METRICS), reason
    )


def _scale(frame: pl.DataFrame, params: SegmentationParams) -> tuple[Floats, list[str]]:
    """Return the scaled matrix, shape (customers, used features), and the names of the features used."""
    columns: list[Floats] = []
    used: list[str] = []
    for name in params.features:
        values = column_floats(frame, name)
        scale = RobustScale.fit(values, params.clip)
        if scale is not None:
            columns.append(scale.apply(values))
            used.append(name)
    return (np.column_stack(columns) if columns else np.empty((frame.height, 0))), used


def _kmeans(scaled: Floats, k_high: int, params: SegmentationParams) -> tuple[Groups, float | None, float | None]:
    """Return labels of the best k, their silhouette, and their agreement with another seed (adjusted Rand index)."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    def fit(k: int, seed: int) -> Groups:
        # More than one thread sums the distances in an order that changes from run to run.
        with threadpool_limits(limits=1):
            model = KMeans(n_clusters=k, n_init=params.starts, random_state=seed).fit(scaled)
        return np.asarray(model.labels_, dtype=np.int64)

    best: tuple[float, int, Groups] | None = None
    for k in range(params.k_low, max(k_high, params.k_low) + 1):
        labels = fit(k, params.seed)
        score = silhouette(scaled, labels, params.seed, params.sample_rows)
        if score is not None and (best is None or score > best[0]):
            best = (score, k, labels)
    if best is None:
        return fit(params.k_low, params.seed), None, None
    score, k, labels = best
    return labels, score, adjusted_rand_index(labels, fit(k, params.seed + 1))


def _terciles(size: Floats | None) -> Groups | None:
    """Return 1 for the largest third of customers by usage, 3 for the smallest; unknown usage counts as smallest.

    Ties are cut by position, that is by customer id. None without a known size.
    """
    if size is None or np.isnan(size).all():
        return None
    order = np.argsort(-np.nan_to_num(size, nan=-np.inf), kind="stable")
    third = np.empty(size.size, dtype=np.int64)
    third[order] = np.arange(size.size) * 3 // size.size + 1
    return third


def _ordered(labels: Groups, size: Floats | None) -> Groups:
    """Renumber groups from 1: largest total size first, then most customers, then smallest first position."""
    keys: list[tuple[float, int, int, int]] = []
    for label in np.unique(labels):
        members = labels == label
        total = float(np.nansum(size[members])) if size is not None else 0.0
        keys.append((-total, -int(members.sum()), int(np.argmax(members)), int(label)))
    new_id = {label: number for number, (*_, label) in enumerate(sorted(keys), start=1)}
    return np.array([new_id[int(label)] for label in labels], dtype=np.int64)


def _names(scaled: Floats, used: list[str], clusters: Groups, params: SegmentationParams) -> dict[int, str]:
    """Name each group by the two features whose median lies farthest from the median of all, in scaled units.

    A feature closer than 0.25 to the median of all says nothing; a group without any other is `typical`. Equal names
    get the next feature, and then a number.
    """
    texts = {text.feature: text for text in params.texts}
    if params.size_feature is not None and params.size_feature not in texts:
        text = feature_text(params.size_feature, texts)
        texts[params.size_feature] = text.model_copy(update={"high": text.high or "large", "low": text.low or "small"})
    names: dict[int, str] = {}
    for cluster in (int(c) for c in np.unique(clusters)):
        gap = np.median(scaled[clusters == cluster], axis=0) - np.median(scaled, axis=0)
        order = [i for i in np.argsort(-np.abs(gap), kind="stable") if abs(gap[i]) >= 0.25]
        words = [feature_text(used[i], texts).word(bool(gap[i] > 0)) for i in order]
        words = list(dict.fromkeys(words))
        name = ", ".join(words[:2]) or "typical"
        for length in range(3, len(words) + 1):
            if name not in names.values():
                break
            name = ", ".join(words[:length])
        plain, number = name, 2
        while name in names.values():
            name, number = f"{plain} ({number})", number + 1
        names[cluster] = name
    return names


def _assignments(frame: pl.DataFrame, method: str, clusters: Groups, names: dict[int, str]) -> pl.DataFrame:
    """Return one row per customer for one method."""
    columns: dict[str, Any] = {
        "customer_id": frame["customer_id"].cast(pl.String),
        "method": [method] * frame.height,
        "cluster_id": clusters,
        "cluster_name": [names[int(c)] for c in clusters],
    }
    return pl.DataFrame(columns, schema=ASSIGNMENTS)


def _profiles(
    frame: pl.DataFrame, method: str, clusters: Groups, names: dict[int, str], features: tuple[str, ...]
) -> pl.DataFrame:
    """Return mean and median of every feature per group, over known values in the feature's own unit."""
    rows: list[tuple[str, int, str, str, float | None, float | None, int]] = []
    for cluster in (int(c) for c in np.unique(clusters)):
        members = clusters == cluster
        for name in features:
            values = column_floats(frame, name)[members]
            known = np.sort(values[~np.isnan(values)])
            mean, median = (float(known.mean()), float(np.median(known))) if known.size else (None, None)
            rows.append((method, cluster, names[cluster], name, mean, median, int(members.sum())))
    return pl.DataFrame(rows, schema=PROFILES, orient="row")
