"""`govbiz identity review` and `govbiz evaluate identity`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import DebugOption, ProfileOption, app, console, one_line_errors, read_settings
from govbiz_assets.contracts.month import parse_month

identity_app = typer.Typer(help="Which customer numbers are one organisation.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Measure a part of the house against planted truth.", no_args_is_help=True)
app.add_typer(identity_app, name="identity")
app.add_typer(evaluate_app, name="evaluate")


@identity_app.callback()
def identity_commands() -> None:
    """Which customer numbers are one organisation."""


@evaluate_app.callback()
def evaluate_commands() -> None:
    """Measure a part of the house against planted truth."""


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


@evaluate_app.command(epilog="Example: govbiz evaluate identity --records 20000 --seed 7")
def identity(
    records: Annotated[int, typer.Option(min=2, help="Source records to simulate.")] = 20_000,
    duplicates: Annotated[float, typer.Option(min=0, max=0.9, help="Share that repeats an organisation.")] = 0.12,
    seed: Annotated[int, typer.Option(help="Seed of the records.")] = 20240101,
    debug: DebugOption = False,
) -> None:
    """Resolve simulated source records of three systems and print precision and recall against the planted truth."""
    with one_line_errors(debug):
        from govbiz_assets.reports.identity_quality import evaluate_identity, render_identity_quality

        divisions = read_settings().seeds / "reference" / "division.csv"
        render_identity_quality(evaluate_identity(records, duplicates, seed, divisions), console)
