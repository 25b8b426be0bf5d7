"""`govbiz sources check`."""

from __future__ import annotations

import typer

from govbiz_assets.cli.app import (
    DebugOption,
    LandingOption,
    MonthsOption,
    ProfileOption,
    app,
    console,
    months_or_none,
    one_line_errors,
    read_settings,
)

sources_app = typer.Typer(help="Look at delivered files before they are loaded.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")


@sources_app.callback()
def sources() -> None:
    """Look at delivered files before they are loaded."""


@sources_app.command(epilog="Example: govbiz sources check --profile tianchi --landing ../shared/data/tianchi")
def check(
    profile: ProfileOption = None,
    landing: LandingOption = None,
    months: MonthsOption = None,
    debug: DebugOption = False,
) -> None:
    """Show how files, and samples of databases, would be read: mapping, first rows, problems. Writes nothing."""
    from govbiz_assets.settings import database_url
    from govbiz_assets.sources.check import check_sources, render_report
    from govbiz_assets.sources.profile import load_profile

    with one_line_errors(debug):
        settings = read_settings(profile, landing)
        source_profile = load_profile(settings.profile, settings.profiles_folder)
        access = None
        if source_profile.database_channels:
            from govbiz_assets.sources.database.session import DatabaseAccess

            access = DatabaseAccess(
                database_url, settings.database_connect_seconds, settings.database_statement_seconds
            )
        report = check_sources(source_profile, settings.landing_folder, months_or_none(months), access)
        render_report(report, console)
        if report.has_errors:
            raise typer.Exit(1)
