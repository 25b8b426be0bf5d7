"""A check looks at every month of its table: a good later month never hides a bad earlier one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.scenario import House, failed_checks, materialized

TABLES = ("quality.file_manifest", "raw.subscription", "cleaned.subscription_monthly")
CHECK = "orphan_product_code_ratio"
UNKNOWN_PRODUCT = b"7000000001,P99,2024-02-01,,1.00\n"


@pytest.fixture
def house(made: tuple[House, RunReport], tmp_path: Path) -> House:
    return made[0].copy(tmp_path, with_landing=True)


def delivered(house: House, month: date) -> Path:
    (path,) = (house.landing / f"{month:%Y-%m}").glob("增值服务_*.csv")
    return path


def verdicts(result: dg.ExecuteInProcessResult) -> dict[str | None, bool]:
    """The check's verdict on each month of a range run, and under None the one on the table."""
    return {
        evaluation.partition: evaluation.passed
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == CHECK
    }


def kept(house: House) -> list[tuple[date, bool]]:
    return house.read(
        f"SELECT month, passed FROM warehouse.quality.check_result WHERE check_name = '{CHECK}' ORDER BY month"
    )


def test_a_bad_month_fails_the_check_until_that_month_is_mended(house: House, months: list[date]) -> None:
    sound = delivered(house, months[1]).read_bytes()
    delivered(house, months[1]).write_bytes(sound + UNKNOWN_PRODUCT)
    bad = house.run_tables(months[1:2], TABLES)
    assert verdicts(bad) == {"2024-02": False, None: False}

    later = house.run_tables(months[2:3], TABLES)
    assert verdicts(later) == {"2024-03": True, None: False}
    assert failed_checks(later) == {f"cleaned.subscription_monthly {CHECK}"}
    (table,) = [
        evaluation
        for evaluation in later.get_asset_check_evaluations()
        if evaluation.check_name == CHECK and evaluation.partition is None
    ]
    assert "Fails in 2024-02." in (table.description or "")
    assert kept(house) == [(month, month != months[1]) for month in months]

    delivered(house, months[1]).write_bytes(sound)
    assert verdicts(house.run_tables(months[1:2], TABLES)) == {"2024-02": True, None: True}
    assert kept(house) == [(month, True) for month in months]


def test_a_failed_blocking_check_holds_back_what_depends_on_the_table_but_does_not_undo_the_write(
    house: House, months: list[date]
) -> None:
    before = house.digest()["warehouse.features.customer_monthly"]
    path = delivered(house, months[1])
    path.write_bytes(path.read_bytes() + UNKNOWN_PRODUCT)
    result = house.run_tables(months[1:2], [*TABLES, "features.customer_monthly"])
    assert not result.success
    assert set(materialized(result)) >= {"raw.subscription", "cleaned.subscription_monthly"}
    assert "features.customer_monthly" not in materialized(result)
    assert house.digest()["warehouse.features.customer_monthly"] == before
    assert house.read("SELECT month FROM warehouse.cleaned.subscription_monthly WHERE product_code = 'P99'") == [
        (months[1],)
    ]
