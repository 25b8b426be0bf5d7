"""Comparing what arrives with what a table promises, before anything is written. Nothing is cast silently."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt

from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import TableContract


class StructureError(Exception):
    """Rows or a stored table do not have the structure that the contract promises."""


def column_type(column: Column) -> dt.DataType:
    """Returns the Ibis type of a contract column."""
    names = {
        "VARCHAR": "string",
        "BIGINT": "int64",
        "INTEGER": "int32",
        "DOUBLE": "float64",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "TIMESTAMP": "timestamp(6)",
    }
    return dt.dtype(names.get(column.dtype, column.dtype.lower()))


def is_widening(given: dt.DataType, wanted: dt.DataType) -> bool:
    """True where every value of the given type is a value of the wanted one."""
    given, wanted = given.copy(nullable=True), wanted.copy(nullable=True)
    if given == wanted or given.is_null():
        return True
    if given.is_integer() and wanted.is_integer():
        return bool(given.nbytes < wanted.nbytes)
    if given.is_integer() and wanted.is_floating():
        return bool(given.nbytes <= 4)
    if given.is_floating() and wanted.is_floating():
        return bool(given.nbytes <= wanted.nbytes)
    if given.is_timestamp() and wanted.is_timestamp():
        return bool(given.timezone == wanted.timezone and _fraction_digits(given) <= _fraction_digits(wanted))
    if given.is_decimal() and wanted.is_decimal():
        whole_given = (given.precision or 38) - (given.scale or 0)
        whole_wanted = (wanted.precision or 38) - (wanted.scale or 0)
        return bool(whole_given <= whole_wanted and (given.scale or 0) <= (wanted.scale or 0))
    return False


def _fraction_digits(given: dt.DataType) -> int:
    return 6 if given.scale is None else int(given.scale)


def check_rows(contract: TableContract, schema: ibis.Schema) -> None:
    """Refuses rows whose columns do not fit the contract.

    Raises:
        StructureError: A required column is missing, a column is unknown, or a type would have to be narrowed.
    """
    columns = {column.name: column for column in contract.columns}
    missing = sorted(contract.required - set(schema.names))
    unknown = sorted(set(schema.names) - set(columns))
    narrowed = [
        f"{name} is {given} and not {columns[name].dtype}"
        for name, given in schema.items()
        if name in columns and not is_widening(given, column_type(columns[name]))
    ]
    problems = [
        f"missing {', '.join(missing)}" if missing else "",
        f"unknown {', '.join(unknown)}" if unknown else "",
        "; ".join(narrowed),
    ]
    if any(problems):
        raise StructureError(
            f"{contract.full_name}: rows do not fit the contract ({'; '.join(filter(None, problems))}); "
            "the table is unchanged - mend the transform or the contract"
        )


def missing_columns(contract: TableContract, stored: ibis.Schema) -> list[Column]:
    """Returns the contract's columns that a stored table lacks and may be given.

    Raises:
        StructureError: A stored column has another type or is withheld by now, or a required column is missing.
    """
    exposed = sorted(contract.withheld & set(stored.names))
    if exposed:
        raise StructureError(
            f"{contract.full_name}: column {exposed[0]} can name someone by now and stands in stored rows; "
            f"take it out: govbiz maintenance --rebuild {contract.full_name}, then make all months again"
        )
    absent = []
    for column in contract.columns:
        if column.name not in stored.names:
            if column.name in contract.required:
                raise StructureError(
                    f"{contract.full_name}: the stored table lacks the required column {column.name}; "
                    "rebuild it: govbiz maintenance --rebuild " + contract.full_name
                )
            absent.append(column)
        elif stored[column.name].copy(nullable=True) != column_type(column):
            raise StructureError(
                f"{contract.full_name}: column {column.name} is stored as {stored[column.name]}, the contract says "
                f"{column.dtype}; rebuild it: govbiz maintenance --rebuild {contract.full_name}"
            )
    return absent


def changed_nulls(contract: TableContract, stored: ibis.Schema) -> tuple[list[str], list[str]]:
    """Returns the stored columns that have become required, and those that no longer are.

    A column that the contract dropped stays stored and is no longer required, so that new months can do without it.
    """
    kept = [name for name in contract.column_names if name in stored.names]
    tightened = [name for name in kept if name in contract.required and stored[name].nullable]
    relaxed = [name for name in stored.names if name not in contract.required and not stored[name].nullable]
    return tightened, relaxed
