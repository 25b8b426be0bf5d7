"""Planted defects of bills and payments."""

from __future__ import annotations

from datetime import date, timedelta

from govbiz_assets.simulate.params import month_index, month_start
from govbiz_assets.simulate.planting import Landing, Row

PARTS = ("电度电费", "基本电费", "力调电费", "代征基金", "其他费用")


def plant_bills(landing: Landing) -> None:
    """Plants a bill of each defect in the last month."""
    _print_periods(landing)
    _plant_dates(landing)
    _plant_periods(landing)
    _plant_meters(landing)
    _plant_signs(landing)
    _plant_corrections(landing)
    _plant_arithmetic(landing)
    row = _bill(landing, landing.take()["户号"])
    row["户号"] = "0399999999"
    landing.plant("unknown_account", "bill", f"b:{row['账单号']}")


def plant_payments(landing: Landing) -> None:
    """Plants a payment of each defect in the last month."""
    for month in landing.months:
        for row in landing.rows("payment", month):
            row["到账日期"] = row["收费日期"]
    rows = landing.rows("payment", landing.last)
    bills = {row["账单号"]: row for row in landing.rows("bill", landing.last) if row["账单类型"] == "正常"}
    touched = {item.subject.partition(":")[2] for item in landing.planted if item.channel == "bill"}
    plain = [
        row
        for row in rows
        if row["款项类型"] == "电费"
        and row["账单号"] in bills
        and row["账单号"] not in touched
        and _day(bills[row["账单号"]]["发行日期"]).day > 2
        and _is_whole(row, bills[row["账单号"]])
    ]
    back, early, double, strange, travelling = plain[:5]
    rows.append({**back, "收费流水号": f"{back['收费流水号']}9", "收费金额": "-1.00"})
    landing.plant("payment_returned", "payment", f"p:{back['收费流水号']}9")
    early["收费日期"] = f"{landing.last:%Y%m}01"
    landing.plant("paid_before_issue", "payment", f"p:{early['收费流水号']}")
    rows.append({**double, "收费流水号": f"{double['收费流水号']}9"})
    landing.plant("overpaid", "payment", f"b:{double['账单号']}")
    travelling["到账日期"] = f"{month_start(month_index(landing.last) + 1):%Y%m}02"
    landing.plant("in_transit", "payment", f"p:{travelling['收费流水号']}")
    strange["账单号"] = "999"
    landing.plant("unknown_bill", "payment", f"p:{strange['收费流水号']}")


def _plant_dates(landing: Landing) -> None:
    last = landing.last
    row = _bill(landing, landing.take()["户号"])
    row["到期日"] = (_day(row["发行日期"]) - timedelta(days=1)).strftime("%Y/%-m/%-d")
    landing.plant("due_before_issue", "bill", f"b:{row['账单号']}")
    row = _bill(landing, landing.take()["户号"])
    row["量费年月"] = f"{month_start(month_index(last) - 6):%Y%m}"
    landing.plant("off_cycle", "bill", f"b:{row['账单号']}")
    landing.explain("charge_overlap", "bill", f"b:{row['账单号']}")
    account = landing.take()["户号"]
    before = landing.months[-2]
    removed = _bill(landing, account, before)
    bills = landing.rows("bill", before)
    bills[:] = [row for row in bills if row is not removed]
    landing.plant("charge_gap", "bill", f"b:{_bill(landing, account)['账单号']}")
    landing.explain("period_gap", "bill", f"b:{_bill(landing, account)['账单号']}")
    for month in (before, last):
        for payment in landing.of("payment", month, account):
            if payment["账单号"] == removed["账单号"]:
                landing.explain("unknown_bill", "payment", f"p:{payment['收费流水号']}", month)
    for defect, factor in (("charge_overlap", 0.9), ("bill_repeated", 1.0)):
        row = _bill(landing, landing.take()["户号"])
        again = _next_bill(row, row["账单类型"])
        for name in ("电量", "电度电费", "力调电费", "代征基金"):
            again[name] = f"{float(row[name]) * factor:.3f}" if name == "电量" else f"{float(row[name]) * factor:.2f}"
        _add_up(again)
        landing.rows("bill", last).append(again)
        landing.plant(defect, "bill", f"b:{again['账单号']}")
        landing.explain("period_overlap", "bill", f"b:{again['账单号']}")


def _print_periods(landing: Landing) -> None:
    """Prints on every bill the month that it charges, and on those of two-part tariffs what the meter measured."""
    accounts = {row["户号"]: row for row in landing.rows("account", landing.last)}
    for month in landing.months:
        for row in landing.rows("bill", month):
            account = accounts.get(row["户号"], {})
            charged = date(int(row["量费年月"][:4]), int(row["量费年月"][4:]), 1)
            row["计费起始日"] = f"{charged:%Y-%m-%d}"
            row["计费终止日"] = f"{month_start(month_index(charged) + 1) - timedelta(days=1):%Y-%m-%d}"
            is_two_part = account.get("计费方式") == "两部制"
            row["最大需量"] = f"{float(account['合同容量']) * 0.8:.2f}" if is_two_part else ""
            row["功率因数"] = "0.92" if is_two_part else ""


def _plant_periods(landing: Landing) -> None:
    """Moves an end of a period; the planted days are those of no other defect."""
    start, end = month_start(month_index(landing.last) - 1), landing.last - timedelta(days=1)
    cases = {
        "period_reversed": {"计费终止日": start - timedelta(days=3)},
        "period_overlap": {"计费起始日": start - timedelta(days=2)},
        "period_gap": {"计费起始日": start + timedelta(days=1)},
        "period_off_cycle": {"计费终止日": end + timedelta(days=9)},
    }
    for defect, cells in cases.items():
        row = _bill(landing, landing.take()["户号"])
        row |= {name: f"{day:%Y-%m-%d}" for name, day in cells.items()}
        landing.plant(defect, "bill", f"b:{row['账单号']}")
    row = _bill(landing, landing.take()["户号"])
    row["计费起始日"] = f"{end - timedelta(days=11):%Y-%m-%d}"
    landing.plant("period_off_cycle", "bill", f"b:{row['账单号']}")
    landing.explain("period_gap", "bill", f"b:{row['账单号']}")


def _plant_meters(landing: Landing) -> None:
    two_part = [landing.take(lambda row: row["计费方式"] == "两部制") for _ in range(2)]
    high, odd = (_bill(landing, row["户号"]) for row in two_part)
    high["最大需量"] = f"{float(two_part[0]['合同容量']) * 1.2:.2f}"
    landing.plant("demand_above_capacity", "bill", f"b:{high['账单号']}")
    odd["功率因数"] = "1.35"
    landing.plant("power_factor_impossible", "bill", f"b:{odd['账单号']}")


def _plant_signs(landing: Landing) -> None:
    row = _bill(landing, landing.take(lambda row: row["计费方式"] == "单一制")["户号"])
    for name in ("电量", *PARTS):
        row[name] = row[name] if float(row[name]) == 0 else f"-{row[name]}".replace("--", "")
    _add_up(row)
    landing.plant("negative_normal", "bill", f"b:{row['账单号']}")
    for payment in landing.of("payment", landing.last, row["户号"]):
        landing.explain("overpaid", "payment", f"b:{payment['账单号']}")
    row = _bill(landing, landing.take()["户号"])
    refund = _scaled(row, 0.5, "退补")
    landing.rows("bill", landing.last).append(refund)
    landing.plant("positive_reversal", "bill", f"b:{refund['账单号']}")
    landing.explain("correction_paired", "bill", f"b:{refund['账单号']}")


def _plant_corrections(landing: Landing) -> None:
    for is_named, factor, defect in (
        (True, -1.0, "correction_paired"),
        (False, -1.0, "correction_paired"),
        (False, -10.0, "correction_unpaired"),
    ):
        row = _bill(landing, landing.take()["户号"])
        correction = _scaled(row, factor, "红冲")
        correction["原账单号"] = row["账单号"] if is_named else ""
        landing.rows("bill", landing.last).append(correction)
        landing.plant(defect, "bill", f"b:{correction['账单号']}")


def _plant_arithmetic(landing: Landing) -> None:
    row = _bill(landing, landing.take()["户号"])
    row["应收合计"] = f"{float(row['应收合计']) + 5:.2f}"
    landing.plant("parts_differ", "bill", f"b:{row['账单号']}")
    account = landing.take(lambda row: row["市场化标志"] == "否" and row["电价代码"].startswith("S"))["户号"]
    row = _bill(landing, account)
    row["电度电费"] = f"{float(row['电量']) * 3:.2f}"
    _add_up(row)
    landing.plant("price_outside_tariff", "bill", f"b:{row['账单号']}")
    row = _bill(landing, landing.take(lambda row: row["计费方式"] == "两部制")["户号"])
    row["基本电费"] = f"{float(row['基本电费']) * 1.3:.2f}"
    _add_up(row)
    landing.plant("basic_fee_differs", "bill", f"b:{row['账单号']}")
    row = _bill(landing, landing.take()["户号"])
    row["力调电费"] = f"{-0.2 * (float(row['电度电费']) + float(row['基本电费'])):.2f}"
    _add_up(row)
    landing.plant("power_factor_adjustment", "bill", f"b:{row['账单号']}")
    row = _bill(landing, landing.take()["户号"])
    wrong = {**row, "其他费用": f"{float(row['其他费用']) + 10:.2f}"}
    _add_up(wrong)
    landing.rows("bill", landing.last).insert(0, wrong)
    landing.plant("bill_number_repeated", "bill")


def _bill(landing: Landing, account: str, month: date | None = None) -> Row:
    """The ordinary bill of an account in a month, the last one unless it is said."""
    rows = landing.of("bill", month or landing.last, account)
    return next(row for row in rows if row["账单类型"] == "正常")


def _next_bill(row: Row, kind: str) -> Row:
    issued = (_day(row["发行日期"]) + timedelta(days=1)).strftime("%Y/%-m/%-d")
    return {**row, "账单号": f"{row['账单号']}7", "账单类型": kind, "发行日期": issued}


def _scaled(row: Row, factor: float, kind: str) -> Row:
    bill = _next_bill(row, kind)
    bill["电量"] = f"{float(row['电量']) * factor:.3f}"
    bill |= {name: f"{float(row[name]) * factor:.2f}" for name in PARTS}
    _add_up(bill)
    return bill


def _add_up(row: Row) -> None:
    row["应收合计"] = f"{sum(float(row[name]) for name in PARTS):.2f}"


def _day(text: str) -> date:
    year, month, day = text.split("/")
    return date(int(year), int(month), int(day))


def _is_whole(payment: Row, bill: Row) -> bool:
    """True where the payment pays the whole bill and is written as a plain number."""
    return payment["收费金额"] == bill["应收合计"]
