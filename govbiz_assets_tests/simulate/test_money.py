"""Bills charge the metered energy at the tariff, part by part; payments follow habits."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from govbiz_assets_tests.simulate.delivered import Landing, number

SEEDS = Path(__file__).parents[2] / "seeds" / "reference"
PARTS = ("电度电费", "基本电费", "力调电费", "代征基金", "其他费用")
BANDS = {"尖": "sharp", "峰": "peak", "平": "flat", "谷": "valley", "深谷": "deep"}


def cents(cell: str) -> Decimal:
    return Decimal(cell.translate(str.maketrans("０１２３４５６７８９", "0123456789")).lstrip("￥").replace(",", ""))


def day(cell: str) -> date:
    return datetime.strptime(cell, "%Y/%m/%d").date()


def test_parts_add_up_to_the_total_exactly(long: Landing) -> None:
    for month in long.months:
        for row in long.clean("bill", month):
            assert sum(cents(row[part]) for part in PARTS) == cents(row["应收合计"])


def test_a_bill_charges_the_energy_of_the_month_before(long: Landing) -> None:
    metered: dict[str, Decimal] = defaultdict(Decimal)
    spoiled = {row["detail"] for row in long.truth("dirt")}
    assert spoiled
    days: dict[str, int] = defaultdict(int)
    for row in long.clean("usage", "2024-03"):
        metered[row["户号"]] += cents(row["总电量"])
        days[row["户号"]] += 1
    bills = [row for row in long.clean("bill", "2024-04") if row["账单类型"] == "正常"]
    complete = [row for row in bills if days[row["户号"]] == 31]
    assert len(complete) > 0.9 * len(bills)
    assert all(row["量费年月"] == "202403" for row in bills)
    assert all(cents(row["电量"]) == metered[row["户号"]] for row in complete)


def test_the_first_month_bills_the_month_before_the_data(long: Landing) -> None:
    rows = long.clean("bill", "2024-01")
    assert {row["量费年月"] for row in rows} == {"202312"}
    assert sum(cents(row["电量"]) > 0 for row in rows) > 0.95 * len(rows)


def test_energy_and_basic_charge_follow_the_tariff(long: Landing) -> None:
    with (SEEDS / "tariff.csv").open(encoding="utf-8", newline="") as file:
        tariff = {row["price_code"]: row for row in csv.DictReader(file)}
    archive = {row["户号"]: row for row in long.clean("account", "2024-07")}
    energy: dict[str, float] = defaultdict(float)
    days: dict[str, int] = defaultdict(int)
    for row in long.clean("usage", "2024-07"):
        price = tariff[archive[row["户号"]]["电价代码"]]
        energy[row["户号"]] += sum(
            float(row[band]) * float(price[f"energy_{name}_cny_kwh"]) for band, name in BANDS.items()
        )
        days[row["户号"]] += 1
    checked = 0
    for row in long.clean("bill", "2024-08"):
        if row["账单类型"] == "正常" and days[row["户号"]] == 31:
            account = archive[row["户号"]]
            basic = float(account["运行容量"]) * float(tariff[account["电价代码"]]["basic_cny_kva"])
            assert abs(float(cents(row["电度电费"])) - energy[row["户号"]]) < 0.011
            assert abs(float(cents(row["基本电费"])) - basic) < 0.011
            checked += 1
    assert checked > 200


def test_a_cancelled_bill_is_the_mirror_of_an_earlier_one(long: Landing) -> None:
    issued = {}
    kinds = defaultdict(int)
    for month in long.months:
        bills = long.clean("bill", month)
        for row in bills:
            kinds[row["账单类型"]] += 1
            amounts = tuple(-cents(row[part]) for part in (*PARTS, "应收合计"))
            if row["账单类型"] == "红冲":
                assert issued.get((row["户号"], row["量费年月"]), amounts) == amounts
                again = [other for other in bills if other["户号"] == row["户号"] and other["账单类型"] == "追补"]
                assert [other["量费年月"] for other in again] == [row["量费年月"]]
            if row["账单类型"] == "退补":
                assert cents(row["应收合计"]) < 0
        for row in bills:
            if row["账单类型"] == "正常":
                issued[row["户号"], row["量费年月"]] = tuple(cents(row[part]) for part in (*PARTS, "应收合计"))
    assert kinds["红冲"] > 0
    assert kinds["退补"] > 0
    assert kinds["红冲"] + kinds["退补"] + kinds["追补"] < 0.01 * kinds["正常"]


def bills_and_payments(landing: Landing) -> tuple[dict[str, dict[str, str]], dict[str, list[tuple[date, Decimal]]]]:
    bills = {row["账单号"]: row for month in landing.months for row in landing.clean("bill", month)}
    paid = defaultdict(list)
    for month in landing.months:
        for row in landing.clean("payment", month):
            if row["款项类型"] == "电费":
                paid[row["账单号"]].append(
                    (datetime.strptime(row["收费日期"], "%Y%m%d").date(), cents(row["收费金额"]))
                )
    return bills, paid


def test_habits_show_in_the_delay_and_the_number_of_payments(long: Landing) -> None:
    owner = {row["户号"]: row["客户编号"] for month in long.months for row in long.rows("account", month)}
    disturbed = {row["customer_no"] for name in ("churn", "decoys") for row in long.truth(name)}
    habit = {row["customer_no"]: row["payment_habit"] for row in long.truth("traits")}
    bills, paid = bills_and_payments(long)
    delay, pieces, open_share = defaultdict(list), defaultdict(list), defaultdict(list)
    for number_, bill in bills.items():
        customer = owner[bill["户号"]]
        if bill["账单类型"] != "正常" or customer in disturbed or bill["应收年月"] > "202411":
            continue
        payments = paid.get(number_, [])
        kind = habit[customer]
        if payments:
            delay[kind].append((max(when for when, _ in payments) - day(bill["到期日"])).days)
            pieces[kind].append(len(payments))
        open_share[kind].append(sum(amount for _, amount in payments) != cents(bill["应收合计"]))
    assert np.mean(np.array(delay["prompt"]) > 0) < 0.06
    assert np.mean(np.array(delay["ordinary"]) > 0) < 0.06
    assert np.mean(np.array(delay["late"]) > 0) > 0.95
    assert np.mean(pieces["partial"]) > 1.9
    assert np.mean(pieces["prompt"]) < 1.02
    assert np.mean(open_share["prompt"]) < 0.02
    assert np.mean(open_share["late"]) < 0.02


def test_money_in_advance_names_no_bill_and_late_money_bears_a_penalty(long: Landing) -> None:
    rows = [row for month in long.months for row in long.clean("payment", month)]
    assert {row["款项类型"] for row in rows} == {"电费", "预收", "违约金"}
    assert all((row["账单号"] == "") == (row["款项类型"] == "预收") for row in rows)
    assert all(number(row["收费金额"]) > 0 for row in rows if row["款项类型"] != "电费")


def test_arrears_come_before_the_closures_that_they_cause(long: Landing) -> None:
    bills, paid = bills_and_payments(long)
    leaving = {
        row["account_no"]: row for row in long.truth("churn") if row["cause"] == "arrears" and row["has_signs"] == "1"
    }
    early, last = [], []
    for number_, bill in bills.items():
        if bill["户号"] in leaving and bill["账单类型"] == "正常":
            row = leaving[bill["户号"]]
            share = float(sum(amount for _, amount in paid.get(number_, [])) / cents(bill["应收合计"]))
            if bill["应收年月"] == row["event_date"][:7].replace("-", ""):
                last.append(share)
            elif bill["应收年月"] < row["first_sign_month"][:7].replace("-", ""):
                early.append(share)
    assert last
    assert max(last) == 0
    assert np.mean(np.array(early) > 0.6) > 0.9
