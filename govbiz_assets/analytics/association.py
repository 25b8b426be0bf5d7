"""What goes together: frequent itemsets and association rules over baskets, and what the rules are worth later.

What belongs here: mining by FP-Growth or Apriori (mlxtend) and the hold-out test of rules against recommending what is
popular. What does not: how a basket is made out of subscriptions, traits or tickets.

Counts are whole numbers from end to end: support, confidence and lift are divided out of counts at the end, so that
both algorithms and any order of rows give the same bits. Rules are derived here and not by mlxtend, whose
`association_rules` works on floating-point supports, for which a confidence of exactly the threshold may fall out.
"""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from govbiz_assets.analytics.rule_evaluation import evaluate_rules
from govbiz_assets.analytics.ruleset import ASSOCIATIONS, ITEMSETS, JOINER, RuleParams, RuleSet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JOINER", "RuleParams", "RuleSet", "evaluate_rules", "mine_rules"]


def mine_rules(baskets: pl.DataFrame, params: RuleParams) -> RuleSet:
    """Mine frequent itemsets and rules.

    Args:
        baskets: basket_id, item (text), one row per item in a basket. Repeated items count once. A row with a null
            item keeps its basket in the number of baskets without adding an item to it.
        params: Thresholds and the algorithm.

    Returns:
        Itemsets and rules, or empty frames and a reason with too few baskets or no frequent item.

    Raises:
        ValueError: An item contains `JOINER`, which would make joined itemsets ambiguous, or a basket_id is null.
    """
    rows = baskets.select(pl.col("basket_id"), pl.col("item").cast(pl.String)).unique().sort("basket_id", "item")
    if rows["basket_id"].null_count():
        raise ValueError("basket_id must be known")
    if rows.select(pl.col("item").str.contains(JOINER, literal=True).any()).item():
        raise ValueError(f"items must not contain {JOINER!r}")
    total = rows["basket_id"].n_unique()
    if total < params.min_baskets:
        return _nothing(f"too_few_baskets: {total} < {params.min_baskets}")
    need = _least_count(params.min_support, total)
    counts = _count_itemsets(rows, need, params)
    if not counts:
        return _nothing(
            f"no_frequent_item: none of {rows['item'].drop_nulls().n_unique()} items is in {need} of {total} baskets"
        )
    return RuleSet(_itemset_frame(counts, total), _rule_frame(counts, total, params), None)


def _nothing(reason: str) -> RuleSet:
    """Return empty frames with the reason."""
    return RuleSet(pl.DataFrame(schema=ITEMSETS), pl.DataFrame(schema=ASSOCIATIONS), reason)


def _least_count(min_support: float, total: int) -> int:
    """Return the smallest number of baskets, at least 1, whose share is `min_support` or more."""
    need = max(1, int(min_support * total))
    while need / total < min_support:
        need += 1
    return need


def _count_itemsets(rows: pl.DataFrame, need: int, params: RuleParams) -> dict[tuple[str, ...], int]:
    """Return baskets per frequent itemset (items in sorted order)."""
    with warnings.catch_warnings():
        # mlxtend switches every DeprecationWarning of the process on when it is imported.
        from mlxtend.frequent_patterns import apriori, fpgrowth

    matrix, items = _encode(rows, need)
    if not items:
        return {}
    mine = fpgrowth if params.algorithm == "fpgrowth" else apriori
    options = {} if params.algorithm == "fpgrowth" else {"low_memory": True}
    # Half a basket below the count keeps floating point from losing an itemset that is exactly frequent enough.
    found = mine(matrix, min_support=(need - 0.5) / len(matrix), max_len=params.max_length, **options)
    counts: dict[tuple[str, ...], int] = {}
    for itemset, support in zip(found["itemsets"], found["support"], strict=True):
        counts[tuple(items[i] for i in sorted(itemset))] = round(support * len(matrix))
    return counts


def _encode(rows: pl.DataFrame, need: int) -> tuple[pd.DataFrame, list[str]]:
    """Return a sparse boolean frame of the frequent items, columns 0..m-1, and the items' names in sorted order.

    Infrequent items cannot be in a frequent itemset and are left out, and so are baskets that hold fewer than one
    frequent item; the FIMI retail data shrinks from 16,470 columns to some 1,500 at 0.2%.
    """
    import pandas as pd

    known = rows.drop_nulls("item")
    frequent = known.group_by("item").len().filter(pl.col("len") >= need).select("item").sort("item")
    kept = known.join(frequent.with_row_index("column"), on="item").with_columns(
        row=pl.col("basket_id").rank("dense").cast(pl.Int64) - 1
    )
    items = frequent["item"].to_list()
    height = kept["row"].n_unique()
    # `DataFrame.sparse.from_spmatrix` would do, but pandas 2.3 deprecates the fill value that it sets for booleans.
    sparse = {}
    for column, holders in kept.group_by("column").agg("row").sort("column").iter_rows():
        held = np.zeros(height, dtype=bool)
        held[holders] = True
        sparse[column] = pd.arrays.SparseArray(held, fill_value=False)
    return pd.DataFrame(sparse), items


def _itemset_frame(counts: dict[tuple[str, ...], int], total: int) -> pl.DataFrame:
    """Return itemsets, most baskets first, then by name."""
    rows = [(JOINER.join(itemset), len(itemset), count / total, count) for itemset, count in counts.items()]
    frame = pl.DataFrame(rows, schema=ITEMSETS, orient="row")
    return frame.sort("basket_count", "item_count", "itemset", descending=[True, False, False])


def _rule_frame(counts: dict[tuple[str, ...], int], total: int, params: RuleParams) -> pl.DataFrame:
    """Return rules above the thresholds: highest confidence first, then lift, then baskets, then names."""
    rows: list[tuple[str, str, float, float, float, int]] = []
    for itemset, both in counts.items():
        for size in range(1, min(params.max_consequent, len(itemset) - 1) + 1):
            for consequent in combinations(itemset, size):
                antecedent = tuple(item for item in itemset if item not in consequent)
                confidence = both / counts[antecedent]
                lift = both * total / (counts[antecedent] * counts[consequent])
                if confidence >= params.min_confidence and lift >= params.min_lift:
                    rows.append(
                        (JOINER.join(antecedent), JOINER.join(consequent), both / total, confidence, lift, both)
                    )
    frame = pl.DataFrame(rows, schema=ASSOCIATIONS, orient="row")
    order = ["confidence", "lift", "basket_count", "antecedent", "consequent"]
    return frame.sort(order, descending=[True, True, True, False, False])
