"""Every spoiled record is where the truth says, and nothing else is spoiled: found again from the raw files."""

from __future__ import annotations

import calendar
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from govbiz_assets.simulate import DirtRates, SimulationParams
from govbiz_assets.simulate.dirt import Spoiler
from govbiz_assets.simulate.files import write_workbook
from govbiz_assets.simulate.params import month_index
from govbiz_assets_tests.simulate.delivered import KEYS, NAMES, TO_ASCII, Landing

NUMBER = {"usage": "总电量", "bill": "应收合计", "payment": "收费金额", "subscription": "月费"}
REQUIRED = {
    "usage": ("户号", "总电量"),
    "bill": ("账单号", "应收合计"),
    "payment": ("收费流水号", "收费金额"),
    "subscription": ("产品代码",),
}
DAY = {"usage": "数据日期", "bill": "应收年月", "payment": "收费日期", "subscription": "生效日期"}
LOST = {"unparsable_number", "blank_required", "impossible_date", "wrong_month", "negative_kwh"}
DIRTY = ("customer", "account", "usage", "bill", "payment", "subscription")


def is_date(cell: str) -> bool:
    """The parts of a date or month exist in the calendar."""
    parts = re.sub(r"\D", "", cell)
    year, month, day = int(parts[:4]), int(parts[4:6]), int(parts[6:8] or 1)
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def found(landing: Landing, channel: str, month: str) -> set[tuple[int, str]]:
    """Looks for spoiled records without the truth."""
    hits: set[tuple[int, str]] = set()
    lines, rows = landing.lines(channel, month), landing.rows(channel, month)
    seen: set[str] = set()
    by_key = defaultdict(list)
    for place, (line, row) in enumerate(zip(lines, rows, strict=True), start=1):
        if line in seen:
            hits.add((place, "duplicate"))
            continue
        seen.add(line)
        if channel in NUMBER:
            kind = one_kind(channel, month, row)
            if kind:
                hits.add((place, kind))
        if all(row[column] for column in KEYS[channel]):
            by_key[tuple(row[column] for column in KEYS[channel])].append(place)
    lost = {place for place, kind in hits if kind in LOST}
    for places in by_key.values():
        hits |= {(place, "superseded") for place in places[:-1] if place not in lost}
    return hits


def one_kind(channel: str, month: str, row: dict[str, str]) -> str | None:
    amount, day = row[NUMBER[channel]], row[DAY[channel]]
    if not all(row[column] for column in REQUIRED[channel]):
        return "blank_required"
    if not re.search(r"\d", amount):
        return "unparsable_number"
    if not is_date(day):
        return "impossible_date"
    if channel != "subscription" and re.sub(r"\D", "", day)[:6] != month.replace("-", ""):
        return "wrong_month"
    if channel == "usage" and amount.startswith("-"):
        return "negative_kwh"
    if amount.translate(TO_ASCII) != amount:
        return "full_width"
    return "thousands" if "," in amount and not amount.startswith("￥") else None


def planted(landing: Landing, channel: str, month: str) -> set[tuple[int, str]]:
    kinds = {"exact_duplicate": "duplicate", "triple_duplicate": "duplicate"}
    return {
        (int(row["row_no"]), kinds.get(row["kind"], row["kind"]))
        for row in landing.truth("dirt")
        if row["channel"] == channel and row["month"][:7] == month
    }


@pytest.mark.parametrize("channel", DIRTY)
def test_truth_names_exactly_the_spoiled_records(long: Landing, channel: str) -> None:
    total = 0
    for month in long.months if channel != "usage" else long.months[:4]:
        expected = planted(long, channel, month)
        assert found(long, channel, month) == expected, (channel, month)
        total += len(expected)
    assert total > 0


def test_every_kind_occurs_in_the_large_channels(long: Landing) -> None:
    kinds = defaultdict(set)
    for row in long.truth("dirt"):
        kinds[row["channel"]].add(row["kind"])
    assert kinds["usage"] == LOST | {"exact_duplicate", "triple_duplicate", "superseded", "full_width", "thousands"}
    assert {"customer", "account", "bill", "payment", "ticket", "subscription"} <= set(kinds)
    assert not (kinds["customer"] | kinds["account"]) & LOST


def test_less_than_one_percent_of_any_file_is_lost(long: Landing) -> None:
    lost: dict[tuple[str, str], int] = defaultdict(int)
    for row in long.truth("dirt"):
        lost[row["channel"], row["month"][:7]] += row["kind"] in LOST
    for (channel, month), count in lost.items():
        size = long.tickets(month).height if channel == "ticket" else len(long.lines(channel, month))
        assert count < 0.01 * size, (channel, month)


def test_spoiled_tickets_are_where_the_log_says(tmp_path: Path) -> None:
    count = 4000
    columns = ("工单编号", "户号", "受理时间", "业务类型", "受理渠道", "受理内容", "通话时长", "满意度", "是否重复")
    rows = [
        (
            f"202403{n:07d}",
            "0300000001",
            f"2024-03-{n % 28 + 1:02d} 09:30:00",
            "咨询",
            "营业厅",
            "咨询电费",
            str(60 + n),
            "5",
            "否",
        )
        for n in range(count)
    ]
    params = SimulationParams(dirt=DirtRates(*[0.0008] * 10))
    spoiler, path = Spoiler(params, "ticket", month_index(date(2024, 3, 1))), tmp_path / "tickets.xlsx"
    written = write_workbook(path, pl.DataFrame(rows, schema=columns, orient="row"), spoiler, date(2024, 4, 2))
    sheet = pl.read_excel(path, infer_schema_length=0)
    kinds = Counter(entry[4] for entry in spoiler.log)
    added = ("exact_duplicate", "triple_duplicate", "superseded", "wrong_month")
    assert sheet.height == written == count + sum(kinds[kind] for kind in added)
    for _, _, file, row_no, kind, detail in spoiler.log:
        assert file == "tickets.xlsx"
        place = int(row_no)
        record = {name: cell or "" for name, cell in zip(sheet.columns, sheet.row(place - 1), strict=True)}
        times = sheet["工单编号"].to_list().count(record["工单编号"])
        if kind in ("exact_duplicate", "triple_duplicate"):
            assert sheet.rows().count(sheet.row(place - 1)) == (2 if kind == "exact_duplicate" else 3)
        elif kind == "superseded":
            right = sheet.row(int(detail.removeprefix("corrected by record ")) - 1)
            assert times == 2
            assert right[0] == record["工单编号"]
            assert int(right[6]) < int(record["通话时长"])
        else:
            is_bad = {
                "full_width": record["通话时长"].translate(TO_ASCII) != record["通话时长"],
                "unparsable_number": record["通话时长"] in ("--", "N/A"),
                "blank_required": record["业务类型"] == "",
                "impossible_date": record["受理时间"][5:10] in ("02-30", "06-31"),
                "wrong_month": record["受理时间"][:7] != "2024-03",
            }
            assert is_bad[kind]
    assert set(kinds) == (LOST - {"negative_kwh"}) | {"exact_duplicate", "triple_duplicate", "superseded", "full_width"}


def test_the_record_that_corrects_another_stands_behind_it(long: Landing) -> None:
    corrected = [row for row in long.truth("dirt") if row["kind"] == "superseded" and row["channel"] in NAMES]
    assert corrected
    for row in corrected:
        assert int(row["detail"].removeprefix("corrected by record ")) > int(row["row_no"])
