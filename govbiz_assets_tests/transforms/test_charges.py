"""Two views of bills and their corrections, and which bill a correction corrects."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.transforms.charges import cash, charges, net_usage
from govbiz_assets.transforms.quality.bills import judge_bills
from govbiz_assets.transforms.quality.counts import flags
from govbiz_assets.transforms.quality.judged import marked_rows
from govbiz_assets_tests.transforms.tables import table

Row = dict[str, Any]
JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))


def bill(number: str, month: date, charge: date | None, kwh: float, cny: float, kind: str = "正常", **more: Any) -> Row:
    return {
        "month": month,
        "bill_id": number,
        "account_id": "a1",
        "bill_month": month,
        "charge_month": charge,
        "bill_kind": kind,
        "kwh": kwh,
        "energy_cny": cny,
        "total_cny": cny,
        "issued_date": month.replace(day=5),
        "source_file": "b.csv",
        "row_no": 1,
        **more,
    }


BILLS = [
    bill("b1", FEB, JAN, 100, 60),
    bill("b2", MAR, FEB, 200, 120),
    bill("b3", APR, MAR, 300, 180),
    bill("c1", APR, JAN, -100, -60, "红冲"),
    bill("c2", APR, JAN, 90, 54, "追补"),
]


def found(engine: Backend, rows: list[Row], first: date = JAN) -> dict[str, list[tuple[str, str | None]]]:
    """Flagged bills by defect, each with the other bill it points at."""
    accounts = [{"month": month, "account_id": "a1", "customer_id": "c"} for month in (JAN, FEB, MAR, APR)]
    judged = judge_bills(table(tables.BILL, rows), table(tables.ACCOUNT_MONTHLY, accounts), table(tables.TARIFF), first)
    flagged = flags([judged], [engine.to_polars(marked_rows(judged))]).sort("subject_id")
    named: dict[str, list[tuple[str, str | None]]] = {}
    for row in flagged.iter_rows(named=True):
        named.setdefault(row["defect"], []).append((row["subject_id"], row["other_id"]))
    return named


def test_corrections_are_netted_to_the_month_of_use_and_kept_in_the_month_of_issue(engine: Backend) -> None:
    charged = charges(table(tables.BILL, BILLS))
    by_use = engine.to_polars(net_usage(charged)).sort("charge_month")
    assert [tuple(map(float, row)) for row in by_use.select("kwh", "total_cny").iter_rows()] == [
        (90.0, 54.0),
        (200.0, 120.0),
        (300.0, 180.0),
    ]
    by_issue = engine.to_polars(cash(charged)).sort("month")
    assert [float(value) for value in by_issue["total_cny"]] == [60.0, 120.0, 180.0 - 60 + 54]
    april = charged.filter(charged.month == APR, charged.charge_month == JAN)
    (row,) = engine.to_polars(april).iter_rows(named=True)
    assert (row["bill_count"], row["correction_count"], float(row["correction_cny"])) == (2, 2, -6.0)


def test_a_bill_without_a_month_of_use_counts_in_its_month_of_issue(engine: Backend) -> None:
    (row,) = engine.to_polars(charges(table(tables.BILL, [bill("b1", FEB, None, 1, 1)]))).iter_rows(named=True)
    assert row["charge_month"] == FEB


def test_a_correction_is_paired_by_the_bill_it_names_else_by_month_of_use_and_amount(engine: Backend) -> None:
    assert found(engine, BILLS, APR) == {"correction_paired": [("c1", "b1"), ("c2", "b1")]}
    named = bill("c3", APR, JAN, -1, -1, "退补", original_bill_id="b2")
    assert found(engine, [*BILLS, named], APR)["correction_paired"][-1] == ("c3", "b2")


@pytest.mark.parametrize(
    "correction",
    [
        bill("c9", APR, JAN, -100, -61, "红冲"),
        bill("c9", APR, JAN, -100, -60, "红冲", original_bill_id="gone"),
    ],
    ids=["takes back more than was billed", "names a bill that is not there"],
)
def test_a_negative_correction_of_no_bill_is_an_error(engine: Backend, correction: Row) -> None:
    assert found(engine, [*BILLS[:3], correction], APR) == {"correction_unpaired": [("c9", None)]}


def test_a_month_of_use_before_the_first_known_bills_proves_nothing(engine: Backend) -> None:
    early = bill("c9", APR, date(2023, 6, 1), -5, -5, "红冲")
    assert found(engine, [*BILLS[:3], early], APR) == {}


def test_a_bill_issued_again_after_a_reversal_is_no_repetition(engine: Backend) -> None:
    again = bill("d1", APR, JAN, 100, 60, issued_date=APR.replace(day=9))
    assert "bill_repeated" not in found(engine, [*BILLS[:4], again], APR)
    repeated = bill("d1", APR, MAR, 300, 180, issued_date=APR.replace(day=9))
    assert found(engine, [*BILLS[:3], repeated], APR) == {"bill_repeated": [("d1", "b3")]}


def test_a_month_of_use_that_was_left_out_is_a_gap(engine: Backend) -> None:
    assert found(engine, [BILLS[0], BILLS[2]], APR) == {"charge_gap": [("b3", None)]}


def test_a_bill_that_comes_later_does_not_close_the_gap_that_was_there(engine: Backend) -> None:
    """As-of truth: in March nobody knew the bill for February."""
    early, late = bill("b3", MAR, MAR, 300, 180), bill("b2", APR, FEB, 200, 120)
    assert found(engine, [BILLS[0], early], MAR) == {"charge_gap": [("b3", None)]}
    assert found(engine, [BILLS[0], early, late], MAR) == {"charge_gap": [("b3", None)]}
