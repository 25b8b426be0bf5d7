"""Records as delivered, and what the identity transforms make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.simulate.reference import load_reference
from govbiz_assets.transforms.identity.division import Divisions
from govbiz_assets.transforms.organisation import with_identity_columns

_LISTS = load_reference()
DIVISIONS = Divisions.of([("320000", "江苏省"), *zip(_LISTS.division_codes, _LISTS.division_names, strict=True)])
COLUMNS = ("customer_name", "credit_code", "phone", "address", "division_code")


def records(rows: Sequence[dict[str, str | None]]) -> ibis.Table:
    """Returns records numbered in their order; what a row does not say is null."""
    complete = [{"record_id": f"r{at:05d}"} | {name: row.get(name) for name in COLUMNS} for at, row in enumerate(rows)]
    return ibis.memtable(pl.DataFrame(complete, schema=dict.fromkeys(("record_id", *COLUMNS), pl.String)))


def identity(engine: Backend, rows: Sequence[dict[str, str | None]]) -> list[dict[str, Any]]:
    """Returns the identity columns of each row."""
    return engine.to_polars(with_identity_columns(records(rows), DIVISIONS).order_by("record_id")).to_dicts()


def column(engine: Backend, name: str, values: Sequence[str | None], result: str) -> list[Any]:
    """Returns one identity column for each value of one delivered column."""
    return [row[result] for row in identity(engine, [{name: value} for value in values])]
