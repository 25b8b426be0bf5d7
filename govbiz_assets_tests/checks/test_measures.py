"""What the checks of every table measure, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import ibis
import pytest

from govbiz_assets.checks.contract_checks import contract_violations
from govbiz_assets.checks.history import null_share_rise, sum_ratio, volume_ratio
from govbiz_assets.checks.table_check import CheckTables, Measure
from govbiz_assets.contracts.month import add_months
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import table_path
from govbiz_assets_tests.warehouse.trial import CODES, FEBRUARY, JANUARY, TRIAL, house, row, write

FIRST = date(2023, 1, 1)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with house(tmp_path) as opened:
        yield opened


def measured(session: Session, measure: Measure, *months: date) -> dict[date, Any]:
    values = measure(CheckTables(session, months, frozenset()))
    return dict(values.select("month", "value").to_polars().rows() if isinstance(values, ibis.Table) else values)


def spoil(session: Session, contract: TableContract, statement: str) -> None:
    """Changes rows behind the back of the write, which would refuse them."""
    session.connection.execute(statement.format(table=table_path(contract)))


def test_rows_that_came_to_break_a_rule_or_repeat_a_key_are_counted_by_month(session: Session) -> None:
    rows = [row(month, f"a{n}", 9, kwh_valley=2, kind="big") for month in (JANUARY, FEBRUARY) for n in range(4)]
    write(session, rows, (JANUARY, FEBRUARY))
    measure = contract_violations(TRIAL)
    assert measured(session, measure, JANUARY, FEBRUARY) == {JANUARY: 0, FEBRUARY: 0}
    # One row breaks two rules, and with the row that is now there three times that makes four.
    spoil(
        session,
        TRIAL,
        "UPDATE {table} SET kwh_peak = -1, kwh_valley = 0 WHERE month = '2024-02-01' AND account_id = 'a1'",
    )
    spoil(session, TRIAL, "UPDATE {table} SET account_id = 'a0' WHERE month = '2024-02-01' AND account_id <> 'a1'")
    assert measured(session, measure, JANUARY, FEBRUARY) == {JANUARY: 0, FEBRUARY: 4}
    assert measured(session, measure, JANUARY) == {JANUARY: 0}


def test_a_table_without_rules_or_without_a_key_or_without_months_is_measured_too(session: Session) -> None:
    write(session, [{"code": "x", "label": "1"}, {"code": "y", "label": "2"}], contract=CODES)
    assert measured(session, contract_violations(CODES), JANUARY) == {JANUARY: 0}
    spoil(session, CODES, "UPDATE {table} SET code = 'x'")
    assert measured(session, contract_violations(CODES), JANUARY) == {JANUARY: 1}
    assert measured(session, contract_violations(replace(CODES, key=())), JANUARY) == {JANUARY: 0}
    write(session, [row(kwh_valley=2)])
    spoil(session, TRIAL, "UPDATE {table} SET kwh_valley = 9")
    assert measured(session, contract_violations(replace(TRIAL, key=())), JANUARY) == {JANUARY: 1}


def test_an_empty_table_has_nothing_to_measure(session: Session) -> None:
    assert measured(session, contract_violations(CODES), JANUARY) == {JANUARY: None}
    assert measured(session, contract_violations(TRIAL), JANUARY) == {}


def test_a_month_compares_with_the_median_of_the_twelve_months_before(session: Session) -> None:
    counts = [3, 5, 4, 9, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2, 0]
    months = [add_months(FIRST, n) for n in range(len(counts))]
    rows = [
        row(month, f"a{n}", 10 * (n + 1), share=0.5 if n % 2 else None, kind="big" if position < 13 else None)
        for position, (month, count) in enumerate(zip(months, counts, strict=True))
        for n in range(count)
    ]
    write(session, rows, months)
    asked = months[3:]
    volume = {months[n]: counts[n] / median(counts[max(0, n - 12) : n]) for n in range(3, len(counts))}
    assert measured(session, volume_ratio(TRIAL), *asked) == pytest.approx(volume)
    sums = [sum(10 * (n + 1) for n in range(count)) for count in counts]
    summed = {months[n]: sums[n] / median(sums[max(0, n - 12) : n]) for n in range(3, len(counts) - 1)}
    assert measured(session, sum_ratio(TRIAL, "kwh_peak"), *asked) == pytest.approx(summed)
    # The kind is missing in the last month with rows, as it never was before.
    shares = [-(-count // 2) / count if count else 0.0 for count in counts]
    rises = {months[n]: shares[n] - median(shares[max(0, n - 12) : n]) for n in range(3, len(counts) - 1)}
    rises = {month: max(rise, 0.0) for month, rise in rises.items()} | {months[13]: 1.0}
    assert measured(session, null_share_rise(TRIAL, ["share", "kind"]), *asked) == pytest.approx(rises)


def test_without_three_months_before_it_a_month_has_no_history(session: Session) -> None:
    months = [add_months(FIRST, n) for n in range(3)]
    write(session, [row(month) for month in months], months)
    for measure in (volume_ratio(TRIAL), sum_ratio(TRIAL, "kwh_peak"), null_share_rise(TRIAL, ["share"])):
        assert measured(session, measure, *months) == {}
