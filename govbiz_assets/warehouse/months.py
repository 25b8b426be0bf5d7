"""Atomic months: a window of a table is replaced in one transaction, or left exactly as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import ibis
import ibis.expr.operations as ops

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.errors import describe_error
from govbiz_assets.warehouse.promises import count_broken, count_rows, find_repeated_key, window_clause
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import table_path
from govbiz_assets.warehouse.structure import check_rows


class RowRuleError(Exception):
    """Rows break what the contract promises; the table is unchanged."""


def replace_months(
    session: Session,
    contract: TableContract,
    rows: ibis.Table,
    months: Sequence[date],
    *,
    slice_values: Mapping[str, str] | None = None,
    is_sorted: bool = True,
) -> dict[date, int]:
    """Replaces the rows of some months in one transaction.

    Rows may come from the table itself: they are then computed before anything is deleted.

    Args:
        session: The open warehouse.
        contract: Table to write.
        rows: New rows of all these months, and of no others.
        months: First days of the months; ignored for a table without months, which is replaced whole.
        slice_values: Column values that narrow what is replaced, for tables that several steps write.
        is_sorted: Write in the order of the key, so that equal content gives equal files.

    Returns:
        Rows written per month, 0 for an empty one; one entry under `date.min` for a table without months.

    Raises:
        StructureError: Columns or types do not fit the contract.
        RowRuleError: A row lies outside the window, lacks a required value, repeats a key, or breaks a row rule.
    """
    check_rows(contract, rows.schema())
    if is_sorted and contract.key:
        rows = rows.order_by([name for name in contract.key if name in rows.columns])
    where, parameters = window_clause(contract, months, slice_values or {})
    with contextlib.ExitStack() as stack:
        if _reads(rows, contract):
            rows = stack.enter_context(session.staged(f"own_{contract.full_name}", rows))
        stack.enter_context(session.transaction())
        session.ensure_table(contract)
        session.connection.execute(f"DELETE FROM {table_path(contract)}{where}", parameters)
        inserted = _insert(session, contract, rows)
        return _audit(session, contract, months, slice_values or {}, inserted)


def _reads(rows: ibis.Table, contract: TableContract) -> bool:
    """True where the rows are derived from the table that they are to replace."""
    own = (contract.database, contract.layer, contract.name)
    tables = rows.op().find(ops.DatabaseTable)
    return any((table.namespace.catalog, table.namespace.database, table.name) == own for table in tables)


def _insert(session: Session, contract: TableContract, rows: ibis.Table) -> int:
    try:
        answer = session.connection.execute(f"INSERT INTO {table_path(contract)} BY NAME {session.compile(rows)}")
    except duckdb.ConstraintException as error:
        column = str(error).strip().rpartition(".")[2]
        raise RowRuleError(
            f"{contract.full_name}: the required column {column} is null in some rows; the table is unchanged - "
            "mend the transform, or let the contract allow null"
        ) from None
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise RowRuleError(
            f"{contract.full_name}: the rows cannot be computed ({describe_error(error)}); "
            "the table is unchanged - mend the transform"
        ) from None
    return int((answer.fetchone() or (0,))[0])


def _audit(
    session: Session, contract: TableContract, months: Sequence[date], values: Mapping[str, str], inserted: int
) -> dict[date, int]:
    """Counts what now stands in the window and refuses it where it is not what the contract promises."""
    counts: dict[date, int] = dict.fromkeys(months if contract.is_monthly else [date.min], 0)
    counts |= count_rows(session, contract, months, values)
    outside = inserted - sum(counts.values())
    if outside:
        raise RowRuleError(
            f"{contract.full_name}: {outside} rows lie outside {_window_text(contract, months, values)}; "
            "the table is unchanged - return rows of the run's months only"
        )
    if contract.rules:
        _check_rules(session, contract, months, values)
    if contract.key:
        _check_key(session, contract, months, values, inserted)
    return counts


def _check_rules(session: Session, contract: TableContract, months: Sequence[date], values: Mapping[str, str]) -> None:
    """Refuses rows that break a row rule."""
    broken = count_broken(session, contract, months, values).values()
    for position, rule in enumerate(contract.rules):
        failing = sum(counts[position] for counts in broken)
        if failing:
            raise RowRuleError(
                f"{contract.full_name}: {failing} rows break the rule {rule.name} "
                f"({rule.words}); the table is unchanged - mend the rows or the rule"
            )


def _check_key(
    session: Session, contract: TableContract, months: Sequence[date], values: Mapping[str, str], inserted: int
) -> None:
    """Refuses a key that is repeated within a month."""
    repeated = find_repeated_key(session, contract, months, values, inserted)
    if repeated:
        found, copies = repeated
        key = ", ".join(f"{name}={_shown(contract, name, found[name])}" for name in contract.key)
        raise RowRuleError(
            f"{contract.full_name}: key ({key}) stands {copies} times; the table is unchanged - "
            "make the rows one per key"
        )


def _shown(contract: TableContract, name: str, value: object) -> str:
    """A value of a key for a message, which ends in logs; one that can name someone is hidden."""
    can_name_someone = any(one.name == name and one.sensitivity == "identifying" for one in contract.columns)
    return "***" if can_name_someone else " ".join(str(value).split())


def _window_text(contract: TableContract, months: Sequence[date], values: Mapping[str, str]) -> str:
    parts = [f"{name} {value}" for name, value in values.items()]
    if contract.is_monthly:
        parts.insert(0, f"{min(months):%Y-%m}..{max(months):%Y-%m}" if months else "an empty window")
    return f"the window ({', '.join(parts)})"
