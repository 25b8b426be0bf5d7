"""`govbiz run`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from govbiz_assets.cli.app import (
    DebugOption,
    LandingOption,
    MonthsOption,
    ProfileOption,
    app,
    console,
    error_console,
    months_or_none,
    one_line_errors,
    read_settings,
)
from govbiz_assets.cli.simulate import simulate
from govbiz_assets.settings import DEFAULT_PROFILE


@app.command(epilog="Example: govbiz run --months 2024-01..2024-06")
def run(
    months: MonthsOption = None,
    profile: ProfileOption = None,
    landing: LandingOption = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Simulate the sample province where no file is delivered.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Make every layer for the delivered months, and the later months that they reach; ends with a summary."""
    with one_line_errors(debug):
        settings = read_settings(profile, landing)

        from govbiz_assets.pipeline import RunReport, describe_slice, open_instance, run_months
        from govbiz_assets.reports.brief import write_brief
        from govbiz_assets.reports.summary import read_summary, render_summary
        from govbiz_assets.sources.errors import SourceError
        from govbiz_assets.sources.landing import landing_months
        from govbiz_assets.sources.profile import load_profile

        source_profile = load_profile(settings.profile, settings.profiles_folder)
        delivered = landing_months(source_profile, settings.landing_folder)
        if sample and not delivered and source_profile.name == DEFAULT_PROFILE:
            simulate()
            delivered = landing_months(source_profile, settings.landing_folder)
        wanted = months_or_none(months) or delivered
        if not wanted:
            raise SourceError(
                f"no delivered file of profile {source_profile.name}",
                where=str(settings.landing_folder),
                remedy=f"put the files there ({source_profile.obtain})",
            )
        report = _run_with_progress(run_months, describe_slice, settings, wanted, open_instance(settings))
        assert isinstance(report, RunReport)  # noqa: S101 - narrows the type of the injected function
        for line in report.errors:
            error_console.print(f"[bold red]error:[/] {line}".replace("[/] [", "[/] \\["), soft_wrap=True)
        for failed in report.failed_checks:
            error_console.print(
                f"[bold red]check failed:[/] {failed.table} {failed.name}: {failed.description}", soft_wrap=True
            )
        if report.errors or not report.has_finished:
            raise typer.Exit(1)
        brief = write_brief(settings, max(wanted))
        render_summary(read_summary(settings), report, brief, console)
        if not report.is_good:
            raise typer.Exit(1)


def _run_with_progress(run_months: Any, describe: Any, settings: Any, wanted: Sequence[Any], instance: Any) -> Any:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks: dict[Any, Any] = {}

        def on_event(run_slice: Any, event: Any) -> None:
            name = describe(run_slice)
            if name not in tasks:
                console.print(f"running {name}") if not console.is_terminal else None
                tasks[name] = progress.add_task(name, total=None)
            if event.is_step_start:
                progress.update(tasks[name], description=f"{name}  {event.step_key.replace('__', '.')}")
            if event.is_step_success:
                progress.advance(tasks[name])

        return run_months(settings, wanted, instance, on_event=on_event)
