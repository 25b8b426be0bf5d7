"""`govbiz months`."""

from __future__ import annotations

from rich.table import Table

from govbiz_assets.cli.app import (
    DebugOption,
    LandingOption,
    ProfileOption,
    app,
    console,
    one_line_errors,
    read_settings,
)
from govbiz_assets.contracts.month import month_name


@app.command(epilog="Example: govbiz months")
def months(profile: ProfileOption = None, landing: LandingOption = None, debug: DebugOption = False) -> None:
    """List the months: what is delivered, what is missing, what was made, and which made months fail a check."""
    with one_line_errors(debug):
        settings = read_settings(profile, landing)

        from govbiz_assets.automation.sensors import published_months
        from govbiz_assets.reports.summary import failures_by_month
        from govbiz_assets.sources.landing import landing_months, missing_channels
        from govbiz_assets.sources.profile import load_profile

        source_profile = load_profile(settings.profile, settings.profiles_folder)
        delivered = landing_months(source_profile, settings.landing_folder)
        made = published_months(settings.published_folder)
        missing: dict[object, list[str]] = {}
        for month, channel in missing_channels(source_profile, settings.landing_folder, delivered):
            missing.setdefault(month, []).append(channel)
        failures = failures_by_month(settings)
        table = Table("month", "delivered", "missing", "made", "failed checks", "warnings")
        for month in sorted({*delivered, *made}):
            failed, warned = failures.get(month, (0, 0))
            table.add_row(
                month_name(month),
                "yes" if month in delivered else "no",
                ", ".join(missing.get(month, [])) or "-",
                "yes" if month in made else "no",
                str(failed) if month in made else "-",
                str(warned) if month in made else "-",
            )
        console.print(table)
