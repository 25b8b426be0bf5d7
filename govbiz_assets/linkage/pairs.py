"""Pairs of records: those that meet in a block, those that a rule links, those that a person decided."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.linkage.keys import ID, LEFT, RIGHT, bigram_column, block_key, rule_key
from govbiz_assets.linkage.params import LinkageParams, Rule

DECISION_COLUMNS = (LEFT, RIGHT, "is_same")


class DecisionError(ValueError):
    """Human decisions that cannot be honoured."""


def block_pairs(rows: ibis.Table, params: LinkageParams) -> ibis.Table:
    """Returns every pair that shares a block, once, the smaller id left."""
    met = [_meeting(rows, block_key(at), ()).select(LEFT, RIGHT) for at in range(len(params.blocks))]
    return ibis.union(*met, distinct=True)


def rule_pairs(rows: ibis.Table, params: LinkageParams) -> ibis.Table:
    """Returns the pairs that agree on all that a rule wants equal.

    Returns:
        One row per pair: its first rule by order of preference that holds as `rule` and `rule_at`, and `is_supported`:
        whether the rule holds in full. Where no rule does, the first that fails for want of support.
    """
    found = [_rule_pairs(rows, at, rule, params) for at, rule in enumerate(params.rules)]
    if not found:
        return ibis.memtable(
            [],
            schema={LEFT: "string", RIGHT: "string", "rule_at": "int64", "rule": "string", "is_supported": "boolean"},
        )
    rows = ibis.union(*found, distinct=False)
    best = ibis.window(group_by=(LEFT, RIGHT), order_by=(ibis.desc("is_supported"), "rule_at"))
    return rows.mutate(_place=ibis.row_number().over(best)).filter(ibis._._place == 0).drop("_place")


def differs(pairs: ibis.Table, columns: Sequence[str]) -> ir.BooleanValue:
    """True where both records hold a value of one of the columns, and not the same one.

    Args:
        pairs: Pairs with the columns of both sides.
        columns: Columns of which a cluster should hold one value only.
    """
    return _any([(pairs[f"{name}_l"] != pairs[f"{name}_r"]).fill_null(False) for name in columns])


def decided(decisions: ibis.Table) -> ibis.Table:
    """Returns the human decisions with the smaller id left, each pair once."""
    left, right = decisions[LEFT].cast("string"), decisions[RIGHT].cast("string")
    ordered = decisions.select(
        **{LEFT: ibis.least(left, right), RIGHT: ibis.greatest(left, right), "is_same": decisions.is_same}
    )
    return ordered.distinct()


def refuse_contradicting_decisions(decisions: ibis.Table) -> None:
    """Refuses a file of decisions that says both of one pair.

    Raises:
        DecisionError: Names the first such pair.
    """
    twice = decisions.group_by(LEFT, RIGHT).having(ibis._.count() > 1).agg().order_by(LEFT, RIGHT).limit(1)
    for pair in twice.to_pyarrow().to_pylist():
        raise DecisionError(
            f"decisions: {pair[LEFT]} and {pair[RIGHT]} are both the same and different; keep one of the two lines"
        )


def with_records(pairs: ibis.Table, rows: ibis.Table, columns: Sequence[str]) -> ibis.Table:
    """Adds columns of both records to pairs, as `*_l` and `*_r`."""
    for side, key in (("_l", LEFT), ("_r", RIGHT)):
        known = rows.select(**{key: rows[ID], **{name + side: rows[name] for name in columns}})
        pairs = pairs.join(known, key)
    return pairs


def _meeting(rows: ibis.Table, key: str, columns: Sequence[str]) -> ibis.Table:
    left, right = (
        rows.filter(rows[key].notnull()).select(**{name + side: rows[name] for name in (ID, key, *columns)})
        for side in ("_l", "_r")
    )
    return left.join(right, [left[f"{key}_l"] == right[f"{key}_r"], left[LEFT] < right[RIGHT]])


def _rule_pairs(rows: ibis.Table, at: int, rule: Rule, params: LinkageParams) -> ibis.Table:
    bigrams = [bigram_column(name) for name in rule.alike]
    against = params.exclusive if rule.overrules else (*params.exclusive, *params.doubtful)
    pairs = _meeting(rows, rule_key(at), tuple(dict.fromkeys((*against, *rule.support, *bigrams))))
    equal = [(pairs[f"{name}_l"] == pairs[f"{name}_r"]).fill_null(False) for name in rule.support]
    alike = [_alike(pairs[f"{name}_l"], pairs[f"{name}_r"], rule.alike_ratio) for name in bigrams]
    is_supported = _any([*equal, *alike]) if equal or alike else ibis.literal(True)
    return pairs.filter(~differs(pairs, against)).select(
        LEFT, RIGHT, rule_at=ibis.literal(at, "int64"), rule=ibis.literal(rule.name), is_supported=is_supported
    )


def _alike(left: ir.ArrayValue, right: ir.ArrayValue, ratio: float) -> ir.BooleanValue:
    shared = left.filter(lambda gram: right.contains(gram)).length()
    return cast("ir.BooleanValue", (shared >= (left.length() + right.length() - shared) * ratio).fill_null(False))


def _any(conditions: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(or_, conditions, cast("ir.BooleanValue", ibis.literal(False)))
