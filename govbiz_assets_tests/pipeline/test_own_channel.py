"""Channels that a profile declares go the whole way: vault, cleaned table, quarantine, account, published files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
import yaml

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.automation.landing_state import LandingState, look_at_landing
from govbiz_assets.automation.restatement import table_reach
from govbiz_assets.build import build_defs
from govbiz_assets.maintenance import drop_table
from govbiz_assets.settings import PROJECT_ROOT
from govbiz_assets.sources.profile import load_profile
from govbiz_assets_tests.scenario import House, differences, failed_checks, redeliver
from govbiz_assets_tests.sources.landscape import PROFILES

JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)
TABLES = (
    "quality.file_manifest",
    "raw.outage",
    "raw.inspection",
    "cleaned.outage",
    "cleaned.inspection",
    "quality.row_account",
)
PAGE = (PROJECT_ROOT / "docs" / "add-a-channel.md").read_text(encoding="utf-8")
CONTACT, ACCOUNT = "欧阳现场联系人", "320199001"
# Field names that a careless query would take for something else.
OUTAGE: dict[str, Any] = {
    "path": "{month}/outage.csv",
    "format": "csv",
    "nulls": ["无"],
    "declare": {
        "meaning": "One record per outage and account.",
        "key": ["c1", "account_no"],
        "month_field": "started_at",
        "fields": {
            "c1": {"kind": "text", "headers": "停电编号", "meaning": "Number of the outage."},
            "account_no": {},
            "started_at": {"kind": "timestamp", "headers": "停电开始", "meaning": "Begin."},
            "values": {"kind": "number", "unit": "min", "range": [0, 44640], "headers": "时长", "meaning": "Length."},
            "lost_kwh": {"kind": "number", "unit": "kWh", "meaning": "Energy not supplied."},
            "site_contact": {"kind": "text", "headers": "联系人", "sensitive": True, "meaning": "Person on site."},
        },
    },
}
INSPECTION: dict[str, Any] = {
    "path": "{month}/inspection.parquet",
    "format": "parquet",
    "declare": {
        "meaning": "How things stand.",
        "key": "account_no",
        "fields": {
            "account_no": {},
            "load_kw": {"kind": "number", "unit": "kW", "meaning": "Load found."},
            "inspected_date": {"kind": "date", "meaning": "Day of the visit."},
        },
    },
}
HEADER = "停电编号,户号,停电开始,时长,lost_kwh,联系人\n"
RECORDS = {
    JAN: (
        f"T1,{ACCOUNT}1,2024-01-02 08:30,90,1.5,{CONTACT}",
        f"T1,{ACCOUNT}1,2024-01-02 08:30,90,1.5,{CONTACT}",  # a duplicate
        f"T2,{ACCOUNT}1,2024-01-03,10,2,{CONTACT}",
        f"T2,{ACCOUNT}1,2024-01-03,20,2,{CONTACT}",  # supersedes the one before
        f"T3,{ACCOUNT}2,2024-01-04,44641,,",  # out of range
        f"T4,{ACCOUNT}2,2024-02-04,10,,",  # another month
        f"T5,,2024-01-05,10,,{CONTACT}",  # no account
        f"T6,{ACCOUNT}2,someday,10,,",  # no date
        f"T7,{ACCOUNT}2,2024-01-31 23:59:59,无,0.0004,",  # nothing known of its length, and less than a Wh
    ),
    FEB: (f"T1,{ACCOUNT}1,2024-02-02 08:30,90,1.5,{CONTACT}", f"T8,{ACCOUNT}3,2024-02-29,0,7,"),
}


def write_profile(folder: Path, channels: Mapping[str, Any], required: Sequence[str] = ()) -> str:
    path = folder / "own.yaml"
    document = {
        "name": "own",
        "description": "d",
        "origin": "o",
        "obtain": "o",
        "months": {"first": "2024-01", "last": "2024-12"},
        "required": list(required),
        "channels": channels,
    }
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return str(path)


def deliver(landing: Path) -> Path:
    for month, records in RECORDS.items():
        folder = landing / f"{month:%Y-%m}"
        folder.mkdir(parents=True)
        (folder / "outage.csv").write_text(HEADER + "".join(f"{record}\n" for record in records), encoding="utf-8")
        visits = {"户号": [f"{ACCOUNT}1", f"{ACCOUNT}2"], "load_kw": [1.5, None], "inspected_date": [month, None]}
        pl.DataFrame(visits).write_parquet(folder / "inspection.parquet")
    return landing


def own_house(folder: Path, channels: Mapping[str, Any] | None = None) -> House:
    profile = write_profile(folder, channels or {"outage": OUTAGE, "inspection": INSPECTION})
    return House(folder / "data", deliver(folder / "landing"), profile)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, dg.ExecuteInProcessResult]:
    """Two months in one range run; no test changes them."""
    house = own_house(tmp_path_factory.mktemp("own"))
    return house, house.run_tables([JAN, FEB], TABLES)


@pytest.fixture
def house(made_once: tuple[House, dg.ExecuteInProcessResult], tmp_path: Path) -> House:
    """The two months, free to change."""
    copy = made_once[0].copy(tmp_path, with_landing=True)
    return House(copy.folder, copy.landing, write_profile(tmp_path, {"outage": OUTAGE, "inspection": INSPECTION}))


def changed_field(name: str, **declared: Any) -> dict[str, Any]:
    """The outage channel with one field declared otherwise."""
    own = OUTAGE["declare"]
    return OUTAGE | {"declare": own | {"fields": own["fields"] | {name: own["fields"].get(name, {}) | declared}}}


def test_records_become_typed_rows_with_pseudonyms(made_once: tuple[House, dg.ExecuteInProcessResult]) -> None:
    house, result = made_once
    assert result.success
    kept = house.read(
        "SELECT c1, strftime(started_at, '%Y-%m-%d %H:%M:%S'), values, lost_kwh::VARCHAR, row_no "
        "FROM warehouse.cleaned.outage ORDER BY month, row_no"
    )
    assert kept == [
        ("T1", "2024-01-02 08:30:00", 90.0, "1.500", 2),
        ("T2", "2024-01-03 00:00:00", 20.0, "2.000", 4),
        ("T7", "2024-01-31 23:59:59", None, "0.000", 9),
        ("T1", "2024-02-02 08:30:00", 90.0, "1.500", 1),
        ("T8", "2024-02-29 00:00:00", 0.0, "7.000", 2),
    ]
    assert house.read("SELECT count(DISTINCT account_id) FROM warehouse.cleaned.outage") == [(3,)]
    both = (
        "SELECT count(*) FROM warehouse.cleaned.outage o JOIN warehouse.cleaned.inspection i USING (month, account_id)"
    )
    assert house.read(both) == [(4,)], "the same account has the same pseudonym in both channels"
    visits = "SELECT load_kw, inspected_date FROM warehouse.cleaned.inspection ORDER BY month, row_no"
    assert house.read(visits) == [(1.5, JAN), (None, None), (1.5, FEB), (None, None)]
    assert house.read("SELECT typeof(load_kw) FROM vault.raw.inspection LIMIT 1") == [("DOUBLE",)]


def test_the_row_account_balances_and_every_refused_record_has_its_rule(
    made_once: tuple[House, dg.ExecuteInProcessResult],
) -> None:
    house, result = made_once
    account = "SELECT month, * EXCLUDE (month, channel, source_file) FROM warehouse.quality.row_account "
    assert house.read(account + "WHERE channel = 'outage' ORDER BY month") == [
        (JAN, 9, 3, 1, 1, 4),
        (FEB, 2, 2, 0, 0, 0),
    ]
    assert house.read("SELECT row_no, rule, field FROM vault.quality.quarantine ORDER BY row_no") == [
        (5, "out_of_range", "values"),
        (6, "wrong_month", "started_at"),
        (7, "missing_value", "account_no"),
        (8, "unparsable", "started_at"),
    ]
    ((reason,),) = house.read("SELECT reason FROM vault.quality.quarantine WHERE row_no = 8")
    (check,) = [found for found in result.get_asset_check_evaluations() if not found.passed and not found.partition]
    said = f"{check.asset_key.path[1]} {check.check_name}: {check.description}"
    assert reason.replace("started_at", "outage_minutes") in PAGE, "the page quotes both as they are said"
    assert said.replace("2024-01", "2024-03") in PAGE
    assert failed_checks(result) == {"quality.row_account quarantined_ratio"}
    checked = house.read("SELECT DISTINCT table_name, check_name FROM warehouse.quality.check_result")
    assert {("raw.outage", "unread_records"), ("cleaned.outage", "contract_violations")} <= set(checked)


def test_what_can_name_someone_leaves_no_trace_outside_the_vault(
    made_once: tuple[House, dg.ExecuteInProcessResult],
) -> None:
    house, _ = made_once

    def found(rows: Sequence[tuple[Any, ...]]) -> bool:
        return any(secret in str(row) for row in rows for secret in (CONTACT, ACCOUNT, "site_contact", "联系人"))

    columns = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = 'warehouse'"
    tables = house.read("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'warehouse'")
    assert ("cleaned", "outage") in tables
    assert not found(house.read(columns))
    for schema, name in tables:
        # The manifest says which header each field came from.
        hidden = "EXCLUDE (mapping_json)" if name == "file_manifest" else ""
        assert not found(house.read(f"SELECT * {hidden} FROM warehouse.{schema}.{name}")), name
    published = list((house.folder / "published").rglob("*.parquet"))
    assert any(path.parent.name == "outage" for path in published)
    for path in published:
        hidden = "EXCLUDE (mapping_json)" if path.parent.name == "file_manifest" else ""
        assert not found(duckdb.sql(f"SELECT * {hidden} FROM read_parquet('{path}')").fetchall()), path
    assert found(house.read("SELECT site_contact, account_no FROM vault.raw.outage")), "the vault has them"


def test_the_order_of_months_makes_no_difference(
    made_once: tuple[House, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    turned = House(tmp_path / "data", made_once[0].landing, made_once[0].profile)
    for month in (FEB, JAN):
        assert turned.run_tables([month], TABLES).success
    assert differences(made_once[0].digest(), turned.digest()) == []


def test_a_channel_that_is_taken_out_leaves_its_tables_and_a_sound_account(house: House, tmp_path: Path) -> None:
    before = house.digest()["warehouse.cleaned.outage"]
    write_profile(tmp_path, {"inspection": INSPECTION})
    result = house.run_tables([JAN], ["quality.file_manifest", "quality.row_account"])
    assert result.success
    assert house.digest()["warehouse.cleaned.outage"] == before
    assert failed_checks(result) == set()
    channels = "SELECT channel FROM warehouse.quality.row_account WHERE month = '2024-01-01'"
    assert house.read(channels) == [("inspection",)]
    assert house.read("SELECT source_file FROM warehouse.quality.file_manifest WHERE file_status = 'ignored'") == [
        ("2024-01/outage.csv",)
    ]


def test_a_field_that_is_added_is_empty_until_its_month_is_made_again(house: House, tmp_path: Path) -> None:
    def correct(text: str) -> str:
        return (
            text.replace("联系人\n", "联系人,原因\n")
            .replace(f"{CONTACT}\n", f"{CONTACT},雷击\n")
            .replace("44641", "44640")
        )

    for path in house.landing.glob("*/outage.csv"):
        redeliver(path, lambda text: correct(text).replace(",\n", ",,\n"))
    channels = {"outage": changed_field("cause", kind="text", headers="原因", meaning="Cause.")}
    write_profile(tmp_path, channels | {"inspection": INSPECTION})
    causes = "SELECT month, count(cause), count(*) FROM warehouse.cleaned.outage GROUP BY ALL ORDER BY ALL"
    assert house.run_tables([FEB], ["raw.outage", "cleaned.outage"]).success
    assert house.read(causes) == [(JAN, 0, 3), (FEB, 1, 2)]
    assert house.run_tables([JAN], ["raw.outage", "cleaned.outage"]).success
    assert house.read(causes) == [(JAN, 2, 4), (FEB, 1, 2)], "one record more: it was corrected"


def test_a_field_that_becomes_sensitive_stops_the_run_until_it_is_taken_out(house: House, tmp_path: Path) -> None:
    channels = {"outage": changed_field("lost_kwh", sensitive=True), "inspection": INSPECTION}
    write_profile(tmp_path, channels)
    result = house.run_tables([FEB], ["cleaned.outage"])
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    said = str(failure.step_failure_data.error)
    assert "column lost_kwh can name someone by now" in said
    assert "govbiz maintenance --rebuild cleaned.outage" in said
    drop_table(house.settings, "cleaned.outage")
    published = house.folder / "published" / "cleaned" / "outage"
    assert not published.exists()
    assert house.run_tables([JAN, FEB], ["cleaned.outage"]).success
    assert "lost_kwh" not in pl.read_parquet(published / "2024-01.parquet").columns
    assert house.read("SELECT count(*) FROM warehouse.cleaned.outage") == [(5,)]


def test_the_graph_shows_an_own_channel_like_any_other(made_once: tuple[House, dg.ExecuteInProcessResult]) -> None:
    house, _ = made_once
    graph = build_defs(house.settings).resolve_asset_graph()
    node = graph.get(dg.AssetKey(["cleaned", "outage"]))
    schema = node.metadata["dagster/column_schema"]
    columns = {column.name: (column.type, column.description) for column in schema.columns}
    assert columns["lost_kwh"] == ("DECIMAL(18,3)", "Energy not supplied. [kWh]")
    assert node.parent_keys == {dg.AssetKey(["raw", "outage"])}
    assert graph.get(dg.AssetKey(["quality", "row_account"])).parent_keys >= {node.key, dg.AssetKey(["raw", "outage"])}
    assert node.key in graph.get(dg.AssetKey(["quality", "quarantine"])).parent_keys


def test_a_required_own_channel_is_waited_for_and_reaches_no_later_month(
    made_once: tuple[House, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    path = write_profile(tmp_path, {"outage": OUTAGE, "inspection": INSPECTION}, required=["outage", "inspection"])
    profile = load_profile(path, PROFILES)
    landing = made_once[0].copy(tmp_path, with_landing=True).landing
    (landing / "2024-02" / "outage.csv").unlink()
    decision = look_at_landing(
        profile,
        landing,
        LandingState(),
        now_seconds=0.0,
        settle_seconds=float("-inf"),
        is_startable=lambda _: True,
        loaded=lambda _: {},
    )
    assert list(decision.start) == [JAN]
    assert decision.waiting == {FEB: "no file yet for outage"}
    reach = table_reach(table_assets(tuple(profile.known_channels.values())))
    assert (reach["raw.outage"], reach["cleaned.outage"]) == (0, 0)
