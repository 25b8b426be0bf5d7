"""The same months give the same tables, in whatever order and however often they are made.

`order_of_months.py` beside this file does the same with 24 months, which takes too long for a test.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.automation.restatement import table_reach
from govbiz_assets.contracts.catalog import TABLE_BY_NAME
from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.scenario import (
    House,
    changed_months,
    differences,
    keep_months,
    redeliver,
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


@pytest.fixture(scope="module")
def restated(
    made: Made, months: list[date], tmp_path_factory: pytest.TempPathFactory
) -> tuple[House, RunReport, dict[str, set[str]]]:
    """The province after bills and readings of the second month came again with other numbers, and what changed."""
    house = made[0].copy(tmp_path_factory.mktemp("restated"), with_landing=True)
    folder = house.landing / f"{months[1]:%Y-%m}"
    redeliver(next(folder.glob("日电量_*")), lambda text: _doubled(text, ",", 2))
    redeliver(next(folder.glob("电费账单_*")), lambda text: _doubled(text, ";", 11), "utf-8-sig")
    report = house.run(months[1:2])
    return house, report, changed_months(made[0].digest(), house.digest())


def test_a_file_delivered_again_changes_its_month_and_only_later_months_whose_windows_cover_it(
    restated: tuple[House, RunReport, dict[str, set[str]]], months: list[date]
) -> None:
    _, report, changed = restated
    assert (report.errors, report.has_finished) == ([], True)
    names = [f"{month:%Y-%m}" for month in months]
    reach = table_reach(table_assets())
    for table, at in changed.items():
        name = table.partition(".")[2]
        far = reach.get(name, 13)  # quality tables: a check looks back at most thirteen months
        assert at <= set(names[1 : 2 + far]), table
    assert changed["warehouse.cleaned.usage_daily"] == {names[1]}
    assert changed["vault.raw.bill"] == {names[1]}
    assert changed["warehouse.features.customer_monthly"] == set(names[1:])
    assert changed["warehouse.forecasts.series_monthly"] == set(names[1:])
    # Sums of bills and readings are compared with at least three earlier months, and bills that do not add up are
    # flagged, so that there are flags to look at; nothing else that is checked changed.
    assert changed["warehouse.quality.check_result"] == {names[1], *names[3:]}
    other_channels = {"payment", "ticket", "customer_monthly", "weather_daily"}
    assert not {f"warehouse.cleaned.{table}" for table in other_channels} & set(changed)
    assert {name.partition(".")[2] for name in changed} <= set(TABLE_BY_NAME)


def test_the_first_delivery_restored_and_made_again_gives_the_first_tables_again(
    made: Made, restated: tuple[House, RunReport, dict[str, set[str]]], months: list[date]
) -> None:
    """Any month may be made twice: what is stored does not depend on what stood there before."""
    house = House(restated[0].folder, made[0].landing)
    assert house.run(months[1:2]).is_good
    assert differences(made[0].digest(), house.digest()) == []


def _doubled(text: str, delimiter: str, column: int) -> str:
    """The same file with twice the number wherever it can be read."""
    header, *lines = text.split("\n")
    records = [line.split(delimiter) for line in lines]
    for cells in records:
        if len(cells) > column and cells[column].replace(".", "", 1).isascii() and cells[column][:1].isdigit():
            cells[column] = f"{2 * float(cells[column]):.2f}"
    return "\n".join([header, *(delimiter.join(cells) for cells in records)])
