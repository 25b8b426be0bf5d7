"""Whatever can name someone lies in the vault: every file that good and failed runs leave is searched for it."""

from __future__ import annotations

import contextlib
import io
import stat
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import ibis
import pytest

from govbiz_assets.assets import raw as raw_assets
from govbiz_assets.automation.alerts import write_failure_alert
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.maintenance import compact_databases, rotate_vault_key
from govbiz_assets.pipeline import RunReport
from govbiz_assets.reports.brief import write_brief
from govbiz_assets.sources.text_file import text_path
from govbiz_assets.warehouse.vault import KEY_FILE, VAULT_FILE
from govbiz_assets_tests.conftest import MONTHS
from govbiz_assets_tests.leaks import leaks, planted_values
from govbiz_assets_tests.pipeline.broken_deliveries import TABLES, deliver, name_of, text_of
from govbiz_assets_tests.scenario import House, connect, materialized

LAST = MONTHS[-1]
MARK = "不可外传的某某企业"


@dataclass(frozen=True)
class Searched:
    """A house after a good run, a run over a broken file, and a run in which the engine fails at a delivered value.

    Attributes:
        house: Data folder, Dagster's storage in it, and a landing folder beside it.
        planted: What the delivered files name somebody by.
        alerts: The alert of each failed run.
        keys: Keys that the vault has and had.
        log: What the runs said.
    """

    house: House
    planted: set[str]
    alerts: list[str]
    keys: set[str]
    log: str


def alert(house: House, instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> str:
    """The alert of a failed run, as the sensor writes it."""
    failure = next(event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE)
    context = dg.build_run_status_sensor_context(
        sensor_name="alert_on_failure",
        dagster_event=failure,
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    )
    return write_failure_alert(house.settings.alerts_folder, context.for_run_failure()).read_text(encoding="utf-8")


def failing_contract(rows: ibis.Table, contract: TableContract) -> ibis.Table:
    """Makes the engine fail at the first name, as a transform does that casts what is no number."""
    return rows.mutate(**{name: rows[name].cast("int64").cast("string") for name in ("customer_name",) if name in rows})


@pytest.fixture(scope="module")
def searched(made: tuple[House, RunReport], tmp_path_factory: pytest.TempPathFactory) -> Searched:
    house = made[0].copy(tmp_path_factory.mktemp("leaks"), with_landing=True)
    keys = {(house.folder / KEY_FILE).read_text(encoding="utf-8")}
    customers = house.landing / name_of("customer", LAST)
    text = text_of(customers, "customer")
    # A record without its number is quarantined; the name in it is to be found in the vault and nowhere else.
    spoiled = text.splitlines()[1].split(",")
    deliver(customers, f"{text}{','.join(['', MARK, *spoiled[2:]])}\r\n".encode("gbk"))
    house.settings.dagster_home.mkdir()
    log = io.StringIO()
    alerts = []
    with (
        contextlib.redirect_stderr(log),
        contextlib.redirect_stdout(log),
        dg.DagsterInstance.local_temp(str(house.settings.dagster_home)) as instance,
        pytest.MonkeyPatch.context() as patch,
    ):
        good = house.run_tables([LAST], TABLES, instance)
        assert "raw.customer" in materialized(good), log.getvalue()[-3000:]
        write_brief(house.settings, LAST)
        # A file whose header is missing: its first record stands in the place of the header, a value of it twice.
        lines = text_of(customers, "customer").splitlines()
        deliver(customers, "\r\n".join([f"{MARK},{MARK},{lines[1]}", *lines[2:]]).encode("gbk"))
        alerts.append(alert(house, instance, house.run_tables([LAST], TABLES[:2], instance)))
        deliver(customers, "\r\n".join(lines).encode("gbk"))
        patch.setattr(raw_assets, "as_contracted", failing_contract)
        alerts.append(alert(house, instance, house.run_tables([LAST], TABLES[:2], instance)))
        rotate_vault_key(house.settings, print)
        compact_databases(house.settings)
    keys.add((house.folder / KEY_FILE).read_text(encoding="utf-8"))
    return Searched(house, planted_values(house.landing) | {MARK}, alerts, keys, log.getvalue())


def test_the_search_finds_what_is_there(searched: Searched, tmp_path: Path) -> None:
    assert len(searched.planted) > 250
    found = leaks(searched.house.landing, searched.planted)
    seen: set[str] = set().union(*found.values())
    # The tickets are Excel files, whose texts are packed; everything else is found as bytes.
    assert len(seen) > 0.6 * len(searched.planted)
    with connect(searched.house.folder) as connection, duckdb.connect(str(tmp_path / "warehouse.duckdb")) as plain:
        names = connection.execute("SELECT DISTINCT customer_name FROM vault.raw.customer").fetchall()
        plain.execute("CREATE TABLE owner (name VARCHAR)")
        plain.executemany("INSERT INTO owner VALUES (?)", names)
        plain.execute(f"COPY owner TO '{tmp_path / 'owner.parquet'}' (COMPRESSION zstd)")
    assert {"owner.parquet column name", "warehouse.duckdb main.owner.name"} <= set(leaks(tmp_path, searched.planted))


def test_the_vault_holds_what_was_received_and_what_was_refused(searched: Searched) -> None:
    numbers = "SELECT count(DISTINCT customer_no) FROM vault.raw.customer"
    assert searched.house.read(numbers)[0][0] >= 12
    refused = f"SELECT count(*) FROM vault.quality.quarantine WHERE contains(record_json::VARCHAR, '{MARK}')"
    assert searched.house.read(refused) == [(1,)]


def test_no_file_holds_a_name_code_or_phone_and_the_vault_shows_none(searched: Searched) -> None:
    names = {path.name for path in searched.house.folder.rglob("*")}
    assert {VAULT_FILE, "warehouse.duckdb", "published", "alerts", "dagster", "index.db", "briefs"} <= names
    assert leaks(searched.house.folder, searched.planted) == {}


def test_failed_runs_say_what_is_wrong_and_quote_no_value(searched: Searched) -> None:
    header, engine = searched.alerts
    assert "Step raw.customer: " in header
    assert "a header stands twice (columns 1, 2)" in header
    assert "Step raw.customer: " in engine
    assert "Could not convert string '***'" in engine
    assert "STEP_FAILURE" in searched.log
    assert not [value for value in searched.planted if value in searched.log]


def test_no_file_but_the_key_file_holds_a_key(searched: Searched) -> None:
    key_file = searched.house.folder / KEY_FILE
    assert len(searched.keys) == 2
    assert leaks(searched.house.folder, searched.keys, apart_from=[key_file]) == {}
    assert not [key for key in searched.keys if key in searched.log]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_readable_copies_of_delivered_files_are_private_and_gone_after_the_run(
    searched: Searched, tmp_path: Path
) -> None:
    copy = text_path(searched.house.landing / name_of("customer", LAST), "gb18030", "0", tmp_path / "work")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert not (searched.house.folder / "work").exists()
    assert not (searched.house.folder / "spill").exists()


def test_readers_of_the_snapshots_need_no_key(searched: Searched) -> None:
    views = searched.house.settings.published_folder / "warehouse.duckdb"
    with duckdb.connect(str(views), read_only=True) as connection:
        views_of_raw = "SELECT count(*) FROM duckdb_views() WHERE schema_name = 'raw'"
        assert connection.execute(views_of_raw).fetchone() == (0,)
        assert connection.execute("SELECT count(*) > 0 FROM cleaned.customer_monthly").fetchone() == (True,)
