"""A broken record is named and kept; the records around it are read as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import xlsxwriter

from govbiz_assets.sources.csv_records import KEPT_LINE
from govbiz_assets_tests.sources.landscape import USAGE_ROW, Landscape, channel_landscape, usage_landscape, usage_text

GOOD = "3202,2024-01-02,7,1,1,1,1,1,估抄"


def assert_one_broken(landscape: Landscape, rule: str, line: str, *, row_no: int = 2, total: int = 3) -> None:
    """The record `row_no` is broken and all others are whole."""
    scan = landscape.scan()
    assert (scan.status, scan.is_regular, scan.record_count, scan.broken_count) == ("accepted", False, total, 1)
    rows = landscape.rows(scan)
    assert [row["row_no"] for row in rows] == list(range(1, total + 1))
    broken = rows.pop(row_no - 1)
    assert broken["read_problem"] == rule
    assert json.loads(broken["extra_json"]) == {"line": line}
    fields = ("account_no", "usage_date", "kwh", "kwh_deep", "read_type")
    assert all(broken[field] is None for field in fields)
    assert (broken["source_file"], broken["file_sha256"]) == (scan.source_file, scan.file_sha256)
    assert all(row["read_problem"] is None and row["account_no"].startswith("320") for row in rows)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("wrong_field_count", "3203,2024-01-03,8"),
        ("wrong_field_count", GOOD + ","),
        ("wrong_field_count", GOOD + ",too many"),
        ("wrong_field_count", "   "),
        ("nul_byte", GOOD.replace("估", "\0")),
        ("unterminated_quote", GOOD.replace("2024", '"2024')),
        ("text_after_quote", GOOD.replace("2024-01-02", '"2024-01-02"x')),
        ("text_after_quote", GOOD.replace("2024-01-02", '"2024-01-02" ')),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_broken_record_costs_one_record(tmp_path: Path, rule: str, line: str, encoding: str) -> None:
    content = usage_text([USAGE_ROW, line, GOOD]).encode(encoding)
    assert_one_broken(usage_landscape(tmp_path, content), rule, line)


def test_a_stray_quote_does_not_swallow_the_records_up_to_the_next_quote(tmp_path: Path) -> None:
    stray = GOOD.replace("2024", '"2024')
    quoted = GOOD.replace("估抄", '"估抄"')
    content = usage_text([USAGE_ROW, stray, GOOD, quoted, GOOD])
    assert_one_broken(usage_landscape(tmp_path, content), "unterminated_quote", stray, total=5)


def test_a_cell_of_10_mb_is_broken_and_its_beginning_kept(tmp_path: Path) -> None:
    line = GOOD.replace("估抄", "x" * 10_000_000)
    assert_one_broken(usage_landscape(tmp_path, usage_text([USAGE_ROW, line, GOOD])), "cell_too_long", line[:KEPT_LINE])


def test_a_quoted_cell_of_10_mb_is_broken(tmp_path: Path) -> None:
    line = GOOD.replace("估抄", '"' + "x," * 5_000_000 + '"')
    assert_one_broken(usage_landscape(tmp_path, usage_text([USAGE_ROW, line, GOOD])), "cell_too_long", line[:KEPT_LINE])


def test_a_line_that_no_memory_should_hold_is_broken(tmp_path: Path) -> None:
    line = GOOD.replace("估抄", "x" * 17_000_000)
    assert_one_broken(usage_landscape(tmp_path, usage_text([USAGE_ROW, line, GOOD])), "cell_too_long", line[:KEPT_LINE])


def test_a_broken_row_of_a_wide_file_is_one_record(tmp_path: Path) -> None:
    landscape = usage_landscape(
        tmp_path,
        "day,A,B,C\n2024-01-01,1,2,3\n2024-01-02,1,2\n2024-01-03,7,8,\n",
        columns={"usage_date": "day"},
        unpivot={"keep": ["day"], "name_to": "account_no", "value_to": "kwh"},
    )
    scan = landscape.scan()
    assert (scan.record_count, scan.broken_count) == (7, 1)
    rows = landscape.rows(scan)
    assert [(row["row_no"], row["account_no"], row["usage_date"], row["kwh"], row["read_problem"]) for row in rows] == [
        (1, "A", "2024-01-01", "1", None),
        (2, "B", "2024-01-01", "2", None),
        (3, "C", "2024-01-01", "3", None),
        (4, None, None, None, "wrong_field_count"),
        (7, "A", "2024-01-03", "7", None),
        (8, "B", "2024-01-03", "8", None),
        (9, "C", "2024-01-03", "", None),
    ]


def test_constants_do_not_fill_broken_records(tmp_path: Path) -> None:
    landscape = channel_landscape(
        tmp_path, "weather", "日期,天气\n2024-01-01,晴\n2024-01-02\n", "w.csv", constants={"division_code": "321182"}
    )
    assert [row["division_code"] for row in landscape.rows()] == ["321182", None]


def test_formula_and_error_cells_are_broken_records(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("工单")
        page.write_row(0, 0, ["工单编号", "户号", "受理时间", "业务类型", "通话时长"])
        page.write_row(1, 0, ["T1", "3201", "2024-01-05 10:00:00", "咨询", 60])
        page.write_row(2, 0, ["T2", "3201", "2024-01-05 10:00:00", "咨询"])
        page.write_formula(2, 4, "=E2*2", None, 120)
        page.write_row(3, 0, ["T3", "3201", "2024-01-05 10:00:00", "咨询"])
        page.write_formula(3, 4, "=NA()", None, "#N/A")
        page.write_formula(5, 4, "=SUM(E2:E4)", None, "")
    scan_rows = channel_landscape(tmp_path, "ticket", path.read_bytes(), "t.xlsx", format="xlsx")
    scan = scan_rows.scan()
    assert (scan.record_count, scan.broken_count) == (4, 3)
    rows = scan_rows.rows(scan)
    assert [row["read_problem"] for row in rows] == [None, "formula_cell", "formula_cell", "formula_cell"]
    assert [row["ticket_no"] for row in rows] == ["T1", None, None, None]
    assert json.loads(rows[1]["extra_json"])["line"].startswith("T2\t3201")


def test_copies_in_the_work_folder_are_private_and_made_again_when_they_are_gone(tmp_path: Path) -> None:
    landscape = usage_landscape(tmp_path, usage_text([USAGE_ROW, "1,2", GOOD]).encode("gbk"))
    scan = landscape.scan()
    copies = sorted(landscape.work.iterdir())
    assert len(copies) == 2
    assert {copy.stat().st_mode & 0o077 for copy in (landscape.work, *copies)} == {0}
    before = landscape.rows(scan)
    shutil.rmtree(landscape.work)
    assert landscape.rows(scan) == before
