"""Tables of the generated pages."""

from __future__ import annotations

from govbiz_assets.reports.markdown import table_lines


def test_a_bar_in_a_cell_divides_nothing() -> None:
    lines = list(table_lines(("name", "meaning"), [("a", "x|y"), ("b", "")]))
    assert lines == ["| name | meaning |", "|---|---|", "| a | x\\|y |", "| b |  |", ""]
