"""Tables as their contracts say, and what arrives held against them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis.expr.datatypes as dt
import polars as pl
import pytest

from govbiz_assets.contracts.catalog import TABLES
from govbiz_assets.contracts.column import count, number, text
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.structure import StructureError, is_widening
from govbiz_assets_tests.warehouse.trial import FEBRUARY, JANUARY, TRIAL, accounts, row, rows_frame, stored, write


def described(session: Session, contract: TableContract) -> list[tuple[str, str, bool, str]]:
    """Name, type, NOT NULL and comment of each stored column, from the catalog of the engine."""
    return session.connection.execute(
        "SELECT column_name, data_type, NOT is_nullable, comment FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [contract.database, contract.layer, contract.name],
    ).fetchall()


def without(contract: TableContract, name: str) -> TableContract:
    kept = tuple(column for column in contract.columns if column.name != name)
    rules = tuple(rule for rule in contract.rules if name not in rule.columns)
    return replace(contract, columns=kept, required=contract.required - {name}, rules=rules)


@pytest.mark.parametrize("contract", [TRIAL, *TABLES], ids=lambda contract: contract.full_name)
def test_a_table_is_made_as_its_contract_says(session: Session, contract: TableContract) -> None:
    session.ensure_table(contract)
    assert described(session, contract) == [
        (
            column.name,
            column.dtype,
            column.name in contract.required,
            f"{column.meaning} [{column.unit}]" if column.unit else column.meaning,
        )
        for column in contract.columns
    ]
    comment = session.connection.execute(
        "SELECT comment FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [contract.layer, contract.name]
    ).fetchall()
    assert [text.startswith(contract.meaning) and contract.grain in text for (text,) in comment] == [True]


def test_a_table_that_is_read_before_it_is_written_is_empty_and_documented(session: Session) -> None:
    assert session.stored(TRIAL).count().to_pyarrow().as_py() == 0
    assert all(comment for *_, comment in described(session, TRIAL))


def test_columns_that_arrive_in_another_order_are_stored_under_their_names(session: Session) -> None:
    write(session, [{"kwh_valley": 1, "kwh_peak": 9, "account_id": "a1", "month": JANUARY}])
    (only,) = stored(session)
    assert (only["kwh_peak"], only["kwh_valley"], only["account_id"]) == (9, 1, "a1")


@pytest.mark.parametrize(
    ("values", "dtypes", "said"),
    [
        ({"kwh_foo": "1"}, {}, "unknown kwh_foo"),
        ({"read_days": 1.5}, {"read_days": pl.Float64}, "read_days is float64 and not BIGINT"),
        ({"read_days": 1}, {"read_days": pl.UInt64}, "read_days is uint64 and not BIGINT"),
        ({"read_days": "1"}, {"read_days": pl.String}, "read_days is string and not BIGINT"),
        ({"kwh_peak": 1}, {"kwh_peak": pl.Decimal(38, 3)}, r"kwh_peak is decimal\(38, 3\) and not DECIMAL\(18,3\)"),
        ({"kwh_peak": 1}, {"kwh_peak": pl.Decimal(18, 4)}, r"kwh_peak is decimal\(18, 4\) and not DECIMAL\(18,3\)"),
        ({"kwh_peak": 1.0}, {"kwh_peak": pl.Float64}, "kwh_peak is float64 and not DECIMAL"),
        ({"month": "2024-01-01"}, {"month": pl.String}, "month is string and not DATE"),
        ({"month": None}, {"month": pl.Datetime("us")}, r"month is timestamp\(6\) and not DATE"),
        ({"account_id": 7}, {"account_id": pl.Int64}, "account_id is int64 and not VARCHAR"),
        ({"is_open": 1}, {"is_open": pl.Int8}, "is_open is int8 and not BOOLEAN"),
        ({"share": 1}, {"share": pl.Int64}, "share is int64 and not DOUBLE"),
        ({"handled_at": None}, {"handled_at": pl.Datetime("ns")}, r"handled_at is timestamp\(9\) and not TIMESTAMP"),
        ({"handled_at": None}, {"handled_at": pl.Datetime("us", "UTC")}, r"handled_at is timestamp\(.*UTC"),
    ],
)
def test_rows_that_would_have_to_be_narrowed_are_refused_and_the_old_month_stays(
    session: Session, values: dict[str, Any], dtypes: dict[str, Any], said: str
) -> None:
    write(session, [row(account_id="old")])
    with pytest.raises(StructureError, match=said) as refusal:
        write(session, rows_frame([row() | values], **dtypes))
    assert accounts(session) == [(JANUARY, "old")]
    message = str(refusal.value)
    assert message.startswith("cleaned.trial: ")
    assert "mend the transform or the contract" in message
    assert "\n" not in message


def test_rows_without_a_required_column_are_refused_and_the_old_month_stays(session: Session) -> None:
    write(session, [row(account_id="old")])
    with pytest.raises(StructureError, match=r"missing account_id, kwh_peak; unknown account"):
        write(session, rows_frame([{"month": JANUARY, "account": "a1"}]))
    assert accounts(session) == [(JANUARY, "old")]


def test_smaller_types_are_taken_and_columns_that_may_be_null_can_be_left_out(session: Session) -> None:
    small = {"read_days": pl.Int16, "share": pl.Float32, "kwh_peak": pl.Decimal(9, 1), "handled_at": pl.Datetime("ms")}
    write(session, rows_frame([row(read_days=30, share=0.5, kwh_peak=2.5, handled_at=None)], **small))
    (only,) = stored(session)
    assert (only["read_days"], only["share"], float(only["kwh_peak"])) == (30, 0.5, 2.5)
    assert only["kind"] is None


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        ("int32", "int64", True),
        ("int64", "int32", False),
        ("uint32", "int64", True),
        ("uint64", "int64", False),
        ("int32", "float64", True),
        ("int64", "float64", False),
        ("float64", "float32", False),
        ("decimal(18, 2)", "decimal(18, 3)", False),
        ("decimal(17, 2)", "decimal(18, 3)", True),
        ("decimal(18, 3)", "float64", False),
        ("date", "timestamp(6)", False),
        ("timestamp(6)", "date", False),
        ("timestamp(3)", "timestamp(6)", True),
        ("timestamp", "timestamp(6)", True),
        ("timestamp(9)", "timestamp(6)", False),
        ("!string", "string", True),
        ("boolean", "int64", False),
        ("null", "string", True),
    ],
)
def test_a_type_fits_only_where_every_value_of_it_does(given: str, wanted: str, fits: bool) -> None:
    assert is_widening(dt.dtype(given), dt.dtype(wanted)) is fits


def test_a_new_nullable_column_is_added_with_the_month_that_brings_it(session: Session) -> None:
    write(session, [row(account_id="old")])
    wider = TRIAL.with_columns(count("visit_count", "Visits of the month.", "visit"))
    write(session, rows_frame([row(FEBRUARY) | {"visit_count": 3}], visit_count=pl.Int64), [FEBRUARY], wider)
    assert [one["visit_count"] for one in stored(session, wider)] == [None, 3]
    assert described(session, wider)[-1] == ("visit_count", "BIGINT", False, "Visits of the month. [visit]")


def test_a_new_column_goes_again_when_the_write_that_brings_it_is_refused(session: Session) -> None:
    write(session, [row(account_id="old")])
    before = described(session, TRIAL)
    wider = TRIAL.with_columns(count("visit_count", "Visits of the month.", "visit"))
    with pytest.raises(Exception, match="break the rule"):
        write(session, [row(kwh_peak=-1)], contract=wider)
    assert described(session, TRIAL) == before
    assert accounts(session) == [(JANUARY, "old")]


def test_columns_are_read_in_the_order_of_the_contract_and_dropped_ones_are_not(session: Session) -> None:
    write(session, [row()], contract=without(TRIAL, "share"))
    assert described(session, TRIAL)[-1][0] == "handled_at"
    assert session.stored(TRIAL).columns == TRIAL.column_names
    assert described(session, TRIAL)[-1][0] == "share"
    assert session.stored(without(TRIAL, "kind")).columns == without(TRIAL, "kind").column_names


def test_a_stored_table_without_a_required_column_is_refused(session: Session) -> None:
    write(session, [{"month": JANUARY, "account_id": "old"}], contract=without(TRIAL, "kwh_peak"))
    with pytest.raises(StructureError, match=r"lacks the required column kwh_peak; rebuild it: .*cleaned\.trial$"):
        write(session, [row()])
    assert accounts(session) == [(JANUARY, "old")]


def test_a_stored_column_of_another_type_is_refused(session: Session) -> None:
    write(session, [row(account_id="old", read_days=3)])
    columns = tuple(number("read_days", "Days.", "day") if c.name == "read_days" else c for c in TRIAL.columns)
    with pytest.raises(StructureError, match="read_days is stored as int64, the contract says DOUBLE; rebuild it: "):
        write(session, [row()], contract=replace(TRIAL, columns=columns))
    assert accounts(session) == [(JANUARY, "old")]


def test_a_column_that_becomes_required_is_held_to_it_from_then_on(session: Session) -> None:
    write(session, [row(kind="big")])
    strict = replace(TRIAL, required=TRIAL.required | {"kind"})
    with pytest.raises(Exception, match="required column kind is null"):
        write(session, [row(kind=None)], contract=strict)
    write(session, [row(kind="small")], contract=strict)
    assert {name for name, _, is_required, _ in described(session, strict) if is_required} == strict.required


def test_a_column_cannot_become_required_while_stored_rows_lack_it(session: Session) -> None:
    write(session, [row(account_id="old", kind=None)])
    strict = replace(TRIAL, required=TRIAL.required | {"kind"})
    with pytest.raises(StructureError, match="kind is required now and null in stored rows; rebuild it: ") as refusal:
        write(session, [row(FEBRUARY, kind="big")], [FEBRUARY], strict)
    assert "\n" not in str(refusal.value)
    assert accounts(session) == [(JANUARY, "old")]


def test_a_column_that_is_no_longer_required_may_be_null_or_leave_the_contract(session: Session) -> None:
    write(session, [row(account_id="old")])
    loose = replace(TRIAL, required=TRIAL.required - {"kwh_peak"})
    write(session, [row(kwh_peak=None)], contract=loose)
    assert [one["kwh_peak"] for one in stored(session)] == [None]

    session.connection.execute("DROP TABLE warehouse.cleaned.trial")
    write(session, [row(account_id="old")])
    write(session, [{"month": FEBRUARY, "account_id": "a2"}], [FEBRUARY], without(TRIAL, "kwh_peak"))
    assert [one["kwh_peak"] for one in stored(session)] == [5, None]


def test_names_and_comments_with_quotes_are_kept_as_they_are(session: Session) -> None:
    odd = replace(
        TRIAL,
        layer='odd "layer"',
        name='it\'s a "table"; DROP TABLE x --',
        meaning='It\'s "quoted"; 中文.',
        columns=(*TRIAL.columns, text('a "b" c\'d', "It's odd.")),
    )
    frame = rows_frame([row() | {'a "b" c\'d': "it's"}])
    assert write(session, frame, contract=odd) == {JANUARY: 1}
    assert write(session, frame, contract=odd) == {JANUARY: 1}
    assert session.stored(odd).to_polars()['a "b" c\'d'].to_list() == ["it's"]
    assert described(session, odd)[-1][::3] == ('a "b" c\'d', "It's odd.")
