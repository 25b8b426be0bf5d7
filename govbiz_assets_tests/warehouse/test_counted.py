"""A count that belongs to one step is renewed with it, and goes with the last thing that was counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from govbiz_assets.contracts.tables_source import RULE_COUNT
from govbiz_assets.warehouse.counted import Counted, write_counted
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import table_path
from govbiz_assets_tests.warehouse.trial import FEBRUARY, JANUARY, TRIAL, house, row, rows_frame

DEFECTS = ("broken_file", "duplicate_file")


def counts(*found: tuple[str, int]) -> pl.DataFrame:
    rows = [(JANUARY, "usage", "D2", defect, "quarantine", 3, number) for defect, number in found]
    return pl.DataFrame(rows, schema=list(RULE_COUNT.column_names), orient="row", infer_schema_length=None)


def stored(session: Session) -> Sequence[tuple[str, int]]:
    query = f"SELECT defect, found_count FROM {table_path(RULE_COUNT)} ORDER BY ALL"
    return session.connection.execute(query).fetchall()


@pytest.mark.parametrize("left", [counts(("broken_file", 0), ("duplicate_file", 0)), counts()], ids=["files", "none"])
def test_a_count_is_taken_back_when_nothing_is_found_any_more(tmp_path: Path, left: pl.DataFrame) -> None:
    with house(tmp_path) as session:
        session.ensure_table(TRIAL)
        others = counts(("parts_differ", 2))
        write_counted(session, TRIAL, Counted(rows_frame([row()]), others, ("parts_differ",)), [JANUARY])
        broken = counts(("broken_file", 1), ("duplicate_file", 0))
        _, changed = write_counted(session, TRIAL, Counted(rows_frame([row()]), broken, DEFECTS), [JANUARY, FEBRUARY])
        assert changed == [JANUARY]
        assert dict(stored(session)) == {"parts_differ": 2, "broken_file": 1, "duplicate_file": 0}
        write_counted(session, TRIAL, Counted(rows_frame([row()]), left, DEFECTS), [JANUARY])
        assert dict(stored(session)) == {"parts_differ": 2} | dict.fromkeys(left["defect"], 0)
