"""The same months give the same tables in whatever order they are made; `test_restated_month.py` makes them again.

`order_of_months.py` beside this file does the same with 24 months, which takes too long for a test.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.scenario import House, differences, keep_months, up_to

Made = tuple[House, RunReport]


def test_a_range_of_months_is_made_without_errors_and_every_check_passes(made: Made) -> None:
    house, report = made
    assert (report.errors, report.checks.failed, report.has_finished) == ([], [], True)
    assert report.is_good
    assert report.checks.passed_count > 80
    assert house.read("SELECT count(DISTINCT month) FROM warehouse.features.customer_monthly") == [(4,)]


def test_single_months_the_later_first_and_with_no_delivery_after_them_give_the_tables_of_the_range(
    made: Made, months: list[date], landing: Path, tmp_path: Path
) -> None:
    """Nothing stays of the time when the earlier month was missing: what sees it is made again, month by month.

    And as-of truth: partition M uses nothing dated after the end of M, for here nothing later than the second exists.
    """
    known = months[:2]
    house = House(tmp_path / "data", keep_months(landing, known, tmp_path / "landing"))
    for month in reversed(known):
        assert house.run([month]).is_good
    expected = up_to(made[0].digest(), known[-1])
    assert sum(len(parts) for parts in expected.values()) > 60
    assert differences(expected, house.digest()) == []
