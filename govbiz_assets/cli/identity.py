"""`govbiz identity review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import DebugOption, ProfileOption, app, console, one_line_errors, read_settings
from govbiz_assets.contracts.month import parse_month

identity_app = typer.Typer(help="Which customer numbers are one organisation.", no_args_is_help=True)
app.add_typer(identity_app, name="identity")


@identity_app.callback()
def identity_commands() -> None:
    """Which customer numbers are one organisation."""


@identity_app.command(epilog="Example: govbiz identity review --month 2024-03 --out review.xlsx")
def review(
    month: Annotated[str, typer.Option(help="Month whose list is wanted.")],
    out: Annotated[Path, typer.Option(help="Workbook to write; it names customers.")],
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Write the pairs that a person should decide; filled in, the workbook is delivered as channel decision."""
    with one_line_errors(debug):
        from govbiz_assets.build import build_warehouse
        from govbiz_assets.reports.identity_review import write_review

        with build_warehouse(read_settings(profile)).open("govbiz identity review") as session:
            count = write_review(session, parse_month(month), out)
        console.print(
            f"wrote {count:,} pairs to {out}; it names customers: show it to those who may see them", soft_wrap=True
        )
