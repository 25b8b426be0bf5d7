"""`govbiz dictionary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import app, console, error_console
from govbiz_assets.settings import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"


@app.command(epilog="Example: govbiz dictionary --check")
def dictionary(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the files are up to date.")] = False,
    folder: Annotated[Path, typer.Option(help="Folder to write to.")] = DOCS,
) -> None:
    """Write the data dictionary and the list of quality rules from the contracts."""
    from govbiz_assets.reports.dictionary import render_dictionary
    from govbiz_assets.reports.quality_rules import render_quality_rules

    stale = []
    for path, text in (
        (folder / "data-dictionary.md", render_dictionary()),
        (folder / "quality-rules.md", render_quality_rules()),
    ):
        if not check:
            path.write_text(text, encoding="utf-8")
            console.print(f"wrote {path}", soft_wrap=True)
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path))
    if stale:
        listed = " and ".join(stale)
        error_console.print(f"[bold red]error:[/] {listed} is out of date; run: govbiz dictionary", soft_wrap=True)
        raise typer.Exit(1)
