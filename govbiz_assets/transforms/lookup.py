"""Looking facts up in other tables."""

from __future__ import annotations

from collections.abc import Sequence

import ibis


def looked_up(rows: ibis.Table, *facts: tuple[ibis.Table, Sequence[str]]) -> ibis.Table:
    """Adds the columns of facts to rows, null where nothing is known; rows stay as many as they are.

    All joins share one projection: with one of its own behind each join bills took twice as long to compile.

    Args:
        rows: The rows.
        facts: Tables with the columns that they are known by, which rows or earlier facts have as well; each is there
            once at most, and the other columns are new.
    """
    joined, names = rows, list(rows.columns)
    for place, (fact, key) in enumerate(facts):
        joined = joined.left_join(fact, list(key), rname=f"{{name}}_{place}")
        names += [name for name in fact.columns if name not in key]
    return joined.select(names)
