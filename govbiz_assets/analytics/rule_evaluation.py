"""What mined rules are worth on later baskets, beside recommending what is popular.

What belongs here: the leave-one-item-out test. What does not: mining (see `association`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

import polars as pl

from govbiz_assets.analytics.ruleset import JOINER, RuleSet

METRICS: Final = {
    "model": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "naive_value": pl.Float64,
    "n": pl.Int64,
}


def evaluate_rules(rules: RuleSet, baskets_next: pl.DataFrame, top: int = 3, max_baskets: int = 20_000) -> pl.DataFrame:
    """Hide each item of each later basket in turn and ask whether `top` recommendations from the rest find it.

    Rules fire when their whole antecedent is in the rest and their consequent is one item not in it; they are ordered
    as in `RuleSet.associations`. What they leave open is filled with the most popular items, which alone are the naive
    rule (by baskets in the mined month, then by name).

    Args:
        rules: Mined on an earlier month.
        baskets_next: basket_id, item: baskets of a later month. Only baskets of two or more items can be asked.
        top: Recommendations per question.
        max_baskets: Above this number every k-th basket by id is asked, to bound the time.

    Returns:
        model `rules`, metric, value, naive_value, n (questions): `hit_rate_{top}` over all questions;
        `fired_hit_rate_{top}` over those where a rule fired; `fired_ratio`, their share. Empty without questions.
    """
    asked = _baskets(baskets_next, max_baskets)
    singles = rules.itemsets.filter(pl.col("item_count") == 1)
    popular: list[str] = singles.sort("basket_count", "itemset", descending=[True, False])["itemset"].to_list()
    by_item = _index(rules.associations)
    tally: Counter[str] = Counter()
    for basket in asked:
        firing = _firing(basket, by_item)
        for hidden in sorted(basket):
            said = _recommend(basket, hidden, firing, top)
            rest = basket - {hidden}
            fallback = [item for item in popular[: top + len(rest)] if item not in rest][:top]
            filled = (said + [item for item in fallback if item not in said])[:top]
            tally["asked"] += 1
            tally["hit"] += hidden in filled
            tally["naive_hit"] += hidden in fallback
            if said:
                tally["fired"] += 1
                tally["fired_hit"] += hidden in filled
                tally["fired_naive_hit"] += hidden in fallback
    n, fired = tally["asked"], tally["fired"]
    if not n:
        return pl.DataFrame(schema=METRICS)
    rows = [
        ("rules", f"hit_rate_{top}", tally["hit"] / n, tally["naive_hit"] / n, n),
        ("rules", "fired_ratio", fired / n, None, n),
    ]
    if fired:
        both = (tally["fired_hit"] / fired, tally["fired_naive_hit"] / fired)
        rows.insert(1, ("rules", f"fired_hit_rate_{top}", *both, fired))
    return pl.DataFrame(rows, schema=METRICS, orient="row")


_Rule = tuple[int, frozenset[str], str]


def _baskets(frame: pl.DataFrame, max_baskets: int) -> list[frozenset[str]]:
    """Return baskets of two or more distinct items, in the order of their ids, thinned evenly to `max_baskets`."""
    grouped = (
        frame.select("basket_id", pl.col("item").cast(pl.String))
        .drop_nulls()
        .unique()
        .group_by("basket_id")
        .agg(pl.col("item"))
        .filter(pl.col("item").list.len() >= 2)
        .sort("basket_id")
    )
    step = -(-grouped.height // max_baskets) if grouped.height else 1
    return [frozenset(items) for items in grouped["item"].gather_every(step).to_list()]


def _index(associations: pl.DataFrame) -> dict[str, list[_Rule]]:
    """Return rules with one consequent, by the first item of their antecedent; each with its rank."""
    by_item: dict[str, list[_Rule]] = defaultdict(list)
    pairs = associations.select("antecedent", "consequent").iter_rows()
    for rank, (antecedent, consequent) in enumerate(pairs):
        items = antecedent.split(JOINER)
        if JOINER not in consequent:
            by_item[items[0]].append((rank, frozenset(items), consequent))
    return by_item


def _firing(basket: frozenset[str], by_item: dict[str, list[_Rule]]) -> list[_Rule]:
    """Return the rules whose antecedent is in the basket, best first."""
    return sorted(rule for item in basket for rule in by_item.get(item, ()) if rule[1] <= basket)


def _recommend(basket: frozenset[str], hidden: str, firing: list[_Rule], top: int) -> list[str]:
    """Return up to `top` consequents of rules that still fire without the hidden item, best first."""
    said: list[str] = []
    for _, antecedent, consequent in firing:
        if hidden not in antecedent and (consequent == hidden or consequent not in basket) and consequent not in said:
            said.append(consequent)
            if len(said) == top:
                break
    return said
