"""The SQL of a month: names are quoted, and the month reaches the server as bound settings of the transaction.

`COPY` takes no parameters, so `:month_start` becomes `current_setting('govbiz.month_start')`, which the session has set
with a bound value before. The planner folds it like a parameter: an index on the month's column is used.
"""

from __future__ import annotations

import re

from govbiz_assets.contracts.sql import quote_identifier

# Texts, quoted names, comments, dollar quotes and casts are passed over; what is left is a parameter.
_TOKENS = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | :: | :(?P<name>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
PARAMETERS = ("month_start", "month_end")


def month_parameters(query: str) -> set[str]:
    """Names of the month parameters of a query.

    Raises:
        ValueError: There is none, so that every month would read the same rows, or one that is not known.
    """
    names = {match["name"] for match in _TOKENS.finditer(query) if match["name"]}
    if unknown := sorted(names - set(PARAMETERS)):
        raise ValueError(f"query has an unknown parameter :{unknown[0]}; only :month_start and :month_end are given")
    if not names:
        raise ValueError("query has no month; compare a date with :month_start and :month_end (first day of the next)")
    return names


def setting(name: str, dtype: str) -> str:
    """A bound setting of the transaction (`set_config`) as a value of a type that PostgreSQL named itself."""
    return f"CAST(current_setting('govbiz.{name}') AS {dtype})"


def query_relation(query: str) -> str:
    """A profile's query with its parameters in place."""

    def value(match: re.Match[str]) -> str:
        return setting(match["name"], "date") if match["name"] else match[0]

    return _TOKENS.sub(value, query).rstrip().rstrip(";")


def table_relation(table: str) -> str:
    """All rows of a table `schema.name`."""
    return "SELECT * FROM " + ".".join(quote_identifier(part) for part in table.split("."))  # noqa: S608 - quoted


def describing(relation: str) -> str:
    """A statement that returns the relation's columns and no row."""
    # The line end closes a comment that the query may end with.
    return f"SELECT * FROM (\n{relation}\n) AS delivered LIMIT 0"  # noqa: S608 - the query is the profile's


def month_condition(position: int, dtype: str, style: str) -> str:
    """Condition on the column at a position (from 0) of a PostgreSQL type."""
    if style == "date":
        first, end = setting("month_start", dtype), setting("month_end", dtype)
        return f"c{position} >= {first} AND c{position} < {end}"
    return f"c{position} = {setting(style.replace('-', '_'), dtype)}"


def copying(relation: str, width: int, condition: str | None, updated: int | None, limit: int | None) -> str:
    """The COPY statement of a month: every column as the text that PostgreSQL prints, in one order.

    A table has no order of rows. Records are put in that of the column of the last change, where there is one, then of
    every column from left to right as text by its bytes; rows that are equal in all of them are the same.

    Args:
        relation: All rows, or a query that picks the month's.
        width: Number of its columns.
        condition: Condition that picks the month's rows.
        updated: Position of the column of the last change, from 0.
        limit: Number of rows of a sample, which is in no order.
    """
    places = range(width)
    columns = ", ".join(f'CAST(c{i} AS text) COLLATE "C" AS t{i}' for i in places)
    order = [*([f"c{updated} NULLS FIRST"] if updated is not None else []), *(f"t{i}" for i in places)]
    names = ", ".join(f"c{i}" for i in places)
    text = f"SELECT {columns} FROM (\n{relation}\n) AS delivered({names})"  # noqa: S608 - names are ours
    text += f" WHERE {condition}" if condition else ""
    text += f" ORDER BY {', '.join(order)}" if limit is None else f" LIMIT {limit:d}"
    return f"COPY ({text}) TO STDOUT (FORMAT csv)"
