"""`govbiz dictionary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import app, console, error_console, one_line_errors, read_settings
from govbiz_assets.settings import PROJECT_ROOT

DICTIONARY = PROJECT_ROOT / "docs" / "data-dictionary.md"


@app.command(epilog="Example: govbiz dictionary --check")
def dictionary(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date.")] = False,
    path: Annotated[
        Path | None, typer.Option(help="File to write: docs/data-dictionary.md, or that of the profile's data folder.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Write the dictionary of this profile, with its own channels.")
    ] = None,
) -> None:
    """Write the data dictionary from the contracts: of the standard tables, or of a profile."""
    from govbiz_assets.reports.dictionary import render_dictionary

    with one_line_errors(debug=False):
        if profile is None:
            target, text = path or DICTIONARY, render_dictionary()
        else:
            from govbiz_assets.sources.contracts import profile_contracts
            from govbiz_assets.sources.profile import load_profile

            settings = read_settings(profile)
            contracts = profile_contracts(load_profile(settings.profile, settings.profiles_folder))
            target = path or settings.data_folder / DICTIONARY.name
            text = render_dictionary(contracts.values())
        if not check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            console.print(f"wrote {target}", soft_wrap=True)
        elif not target.exists() or target.read_text(encoding="utf-8") != text:
            error_console.print(f"[bold red]error:[/] {target} is out of date; run: govbiz dictionary", soft_wrap=True)
            raise typer.Exit(1)
