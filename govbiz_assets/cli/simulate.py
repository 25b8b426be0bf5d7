"""`govbiz simulate`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from govbiz_assets.cli.app import DebugOption, app, console, one_line_errors, read_settings
from govbiz_assets.contracts.month import month_name


@app.command(epilog="Example: govbiz simulate --customers 200 --months 12 --seed 7")
def simulate(
    customers: Annotated[int, typer.Option(min=1, help="Customers at the start.")] = 1000,
    months: Annotated[int, typer.Option(min=1, help="Months to write, from January 2024.")] = 24,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 20240101,
    debug: DebugOption = False,
) -> None:
    """Write the deliveries of a sample province into the landing folder, with the planted truth beside them."""
    from govbiz_assets.simulate import SimulationParams, simulate_province

    with one_line_errors(debug):
        landing = read_settings(profile="sample").landing_folder
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("simulating", total=months)

            def advance(month: date, records: int) -> None:
                progress.update(task, advance=1, description=f"{month_name(month)}  {records:,} records")

            summary = simulate_province(
                SimulationParams(customers=customers, months=months, seed=seed), landing, on_month=advance
            )
        console.print(
            f"wrote {sum(summary.rows.values()):,} records of {summary.customers:,} customers and "
            f"{summary.accounts:,} accounts, {len(summary.months)} months, to {landing}",
            soft_wrap=True,
        )
