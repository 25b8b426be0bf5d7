"""What a contract promises of its rows, looked for in the stored table: row rules hold, and no key is repeated.

In plain SQL: the few questions are asked some hundred times in a run, and compiling them took 2 of its 28 CPU s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from govbiz_assets.contracts.sql import quote_identifier
from govbiz_assets.contracts.table import Rule, TableContract
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import table_path

KEYS_AT_ONCE = 3_000_000


def window_clause(
    contract: TableContract, months: Sequence[date], slice_values: Mapping[str, str]
) -> tuple[str, list[object]]:
    """Returns the WHERE clause of some months, narrowed by column values, and its parameters."""
    clauses: list[str] = []
    parameters: list[object] = []
    if contract.is_monthly:
        clauses.append("month IN (SELECT unnest(?::DATE[]))")
        parameters.append(list(months))
    for name, value in slice_values.items():
        clauses.append(f"{quote_identifier(name)} = ?")
        parameters.append(value)
    return (f" WHERE {' AND '.join(clauses)}" if clauses else ""), parameters


def count_rows(
    session: Session, contract: TableContract, months: Sequence[date], slice_values: Mapping[str, str]
) -> dict[date, int]:
    """Returns the rows of each month that has any; those of a table without months under `date.min`."""
    where, parameters = window_clause(contract, months, slice_values)
    query = f"SELECT {_month(contract)}, count(*) FROM {table_path(contract)}{where} GROUP BY 1"
    return dict(session.connection.execute(query, parameters).fetchall())


def count_broken(
    session: Session, contract: TableContract, months: Sequence[date], slice_values: Mapping[str, str]
) -> dict[date, list[int]]:
    """Returns for each month that has rows how many break each rule; null passes.

    The counts stand in the order of the contract's rules; those of a table without months under `date.min`.
    """
    broken = [_breaks(rule) for rule in contract.rules]
    where, parameters = window_clause(contract, months, slice_values)
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition, _ in broken)
    query = f"SELECT {_month(contract)}, {counts} FROM {table_path(contract)}{where} GROUP BY 1"
    bounds = [bound for _, bounds in broken for bound in bounds]
    rows = session.connection.execute(query, [*bounds, *parameters]).fetchall()
    return {month: list(counts) for month, *counts in rows}


def find_repeated_key(
    session: Session, contract: TableContract, months: Sequence[date], slice_values: Mapping[str, str], row_count: int
) -> tuple[dict[str, object], int] | None:
    """Returns a key that stands more than once in its month, and how often it does.

    Args:
        session: The open warehouse.
        contract: Table with a key.
        months: Months of the window.
        slice_values: Column values that narrow the window.
        row_count: Rows of the window.
    """
    for query, parameters in _repeated_keys(session, contract, months, slice_values, row_count):
        found = session.connection.execute(f"{query} LIMIT 1", parameters).fetchone()
        if found:
            copies, *values = found
            return dict(zip(_key_within_month(contract), values, strict=True)), copies
    return None


def count_violations(session: Session, contract: TableContract, months: Sequence[date]) -> dict[date, int]:
    """Returns for each month that has rows how many break a rule, plus those that repeat a key.

    Those of a table without months stand under `date.min`.
    """
    session.ensure_table(contract)
    rows = count_rows(session, contract, months, {})
    violations = dict.fromkeys(rows, 0)
    if contract.rules:
        violations |= {month: sum(broken) for month, broken in count_broken(session, contract, months, {}).items()}
    if contract.key:
        for query, parameters in _repeated_keys(session, contract, months, {}, sum(rows.values())):
            surplus = f"SELECT {_month(contract)}, sum(copies - 1)::BIGINT FROM ({query}) AS keys GROUP BY 1"
            for month, repeated in session.connection.execute(surplus, parameters).fetchall():
                violations[month] += repeated
    return violations


def _repeated_keys(
    session: Session, contract: TableContract, months: Sequence[date], slice_values: Mapping[str, str], row_count: int
) -> Iterator[tuple[str, list[object]]]:
    """Yields the queries, with parameters, that find `copies` and key of what stands more than once in its month.

    A large window is looked at month by month, so that memory does not grow with it; what has no suspect is left out.
    """
    is_large = contract.is_monthly and row_count > KEYS_AT_ONCE
    key = _key_within_month(contract)
    columns = ", ".join(map(quote_identifier, key))
    for window in [[month] for month in months] if is_large else [months]:
        where, parameters = window_clause(contract, window, slice_values)
        rows = f"{table_path(contract)}{where}"
        if suspects := _suspects(contract, key, rows):
            if session.connection.execute(f"{suspects} LIMIT 1", parameters).fetchone() is None:
                continue
            groups = ", ".join(map(quote_identifier, key[:-1]))
            rows = f"(SELECT * FROM {rows}) AS stored SEMI JOIN ({suspects}) AS suspects USING ({groups})"
            parameters = [*parameters, *parameters]
        yield f"SELECT count(*) AS copies, {columns} FROM {rows} GROUP BY {columns} HAVING count(*) > 1", parameters


def _month(contract: TableContract) -> str:
    """Returns what groups the rows of a table: their month, or `date.min` for all of a table without months."""
    return "month" if contract.is_monthly else f"DATE '{date.min}'"


def _key_within_month(contract: TableContract) -> tuple[str, ...]:
    """Returns the columns that no two rows share: the key, which may stand once in each month."""
    return tuple(dict.fromkeys(("month", *contract.key))) if contract.is_monthly else contract.key


def _suspects(contract: TableContract, key: Sequence[str], rows: str) -> str | None:
    """Returns the query of those who have some day twice, where the key is somebody and a day; None where it is not.

    Days of the month are summed as bits: the sum is their union exactly where no day stands twice. That takes a group
    per account instead of one per reading: 0.1 s instead of 0.7 s for 3 million readings.
    """
    *others, last = key
    dtypes = {column.name: column.dtype for column in contract.columns}
    if not others or last == "month" or dtypes[last] != "DATE":
        return None
    groups = ", ".join(map(quote_identifier, others))
    bit = f"(1::BIGINT << day({quote_identifier(last)}))"
    return f"SELECT {groups} FROM {rows} GROUP BY {groups} HAVING sum({bit}) <> bit_or({bit})"


def _breaks(rule: Rule) -> tuple[str, list[object]]:
    """Returns the condition under which a row breaks the rule, and its parameters."""
    column = quote_identifier(rule.column)
    kept: list[str] = []
    parameters: list[object] = []
    for bound, sign in ((rule.low, ">="), (rule.high, "<=")):
        if isinstance(bound, str):
            kept.append(f"{column} {sign} {quote_identifier(bound)}")
        elif bound is not None:
            kept.append(f"{column} {sign} ?")
            parameters.append(bound)
    if rule.values:
        kept.append(f"{column} IN (SELECT unnest(?::VARCHAR[]))")
        parameters.append(list(rule.values))
    return f"NOT coalesce({' AND '.join(kept)}, true)", parameters
