"""Billed periods, demand, power factor (D9, D22) and money in transit (D28), on bills and payments typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from govbiz_assets.contracts.tables_cleaned import ACCOUNT_MONTHLY, BILL, PAYMENT, TARIFF
from govbiz_assets.transforms.quality.bills import judge_bills
from govbiz_assets.transforms.quality.counts import flags
from govbiz_assets.transforms.quality.judged import Judged, checked_counts, marked_rows, needed_count
from govbiz_assets.transforms.quality.payments import judge_payments
from govbiz_assets_tests.transforms.tables import table

MAY, JUNE = date(2024, 5, 1), date(2024, 6, 1)
# May is billed in June: issued on the 3rd, 1 to 31 May, 500 kWh for 400 CNY.
FIRST = {
    "bill_id": "b1", "account_id": "a1", "month": MAY, "bill_month": MAY, "charge_month": date(2024, 4, 1),
    "kwh": "480", "total_cny": "390", "issued_date": date(2024, 5, 3), "source_file": "f", "row_no": 1,
    "period_start": date(2024, 4, 1), "period_end": date(2024, 4, 30),
}  # fmt: skip
SECOND = FIRST | {
    "bill_id": "b2", "month": JUNE, "bill_month": JUNE, "charge_month": MAY, "kwh": "500", "total_cny": "400",
    "issued_date": date(2024, 6, 3), "row_no": 2, "period_start": MAY, "period_end": date(2024, 5, 31),
}  # fmt: skip
ACCOUNT = {"month": JUNE, "account_id": "a1", "customer_id": "c1", "contract_kva": 100.0, "run_kva": 80.0}
PERIOD = {"period_reversed", "period_overlap", "period_gap", "period_off_cycle"}


def day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def judge(
    bills: Sequence[Mapping[str, Any]], account: Mapping[str, Any] = ACCOUNT, first: date = JUNE
) -> tuple[Judged, list[dict[str, Any]]]:
    """Judges bills; returns the findings about periods and meters too."""
    judged = judge_bills(table(BILL, bills), table(ACCOUNT_MONTHLY, [account]), table(TARIFF), first)
    found = flags([judged], [marked_rows(judged).to_polars()]).to_dicts()
    wanted = PERIOD | {"demand_above_capacity", "power_factor_impossible"}
    return judged, [row for row in found if row["defect"] in wanted]


def defects(bills: Sequence[Mapping[str, Any]], account: Mapping[str, Any] = ACCOUNT) -> list[tuple[Any, ...]]:
    _, found = judge(bills, account)
    return sorted((row["defect"], row["subject_id"], row["value"], row["expected"], row["other_id"]) for row in found)


def test_months_that_follow_each_other_are_sound() -> None:
    assert defects([FIRST, SECOND]) == []
    # From reading to reading: the day of the reading ends one period and begins the next.
    read = SECOND | {"period_start": day("04-30"), "period_end": day("05-30")}
    assert defects([FIRST, read]) == []


def test_a_period_is_held_against_itself_and_the_one_before() -> None:
    # An account of its own for each pair of first and last day, and what is found: defect, value, bound, other bill.
    cases: dict[tuple[str, str], list[tuple[Any, ...]]] = {
        ("05-01", "04-27"): [("period_reversed", -3.0, None, None)],
        ("05-02", "05-31"): [("period_gap", 1.0, 0.0, None)],
        ("05-06", "06-02"): [("period_gap", 5.0, 0.0, None)],
        ("04-29", "05-31"): [("period_overlap", None, None, "04-29 05-31 first")],
        # 24, 25, 35, 36 and 71 days: a cycle has 25 to 35.
        ("05-01", "05-24"): [("period_off_cycle", 24.0, 25.0, None)],
        ("05-01", "05-25"): [],
        ("05-01", "06-04"): [],
        ("05-01", "06-05"): [("period_off_cycle", 36.0, 35.0, None)],
        ("05-01", "07-10"): [("period_off_cycle", 71.0, 35.0, None)],
    }
    bills = []
    for start, end in cases:
        mine = {"account_id": f"{start} {end}"}
        bills.append(FIRST | mine | {"bill_id": f"{start} {end} first"})
        period = {"period_start": day(start), "period_end": day(end)}
        bills.append(SECOND | mine | period | {"bill_id": f"{start} {end} second"})
    for given in (bills, bills[::-1]):
        _, found = judge(given)
        for start, end in cases:
            mine = [row for row in found if row["account_id"] == f"{start} {end}"]
            shown = [(row["defect"], row["value"], row["expected"], row["other_id"]) for row in mine]
            assert shown == cases[start, end]


def test_accounts_that_are_billed_for_two_months_have_a_longer_cycle() -> None:
    before = FIRST | {"period_start": day("03-01"), "period_end": day("04-30")}
    assert defects([before, SECOND | {"period_end": day("06-30")}]) == []
    assert defects([before, SECOND | {"period_end": day("07-09")}]) == []
    assert defects([before, SECOND | {"period_end": day("07-10")}]) == [("period_off_cycle", "b2", 71.0, 70.0, None)]
    # Nothing is known of the cycle of a first bill.
    assert defects([SECOND | {"period_end": day("06-30")}]) == []


def test_first_and_last_bills_may_be_short() -> None:
    short = SECOND | {"period_start": day("05-20"), "period_end": day("05-31")}
    assert [row[0] for row in defects([short])] == ["period_off_cycle"]
    assert defects([short], ACCOUNT | {"opened_date": day("05-20")}) == []
    assert defects([short], ACCOUNT | {"closed_date": day("05-31")}) == []
    assert [row[0] for row in defects([short], ACCOUNT | {"opened_date": day("01-01")})] == ["period_off_cycle"]


def test_corrections_repeat_the_period_of_their_bill() -> None:
    correction = SECOND | {"bill_id": "b3", "bill_kind": "退补", "kwh": "-5", "total_cny": "-4", "row_no": 3}
    assert defects([FIRST, SECOND, correction]) == []
    reissued = SECOND | {"bill_id": "b4", "issued_date": day("06-20"), "total_cny": "380", "row_no": 4}
    assert defects([FIRST, SECOND, reissued]) == [("period_overlap", "b4", None, None, "b2")]
    reversal = correction | {"bill_kind": "红冲", "kwh": "-500", "total_cny": "-400", "issued_date": day("06-10")}
    assert defects([FIRST, SECOND, reversal, reissued]) == []


def test_demand_and_power_factor_lie_where_they_can() -> None:
    cells = [{"max_demand_kw": value} for value in (105.0, 105.01)]
    cells += [{"power_factor_ratio": value} for value in (0.0, 1.0, 1.01, -0.2, 85.0)]
    bills = [SECOND | {"bill_id": str(number), "charge_month": None} | cell for number, cell in enumerate(cells)]
    found = [row for row in defects(bills) if row[0] not in PERIOD]
    assert found == [
        ("demand_above_capacity", "1", 105.01, 105.0, None),
        *(
            ("power_factor_impossible", number, value, None, None)
            for number, value in zip("456", (1.01, -0.2, 85.0), strict=True)
        ),
    ]
    assert defects([SECOND | {"max_demand_kw": 900.0}], ACCOUNT | {"contract_kva": None}) == []


def test_what_is_not_delivered_is_not_looked_at() -> None:
    optional = ("period_start", "period_end", "max_demand_kw", "power_factor_ratio")
    judged, found = judge([FIRST, SECOND | dict.fromkeys(optional), SECOND | {"bill_id": "b3", "max_demand_kw": 5.0}])
    (row,) = checked_counts([judged]).to_polars().to_dicts()
    needed = {name: row[needed_count(place)] for place, name in enumerate(judged.needs)}
    assert row["checked_count"] == 2
    assert needed == {"period_start": 1, "max_demand_kw": 1, "power_factor_ratio": 0}
    assert {item["subject_id"] for item in found} == set()


def test_money_that_is_credited_after_the_month_is_in_transit() -> None:
    paid = {"month": JUNE, "account_id": "a1", "paid_date": day("06-28"), "paid_cny": "7", "source_file": "f"}
    days = {"p1": day("06-30"), "p2": day("07-01"), "p3": None, "p4": day("06-28")}
    rows = [paid | {"payment_id": name, "credited_date": when, "row_no": 1} for name, when in days.items()]
    judged = judge_payments(table(PAYMENT, rows), table(BILL), table(ACCOUNT_MONTHLY, [ACCOUNT]), JUNE)
    found = flags([judged], [marked_rows(judged).to_polars()]).to_dicts()
    assert [(row["subject_id"], row["impact_cny"]) for row in found if row["defect"] == "in_transit"] == [("p2", 7)]
    (counted,) = checked_counts([judged]).to_polars().to_dicts()
    assert (counted["checked_count"], counted[needed_count(0)]) == (4, 3)
