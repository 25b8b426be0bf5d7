"""`govbiz dictionary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import app, console, error_console, one_line_errors, read_settings
from govbiz_assets.settings import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
DICTIONARY, QUALITY_RULES, PROFILES = "data-dictionary.md", "quality-rules.md", "profiles.md"


@app.command(epilog="Example: govbiz dictionary --check")
def dictionary(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the files are up to date.")] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Folder to write to: docs/, or the data folder of the profile.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Write the dictionary of this profile, with its own channels.")
    ] = None,
) -> None:
    """Write the data dictionary, the quality rules and what a profile may say, or the dictionary of a profile."""
    stale = []
    with one_line_errors(debug=False):
        for target, text in _pages(profile, folder):
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
                console.print(f"wrote {target}", soft_wrap=True)
            elif not target.exists() or target.read_text(encoding="utf-8") != text:
                stale.append(str(target))
    if stale:
        listed = ", ".join(stale)
        error_console.print(f"[bold red]error:[/] out of date: {listed}; run: govbiz dictionary", soft_wrap=True)
        raise typer.Exit(1)


def _pages(profile: str | None, folder: Path | None) -> list[tuple[Path, str]]:
    from govbiz_assets.reports.dictionary import render_dictionary
    from govbiz_assets.reports.profile_page import render_profile_page
    from govbiz_assets.reports.quality_rules import render_quality_rules

    if profile is None:
        texts = {
            DICTIONARY: render_dictionary(),
            QUALITY_RULES: render_quality_rules(),
            PROFILES: render_profile_page(),
        }
        return [((folder or DOCS) / name, text) for name, text in texts.items()]
    from govbiz_assets.sources.contracts import profile_contracts
    from govbiz_assets.sources.profile import load_profile

    settings = read_settings(profile)
    contracts = profile_contracts(load_profile(settings.profile, settings.profiles_folder))
    return [((folder or settings.data_folder) / DICTIONARY, render_dictionary(contracts.values()))]
