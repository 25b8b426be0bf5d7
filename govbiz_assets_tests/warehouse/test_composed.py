"""Composed rows: intermediate tables are computed once, have the types that were promised, and are gone afterwards."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pytest

from govbiz_assets.warehouse.composed import Composed, write_composed
from govbiz_assets.warehouse.months import RowRuleError
from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import JANUARY, TRIAL, row, rows_frame, stored

Keep = Callable[[str, ibis.Table], ibis.Table]


def kept_tables(session: Session) -> list[str]:
    found = session.connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    return [name for (name,) in found]


def test_parts_are_computed_in_turn_and_dropped_after_the_write(session: Session) -> None:
    frame = rows_frame([row(account_id=f"a{n % 2}", read_days=n) for n in range(6)])
    seen: list[list[str]] = []

    def compose(keep: Keep) -> ibis.Table:
        rows = keep("rows", ibis.memtable(frame))
        seen.append(kept_tables(session))
        # A sum of whole numbers is wider in the engine than in the contract.
        sums = keep("sums", rows.group_by(["month", "account_id"]).aggregate(read_days=rows.read_days.sum()))
        seen.append(kept_tables(session))
        return sums.mutate(kwh_peak=ibis.literal(1).cast("decimal(18, 3)"))

    assert write_composed(session, TRIAL, Composed(compose), [JANUARY]) == {JANUARY: 2}
    assert [(one["account_id"], one["read_days"]) for one in stored(session)] == [("a0", 6), ("a1", 9)]
    assert seen == [["cleaned.trial/rows"], ["cleaned.trial/rows", "cleaned.trial/sums"]]
    assert kept_tables(session) == []


def test_refused_rows_leave_the_month_and_no_intermediate_table(session: Session) -> None:
    def compose_of(*rows: dict[str, object]) -> Composed:
        return Composed(lambda keep: keep("rows", ibis.memtable(rows_frame(rows))))

    write_composed(session, TRIAL, compose_of(row(account_id="a1")), [JANUARY])
    with pytest.raises(RowRuleError, match="stands 2 times"):
        write_composed(session, TRIAL, compose_of(row(account_id="a2"), row(account_id="a2")), [JANUARY])
    assert [one["account_id"] for one in stored(session)] == ["a1"]
    assert kept_tables(session) == []
