"""The command line application and how it speaks of errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from govbiz_assets.contracts.month import parse_months
from govbiz_assets.settings import Settings

console = Console(highlight=False)
error_console = Console(stderr=True, highlight=False)

app = typer.Typer(
    name="govbiz",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Customer analytics for a utility's government-and-enterprise department.",
    epilog="Example: govbiz simulate && govbiz run",
)

ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Source profile: a shipped name or a YAML file. [GOVBIZ_PROFILE]")
]
LandingOption = Annotated[str | None, typer.Option("--landing", help="Folder of the delivered files. [GOVBIZ_LANDING]")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
MonthsOption = Annotated[
    str | None, typer.Option("--months", help="Months, for example 2024-03 or 2024-01..2024-06,2024-09.")
]


def read_settings(profile: str | None = None, landing: str | None = None) -> Settings:
    """Returns the settings of the environment, overridden by options, and exports them for child processes."""
    for name, value in (("GOVBIZ_PROFILE", profile), ("GOVBIZ_LANDING", landing)):
        if value:
            os.environ[name] = value
    return Settings()


def months_or_none(text: str | None) -> list[date] | None:
    """Returns the months of an option."""
    return parse_months(text) if text else None


@contextmanager
def one_line_errors(debug: bool) -> Iterator[None]:
    """Turns an error into one line on stderr and exit code 1; with debug the traceback comes first."""
    try:
        yield
    except (typer.Exit, typer.Abort, KeyboardInterrupt):
        raise
    except Exception as error:
        if debug:
            error_console.print_exception()
        error_console.print(f"[bold red]error:[/] {_line(error)}", soft_wrap=True)
        sys.exit(1)


def escape_markup(text: str) -> str:
    """Returns text whose square brackets are no markup."""
    return text.replace("[", r"\[")


def _line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        # A setting is known to the reader by its variable.
        name = f"{Settings.model_config['env_prefix']}{where.upper()}" if error.title == "Settings" else where
        text = f"{name}: {first['msg']}"
    else:
        text = str(error) or type(error).__name__
    return escape_markup(" ".join(text.split()))
