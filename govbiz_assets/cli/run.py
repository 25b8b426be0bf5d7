"""`govbiz run`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from govbiz_assets.cli.app import (
    DebugOption,
    LandingOption,
    MonthsOption,
    ProfileOption,
    app,
    console,
    error_console,
    escape_markup,
    months_or_none,
    one_line_errors,
    read_settings,
)
from govbiz_assets.cli.simulate import simulate
from govbiz_assets.contracts.month import month_name
from govbiz_assets.settings import DEFAULT_PROFILE, Settings

if TYPE_CHECKING:
    from govbiz_assets.pipeline import RunReport
    from govbiz_assets.sources.profile_model import Profile

_NAME_MONTHS = ", or name months with --months: databases are only asked when a month is made"


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

        from govbiz_assets.reports.brief import write_brief
        from govbiz_assets.reports.summary import read_summary, render_summary
        from govbiz_assets.sources.landing import landing_months
        from govbiz_assets.sources.profile import load_profile

        source_profile = load_profile(settings.profile, settings.profiles_folder)
        delivered = landing_months(source_profile, settings.landing_folder)
        if sample and not delivered and source_profile.name == DEFAULT_PROFILE:
            simulate()
            delivered = landing_months(source_profile, settings.landing_folder)
        wanted = _wanted_months(settings, source_profile, months_or_none(months), delivered)
        report = _run_with_progress(settings, source_profile, wanted)
        for line in report.errors:
            error_console.print(f"[bold red]error:[/] {escape_markup(line)}", soft_wrap=True)
        for failed in report.checks.failed:
            text = escape_markup(f"{failed.table} {failed.name}: {failed.description}")
            error_console.print(f"[bold red]check failed:[/] {text}", soft_wrap=True)
        for warned in report.checks.warnings:
            text = escape_markup(f"{warned.table} {warned.name}: {warned.description}")
            error_console.print(f"[bold yellow]warning:[/] {text}", soft_wrap=True)
        if report.errors or not report.has_finished:
            raise typer.Exit(1)
        brief = write_brief(settings, max(wanted))
        render_summary(read_summary(settings), report, brief, console)
        if not report.is_good:
            raise typer.Exit(1)


def _wanted_months(
    settings: Settings, profile: Profile, asked: Sequence[date] | None, delivered: Collection[date]
) -> list[date]:
    """Returns the months to make.

    Raises:
        SourceError: Nothing is delivered for them, or a month cannot be made.
    """
    from govbiz_assets.partitions import monthly_partitions
    from govbiz_assets.sources.errors import SourceError

    partitions = monthly_partitions(profile.months.first, profile.months.last)
    wanted = list(asked or delivered)
    if not wanted:
        raise SourceError(
            f"no delivered file of profile {profile.name}",
            where=str(settings.landing_folder),
            remedy=f"put the files there ({profile.obtain}){_NAME_MONTHS if profile.database_channels else ''}",
        )
    possible = [month for month in wanted if partitions.has_partition_key(month_name(month))]
    if asked is None and possible:
        return possible  # the month that lasts may be delivered in part already
    for month in wanted:
        if month not in possible:
            raise SourceError(
                f"month {month_name(month)} is not over yet, or outside profile {profile.name}",
                where="--months" if asked else str(settings.landing_folder),
                remedy=f"its months are {partitions.get_first_partition_key()}..{partitions.get_last_partition_key()}",
            )
        if month not in delivered and not profile.database_channels:
            raise SourceError(
                f"no delivered file for month {month_name(month)}",
                where=str(settings.landing_folder),
                remedy="see what is there with: govbiz months",
            )
    return possible


def _run_with_progress(settings: Settings, profile: Profile, wanted: Sequence[date]) -> RunReport:
    from govbiz_assets.cli.progress import RunProgress
    from govbiz_assets.pipeline import open_instance, run_months

    channels = tuple(profile.known_channels.values())
    with open_instance(settings) as instance, RunProgress(console, channels) as progress:
        return run_months(
            settings,
            wanted,
            instance,
            on_plan=progress.on_plan,
            on_event=progress.on_event,
            on_message=progress.on_message,
        )
