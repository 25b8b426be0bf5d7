"""The prepared table of records: keys on which records meet, bigrams and frequencies of what is compared.

A key is a hash of its columns and of what keeps records apart, so that records of different branches, or of different
strata, never meet. Keys
that too many records share (the phone of an agent, a placeholder nobody thought of) say nothing and would cost the
square of their number: they are null, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.linkage.params import LinkageParams

ID = "record_id"
LEFT, RIGHT = f"{ID}_l", f"{ID}_r"
_SEPARATOR = "\x1f"


def block_key(number: int) -> str:
    """Name of the key column of a block."""
    return f"block_{number}"


def rule_key(number: int) -> str:
    """Name of the key column of a rule."""
    return f"rule_{number}"


def bigram_column(column: str) -> str:
    """Name of the column with a text's bigrams."""
    return f"{column}_bigrams"


def frequency_column(column: str) -> str:
    """Name of the column with the share of records that hold a record's value."""
    return f"{column}_frequency"


def key_columns(params: LinkageParams) -> dict[str, tuple[str, ...]]:
    """Returns the columns of each key, by the name of the key."""
    blocks = {block_key(at): block.columns for at, block in enumerate(params.blocks)}
    return blocks | {rule_key(at): rule.equal for at, rule in enumerate(params.rules)}


def prepared(records: ibis.Table, params: LinkageParams) -> ibis.Table:
    """Returns one row per record with its columns, keys and bigrams, in the order of the ids.

    Args:
        records: Rows with a unique `record_id` and all columns that the parameters name.
        params: The linkage.
    """
    rows = records.select(records[ID].cast("string").name(ID), *params.used_columns)
    for name in params.frequency_columns:
        rows = _with_frequency(rows, name, params.strata)
    divided = (*params.apart, *params.strata)
    keys = {name: _key(rows, (*columns, *divided), divided) for name, columns in key_columns(params).items()}
    bigrams = {bigram_column(name): _bigrams(rows[name]) for name in params.text_columns}
    return rows.mutate(**keys, **bigrams).order_by(ID)


def without_crowds(rows: ibis.Table, params: LinkageParams) -> ibis.Table:
    """Returns the prepared rows with keys that too many records share made null."""
    given = rows
    for name in key_columns(params):
        crowd = _crowd(given, name, params).select(_crowd=name)
        rows = rows.left_join(crowd, rows[name] == crowd._crowd)
        rows = rows.mutate(**{name: rows._crowd.isnull().ifelse(rows[name], ibis.null("int64"))}).drop("_crowd")
    return rows.order_by(ID)


def crowds(rows: ibis.Table, params: LinkageParams) -> ibis.Table:
    """Returns how many keys of each block and rule are too common to say anything.

    Args:
        rows: Prepared rows, before the crowds are taken out.
        params: The linkage.

    Returns:
        One row per key with a crowd: `key`, `block_count`, `record_count`.
    """
    found = []
    for name, columns in key_columns(params).items():
        sizes = _crowd(rows, name, params)
        counted = sizes.agg(block_count=sizes.count(), record_count=sizes.size.sum().fill_null(0))
        found.append(counted.select(ibis.literal(f"{name}: {', '.join(columns)}").name("key"), *counted.columns))
    stacked = ibis.union(*found, distinct=False)
    return stacked.filter(stacked.block_count > 0).order_by("key")


def has_shared_keys(rows: ibis.Table, params: LinkageParams) -> bool:
    """True where two records meet at all.

    Args:
        rows: Prepared rows.
        params: The linkage.
    """
    repeats = [rows[name].count() - rows[name].nunique() for name in key_columns(params)]
    found = rows.agg(**{f"key_{at}": repeat for at, repeat in enumerate(repeats)}).to_pyarrow().to_pylist()
    return any(found[0].values())


def _crowd(rows: ibis.Table, key: str, params: LinkageParams) -> ibis.Table:
    """Returns the values of a key that too many records share, with their number as `size`; they are few."""
    limits = {rule_key(at): rule.max_records for at, rule in enumerate(params.rules)}
    sizes = rows.filter(rows[key].notnull()).group_by(key).agg(size=ibis._.count())
    return sizes.filter(sizes.size > (limits.get(key) or params.max_block_records))


def _key(rows: ibis.Table, columns: Sequence[str], apart: Sequence[str]) -> ir.IntegerValue:
    texts = [
        rows[name].cast("string").fill_null("") if name in apart else rows[name].cast("string") for name in columns
    ]
    joined = texts[0]
    for text in texts[1:]:
        joined = joined + _SEPARATOR + text
    # The engine hashes null to a number like any other.
    return cast("ir.IntegerValue", joined.isnull().ifelse(ibis.null("int64"), joined.hash()))


def _with_frequency(rows: ibis.Table, column: str, strata: Sequence[str]) -> ibis.Table:
    """Adds a value's share of all values of its stratum.

    Counted and joined: a window would carry every column through a sort.
    """
    counts = rows.filter(rows[column].notnull()).group_by([*strata, column]).agg(size=ibis._.count())
    if strata:
        totals = counts.group_by(list(strata)).agg(total=counts.size.sum())
        counts = counts.join(totals, list(strata))
    else:
        counts = counts.mutate(total=rows[column].count().as_scalar())
    renamed = {f"_{name}": counts[name] for name in strata}
    shares = counts.select(_value=column, **renamed, **{frequency_column(column): counts.size / counts.total})
    on = [rows[column] == shares._value, *(rows[name] == shares[f"_{name}"] for name in strata)]
    return rows.left_join(shares, on).drop("_value", *renamed)


def _bigrams(text: ir.StringValue) -> ir.ArrayValue:
    """Returns the distinct pairs of neighbouring characters as numbers; both ends count as characters."""
    padded = "^" + text + "$"
    return cast("ir.ArrayValue", ibis.range(0, text.length() + 1).map(lambda at: padded.substr(at, 2).hash()).unique())
