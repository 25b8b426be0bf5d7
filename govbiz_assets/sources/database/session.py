"""A read-only session with a PostgreSQL database, and what its errors mean.

Neither the URL nor what the client library says about it reaches a message: errors while connecting quote hosts and
accounts, an unreadable URL is quoted with its password. They are raised anew, without a cause. Of errors of a statement
only those are quoted that name tables and columns; others may quote values.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from pydantic import SecretStr

from govbiz_assets.sources.text_file import RefusedFileError

# Moments with a zone are printed in the province's own; the reader of text knows its offset.
TIME_ZONE = "Asia/Shanghai"
_PRINTING = {
    "TimeZone": TIME_ZONE,
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
}
# A network that swallows packets ends a session after a minute; the default of Linux is two hours.
_ALIVE: dict[str, Any] = {"keepalives": 1, "keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 4}

_LOGIN = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "permission denied for database")
_NAMED_ERRORS = {
    "42P01": ("unknown_table", "correct the table or query in the profile"),
    "3F000": ("unknown_table", "correct the table or query in the profile"),
    "42703": ("missing_column", "correct the column in the profile"),
    "42501": ("no_privilege", "have SELECT granted to the account"),
    "42601": ("wrong_query", "correct the query in the profile"),
}


@dataclass(frozen=True)
class DatabaseAccess:
    """What a session needs beside the profile.

    Attributes:
        url_of: Connection URL that an environment variable holds; None where it is not set.
        connect_seconds: How long a server may take to answer.
        statement_seconds: How long a statement may take.
    """

    url_of: Callable[[str], SecretStr | None]
    connect_seconds: int = 10
    statement_seconds: int = 900


@contextmanager
def read_only_session(variable: str, access: DatabaseAccess, settings: dict[str, str]) -> Iterator[psycopg.Cursor[Any]]:
    """Opens one transaction that sees one snapshot and cannot write, and closes its session.

    Args:
        variable: Environment variable that holds the connection URL.
        access: How to reach it.
        settings: Further settings of the transaction, for example the month; values are bound.

    Raises:
        RefusedFileError: The database cannot be reached, or a statement failed.
    """
    connection = _connect(variable, access)
    failure: RefusedFileError
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        wanted = _PRINTING | {"statement_timeout": f"{access.statement_seconds}s"} | settings
        cursor = connection.cursor()
        # For the transaction only: a pool that hands sessions on hands no setting on.
        cursor.execute(
            "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS wanted(name, value)",
            [list(wanted), list(wanted.values())],
        )
        yield cursor
        return
    except psycopg.Error as error:
        failure = _statement_failure(error, access)
    finally:
        connection.close()
    raise failure from None


def _connect(variable: str, access: DatabaseAccess) -> psycopg.Connection[Any]:
    # Its warnings name host and account.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    url = access.url_of(variable)
    if url is None:
        raise RefusedFileError("no_connection", f"{variable} is not set; give it the URL of a read-only account")
    try:
        return psycopg.connect(
            url.get_secret_value(),
            connect_timeout=access.connect_seconds,
            client_encoding="utf8",
            application_name="govbiz",
            prepare_threshold=None,
            **_ALIVE,
        )
    except (psycopg.Error, ValueError) as error:
        failure = _connect_failure(error, variable, access)
    raise failure  # outside the handler: the library's error is no cause and no context of it


def _connect_failure(error: Exception, variable: str, access: DatabaseAccess) -> RefusedFileError:
    said = str(error)
    if not isinstance(error, psycopg.OperationalError):
        what = f"{variable} holds no connection URL; write postgresql://account:password@host:5432/database"
        return RefusedFileError("no_connection", what)
    if any(phrase in said for phrase in _LOGIN):
        what = "refuses the account"
    elif "does not exist" in said:
        what = "has no database or account of that name"
    elif "timeout" in said:
        what = f"did not answer within {access.connect_seconds} s"
    elif "too many clients" in said or "connection slots" in said:
        what = "has no connection left"
    else:
        what = "cannot be reached"
    return RefusedFileError("no_connection", f"the server of {variable} {what}; see that it runs and the URL is right")


def _statement_failure(error: psycopg.Error, access: DatabaseAccess) -> RefusedFileError:
    state = error.sqlstate or ""
    if state in _NAMED_ERRORS:
        rule, remedy = _NAMED_ERRORS[state]
        return RefusedFileError(rule, f"{' '.join((error.diag.message_primary or '').split())}; {remedy}")
    if state == "57014":
        reason = (
            f"the statement was cancelled (its limit is {access.statement_seconds} s); index the month's column, or "
            "raise GOVBIZ_DATABASE_STATEMENT_SECONDS"
        )
        return RefusedFileError("statement_timeout", reason)
    if state == "25006":
        return RefusedFileError(
            "not_read_only", "the query writes, and sessions only read; deliver one that only reads"
        )
    if not state or state[:2] in ("08", "57", "40", "53"):
        return RefusedFileError("connection_lost", f"the server ended the reading ({state or 'no answer'}); run again")
    # The library's name of the state, for example InvalidTextRepresentation; its text would quote a value.
    reason = f"the query fails ({type(error).__name__}, SQLSTATE {state}); correct it in the profile"
    return RefusedFileError("wrong_query", reason)
