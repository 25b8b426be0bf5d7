"""Stacking tables of the same columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import polars as pl


def stack(tables: Sequence[ibis.Table]) -> ibis.Table:
    """Returns the rows of all tables, in the column order of the first.

    Ibis takes a column that may be null and one that may not for different types; here they are the same.
    """
    names = tables[0].columns
    nullable = [
        table.select(*names).cast({name: table[name].type().copy(nullable=True) for name in names}) for table in tables
    ]
    return ibis.union(nullable[0], *nullable[1:]) if len(nullable) > 1 else nullable[0]


def no_rows(dtypes: Mapping[str, pl.DataType | type[pl.DataType]]) -> ibis.Table:
    """Returns a table without rows, for a landscape in which there is nothing to stack."""
    return ibis.memtable(pl.DataFrame(schema=dict(dtypes)))
