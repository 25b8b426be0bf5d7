"""Whatever keeps a database from being read is one line with a rule and a remedy, and says no secret."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from govbiz_assets.sources.database.session import read_only_session
from govbiz_assets.sources.text_file import RefusedFileError
from govbiz_assets_tests.sources.database.server import PASSWORD, READER, VARIABLE, running_server
from govbiz_assets_tests.sources.database.trial import USAGE, Trial

ROW = "('3201', '2024-01-31', 10.5)"
QUERY = """SELECT "户号", "日期", "电量" FROM billing.usage WHERE "日期" >= :month_start"""


def assert_refused(trial: Trial, rule: str, *words: str, url: str | None = None) -> None:
    scan = trial.scan(url)
    assert (scan.status, scan.rule, scan.record_count) == ("refused", rule, 0), scan
    said = scan.reason or ""
    assert "\n" not in said
    for word in words:
        assert word in said
    for secret in (PASSWORD, READER, "127.0.0.1", str(trial.server.port)):
        assert secret not in repr(scan)
    assert not list(trial.work.glob("*")), "nothing half read stays in the work folder"


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        ({"table": "billing.bills", "month_column": "日期"}, "unknown_table", ["billing.bills", "correct the table"]),
        ({"table": "bills.usage", "month_column": "日期"}, "unknown_table", ["bills.usage"]),
        ({"table": 'billing.";drop', "month_column": "日期"}, "unknown_table", [";drop"]),
        ({"table": "billing.usage", "month_column": "月份"}, "missing_column", ["月份", "户号, 日期, 电量"]),
        ({"table": "billing.usage", "month_column": "户号"}, "wrong_type", ["户号", "text", "set month_style"]),
        (
            {"table": "billing.usage", "month_column": "日期", "month_style": "yyyymm"},
            "wrong_type",
            ["has type date", "drop month_style"],
        ),
        (
            {"table": "billing.usage", "month_column": "日期", "updated_column": "x"},
            "missing_column",
            ["no column 'x'"],
        ),
        (
            {"table": "billing.usage", "month_column": "日期", "updated_column": "户号"},
            "wrong_type",
            ["updated_column", "户号"],
        ),
        ({"query": QUERY.replace('"电量"', '"电费"')}, "missing_column", ["电费"]),
        ({"query": QUERY.replace("FROM", "FORM")}, "wrong_query", ["syntax error at or near", "correct the query"]),
        ({"query": QUERY.replace(', "电量"', "")}, "missing_column", ["required field kwh"]),
        ({"query": QUERY.replace('"电量"', '"电量"::text AS "电量"')}, "wrong_type", ["电量", "casts it to a number"]),
        ({"query": QUERY.replace('"户号"', '"户号"::bytea AS "户号"')}, "wrong_type", ["户号", "bytea"]),
        ({"query": QUERY.replace('"户号"', '"户号", "户号"')}, "duplicate_header", ["户号"]),
    ],
)
def test_what_does_not_fit_is_named_before_a_row_is_read(
    trial: Trial, change: dict[str, Any], rule: str, words: list[str]
) -> None:
    trial.make(USAGE, ROW)
    trial.source = {"database": change}
    assert_refused(trial, rule, *words)


def test_a_missing_privilege_is_named(trial: Trial) -> None:
    trial.make(USAGE, ROW)
    trial.server.admin("REVOKE SELECT ON billing.usage FROM reader")
    assert_refused(trial, "no_privilege", "permission denied for table usage", "SELECT granted")


WRITES = """nextval('billing.numbers') AS kwh, "户号", "日期" FROM billing.usage WHERE "日期" >= :month_start"""
DELETES = """DELETE FROM billing.usage WHERE "日期" >= :month_start RETURNING *"""


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        (DELETES, "wrong_query"),
        (f"WITH gone AS ({DELETES}) SELECT * FROM gone", "wrong_query"),
        (f"SELECT {WRITES}", "not_read_only"),
        (f"SELECT set_config('transaction_read_only', 'off', true), {WRITES}", "wrong_query"),
        (f"{QUERY}) AS delivered; COMMIT; DELETE FROM billing.usage; SELECT * FROM ({QUERY}", "wrong_query"),
    ],
)
def test_a_query_with_side_effects_has_none(trial: Trial, query: str, rule: str) -> None:
    trial.make(USAGE, ROW)
    # Even an account that may write does not.
    trial.server.admin("CREATE SEQUENCE billing.numbers", "SELECT nextval('billing.numbers')")
    trial.source = {"database": {"query": query}, "columns": {"kwh": ["kwh", "电量"]}}
    scan = trial.scan(trial.server.url("admin"))
    assert (scan.status, scan.rule) == ("refused", rule), scan
    trial.source = {}
    assert trial.scan().record_count == 1
    assert _value(trial, "SELECT last_value FROM billing.numbers") == 1


def test_a_session_sees_one_snapshot_and_only_reads(trial: Trial) -> None:
    trial.make(USAGE, ROW)
    with read_only_session(VARIABLE, trial.access(), {}) as cursor:
        said = cursor.execute("SHOW transaction_read_only").fetchone(), cursor.execute("SHOW transaction_isolation")
        assert (said[0], said[1].fetchone()) == (("on",), ("repeatable read",))
        trial.server.admin("DELETE FROM billing.usage")
        assert cursor.execute("SELECT count(*) FROM billing.usage").fetchone() == (1,)
    with (
        pytest.raises(RefusedFileError, match="not_read_only"),
        read_only_session(VARIABLE, trial.access(trial.server.url("admin")), {}) as cursor,
    ):
        cursor.execute(f"INSERT INTO billing.usage VALUES {ROW}")


def test_a_statement_that_takes_too_long_is_cancelled(trial: Trial) -> None:
    trial.make(USAGE, ROW)
    trial.statement_seconds = 1
    trial.source = {"database": {"query": f"{QUERY} AND pg_sleep(30) IS NOT NULL"}}
    assert_refused(trial, "statement_timeout", "its limit is 1 s", "GOVBIZ_DATABASE_STATEMENT_SECONDS")


def test_a_value_that_the_query_cannot_read_is_not_quoted(trial: Trial) -> None:
    trial.make(USAGE, "('张江实业', '2024-01-31', 10.5)")
    trial.source = {"database": {"query": QUERY.replace('"电量"', '"户号"::integer AS "电量"')}}
    assert_refused(trial, "wrong_query", "InvalidTextRepresentation", "22P02")
    assert "张江" not in repr(trial.scan())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://reader:wrong-word@127.0.0.1:{port}/postgres", ["refuses the account"]),
        ("postgresql://reader:{password}@127.0.0.1:{port}/other", ["no database or account of that name"]),
        ("postgresql://reader:{password}@127.0.0.1:1/postgres", ["cannot be reached"]),
        (
            "postgresql//reader:{password}@127.0.0.1:{port}",
            ["holds no connection URL", "postgresql://account:password"],
        ),
        ("postgresql://reader:{password}@127.0.0.1:{port}/postgres?sslmod=x", ["holds no connection URL"]),
    ],
)
def test_a_server_that_cannot_be_reached_is_named_by_its_variable(trial: Trial, url: str, words: list[str]) -> None:
    full = url.format(port=trial.server.port, password=PASSWORD)
    assert_refused(trial, "no_connection", VARIABLE, *words, url=full)
    with pytest.raises(RefusedFileError) as refused, read_only_session(VARIABLE, trial.access(full), {}):
        pass
    # Nor does a traceback that somebody prints.
    shown = "".join(traceback.format_exception(refused.value))
    assert PASSWORD not in shown
    assert "wrong-word" not in shown


def test_a_variable_that_is_not_set_is_named(trial: Trial) -> None:
    with (
        pytest.raises(RefusedFileError, match="GOVBIZ_DB_OTHER is not set"),
        read_only_session("GOVBIZ_DB_OTHER", trial.access(), {}),
    ):
        pass


def test_a_session_that_ends_while_rows_come_leaves_nothing(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
    _refuse_after_first_batch(trial, monkeypatch, lambda: trial.server.admin(end))


def test_a_server_that_ends_while_rows_come_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server() as server:
        server.admin("CREATE SCHEMA billing", "GRANT USAGE ON SCHEMA billing TO reader")
        _refuse_after_first_batch(Trial(server, tmp_path / "work"), monkeypatch, server.kill)


def _refuse_after_first_batch(trial: Trial, monkeypatch: pytest.MonkeyPatch, end: Callable[[], None]) -> None:
    trial.make()
    # 20 MB: when the first batch is written the rest, which no socket buffer holds, has not been sent.
    rows = "SELECT repeat(n::text, 40), '2024-01-01', n FROM generate_series(1, 100000) AS n"
    trial.server.admin(f"INSERT INTO billing.usage {rows}")
    monkeypatch.setattr("govbiz_assets.sources.database.extract._BATCH_BYTES", 200_000)
    ended: list[bool] = []
    write = pq.ParquetWriter.write_table

    def write_and_end(writer: pq.ParquetWriter, *arguments: Any) -> None:
        write(writer, *arguments)
        if not ended:
            end()
        ended.append(True)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", write_and_end)
    assert_refused(trial, "connection_lost", "run again")
    assert ended


def _value(trial: Trial, query: str) -> object:
    with read_only_session(VARIABLE, trial.access(trial.server.url("admin")), {}) as cursor:
        row = cursor.execute(query.encode()).fetchone()
        return row[0] if row else None
