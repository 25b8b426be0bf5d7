"""A small table, rows for it, and a house to keep it in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from govbiz_assets.contracts.column import count, energy, flag, number, text, timestamp
from govbiz_assets.contracts.column import date as date_column
from govbiz_assets.contracts.table import Rule, TableContract
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session, open_session
from govbiz_assets.warehouse.sql import table_path

JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))
KEY = b"a key of the tests"

TRIAL = TableContract(
    layer="cleaned",
    name="trial",
    meaning="Energy of the trial.",
    grain="month and account",
    columns=(
        date_column("month", "First day of the month."),
        text("account_id", "Pseudonym of the account."),
        energy("kwh_peak", "Energy in the peak band."),
        energy("kwh_valley", "Energy in the valley band."),
        count("read_days", "Days with a reading.", "day"),
        number("share", "Share of the peak band.", "ratio"),
        text("kind", "Kind of the account."),
        flag("is_open", "The account is open."),
        timestamp("handled_at", "When it was looked at."),
    ),
    required=frozenset({"month", "account_id", "kwh_peak"}),
    key=("month", "account_id"),
    rules=(
        Rule("kwh_peak", low=0),
        Rule("kwh_valley", high="kwh_peak"),
        Rule("kind", values=("big", "small")),
    ),
)
CODES = TableContract(
    layer="reference",
    name="code",
    meaning="Codes of the trial.",
    grain="code",
    columns=(text("code", "The code."), text("label", "What it means.")),
    required=frozenset({"code"}),
    key=("code",),
    is_monthly=False,
)
SHARED = replace(
    TRIAL, name="shared", key=("month", "kind", "account_id"), required=TRIAL.required | {"kind"}, rules=()
)

_POLARS = {
    "month": pl.Date,
    "account_id": pl.String,
    "kwh_peak": pl.Decimal(18, 3),
    "kwh_valley": pl.Decimal(18, 3),
    "read_days": pl.Int64,
    "share": pl.Float64,
    "kind": pl.String,
    "is_open": pl.Boolean,
    "handled_at": pl.Datetime("us"),
    "code": pl.String,
    "label": pl.String,
}


def row(month: date = JANUARY, account_id: str = "a1", kwh_peak: float | None = 5, **values: Any) -> dict[str, Any]:
    """A sound row of the trial table, or one with these values."""
    return {"month": month, "account_id": account_id, "kwh_peak": kwh_peak, **values}


def rows_frame(rows: Sequence[Mapping[str, Any]], **dtypes: Any) -> pl.DataFrame:
    """Rows as a frame with the trial's types, or others where they are named."""
    names = list(dict.fromkeys(name for one in rows for name in one)) or ["month", "account_id", "kwh_peak"]
    schema = {name: dtypes.get(name, _POLARS.get(name, pl.String)) for name in names}
    exact = [{name: _exact(one.get(name), schema[name]) for name in names} for one in rows]
    return pl.DataFrame(exact, schema=schema, orient="row")


def _exact(value: Any, dtype: Any) -> Any:
    return Decimal(str(value)) if value is not None and isinstance(dtype, pl.Decimal) else value


def write(
    session: Session,
    rows: Sequence[Mapping[str, Any]] | pl.DataFrame,
    months: Sequence[date] = (JANUARY,),
    contract: TableContract = TRIAL,
    **options: Any,
) -> dict[date, int]:
    """Replaces months of a table by rows."""
    frame = rows if isinstance(rows, pl.DataFrame) else rows_frame(rows)
    with session.registered("arriving", frame) as arriving:
        return replace_months(session, contract, arriving, months, **options)


def stored(session: Session, contract: TableContract = TRIAL) -> list[dict[str, Any]]:
    """Every stored row, in the order of the key."""
    order = ", ".join(contract.key or contract.column_names)
    answer = session.connection.execute(f"SELECT * FROM {table_path(contract)} ORDER BY {order}")
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, values, strict=True)) for values in answer.fetchall()]


def accounts(session: Session, contract: TableContract = TRIAL) -> list[tuple[date, str]]:
    """Month and account of every stored row."""
    return [(one["month"], one["account_id"]) for one in stored(session, contract)]


@contextlib.contextmanager
def house(folder: Path) -> Iterator[Session]:
    """An open session of a data folder, small enough for two cores."""
    with open_session(folder, KEY, {"threads": 2, "memory_limit": "1GB"}) as session:
        yield session
