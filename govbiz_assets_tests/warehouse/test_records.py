"""Classified records are written in batches of months; how they are cut changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import polars as pl
import pytest

from govbiz_assets.contracts.tables_source import QUARANTINE, SET_ASIDE
from govbiz_assets.warehouse import records
from govbiz_assets.warehouse.months import RowRuleError
from govbiz_assets.warehouse.records import Records, Split, write_records
from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import (
    APRIL,
    FEBRUARY,
    JANUARY,
    MARCH,
    TRIAL,
    accounts,
    house,
    row,
    rows_frame,
)

MONTHS = [JANUARY, FEBRUARY, MARCH, APRIL]


def none_repeated(parsed: ibis.Table) -> ibis.Table:
    return parsed.limit(0)


def split(parsed: ibis.Table, repeated: ibis.Table) -> Split:
    """The kind of a record says where it goes."""
    place = {"channel": ibis.literal("usage"), "source_file": parsed.account_id, "row_no": parsed.read_days}
    return Split(
        kept=parsed.filter(parsed.kind == "big"),
        set_aside=parsed.filter(parsed.kind == "duplicate").select(
            "month",
            **place,
            disposition=parsed.kind,
            kept_source_file=parsed.account_id,
            kept_row_no=parsed.read_days,
        ),
        quarantined=parsed.filter(parsed.kind == "bad").select(
            "month", **place, rule=parsed.kind, reason=parsed.kind, record_json=ibis.literal("{}")
        ),
    )


def write_kinds(session: Session, kinds: Sequence[dict[str, Any]], months: Sequence[date]) -> dict[date, int]:
    given = [
        row(one["month"], f"a{n:02}", one.get("kwh", 5), kind=one["kind"], read_days=n) for n, one in enumerate(kinds)
    ]
    frame = rows_frame(given) if given else rows_frame([row(kind="big", read_days=0)]).clear()
    return write_records(
        session, TRIAL, Records("usage", ibis.memtable(frame), lambda raw: raw, none_repeated, split), months
    )


def everything(session: Session) -> list[list[tuple[Any, ...]]]:
    tables = (session.stored(contract).to_polars() for contract in (TRIAL, SET_ASIDE, QUARANTINE))
    return [sorted(frame.select("month", pl.nth(1)).rows()) for frame in tables]


def test_every_record_goes_exactly_one_way_and_kept_rows_are_counted(session: Session) -> None:
    kinds = [{"month": JANUARY, "kind": kind} for kind in ("big", "big", "duplicate", "bad")]
    assert write_kinds(session, kinds, [JANUARY, FEBRUARY]) == {JANUARY: 2, FEBRUARY: 0}
    assert [len(rows) for rows in everything(session)] == [2, 1, 1]


def test_the_size_of_a_batch_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {JANUARY: 1, FEBRUARY: 5, MARCH: 2, APRIL: 2}
    kinds = [
        {"month": month, "kind": ("big", "duplicate", "bad")[n % 3]}
        for month, size in sizes.items()
        for n in range(size)
    ]
    answers = []
    for limit in (1, 3, 4, 1000):
        monkeypatch.setattr(records, "RECORDS_AT_ONCE", limit)
        with house(tmp_path / str(limit)) as session:
            counts = write_kinds(session, kinds, MONTHS)
            answers.append((counts, everything(session)))
    assert answers[0] == answers[1] == answers[2] == answers[3]
    assert sum(len(rows) for rows in answers[0][1]) == len(kinds)


def test_a_month_whose_records_went_away_becomes_empty_in_all_three_tables(session: Session) -> None:
    write_kinds(session, [{"month": m, "kind": k} for m in MONTHS for k in ("big", "duplicate", "bad")], MONTHS)
    assert write_kinds(session, [], [FEBRUARY, MARCH]) == {FEBRUARY: 0, MARCH: 0}
    assert [[month for month, _ in rows] for rows in everything(session)] == [[JANUARY, APRIL]] * 3


def test_records_of_months_that_were_not_asked_for_are_left_out(session: Session) -> None:
    kinds = [{"month": month, "kind": "big"} for month in MONTHS]
    assert write_kinds(session, kinds, [FEBRUARY]) == {FEBRUARY: 1}
    assert accounts(session) == [(FEBRUARY, "a01")]


def test_refused_rows_leave_what_was_kept_and_set_aside_as_it_was(session: Session) -> None:
    write_kinds(session, [{"month": JANUARY, "kind": kind} for kind in ("big", "duplicate", "bad")], [JANUARY])
    before = everything(session)
    with pytest.raises(RowRuleError, match=r"^cleaned\.trial: 1 rows break the rule kwh_peak_in_range"):
        write_kinds(session, [{"month": JANUARY, "kind": "big", "kwh": -1}], [JANUARY])
    assert everything(session)[:2] == before[:2]
    assert session.connection.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchone() == (0,)
