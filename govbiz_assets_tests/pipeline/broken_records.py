"""Records of the sample province that cannot be kept, and oddities of records and files that do no harm."""

from __future__ import annotations

import gzip
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import fastexcel
import xlsxwriter

from govbiz_assets_tests.pipeline.broken_deliveries import ENCODINGS, deliver, name_of, text_of

ODD_MONTH, RECORD_MONTH, COPY_MONTH = date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
DAY = "2024-03-05"
SQL_HEADER = 'x"); DROP TABLE cleaned.bill; --'
SQL_VALUE = "'); DROP TABLE vault.raw.customer; --"
WILD_NAME = "天气_202404 [a-z]*'; DROP TABLE x;--.csv"
ACCOUNT_COPY = "2024-04/用电户档案_202404_utf8.csv"
HUGE = "9" * 10_000_000
KEPT_LINE = 2_000  # characters that are kept of a line that cannot be read
# Changes to the sample's profile, under which a month may have several files of these channels.
COPIED = {
    "account": {"path": "{month}/用电户档案_{yyyymm}*.csv"},
    "payment": {"path": "{month}/**/收费记录_{yyyymm}*.csv"},
    "subscription": {"path": "{month}/增值服务_{yyyymm}*.csv"},
    "weather": {"path": "{month}/天气_{yyyymm}*.csv"},
}


@dataclass(frozen=True)
class BrokenRecord:
    """A record that ends in quarantine.

    Attributes:
        kind: What is wrong with it.
        channel: Its channel.
        line: The record as it is added to the file; for Excel its cells, divided by tabs.
        rule: Rule that it breaks.
        field: Field that breaks it; None where the record cannot be divided into fields.
    """

    kind: str
    channel: str
    line: str
    rule: str
    field: str | None = None

    @property
    def cells(self) -> list[str]:
        """Its cells as delivered, where it can be divided."""
        return self.line.split({"bill": ";", "ticket": "\t"}.get(self.channel, ","))

    @property
    def text(self) -> str:
        """What is read of it where it cannot be divided: of a formula its result, of an error nothing."""
        return self.line.replace("=1+1", "2").replace("#N/A", "")


def _reading(kind: str, day: str, kwh: str, rule: str, field: str) -> BrokenRecord:
    return BrokenRecord(kind, "usage", f"0300000001,{day},{kwh},1,1,1,1,1,实抄", rule, field)


def _bill(kind: str, number: str, month: str, total: str, rule: str, field: str) -> BrokenRecord:
    line = f"{number};0300000001;{month};202402;正常;1;1;1;1;1;1;{total};2024/3/5;2024/3/20;"
    return BrokenRecord(kind, "bill", line, rule, field)


def _customer(kind: str, number: str, government: str, day: str, rule: str, field: str) -> BrokenRecord:
    return BrokenRecord(kind, "customer", f"{number},甲,,320481,35,微,{government},B,,,,{day},", rule, field)


def _account(kind: str, number: str, voltage: str, capacity: str, rule: str, field: str) -> BrokenRecord:
    line = f"{number},7000000001,320481,35,{voltage},S004,单一制,{capacity},30,,,正常,,否"
    return BrokenRecord(kind, "account", line, rule, field)


def _ticket(
    kind: str, moment: str, ticket_type: str, seconds: str, score: str, rule: str, field: str | None = None
) -> BrokenRecord:
    return BrokenRecord(
        kind, "ticket", f"{kind}\t0300000001\t{moment}\t{ticket_type}\t\t\t{seconds}\t{score}\t否", rule, field
    )


# Added behind the last record of each file of RECORD_MONTH, in this order.
RECORD_KINDS: tuple[BrokenRecord, ...] = (
    BrokenRecord("too few fields", "usage", f"0300000001,{DAY},1.5", "wrong_field_count"),
    BrokenRecord("too many fields", "usage", f"0300000001,{DAY},1.5,1,1,1,1,1,实抄,more", "wrong_field_count"),
    BrokenRecord("blanks only", "usage", "   ", "wrong_field_count"),
    BrokenRecord("NUL byte", "usage", f"0300000001,{DAY},1.5,1,1,1,1,1,实\0抄", "nul_byte"),
    BrokenRecord("cell of 10 MB", "usage", f"0300000001,{DAY},{HUGE},1,1,1,1,1,实抄", "cell_too_long"),
    BrokenRecord("unclosed quote", "usage", f'0300000001,"{DAY},1.5,1,1,1,1,1,实抄', "unterminated_quote"),
    BrokenRecord("text behind a quote", "usage", f'0300000001,"{DAY}"x,1.5,1,1,1,1,1,实抄', "text_after_quote"),
    BrokenRecord("blank key", "usage", f" 　,{DAY},1.5,1,1,1,1,1,实抄", "missing_value", "account_no"),
    _reading("blank number", DAY, "", "missing_value", "kwh"),
    _reading("negative", DAY, "-1.5", "out_of_range", "kwh"),
    _reading("1e308 as a decimal", DAY, "1e308", "unparsable", "kwh"),
    _reading("more than any meter reads", DAY, "1e10", "out_of_range", "kwh"),
    _reading("digits without end", DAY, HUGE[:400], "unparsable", "kwh"),
    _reading("NaN as a decimal", DAY, "NaN", "unparsable", "kwh"),
    _reading("SQL as a number", DAY, SQL_VALUE, "unparsable", "kwh"),
    _reading("2015-02-30", "2015-02-30", "1.5", "unparsable", "usage_date"),
    _reading("day before month, in a column of other dates", "05/03/2024", "1.5", "unparsable", "usage_date"),
    _reading("record of a wrong month", "2024-04-05", "1.5", "wrong_month", "usage_date"),
    _bill("blank bill number", "", "202403", "1.00", "missing_value", "bill_no"),
    _bill("month 13", "B2", "202413", "1.00", "unparsable", "bill_month"),
    _bill("bill of a wrong month", "B3", "202402", "1.00", "wrong_month", "bill_month"),
    _bill("1e308 as money", "B4", "202403", "1e308", "unparsable", "total_cny"),
    _bill("more money than there is", "B5", "202403", "-99999999999", "out_of_range", "total_cny"),
    _customer("blank customer number", "", "否", "2013-09-17", "missing_value", "customer_no"),
    _customer("neither yes nor no", "7999999901", "也许", "2013-09-17", "unparsable", "is_government"),
    _customer("registered on no day", "7999999902", "否", "2013-09-31", "unparsable", "registered_date"),
    _account("NaN as a number", "0399999901", "NaN", "30", "unparsable", "voltage_kv"),
    _account("infinity", "0399999902", "0.4kV", "inf", "unparsable", "contract_kva"),
    _account("1e308 as a number", "0399999903", "0.4kV", "1e308", "out_of_range", "contract_kva"),
    BrokenRecord("negative fee", "subscription", f"7000000001,P01,{DAY},,-1", "out_of_range", "fee_cny"),
    BrokenRecord("blank product", "subscription", f"7000000001,,{DAY},,1", "missing_value", "product_code"),
    BrokenRecord("hotter than fire", "weather", f"320100,{DAY},999℃,5℃,晴", "out_of_range", "temperature_max_c"),
    _ticket("formula cell", f"{DAY} 10:00:00", "咨询", "=1+1", "5", "formula_cell"),
    _ticket("error cell", f"{DAY} 10:00:00", "咨询", "#N/A", "5", "error_cell"),
    _ticket("score beyond the scale", f"{DAY} 10:00:00", "咨询", "60", "9", "out_of_range", "satisfaction_score"),
    _ticket("moment of no day", "2024-02-30 10:00:00", "咨询", "60", "5", "unparsable", "handled_at"),
    _ticket("blank ticket type", f"{DAY} 10:00:00", "", "60", "5", "missing_value", "ticket_type"),
)


def records_before(landing: Path, channel: str, month: date) -> int:
    """How many records a file of the clean delivery holds; none of them spans lines."""
    path = landing / name_of(channel, month)
    return len(read_sheet(path) if channel == "ticket" else text_of(path, channel).splitlines()) - 1


def add_broken_records(landing: Path) -> None:
    """Adds the broken records to the files of RECORD_MONTH, among sound ones that are written in odd ways."""
    for channel in dict.fromkeys(record.channel for record in RECORD_KINDS):
        path = landing / name_of(channel, RECORD_MONTH)
        lines = [record.line for record in RECORD_KINDS if record.channel == channel]
        if channel == "ticket":
            write_sheet(path, [*read_sheet(path), *(line.split("\t") for line in lines)])
            continue
        text = text_of(path, channel)
        text = _write_oddly(text) if channel == "usage" else text
        text = _put_sql_in_a_name(text) if channel == "customer" else text
        end = "\r\n" if "\r\n" in text else "\n"
        deliver(path, (text + "".join(line + end for line in lines)).encode(ENCODINGS.get(channel, "gbk")))
    _repeat_records(landing / name_of("payment", RECORD_MONTH))


def _write_oddly(text: str) -> str:
    """Writes the first readings in other ways that say the same: full-width digits, other dates, blanks and units."""
    header, *lines = text.split("\n")
    cells = [line.split(",") for line in lines[:4]]
    cells[0][2] = cells[0][2].translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    cells[1][1] = cells[1][1].replace("-0", "/")
    cells[2][1] = cells[2][1].replace("-", "")
    cells[3][2] = f" {cells[3][2]}　kWh "
    return "\n".join([header, *(",".join(row) for row in cells), *lines[4:]])


def _put_sql_in_a_name(text: str) -> str:
    header, first, rest = text.split("\r\n", 2)
    cells = first.split(",")
    cells[1] = SQL_VALUE
    return "\r\n".join([header, ",".join(cells), rest])


def _repeat_records(path: Path) -> None:
    """Sets two records before the first: that one with another amount, and the second one as it is."""
    header, first, second, rest = text_of(path, "payment").split("\r\n", 3)
    wrong = first.split("\t")
    wrong[4] = "1.00"
    deliver(path, "\r\n".join([header, "\t".join(wrong), second, first, second, rest]).encode("gbk"))


@dataclass(frozen=True)
class OddFile:
    """Something unusual about a delivery that does no harm.

    Attributes:
        kind: What is unusual.
        channel: Its channel.
        month: Month in which it is delivered.
        change: Makes the delivery unusual.
        noted: What the manifest says of the file.
        file: Name of that file in its folder, where it is not the channel's usual one.
    """

    kind: str
    channel: str
    month: date
    change: Callable[[Path], None]
    noted: Mapping[str, Any]
    file: str = ""

    @property
    def source_file(self) -> str:
        usual = name_of(self.channel, self.month)
        return f"{self.month:%Y-%m}/{self.file}" if self.file else usual


def _text(channel: str, change: Callable[[str], str], encoding: str) -> Callable[[Path], None]:
    return lambda path: deliver(path, change(text_of(path, channel)).encode(encoding))


def _same(text: str) -> str:
    return text


def _commas(text: str) -> str:
    return text.replace(";", ",")


def _with_blank_lines(text: str) -> str:
    return text + "\n\n\n"


def _packed(path: Path) -> None:
    deliver(path, gzip.compress(path.read_bytes()))


def _backwards(text: str) -> str:
    return "".join(",".join(reversed(line.split(","))) + "\r\n" for line in text.splitlines())


def _with_column(text: str) -> str:
    header, *lines = text.splitlines()
    quoted = SQL_HEADER.replace('"', '""')
    return "\r\n".join([f'{header},"{quoted}"', *(f"{line},1" for line in lines), ""])


def _mixed_ends(text: str) -> str:
    return "".join(line + ("\r\n" if number % 2 else "\n") for number, line in enumerate(text.splitlines()))


def _quoted(text: str) -> str:
    return "".join(";".join(f'"{cell}"' for cell in line.split(";")) + "\n" for line in text.splitlines())


def _as_texts(path: Path) -> None:
    """Saves the sheet with every cell as text, the columns backwards, and a blank row behind each row."""
    write_sheet(path, [cells for row in read_sheet(path) for cells in (row[::-1], [])])


def _older_copy(path: Path) -> None:
    """Lays the same records beside the file once more, in other bytes that landed an hour before it."""
    copy = path.with_name(Path(ACCOUNT_COPY).name)
    copy.write_bytes(text_of(path, "account").encode())
    os.utime(copy, (path.stat().st_mtime - 3600,) * 2)


def _copied_to(name: str) -> Callable[[Path], None]:
    def copy(path: Path) -> None:
        target = path.parent / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(path, target)

    return copy


def _renamed_to(name: str) -> Callable[[Path], None]:
    return lambda path: path.rename(path.with_name(name)) and None


_MIXED = "read record by record because of mixed line ends"
ACCEPTED = {"file_status": "accepted", "rule": None, "reason": None}
DOUBLED = {"file_status": "refused", "rule": "duplicate_content", "record_count": 0}
IGNORED = {"channel": "none", "file_status": "ignored", "rule": "no_channel", "record_count": 0}
_NAMED = {"place": "重发/收费记录_202404.csv", "copy": "增值服务_202404_2.csv"}
_UNREAD = {"copy": "副本 95598工单_202404.xlsx", "month": "电费账单_202403.csv"}


def _odd(kind: str, channel: str, change: Callable[[Path], None], **noted: Any) -> OddFile:
    return OddFile(kind, channel, ODD_MONTH, change, noted)


def _copied(kind: str, channel: str, change: Callable[[Path], None], file: str = "", /, **noted: Any) -> OddFile:
    return OddFile(kind, channel, COPY_MONTH, change, noted, file)


ODD_KINDS: tuple[OddFile, ...] = (
    _odd("UTF-8 where GBK was usual", "customer", _text("customer", _same, "utf-8"), encoding="utf-8"),
    _odd("shuffled columns", "account", _text("account", _backwards, "gbk"), encoding="gb18030", is_regular=True),
    _odd("BOM", "usage", _text("usage", _same, "utf-8-sig"), encoding="utf-8-sig", is_regular=True),
    _odd(
        "commas where semicolons were usual", "bill", _text("bill", _commas, "utf-8"), delimiter=",", encoding="utf-8"
    ),
    _odd("mixed line ends", "payment", _text("payment", _mixed_ends, "gbk"), is_regular=False, reason=_MIXED),
    _odd("trailing blank lines", "subscription", _text("subscription", _with_blank_lines, "utf-8"), is_regular=True),
    _odd("extra column named by SQL", "weather", _text("weather", _with_column, "gbk"), unmapped_headers=SQL_HEADER),
    _odd("Excel cells as text, backwards, blank rows between", "ticket", _as_texts, is_regular=False, reason=None),
    _copied("UTF-16", "customer", _text("customer", _same, "utf-16"), encoding="utf-16", is_regular=True),
    _copied("packed", "usage", _packed, encoding="utf-8", is_regular=True),
    _copied("every cell quoted", "bill", _text("bill", _quoted, "utf-8"), delimiter=";", is_regular=True),
    _copied("same records in two files", "account", _older_copy, Path(ACCOUNT_COPY).name, **ACCEPTED),
    _copied("same file in two places", "payment", _copied_to(_NAMED["place"]), _NAMED["place"], **DOUBLED),
    _copied("same file under two names", "subscription", _copied_to(_NAMED["copy"]), _NAMED["copy"], **DOUBLED),
    _copied("SQL and wildcards in a file's name", "weather", _renamed_to(WILD_NAME), WILD_NAME, **ACCEPTED),
    _copied("name that no channel reads", "ticket", _copied_to(_UNREAD["copy"]), _UNREAD["copy"], **IGNORED),
    _copied("file named for another month", "bill", _copied_to(_UNREAD["month"]), _UNREAD["month"], **IGNORED),
)


def read_sheet(path: Path) -> list[list[str]]:
    """Cells of the first sheet as text."""
    rows = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_arrow().to_pylist()
    return [[cell or "" for cell in row.values()] for row in rows]


def write_sheet(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Saves rows of text; what begins with = becomes a formula, and #N/A an error that no formula gave."""
    drawn, new = path.with_suffix(".drawn"), path.with_suffix(".new")
    with xlsxwriter.Workbook(drawn) as book:
        page = book.add_worksheet()
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell.startswith(("=", "#")):
                    page.write_formula(
                        number, column, cell if cell[0] == "=" else "=NA()", None, "2" if cell[0] == "=" else cell
                    )
                elif cell:
                    page.write_string(number, column, cell)
    with zipfile.ZipFile(drawn) as source, zipfile.ZipFile(new, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"<f>NA()</f>", b""))
    deliver(path, new.read_bytes())
    drawn.unlink()
    new.unlink()
