"""Defects of the quality rules, planted in the deliveries of a province that is otherwise clean.

Each is planted in an account of its own, so that what a rule finds is what was planted, or what that brings with it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from govbiz_assets.simulate.files import FORMATS, write_workbook
from govbiz_assets.simulate.params import month_index, month_start
from govbiz_assets.simulate.planting import Landing, Planted, Row
from govbiz_assets.simulate.quality_plants_bills import plant_bills, plant_payments
from govbiz_assets.simulate.quality_plants_reads import BAND, plant_day_numbers, plant_reads

GBK_CHANNELS = ("customer", "account", "payment", "weather")
BANDS = ("尖", "峰", "平", "谷", "深谷")
LATE_DAYS = 30


def plant_defects(folder: Path, months: Sequence[date]) -> tuple[list[Planted], list[Planted]]:
    """Plants every defect, most of them in the last month.

    Args:
        folder: Landing folder of a simulated province without dirt, events, estimates and changed meters.
        months: Its months, at least 14.

    Returns:
        What was planted, and what follows from it or was there by nature, such as corrections of bills.

    Raises:
        LookupError: The province is too small.
    """
    landing = Landing(folder, list(months))
    _natural(landing)
    _plant_records(landing)
    _plant_usage(landing)
    _plant_accounts(landing)
    _plant_customers(landing)
    plant_bills(landing)
    plant_payments(landing)
    plant_reads(landing)
    plant_day_numbers(landing)
    _plant_lists(landing)
    landing.write()
    _plant_tickets(landing)
    _plant_late_file(landing)
    return landing.planted, landing.explained


def plant_refused_files(folder: Path, month: date) -> list[Planted]:
    """Delivers a month of files that are refused whole: no text, without a needed column, empty.

    Args:
        folder: Landing folder with the deliveries of the month before.
        month: The month, first day.

    Returns:
        What was planted.
    """
    before = month_start(month_index(month) - 1)
    landing = Landing(folder, [before])
    header = FORMATS["payment"].delimiter.join(landing.rows("payment", before)[0]).replace("户号", "备注")
    contents = {
        ("usage", "undecodable_file"): "户号".encode() + b"\xff\xff\n",
        ("payment", "unusable_header"): f"{header}\n".encode(),
        ("bill", "broken_file"): b"",
    }
    landing.path("bill", month).parent.mkdir()
    for (channel, defect), content in contents.items():
        landing.path(channel, month).write_bytes(content)
        landing.plant(defect, channel, month=month)
    return landing.planted


def _natural(landing: Landing) -> None:
    """Notes what the sample holds by nature: GBK files, corrections of bills, money paid back."""
    for month in landing.months:
        for channel in GBK_CHANNELS:
            landing.plant("decoded_file", channel, month=month)
        for row in landing.rows("bill", month):
            if row["账单类型"] != "正常":
                landing.explain("correction_paired", "bill", f"b:{row['账单号']}", month)
        for row in landing.rows("payment", month):
            if row["收费金额"].startswith("-"):
                landing.explain("payment_returned", "payment", f"p:{row['收费流水号']}", month)
        for row in landing.rows("meter_read", month):
            if float(row["本次示数"]) < float(row["上次示数"]):
                landing.explain("roll_over", "meter_read", f"m:{row['电能表资产号']}", month, suffix=BAND)


def _plant_records(landing: Landing) -> None:
    """Spoils single readings as exports do."""
    rows = landing.rows("usage", landing.last)
    account = landing.take()["户号"]
    days = [row for row in rows if row["户号"] == account]
    day = date.fromisoformat(days[0]["数据日期"])
    for row, style in zip(days, ("%Y/%-m/%-d", "%Y年%-m月%-d日", "%Y%m%d", "%Y-%m-%d星期四"), strict=False):
        row["数据日期"] = date.fromisoformat(row["数据日期"]).strftime(style)
        landing.plant("date_style", "usage")
    for row, style in zip(days[5:], ("¥{}", "{}kWh", "＋{}"), strict=False):
        row["总电量"] = style.format(row["总电量"])
        landing.plant("number_style", "usage")
    spoilt = {
        "unreadable_date": ("数据日期", (f"{day:%Y-%m}-31x", "2024-02-30", "31/02/2025")),
        "unreadable_number": ("总电量", ("--", "N/A", "1.2.3")),
        "blank_required": ("总电量", ("", " ", "")),
        "energy_out_of_range": ("总电量", ("-5.000", "-0.001", "2000000000")),
    }
    place = 8
    for defect, (column, values) in spoilt.items():
        for value in values:
            days[place][column] = value
            place += 1
            landing.plant(defect, "usage")
    # What cannot be read is of no known style either; blanks are no values, and a blank cell of blanks is one.
    for defect, count in (("date_style", 3), ("number_style", 4)):
        for _ in range(count):
            landing.explain(defect, "usage")
    before = month_start(month_index(landing.last) - 1)
    for row in days[:2]:
        rows.append({**row, "数据日期": f"{before:%Y-%m}-11" if row is days[0] else f"{before:%Y-%m}-12"})
        landing.plant("other_month", "usage")
    for row in days[-6:-3]:
        rows.append(dict(row))
        landing.plant("duplicate_record", "usage")
    for row in days[-3:-1]:
        rows.insert(0, {**row, "总电量": f"{float(row['总电量']) * 1.0003:.3f}"})
        landing.plant("superseded_record", "usage")
    landing.add_line("usage", landing.last, f"{account},{day},1")
    landing.add_line("usage", landing.last, f"{account},{day},1,1,1,1,1,1,实抄,备注,多余")
    for _ in range(2):
        landing.plant("broken_record", "usage")


def _plant_usage(landing: Landing) -> None:
    last = landing.last
    account = landing.take(lambda row: row["合同容量"] > "2")["户号"]
    for row in landing.of("usage", last, account)[:3]:
        row["峰"] = f"{float(row['峰']) + 5 + float(row['总电量']) * 0.1:.3f}"
        landing.plant("bands_differ", "usage", f"a:{account}")
    for value in ("1.000", "0.000"):
        account = landing.take()["户号"]
        for row in landing.of("usage", last, account)[:4]:
            _set_energy(row, float(value))
        landing.plant("placeholder_days", "usage", f"a:{account}")
    one, other = landing.take()["户号"], landing.take()["户号"]
    for source, target in zip(landing.of("usage", last, one), landing.of("usage", last, other), strict=True):
        target |= {name: source[name] for name in ("总电量", *BANDS)}
    for account in (one, other):
        landing.plant("twin_series", "usage", f"a:{account}")
        for defect in ("year_jump", "energy_above_capacity"):
            landing.explain(defect, "usage", f"a:{account}")
    account = landing.take(lambda row: row["用户状态"] == "正常")["户号"]
    for month in landing.months[-3:]:
        for row in landing.of("usage", month, account):
            _set_energy(row, 0.0)
    landing.plant("three_zero_cycles", "usage", f"a:{account}")
    account = landing.take()["户号"]
    for row in landing.of("usage", last, account):
        for name in ("总电量", *BANDS):
            row[name] = f"{float(row[name]) * 12:.3f}"
    landing.plant("year_jump", "usage", f"a:{account}")
    landing.explain("energy_above_capacity", "usage", f"a:{account}")
    account = landing.take()["户号"]
    spike = landing.of("usage", last, account)[9]
    _set_energy(spike, 9 * max(float(row["总电量"]) for row in landing.of("usage", last, account)))
    landing.plant("day_spike", "usage", f"a:{account}")
    for defect in ("year_jump", "energy_above_capacity"):
        landing.explain(defect, "usage", f"a:{account}")
    archive = landing.take()
    account = archive["户号"]
    _set_energy(landing.of("usage", last, account)[0], float(archive["合同容量"]) * 24 * 1.5)
    landing.plant("energy_above_capacity", "usage", f"a:{account}")
    for defect in ("year_jump", "day_spike"):
        landing.explain(defect, "usage", f"a:{account}")
    account = landing.take()["户号"]
    for month in landing.months[-5:-3]:
        rows = landing.rows("usage", month)
        rows[:] = [row for row in rows if row["户号"] != account]
    landing.plant("short_baseline", "usage", f"a:{account}")
    for month in landing.months[-4:-1]:
        landing.explain("short_baseline", "usage", f"a:{account}", month)


def _set_energy(row: Row, kwh: float) -> None:
    row.update(dict.fromkeys(BANDS, "0.000"))
    row["总电量"] = row["平"] = f"{kwh:.3f}"


def _plant_accounts(landing: Landing) -> None:
    last = landing.last
    changes = {
        "closed_before_opened": {"销户日期": "1999-01-01"},
        "unknown_industry": {"行业代码": "99"},
        "unknown_division": {"区划代码": "999999"},
        "unknown_price": {"电价代码": "X999"},
    }
    for defect, cells in changes.items():
        row = landing.take(lambda row: not row["销户日期"])
        row.update(cells)
        landing.plant(defect, "account", f"a:{row['户号']}")
    row = landing.take(lambda row: row["计费方式"] == "单一制")
    row["运行容量"] = str(int(row["合同容量"]) + 100)
    landing.plant("run_above_contract", "account", f"a:{row['户号']}")
    row = landing.take()
    row["客户编号"] = "7999999999"
    landing.plant("unknown_customer", "account", f"a:{row['户号']}")
    landing.explain("owner_changed", "account", f"a:{row['户号']}")
    row = landing.take()
    other = landing.take(lambda other: other["客户编号"] != row["客户编号"])
    row["客户编号"] = other["客户编号"]
    landing.plant("owner_changed", "account", f"a:{row['户号']}")
    with_ticket = set(read_tickets(landing, last)["户号"])
    row = landing.take(lambda row: row["户号"] not in with_ticket)
    old, new = row["户号"], "0388888888"
    for channel in ("account", "usage", "bill", "payment", "meter_read"):
        for record in landing.of(channel, last, old):
            record["户号"] = new
    landing.plant("account_renumbered", "account", f"a:{new}")


def _plant_customers(landing: Landing) -> None:
    rows = [row for row in landing.rows("customer", landing.last) if len(row["统一社会信用代码"]) == 18]
    wrong, repaired, old, shared, original, test = rows[:6]
    code = wrong["统一社会信用代码"]
    wrong["统一社会信用代码"] = code[:-1] + ("1" if code[-1] != "1" else "2")
    repaired["统一社会信用代码"] = repaired["统一社会信用代码"].replace("0", "O", 1)
    old["统一社会信用代码"] = "320106000012345"
    shared["统一社会信用代码"] = original["统一社会信用代码"]
    test["客户名称"] += "测试用户"
    for defect, row in (
        ("code_check_failed", wrong),
        ("code_repaired", repaired),
        ("code_old_kind", old),
        ("code_shared", shared),
        ("code_shared", original),
        ("test_customer", test),
    ):
        landing.plant(defect, "customer", f"c:{row['客户编号']}")


def _plant_lists(landing: Landing) -> None:
    last = landing.last
    steady = [row for row in landing.rows("subscription", last) if not row["失效日期"]]
    unknown, swapped = steady[-1], steady[-2]
    unknown["产品代码"] = "Z99"
    landing.plant("unknown_product", "subscription", f"c:{unknown['客户编号']}", suffix=" Z99")
    swapped["失效日期"] = (date.fromisoformat(swapped["生效日期"]) - timedelta(days=9)).isoformat()
    landing.plant("ended_before_started", "subscription", f"c:{swapped['客户编号']}", suffix=f" {swapped['产品代码']}")
    weather = landing.rows("weather", last)
    place = weather[0]["区划代码"]
    gone = [row for row in weather if row["区划代码"] == place][:10]
    weather[:] = [row for row in weather if not any(row is other for other in gone)]
    landing.plant("weather_gaps", "weather", place)
    weather[-1]["最高气温"] = "99℃"
    landing.plant("impossible_value", "weather")
    for row in weather:
        row["备注"] = ""
    landing.plant("unmapped_header", "weather", _source_file(landing, "weather"))


def _plant_tickets(landing: Landing) -> None:
    """Makes a test of a ticket and spoils a flag of another; the workbook is written anew."""
    path = tickets_path(landing, landing.last)
    landed = date.fromtimestamp(path.stat().st_mtime)
    tickets = read_tickets(landing, landing.last)
    test, spoilt = tickets["工单编号"][:2]
    number = pl.col("工单编号")
    changed = tickets.with_columns(
        受理内容=pl.when(number == test).then(pl.lit("测试工单，请忽略")).otherwise(pl.col("受理内容")),
        是否重复=pl.when(number == spoilt).then(pl.lit("也许")).otherwise(pl.col("是否重复")),
    )
    write_workbook(path, changed, None, landed)
    landing.plant("test_ticket", "ticket", f"t:{test}")
    landing.plant("unreadable_flag", "ticket")


def tickets_path(landing: Landing, month: date) -> Path:
    """Path of the workbook of tickets."""
    return landing.folder / f"{month:%Y-%m}" / f"95598工单_{month:%Y%m}.xlsx"


def read_tickets(landing: Landing, month: date) -> pl.DataFrame:
    """Returns the tickets as text."""
    return pl.read_excel(tickets_path(landing, month), infer_schema_length=0).fill_null("")


def _plant_late_file(landing: Landing) -> None:
    path = landing.path("subscription", landing.last)
    landed = path.stat().st_mtime + timedelta(days=LATE_DAYS).total_seconds()
    os.utime(path, (landed, landed))
    landing.plant("late_file", "subscription", _source_file(landing, "subscription"))


def _source_file(landing: Landing, channel: str) -> str:
    return landing.path(channel, landing.last).relative_to(landing.folder).as_posix()
