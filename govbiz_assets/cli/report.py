"""`govbiz report`."""

from __future__ import annotations

from typing import Annotated

import typer

from govbiz_assets.cli.app import DebugOption, ProfileOption, app, console, one_line_errors, read_settings
from govbiz_assets.contracts.month import month_name, parse_month


@app.command(epilog="Example: govbiz report --month 2025-12")
def report(
    month: Annotated[str | None, typer.Option(help="Month of the brief; the last one by default.")] = None,
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Write the monthly brief from the published tables."""
    with one_line_errors(debug):
        settings = read_settings(profile)

        from govbiz_assets.automation.sensors import published_months
        from govbiz_assets.reports.brief import write_brief

        made = published_months(settings.published_folder)
        if not made:
            raise ValueError(f"{settings.published_folder}: nothing is published yet; run: govbiz run")
        wanted = parse_month(month) if month else max(made)
        if wanted not in made:
            known = f"{month_name(min(made))}..{month_name(max(made))}"
            raise ValueError(f"month {month_name(wanted)} is not published; there are months of {known}")
        path = write_brief(settings, wanted)
        console.print(f"wrote {path}", soft_wrap=True)
