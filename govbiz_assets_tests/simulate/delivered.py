"""Reads a landing folder with nothing but the standard library: what the tests know about it comes from the files."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

NAMES = {
    "customer": ("客户档案", "gbk", ","),
    "account": ("用电户档案", "gbk", ","),
    "usage": ("日电量", "utf-8", ","),
    "bill": ("电费账单", "utf-8-sig", ";"),
    "payment": ("收费记录", "gbk", "\t"),
    "subscription": ("增值服务", "utf-8", ","),
    "weather": ("天气", "gbk", ","),
    "meter_read": ("抄表记录", "utf-8", ","),
}
KEYS = {
    "customer": ("客户编号",),
    "account": ("户号",),
    "usage": ("户号", "数据日期"),
    "bill": ("账单号",),
    "payment": ("收费流水号",),
    "subscription": ("客户编号", "产品代码"),
    "weather": ("区划代码", "日期"),
    "meter_read": ("户号", "电能表资产号", "抄表日期"),
}
TO_ASCII = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True)
class Landing:
    """A landing folder and the reading of it."""

    folder: Path

    @property
    def months(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("20*"))

    def path(self, channel: str, month: str) -> Path:
        if channel == "ticket":
            return self.folder / month / f"95598工单_{month.replace('-', '')}.xlsx"
        return self.folder / month / f"{NAMES[channel][0]}_{month.replace('-', '')}.csv"

    def lines(self, channel: str, month: str) -> list[str]:
        """Records as text lines, without the header."""
        text = self.path(channel, month).read_bytes().decode(NAMES[channel][1])
        return text.splitlines()[1:]

    def rows(self, channel: str, month: str) -> list[dict[str, str]]:
        """Records as delivered, spoiled ones included."""
        return _records(self.path(channel, month), NAMES[channel][1], NAMES[channel][2])

    def tickets(self, month: str) -> pl.DataFrame:
        return pl.read_excel(self.path("ticket", month), infer_schema_length=0)

    def clean(self, channel: str, month: str) -> list[dict[str, str]]:
        """Records that the truth calls neither spoiled nor additional; of superseded ones the right version."""
        spoiled = {
            int(row["row_no"])
            for row in self.truth("dirt")
            if row["channel"] == channel
            and row["month"][:7] == month
            and row["kind"] not in ("full_width", "thousands")
        }
        return [row for number, row in enumerate(self.rows(channel, month), start=1) if number not in spoiled]

    def truth(self, name: str) -> list[dict[str, str]]:
        return _records(self.folder / "truth" / f"{name}.csv", "utf-8", ",")


@lru_cache(maxsize=40)
def _records(path: Path, encoding: str, delimiter: str) -> list[dict[str, str]]:
    """Landing folders of session fixtures do not change; other tests write each folder once."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding)), delimiter=delimiter))


def number(cell: str) -> float:
    return float(cell.translate(TO_ASCII).lstrip("￥").replace(",", ""))
