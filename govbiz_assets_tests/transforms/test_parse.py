"""Readers of delivered text, on the engine: hand-written cases, and round trips of any value in any style."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from govbiz_assets.transforms import parse

READERS = {
    "kwh": lambda value: parse.number(value, "decimal(18, 3)"),
    "money": lambda value: parse.number(value, "decimal(18, 2)"),
    "real": lambda value: parse.number(value, "float64"),
    "whole": lambda value: parse.number(value, "int64"),
    "date": parse.date,
    "month": parse.month,
    "serial": parse.serial_date,
    "timestamp": parse.timestamp,
    "flag": parse.flag,
    "code": parse.code,
    "text": parse.text,
    "blank": parse.is_blank,
}


def read(engine: Backend, reader: str, values: list[Any], dtype: pl.DataType | None = None) -> list[Any]:
    """Returns what a reader makes of each value."""
    rows = ibis.memtable(
        pl.DataFrame({"at": range(len(values)), "given": pl.Series(values, dtype=dtype or pl.String())})
    )
    return engine.to_polars(rows.select("at", read=READERS[reader](rows.given)).order_by("at"))["read"].to_list()


NUMBERS = {
    "12": "12", "12.345": "12.345", "-3.5": "-3.5", "+7": "7", " 12 ": "12", "\t3": "3", ".5": "0.5", "1e5": "100000",
    "1,234.5": "1234.5", "1,234,567": "1234567", "-1,234": "-1234", "¥12.50": "12.5", "￥1,234.50": "1234.5",
    "-¥5": "-5", "¥ 8": "8", "12元": "12", "12.5 kWh": "12.5", "7KWH": "7", "3千瓦时": "3", "9度": "9", "5℃": "5",
    "-5℃": "-5", "10kV": "10", "35千伏": "35", "50kVA": "50", "60秒": "60", "１２３．５": "123.5", "１，２３４": "1234",
    "－５": "-5", "−5": "-5", "(5.00)": "-5", "（1,234.50）": "-1234.5", "(¥5元)": "-5", "　12　": "12", "0.0004": "0",
    "12\u00a0": "12",
}  # fmt: skip
NO_NUMBERS = [
    "", " ", "　", "--", "N/A", "abc", "1,23", "12,3456", "1 234", "5-", "(-5)", "((5))", "-¥-5", "1.2.3", "=5",
    "5 MW", "0x10", "NaN", "nan", "inf", "-Infinity", "9" * 40, "１２a", "¥", "元", "1;DROP TABLE t",
    "12_34", "1_000.5", "1__2", "_1", "0b11", "0X1F", "0o7",
]  # fmt: skip


def test_numbers_are_read_in_every_style_of_an_export(engine: Backend) -> None:
    assert read(engine, "kwh", list(NUMBERS)) == [Decimal(number) for number in NUMBERS.values()]


@pytest.mark.parametrize("reader", ["kwh", "money", "real", "whole"])
def test_what_is_no_number_is_null(engine: Backend, reader: str) -> None:
    texts = [*NO_NUMBERS, *([] if reader == "real" else ["1e308"])]
    if reader == "real":
        texts.remove("9" * 40)
    found = dict(zip(texts, read(engine, reader, texts), strict=True))
    assert {text: number for text, number in found.items() if number is not None} == {}


def test_whole_numbers_are_not_rounded(engine: Backend) -> None:
    texts = ["6", "6.0", "1,234", "６", "1.7", "2.5", "-0.4", "1e3", "99999999999999999999"]
    assert read(engine, "whole", texts) == [6, 6, 1234, 6, None, None, None, 1000, None]
    assert read(engine, "whole", [6.0, 6.5, None], pl.Float64()) == [6, None, None]
    assert read(engine, "whole", [2**62, -3], pl.Int64()) == [2**62, -3]


def test_floating_point_numbers_are_finite(engine: Backend) -> None:
    texts = ["NaN", "inf", "-inf", "1e999", "1e308", "2.5", "-0.25℃", "1e-12"]
    assert read(engine, "real", texts) == [None, None, None, None, 1e308, 2.5, -0.25, 1e-12]
    typed = [float("nan"), float("inf"), -float("inf"), 1.5, None]
    assert read(engine, "real", typed, pl.Float64()) == [None, None, None, 1.5, None]
    assert read(engine, "kwh", typed, pl.Float64()) == [None, None, None, Decimal("1.5"), None]


DATES = {
    "2024-01-05": date(2024, 1, 5), "2024/1/5": date(2024, 1, 5), "2024/01/05": date(2024, 1, 5),
    "20240105": date(2024, 1, 5), "2024.1.5": date(2024, 1, 5), "2024年1月5日": date(2024, 1, 5),
    "2024年01月05日": date(2024, 1, 5), "２０２４－０１－０５": date(2024, 1, 5), " 2024-01-05 ": date(2024, 1, 5),
    "2024-01-01星期四": date(2024, 1, 1), "2024/1/1 周一": date(2024, 1, 1), "2024-02-29": date(2024, 2, 29),
    "2024-01-05 23:59:59": date(2024, 1, 5), "2024-01-05T00:00:00": date(2024, 1, 5),
    "2024-01-05T00:00:00.000": date(2024, 1, 5), "2024-01-05 08:30": date(2024, 1, 5),
    "2024-01-05T10:00:00+08:00": date(2024, 1, 5), "1900-01-01": date(1900, 1, 1), "2099-12-31": date(2099, 12, 31),
}  # fmt: skip
NO_DATES = [
    "", "　", "2015-02-30", "2023-02-29", "2024-01-05abc", "a2024-01-05", "01/02/2024", "1/2/2024", "5.1.2024", "45296",
    "2024-13-01", "2024-00-10", "20241301", "2024-1", "202401", "2024", "epoch", "infinity", "today", "0024-01-01",
    "1899-12-31", "2100-01-01", "9999-12-31", "2024-01-05 25:00", "2024-01-05 10", "2024-01-5x", "2024-01-05 (BC)",
    "2024-01-05T10:00:00Z", "2024-01-05T22:00:00-05:00", "2024-01-01星期", "202401051",
]  # fmt: skip


def test_dates_are_read_in_every_year_first_style(engine: Backend) -> None:
    assert dict(zip(DATES, read(engine, "date", list(DATES)), strict=True)) == DATES


def test_what_is_no_date_or_has_two_readings_is_null(engine: Backend) -> None:
    found = dict(zip(NO_DATES, read(engine, "date", NO_DATES), strict=True))
    assert {text: day for text, day in found.items() if day is not None} == {}


def test_months_are_read_alone_or_from_a_date_in_them(engine: Backend) -> None:
    january = date(2024, 1, 1)
    months = [
        "202401",
        "2024-01",
        "2024-1",
        "2024/01",
        "2024.01",
        "2024年1月",
        "２０２４０１",
        "2024-01-31",
        "20240115",
        "2024年1月5日",
    ]
    assert read(engine, "month", months) == [january] * len(months)
    others = ["202413", "202400", "2024", "20241", "2024-13", "", "24-01", "190013", "210001", "2024-01x"]
    assert read(engine, "month", others) == [None] * len(others)


def test_a_month_that_a_spreadsheet_kept_as_a_number_may_have_lost_its_zero(engine: Backend) -> None:
    assert read(engine, "month", ["2024.1", "2024.10"]) == [None, date(2024, 10, 1)]
    typed = [2024.01, 2024.10, 2024.11]
    assert read(engine, "month", typed, pl.Float64()) == [date(2024, 1, 1), None, date(2024, 11, 1)]


def test_moments_are_local_time_and_a_date_is_its_midnight(engine: Backend) -> None:
    cases = {
        "2024-01-05 10:20:30": datetime(2024, 1, 5, 10, 20, 30),
        "2024/1/5 9:05": datetime(2024, 1, 5, 9, 5),
        "2024-01-05T10:20:30": datetime(2024, 1, 5, 10, 20, 30),
        "2024-01-05T10:20:30.250": datetime(2024, 1, 5, 10, 20, 30, 250_000),
        "2024-01-05 10:20:30+08:00": datetime(2024, 1, 5, 10, 20, 30),
        "2024年1月5日 10:20": datetime(2024, 1, 5, 10, 20),
        "20240105 10:20:30": datetime(2024, 1, 5, 10, 20, 30),
        "2024-01-05": datetime(2024, 1, 5),
        "2099-12-31 23:59:59": datetime(2099, 12, 31, 23, 59, 59),
        "2024-01-05T10:20:30Z": None,
        "2024-01-05 24:00:00": None,
        "2024-01-05 10:61": None,
        "2024-02-30 10:00": None,
        "10:20:30": None,
        "infinity": None,
        "": None,
    }
    assert dict(zip(cases, read(engine, "timestamp", list(cases)), strict=True)) == cases


def test_flags_codes_and_texts(engine: Backend) -> None:
    assert read(engine, "flag", ["是", "1", "true", "Y", "有", "ＹＥＳ", " 是 "]) == [True] * 7
    assert read(engine, "flag", ["否", "0", "False", "n", "无"]) == [False] * 5
    assert read(engine, "flag", ["2", "maybe", "", "是的"]) == [None] * 4
    codes = ["  0012 ", "３２００", "a-1", "", "　", "中Ａ1", "\u00a0x\ufeff"]
    assert read(engine, "code", codes) == ["0012", "3200", "a-1", None, None, "中A1", "x"]
    assert read(engine, "text", [" 实抄 ", "　实 抄\t", "", "　", "Ａ１"]) == ["实抄", "实 抄", None, None, "Ａ１"]
    assert read(engine, "blank", ["", " ", "　", "\u00a0", None, "0", "--"]) == [True] * 5 + [False] * 2


def test_typed_columns_are_read_without_a_cast_that_can_fail(engine: Backend) -> None:
    assert read(engine, "date", [20240105, 5, None], pl.Int64()) == [date(2024, 1, 5), None, None]
    assert read(engine, "date", [datetime(2024, 1, 5, 9), datetime(1700, 1, 1)], pl.Datetime("us")) == [
        date(2024, 1, 5),
        None,
    ]
    assert read(engine, "month", [202401, 202413], pl.Int64()) == [date(2024, 1, 1), None]
    assert read(engine, "month", [date(2024, 1, 31)], pl.Date()) == [date(2024, 1, 1)]
    assert read(engine, "timestamp", [date(2024, 1, 5)], pl.Date()) == [datetime(2024, 1, 5)]
    assert read(engine, "flag", [1, 0, 2, None], pl.Int64()) == [True, False, None, None]
    assert read(engine, "flag", [True, False], pl.Boolean()) == [True, False]
    # pandas keeps whole numbers with gaps as floating point; the account is the same one.
    assert read(engine, "code", [3200000001.0, None], pl.Float64()) == ["3200000001", None]
    assert read(engine, "code", [3200000001], pl.Int64()) == ["3200000001"]


DATE_STYLES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%Y.%m.%d",
    "%Y-%m-%d星期三",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M",
)
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
DECIMALS = st.decimals(min_value=-(10**12), max_value=10**12, places=3, allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=25)
@given(days=st.lists(DAYS, min_size=1, max_size=30))
def test_any_date_in_any_style_is_read_as_itself(engine: Backend, days: list[date]) -> None:
    moments = [datetime(day.year, day.month, day.day) for day in days]
    texts = [moment.strftime(style) for style in DATE_STYLES for moment in moments]
    texts += [f"{day.year}/{day.month}/{day.day}" for day in days]
    assert read(engine, "date", texts) == days * (len(DATE_STYLES) + 1)
    assert read(engine, "month", texts) == [day.replace(day=1) for day in days] * (len(DATE_STYLES) + 1)
    assert read(engine, "timestamp", texts) == moments * (len(DATE_STYLES) + 1)


@settings(deadline=None, max_examples=25)
@given(amounts=st.lists(DECIMALS, min_size=1, max_size=30))
def test_any_number_in_any_style_is_read_as_itself(engine: Backend, amounts: list[Decimal]) -> None:
    wide = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
    styles = (
        lambda x: f"{x:f}",
        lambda x: f"{x:,f}",
        lambda x: f"{x:f}".translate(wide),
        lambda x: f"{x:,f} kWh",
        lambda x: f"¥{x:,f}" if x >= 0 else f"-¥{-x:,f}",
        lambda x: f"({-x:,f})" if x < 0 else f"{x:f}元",
    )
    texts = [style(amount) for style in styles for amount in amounts]
    assert read(engine, "kwh", texts) == amounts * len(styles)


# White space of Unicode (Python counts four separators of records in), and two signs without width.
BLANKS = "".join(chr(sign) for sign in range(0xFFFF) if chr(sign).isspace() and not 0x1C <= sign <= 0x1F)
BLANKS += "\u200b\ufeff"


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(BLANKS + "a电\x00\x1f", max_size=6), min_size=1, max_size=40))
def test_only_blanks_at_the_ends_of_a_text_go(engine: Backend, texts: list[str]) -> None:
    assert read(engine, "text", texts) == [text.strip(BLANKS) or None for text in texts]
    assert read(engine, "blank", texts) == [not text.strip(BLANKS) for text in texts]


@settings(deadline=None, max_examples=40)
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=24), min_size=1)
)
def test_no_text_stops_a_reader(engine: Backend, texts: list[str]) -> None:
    for reader in READERS:
        assert len(read(engine, reader, texts)) == len(texts)


@pytest.mark.parametrize("reader", ["date", "month", "timestamp", "kwh"])
@settings(deadline=None, max_examples=40)
@given(texts=st.lists(st.text("0129-/.:年月日 ,()¥eT+", max_size=20), min_size=1, max_size=40))
def test_no_text_that_looks_like_a_value_stops_a_reader(engine: Backend, reader: str, texts: list[str]) -> None:
    assert len(read(engine, reader, texts)) == len(texts)
