"""The report of a landing folder: every problem with its remedy, nobody's name, nothing written."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from govbiz_assets.sources.check import check_sources, render_report
from govbiz_assets.sources.errors import SourceError
from govbiz_assets_tests.sources.landscape import USAGE_ROW, make_profile, usage_text

PROFILE = make_profile(
    {
        "customer": {"path": "{month}/c*.csv", "format": "csv"},
        "usage": {"path": "{month}/u*.csv", "format": "csv"},
        "bill": {"path": "{month}/b.csv", "format": "csv"},
    },
    required=["customer", "usage", "bill"],
)


def put_files(landing: Path) -> None:
    folder = landing / "2024-01"
    folder.mkdir(parents=True)
    (folder / "c.csv").write_bytes("客户编号,客户名称,备注\n90017,[bold]张江实业,x\n".encode("gbk"))
    (folder / "c2.csv").write_bytes(b"")
    (folder / "u.csv").write_text(usage_text([USAGE_ROW, "1,2", USAGE_ROW]), encoding="utf-8")


def render(landing: Path) -> str:
    stream = io.StringIO()
    render_report(check_sources(PROFILE, landing), Console(file=stream, width=200))
    return stream.getvalue()


def test_every_problem_is_reported_with_its_remedy(tmp_path: Path) -> None:
    put_files(tmp_path)
    report = check_sources(PROFILE, tmp_path)
    found = [(problem.severity, problem.rule, problem.channel) for problem in report.problems]
    assert found == [
        ("error", "missing_file", "bill"),
        ("error", "empty_file", "customer"),
        ("warning", "note", "usage"),
        ("warning", "wrong_field_count", "usage"),
    ]
    assert report.has_errors
    assert "1 of 3 records" in report.problems[-1].reason


def test_a_file_that_no_channel_reads_is_a_warning(tmp_path: Path) -> None:
    put_files(tmp_path)
    (tmp_path / "2024-01" / "bill.csv").write_text("x", encoding="utf-8")
    problem = check_sources(PROFILE, tmp_path).problems[-1]
    assert (problem.severity, problem.rule, problem.where) == ("warning", "no_channel", "2024-01/bill.csv")
    assert "rename or remove it, or add its path" in problem.reason


def test_the_text_shows_mapping_and_first_records_but_no_identity(tmp_path: Path) -> None:
    put_files(tmp_path)
    text = render(tmp_path)
    for word in ("gb18030, comma", "客户编号", "9***", "[***", "2024-01-01", "not mapped: '备注'", "missing_file"):
        assert word in text
    for secret in ("90017", "张江", "3201"):
        assert secret not in text


def test_nothing_is_written_to_the_landing_folder(tmp_path: Path) -> None:
    put_files(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    render(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_empty_or_absent_folder_says_how_to_obtain_the_data(tmp_path: Path) -> None:
    report = check_sources(PROFILE, tmp_path)
    assert [problem.rule for problem in report.problems] == ["no_files"]
    with pytest.raises(SourceError, match=r"no such landing folder; obtain the data"):
        check_sources(PROFILE, tmp_path / "nowhere")
