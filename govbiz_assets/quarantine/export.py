"""Refused records as a file for the people who mend them: the delivered columns under the delivered headers."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.tables_source import FILE_MANIFEST
from govbiz_assets.quarantine.refused import RefusedRecord, Selection, read_records
from govbiz_assets.warehouse.files import write_whole
from govbiz_assets.warehouse.session import Session

# What stands before the delivered columns.
WHY = ("source_file", "row_no", "rule", "field", "reason")
_PAGE_NAME_LENGTH = 31
_CELL_LENGTH, _SHEET_ROWS = 32_767, 1_048_576  # what Excel holds
_FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_PRIVATE = 0o600

Headers = dict[tuple[date, str, str], dict[str, str]]
"""By month, channel and file: the delivered header of each field."""


class ExportError(Exception):
    """The refused records do not fit the file that was asked for."""


@dataclass
class Sheet:
    """Refused records of one channel.

    Attributes:
        channel: The channel.
        headers: Delivered headers in the order of the channel's fields, then those that no field takes.
        rows: Per record what stands under WHY, the delivered text by header, and the header that broke the rule.
        months: Months of the records.
    """

    channel: str
    headers: list[str] = field(default_factory=list)
    rows: list[tuple[tuple[str, int, str, str, str], dict[str, str], str]] = field(default_factory=list)
    months: set[date] = field(default_factory=set)


def export_records(session: Session, selection: Selection, out: Path, channels: Mapping[str, Channel]) -> list[Sheet]:
    """Writes the selected records to an Excel or CSV file that only its owner may read.

    Every value is text: what begins like a formula is none. In Excel that is the type of the cell, and the value that
    broke the rule is marked; in CSV such a value gets an apostrophe in front, unless it is a plain number.

    Args:
        session: The open warehouse.
        selection: Which records.
        out: File to write: `.xlsx` with a sheet per channel, or `.csv` for one channel.
        channels: Channels of the profile by name.

    Returns:
        What was written.

    Raises:
        ExportError: There is no such record, or the records do not fit the file.
    """
    if out.suffix not in (".xlsx", ".csv"):
        raise ExportError(f"{out}: the file's name must end with .xlsx or .csv")
    if out.exists():
        raise ExportError(f"{out}: is there already, perhaps with mended values; choose another name or remove it")
    if not out.parent.is_dir():
        raise ExportError(f"{out.parent}: no such folder; make it first")
    sheets = build_sheets(read_records(session, selection), _read_headers(session, selection), channels)
    if not sheets:
        raise ExportError("no refused record fits; see what there is with: govbiz quarantine list")
    write_whole(out, render_csv(sheets) if out.suffix == ".csv" else render_xlsx(sheets), mode=_PRIVATE)
    return sheets


def build_sheets(records: Iterable[RefusedRecord], headers: Headers, channels: Mapping[str, Channel]) -> list[Sheet]:
    """Lays records out by channel, in their order.

    Args:
        records: Refused records.
        headers: Delivered headers; a field without one, for example of a wide file, stands under its own name.
        channels: Channels of the profile by name; their fields give the order of the columns.
    """
    sheets: dict[str, Sheet] = {}
    columns: dict[str, dict[str, None]] = {}
    further: dict[str, dict[str, None]] = {}
    for record in records:
        known = headers.get((record.month, record.channel, record.source_file), {})
        channel = channels.get(record.channel)
        fields = [field.name for field in channel.fields] if channel else []
        fields += [name for name in (*known, *record.values) if name not in fields]
        given = [name for name in fields if name in known or name in record.values]
        delivered = {known.get(name, name): record.values.get(name, "") for name in given}
        why = (record.source_file, record.row_no, record.rule, record.field or "", record.reason)
        sheet = sheets.setdefault(record.channel, Sheet(record.channel))
        columns.setdefault(record.channel, {}).update(dict.fromkeys(delivered))
        further.setdefault(record.channel, {}).update(dict.fromkeys(record.extra))
        broken = known.get(record.field, record.field) if record.field else ""
        sheet.rows.append((why, delivered | dict(record.extra), broken))
        sheet.months.add(record.month)
    for name, sheet in sheets.items():
        sheet.headers = list(columns[name] | further[name])
    return list(sheets.values())


def render_csv(sheets: Sequence[Sheet]) -> bytes:
    """Returns CSV as Excel opens it: UTF-8 with a byte order mark.

    Raises:
        ExportError: Several channels do not share columns.
    """
    if len(sheets) > 1:
        names = ", ".join(sheet.channel for sheet in sheets)
        raise ExportError(f"the records of {names} have different columns; add --channel, or write .xlsx")
    (sheet,) = sheets
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*WHY, *map(_inert, sheet.headers)])
    for why, values, _ in sheet.rows:
        cells = [str(value) for value in (*why, *(values.get(header, "") for header in sheet.headers))]
        writer.writerow([_inert(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def render_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Returns an Excel file with a sheet per channel, every delivered value as text, the broken one marked.

    Raises:
        ExportError: A sheet has more rows, or a cell more characters, than Excel holds.
    """
    import xlsxwriter

    content = io.BytesIO()
    # In memory, because temporary files would hold customers' data where anyone reads.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold, marked = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFD9D9"})
        for sheet in sheets:
            if len(sheet.rows) >= _SHEET_ROWS:
                remedy = "narrow them with --month, --rule or --file, or write .csv"
                raise ExportError(f"{len(sheet.rows):,} records of {sheet.channel} are more than Excel holds; {remedy}")
            page = book.add_worksheet(_page_name(sheet.channel, [page.name for page in book.worksheets()]))
            page.freeze_panes(1, 0)
            for column, header in enumerate((*WHY, *sheet.headers)):
                page.write_string(0, column, header, bold)
            for number, (why, values, broken) in enumerate(sheet.rows, start=1):
                page.write_row(number, 0, why)
                for column, header in enumerate(sheet.headers, start=len(WHY)):
                    value, look = values.get(header, ""), marked if header == broken else None
                    if len(value) > _CELL_LENGTH:
                        where = f"{why[0]} row {why[1]} column {header}"
                        raise ExportError(f"{where}: {len(value):,} characters are more than Excel holds; write .csv")
                    if value:
                        page.write_string(number, column, value, look)
                    else:
                        page.write_blank(number, column, None, look)
    return content.getvalue()


def _page_name(channel: str, taken: Sequence[str]) -> str:
    """Returns the channel's name as far as a sheet may have it, told apart from others by a number."""
    name, number = channel[:_PAGE_NAME_LENGTH], 1
    while name in taken:
        number += 1
        name = f"{channel[: _PAGE_NAME_LENGTH - 1 - len(str(number))]}_{number}"
    return name


def _inert(text: str) -> str:
    """Puts an apostrophe before what a spreadsheet would take for a formula; a plain number is harmless."""
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if first in _FORMULA and not _NUMBER.fullmatch(text) else text


def _read_headers(session: Session, selection: Selection) -> Headers:
    manifest = session.stored(FILE_MANIFEST)
    if selection.months:
        manifest = manifest.filter(manifest.month.isin(list(selection.months)))
    rows = session.backend.to_polars(manifest.select("month", "channel", "source_file", "mapping_json"))
    return {(month, channel, file): json.loads(mapping or "{}") for month, channel, file, mapping in rows.iter_rows()}
