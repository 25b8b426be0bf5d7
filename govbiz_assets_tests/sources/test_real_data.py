"""The shipped profiles against the real data that they describe; skipped where the data is absent."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pytest

from govbiz_assets.sources.landing import find_files, landing_months
from govbiz_assets.sources.profile import Profile, load_profile
from govbiz_assets.sources.read import read_file
from govbiz_assets.sources.scan import FileScan, scan_channel
from govbiz_assets_tests.sources.landscape import PROFILES, real_data


def read_channel(profile: Profile, channel: str, landing: Path, work: Path) -> tuple[FileScan, Any]:
    months = landing_months(profile, landing)
    (scan,) = scan_channel(profile, channel, landing, months, work)
    (file,) = find_files(profile, channel, landing, months)
    backend = ibis.duckdb.connect(threads=2)
    return scan, read_file(backend, scan, file, profile.channels[channel], profile, work)


def test_tianchi_usage_is_turned_to_long_without_loss(tmp_path: Path) -> None:
    landing = real_data("tianchi")
    profile = load_profile("tianchi", PROFILES)
    months = landing_months(profile, landing)
    assert (months[0], months[-1], len(months)) == (date(2015, 1, 1), date(2016, 8, 1), 20)
    scan, table = read_channel(profile, "usage", landing, tmp_path)
    assert (scan.record_count, scan.is_regular, scan.encoding) == (885_486, True, "utf-8")
    facts = (
        table.aggregate(
            records=table.count(),
            numbers=table.row_no.nunique(),
            last=table.row_no.max(),
            accounts=table.account_no.nunique(),
            days=table.usage_date.nunique(),
            unused=(table.kwh == "1").mean(),
            blank=(table.kwh == "").sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    assert round(facts.pop("unused"), 2) == 0.16
    assert facts == {
        "records": 885_486,
        "numbers": 885_486,
        "last": 885_486,
        "accounts": 1_454,
        "days": 609,
        "blank": 0,
    }
    kwh = table.kwh.cast("int64")
    biggest = kwh.sum(where=table.account_no == "1416") / kwh.sum()
    assert round(biggest.to_pyarrow().as_py(), 2) == 0.26


def test_tianchi_weather_is_gbk_and_gets_its_division(tmp_path: Path) -> None:
    scan, table = read_channel(load_profile("tianchi", PROFILES), "weather", real_data("tianchi"), tmp_path)
    assert (scan.encoding, scan.record_count, scan.unmapped) == ("gb18030", 609, ("风向", "风力"))
    first = table.order_by("row_no").limit(1).to_pyarrow().to_pylist()[0]
    assert (first["division_code"], first["weather_date"], first["temperature_max_c"]) == (
        "321182",
        "2015-01-01星期四",
        "5℃",
    )
    assert json.loads(first["extra_json"]) == {"风向": "西北风~西风", "风力": "微风"}


@pytest.mark.parametrize(("channel", "count"), [("customer", 10_235), ("label", 10_235), ("attribute", 122_729)])
def test_powerco_is_read_in_full(tmp_path: Path, channel: str, count: int) -> None:
    scan, table = read_channel(load_profile("powerco", PROFILES), channel, real_data("powerco"), tmp_path)
    assert (scan.record_count, scan.broken_count) == (count, 0)
    assert table.row_no.nunique().to_pyarrow().as_py() == table.count().to_pyarrow().as_py() == count
    if channel == "label":
        assert round((table.is_event == "1").mean().to_pyarrow().as_py(), 4) == 0.0978
        assert table.extra_json.notnull().sum().to_pyarrow().as_py() == 0
    elif channel == "customer":
        assert table.customer_no.nunique().to_pyarrow().as_py() == count
        assert set(scan.unmapped) == {"churn"}
    else:
        assert scan.types["attr_price_peak_var"] == "DOUBLE"
        assert table.attribute_month.nunique().to_pyarrow().as_py() == 12
