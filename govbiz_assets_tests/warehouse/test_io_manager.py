"""Tables move between assets and the warehouse; a run holds one lock and one session, and leaves nothing open."""

# No postponed annotations: Dagster reads those of the assets in here.
import hashlib
import hmac
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import ibis
import polars as pl
import pytest

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import QUARANTINE, SET_ASIDE
from govbiz_assets.partitions import monthly_partitions, trailing_mapping
from govbiz_assets.warehouse.io_manager import table_io_manager
from govbiz_assets.warehouse.lock import WarehouseBusyError
from govbiz_assets.warehouse.pseudonym import KEY_FILE
from govbiz_assets.warehouse.records import Records, Split
from govbiz_assets.warehouse.resource import ForeignFolderError, Warehouse
from govbiz_assets.warehouse.session import Session
from govbiz_assets_tests.warehouse.trial import (
    APRIL,
    CODES,
    FEBRUARY,
    JANUARY,
    MARCH,
    TRIAL,
    accounts,
    house,
    row,
    rows_frame,
    write,
)
from govbiz_assets_tests.warehouse.workers import can_be_opened, hear, keep_vault_open, running, take_lock

MONTHS = monthly_partitions(JANUARY, APRIL)
SUM = replace(TRIAL, name="total")
TREND = replace(TRIAL, name="trend")
LOCK_TIMEOUT = 0.2


def warehouse_of(folder: Path, **changes: Any) -> Warehouse:
    settings = {
        "database": str(folder / "warehouse.duckdb"),
        "connection_config": {"threads": 2, "memory_limit": "1GB"},
        "profile": "sample",
        "lock_timeout_seconds": LOCK_TIMEOUT,
    }
    return Warehouse(**(settings | changes))


def asset_of(contract: TableContract, body: Callable[..., Any], **options: Any) -> dg.AssetsDefinition:
    return dg.asset(
        key=dg.AssetKey(contract.asset_key),
        io_manager_key="tables",
        partitions_def=MONTHS if contract.is_monthly else None,
        backfill_policy=dg.BackfillPolicy.single_run(),
        **options,
    )(body)


def materialize(
    folder: Path, assets: Sequence[dg.AssetsDefinition], months: tuple[str, str] | None = None, **changes: Any
) -> dg.ExecuteInProcessResult:
    contracts = {contract.full_name: contract for contract in (TRIAL, SUM, TREND, CODES)}
    ends = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    return dg.materialize(
        assets,
        resources={"warehouse": warehouse_of(folder, **changes), "tables": table_io_manager(contracts)},
        tags=dict(zip(ends, months, strict=True)) if months else None,
        raise_on_error=False,
    )


def months_of(context: dg.AssetExecutionContext) -> list[Any]:
    window = context.partition_time_window
    return [month for month in (JANUARY, FEBRUARY, MARCH, APRIL) if window.start.date() <= month < window.end.date()]


def trial(context: dg.AssetExecutionContext) -> pl.DataFrame:
    return rows_frame([row(month, name) for month in months_of(context) for name in ("a2", "a1")])


def failures(result: dg.ExecuteInProcessResult) -> str:
    return " ".join(str(event.step_failure_data.error) for event in result.get_step_failure_events())


def test_a_range_is_written_in_one_run_and_read_back_by_its_window(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def total(context: dg.AssetExecutionContext, lazy: ibis.Table) -> ibis.Table:
        seen["lazy"] = type(lazy)
        return lazy

    def trend(collected: pl.DataFrame) -> pl.DataFrame:
        seen["collected"] = collected
        return collected.clear()

    key = dg.AssetKey(TRIAL.asset_key)
    same = {"lazy": dg.AssetIn(key, input_manager_key="tables")}
    last_two = {"collected": dg.AssetIn(key, input_manager_key="tables", partition_mapping=trailing_mapping(2))}
    both = [asset_of(TRIAL, trial), asset_of(SUM, total, ins=same), asset_of(TREND, trend, ins=last_two)]
    assert materialize(tmp_path, both[:1], ("2024-01", "2024-04")).success
    result = materialize(tmp_path, both, ("2024-02", "2024-03"))
    assert result.success, failures(result)
    assert issubclass(seen["lazy"], ibis.Table)
    assert list(zip(seen["collected"]["month"], seen["collected"]["account_id"], strict=True)) == [
        (month, name) for month in (JANUARY, FEBRUARY, MARCH) for name in ("a1", "a2")
    ]
    with house(tmp_path) as session:
        assert accounts(session, SUM) == [(month, name) for month in (FEBRUARY, MARCH) for name in ("a1", "a2")]
    (written,) = result.asset_materializations_for_node("cleaned__total")[:1]
    assert written.metadata["rows"].value == 4
    assert written.metadata["rows_by_month"].value == {"2024-02": 2, "2024-03": 2}


def test_a_run_holds_one_lock_and_one_session_that_all_its_assets_share(tmp_path: Path) -> None:
    seen: list[Session] = []
    words: list[str] = []

    def trial(context: dg.AssetExecutionContext, warehouse: Warehouse) -> pl.DataFrame:
        seen.append(warehouse.session)
        with running(take_lock, tmp_path, "another", 0.05) as (_, pipe):
            words.extend([hear(pipe)[1], hear(pipe)[1], context.run_id])
        return rows_frame([row()])

    def total(warehouse: Warehouse, lazy: ibis.Table) -> ibis.Table:
        seen.append(warehouse.session)
        assert lazy.get_backend() is warehouse.session.backend
        return lazy

    ins = {"lazy": dg.AssetIn(dg.AssetKey(TRIAL.asset_key), input_manager_key="tables")}
    result = materialize(tmp_path, [asset_of(TRIAL, trial), asset_of(SUM, total, ins=ins)], ("2024-01", "2024-01"))
    assert result.success, failures(result)
    assert len(seen) == 2
    assert seen[0] is seen[1]
    waiting, refused, run_id = words
    assert f"held by run {run_id} (process " in waiting
    assert "GOVBIZ_LOCK_TIMEOUT_SECONDS" in refused


def body_raises(warehouse: Warehouse) -> pl.DataFrame:
    warehouse.session.connection.execute("BEGIN")
    reading = warehouse.session.connection.cursor().execute("SELECT * FROM range(1000000)")
    reading.fetchone()
    raise ZeroDivisionError("the asset failed")


def unknown_column() -> pl.DataFrame:
    return rows_frame([row() | {"extra": "x"}])


def broken_rule() -> pl.DataFrame:
    return rows_frame([row(kwh_peak=-1)])


def other_month() -> pl.DataFrame:
    return rows_frame([row(MARCH)])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (body_raises, "the asset failed"),
        (unknown_column, "unknown extra"),
        (broken_rule, "1 rows break the rule"),
        (other_month, "1 rows lie outside the window"),
    ],
)
def test_a_failed_asset_leaves_the_old_month_and_the_files_free_for_others_at_once(
    tmp_path: Path, body: Callable[..., pl.DataFrame], said: str
) -> None:
    with house(tmp_path) as session:
        write(session, [row(account_id="old")])
    result = materialize(tmp_path, [asset_of(TRIAL, body)], ("2024-01", "2024-01"))
    assert not result.success
    assert said in failures(result)
    # `result` keeps the traceback, and with it the frames that held the connection.
    assert can_be_opened(tmp_path)
    with running(take_lock, tmp_path, "another", LOCK_TIMEOUT) as (_, pipe):
        assert hear(pipe) == ("held", "")
    with house(tmp_path) as session:
        assert accounts(session) == [(JANUARY, "old")]
    assert materialize(tmp_path, [asset_of(TRIAL, trial)], ("2024-01", "2024-01")).success


def test_a_failed_asset_does_not_take_the_others_of_its_run_with_it(tmp_path: Path) -> None:
    result = materialize(tmp_path, [asset_of(TRIAL, broken_rule), asset_of(SUM, trial)], ("2024-01", "2024-01"))
    assert not result.success
    with house(tmp_path) as session:
        assert len(accounts(session, SUM)) == 2
        assert not session.exists(TRIAL)


def test_each_step_publishes_what_it_wrote_and_the_run_ends_with_views_even_when_it_fails(tmp_path: Path) -> None:
    materialize(tmp_path, [asset_of(TRIAL, broken_rule), asset_of(SUM, trial)], ("2024-01", "2024-02"))
    with duckdb.connect(str(tmp_path / "published" / "warehouse.duckdb"), read_only=True) as views:
        assert views.execute("SELECT count(*) FROM cleaned.total").fetchall() == [(4,)]
        assert views.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(1,)]


def test_nothing_is_published_where_that_is_switched_off(tmp_path: Path) -> None:
    assert materialize(tmp_path, [asset_of(TRIAL, trial)], ("2024-01", "2024-01"), publish=False).success
    assert not (tmp_path / "published").exists()


def test_a_table_without_months_is_written_whole_and_counted(tmp_path: Path) -> None:
    result = materialize(tmp_path, [asset_of(CODES, lambda: rows_frame([{"code": "1"}, {"code": "2"}]))])
    assert result.success, failures(result)
    (written,) = result.asset_materializations_for_node("reference__code")
    assert written.metadata["dagster/row_count"].value == 2


def test_records_go_three_ways_and_those_of_other_channels_stay(tmp_path: Path) -> None:
    def split(parsed: ibis.Table, repeated: ibis.Table) -> Split:
        place = {"channel": ibis.literal("usage"), "source_file": parsed.account_id, "row_no": parsed.read_days}
        return Split(
            kept=parsed.filter(parsed.read_days == 0),
            set_aside=parsed.filter(parsed.read_days == 1).select(
                "month",
                **place,
                disposition=ibis.literal("duplicate"),
                kept_source_file=parsed.account_id,
                kept_row_no=parsed.read_days,
            ),
            quarantined=parsed.filter(parsed.read_days == 2).select(
                "month",
                **place,
                rule=ibis.literal("unparsable"),
                reason=ibis.literal("cannot be read"),
                record_json=ibis.literal('{"name": "某公司"}'),
            ),
        )

    def trial(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Records:
        frame = [row(month, f"a{n}", read_days=n) for month in months_of(context) for n in (0, 1, 2)]
        return Records(
            "usage", ibis.memtable(rows_frame(frame)), lambda raw: raw, lambda parsed: parsed.limit(0), split
        )

    other = {"month": JANUARY, "channel": "bill", "source_file": "bill.csv", "row_no": 1, "rule": "x", "reason": "x"}
    with house(tmp_path) as session:
        frame = rows_frame([other | {"record_json": "{}"}], row_no=pl.Int64)
        write(session, frame, contract=QUARANTINE, slice_values={"channel": "bill"})
    for _ in range(2):
        result = materialize(tmp_path, [asset_of(TRIAL, trial)], ("2024-01", "2024-02"))
        assert result.success, failures(result)
    with house(tmp_path) as session:
        assert accounts(session) == [(JANUARY, "a0"), (FEBRUARY, "a0")]
        set_aside = session.stored(SET_ASIDE).to_polars()
        assert sorted(set_aside.select("month", "source_file").rows()) == [(JANUARY, "a1"), (FEBRUARY, "a1")]
        quarantined = session.stored(QUARANTINE).to_polars()
        expected = [(JANUARY, "bill.csv"), (JANUARY, "a2"), (FEBRUARY, "a2")]
        assert sorted(quarantined.select("month", "source_file").rows()) == sorted(expected)
    shared = {
        (event.asset_key.to_user_string(), event.partition)
        for event in result.get_asset_materialization_events()
        if event.asset_key != dg.AssetKey(TRIAL.asset_key)
    }
    assert shared == {
        (f"quality/{name}", month) for name in ("quarantine", "set_aside") for month in ("2024-01", "2024-02")
    }
    published = {
        path.relative_to(tmp_path / "published").parts[1] for path in (tmp_path / "published").rglob("*.parquet")
    }
    assert published == {"trial", "set_aside"}
    assert "某公司".encode() not in (tmp_path / "warehouse.duckdb").read_bytes()


def test_the_warehouse_is_closed_again_when_a_notebook_cell_fails(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    kept: list[Any] = []
    try:
        with warehouse.open("a notebook") as session:
            kept.append(session.stored(TRIAL).limit(0))
            raise ZeroDivisionError
    except ZeroDivisionError as error:
        kept.append(error)
    assert can_be_opened(tmp_path)
    with warehouse.open("a notebook") as session:
        assert accounts(session) == []


def test_the_session_is_there_only_while_a_run_lasts(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="open only while a run lasts; use it from an asset or a check"):
        _ = warehouse_of(tmp_path).session


def test_a_folder_of_another_profile_is_refused_with_a_remedy_and_without_a_lock(tmp_path: Path) -> None:
    with warehouse_of(tmp_path).open("first"):
        pass
    with pytest.raises(ForeignFolderError) as refusal, warehouse_of(tmp_path, profile="tianchi").open("second"):
        pytest.fail("two profiles in one folder")
    assert str(refusal.value) == (
        f"{tmp_path}: holds the data of profile sample, not of tianchi; set GOVBIZ_DATA_DIR to another folder"
    )
    with warehouse_of(tmp_path).open("third") as session:
        assert not session.exists(TRIAL)


def test_without_a_configured_key_the_folder_gets_its_own_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOVBIZ_PSEUDONYM_KEY", raising=False)
    answers = []
    for _ in range(2):
        with warehouse_of(tmp_path).open("a run") as session:
            answers.append(session.connection.execute("SELECT pseudonym('c', '1')").fetchone())
    assert answers[0] == answers[1]
    key = (tmp_path / KEY_FILE).read_bytes()
    assert answers[0] == ("c" + hmac.new(key, b"c:1", hashlib.sha256).hexdigest()[:20],)


def test_a_program_that_ignores_the_lock_is_named_and_the_lock_freed_again(tmp_path: Path) -> None:
    with warehouse_of(tmp_path).open("first"):
        pass
    with running(keep_vault_open, tmp_path) as (process, pipe):
        hear(pipe)
        with pytest.raises(WarehouseBusyError) as refusal, warehouse_of(tmp_path).open("second"):
            pytest.fail("DuckDB let two processes in")
    message = str(refusal.value)
    assert message.startswith(f"{tmp_path / 'vault.duckdb'}: another program has the file open, ")
    assert f"(PID {process.pid})" in message
    assert message.endswith("; close it there and read published/ instead")
    assert "".join(traceback.format_exception_only(refusal.value)).count("\n") == 1
    with warehouse_of(tmp_path).open("third"):
        pass


def test_a_configured_key_is_used_and_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVBIZ_PSEUDONYM_KEY", "k")
    with warehouse_of(tmp_path).open("first") as session:
        answer = session.connection.execute("SELECT pseudonym('c', '1')").fetchone()
    assert answer == ("c" + hmac.new(b"k", b"c:1", hashlib.sha256).hexdigest()[:20],)
    assert not (tmp_path / KEY_FILE).exists()
