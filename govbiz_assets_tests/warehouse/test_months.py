"""A window of a table is replaced as asked, or stays exactly as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govbiz_assets.contracts.column import date as date_column
from govbiz_assets.contracts.month import month_range
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse import promises
from govbiz_assets.warehouse.months import RowRuleError, replace_months
from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import (
    APRIL,
    CODES,
    FEBRUARY,
    JANUARY,
    MARCH,
    SHARED,
    TRIAL,
    accounts,
    house,
    row,
    rows_frame,
    stored,
    write,
)


def test_a_month_is_replaced_and_its_neighbours_stay(session: Session) -> None:
    write(session, [row(JANUARY), row(FEBRUARY), row(MARCH)], [JANUARY, FEBRUARY, MARCH])
    counts = write(session, [row(FEBRUARY, "b1"), row(FEBRUARY, "b2")], [FEBRUARY])
    assert counts == {FEBRUARY: 2}
    assert accounts(session) == [(JANUARY, "a1"), (FEBRUARY, "b1"), (FEBRUARY, "b2"), (MARCH, "a1")]


def test_a_month_that_delivers_nothing_becomes_empty(session: Session) -> None:
    write(session, [row(JANUARY), row(FEBRUARY)], [JANUARY, FEBRUARY])
    assert write(session, [row(JANUARY)], [JANUARY, FEBRUARY]) == {JANUARY: 1, FEBRUARY: 0}
    assert write(session, [], [JANUARY]) == {JANUARY: 0}
    assert stored(session) == []


def test_months_that_do_not_touch_each_other_are_replaced_without_those_between(session: Session) -> None:
    write(session, [row(JANUARY), row(FEBRUARY), row(MARCH)], [JANUARY, FEBRUARY, MARCH])
    write(session, [row(JANUARY, "new"), row(MARCH, "new")], [MARCH, JANUARY])
    assert accounts(session) == [(JANUARY, "new"), (FEBRUARY, "a1"), (MARCH, "new")]


def test_a_table_without_months_is_replaced_whole(session: Session) -> None:
    write(session, [{"code": "1", "label": "one"}, {"code": "2", "label": "two"}], [], CODES)
    assert write(session, [{"code": "3", "label": "three"}], [], CODES) == {date.min: 1}
    assert stored(session, CODES) == [{"code": "3", "label": "three"}]
    assert write(session, rows_frame([], code=pl.String).select(code=pl.lit("x")).clear(), [], CODES) == {date.min: 0}
    assert stored(session, CODES) == []


OUTSIDE = {
    "a month before": row(date(2023, 12, 1)),
    "the month after": row(FEBRUARY),
    "a day inside the month": row(date(2024, 1, 15)),
}


@pytest.mark.parametrize(
    ("bad", "contract", "said"),
    [
        *(([row(), one], TRIAL, r"1 rows lie outside the window \(2024-01..2024-01\)") for one in OUTSIDE.values()),
        ([row(), row(kwh_peak=7)], TRIAL, r"key \(month=2024-01-01, account_id=a1\) stands 2 times"),
        ([row(account_id="a\nb"), row(account_id="a\nb")], TRIAL, r"account_id=a b\) stands 2 times"),
        ([row(kwh_peak=-1), row(account_id="a2")], TRIAL, r"1 rows break the rule kwh_peak_in_range \(0 <= kwh_peak\)"),
        ([row(kwh_peak=1, kwh_valley=2)], TRIAL, r"kwh_valley_in_range \(kwh_valley <= kwh_peak\)"),
        ([row(kind="huge")], TRIAL, r"kind_known \(kind is one of big, small\)"),
        ([row(kwh_peak=None)], TRIAL, "the required column kwh_peak is null in some rows"),
        ([row(account_id=None)], TRIAL, "the required column account_id is null in some rows"),  # type: ignore[arg-type]
        ([row(None)], TRIAL, "the required column month is null in some rows"),  # type: ignore[arg-type]
        ([row(kind="big"), row(kind="small")], replace(SHARED, name="trial", key=TRIAL.key), "stands 2 times"),
    ],
)
def test_rows_that_break_a_promise_are_refused_and_the_old_month_stays(
    session: Session, bad: list[dict[str, Any]], contract: TableContract, said: str
) -> None:
    first = [row(account_id="old", kind="big"), row(FEBRUARY, "old", kind="big")]
    write(session, first, [JANUARY, FEBRUARY], contract)
    before = stored(session, contract)
    with pytest.raises(RowRuleError, match=said) as refusal:
        write(session, bad, [JANUARY], contract)
    assert stored(session, contract) == before
    message = str(refusal.value)
    assert message.startswith("cleaned.trial: ")
    assert "the table is unchanged - " in message
    assert "\n" not in message
    assert write(session, [row(kind="big")], [JANUARY], contract) == {JANUARY: 1}, "the next write goes ahead"


def test_rows_are_refused_where_no_month_was_asked_for(session: Session) -> None:
    write(session, [row()])
    with pytest.raises(RowRuleError, match=r"1 rows lie outside the window \(an empty window\)"):
        write(session, [row(FEBRUARY)], [])
    assert write(session, [], []) == {}
    assert accounts(session) == [(JANUARY, "a1")]


def test_one_bad_month_of_a_range_keeps_the_whole_range_back(session: Session) -> None:
    write(session, [row(JANUARY, "old"), row(FEBRUARY, "old")], [JANUARY, FEBRUARY])
    with pytest.raises(RowRuleError):
        write(session, [row(JANUARY, "new"), row(FEBRUARY, kwh_peak=-1)], [JANUARY, FEBRUARY])
    assert accounts(session) == [(JANUARY, "old"), (FEBRUARY, "old")]


def test_rows_that_cannot_be_computed_are_refused_in_one_line(session: Session) -> None:
    write(session, [row(account_id="old")])
    with session.registered("arriving", rows_frame([row(account_id="12"), row(account_id="x7")])) as arriving:
        lazy = arriving.mutate(read_days=arriving.account_id.cast("int64"))
        with pytest.raises(RowRuleError, match=r"^cleaned\.trial: the rows cannot be computed \(Conversion") as refusal:
            replace_months(session, TRIAL, lazy, [JANUARY])
    assert "\n" not in str(refusal.value)
    assert accounts(session) == [(JANUARY, "old")]


def test_null_passes_a_rule_and_both_bounds_are_accepted(session: Session) -> None:
    assert write(session, [row(kwh_peak=0, kwh_valley=0), row(account_id="a2", kind=None)]) == {JANUARY: 2}


def test_a_slice_is_replaced_alone(session: Session) -> None:
    for kind in ("usage", "bill"):
        rows = [row(JANUARY, f"{kind}{n}", kind=kind) for n in (1, 2)] + [row(FEBRUARY, f"{kind}1", kind=kind)]
        write(session, rows, [JANUARY, FEBRUARY], SHARED, slice_values={"kind": kind})
    counts = write(session, [row(JANUARY, "new", kind="bill")], [JANUARY], SHARED, slice_values={"kind": "bill"})
    assert counts == {JANUARY: 1}
    assert accounts(session, SHARED) == [
        *((JANUARY, account) for account in ("new", "usage1", "usage2")),
        *((FEBRUARY, account) for account in ("bill1", "usage1")),
    ]


def test_rows_of_another_slice_are_refused(session: Session) -> None:
    write(session, [row(kind="usage")], [JANUARY], SHARED, slice_values={"kind": "usage"})
    mixed = [row(account_id="b1", kind="it's"), row(account_id="b2", kind="usage")]
    with pytest.raises(RowRuleError, match=r"1 rows lie outside the window \(2024-01..2024-01, kind it's\)"):
        write(session, mixed, [JANUARY], SHARED, slice_values={"kind": "it's"})
    assert accounts(session, SHARED) == [(JANUARY, "a1")]


def test_a_month_can_be_made_from_what_it_holds(session: Session) -> None:
    write(session, [row(JANUARY), row(FEBRUARY)], [JANUARY, FEBRUARY])
    held = session.window(TRIAL, JANUARY, FEBRUARY)
    counts = replace_months(session, TRIAL, held.mutate(kwh_peak=(held.kwh_peak * 2).cast("decimal(18, 3)")), [JANUARY])
    assert counts == {JANUARY: 1}
    assert [(one["month"], one["kwh_peak"]) for one in stored(session)] == [(JANUARY, 10), (FEBRUARY, 5)]
    assert session.connection.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchone() == (0,)


def test_the_same_content_twice_gives_the_same_rows_in_the_same_order(session: Session) -> None:
    frame = pl.concat([rows_frame([row(account_id=f"a{n:03}", read_days=n % 7)]) for n in range(300)])
    answers = []
    for seed in (1, 2):
        write(session, frame.sample(fraction=1, shuffle=True, seed=seed))
        answers.append(session.connection.execute("SELECT * FROM warehouse.cleaned.trial").fetchall())
    assert answers[0] == answers[1]
    assert len(answers[0]) == 300


widths = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@given(
    widths=widths,
    cells=st.dictionaries(
        st.tuples(st.integers(0, 15), st.sampled_from("abcdef")), st.integers(0, 9), min_size=1, max_size=30
    ),
)
@settings(max_examples=8, deadline=None)
def test_one_wide_window_and_several_narrow_ones_give_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, widths: list[int], cells: dict[tuple[int, str], int]
) -> None:
    window_months = month_range(JANUARY, JANUARY.replace(year=2025))[: sum(widths)]
    rows = [row(window_months[n], name, value) for (n, name), value in cells.items() if n < len(window_months)]
    frame = rows_frame(rows)
    tables = []
    for parts in ([len(window_months)], widths, [1] * len(window_months)):
        with house(tmp_path_factory.mktemp("width")) as session:
            start = 0
            for width in parts:
                window = window_months[start : start + width]
                write(session, frame.filter(pl.col("month").is_in(window)), window)
                start += width
            tables.append(stored(session))
    assert tables[0] == tables[1] == tables[2]


def test_a_folder_may_have_quotes_blanks_brackets_and_chinese_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / '省 公司\'s "data" [1]*'
    for _ in range(2):
        with house(folder) as session:
            assert write(session, [row()]) == {JANUARY: 1}
    assert {path.name for path in folder.iterdir()} >= {"warehouse.duckdb", "vault.duckdb"}


def test_a_staged_table_is_gone_after_its_block_however_it_ends(session: Session) -> None:
    rows = ibis.memtable({"n": [1, 2]})
    with pytest.raises(ZeroDivisionError), session.staged('it\'s "staged"', rows) as staged:
        assert staged.count().to_pyarrow().as_py() == 2
        raise ZeroDivisionError
    assert session.connection.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchone() == (0,)


def test_a_transaction_within_a_transaction_stands_or_falls_with_the_outer_one(session: Session) -> None:
    with session.transaction():
        write(session, [row(JANUARY)])
        write(session, [{"code": "1"}], [], CODES)
    with pytest.raises(RowRuleError), session.transaction():
        write(session, [{"code": "2"}], [], CODES)
        write(session, [row(JANUARY, kwh_peak=-1)])
    assert [one["code"] for one in stored(session, CODES)] == ["1"]
    assert write(session, [row(APRIL)], [APRIL]) == {APRIL: 1}


def test_a_key_repeated_in_the_last_month_of_a_wide_window_is_found_however_the_window_is_audited(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [row(JANUARY), row(FEBRUARY), row(MARCH), row(MARCH)]
    for limit in (0, 1_000_000):
        monkeypatch.setattr(promises, "KEYS_AT_ONCE", limit)
        with pytest.raises(RowRuleError, match=r"key \(month=2024-03-01, account_id=a1\) stands 2 times"):
            write(session, bad, [JANUARY, FEBRUARY, MARCH])
        assert write(session, bad[:3], [JANUARY, FEBRUARY, MARCH]) == {JANUARY: 1, FEBRUARY: 1, MARCH: 1}


def test_a_day_repeated_in_a_large_month_is_found_and_the_same_day_of_another_month_is_not(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date_column("usage_date", "Day.")
    daily = replace(
        TRIAL, columns=(*TRIAL.columns, day), key=("account_id", "usage_date"), required=TRIAL.required | {day.name}
    )
    for limit in (0, 1_000_000):
        monkeypatch.setattr(promises, "KEYS_AT_ONCE", limit)

        def write_days(*days: date) -> dict[date, int]:
            frame = rows_frame([row(usage_date=day) for day in days], usage_date=pl.Date)
            return write(session, frame, contract=daily)

        assert write_days(date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 1)) == {JANUARY: 3}
        with pytest.raises(RowRuleError, match=r"key \(account_id=a1, usage_date=2024-01-31\) stands 2 times"):
            write_days(date(2024, 1, 1), date(2024, 1, 31), date(2024, 1, 31))


def test_a_key_that_is_a_day_alone_is_looked_at_day_by_day(session: Session) -> None:
    day = date_column("calendar_date", "Day.")
    calendar = replace(
        CODES, name="calendar", columns=(*CODES.columns, day), key=("calendar_date",), required=frozenset({day.name})
    )

    def write_days(*days: date) -> dict[date, int]:
        rows = [{"code": "x", "label": "y", "calendar_date": day} for day in days]
        return write(session, rows_frame(rows, calendar_date=pl.Date), [], calendar)

    assert write_days(date(2024, 1, 1), date(2024, 2, 1)) == {date.min: 2}
    with pytest.raises(RowRuleError, match=r"key \(calendar_date=2024-02-01\) stands 2 times"):
        write_days(date(2024, 1, 1), date(2024, 2, 1), date(2024, 2, 1))


def test_a_key_without_the_month_may_come_back_in_another_month_but_not_in_its_own(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = replace(TRIAL, key=("account_id",))
    for limit in (0, 1_000_000):
        monkeypatch.setattr(promises, "KEYS_AT_ONCE", limit)
        assert write(session, [row(JANUARY), row(FEBRUARY)], [JANUARY, FEBRUARY], bill) == {JANUARY: 1, FEBRUARY: 1}
        with pytest.raises(RowRuleError, match=r"key \(account_id=a1\) stands 2 times"):
            write(session, [row(FEBRUARY), row(FEBRUARY)], [FEBRUARY], bill)
