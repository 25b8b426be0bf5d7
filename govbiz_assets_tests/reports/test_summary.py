from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from govbiz_assets.automation.restatement import RunSlice
from govbiz_assets.cli.progress import count_steps
from govbiz_assets.pipeline import RunReport
from govbiz_assets.reports.summary import Summary, read_summary, render_summary
from govbiz_assets_tests.scenario import House


def rendered(summary: Summary, report: RunReport, brief: Path) -> list[str]:
    text = io.StringIO()
    render_summary(summary, report, brief, Console(file=text, width=80, highlight=False))
    return text.getvalue().splitlines()


def test_the_summary_of_a_real_run_fits_eighty_columns(made: tuple[House, RunReport]) -> None:
    house, report = made
    summary = read_summary(house.settings)
    lines = rendered(summary, report, Path("brief.html"))
    tables = [line for line in lines if line.startswith(("│", "┃"))]
    assert all(len(line) <= 80 for line in tables)
    assert any("4 (2024-01..2024-04); made in this run: 4" in line for line in lines)
    assert any(line.startswith("Checks") and f"{report.checks.passed_count} passed" in line for line in lines)
    for layer, count in summary.rows_by_layer.items():
        assert [line for line in tables if layer in line and f"{count:,}" in line]
    for model in summary.models:
        assert [line for line in tables if model.stage in line and model.model in line and f"{model.value:.3f}" in line]


def test_long_paths_are_printed_whole_and_brackets_are_no_markup(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 60) / "[bold]" / "published"
    lines = rendered(Summary([], {"reference": 1}, [], folder), RunReport([]), folder / "brief.html")
    assert any(str(folder / "brief.html") in text for text in lines)
    assert "No models yet: too little history." in lines


def test_progress_knows_the_number_of_steps_of_a_run(made: tuple[House, RunReport]) -> None:
    report = made[1]
    assert report.steps == count_steps(RunSlice(report.months[0], report.months[-1]))
