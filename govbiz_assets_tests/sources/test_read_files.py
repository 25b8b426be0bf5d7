"""Records arrive as received: nothing trimmed, parsed or lost, with provenance and in the order of the file."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from govbiz_assets.contracts.channel import USAGE
from govbiz_assets.sources.landing import LandingFile
from govbiz_assets.sources.read import output_columns, read_file
from govbiz_assets.sources.scan import scan_file
from govbiz_assets_tests.sources.landscape import (
    MONTH,
    USAGE_HEADER,
    USAGE_ROW,
    Landscape,
    channel_landscape,
    usage_landscape,
    usage_text,
)

VALUES = ("account_no", "usage_date", "kwh", "kwh_sharp", "kwh_peak", "kwh_flat", "kwh_valley", "kwh_deep", "read_type")


def values_of(landscape: Landscape) -> list[str]:
    (row,) = landscape.rows()
    return [row[name] for name in VALUES]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str, is_packed: bool) -> None:
    content = usage_text().replace(",", delimiter).encode(encoding)
    name = "usage.csv.gz" if is_packed else "usage.csv"
    landscape = usage_landscape(tmp_path, gzip.compress(content) if is_packed else content, name)
    scan = landscape.scan()
    expected = "gb18030" if encoding == "gbk" else encoding
    assert (scan.status, scan.encoding, scan.delimiter, scan.is_regular) == ("accepted", expected, delimiter, True)
    assert values_of(landscape) == USAGE_ROW.split(",")


def test_columns_stand_in_a_fixed_order_with_provenance(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text())
    (file,) = landscape.files()
    (row,) = landscape.rows()
    assert tuple(row) == output_columns(USAGE, landscape.source)
    assert (row["source"], row["source_file"], row["row_no"]) == ("trial", "2024-01/usage.csv", 1)
    assert row["file_sha256"] == hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert abs(row["loaded_at"].timestamp() - datetime.fromtimestamp(file.path.stat().st_mtime).timestamp()) < 86_400
    assert (row["read_problem"], row["extra_json"]) == (None, None)


def test_shuffled_and_further_columns_are_mapped_by_name(tmp_path: Path) -> None:
    header = "备注,深谷,谷,总电量,户号,,数据日期"
    landscape = usage_landscape(tmp_path, usage_text(["a'b,0.5,4,10,3201,x,2024-01-01"], header))
    (row,) = landscape.rows()
    assert (row["kwh_valley"], row["kwh_deep"], row["kwh"], row["account_no"]) == ("4", "0.5", "10", "3201")
    assert (row["kwh_peak"], row["read_type"]) == (None, None)
    assert json.loads(row["extra_json"]) == {"备注": "a'b", "column_6": "x"}


def test_a_valley_column_never_takes_the_deep_valley_header(tmp_path: Path) -> None:
    scan = usage_landscape(tmp_path, usage_text(["1,2024-01-01,3,0.5"], "户号,日期,电量,深谷")).scan()
    assert scan.mapping == {"account_no": "户号", "usage_date": "日期", "kwh": "电量", "kwh_deep": "深谷"}


def test_the_longest_spelling_wins(tmp_path: Path) -> None:
    scan = usage_landscape(tmp_path, usage_text(["1,2024-01-01,3,4"], "户号,日期,电量,总电量")).scan()
    assert (scan.mapping["kwh"], scan.unmapped) == ("总电量", ("电量",))


@pytest.mark.parametrize("header", ["\ufeff 户号 ,数 据 日 期,总电量　", "户号,数据日期,總电量"])
def test_headers_with_blanks_and_full_width_letters_are_recognised(tmp_path: Path, header: str) -> None:
    scan = usage_landscape(tmp_path, usage_text(["1,2,3"], header)).scan()
    assert scan.is_accepted == ("總" not in header)


def test_a_full_width_header_matches_its_plain_spelling(tmp_path: Path) -> None:
    landscape = channel_landscape(tmp_path, "customer", "ｃｕｓｔｏｍｅｒ＿ｎｏ,地址\nC1,x\n", "c.csv")
    assert landscape.rows()[0]["customer_no"] == "C1"


def test_blank_cells_are_blank_and_absent_columns_are_null(tmp_path: Path) -> None:
    landscape = usage_landscape(
        tmp_path, usage_text(['3201,"",10,,NULL, 3 ,\\N,'], USAGE_HEADER.removesuffix(",抄表方式"))
    )
    assert values_of(landscape) == ["3201", "", "10", "", "NULL", " 3 ", "\\N", "", None]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_read(tmp_path: Path, end: str) -> None:
    assert len(usage_landscape(tmp_path, usage_text([USAGE_ROW] * 3, end=end)).rows()) == 3


def test_mixed_line_ends_and_blank_lines_are_read(tmp_path: Path) -> None:
    content = f"{USAGE_HEADER}\r\n{USAGE_ROW}\n\n{USAGE_ROW}\r{USAGE_ROW}"
    landscape = usage_landscape(tmp_path, content)
    scan = landscape.scan()
    assert (scan.record_count, scan.is_regular) == (3, False)
    assert [row["read_type"] for row in landscape.rows(scan)] == ["实抄"] * 3


def test_blank_lines_do_not_count_and_keep_the_file_regular(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text([USAGE_ROW, "", USAGE_ROW, "", ""]))
    scan = landscape.scan()
    assert (scan.record_count, scan.is_regular) == (2, True)
    assert [row["row_no"] for row in landscape.rows(scan)] == [1, 2]


def test_quotes_are_kept_as_text_where_they_are_text(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text(['"3,2","a""b\nc",5"管,"""", "x",,,,']))
    assert values_of(landscape) == ["3,2", 'a"b\nc', '5"管', '"', ' "x"', "", "", "", ""]


def test_sql_in_values_and_headers_is_data(tmp_path: Path) -> None:
    evil = """x'); DROP TABLE t; --"""
    header = f'户号,数据日期,总电量,"{evil}","a"" b"'
    landscape = usage_landscape(tmp_path, usage_text([f"{evil},2024-01-01,=1+1,{evil},2"], header))
    (row,) = landscape.rows()
    assert (row["account_no"], row["kwh"]) == (evil, "=1+1")
    assert json.loads(row["extra_json"]) == {evil: evil, 'a" b': "2"}


def test_sql_in_melted_headers_and_file_names_is_data(tmp_path: Path) -> None:
    evil = "x'); DROP TABLE t; --"
    unpivot = {"keep": ["day"], "name_to": "account_no", "value_to": "kwh"}
    content = f'day,"{evil}"\n2024-01-01,5\n'
    landscape = usage_landscape(tmp_path, content, f"{evil}.csv", columns={"usage_date": "day"}, unpivot=unpivot)
    (row,) = landscape.rows()
    assert (row["account_no"], row["kwh"], row["source_file"]) == (evil, "5", f"2024-01/{evil}.csv")


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.csv", "month=2024-01 %s.csv"])
def test_a_file_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    landscape = usage_landscape(tmp_path, usage_text(), name)
    usage_landscape(tmp_path, usage_text([USAGE_ROW] * 5), "a1.csv")
    scan = next(scan for scan in landscape.scans() if scan.source_file.endswith(name))
    assert (scan.record_count, len(landscape.rows(scan))) == (1, 1)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_folder_name_is_no_column(tmp_path: Path, file_format: str) -> None:
    landscape = usage_landscape(tmp_path, usage_text(), path="户号={month}/u.*", format=file_format)
    path = landscape.landing / "户号=2024-01" / f"u.{file_format}"
    path.parent.mkdir()
    if file_format == "csv":
        path.write_text(usage_text(), encoding="utf-8")
    else:
        pq.write_table(pa.table({"户号": ["3201"], "数据日期": ["2024-01-01"], "总电量": [1.0]}), path)
    (row,) = landscape.rows()
    assert (row["account_no"], row["extra_json"]) == ("3201", None)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    table = {
        "户号": ["1", None],
        "数据日期": [datetime(2024, 1, 1), None],
        "总电量": [Decimal("1.50"), None],
        "z": [7, 8],
    }
    pq.write_table(pa.table(table), path)
    landscape = usage_landscape(tmp_path, path.read_bytes(), "month=1[x].parquet", format="parquet")
    scan = landscape.scan()
    assert (scan.record_count, scan.types["kwh"], scan.types["usage_date"]) == (2, "DECIMAL(3,2)", "TIMESTAMP")
    first, second = landscape.rows(scan)
    assert (first["kwh"], first["usage_date"], first["row_no"]) == (Decimal("1.50"), datetime(2024, 1, 1), 1)
    assert (second["account_no"], second["kwh"], second["row_no"]) == (None, None, 2)
    assert json.loads(first["extra_json"]) == {"z": 7}


def test_excel_cells_become_text(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "not this one")
        page = book.add_worksheet("工单")
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.write_row(2, 1, ["工单编号", "户号", "受理时间", "业务类型", "通话时长", "是否重复", "受理内容"])
        page.write_row(3, 1, ["001", 3200000000001])
        page.write_datetime(3, 3, datetime(2024, 1, 5, 13, 14, 15), moment)
        page.write_row(3, 4, ["咨询", 61.5, True])
        page.write_string(3, 7, "=1+1")
        page.write_blank(4, 1, None, moment)
        page.write_row(6, 1, ["002", "", "2024-01-06", "报修"])
        page.merge_range(8, 1, 8, 3, "合计", moment)
        page.write_blank(20, 1, None, moment)
    landscape = channel_landscape(tmp_path, "ticket", path.read_bytes(), "t.xlsx", format="xlsx", sheet="工单")
    scan = landscape.scan()
    assert (scan.record_count, scan.sheet) == (3, "工单")
    assert scan.reason
    assert "merged" in scan.reason
    first, second, third = landscape.rows(scan)
    assert (first["ticket_no"], first["account_no"]) == ("001", "3200000000001")
    assert (first["handled_at"], first["call_seconds"]) == ("2024-01-05 13:14:15", "61.5")
    assert (first["is_repeated"], first["ticket_text"]) == ("true", "=1+1")
    assert (second["row_no"], second["ticket_no"], second["account_no"]) == (2, "002", "")
    assert (third["ticket_no"], third["account_no"]) == ("合计", "")


def test_attributes_follow_the_fields_and_unmapped_columns_can_be_dropped(tmp_path: Path) -> None:
    attributes = {
        "attr_a": {"column": "a", "dtype": "number", "meaning": "A."},
        "attr_b": {"column": "b", "dtype": "flag", "meaning": "B."},
    }
    landscape = channel_landscape(
        tmp_path, "customer", "客户号,a,c\n1,x,y\n", "c.csv", attributes=attributes, keep_unmapped=False
    )
    scan = landscape.scan()
    assert scan.reason
    assert "'b'" in scan.reason
    (row,) = landscape.rows(scan)
    assert list(row)[13:16] == ["attr_a", "attr_b", "source"]
    assert (row["attr_a"], row["attr_b"], row["extra_json"]) == ("x", None, None)


def test_row_numbers_follow_the_file_with_several_threads(tmp_path: Path) -> None:
    count = 400_000  # 16 MB: more than one piece of work for the engine's parallel reader
    landscape = usage_landscape(tmp_path, "")
    path = landscape.landing / "2024-01" / "usage.csv"
    duckdb.execute(
        f"COPY (SELECT i AS 户号, DATE '2024-01-01' AS 数据日期, repeat('9', 20) AS 总电量 FROM range({count}) t(i)) "
        f"TO '{path}' (HEADER, DELIMITER ',')"
    )
    file = LandingFile(path, "2024-01/usage.csv", "usage", MONTH)
    scan = scan_file(file, landscape.source, landscape.profile, landscape.work)
    backend = ibis.duckdb.connect(threads=4)
    backend.raw_sql("ATTACH ':memory:' AS other")
    backend.raw_sql("USE other")
    table = read_file(backend, scan, file, landscape.source, landscape.profile, landscape.work)
    in_order = table.account_no.cast("int64") == table.row_no - 1
    assert table.aggregate(n=table.count(), good=in_order.sum()).to_pyarrow().to_pylist() == [
        {"n": count, "good": count}
    ]
