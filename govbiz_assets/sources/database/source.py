"""How a profile says where a channel lies in a database: the variable with the connection URL, and a month's rows.

The URL itself never stands in a profile: profiles are shared, shown and kept under version control.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from govbiz_assets.sources.database.query import month_parameters

MonthStyle = Literal["date", "yyyymm", "yyyy-mm"]

_VARIABLE = re.compile(r"GOVBIZ_DB_[A-Z0-9_]+")
_NAME = re.compile(r"[^.\s]+(\.[^.\s]+)?")
_REMEDY = "put the URL into an environment variable such as GOVBIZ_DB_BILLING and write its name under url_env"
_SECRET_KEYS = ("url", "dsn", "host", "user", "password")


def _check_variable(name: str) -> str:
    # What stands there instead may be the URL with its password, so it is not repeated.
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"is no name of a variable GOVBIZ_DB_...; {_REMEDY}")
    return name


def _check_mapping(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"is one text; write url_env, and table or query, below it; {_REMEDY}")
    if isinstance(value, dict) and (given := [key for key in _SECRET_KEYS if key in value]):
        raise ValueError(f"a profile holds no {given[0]}; {_REMEDY}")
    return value


class DatabaseSource(BaseModel):
    """Where a channel lies in a PostgreSQL database.

    Attributes:
        url_env: Environment variable that holds the connection URL of a read-only account.
        table: Table or view as `schema.name`, instead of `query`.
        month_column: Column of the table that says a row's month.
        month_style: `date` where that column is a date or moment; `yyyymm` (202401) or `yyyy-mm` (2024-01) where it is
            text or a number.
        query: One SELECT with `:month_start` and `:month_end`, the first days of the month and of the next.
        updated_column: Date or moment of a row's last change; its latest in the month is the month's `loaded_at`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url_env: Annotated[str, AfterValidator(_check_variable)]
    table: str | None = None
    month_column: str | None = None
    month_style: MonthStyle = "date"
    query: str | None = None
    updated_column: str | None = None

    @model_validator(mode="after")
    def _check_meaning(self) -> DatabaseSource:
        if (self.table is None) == (self.query is None):
            raise ValueError("names table and query, or neither; keep one: table with month_column, or query")
        if self.query is not None:
            if self.month_column is not None or self.month_style != "date":
                raise ValueError(
                    "month_column and month_style go with table; a query names :month_start and :month_end"
                )
            month_parameters(self.query)
        elif self.table is not None:
            if not _NAME.fullmatch(self.table):
                raise ValueError(f"table {self.table!r} is no name; write schema.name")
            if self.month_column is None:
                raise ValueError("month_column is missing; name the column that says a row's month, or write a query")
        return self


DatabaseEntry = Annotated[DatabaseSource, BeforeValidator(_check_mapping)]
