"""The shape of a column and the dictionary that holds each column exactly once.

The dictionary itself is spread over `columns_*.py` by subject; a name that is declared twice is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Sensitivity = Literal["public", "internal", "identifying"]


@dataclass(frozen=True)
class Column:
    """One column of the house.

    Attributes:
        name: The same quantity in the same unit has this name in every table.
        dtype: DuckDB type, for example `DECIMAL(18,3)`.
        meaning: One sentence for the data dictionary and the column comment.
        unit: Unit of the value, empty for text, dates and flags.
        sensitivity: `identifying` columns may only stand in tables of the vault.
    """

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    sensitivity: Sensitivity = "internal"

    @property
    def is_number(self) -> bool:
        """True for integers, decimals and floating point numbers."""
        return self.dtype in {"DOUBLE", "BIGINT", "INTEGER"} or self.dtype.startswith("DECIMAL")


def text(name: str, meaning: str, sensitivity: Sensitivity = "internal") -> Column:
    """A text or code column."""
    return Column(name, "VARCHAR", meaning, "", sensitivity)


def date(name: str, meaning: str) -> Column:
    """A calendar date, local time of the province."""
    return Column(name, "DATE", meaning)


def timestamp(name: str, meaning: str) -> Column:
    """A moment, local time of the province unless the meaning says UTC."""
    return Column(name, "TIMESTAMP", meaning)


def flag(name: str, meaning: str) -> Column:
    """A yes/no column; its name starts with `is_` or `has_`."""
    return Column(name, "BOOLEAN", meaning)


def count(name: str, meaning: str, unit: str = "count") -> Column:
    """A whole number."""
    return Column(name, "BIGINT", meaning, unit)


def energy(name: str, meaning: str) -> Column:
    """Active energy in kWh. Decimal, so that sums are exact and do not depend on the order of rows."""
    return Column(name, "DECIMAL(18,3)", meaning, "kWh")


def money(name: str, meaning: str) -> Column:
    """An amount in CNY, to the fen."""
    return Column(name, "DECIMAL(18,2)", meaning, "CNY")


def number(name: str, meaning: str, unit: str) -> Column:
    """A measured or derived real number."""
    return Column(name, "DOUBLE", meaning, unit)


def ratio(name: str, meaning: str) -> Column:
    """A share of a whole, 0..1 unless the meaning says otherwise."""
    return Column(name, "DOUBLE", meaning, "ratio")


def index_columns(*groups: Iterable[Column]) -> dict[str, Column]:
    """Joins column groups into one dictionary.

    Raises:
        ValueError: A column name is declared twice.
    """
    columns: dict[str, Column] = {}
    for group in groups:
        for column in group:
            if column.name in columns:
                raise ValueError(f"column {column.name!r} is declared twice; keep one meaning per name")
            columns[column.name] = column
    return columns
