"""Measures that judge models, defined once for every layer.

Every function takes one-dimensional arrays of equal length, in any order, and returns a `float`, or `None` where the
measure is undefined; the rule for `None` stands in each docstring. Sums are exactly rounded (`math.fsum`), so the same
values in another order give the same bits. Values must be finite: callers drop unknown values first, and a NaN or an
infinity raises `ValueError`, because a measure that skips rows silently is a wrong measure.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]


def _finite(*arrays: npt.ArrayLike) -> tuple[Floats, ...]:
    """Return float64 vectors of one length; raise `ValueError` for unequal lengths or non-finite values."""
    vectors = tuple(np.asarray(array, dtype=np.float64).ravel() for array in arrays)
    if len({vector.size for vector in vectors}) > 1:
        raise ValueError(f"arrays differ in length: {[vector.size for vector in vectors]}")
    if any(not np.isfinite(vector).all() for vector in vectors):
        raise ValueError("values must be finite: drop unknown values before measuring")
    return vectors


def _binary(is_event: npt.ArrayLike, score: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return events as 0.0/1.0 beside scores; raise `ValueError` for labels other than 0 and 1."""
    event, value = _finite(np.asarray(is_event, dtype=np.float64), score)
    if not np.isin(event, (0.0, 1.0)).all():
        raise ValueError("labels must be 0 or 1")
    return event, value


def _tied_counts(event: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Count (rows, events) per distinct score, highest score first."""
    distinct, position = np.unique(-score, return_inverse=True)
    rows = np.bincount(position, minlength=distinct.size).astype(np.float64)
    events = np.bincount(position, weights=event, minlength=distinct.size).astype(np.float64)
    return rows, events


def auc(is_event: npt.ArrayLike, score: npt.ArrayLike) -> float | None:
    """Area under the ROC curve: the chance that a random event scores above a random non-event, ties counting half.

    Args:
        is_event: Truth, shape (n,), 0 or 1.
        score: Higher means more likely, shape (n,).

    Returns:
        A value in 0..1, or None when either class is absent (Mann and Whitney 1947).
    """
    event, value = _binary(is_event, score)
    rows, events = _tied_counts(event, value)
    others = rows - events
    if not events.sum() or not others.sum():
        return None
    others_below = others.sum() - np.cumsum(others)
    wins = math.fsum(events * (others_below + others / 2))
    return wins / float(events.sum() * others.sum())


def average_precision(is_event: npt.ArrayLike, score: npt.ArrayLike) -> float | None:
    """Average precision: precision summed over the steps in recall, one step per distinct score.

    Args as in `auc`.

    Returns:
        A value in 0..1 (no interpolation, as in scikit-learn), or None when there is no event.
    """
    event, value = _binary(is_event, score)
    rows, events = _tied_counts(event, value)
    if not events.sum():
        return None
    precision = np.cumsum(events) / np.cumsum(rows)
    return math.fsum(precision * events) / float(events.sum())


def top_decile_lift(is_event: npt.ArrayLike, score: npt.ArrayLike, share: float = 0.1) -> float | None:
    """Event rate among the highest-scored tenth, divided by the event rate of all.

    Args:
        is_event: Truth, shape (n,), 0 or 1.
        score: As in `auc`.
        share: Part of the rows to look at, in 0..1; at least one row, rounded up.

    Returns:
        Lift, 1.0 meaning no better than chance, or None when there is no event. Rows tied at the border count with
        their average event rate, so that the result does not depend on their order.
    """
    event, value = _binary(is_event, score)
    if not event.sum():
        return None
    top = max(1, math.ceil(event.size * share - 1e-9))
    rows, events = _tied_counts(event, value)
    taken = np.clip(top - (np.cumsum(rows) - rows), 0, rows)
    caught = math.fsum(events * taken / rows)
    return (caught / top) / (float(event.sum()) / event.size)


def brier(is_event: npt.ArrayLike, probability: npt.ArrayLike) -> float | None:
    """Mean squared distance of probabilities from what happened (Brier 1950).

    Args as in `auc`, scores being probabilities.

    Returns:
        A value in 0..1, lower is better, or None without rows.

    Raises:
        ValueError: A probability lies outside 0..1.
    """
    event, value = _binary(is_event, probability)
    if not event.size:
        return None
    if value.min() < 0 or value.max() > 1:
        raise ValueError("probabilities must lie in 0..1")
    return math.fsum((value - event) ** 2) / event.size


def wape(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float | None:
    """Weighted absolute percentage error: sum of absolute errors over sum of absolute actuals.

    Args:
        actual: What happened, shape (n,), any one unit.
        forecast: What was said before, shape (n,), same unit.

    Returns:
        A ratio of 0 or more, or None when all actuals are zero (or there are none).
    """
    truth, said = _finite(actual, forecast)
    total = math.fsum(np.abs(truth))
    return math.fsum(np.abs(truth - said)) / total if total else None


def bias(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float | None:
    """Sum of (forecast - actual) over sum of absolute actuals, positive when too high; None where `wape` is."""
    truth, said = _finite(actual, forecast)
    total = math.fsum(np.abs(truth))
    return math.fsum(said - truth) / total if total else None


def mape(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float | None:
    """Mean absolute percentage error over the rows whose actual is not zero.

    Returns:
        A ratio (0.08 is 8%), or None when no actual differs from zero.
    """
    truth, said = _finite(actual, forecast)
    known = truth != 0
    if not known.any():
        return None
    return math.fsum(np.abs(truth - said)[known] / np.abs(truth)[known]) / int(known.sum())


def smape(actual: npt.ArrayLike, forecast: npt.ArrayLike) -> float | None:
    """Symmetric mean absolute percentage error, 2|a - f| / (|a| + |f|); a row with both zero counts as 0.

    Returns:
        A ratio in 0..2, or None without rows.
    """
    truth, said = _finite(actual, forecast)
    if not truth.size:
        return None
    # Halves are taken before the sum, which could overflow for values near the largest float.
    size = np.abs(truth) / 2 + np.abs(said) / 2
    gap = np.abs(truth / 2 - said / 2) * 2
    return math.fsum(np.divide(gap, size, out=np.zeros_like(gap), where=size > 0)) / truth.size


def gini(values: npt.ArrayLike) -> float | None:
    """Concentration of non-negative amounts: 0 when all are equal, towards 1 when one holds everything.

    Args:
        values: Amounts of one unit, shape (n,).

    Returns:
        Half the mean absolute difference over the mean, n in the denominator (so at most 1 - 1/n), or None when the
        sum is zero or there are no values.

    Raises:
        ValueError: A value is negative.
    """
    (amount,) = _finite(values)
    if amount.size and amount.min() < 0:
        raise ValueError("gini needs non-negative values")
    total = math.fsum(amount)
    if not total:
        return None
    rank = np.arange(1, amount.size + 1)
    return math.fsum((2 * rank - amount.size - 1) * np.sort(amount)) / (amount.size * total)


def ranking_gini(actual: npt.ArrayLike, score: npt.ArrayLike) -> float | None:
    """How well a score orders customers by a later amount: 1 is the perfect order, 0 chance, -1 the reverse.

    Args:
        actual: Non-negative amounts seen later, shape (n,).
        score: Higher means more is expected, shape (n,).

    Returns:
        The Gini of amounts in the order of the score over the Gini of amounts in their own order. Tied scores share
        their average rank. None when the amounts are all equal, zero or absent.
    """
    amount, value = _finite(actual, score)
    best = gini(amount)
    if not best:
        return None
    _, position, count = np.unique(value, return_inverse=True, return_counts=True)
    average_rank = (np.cumsum(count) - (count - 1) / 2)[position]
    total = math.fsum(amount)
    return math.fsum((2 * average_rank - amount.size - 1) * amount) / (amount.size * total) / best


def psi(expected: npt.ArrayLike, actual: npt.ArrayLike, bins: int = 10, floor: float = 1e-4) -> float | None:
    """Population stability index between an earlier and a later sample of one feature.

    The earlier sample's quantiles give the bins; unknown values (NaN) are a bin of their own, since a feature that
    goes missing has drifted. Usual reading: below 0.1 stable, above 0.25 shifted.

    Args:
        expected: Earlier sample, shape (n,), NaN allowed.
        actual: Later sample, shape (m,), NaN allowed.
        bins: Number of quantile bins before equal edges are merged.
        floor: Smallest share a bin can have, so that an empty bin stays finite.

    Returns:
        A value of 0 or more, or None when either sample is empty.
    """
    before = np.asarray(expected, dtype=np.float64).ravel()
    after = np.asarray(actual, dtype=np.float64).ravel()
    if not before.size or not after.size:
        return None
    known = before[~np.isnan(before)]
    # `lower` keeps edges at observed values: interpolation could invent an edge that splits equal values.
    quantiles = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="lower") if known.size else known
    edges = np.unique(quantiles)

    def shares(sample: Floats) -> Floats:
        slot = np.where(np.isnan(sample), edges.size + 1, np.searchsorted(edges, sample, side="left"))
        counts = np.bincount(slot, minlength=edges.size + 2) / sample.size
        return np.maximum(counts, floor)

    old, new = shares(before), shares(after)
    return math.fsum((new - old) * np.log(new / old))


def adjusted_rand_index(first: Labels, second: Labels) -> float | None:
    """Agreement of two groupings of the same rows, corrected for chance (Hubert and Arabie 1985).

    Returns:
        1.0 for the same grouping under any names, about 0 for unrelated ones, or None without rows. Two trivial
        groupings (all together, or all apart) that agree count as 1.0.
    """
    if len(first) != len(second):
        raise ValueError(f"arrays differ in length: {[len(first), len(second)]}")
    if not len(first):
        return None
    _, left = np.unique(first, return_inverse=True)
    _, right = np.unique(second, return_inverse=True)
    table = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(table, (left, right), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = rows * columns / pairs(np.array([float(len(first))])) if len(first) > 1 else 0.0
    best = (rows + columns) / 2
    return 1.0 if best == chance else (together - chance) / (best - chance)


def silhouette(points: Floats, labels: Labels, seed: int, max_rows: int = 5_000) -> float | None:
    """Mean silhouette of a grouping (Rousseeuw 1987) on all rows, or on a seeded sample of `max_rows` rows.

    Args:
        points: Scaled features, shape (n, d), rows in a stated order (the sample is drawn by position).
        labels: Group per row, shape (n,).
        seed: Seed of the sample.
        max_rows: Above this many rows a sample without replacement is used; cost grows with its square.

    Returns:
        A value in -1..1, or None with fewer than two groups or with every row a group of its own.
    """
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    if len(points) > max_rows:
        rows = np.sort(np.random.default_rng(seed).choice(len(points), max_rows, replace=False))
        points, labels = points[rows], labels[rows]
    if not 2 <= len(np.unique(labels)) < len(points):
        return None
    with threadpool_limits(limits=1):
        return float(silhouette_score(points, labels))
