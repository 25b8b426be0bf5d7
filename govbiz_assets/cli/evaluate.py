"""`govbiz evaluate`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import DebugOption, app, console, one_line_errors

evaluate = typer.Typer(no_args_is_help=True, help="Hold what the house finds against what was planted.")
app.add_typer(evaluate, name="evaluate")


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
