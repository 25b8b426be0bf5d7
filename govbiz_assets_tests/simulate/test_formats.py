"""The files look like the exports they stand for: encodings, delimiters, headers, cell types."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME
from govbiz_assets.simulate import SimulationParams, simulate_province
from govbiz_assets_tests.simulate.conftest import NO_DIRT
from govbiz_assets_tests.simulate.delivered import NAMES, Landing

# Optional columns, which only some billing systems print; quality rules over them have plants of their own.
NOT_DELIVERED = {"period_start", "period_end", "max_demand_kw", "power_factor_ratio", "credited_date"}
GBK = ("customer", "account", "payment", "weather")


@pytest.mark.parametrize("channel", GBK)
def test_gbk_channels_are_gbk_and_nothing_else(long: Landing, channel: str) -> None:
    body = long.path(channel, "2024-01").read_bytes()
    assert "," in body.decode("gbk") or "\t" in body.decode("gbk")
    assert body.count(b"\r\n") == body.count(b"\n")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_utf8_channels_have_a_byte_order_mark_only_where_declared(long: Landing) -> None:
    marks = {
        name: long.path(name, "2024-01").read_bytes().startswith(b"\xef\xbb\xbf")
        for name in ("usage", "bill", "subscription")
    }
    assert marks == {"usage": False, "bill": True, "subscription": False}


@pytest.mark.parametrize("channel", [*NAMES, "ticket"])
def test_every_header_is_known_to_the_channel(long: Landing, channel: str) -> None:
    found = list(long.tickets("2024-01").columns) if channel == "ticket" else list(long.rows(channel, "2024-01")[0])
    by_header = {header: field.name for field in CHANNEL_BY_NAME[channel].fields for header in field.headers}
    fields = [by_header[header] for header in found]
    assert fields == [field.name for field in CHANNEL_BY_NAME[channel].fields if field.name not in NOT_DELIVERED]


def test_dates_are_spelled_in_each_exports_own_style(long: Landing) -> None:
    styles = {
        ("customer", "注册日期"): "%Y年%m月%d日",
        ("usage", "数据日期"): "%Y-%m-%d",
        ("bill", "发行日期"): "%Y/%m/%d",
        ("payment", "收费日期"): "%Y%m%d",
    }
    for (channel, column), style in styles.items():
        for row in long.clean(channel, "2024-02"):
            datetime.strptime(row[column], style)
    weather = long.rows("weather", "2024-02")
    assert weather[0]["日期"] == "2024-02-01星期四"
    assert weather[0]["最高气温"].endswith("℃")


def test_workbook_cells_are_dates_and_numbers(tmp_path: Path) -> None:
    simulate_province(SimulationParams(customers=300, months=1, dirt=NO_DIRT), tmp_path)
    sheet = pl.read_excel(Landing(tmp_path).path("ticket", "2024-01"))
    assert sheet.schema["受理时间"] == pl.Datetime("ms")
    assert sheet.schema["通话时长"] == pl.Int64
    assert sheet["受理时间"].is_sorted()
    assert set(sheet["受理时间"].dt.date().dt.month()) == {1}


def test_some_amounts_carry_a_currency_sign(long: Landing) -> None:
    amounts = [row["收费金额"] for row in long.rows("payment", "2024-03")]
    signed = [amount for amount in amounts if amount.startswith("￥")]
    assert 0 < len(signed) < 0.15 * len(amounts)
    assert any("," in amount for amount in signed)


def test_weather_covers_every_division_and_follows_the_year(long: Landing) -> None:
    january, july = long.rows("weather", "2024-01"), long.rows("weather", "2024-07")
    places = {row["区划代码"] for row in long.clean("account", "2024-01")}
    assert places <= {row["区划代码"] for row in january}
    assert len(january) == 31 * len({row["区划代码"] for row in january})
    mean = [sum(int(row["最高气温"][:-1]) for row in rows) / len(rows) for rows in (january, july)]
    assert mean[0] < 12 < 25 < mean[1]
    assert all(int(row["最高气温"][:-1]) > int(row["最低气温"][:-1]) for row in january + july)
    assert date.fromisoformat(july[0]["日期"][:10]) == date(2024, 7, 1)
