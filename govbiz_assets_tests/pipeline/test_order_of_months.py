"""The same months give the same tables, in whatever order and however often they are made.

`order_of_months.py` beside this file does the same with 24 months, which takes too long for a test.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.scenario import Digest, House, differences, keep_months, up_to

Made = tuple[House, RunReport]


def test_a_range_of_months_is_made_without_errors_and_every_check_passes(made: Made) -> None:
    house, report = made
    assert (report.errors, report.failed_checks, report.has_finished) == ([], [], True)
    assert report.is_good
    assert report.passed_checks > 80
    assert house.read("SELECT count(DISTINCT month) FROM warehouse.features.customer_monthly") == [(4,)]


@pytest.fixture(scope="module")
def one_by_one(months: list[date], landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Digest]:
    """A province whose first two months were made by a run each, while nothing later was delivered; and its tables."""
    folder = tmp_path_factory.mktemp("one_by_one")
    house = House(folder / "data", keep_months(landing, months[:2], folder / "landing"))
    for month in months[:2]:
        assert house.run([month]).is_good
    return house, house.digest()


def test_single_months_that_know_no_later_delivery_give_the_tables_of_the_range(
    made: Made, one_by_one: tuple[House, Digest], months: list[date]
) -> None:
    """As-of truth: partition M uses nothing dated after the end of M, for here nothing later existed."""
    expected = up_to(made[0].digest(), months[1])
    assert sum(len(parts) for parts in expected.values()) > 60
    assert differences(expected, one_by_one[1]) == []


def test_a_month_made_after_the_one_that_follows_it_gives_the_tables_of_the_range(
    made: Made, one_by_one: tuple[House, Digest], months: list[date], landing: Path
) -> None:
    """The checks with a history are measured again too, so `quality.check_result` is the same."""
    house = one_by_one[0]
    keep_months(landing, months[2:], house.landing)
    for month in reversed(months[2:]):
        assert house.run([month]).is_good
    assert differences(made[0].digest(), house.digest()) == []
