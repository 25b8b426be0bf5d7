"""Any table of text comes back as it was written, whichever way it is read."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govbiz_assets.sources import examine
from govbiz_assets.sources.csv_records import RawRecord, read_lines, split_header, split_records
from govbiz_assets.sources.csv_shape import TextShape
from govbiz_assets.sources.read import read_file
from govbiz_assets_tests.sources.landscape import USAGE_HEADER, Landscape, usage_landscape

FIELDS = ("account_no", "usage_date", "kwh", "kwh_sharp")
HEADER = USAGE_HEADER.split(",")[:4]
# Everything GB18030 and UTF-8 can carry but a NUL, which is a broken record, and the marks of lost characters.
CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd\ufeff锟"), max_size=6
) | st.sampled_from(
    [
        "",
        '"',
        '""',
        "a,b",
        "a;b|c\td",
        "x\ny",
        "x\r\ny",
        "\r",
        "\n",
        " pad ",
        "NULL",
        "\\N",
        "'",
        "\\",
        "户号",
        "\u2028",
        "#",
    ]
)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=8)
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"])
QUOTING = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
ENDS = st.sampled_from(["\n", "\r\n"])
BOUNDED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def write_csv(rows: list[tuple[str, ...]], delimiter: str, quoting: int, end: str) -> str:
    stream = io.StringIO()
    # Lone carriage returns are quoted by hand: the standard writer leaves them bare when lines end in a line feed.
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow(HEADER)
    for row in rows:
        if any("\r" in cell for cell in row):
            stream.write(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + end)
        else:
            writer.writerow(row)
    return stream.getvalue()


def read_rows(backend: ibis.BaseBackend, landscape: Landscape) -> tuple[bool, list[dict[str, object]]]:
    scan = landscape.scan()
    assert scan.is_accepted, scan
    (file,) = landscape.files()
    table = read_file(backend, scan, file, landscape.source, landscape.profile, landscape.work)  # type: ignore[arg-type]
    rows = table.order_by("row_no").to_pyarrow().to_pylist()
    assert scan.record_count == len(rows)
    return scan.is_regular, rows


@pytest.fixture(scope="module")
def backend() -> ibis.BaseBackend:
    return ibis.duckdb.connect(threads=2)


@BOUNDED
@given(rows=TABLES, delimiter=DELIMITERS, encoding=ENCODINGS, quoting=QUOTING, end=ENDS)
def test_any_table_of_text_reads_back_the_same(
    backend: ibis.BaseBackend, rows: list[tuple[str, ...]], delimiter: str, encoding: str, quoting: int, end: str
) -> None:
    content = write_csv(rows, delimiter, quoting, end).encode(encoding)
    with tempfile.TemporaryDirectory() as folder:
        _, read = read_rows(backend, usage_landscape(Path(folder), content))
    assert [tuple(row[name] for name in FIELDS) for row in read] == rows
    assert [row["row_no"] for row in read] == list(range(1, len(rows) + 1))
    assert all(row["read_problem"] is None for row in read)


@BOUNDED
@given(rows=TABLES, delimiter=DELIMITERS, quoting=QUOTING, end=ENDS)
def test_both_ways_of_reading_give_the_same_table(
    backend: ibis.BaseBackend, rows: list[tuple[str, ...]], delimiter: str, quoting: int, end: str
) -> None:
    content = write_csv(rows, delimiter, quoting, end).encode()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        landscape = usage_landscape(Path(folder), content)
        _, engine = read_rows(backend, landscape)
        patch.setattr(examine, "measure_text", lambda *_: TextShape(0, "a test"))
        is_regular, one_by_one = read_rows(backend, landscape)
    assert not is_regular
    assert engine == one_by_one


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\n\r\0 '), max_size=60), width=st.integers(2, 3))
def test_no_text_stops_the_reader_or_loses_a_line(text: str, width: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(text.encode())
        lines = read_lines(path)
        header = split_header(lines, ",")
        records = list(split_records(lines, ",", width))
    whole = sum(1 if isinstance(record, RawRecord) else len(record) for record in records)
    stripped = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line]
    assert whole <= max(len(stripped) - (header is not None), 0)
    for record in records:
        if isinstance(record, RawRecord):
            assert (record.cells is None) == (record.problem is not None) == (record.line is not None)
            assert record.cells is None or len(record.cells) == width


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\n '), max_size=50))
def test_a_regular_file_is_read_as_the_standard_reader_reads_it(backend: ibis.BaseBackend, text: str) -> None:
    """The engine reads a file directly only where an independent reader agrees with it."""
    content = "户号,数据日期,总电量\n" + text
    with tempfile.TemporaryDirectory() as folder:
        is_regular, read = read_rows(backend, usage_landscape(Path(folder), content))
    if is_regular:
        expected = [row for row in csv.reader(io.StringIO(content, newline=""), strict=True) if row][1:]
        assert [[row["account_no"], row["usage_date"], row["kwh"]] for row in read] == expected
