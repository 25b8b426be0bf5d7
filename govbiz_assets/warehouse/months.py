"""Atomic months: a window of a table is replaced in one transaction, or left exactly as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis

from govbiz_assets.contracts.table import Rule, TableContract
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import quote_identifier, table_path
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

    Args:
        session: The open warehouse.
        contract: Table to write.
        rows: New rows of all these months, and of no others.
        months: First days of the months; ignored for a table without months, which is replaced whole.
        slice_values: Column values that narrow what is replaced, for tables that several steps write.
        is_sorted: Write in the order of the key, so that equal content gives equal files.

    Returns:
        Rows written per month; one entry under `date.min` for a table without months.

    Raises:
        StructureError: Columns or types do not fit the contract.
        RowRuleError: A row lies outside the window, repeats a key, or breaks a row rule.
    """
    check_rows(contract, rows.schema())
    if is_sorted and contract.key:
        rows = rows.order_by([name for name in contract.key if name in rows.columns])
    with session.transaction():
        session.ensure_table(contract)
        where, parameters = _slice(contract, months, slice_values or {})
        session.connection.execute(f"DELETE FROM {table_path(contract)}{where}", parameters)
        answer = session.connection.execute(f"INSERT INTO {table_path(contract)} BY NAME {session.compile(rows)}")
        inserted = (answer.fetchone() or (0,))[0]
        return _audit(session, contract, months, slice_values or {}, inserted)


def _slice(contract: TableContract, months: Sequence[date], values: Mapping[str, str]) -> tuple[str, list[object]]:
    clauses: list[str] = []
    parameters: list[object] = []
    if contract.is_monthly:
        clauses.append("month IN (SELECT unnest(?::DATE[]))")
        parameters.append(list(months))
    for name, value in values.items():
        clauses.append(f"{quote_identifier(name)} = ?")
        parameters.append(value)
    return (f" WHERE {' AND '.join(clauses)}" if clauses else ""), parameters


def _audit(
    session: Session, contract: TableContract, months: Sequence[date], values: Mapping[str, str], inserted: int
) -> dict[date, int]:
    """Counts what now stands in the window and refuses it where it is not what the contract promises."""
    stored = session.backend.table(contract.name, database=(contract.database, contract.layer))
    for name, value in values.items():
        stored = stored.filter(stored[name] == value)
    if contract.is_monthly:
        stored = stored.filter(stored.month.isin(list(months)))
    else:
        stored = stored.mutate(month=ibis.literal(date.min))
    broken = {f"rule_{i}": (~rule_holds(rule, stored)).ifelse(1, 0).sum() for i, rule in enumerate(contract.rules)}
    facts = stored.group_by("month").aggregate(row_count=stored.count(), **broken).order_by("month").to_polars()
    counts: dict[date, int] = dict(zip(facts["month"], facts["row_count"], strict=True))
    outside = inserted - sum(counts.values())
    if outside:
        raise RowRuleError(
            f"{contract.full_name}: {outside} rows lie outside the window "
            f"{min(months, default=date.min):%Y-%m}..{max(months, default=date.min):%Y-%m}; the table is unchanged"
        )
    for index, rule in enumerate(contract.rules):
        failing = int(facts[f"rule_{index}"].sum() or 0)
        if failing:
            raise RowRuleError(
                f"{contract.full_name}: {failing} rows break the rule {rule.name} "
                f"({describe_rule(rule)}); the table is unchanged"
            )
    if contract.key:
        _check_key(contract, stored, months)
    return counts


def _check_key(contract: TableContract, stored: ibis.Table, months: Sequence[date]) -> None:
    """Refuses a repeated key, month by month, so that memory does not grow with the window."""
    windows = [stored.filter(stored.month == month) for month in months] if contract.is_monthly else [stored]
    for window in windows:
        repeated = window.group_by(list(contract.key)).having(window.count() > 1).aggregate(copies=window.count())
        sample = repeated.limit(1).to_polars()
        if sample.height:
            key = ", ".join(f"{name}={sample[name][0]}" for name in contract.key)
            raise RowRuleError(
                f"{contract.full_name}: key ({key}) stands {sample['copies'][0]} times; the table is unchanged"
            )


def rule_holds(rule: Rule, rows: ibis.Table) -> ibis.ir.BooleanValue:
    """True where a row keeps the rule; null passes."""
    value = rows[rule.column]
    holds = ibis.literal(True)
    for limit, is_low in ((rule.low, True), (rule.high, False)):
        if limit is not None:
            bound = rows[limit] if isinstance(limit, str) else ibis.literal(limit)
            holds = holds & (value >= bound if is_low else value <= bound)
    if rule.values:
        holds = holds & value.isin(list(rule.values))
    return holds.fill_null(True)


def describe_rule(rule: Rule) -> str:
    """Returns the rule in words."""
    if rule.values:
        return f"{rule.column} is one of {', '.join(rule.values)}"
    parts = [str(rule.low) + " <= " if rule.low is not None else "", rule.column]
    return "".join(parts) + (f" <= {rule.high}" if rule.high is not None else "")
