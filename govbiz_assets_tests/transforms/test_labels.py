"""Churn labels: hand-made archives, and the events planted in a simulated province."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import ibis
import polars as pl
import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.month import add_months, month_range
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_cleaned import ACCOUNT_MONTHLY, IDENTITY_EVENT, OUTCOME_MONTHLY
from govbiz_assets.contracts.tables_model import CHURN_LABEL
from govbiz_assets.transforms.labels import HORIZONS, LABEL_DEPTH, as_of_month, churn_labels, outcome_labels
from govbiz_assets_tests.transforms.province import Province, customer_id
from govbiz_assets_tests.transforms.tables import frame, table

START = date(2024, 1, 1)
# Labels of the as-of month START become certain here: horizon + gap + one month for late papers.
CERTAIN_3, CERTAIN_6 = date(2024, 6, 1), date(2024, 9, 1)


def month(number: int) -> date:
    """Returns the month that lies that many months after START."""
    return add_months(START, number)


def archive(
    account: str = "a1",
    *,
    months: int = 12,
    shown: int = 12,
    closed: date | None = None,
    known_at: int = 0,
    used: dict[int, float] | None = None,
    customer: str = "c1",
    **values: Any,
) -> list[dict[str, Any]]:
    """Returns the monthly records of an account, from three months before START.

    Args:
        account: The account.
        months: Months recorded, counted from START.
        shown: Months after the closing in which the account is still recorded.
        closed: Date of closing.
        known_at: First month, counted from START, whose record says the date.
        used: Running share of the capacity by month, from START; 1 elsewhere.
        customer: The owner.
        **values: Further columns.
    """
    rows = []
    for number in range(-3, months):
        if closed and month(number) > add_months(closed.replace(day=1), shown):
            continue
        is_known = closed is not None and number >= known_at and month(number) >= closed.replace(day=1)
        share = (used or {}).get(number, 1.0)
        rows.append(
            {
                "month": month(number),
                "account_id": account,
                "customer_id": customer,
                "contract_kva": 100.0,
                "run_kva": 100.0 * share,
                "closed_date": closed if is_known else None,
                **values,
            }
        )
    return rows


def labels(
    engine: Backend,
    rows: Sequence[dict[str, Any]] | ibis.Table,
    months: Sequence[date],
    events: Sequence[dict[str, Any]] | None = None,
) -> pl.DataFrame:
    if isinstance(rows, ibis.Table):
        return engine.to_polars(in_order(churn_labels(rows, months)))
    for contract, records in ((ACCOUNT_MONTHLY, rows), (IDENTITY_EVENT, events or [])):
        engine.con.register(contract.name, frame(contract.columns, records))
    found = engine.con.execute(query_of_labels(tuple(months))).pl()
    return found.cast(frame(CHURN_LABEL.columns, []).schema)  # a date plus months is a timestamp in DuckDB


@cache
def query_of_labels(months: tuple[date, ...]) -> str:
    """The query over registered rows; made once, because compiling took nine tenths of these tests' half minute."""
    accounts, events = (ibis.table(columns_of(given), given.name) for given in (ACCOUNT_MONTHLY, IDENTITY_EVENT))
    return ibis.to_sql(in_order(churn_labels(accounts, months, events)), dialect="duckdb")


def in_order(found: ibis.Table) -> ibis.Table:
    return found.order_by(["month", "horizon_months", "customer_id"]).select(*CHURN_LABEL.column_names)


def columns_of(contract: TableContract) -> ibis.Schema:
    return ibis.memtable(frame(contract.columns, [])).schema()


def outcome(
    engine: Backend, rows: Sequence[dict[str, Any]], horizon: int = 3, events: Sequence[dict[str, Any]] | None = None
) -> Any:
    """Returns (kind, month number) of the event as of START, None without one, "no label" where there is no row."""
    certain = {3: CERTAIN_3, 6: CERTAIN_6}[horizon]
    found = labels(engine, rows, [certain], events).filter(horizon_months=horizon, as_of_month=START)
    if found.is_empty():
        return "no label"
    (row,) = found.to_dicts()
    assert row["month"] == certain
    assert row["is_event"] == (row["event_kind"] is not None) == (row["event_month"] is not None)
    if not row["is_event"]:
        return None
    event = row["event_month"]
    return row["event_kind"], (event.year - START.year) * 12 + event.month - START.month


def test_who_stays_has_a_label_without_event(engine: Backend) -> None:
    assert outcome(engine, archive()) is None
    assert outcome(engine, archive(), horizon=6) is None


@pytest.mark.parametrize("number", [2, 3, 4])
def test_the_closing_of_the_only_account_is_an_event_of_its_month(engine: Backend, number: int) -> None:
    closed = month(number).replace(day=17)
    assert outcome(engine, archive(closed=closed)) == ("closure", number)
    assert outcome(engine, archive(closed=closed, shown=0)) == ("closure", number)
    assert outcome(engine, archive(closed=closed), horizon=6) == ("closure", number)


def passed(kind: str, number: int, account: str | None = "a1") -> list[dict[str, Any]]:
    """An event in which c1 gives an account, or itself, to c2."""
    return [
        {
            "month": month(number),
            "identity_event": kind,
            "customer_id": "c1",
            "other_customer_id": "c2",
            "account_id": account,
            "evidence": "by hand",
        }
    ]


@pytest.mark.parametrize("kind", ["transfer", "split", "merge"])
def test_an_account_that_passes_to_another_customer_is_no_churn(engine: Backend, kind: str) -> None:
    closed = archive(closed=date(2024, 4, 10), shown=0)
    assert outcome(engine, closed) == ("closure", 3)
    assert outcome(engine, closed, events=passed(kind, 4)) is None
    # Known only after the label is certain, it says nothing yet; long before, it is another matter.
    assert outcome(engine, closed, events=passed(kind, 6)) == ("closure", 3)
    assert outcome(engine, closed, events=passed(kind, 0)) == ("closure", 3)
    assert outcome(engine, closed, events=passed("rename", 4)) == ("closure", 3)


def test_a_customer_that_merges_into_another_is_no_churn(engine: Backend) -> None:
    closed = archive(closed=date(2024, 4, 10))
    assert outcome(engine, closed, events=passed("merge", 4, account=None)) is None
    assert outcome(engine, closed, events=passed("split", 4, account=None)) == ("closure", 3)


def test_another_account_that_passes_on_does_not_hide_a_closing_of_all(engine: Backend) -> None:
    rows = archive("a1", closed=date(2024, 4, 10)) + archive("a2", closed=date(2024, 4, 20))
    assert outcome(engine, rows) == ("closure", 3)
    assert outcome(engine, rows, events=passed("transfer", 4)) is None, "a1 goes on in other hands"


@pytest.mark.parametrize("status", ["已过户", "更名过户销户", "并户销户"])
def test_a_status_that_names_another_owner_is_no_closing(engine: Backend, status: str) -> None:
    rows = archive(closed=date(2024, 4, 10))
    told = [row | {"account_status": status} if row["closed_date"] else row for row in rows]
    assert outcome(engine, told) is None


def test_a_closing_in_the_gap_leaves_no_label(engine: Backend) -> None:
    assert outcome(engine, archive(closed=date(2024, 2, 3))) == "no label"
    assert outcome(engine, archive(closed=date(2024, 1, 3))) == "no label"


def test_a_closing_after_the_horizon_is_no_event_of_it(engine: Backend) -> None:
    closed = date(2024, 6, 2)
    assert outcome(engine, archive(closed=closed)) is None
    assert outcome(engine, archive(closed=closed), horizon=6) == ("closure", 5)
    assert outcome(engine, archive(closed=date(2024, 9, 1)), horizon=6) is None


def test_one_of_two_accounts_that_closes_is_no_event(engine: Backend) -> None:
    rows = archive("a1", closed=date(2024, 3, 5)) + archive("a2")
    assert outcome(engine, rows) is None


def test_the_last_account_that_closes_dates_the_event(engine: Backend) -> None:
    rows = archive("a1", closed=date(2024, 3, 5), shown=2) + archive("a2", closed=date(2024, 5, 9))
    assert outcome(engine, rows) == ("closure", 4)
    # An account that closed long before does not make the closing of the other one older.
    rows = archive("a1", closed=date(2023, 11, 5)) + archive("a2", closed=date(2024, 4, 9))
    assert outcome(engine, rows) == ("closure", 3)


def test_papers_that_come_one_month_late_still_count(engine: Backend) -> None:
    # Closed in May; the archive of May still shows the account open, that of June knows.
    rows = archive(closed=date(2024, 5, 20), known_at=5)
    assert outcome(engine, rows) == ("closure", 4)
    # Two months late is too late for this label, and no record after its month is looked at.
    assert outcome(engine, archive(closed=date(2024, 5, 20), known_at=6)) is None


def test_a_closed_status_without_a_date_counts_from_its_first_record(engine: Backend) -> None:
    rows = archive(months=3) + [row | {"account_status": "已销户"} for row in archive() if row["month"] >= month(3)]
    assert outcome(engine, rows) == ("closure", 3)


def test_a_planned_closing_is_not_yet_one(engine: Backend) -> None:
    planned = [row | {"closed_date": date(2024, 7, 31)} for row in archive(months=6)]
    assert outcome(engine, planned) is None


def test_an_account_that_passes_to_another_owner_is_not_closed(engine: Backend) -> None:
    rows = archive(months=3) + [row | {"customer_id": "c2"} for row in archive() if row["month"] >= month(3)]
    assert outcome(engine, rows) is None


def test_a_reopened_account_is_not_closed(engine: Backend) -> None:
    rows = [row | {"closed_date": date(2024, 3, 9) if row["month"] == month(2) else None} for row in archive()]
    assert outcome(engine, rows) is None


def test_three_months_below_half_are_a_cut_dated_by_the_third_and_two_are_none(engine: Backend) -> None:
    assert outcome(engine, archive(used={2: 0.4, 3: 0.4})) is None
    assert outcome(engine, archive(used={2: 0.4, 3: 0.4, 4: 0.4})) == ("capacity_cut", 4)
    assert outcome(engine, archive(used={1: 0.4, 2: 0.3, 3: 0.49})) == ("capacity_cut", 3)
    assert outcome(engine, archive(used={2: 0.4, 3: 0.5, 4: 0.4})) is None
    assert outcome(engine, archive(used={2: 0.4, 4: 0.4, 5: 0.4, 6: 0.4})) is None
    # The run that began in the last month of the horizon ends behind it.
    assert outcome(engine, archive(used={3: 0.4, 4: 0.4, 5: 0.4})) is None
    assert outcome(engine, archive(used={3: 0.4, 4: 0.4, 5: 0.4}), horizon=6) == ("capacity_cut", 5)


def test_a_recovered_suspension_is_no_event(engine: Backend) -> None:
    assert outcome(engine, archive(used={0: 0.9, 1: 0.2, 2: 0.2}), horizon=6) is None


def test_who_is_low_already_is_not_at_risk_and_half_is_not_low(engine: Backend) -> None:
    low = dict.fromkeys(range(-3, 9), 0.4)
    assert outcome(engine, archive(used=low)) == "no label"
    assert outcome(engine, archive(used={0: 0.5})) is None
    assert outcome(engine, archive(contract_kva=None)) is None
    # A run from before the as-of month that is broken by it does not count on.
    assert outcome(engine, archive(used={-2: 0.4, -1: 0.4, 1: 0.4, 2: 0.4})) is None


def test_a_gap_in_the_archive_breaks_a_run(engine: Backend) -> None:
    rows = [row for row in archive(used={2: 0.4, 3: 0.4, 4: 0.4, 5: 0.4}) if row["month"] != month(3)]
    assert outcome(engine, rows) is None


def test_the_earlier_of_two_events_names_the_kind(engine: Backend) -> None:
    used = {2: 0.4, 3: 0.4, 4: 0.4}
    assert outcome(engine, archive(used=used, closed=date(2024, 6, 3)), horizon=6) == ("capacity_cut", 4)
    assert outcome(engine, archive(used=used, closed=date(2024, 5, 3)), horizon=6) == ("closure", 4)


def test_capacity_is_summed_over_the_open_accounts_of_a_customer(engine: Backend) -> None:
    cut = dict.fromkeys(range(2, 12), 0.0)
    # One of three equal accounts stands still: two thirds are used. Two of three: one third.
    assert outcome(engine, archive("a1", used=cut) + archive("a2") + archive("a3")) is None
    assert outcome(engine, archive("a1", used=cut) + archive("a2", used=cut) + archive("a3")) == ("capacity_cut", 4)
    # A closed account's idle capacity is no cut.
    rows = archive("a1", used=cut, closed=date(2024, 3, 1)) + archive("a2")
    assert outcome(engine, rows) is None


def test_labels_belong_to_the_month_in_which_they_become_certain(engine: Backend) -> None:
    found = labels(engine, archive(), month_range(month(0), month(11)))
    pairs = found.select("month", "horizon_months", "as_of_month").rows()
    assert all(as_of == as_of_month(certain, horizon) for certain, horizon, as_of in pairs)
    assert all(add_months(as_of, horizon + 2) == certain for certain, horizon, as_of in pairs)
    # The archive begins three months before START: six and nine months later the first labels are certain.
    assert [sum(h == 3 for _, h, _ in pairs), sum(h == 6 for _, h, _ in pairs)] == [10, 7]
    assert LABEL_DEPTH == 9


def test_no_row_later_than_the_month_is_used(engine: Backend) -> None:
    rows = archive("a1", closed=date(2024, 5, 20), known_at=6) + archive(
        "a2", customer="c2", used={4: 0.4, 5: 0.4, 6: 0.4}
    )
    known = [row for row in rows if row["month"] <= CERTAIN_3]
    assert labels(engine, rows, [CERTAIN_3]).equals(labels(engine, known, [CERTAIN_3]))
    assert labels(engine, rows, [CERTAIN_3])["is_event"].sum() == 0


def test_delivered_outcomes_are_labels_of_their_month(engine: Backend) -> None:
    given = [{"month": START, "customer_id": f"c{number}", "is_event": number == 1} for number in range(3)]
    found = engine.to_polars(outcome_labels(table(OUTCOME_MONTHLY, given), "left", 3).order_by("customer_id"))
    assert found.select("month", "as_of_month", "label", "horizon_months", "is_event").rows() == [
        (START, START, "left", 3, number == 1) for number in range(3)
    ]


@pytest.fixture(scope="module")
def planted(province: Province) -> pl.DataFrame:
    return labels(province.engine, province.inputs.accounts, province.months)


def test_one_wide_window_equals_single_months(province: Province, planted: pl.DataFrame) -> None:
    accounts = province.inputs.accounts
    for certain in (*province.months[:9:4], *province.months[9::5], province.months[-1]):
        seen = accounts.filter(accounts.month > add_months(certain, -LABEL_DEPTH), accounts.month <= certain)
        alone = labels(province.engine, seen, [certain])
        assert alone.equals(planted.filter(month=certain))


def test_exactly_the_planted_events_are_found_from_every_month_that_could_see_them(
    province: Province, planted: pl.DataFrame
) -> None:
    accounts = province.engine.to_polars(province.inputs.accounts.select("customer_id", "month"))
    seen = dict(accounts.group_by("customer_id").agg(pl.col("month").min()).rows())
    expected, observable, beyond = set(), set(), set()
    for row in province.truth("churn"):
        customer, begins = customer_id(row["customer_no"]), date.fromisoformat(row["event_date"]).replace(day=1)
        is_cut = row["kind"] == "capacity_cut"
        # A cut is an event in its third month, and who is low already is no longer at risk.
        event = add_months(begins, 2) if is_cut else begins
        for horizon in HORIZONS:
            as_of_months = [
                as_of
                for as_of in province.months
                if add_months(as_of, 2) <= event <= add_months(as_of, 1 + horizon)
                and (as_of < begins)
                and seen[customer] <= as_of
                and add_months(as_of, horizon + 2) <= province.months[-1]
            ]
            expected |= {(customer, horizon, as_of, row["kind"], event) for as_of in as_of_months}
            (observable if as_of_months else beyond).add((customer, begins))
    columns = ("customer_id", "horizon_months", "as_of_month", "event_kind", "event_month")
    assert set(planted.filter("is_event").select(columns).rows()) == expected
    assert len(observable) > 25
    # What no label can know: events of the first two months, and those too close to the end of the archive.
    for _, begins in beyond:
        assert begins < add_months(province.months[0], 2) or begins > add_months(province.months[-1], -4), begins


def test_who_has_no_planted_event_is_never_labelled(province: Province, planted: pl.DataFrame) -> None:
    truth = {customer_id(row["customer_no"]) for row in province.truth("churn")}
    labelled = set(planted.filter("is_event")["customer_id"])
    decoys = {customer_id(row["customer_no"]) for row in province.truth("decoys")} - truth
    assert labelled <= truth
    assert len(decoys & set(planted["customer_id"])) > 10
