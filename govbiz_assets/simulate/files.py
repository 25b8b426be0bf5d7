"""Writers of the landing files: encodings, delimiters, spoiled records, workbooks; the same bytes every time."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from govbiz_assets.simulate.dirt import Spoiled, Spoiler

XLSX_CREATED = datetime(2024, 1, 1)


@dataclass(frozen=True)
class TextFormat:
    """How a channel's text files are written.

    Attributes:
        name: First part of the file name.
        encoding: Encoding of the bytes.
        delimiter: Field delimiter.
        newline: End of a record.
        has_bom: Begins with a byte order mark.
    """

    name: str
    encoding: str
    delimiter: str = ","
    newline: str = "\n"
    has_bom: bool = False


FORMATS: dict[str, TextFormat] = {
    "customer": TextFormat("客户档案", "gbk", newline="\r\n"),
    "account": TextFormat("用电户档案", "gbk", newline="\r\n"),
    "usage": TextFormat("日电量", "utf-8"),
    "bill": TextFormat("电费账单", "utf-8", delimiter=";", has_bom=True),
    "payment": TextFormat("收费记录", "gbk", delimiter="\t", newline="\r\n"),
    "subscription": TextFormat("增值服务", "utf-8"),
    "weather": TextFormat("天气", "gbk", newline="\r\n"),
    "meter_read": TextFormat("抄表记录", "utf-8"),
}


def write_text(
    path: Path, form: TextFormat, frames: Iterable[pl.DataFrame], spoiler: Spoiler | None, landed: date
) -> int:
    """Writes one delivery as a text file, block by block.

    Args:
        path: The file.
        form: Its format.
        frames: Blocks of records; all have the same columns.
        spoiler: Spoils some records and keeps the account of it; None writes what is given.
        landed: Day whose 06:00 UTC becomes the file's modification time.

    Returns:
        Number of records written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with path.open("wb") as file:
        for number, frame in enumerate(frames):
            if number == 0:
                head = form.delimiter.join(frame.columns) + form.newline
                file.write(("\ufeff" if form.has_bom else "").encode() + head.encode(form.encoding))
            if frame.is_empty():
                continue
            body = _encoded(frame, form)
            ends = np.flatnonzero(np.frombuffer(body, dtype=np.uint8) == 10) + 1
            starts = np.concatenate([[0], ends[:-1]])
            record = partial(_record, body, starts, ends, form)
            spoiled = spoiler.block(path.name, number, len(ends), written, record) if spoiler else Spoiled()
            file.writelines(_pieces(body, starts, ends, spoiled, form))
            written += len(ends) + len(spoiled.inserts)
    _touch(path, landed)
    return written


def _record(body: bytes, starts: np.ndarray, ends: np.ndarray, form: TextFormat, row: int) -> list[str]:
    line = body[starts[row] : ends[row]].decode(form.encoding)
    return line.removesuffix(form.newline).split(form.delimiter)


def _encoded(frame: pl.DataFrame, form: TextFormat) -> bytes:
    buffer = io.BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        separator=form.delimiter,
        line_terminator=form.newline,
        quote_style="never",
        float_precision=3,
    )
    body = buffer.getvalue()
    return body if form.encoding == "utf-8" else body.decode().encode(form.encoding)


def _pieces(
    body: bytes, starts: np.ndarray, ends: np.ndarray, spoiled: Spoiled, form: TextFormat
) -> Iterable[bytes | memoryview]:
    """Cuts the block at the spoiled records and sets the other bytes in between."""
    view, at = memoryview(body), 0
    changes = [(row, 0, cells) for row, cells in spoiled.edits.items()]
    changes += [(row, 1, cells) for row, cells in spoiled.inserts]
    for row, is_insert, cells in sorted(changes, key=lambda change: change[:2]):
        stop = int(ends[row] if is_insert else starts[row])
        yield view[at:stop]
        yield _line(cells, form).encode(form.encoding)
        at = int(ends[row])
    yield view[at:]


def _line(cells: Sequence[str], form: TextFormat) -> str:
    quoted = [f'"{cell}"' if form.delimiter in cell else cell for cell in cells]
    return form.delimiter.join(quoted) + form.newline


def write_workbook(path: Path, frame: pl.DataFrame, spoiler: Spoiler | None, landed: date) -> int:
    """Writes one delivery as an Excel workbook with real date and number cells.

    Args:
        path: The file.
        frame: Records as text; a column of times looks like 2024-01-05 09:30:00.
        spoiler: Spoils some records and keeps the account of it; None writes what is given.
        landed: Day whose 06:00 UTC becomes the file's modification time.

    Returns:
        Number of records written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [list(row) for row in frame.iter_rows()]
    spoiled = spoiler.block(path.name, 0, len(rows), 0, lambda row: list(rows[row])) if spoiler else Spoiled()
    for row, cells in spoiled.edits.items():
        rows[row] = cells
    for row, cells in reversed(spoiled.inserts):
        rows.insert(row + 1, cells)
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": XLSX_CREATED})
    sheet, style = book.add_worksheet("工单"), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.set_column(2, 2, 20)
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, name)
    numbers = [name in ("通话时长", "满意度") for name in frame.columns]
    times = [name == "受理时间" for name in frame.columns]
    for line, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            moment = _moment(cell) if times[column] else None
            if moment:
                sheet.write_datetime(line, column, moment, style)
            elif numbers[column] and cell.isascii() and cell.isdigit():
                sheet.write_number(line, column, int(cell))
            elif cell:
                sheet.write_string(line, column, cell)
    book.close()
    _touch(path, landed)
    return len(rows)


def _moment(cell: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return None


def append_truth(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Adds rows to a file of the planted truth (UTF-8); the header is written with the first of them.

    Args:
        path: The file.
        header: Names of the columns.
        rows: The rows, possibly none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(header)
        writer.writerows(rows)


def _touch(path: Path, landed: date) -> None:
    moment = datetime(landed.year, landed.month, landed.day, 6, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
