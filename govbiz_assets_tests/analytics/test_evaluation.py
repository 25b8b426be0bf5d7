"""Measures against hand-computed values, scikit-learn, and their own laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govbiz_assets.analytics import evaluation as ev

AMOUNTS = st.lists(st.floats(0, 1e12), min_size=1, max_size=40)
BINARY = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60)


def test_auc_counts_ties_as_half() -> None:
    # Events score 3 and 1, others 2 and 1: pairs 3>2, 3>1, 1<2, 1=1 -> (1 + 1 + 0 + .5) / 4.
    assert ev.auc([1, 1, 0, 0], [3, 1, 2, 1]) == 0.625


def test_average_precision_steps_through_distinct_scores() -> None:
    # Order: event (1/1), other, event (2/3); recall steps of a half each.
    assert ev.average_precision([1, 0, 1], [0.9, 0.5, 0.1]) == pytest.approx((1 + 2 / 3) / 2)


def test_top_decile_lift_shares_ties_at_the_border() -> None:
    # 20 rows, 2 in the top tenth; the best score is an event, the next is shared by four rows with one event.
    score = [9, 8, 8, 8, 8] + [1] * 15
    event = [1, 1, 0, 0, 0] + [0] * 15
    assert ev.top_decile_lift(event, score) == pytest.approx(((1 + 0.25) / 2) / (2 / 20))


def test_error_measures_by_hand() -> None:
    actual, forecast = [100, 0, 50], [110, 5, 40]
    assert ev.wape(actual, forecast) == pytest.approx(25 / 150)
    assert ev.bias(actual, forecast) == pytest.approx(5 / 150)
    assert ev.mape(actual, forecast) == pytest.approx((0.1 + 0.2) / 2)
    assert ev.smape(actual, forecast) == pytest.approx((20 / 210 + 2 + 20 / 90) / 3)
    assert ev.brier([1, 0], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)


def test_gini_by_hand() -> None:
    assert ev.gini([1, 1, 1, 1]) == 0
    assert ev.gini([0, 0, 0, 8]) == 0.75
    assert ev.gini([1, 3]) == 0.25  # |1-3| twice over 2 * 4 * mean 2
    assert ev.ranking_gini([1, 3, 9], [10, 20, 30]) == pytest.approx(1)
    assert ev.ranking_gini([1, 3, 9], [3, 2, 1]) == pytest.approx(-1)
    assert ev.ranking_gini([1, 3, 9], [5, 5, 5]) == pytest.approx(0)


def test_psi_by_hand() -> None:
    # Two bins split at 1: shares .5/.5 before, .25/.75 after.
    assert ev.psi([1, 1, 2, 2], [1, 2, 2, 2], bins=2) == pytest.approx(0.25 * math.log(0.75 / 0.25))
    assert ev.psi([1, 1, 2, 2], [2, 1, 2, 1], bins=2) == 0
    # All values go missing: the bin of unknown values takes everything.
    assert (ev.psi([1, 1, 2, 2], [math.nan] * 4, bins=2) or 0) > 5


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("auc", [], []),
        ("auc", [1, 1], [0.2, 0.3]),
        ("average_precision", [0, 0], [0.2, 0.3]),
        ("top_decile_lift", [0, 0], [0.2, 0.3]),
        ("brier", [], []),
        ("wape", [0, 0], [1, 2]),
        ("bias", [], []),
        ("mape", [0], [3]),
        ("smape", [], []),
        ("psi", [], [1.0]),
        ("ranking_gini", [2, 2], [1, 2]),
        ("adjusted_rand_index", [], []),
    ],
)
def test_undefined_measure_is_none(name: str, first: Any, second: Any) -> None:
    assert getattr(ev, name)(first, second) is None


def test_unusable_input_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        ev.wape([1, math.nan], [1, 1])
    with pytest.raises(ValueError, match="length"):
        ev.auc([1, 0], [1])
    with pytest.raises(ValueError, match="0 or 1"):
        ev.auc([1, 2], [1, 1])
    with pytest.raises(ValueError, match=r"0\.\.1"):
        ev.brier([1], [1.5])
    with pytest.raises(ValueError, match="non-negative"):
        ev.gini([-1, 2])


@settings(max_examples=60, deadline=None)
@given(BINARY)
def test_ranking_measures_agree_with_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    event, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], dtype=float)
    if event.any():
        assert ev.average_precision(event, score) == pytest.approx(average_precision_score(event, score))
    if event.any() and not event.all():
        assert ev.auc(event, score) == pytest.approx(roc_auc_score(event, score))
        assert ev.brier(event, score / 5) == pytest.approx(brier_score_loss(event, score / 5))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_rand_index_agrees_with_scikit_learn(rows: list[tuple[int, int]]) -> None:
    from sklearn.metrics import adjusted_rand_score

    first, second = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    assert ev.adjusted_rand_index(first, second) == pytest.approx(adjusted_rand_score(first, second))


@settings(max_examples=60, deadline=None)
@given(BINARY, st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_bit(rows: list[tuple[bool, int]], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    for measure in (ev.auc, ev.average_precision, ev.top_decile_lift, ev.smape, ev.wape, ev.ranking_gini):
        results = [measure([float(e) for e, _ in some], [s / 7 for _, s in some]) for some in (rows, shuffled)]
        assert results[0] == results[1]


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, st.floats(0, 1e12))
def test_ranges_hold(values: list[float], other: float) -> None:
    forecast = [other] * len(values)
    gini, smape = ev.gini(values), ev.smape(values, forecast)
    assert gini is None or -1e-9 <= gini <= 1
    assert smape is not None
    assert 0 <= smape <= 2
    assert (ev.psi(values, forecast) or 0) >= 0
    assert ev.wape(values, values) in (0, None)


def test_silhouette_agrees_with_scikit_learn_and_samples_by_seed() -> None:
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(300, 2)), np.repeat([0, 1, 2], 100)
    points += labels[:, None] * 4
    assert ev.silhouette(points, labels, seed=1) == pytest.approx(silhouette_score(points, labels))
    assert ev.silhouette(points, labels, seed=1, max_rows=100) == ev.silhouette(points, labels, seed=1, max_rows=100)
    assert ev.silhouette(points, np.zeros(300), seed=1) is None
