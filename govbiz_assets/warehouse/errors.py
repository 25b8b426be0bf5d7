"""Errors of the engine without the values that they quote: they end in logs, alerts and Dagster's history."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import duckdb

from govbiz_assets.warehouse.engine import first_line

# Errors about rows quote a cell or a whole delivered line; errors about statements quote names, which are needed.
_ABOUT_ROWS = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException, duckdb.InternalError)
_QUOTE = re.compile("[\"']")


class EngineError(Exception):
    """The engine failed; the message quotes no value."""


def describe_error(error: duckdb.Error) -> str:
    """Returns what the engine says on one line, up to the first value that it quotes.

    What stands behind the value is left out too: values hold quotes and line breaks of their own.
    """
    line = first_line(error)
    quote = _QUOTE.search(line)
    return f"{line[: quote.start()]}'***'" if quote and isinstance(error, _ABOUT_ROWS) else line


@contextlib.contextmanager
def values_kept_out() -> Iterator[None]:
    """Raises errors of the engine again without values and without the error that quotes them.

    Raises:
        EngineError: The engine failed within the block.
    """
    try:
        yield
    except duckdb.Error as error:
        raise EngineError(
            f"the engine failed ({describe_error(error)}); values are left out of messages - find them in the "
            "delivered file, or in the raw table"
        ) from None
