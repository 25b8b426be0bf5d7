"""Planted associations can be counted in the subscription file and stand out from everything else."""

from __future__ import annotations

from itertools import permutations

import pytest

from govbiz_assets_tests.simulate.delivered import Landing


@pytest.fixture(scope="module")
def baskets(broad: Landing) -> dict[str, set[str]]:
    """Products and planted behaviours by customer."""
    found: dict[str, set[str]] = {row["客户编号"]: set() for row in broad.rows("customer", "2024-01")}
    for row in broad.rows("subscription", "2024-01"):
        found[row["客户编号"]].add(row["产品代码"])
    for row in broad.truth("traits"):
        found[row["customer_no"]] |= {"behaviour:peak_heavy"} if row["is_peak_heavy"] == "1" else set()
        found[row["customer_no"]] |= {"behaviour:continuous"} if row["shift_pattern"] == "continuous" else set()
    return found


def confidence(baskets: dict[str, set[str]], antecedent: set[str], consequent: str) -> tuple[float, float, float]:
    """Returns support of the antecedent, confidence and lift."""
    having = [basket for basket in baskets.values() if antecedent <= basket]
    share = sum(consequent in basket for basket in having) / max(len(having), 1)
    overall = sum(consequent in basket for basket in baskets.values()) / len(baskets)
    return len(having) / len(baskets), share, share / overall


def test_planted_rules_have_their_confidence(broad: Landing, baskets: dict[str, set[str]]) -> None:
    rules = broad.truth("associations")
    assert len(rules) == 4
    for rule in rules:
        support, share, lift = confidence(baskets, set(rule["antecedent"].split("+")), rule["consequent"])
        assert support > 0.03, rule
        assert abs(share - float(rule["planted_confidence"])) < 0.10, rule
        assert lift > 2, rule


def test_unplanted_pairs_have_no_lift_to_speak_of(broad: Landing, baskets: dict[str, set[str]]) -> None:
    rules = broad.truth("associations")
    linked = [{*rule["antecedent"].split("+"), rule["consequent"]} for rule in rules]
    products = sorted({item for basket in baskets.values() for item in basket if item.startswith("P")})
    assert len(products) == 12
    planted = min(confidence(baskets, set(r["antecedent"].split("+")), r["consequent"])[2] for r in rules)
    lifts = [
        confidence(baskets, {one}, other)[2]
        for one, other in permutations(products, 2)
        if not any({one, other} <= link for link in linked)
    ]
    assert max(lifts) < planted
    assert sum(lifts) / len(lifts) == pytest.approx(1.0, abs=0.12)


def test_subscriptions_show_only_what_runs_in_the_month(long: Landing) -> None:
    ended = 0
    for month in long.months:
        for row in long.clean("subscription", month):
            assert row["生效日期"][:7] <= month
            assert not row["失效日期"] or row["失效日期"][:7] == month
            ended += bool(row["失效日期"])
    assert ended > 0


def test_products_are_taken_up_over_time(long: Landing) -> None:
    counts = [len(long.clean("subscription", month)) for month in long.months]
    begun = {row["生效日期"][:7] for row in long.clean("subscription", long.months[-1])}
    assert counts[-1] > counts[0]
    assert set(long.months) <= begun
