"""The same months give the same tables, in whatever order and however often they are made.

`order_of_months.py` beside this file does the same with 24 months, which takes too long for a test.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.scenario import (
    House,
    differences,
    keep_months,
    up_to,
)

Made = tuple[House, RunReport]


def test_a_range_of_months_is_made_without_errors_and_every_check_passes(made: Made) -> None:
    house, report = made
    assert (report.errors, report.failed_checks, report.has_finished) == ([], [], True)
    assert report.is_good
    assert report.passed_checks > 80
    assert house.read("SELECT count(DISTINCT month) FROM warehouse.features.customer_monthly") == [(4,)]


def test_late_months_first_give_the_tables_of_the_range(
    made: Made, months: list[date], landing: Path, tmp_path: Path
) -> None:
    """The checks with a history are measured again too, so `quality.check_result` is the same."""
    house = House(tmp_path / "data", landing)
    for run in (months[2:], months[:2]):
        assert house.run(run).is_good
    assert differences(made[0].digest(), house.digest()) == []


def test_single_months_that_know_no_later_delivery_give_the_tables_of_the_range(
    made: Made, months: list[date], landing: Path, tmp_path: Path
) -> None:
    """As-of truth: partition M uses nothing dated after the end of M, for here nothing later exists."""
    known = months[:2]
    house = House(tmp_path / "data", keep_months(landing, known, tmp_path / "landing"))
    for month in known:
        assert house.run([month]).is_good
    expected = up_to(made[0].digest(), known[-1])
    assert sum(len(parts) for parts in expected.values()) > 60
    assert differences(expected, house.digest()) == []
