"""Files of the sample province that cannot be used as a whole, each with what must be said about it."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from govbiz_assets.assets import raw as raw_assets
from govbiz_assets.settings import PROJECT_ROOT
from govbiz_assets.sources import scan as scan_module

SAMPLE = PROJECT_ROOT / "seeds" / "profiles" / "sample.yaml"
BROKEN_MONTH = date(2024, 2, 1)
STEMS = {
    "customer": "客户档案",
    "account": "用电户档案",
    "usage": "日电量",
    "bill": "电费账单",
    "payment": "收费记录",
    "ticket": "95598工单",
    "subscription": "增值服务",
    "weather": "天气",
}
ENCODINGS = {"usage": "utf-8", "bill": "utf-8-sig", "subscription": "utf-8"}
TABLES = (
    "quality.file_manifest",
    *(f"raw.{channel}" for channel in STEMS),
    *("cleaned.customer_monthly", "cleaned.account_monthly", "cleaned.usage_daily", "cleaned.usage_monthly"),
    *("cleaned.bill", "cleaned.payment", "cleaned.ticket", "cleaned.subscription_monthly", "cleaned.weather_daily"),
    "quality.row_account",
)


def name_of(channel: str, month: date) -> str:
    """Path of a channel's file below the landing folder."""
    return f"{month:%Y-%m}/{STEMS[channel]}_{month:%Y%m}.{'xlsx' if channel == 'ticket' else 'csv'}"


def text_of(path: Path, channel: str) -> str:
    return path.read_bytes().decode(ENCODINGS.get(channel, "gbk"))


def deliver(path: Path, content: bytes) -> None:
    """Puts other content in a file's place; the time of its landing stays, so that nothing but the content differs."""
    facts = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def profile_of(folder: Path, changes: Mapping[str, Mapping[str, str]]) -> str:
    """The sample's profile with other keys for some channels, written to a folder."""
    document = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    for channel, keys in changes.items():
        document["channels"][channel] |= keys
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SAMPLE.name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return str(folder / SAMPLE.name)


@dataclass(frozen=True)
class BrokenFile:
    """A way to break a file of one channel.

    Attributes:
        kind: Name of the way.
        channel: Its channel.
        line: What the failed step says behind the file's name; it must begin like this.
        remedy: What the line says the reader can do.
        spoil: Breaks the file.
        rule: Rule that the manifest names; None where the file was sound when it was examined, or is not there.
    """

    kind: str
    channel: str
    line: str
    remedy: str
    spoil: Callable[[Path], None]
    rule: str | None = None


def refused(kind: str, channel: str, rule: str, remedy: str, spoil: Callable[[Path], None]) -> BrokenFile:
    return BrokenFile(kind, channel, f"{rule}; ", remedy, spoil, rule)


def _nothing(path: Path) -> None:
    """Leaves the file as it is; what is wrong lies elsewhere."""


def _cut(path: Path) -> None:
    deliver(path, path.read_bytes()[: path.stat().st_size // 2])


def _packed_and_cut(path: Path) -> None:
    deliver(path, gzip.compress(path.read_bytes())[:-20])


def _renamed(channel: str, old: str, new: str) -> Callable[[Path], None]:
    """Gives a column another header."""

    def spoil(path: Path) -> None:
        header, rest = text_of(path, channel).split("\n", 1)
        assert old in header
        deliver(path, f"{header.replace(old, new)}\n{rest}".encode(ENCODINGS.get(channel, "gbk")))

    return spoil


def _replaced_by(content: bytes) -> Callable[[Path], None]:
    return lambda path: deliver(path, content)


def _misread(path: Path) -> None:
    """Reads GBK as UTF-8 and saves what is left of it."""
    deliver(path, path.read_bytes().decode("utf-8", errors="replace").encode())


def _divided_by_carets(path: Path) -> None:
    deliver(path, path.read_bytes().replace(b"\t", b"^"))


def _moved_out(path: Path) -> None:
    """Leaves a link to the file, which now lies beside the landing folder."""
    outside = path.parents[2] / f"outside_{path.name}"
    shutil.move(path, outside)
    path.symlink_to(outside)


def _gone_behind_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere.csv"))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _named_for_another_month(path: Path) -> None:
    path.rename(path.with_name("天气_202403.csv"))


def _parquet_cut(path: Path) -> None:
    pq.write_table(pa.table({"客户编号": ["7000000001"]}), path.with_suffix(".parquet"))
    _cut(path.with_suffix(".parquet"))


FILE_KINDS: Mapping[str, tuple[BrokenFile, ...]] = {
    "first": (
        refused("empty file", "customer", "empty_file", "have it delivered again", _replaced_by(b"")),
        refused(
            "missing column",
            "account",
            "missing_column",
            "deliver the column or map it under columns.account_no of the profile",
            _renamed("account", "户号", "备注"),
        ),
        refused("gzip cut off", "usage", "truncated", "have the file delivered again", _packed_and_cut),
        refused(
            "duplicate header",
            "bill",
            "duplicate_header",
            "rename or drop one of the columns",
            _renamed("bill", "其他费用", "应收合计"),
        ),
        refused("GBK once read as UTF-8", "payment", "undecodable", "have it exported again from the source", _misread),
        refused("Excel file cut off", "ticket", "truncated", "have it saved again as .xlsx and delivered", _cut),
        refused(
            "link out of the landing folder",
            "subscription",
            "outside_landing",
            "put the file itself into the landing folder",
            _moved_out,
        ),
        refused("folder named like a file", "weather", "unreadable", "put a regular file in its place", _folder),
    ),
    "second": (
        refused(
            "unclosed quote in the header",
            "customer",
            "broken_header",
            "have the header corrected",
            _renamed("customer", "客户编号", '"客户编号'),
        ),
        refused(
            "link to nothing",
            "account",
            "outside_landing",
            "put the file itself into the landing folder",
            _gone_behind_a_link,
        ),
        refused(
            "growing while it is examined",
            "usage",
            "changed_while_read",
            "wait until its transfer has ended and run again",
            _nothing,
        ),
        BrokenFile("grown before it is read", "bill", "changed since it was examined; ", "run again", _nothing),
        refused(
            "delimiter that nobody knows",
            "payment",
            "wrong_delimiter",
            "name the delimiter in the profile",
            _divided_by_carets,
        ),
        refused(
            "web page instead of Excel",
            "ticket",
            "not_xlsx",
            "have it saved again as .xlsx and delivered",
            _replaced_by(b"<html><table><tr><td>1</td></tr></table></html>"),
        ),
        refused(
            "bytes of no encoding",
            "subscription",
            "undecodable",
            "have the file saved as UTF-8, or name its encoding in the profile",
            lambda path: deliver(path, path.read_bytes() + b"\xff\xff\xff\n"),
        ),
        BrokenFile(
            "file named for another month",
            "weather",
            "no file for channel weather in 2024-02; ",
            "deliver the files, or take these months out of the run",
            _named_for_another_month,
        ),
    ),
    # Under a profile of its own, see DECLARED.
    "declared": (
        refused(
            "Parquet cut off",
            "customer",
            "truncated",
            "have it delivered again",
            _parquet_cut,
        ),
        refused(
            "GBK declared as UTF-8",
            "account",
            "undecodable",
            "drop `encoding` to have it found out, or correct it",
            _nothing,
        ),
        refused(
            "semicolons declared as commas",
            "bill",
            "wrong_delimiter",
            "semicolon gives 15; correct `delimiter` in the profile",
            _nothing,
        ),
        refused(
            "two headers for one field",
            "payment",
            "ambiguous_header",
            "say which under columns.paid_date of the profile",
            _renamed("payment", "缴费渠道", "缴费日期"),
        ),
        refused("sheet that is not there", "ticket", "no_sheet", "correct `sheet` in the profile", _nothing),
        refused("pipe named like a file", "weather", "unreadable", "put a regular file in its place", _pipe),
    ),
}
DECLARED = {
    "customer": {"path": "{month}/客户档案_{yyyymm}.parquet", "format": "parquet"},
    "account": {"encoding": "utf-8"},
    "bill": {"delimiter": ","},
    "ticket": {"sheet": "一月"},
}


def let_files_grow(patch: pytest.MonkeyPatch, landing: Path) -> None:
    """From now on the readings grow while they are examined, and the bills when they have been examined."""
    examine, tabulate = scan_module.examine_file, raw_assets.manifest_frame

    def examine_growing(path: Path, *rest: Any) -> object:
        found = examine(path, *rest)
        if path.name.startswith(STEMS["usage"]):
            _grow(path)
        return found

    def tabulate_growing(*arguments: Any) -> object:
        _grow(landing / name_of("bill", BROKEN_MONTH))
        return tabulate(*arguments)

    patch.setattr(scan_module, "examine_file", examine_growing)
    patch.setattr(raw_assets, "manifest_frame", tabulate_growing)


def _grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"\n")
