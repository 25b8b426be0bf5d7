"""`govbiz evaluate`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import DebugOption, app, console, one_line_errors, read_settings

evaluate = typer.Typer(no_args_is_help=True, help="Hold what the house finds against what was planted.")
app.add_typer(evaluate, name="evaluate")


@evaluate.callback()
def evaluate_commands() -> None:
    """Hold what the house finds against what was planted."""


@evaluate.command(epilog="Example: govbiz evaluate identity --records 20000 --seed 7")
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


@evaluate.command(epilog="Example: govbiz evaluate quality --customers 120 --seed 11")
def quality(
    customers: Annotated[int, typer.Option(min=100, help="Customers of the simulated province.")] = 120,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation.")] = 11,
    debug: DebugOption = False,
) -> None:
    """Plant defects in the files of a clean province and show how many of them the quality rules find."""
    with one_line_errors(debug), tempfile.TemporaryDirectory(prefix="govbiz-quality-") as folder:
        from govbiz_assets.reports.quality_evaluation import evaluate_quality, render_scores

        scores = evaluate_quality(Path(folder), customers=customers, seed=seed)
        render_scores(scores, console)
        if not all(score.is_good for score in scores):
            raise typer.Exit(1)
