"""A bill number that stands again in a later month: every rule speaks of the bill of its month, in any window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from govbiz_assets.contracts.tables_cleaned import ACCOUNT_MONTHLY, BILL, PAYMENT, TARIFF
from govbiz_assets.transforms.quality.bills import judge_bills
from govbiz_assets.transforms.quality.counts import flags
from govbiz_assets.transforms.quality.judged import Judged, marked_rows
from govbiz_assets.transforms.quality.payments import judge_paid_bills, judge_payments
from govbiz_assets_tests.transforms.tables import table

DECEMBER, JANUARY, FEBRUARY, MARCH = date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)
Judge = Callable[[date], Judged]


def bill(bill_id: str, month: date, total: int, charged: date, **more: Any) -> dict[str, Any]:
    return {
        "bill_id": bill_id, "account_id": "a1", "month": month, "bill_month": month, "charge_month": charged,
        "kwh": "1", "total_cny": str(total), "issued_date": month.replace(day=3), "source_file": "f", "row_no": 1,
    } | more  # fmt: skip


def payment(payment_id: str, bill_id: str, month: date, paid: int, day: int = 10) -> dict[str, Any]:
    return {
        "payment_id": payment_id, "bill_id": bill_id, "account_id": "a1", "month": month, "paid_cny": str(paid),
        "paid_date": month.replace(day=day), "payment_kind": "电费", "source_file": "f", "row_no": 1,
    }  # fmt: skip


def found(judge: Judge, first: date, wanted: set[str]) -> list[tuple[Any, ...]]:
    judged = judge(first)
    rows = flags([judged], [marked_rows(judged).to_polars()]).to_dicts()
    names = ("month", "defect", "subject_id", "value", "expected", "other_id")
    return sorted(tuple(row[name] for name in names) for row in rows if row["defect"] in wanted)


def in_every_window(judge: Judge, wanted: set[str], months: Sequence[date]) -> list[tuple[Any, ...]]:
    """What is found in a range; found month by month it is the same, and each fact is there once."""
    ranged = found(judge, months[0], wanted)
    assert len({row[:3] for row in ranged}) == len(ranged)
    for month in months:
        single = [row for row in found(judge, month, wanted) if row[0] == month]
        assert single == [row for row in ranged if row[0] == month]
    return ranged


def bills_judge(bills: Sequence[dict[str, Any]]) -> Judge:
    accounts = [{"month": month, "account_id": "a1", "customer_id": "c1"} for month in (JANUARY, FEBRUARY)]
    return lambda first: judge_bills(table(BILL, bills), table(ACCOUNT_MONTHLY, accounts), table(TARIFF), first)


def test_what_was_paid_for_a_number_counts_for_the_bill_of_its_time() -> None:
    bills = [bill("b1", JANUARY, 5, DECEMBER), bill("b1", FEBRUARY, 7, JANUARY)]
    payments = [payment("p1", "b1", JANUARY, 5), payment("p2", "b1", FEBRUARY, 7), payment("p3", "b1", MARCH, 3)]
    judged = in_every_window(
        lambda first: judge_paid_bills(table(PAYMENT, payments), table(BILL, bills), first),
        {"overpaid"},
        [JANUARY, FEBRUARY, MARCH],
    )
    assert judged == [(MARCH, "overpaid", "b1", 10.0, 7.0, None)]


def test_a_payment_is_held_against_the_day_of_the_bill_that_it_pays() -> None:
    bills = [bill("b1", JANUARY, 5, DECEMBER), bill("b1", FEBRUARY, 7, JANUARY)]
    payments = [payment("p1", "b1", JANUARY, 5, day=2), payment("p1", "b1", FEBRUARY, 7)]
    accounts = [{"month": month, "account_id": "a1", "customer_id": "c1"} for month in (JANUARY, FEBRUARY)]
    judged = in_every_window(
        lambda first: judge_payments(
            table(PAYMENT, payments), table(BILL, bills), table(ACCOUNT_MONTHLY, accounts), first
        ),
        {"paid_before_issue", "unknown_bill"},
        [JANUARY, FEBRUARY],
    )
    assert [row[:3] for row in judged] == [(JANUARY, "paid_before_issue", "p1")]


def test_a_bill_is_compared_with_the_bills_before_its_own_month() -> None:
    bills = [bill("x", DECEMBER, 5, DECEMBER), bill("b1", JANUARY, 5, DECEMBER), bill("b1", FEBRUARY, 5, JANUARY)]
    judged = in_every_window(bills_judge(bills), {"bill_repeated"}, [JANUARY, FEBRUARY])
    assert [(row[0], row[2], row[5]) for row in judged] == [(JANUARY, "b1", "x")]


@pytest.mark.parametrize(("named", "other"), [("y", "y"), (None, "y")], ids=["named", "found"])
def test_a_correction_is_paired_with_the_bill_that_its_own_month_names(named: str | None, other: str) -> None:
    kind = {"bill_kind": "红冲"}
    bills = [
        bill("x", DECEMBER, 5, DECEMBER),
        bill("y", DECEMBER, 7, date(2023, 11, 1)),
        bill("b1", JANUARY, -5, DECEMBER, original_bill_id="x", **kind),
        bill("b1", FEBRUARY, -7, date(2023, 11, 1), original_bill_id=named, **kind),
    ]
    judged = in_every_window(bills_judge(bills), {"correction_paired"}, [JANUARY, FEBRUARY])
    assert [(row[0], row[5]) for row in judged] == [(JANUARY, "x"), (FEBRUARY, other)]
