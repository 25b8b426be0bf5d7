"""`govbiz dictionary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import app, console, error_console
from govbiz_assets.settings import PROJECT_ROOT

DICTIONARY = PROJECT_ROOT / "docs" / "data-dictionary.md"


@app.command(epilog="Example: govbiz dictionary --check")
def dictionary(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date.")] = False,
    path: Annotated[Path, typer.Option(help="File to write.")] = DICTIONARY,
) -> None:
    """Write the data dictionary from the contracts."""
    from govbiz_assets.reports.dictionary import render_dictionary

    text = render_dictionary()
    if not check:
        path.write_text(text, encoding="utf-8")
        console.print(f"wrote {path}", soft_wrap=True)
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        error_console.print(f"[bold red]error:[/] {path} is out of date; run: govbiz dictionary", soft_wrap=True)
        raise typer.Exit(1)
