"""Broken values and broken files of a channel that comes as Parquet, through the whole chain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govbiz_assets_tests.pipeline.broken_deliveries import BROKEN_MONTH, deliver, profile_of
from govbiz_assets_tests.pipeline.broken_outcome import outcome_of
from govbiz_assets_tests.scenario import House

TABLES = ("quality.file_manifest", "raw.usage", "cleaned.usage_daily", "quality.row_account")
FILE = "2024-02/日电量_202402.parquet"


def write_readings(house: House, kwh: pa.Array) -> None:
    """Delivers seven readings as Parquet: the sixth lies in another month, the seventh names no account."""
    accounts = [*(f"030000000{number}" for number in range(1, 7)), None]
    days = [*[date(2024, 2, 5)] * 5, date(2024, 3, 5), date(2024, 2, 5)]
    pq.write_table(pa.table({"户号": accounts, "数据日期": days, "总电量": kwh}), house.landing / FILE)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A data folder whose readings come as Parquet, most of them broken."""
    folder = tmp_path_factory.mktemp("typed")
    profile = profile_of(folder, {"usage": {"path": "{month}/日电量_{yyyymm}.parquet", "format": "parquet"}})
    house = House(folder / "data", folder / "landing", profile)
    (house.landing / FILE).parent.mkdir(parents=True)
    write_readings(house, pa.array([1.5, float("nan"), 1e308, float("inf"), -1.0, 2.5, 3.5]))
    assert house.run_tables([BROKEN_MONTH], TABLES).success
    return house


def test_broken_values_of_parquet_are_quarantined(typed: House) -> None:
    assert typed.read("SELECT row_no, rule, field FROM vault.quality.quarantine ORDER BY row_no") == [
        (2, "unparsable", "kwh"),
        (3, "unparsable", "kwh"),
        (4, "unparsable", "kwh"),
        (5, "out_of_range", "kwh"),
        (6, "wrong_month", "usage_date"),
        (7, "missing_value", "account_no"),
    ]
    kept = "SELECT usage_date, kwh, kwh_peak, row_no FROM warehouse.cleaned.usage_daily"
    assert typed.read(kept) == [(date(2024, 2, 5), Decimal("1.500"), None, 1)]
    account = "SELECT source_file, received_count, kept_count, quarantined_count FROM warehouse.quality.row_account"
    assert typed.read(account) == [(FILE, 7, 1, 6)]


@pytest.mark.parametrize(
    ("kwh", "kept_bytes", "said"),
    [
        pytest.param([1.5] * 7, 200, "truncated; is cut off or damaged; have it delivered again", id="cut off"),
        pytest.param(
            ["1.5", "--"] + ["1.5"] * 5,
            None,
            "wrong_type; column '总电量' has type VARCHAR; have it delivered as a number, or the file as CSV",
            id="numbers as text",
        ),
    ],
)
def test_a_broken_parquet_file_is_one_line_and_the_month_stays(
    kwh: list[object], kept_bytes: int | None, said: str, typed: House, tmp_path: Path
) -> None:
    house = typed.copy(tmp_path, with_landing=True)
    write_readings(house, pa.array(kwh))
    deliver(house.landing / FILE, (house.landing / FILE).read_bytes()[:kept_bytes])
    outcome = outcome_of(house, typed, typed.digest(), house.run_tables([BROKEN_MONTH], TABLES))
    assert outcome.errors == {"raw.usage": ("SourceError", f"{FILE}: {said}")}
    quality = ("file_manifest", "check_result", "rule_count_monthly")
    assert set(outcome.changed) == {f"warehouse.quality.{name}" for name in quality}
