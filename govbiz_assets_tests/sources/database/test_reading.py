"""Rows of a database become raw records: of their month, in one order, with the values that stand there."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import datetime

import pytest

from govbiz_assets_tests.sources.database.server import PASSWORD, binaries
from govbiz_assets_tests.sources.database.trial import USAGE, Trial

JANUARY = ("('3201', '2024-01-31', 10.5)", "('3202', '2024-01-01', NULL)", "('', '2024-01-15', 7)")


def test_a_month_of_a_table_is_read_with_its_provenance(trial: Trial) -> None:
    trial.make(USAGE, *JANUARY, "('3203', '2023-12-31', 1)", "('3204', '2024-02-01', 2)", "('3205', NULL, 2)")
    rows = trial.rows()
    assert [(row["account_no"], row["usage_date"], row["kwh"]) for row in rows] == [
        ("", "2024-01-15", "7.000"),
        ("3201", "2024-01-31", "10.500"),
        ("3202", "2024-01-01", None),
    ]
    assert [row["row_no"] for row in rows] == [1, 2, 3]
    assert {row["source_file"] for row in rows} == {"postgresql:usage/2024-01"}
    # Without a moment of the rows' own, a month has landed when it is over.
    assert {row["loaded_at"] for row in rows} == {datetime(2024, 2, 1)}


def test_the_hash_is_that_of_the_csv_that_psql_gives(trial: Trial) -> None:
    trial.make(USAGE, *JANUARY)
    query = """COPY (SELECT * FROM billing.usage ORDER BY "户号" COLLATE "C") TO STDOUT (FORMAT csv)"""
    psql = [binaries() / "psql", trial.server.url(), "-X", "-q", "-c", query]
    text = subprocess.run(psql, check=True, capture_output=True).stdout
    scan = trial.scan()
    assert scan.file_sha256 == hashlib.sha256(text).hexdigest()
    assert (scan.byte_count, scan.record_count) == (len(text), 3)
    assert PASSWORD not in repr(scan)


def test_the_order_in_which_rows_lie_in_the_table_changes_nothing(trial: Trial) -> None:
    trial.make(USAGE, *JANUARY)
    before = trial.scan(), trial.rows()
    # An update writes the row anew, behind the others.
    trial.server.admin("""UPDATE billing.usage SET "电量" = "电量" WHERE "户号" = ''""", "VACUUM FULL billing.usage")
    trial.server.admin("""CREATE INDEX ON billing.usage ("日期" DESC)""", "CLUSTER billing.usage USING usage_日期_idx")
    assert (trial.scan(), trial.rows()) == before
    trial.server.admin("""UPDATE billing.usage SET "电量" = 8 WHERE "户号" = ''""")
    assert trial.scan().file_sha256 != before[0].file_sha256


@pytest.mark.parametrize(
    ("dtype", "style", "january", "february"),
    [
        ("date", "date", "'2024-01-31'", "'2024-02-01'"),
        ("timestamp", "date", "'2024-01-31 23:59:59.999999'", "'2024-02-01'"),
        ("timestamptz", "date", "'2024-01-31 15:59:59+00'", "'2024-01-31 16:00:00+00'"),
        ("char(6)", "yyyymm", "'202401'", "'202402'"),
        ("integer", "yyyymm", "202401", "202402"),
        ("varchar", "yyyy-mm", "'2024-01'", "'2024-02'"),
    ],
)
def test_the_month_is_found_in_columns_of_each_style(
    trial: Trial, dtype: str, style: str, january: str, february: str
) -> None:
    trial.make(f'{USAGE}, "m" {dtype}', f"('a', '2024-01-05', 1, {january})", f"('b', '2024-01-05', 1, {february})")
    trial.source = {"database": {"table": "billing.usage", "month_column": "m", "month_style": style}}
    assert [row["account_no"] for row in trial.rows()] == ["a"]


def test_a_query_gets_the_month_as_a_parameter_and_nowhere_else(trial: Trial) -> None:
    trial.make(USAGE, *JANUARY, "('3204', '2024-02-01', 2)")
    query = """
        SELECT "户号", "日期" AS "数据日期", "电量"::float8 AS kwh, ':month_end' AS "备注" -- of :month_start
        FROM billing.usage WHERE "日期" >= :month_start AND "日期" < :month_end::timestamp ;
    """
    trial.source = {"database": {"query": query}, "columns": {"kwh": "kwh"}}
    rows = trial.rows()
    assert [row["account_no"] for row in rows] == ["", "3201", "3202"]
    assert {row["extra_json"] for row in rows} == {'{"备注":":month_end"}'}


def test_values_are_printed_as_postgresql_prints_them(trial: Trial) -> None:
    columns = (
        '"工单编号" uuid, "户号" bigint, "受理时间" timestamptz, "业务类型" text, "通话时长" numeric, '
        '"满意度" real, "是否重复" boolean, "受理内容" text'
    )
    identity = "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"
    trial.make(
        columns,
        f"({identity}, 1, '2024-01-31 15:00+00', E'a,\"b\"\\nc', 'NaN', 0.1, true, '')",
        f"({identity}, 2, '2024-01-01 12:00+08', '\\.', 1e20, 'infinity', NULL, NULL)",
        table="billing.ticket",
    )
    trial.channel = "ticket"
    trial.source = {"database": {"table": "billing.ticket", "month_column": "受理时间"}}
    first, second = trial.rows()
    names = ("ticket_no", "account_no", "handled_at", "ticket_type", "call_seconds", "satisfaction_score")
    assert [first[name] for name in names] == [
        *(identity.strip("'"), "1", "2024-01-31 23:00:00+08", 'a,"b"\nc', "NaN", "0.1")
    ]
    assert [second[name] for name in names[2:]] == [
        "2024-01-01 12:00:00+08",
        "\\.",
        "100000000000000000000",
        "Infinity",
    ]
    assert [(row["is_repeated"], row["ticket_text"]) for row in (first, second)] == [("true", ""), (None, None)]


def test_the_last_change_of_a_row_dates_the_month_and_orders_its_rows(trial: Trial) -> None:
    trial.make(
        f"{USAGE}, changed timestamptz",
        *("('a', '2024-01-01', 1, '2024-02-03 08:00+08')", "('a', '2024-01-01', 2, '2024-02-02 08:00+08')"),
        "('b', '2024-01-01', 3, NULL)",
    )
    table = {"table": "billing.usage", "month_column": "日期", "updated_column": "changed"}
    trial.source = {"database": table, "keep_unmapped": False}
    rows = trial.rows()
    assert [row["kwh"] for row in rows] == ["3.000", "2.000", "1.000"]
    assert {row["loaded_at"] for row in rows} == {datetime(2024, 2, 3)}


def test_wide_rows_become_long(trial: Trial) -> None:
    trial.make('"日期" date, "3201" numeric, "3202" numeric', "('2024-01-02', 1, 2)", "('2024-01-01', NULL, 4)")
    trial.source = {"unpivot": {"keep": "日期", "name_to": "account_no", "value_to": "kwh"}}
    scan = trial.scan()
    rows = trial.rows(scan)
    assert [(row["row_no"], row["usage_date"], row["account_no"], row["kwh"]) for row in rows] == [
        (1, "2024-01-01", "3201", None),
        (2, "2024-01-01", "3202", "4"),
        (3, "2024-01-02", "3201", "1"),
        (4, "2024-01-02", "3202", "2"),
    ]
    assert scan.record_count == 4


def test_rows_come_in_batches_of_bounded_size(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.make(USAGE)
    trial.server.admin(
        "INSERT INTO billing.usage SELECT lpad(n::text, 5, '0'), '2024-01-01', n FROM generate_series(1, 2000) AS n"
    )
    whole = trial.scan()
    monkeypatch.setattr("govbiz_assets.sources.database.extract._BATCH_BYTES", 1000)
    assert trial.scan() == whole
    assert [row["row_no"] for row in trial.rows()] == list(range(1, 2001))


def test_a_month_without_rows_is_told(trial: Trial) -> None:
    trial.make()
    scan = trial.scan()
    assert (scan.status, scan.rule, scan.record_count) == ("accepted", "no_rows", 0)
    assert trial.rows(scan) == []
    trial.required = ("usage",)
    scan = trial.scan()
    assert (scan.status, scan.rule) == ("refused", "no_rows")
    assert "run again when the source has filled it" in (scan.reason or "")


def test_a_channel_that_the_profile_declares_may_lie_in_a_database(trial: Trial) -> None:
    number = {"kind": "number", "unit": "min", "headers": "停电时长", "meaning": "Length of the outage."}
    trial.channel = "outage"
    trial.source = {
        "database": {"table": "billing.outage", "month_column": "停电日期"},
        "declare": {
            "meaning": "One outage.",
            "key": ["account_no", "outage_date"],
            "month_field": "outage_date",
            "fields": {
                "account_no": {},
                "outage_date": {"kind": "date", "headers": "停电日期", "meaning": "Day of the outage."},
                "outage_minutes": number,
            },
        },
    }
    columns = '"户号" text, "停电日期" date, "停电时长" numeric'
    trial.make(columns, "('3201', '2024-01-31', 90)", "('3202', '2024-02-01', 5)", table="billing.outage")
    (row,) = trial.rows()
    assert (row["account_no"], row["outage_date"], row["outage_minutes"]) == ("3201", "2024-01-31", "90")
