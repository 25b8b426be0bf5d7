"""Reads a sheet of an Excel file: values through fastexcel, trust through a scan of the sheet's XML.

Every cell becomes text: dates as `2024-01-05 13:14:15`, truth values as `true` and `false`, numbers with up to nine
decimals. A record that holds a formula or an error value is broken (`formula_cell`, `error_cell`): the cached result
of a formula is whatever the last program left there. Blank rows are no records, wherever they stand; of merged cells
only the first has the value. The first row with a value is the header.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import fastexcel

from govbiz_assets.sources.csv_records import KEPT_LINE, MAX_CELL, RawRecord
from govbiz_assets.sources.text_file import RefusedFileError, open_delivered

_MAX_XML_BYTES = 4_000_000_000
_CHUNK = 1 << 20
_REMEDY = "have it saved again as .xlsx and delivered"


@dataclass
class SheetFacts:
    """What the XML of a sheet says.

    Attributes:
        rows: Numbers of the rows that hold a value, from 1, in order.
        problems: Row number -> rule that the row breaks.
        has_merged_cells: Some cells below the header are merged.
    """

    rows: list[int] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    has_merged_cells: bool = False


def sheet_name(path: Path, wanted: str | None) -> str:
    """Name of the wanted sheet, or of the first one.

    Raises:
        RefusedFileError: `not_xlsx`, `truncated` or `no_sheet`.
    """
    _check_zip(path)
    try:
        names = fastexcel.read_excel(path).sheet_names
    except Exception as error:
        raise RefusedFileError("not_xlsx", f"is no readable Excel workbook; {_REMEDY}") from error
    if not names or (wanted is not None and wanted not in names):
        listed = ", ".join(names) or "none"
        reason = f"has no sheet {wanted!r} (sheets: {listed}); correct `sheet` in the profile"
        raise RefusedFileError("no_sheet", reason)
    return wanted if wanted is not None else str(names[0])


def scan_sheet(path: Path, sheet: str) -> SheetFacts:
    """Finds the rows, formulas, error values and merged cells of a sheet without reading its values."""
    facts = SheetFacts()
    try:
        with zipfile.ZipFile(path) as book:
            member = book.getinfo(_sheet_member(book, sheet))
            if member.file_size > _MAX_XML_BYTES:
                raise RefusedFileError("too_large", "the sheet unpacks to over 4 GB; have it delivered as CSV")
            with book.open(member) as stream:
                _parse_sheet(stream, facts)
    except (zipfile.BadZipFile, EOFError, expat.ExpatError, KeyError, OSError) as error:
        raise RefusedFileError("truncated", f"the sheet's XML is cut off or damaged; {_REMEDY}") from error
    return facts


def read_sheet(path: Path, sheet: str) -> Iterator[list[str]]:
    """Yields every row of a sheet, blank ones too, from row 1; a blank cell is an empty text."""
    loaded = fastexcel.read_excel(path).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    columns = [column.to_pylist() for column in loaded.to_arrow().columns]
    for cells in zip(*columns, strict=True):
        yield ["" if cell is None else cell for cell in cells]


def sheet_records(path: Path, sheet: str, facts: SheetFacts) -> tuple[list[str], Iterator[RawRecord]]:
    """Header cells of a sheet and its records, one for every further row that holds a value."""
    numbered = enumerate(read_sheet(path, sheet), start=1)
    header: list[str] = next((cells for number, cells in numbered if number == facts.rows[0]), [])
    return header, _records_below(numbered, facts)


def _records_below(numbered: Iterator[tuple[int, list[str]]], facts: SheetFacts) -> Iterator[RawRecord]:
    wanted = iter(facts.rows[1:])
    target = next(wanted, None)
    for number, cells in numbered:
        if number != target:
            continue
        target = next(wanted, None)
        problem = facts.problems.get(number)
        if problem is None and any(len(cell) > MAX_CELL for cell in cells):
            problem = "cell_too_long"
        if problem is None:
            yield RawRecord(cells)
        else:
            yield RawRecord(None, problem, "\t".join(cells)[:KEPT_LINE])
    while target is not None:  # rows whose only cells are formulas without a cached result
        yield RawRecord(None, facts.problems.get(target, "formula_cell"), "")
        target = next(wanted, None)


def _check_zip(path: Path) -> None:
    with open_delivered(path) as stream:
        head = stream.read(4)
    if head[:2] != b"PK":
        kind = " (an old .xls, or locked with a password)" if head == b"\xd0\xcf\x11\xe0" else ""
        raise RefusedFileError("not_xlsx", f"is no .xlsx file{kind}; {_REMEDY}")
    try:
        with zipfile.ZipFile(path) as book:
            if "xl/workbook.xml" not in book.namelist():
                raise RefusedFileError("not_xlsx", f"is a zip file without a workbook; {_REMEDY}")
            damaged = book.testzip()
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise RefusedFileError("truncated", f"the file is cut off or damaged; {_REMEDY}") from error
    if damaged is not None:
        raise RefusedFileError("truncated", f"part {damaged} of the file is damaged; {_REMEDY}")


def _sheet_member(book: zipfile.ZipFile, sheet: str) -> str:
    """Path of a sheet's XML within the file, by way of the workbook's relations."""
    relation = ""
    targets: dict[str, str] = {}

    def on_sheet(name: str, attributes: dict[str, str]) -> None:
        nonlocal relation
        if _local(name) == "sheet" and attributes.get("name") == sheet:
            relation = next((value for key, value in attributes.items() if _local(key) == "id"), "")

    def on_relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(book.read("xl/workbook.xml"), on_sheet)
    _parse(book.read("xl/_rels/workbook.xml.rels"), on_relation)
    return posixpath.normpath(posixpath.join("/xl", targets[relation])).lstrip("/")


def _parse(document: bytes, on_start: Any) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = on_start
    parser.Parse(document, True)


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _parse_sheet(stream: IO[bytes], facts: SheetFacts) -> None:
    """Streams the XML through a parser; only the elements row, c, f, v, t and mergeCell matter."""
    row = 0
    is_value = has_value = False

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, is_value, has_value
        tag = _local(name)
        if tag == "row":
            row = int(attributes.get("r", row + 1))
            has_value = False
        elif tag == "c" and attributes.get("t") == "e":
            facts.problems.setdefault(row, "error_cell")
        elif tag == "f":
            facts.problems[row] = "formula_cell"
            has_value = True
        elif tag in ("v", "t"):
            is_value = True
        elif tag == "mergeCell":
            facts.has_merged_cells = True

    def on_text(text: str) -> None:
        nonlocal has_value
        has_value = has_value or (is_value and bool(text.strip()))

    def on_end(name: str) -> None:
        nonlocal is_value
        tag = _local(name)
        if tag in ("v", "t"):
            is_value = False
        elif tag == "row" and has_value:
            facts.rows.append(row)

    parser = expat.ParserCreate()
    parser.StartElementHandler = on_start
    parser.CharacterDataHandler = on_text
    parser.EndElementHandler = on_end
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk)
    parser.Parse(b"", True)
