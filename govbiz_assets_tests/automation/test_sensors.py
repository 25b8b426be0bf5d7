from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from govbiz_assets.automation.jobs import EVERYTHING, RANGE_END_TAG, RANGE_START_TAG
from govbiz_assets.automation.sensors import published_files, published_months
from govbiz_assets.build import build_defs
from govbiz_assets.contracts.month import month_name, parse_month
from govbiz_assets.settings import Settings

PROFILE_TEXT = """
name: toy
description: Two channels by month.
origin: Made here.
obtain: Nowhere.
months: {first: 2024-01, last: 2024-06}
required: [customer, usage]
channels:
  customer: {path: "{month}/customer.csv", format: csv}
  usage: {path: "{month}/usage.csv", format: csv}
"""


class Province:
    """A data folder, its landing folder and the sensor that looks at it."""

    def __init__(self, folder: Path) -> None:
        profile = folder / "toy.yaml"
        profile.write_text(PROFILE_TEXT, encoding="utf-8")
        self.settings = Settings(
            profile=str(profile), data_dir=folder / "data", landing=folder / "landing", settle_seconds=0
        )
        self.defs = build_defs(self.settings)
        self.cursor: str | None = None

    def put_month(self, name: str, text: str = "1") -> None:
        folder = self.settings.landing_folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for channel in ("customer", "usage"):
            (folder / f"{channel}.csv").write_text(f"{channel} {text}", encoding="utf-8")

    def publish(self, name: str, files: dict[str, str], ignored: tuple[str, ...] = ()) -> None:
        """Leaves the manifest that a run of the month would publish."""
        folder = self.settings.published_folder / "quality" / "file_manifest"
        folder.mkdir(parents=True, exist_ok=True)
        rows = {
            "source_file": [*files, *ignored],
            "file_sha256": [*files.values(), *[None] * len(ignored)],
            "file_status": ["accepted"] * len(files) + ["ignored"] * len(ignored),
        }
        pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)).write_parquet(folder / f"{name}.parquet")

    def tick(self, *, keep_cursor: bool = True) -> dg.SensorResult:
        result = self.defs.resolve_sensor_def("landing")(dg.build_sensor_context(cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        if keep_cursor:
            self.cursor = result.cursor
        return result


@pytest.fixture
def province(tmp_path: Path) -> Province:
    return Province(tmp_path)


def months_of(request: dg.RunRequest) -> tuple[str, str]:
    return request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]


def test_nothing_delivered_skips_with_a_reason(province: Province) -> None:
    result = province.tick()
    assert not result.run_requests
    assert result.skip_reason is not None
    assert result.skip_reason.skip_message == "nothing new"


def test_a_waiting_month_says_why(province: Province) -> None:
    province.put_month("2024-02")
    (province.settings.landing_folder / "2024-02" / "usage.csv").unlink()
    result = province.tick()
    assert result.skip_reason is not None
    assert result.skip_reason.skip_message == "2024-02: no file yet for usage"


def test_a_complete_month_is_one_run_of_everything(province: Province) -> None:
    province.put_month("2024-02")
    (request,) = province.tick().run_requests or []
    assert months_of(request) == ("2024-02", "2024-02")
    assert (request.job_name, request.asset_selection) == (EVERYTHING, None)
    assert request.run_key is not None
    assert request.run_key.startswith("0|2024-02:1:")


def test_months_that_arrive_together_are_one_run(province: Province) -> None:
    for name in ("2024-01", "2024-02", "2024-03", "2024-05"):
        province.put_month(name)
    requests = province.tick().run_requests or []
    assert [months_of(request) for request in requests] == [("2024-01", "2024-03"), ("2024-05", "2024-05")]


def test_the_old_cursor_asks_for_the_same_run_keys(province: Province) -> None:
    province.put_month("2024-01")
    first = province.tick(keep_cursor=False).run_requests or []
    again = province.tick().run_requests or []
    assert [request.run_key for request in first] == [request.run_key for request in again] != []
    assert not province.tick().run_requests, "the new cursor knows the month"


def test_a_changed_month_restates_the_later_months_with_what_still_sees_it(province: Province) -> None:
    for name in ("2024-01", "2024-02", "2024-03"):
        province.put_month(name)
    first = province.tick().run_requests or []
    province.put_month("2024-01", "corrected")
    changed, later = province.tick().run_requests or []
    assert [months_of(changed), months_of(later)] == [("2024-01", "2024-01"), ("2024-02", "2024-03")]
    assert changed.asset_selection is None
    selected = {key.to_user_string() for key in later.asset_selection or []}
    assert "features/customer_monthly" in selected
    assert not {name for name in selected if name.split("/")[0] in ("raw", "reference")}
    # Identities see every earlier month of the customer master; nothing else that is cleaned does.
    of_nobody = {
        f"cleaned/{name}" for name in ("usage_daily", "usage_monthly", "bill", "payment", "ticket", "weather_daily")
    }
    assert "cleaned/customer_monthly" in selected
    assert not of_nobody & selected
    keys = [request.run_key for request in (*first, changed, later)]
    assert len(set(keys)) == len(keys)


def test_a_late_month_restates_months_that_an_earlier_process_made(province: Province) -> None:
    province.publish("2024-03", {"2024-03/customer.csv": "x"})
    province.put_month("2024-02")
    requests = province.tick().run_requests or []
    assert [months_of(request) for request in requests] == [("2024-02", "2024-02"), ("2024-03", "2024-03")]


def test_a_lost_cursor_starts_nothing_that_the_published_manifest_agrees_with(province: Province) -> None:
    province.put_month("2024-01")
    province.put_month("2024-02")
    province.tick()
    files = {name: known[2] for name, known in json.loads(province.cursor or "")["files"].items()}
    for month in ("2024-01", "2024-02"):
        province.publish(month, {name: digest for name, digest in files.items() if name.startswith(month)})
    province.cursor = None
    assert not province.tick().run_requests
    province.put_month("2024-02", "corrected")
    province.cursor = None
    assert [months_of(request) for request in province.tick().run_requests or []] == [("2024-02", "2024-02")]


def test_the_published_manifest_tells_months_and_hashes_of_files_that_were_read(province: Province) -> None:
    folder = province.settings.published_folder
    assert (published_months(folder), published_files(folder, parse_month("2024-01"))) == (set(), {})
    province.publish("2024-01", {"2024-01/usage.csv": "abc"}, ignored=("2024-01/notes.txt",))
    assert {month_name(month) for month in published_months(folder)} == {"2024-01"}
    assert published_files(folder, parse_month("2024-01")) == {"2024-01/usage.csv": "abc"}


def test_the_sensors_run_by_default_and_as_often_as_the_settings_say(tmp_path: Path) -> None:
    sensors = build_defs(Settings(data_dir=tmp_path, sensor_seconds=7)).sensors or []
    found = {sensor.name: (sensor.default_status, sensor.minimum_interval_seconds) for sensor in sensors}
    assert found == dict.fromkeys(
        ("landing", "alert_on_failure", "alert_on_failed_check"), (dg.DefaultSensorStatus.RUNNING, 7)
    )
