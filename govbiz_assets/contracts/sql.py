"""Quoting, for the few statements that are no expression of Ibis and take no bound parameter."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """Returns the name as a SQL identifier, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: str) -> str:
    """Returns the text as a SQL literal, whatever stands in it."""
    return "'" + value.replace("'", "''") + "'"
