"""A channel that goes missing fails a check, one that goes thin warns, and both say where."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import yaml

from govbiz_assets.automation.restatement import RunSlice
from govbiz_assets.pipeline import RunReport, add_result
from govbiz_assets_tests.pipeline.broken_deliveries import deliver, name_of, profile_of, text_of
from govbiz_assets_tests.scenario import House

APRIL = date(2024, 4, 1)
USAGE = ("quality.file_manifest", "raw.usage", "cleaned.usage_daily", "cleaned.usage_monthly")
COVERAGE = ("cleaned.delivery_monthly", "cleaned.coverage_monthly")
STATUS = "SELECT channel, coverage_status FROM warehouse.cleaned.coverage_monthly WHERE customer_group = 'all'"


@pytest.fixture
def house(made: tuple[House, RunReport], tmp_path: Path) -> House:
    return made[0].copy(tmp_path, with_landing=True)


def coverage_checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """The verdicts on the table, by check."""
    return {
        evaluation.check_name: evaluation
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.asset_key.path[-1] == "coverage_monthly" and evaluation.partition is None
    }


def test_every_channel_of_the_sample_is_covered(made: tuple[House, RunReport]) -> None:
    rows = made[0].read(f"{STATUS} AND month = DATE '2024-04-01'")
    assert dict(rows) == dict.fromkeys(
        ("customer", "account", "usage", "bill", "payment", "ticket", "subscription", "weather"), "ok"
    )
    ((expected, received, low),) = made[0].read(
        "SELECT expected_count, received_count, low_coverage_ratio FROM warehouse.cleaned.coverage_monthly "
        "WHERE month = DATE '2024-04-01' AND channel = 'usage' AND customer_group = 'all'"
    )
    ((readings,),) = made[0].read("SELECT count(*) FROM warehouse.cleaned.usage_daily WHERE month = DATE '2024-04-01'")
    assert received == readings
    assert 0.9 < received / expected <= 1
    assert 0 < low < 1


def test_a_month_of_readings_without_a_record_is_an_error_that_names_the_channel(house: House) -> None:
    path = house.landing / name_of("usage", APRIL)
    deliver(path, text_of(path, "usage").split("\n", 1)[0].encode() + b"\n")
    checks = coverage_checks(house.run_tables([APRIL], (*USAGE, *COVERAGE)))
    missing = checks["missing_groups"]
    assert (missing.passed, missing.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "Fails in 2024-04. Last: 2024-04 usage 0 of " in (missing.description or "")
    assert checks["thin_groups"].passed


def test_a_month_that_lacks_a_third_of_the_readings_is_a_warning(house: House) -> None:
    path = house.landing / name_of("usage", APRIL)
    header, *lines = text_of(path, "usage").splitlines()
    kept = [line for number, line in enumerate(lines) if number % 3]  # more than half, which no other check minds
    deliver(path, "\n".join([header, *kept, ""]).encode())
    result = house.run_tables([APRIL], (*USAGE, *COVERAGE))
    checks = coverage_checks(result)
    thin = checks["thin_groups"]
    assert (thin.passed, thin.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "2024-04 usage" in (thin.description or "")
    assert checks["missing_groups"].passed
    report = RunReport([APRIL])
    add_result(report, RunSlice(APRIL, APRIL), result)
    assert [warned.name for warned in report.checks.warnings] == ["thin_groups"]
    assert report.checks.failed == []
    assert report.is_good, "a warning leaves the exit code of `govbiz run` at 0"


def test_a_profile_without_the_channel_is_no_alarm(house: House, tmp_path: Path) -> None:
    path = Path(profile_of(tmp_path / "profile", {}))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    del document["channels"]["ticket"]
    document["required"].remove("ticket")
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    other = House(house.folder, house.landing, str(path))
    checks = coverage_checks(
        other.run_tables([APRIL], ("quality.file_manifest", "raw.ticket", "cleaned.ticket", *COVERAGE))
    )
    assert all(evaluation.passed for evaluation in checks.values())
    assert dict(other.read(f"{STATUS} AND month = DATE '2024-04-01'"))["ticket"] == "absent"
