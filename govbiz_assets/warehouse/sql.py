"""Quoting for the few statements that no Ibis expression can say: DDL, DELETE, INSERT, COPY, ATTACH."""

from __future__ import annotations

from govbiz_assets.contracts.table import TableContract


def quote_identifier(name: str) -> str:
    """Returns the name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: str) -> str:
    """Returns the text as a SQL literal, for statements that take no bound parameter."""
    return "'" + value.replace("'", "''") + "'"


def quote_glob(folder: str, pattern: str) -> str:
    """Returns a literal for the files of a folder that match a pattern; the folder's own name is taken as it is."""
    escaped = "".join(f"[{character}]" if character in "*?[" else character for character in folder)
    return quote_literal(f"{escaped}/{pattern}")


def table_path(contract: TableContract) -> str:
    """Returns the quoted database, schema and table of a contract."""
    return ".".join(quote_identifier(part) for part in (contract.database, contract.layer, contract.name))
