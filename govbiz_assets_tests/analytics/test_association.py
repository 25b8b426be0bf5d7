"""Rules: published counts on real baskets, brute force on small ones, and the hold-out test by hand."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from govbiz_assets.analytics.association import JOINER, RuleParams, evaluate_rules, mine_rules

BY_HAND = RuleParams(min_support=0.4, min_confidence=0.7, min_lift=0, min_baskets=1)


def baskets(*rows: str) -> pl.DataFrame:
    """Baskets of one-letter items; an empty text is a basket without items."""
    pairs: list[tuple[str, str | None]] = []
    for i, row in enumerate(rows):
        pairs += [(f"b{i}", item) for item in row] or [(f"b{i}", None)]
    return pl.DataFrame(pairs, schema={"basket_id": pl.String, "item": pl.String}, orient="row")


def test_support_confidence_and_lift_by_hand() -> None:
    # a in 4 of 5 baskets, b in 3, both in 3; the empty basket counts among the five.
    rules = mine_rules(baskets("ab", "ab", "abc", "a", ""), BY_HAND)
    assert rules.itemsets.rows() == [("a", 1, 0.8, 4), ("b", 1, 0.6, 3), ("a + b", 2, 0.6, 3)]
    assert rules.associations.rows() == [
        ("b", "a", 0.6, 1.0, pytest.approx(1.25), 3),
        ("a", "b", 0.6, 0.75, pytest.approx(1.25), 3),
    ]


def test_thresholds_include_their_own_value() -> None:
    # 3 of 10 baskets is exactly .3, and 3 of 4 exactly .75; floating-point supports would lose either.
    params = RuleParams(min_support=0.3, min_confidence=0.75, min_lift=0, min_baskets=1)
    rules = mine_rules(baskets("ab", "ab", "ab", "a", "c", "c", "c", "c", "c", "c"), params)
    assert rules.associations.select("antecedent", "consequent").rows() == [("b", "a"), ("a", "b")]


def random_baskets(seed: int, count: int = 60, items: int = 7) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return baskets(*("".join(np.array(list("abcdefg"))[:items][rng.random(items) < 0.45]) for _ in range(count)))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_both_algorithms_agree_with_brute_force(seed: int) -> None:
    frame = random_baskets(seed)
    params = RuleParams(min_support=0.1, min_confidence=0.5, min_lift=1.05, max_length=3, max_consequent=2)
    held = [set(items) for items in frame.group_by("basket_id").agg(pl.col("item").drop_nulls())["item"].to_list()]
    letters = sorted(set().union(*held))
    counts = {
        chosen: sum(set(chosen) <= basket for basket in held)
        for size in (1, 2, 3)
        for chosen in combinations(letters, size)
    }
    frequent = {JOINER.join(c): n for c, n in counts.items() if n / len(held) >= 0.1}
    expected = set()
    for chosen, both in counts.items():
        for size in (1, 2):
            for right in combinations(chosen, size):
                left = tuple(item for item in chosen if item not in right)
                if not left or both / len(held) < 0.1 or both / counts[left] < 0.5:
                    continue
                if both * len(held) / (counts[left] * counts[right]) >= 1.05:
                    expected.add((JOINER.join(left), JOINER.join(right), both))
    for algorithm in ("fpgrowth", "apriori"):
        rules = mine_rules(frame, params.model_copy(update={"algorithm": algorithm}))
        assert dict(rules.itemsets.select("itemset", "basket_count").iter_rows()) == frequent
        assert set(rules.associations.select("antecedent", "consequent", "basket_count").iter_rows()) == expected


def test_algorithm_row_order_and_repeated_rows_change_no_bit() -> None:
    frame, params = random_baskets(4), RuleParams(min_support=0.1, min_confidence=0.4, min_baskets=1)
    first = mine_rules(frame, params)
    shuffled = pl.concat([frame, frame.head(20)]).sample(fraction=1, shuffle=True, seed=1)
    for other in (mine_rules(shuffled, params), mine_rules(frame, params.model_copy(update={"algorithm": "apriori"}))):
        assert_frame_equal(first.itemsets, other.itemsets, check_exact=True)
        assert_frame_equal(first.associations, other.associations, check_exact=True)


def test_planted_rule_comes_first() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(400):
        items = {letter for letter in "cdefgh" if rng.random() < 0.3}
        if rng.random() < 0.2:
            items |= {"a", "b"} if rng.random() < 0.95 else {"a"}
        rows.append("".join(sorted(items)))
    top = mine_rules(baskets(*rows), RuleParams(min_support=0.02, min_confidence=0.5, max_length=2)).associations
    assert set(top["antecedent"][:2]) == {"a", "b"}
    assert top["lift"][0] > 4


def test_too_little_data_has_a_named_reason() -> None:
    assert mine_rules(baskets("ab"), RuleParams()).reason == "too_few_baskets: 1 < 20"
    assert mine_rules(baskets(), RuleParams()).reason == "too_few_baskets: 0 < 20"
    rare = mine_rules(baskets("a", "b", "c", ""), BY_HAND)
    assert rare.reason == "no_frequent_item: none of 3 items is in 2 of 4 baskets"
    assert rare.associations.is_empty()
    assert mine_rules(baskets("", ""), BY_HAND).itemsets.is_empty()


def test_ambiguous_items_are_refused() -> None:
    frame = pl.DataFrame({"basket_id": ["1"], "item": ["a + b"]})
    with pytest.raises(ValueError, match="must not contain"):
        mine_rules(frame, BY_HAND)


def test_hold_out_value_by_hand() -> None:
    # Mined: a and b always together, c most popular. Asked later: basket ab, both hidden in turn.
    mined = mine_rules(baskets("ab", "ab", "c", "c", "c"), BY_HAND)
    metrics = evaluate_rules(mined, baskets("ab", "c"), top=1)
    # From a the rule says b and from b it says a: two hits of two. The most popular item c: none.
    assert metrics.rows() == [
        ("rules", "hit_rate_1", 1.0, 0.0, 2),
        ("rules", "fired_hit_rate_1", 1.0, 0.0, 2),
        ("rules", "fired_ratio", 1.0, None, 2),
    ]
    assert evaluate_rules(mined, baskets("a", "c")).is_empty()


def test_rules_that_never_fire_leave_the_popular_items() -> None:
    mined = mine_rules(baskets("ab", "ab", "c", "c", "c"), BY_HAND)
    metrics = evaluate_rules(mined, baskets("cx"), top=3)
    # Hidden c is found among the popular, hidden x by nobody.
    assert metrics.rows() == [("rules", "hit_rate_3", 0.5, 0.5, 2), ("rules", "fired_ratio", 0.0, None, 2)]


@pytest.fixture(scope="module")
def groceries(real_data: Callable[[str], Path]) -> pl.DataFrame:
    lines = real_data("groceries/groceries.csv").read_text().splitlines()
    return pl.DataFrame(
        [(i, item) for i, line in enumerate(lines) for item in line.split(",")],
        schema=["basket_id", "item"],
        orient="row",
    )


def test_groceries_give_the_published_rules(groceries: pl.DataFrame) -> None:
    params = RuleParams(min_support=0.001, min_confidence=0.8, min_lift=0, max_length=10)
    sizes = pl.col("antecedent").str.split(JOINER).list.len() + 1
    rules = mine_rules(groceries, params).associations
    assert dict(rules.group_by(sizes).len().iter_rows()) == {3: 29, 4: 229, 5: 140, 6: 12}
    params = RuleParams(min_support=0.006, min_confidence=0.25, min_lift=0, max_length=10)
    rules = mine_rules(groceries, params).associations
    assert dict(rules.group_by(sizes).len().iter_rows()) == {2: 150, 3: 297, 4: 16}
    assert mine_rules(groceries, params.model_copy(update={"min_support": 0.01})).itemsets.height == 333


def test_grocery_rules_beat_popularity_where_they_fire(groceries: pl.DataFrame) -> None:
    early, late = groceries.filter(pl.col("basket_id") < 6_000), groceries.filter(pl.col("basket_id") >= 6_000)
    mined = mine_rules(early, RuleParams(min_support=0.003, min_confidence=0.2))
    metrics = evaluate_rules(mined, late)
    hit = metrics.row(by_predicate=pl.col("metric") == "fired_hit_rate_3", named=True)
    assert hit["value"] > hit["naive_value"]


@pytest.mark.parametrize(("support", "expected"), [(0.01, 159), (0.005, 580), (0.002, 2_691)])
def test_retail_gives_the_published_itemsets(real_data: Callable[[str], Path], support: float, expected: int) -> None:
    with gzip.open(real_data("fimi/retail.dat.gz"), "rt") as file:
        rows = [(i, item) for i, line in enumerate(file) for item in line.split()]
    frame = pl.DataFrame(rows, schema=["basket_id", "item"], orient="row")
    assert mine_rules(frame, RuleParams(min_support=support, max_length=10)).itemsets.height == expected
