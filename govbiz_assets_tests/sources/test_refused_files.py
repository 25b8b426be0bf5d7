"""Every kind of file that cannot be used as a whole ends as a refusal with the name of a rule and a remedy."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from govbiz_assets.sources import scan as scan_module
from govbiz_assets.sources.errors import SourceError
from govbiz_assets_tests.sources.landscape import (
    USAGE_HEADER,
    USAGE_ROW,
    Landscape,
    channel_landscape,
    usage_landscape,
    usage_text,
)

TICKET_HEADER = ("工单编号", "户号", "受理时间", "业务类型")


def assert_refused(landscape: Landscape, rule: str, *words: str) -> None:
    scan = landscape.scan()
    assert (scan.status, scan.rule) == ("refused", rule), scan
    assert scan.reason
    assert "\n" not in scan.reason
    for word in words:
        assert word in scan.reason
    assert scan.record_count == 0
    with pytest.raises(SourceError, match=rule):
        landscape.rows(scan)


@pytest.mark.parametrize("content", [b"", b"\n\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert_refused(usage_landscape(tmp_path, content), "empty_file", "delivered again")


def test_a_header_alone_is_accepted_with_a_warning(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, USAGE_HEADER)
    scan = landscape.scan()
    assert (scan.status, scan.rule, scan.record_count) == ("accepted", "header_only", 0)
    assert scan.reason
    assert "truly empty" in scan.reason
    assert landscape.rows(scan) == []


def test_a_cut_off_gzip_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(usage_text([USAGE_ROW] * 1000).encode())
    assert_refused(usage_landscape(tmp_path, packed[:-20], "usage.csv.gz"), "truncated", "gzip")


def test_a_cut_off_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"户号": ["1"], "数据日期": ["2024-01-01"], "总电量": [1.0]}), path)
    landscape = usage_landscape(tmp_path, path.read_bytes()[:-30], "usage.parquet", format="parquet")
    assert_refused(landscape, "truncated", "delivered again")


def test_parquet_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    columns = {"户号": [str(i) for i in range(2000)], "数据日期": ["2024-01-01"] * 2000, "总电量": [1.0] * 2000}
    pq.write_table(pa.table(columns), path, compression="snappy", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[200:1200] = b"\xff" * 1000
    assert_refused(usage_landscape(tmp_path, bytes(content), "usage.parquet", format="parquet"), "truncated")


def test_text_instead_of_parquet_is_refused(tmp_path: Path) -> None:
    assert_refused(usage_landscape(tmp_path, usage_text(), "usage.parquet", format="parquet"), "not_parquet")


@pytest.mark.parametrize(
    ("column", "values", "dtype"),
    [
        ("总电量", ["1.0"], "VARCHAR"),
        ("总电量", [True], "BOOLEAN"),
        ("总电量", [[1.0]], "DOUBLE[]"),
        ("总电量", [[Decimal("1.50")]], "DECIMAL(3,2)[]"),
        ("户号", [b"1"], "BLOB"),
        ("户号", [{"no": "1"}], "STRUCT"),
        ("数据日期", [datetime(2024, 1, 1, tzinfo=UTC)], "TIMESTAMP WITH TIME ZONE"),
    ],
)
def test_a_parquet_type_without_one_reading_is_refused(
    tmp_path: Path, column: str, values: list[object], dtype: str
) -> None:
    path = tmp_path / "whole.parquet"
    columns = {"户号": ["1"], "数据日期": ["2024-01-01"], "总电量": [1.0]} | {column: values}
    pq.write_table(pa.table(columns), path)
    landscape = usage_landscape(tmp_path, path.read_bytes(), "usage.parquet", format="parquet")
    assert_refused(landscape, "wrong_type", repr(column), dtype, "have it delivered as")


def test_a_parquet_column_named_as_the_engine_names_its_own_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"户号": ["1"], "数据日期": ["2024-01-01"], "总电量": [1.0], "File_Row_Number": [1]}), path)
    landscape = usage_landscape(tmp_path, path.read_bytes(), "usage.parquet", format="parquet")
    assert_refused(landscape, "reserved_header", "file_row_number", "rename")


def write_book(path: Path, sheet: str = "工单") -> bytes:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        page.write_row(0, 0, TICKET_HEADER)
        for i in range(1, 200):
            page.write_row(i, 0, [f"T{i}", f"{3200 + i}", "2024-01-05 10:00:00", "咨询"])
    return path.read_bytes()


def test_a_cut_off_excel_file_is_refused(tmp_path: Path) -> None:
    content = write_book(tmp_path / "whole.xlsx")
    landscape = channel_landscape(tmp_path, "ticket", content[: len(content) // 2], "t.xlsx", format="xlsx")
    assert_refused(landscape, "truncated", "saved again")


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0 old Excel", b"<html>", USAGE_HEADER.encode()])
def test_what_is_no_excel_file_is_refused(tmp_path: Path, content: bytes) -> None:
    landscape = channel_landscape(tmp_path, "ticket", content, "t.xlsx", format="xlsx")
    assert_refused(landscape, "not_xlsx", "saved again as .xlsx")


def test_a_missing_sheet_is_refused_with_the_names_of_the_others(tmp_path: Path) -> None:
    content = write_book(tmp_path / "whole.xlsx", "一月")
    landscape = channel_landscape(tmp_path, "ticket", content, "t.xlsx", format="xlsx", sheet="工单")
    assert_refused(landscape, "no_sheet", "'工单'", "一月")


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("工单")
    landscape = channel_landscape(tmp_path, "ticket", path.read_bytes(), "t.xlsx", format="xlsx")
    assert_refused(landscape, "empty_file", "工单")


def test_a_wrong_delimiter_is_refused_with_the_one_that_fits(tmp_path: Path) -> None:
    assert_refused(usage_landscape(tmp_path, usage_text(), delimiter=";"), "wrong_delimiter", "comma gives 9")


def test_one_column_whatever_the_delimiter_is_refused(tmp_path: Path) -> None:
    assert_refused(usage_landscape(tmp_path, "户号\n1\n"), "wrong_delimiter", "name the delimiter")


def test_gbk_declared_as_utf8_is_refused(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text().encode("gbk"), encoding="utf-8")
    assert_refused(landscape, "undecodable", "drop `encoding`")


@pytest.mark.parametrize("damage", ["\ufffd", "锟斤拷"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_text_that_was_damaged_earlier_is_refused(tmp_path: Path, damage: str, encoding: str) -> None:
    content = usage_text([USAGE_ROW, USAGE_ROW.replace("实抄", damage)]).encode(encoding)
    assert_refused(usage_landscape(tmp_path, content), "undecodable", "U+FFFD")


def test_bytes_of_no_known_encoding_are_refused(tmp_path: Path) -> None:
    assert_refused(usage_landscape(tmp_path, usage_text().encode() + b"\xff\xff\xff\n"), "undecodable")


def test_an_excel_file_delivered_as_csv_is_refused_with_a_hint(tmp_path: Path) -> None:
    content = write_book(tmp_path / "whole.xlsx")
    assert_refused(usage_landscape(tmp_path, content), "undecodable", "set format: xlsx")


@pytest.mark.parametrize("header", ["户号,总电量,数据日期,总电量", "户号,数据日期,总电量, 总电量 "])
def test_a_duplicate_header_is_refused(tmp_path: Path, header: str) -> None:
    assert_refused(usage_landscape(tmp_path, usage_text(["1,2,3,4"], header)), "duplicate_header", "总电量")


def test_a_first_record_in_the_place_of_the_header_is_not_quoted(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text(["1,2,3,4"], "某某公司,某某公司,1,2"))
    assert_refused(landscape, "duplicate_header", "a header stands twice (columns 1, 2)")
    assert "某某公司" not in str(landscape.scan().reason)


def test_a_duplicate_header_of_a_wide_file_is_refused_without_naming_the_account(tmp_path: Path) -> None:
    unpivot = {"keep": ["日期"], "name_to": "account_no", "value_to": "kwh"}
    landscape = usage_landscape(tmp_path, "日期,3201,3202,3201\n2024-01-01,1,2,3\n", unpivot=unpivot)
    assert_refused(landscape, "duplicate_header", "columns 2, 4")
    assert "3201" not in str(landscape.scan().reason)


def test_a_missing_required_column_is_refused(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text(["1,2"], "户号,总电量"))
    assert_refused(landscape, "missing_column", "usage_date", "数据日期", "columns.usage_date")


def test_two_headers_for_one_field_are_refused(tmp_path: Path) -> None:
    landscape = channel_landscape(tmp_path, "customer", "客户编号,用户编号\n1,2\n", "c.csv")
    assert_refused(landscape, "ambiguous_header", "客户编号", "用户编号", "columns.customer_no")


def test_one_header_for_two_fields_is_refused(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text(), columns={"kwh": "总电量", "kwh_peak": "总电量"})
    assert_refused(landscape, "ambiguous_header", "总电量", "kwh_peak")


def test_a_broken_header_line_is_refused(tmp_path: Path) -> None:
    assert_refused(usage_landscape(tmp_path, '户号,"数据日期,总电量\n1,2,3\n'), "broken_header", "header")


def test_the_same_content_under_two_names_is_kept_once(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text(), "b.csv")
    usage_landscape(tmp_path, usage_text(), "a.csv")
    first, second = landscape.scans()
    assert (first.source_file, first.status) == ("2024-01/a.csv", "accepted")
    assert (second.source_file, second.rule) == ("2024-01/b.csv", "duplicate_content")
    assert second.reason
    assert "2024-01/a.csv" in second.reason


def test_a_link_out_of_the_landing_folder_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(usage_text(), encoding="utf-8")
    landscape = usage_landscape(tmp_path, usage_text(), "gone.csv")
    (landscape.landing / "2024-01" / "gone.csv").unlink()
    (landscape.landing / "2024-01" / "usage.csv").symlink_to(secret)
    assert_refused(landscape, "outside_landing", "symbolic link")


def test_a_linked_folder_is_refused_once_and_not_entered(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "usage.csv").write_text(usage_text(), encoding="utf-8")
    landscape = usage_landscape(tmp_path, usage_text(), "gone.csv")
    (landscape.landing / "2024-01" / "gone.csv").unlink()
    (landscape.landing / "2024-01").rmdir()
    (landscape.landing / "2024-01").symlink_to(outside)
    (scan,) = landscape.scans()
    assert (scan.source_file, scan.rule, scan.file_sha256) == ("2024-01", "outside_landing", None)


def test_a_file_without_read_rights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landscape = usage_landscape(tmp_path, usage_text())

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("govbiz_assets.sources.text_file.os.open", refuse)
    assert_refused(landscape, "unreadable", "Permission denied", "right to read")


def test_a_device_or_pipe_is_refused(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text(), "gone.csv")
    (landscape.landing / "2024-01" / "gone.csv").unlink()
    os.mkfifo(landscape.landing / "2024-01" / "usage.csv")
    assert_refused(landscape, "unreadable", "regular file")


def test_a_file_that_grows_while_it_is_examined_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landscape = usage_landscape(tmp_path, usage_text())
    examine = scan_module.examine_file

    def grow(path: Path, *rest: object) -> object:
        result = examine(path, *rest)  # type: ignore[arg-type]
        with path.open("a", encoding="utf-8") as stream:
            stream.write(USAGE_ROW)
        return result

    monkeypatch.setattr(scan_module, "examine_file", grow)
    assert_refused(landscape, "changed_while_read", "transfer")


def test_a_file_that_changed_after_the_scan_is_not_read(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text())
    scan = landscape.scan()
    usage_landscape(tmp_path, usage_text([USAGE_ROW] * 2))
    with pytest.raises(SourceError, match=r"changed since it was examined; run again"):
        landscape.rows(scan)
