"""`govbiz maintenance`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from govbiz_assets.cli.app import DebugOption, ProfileOption, app, console, one_line_errors, read_settings


@app.command(epilog="Example: govbiz maintenance --keep-days 90")
def maintenance(
    keep_days: Annotated[int, typer.Option(min=0, help="Finished Dagster runs that began earlier are forgotten.")] = 90,
    rebuild: Annotated[str | None, typer.Option(help="Drop this table (layer.table), to be made again.")] = None,
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Forget old runs and their event logs, and write the database files anew without their holes."""
    with one_line_errors(debug):
        settings = read_settings(profile)

        from govbiz_assets.maintenance import compact_databases, drop_table, prune_runs
        from govbiz_assets.pipeline import open_instance

        if rebuild:
            drop_table(settings, rebuild)
            console.print(f"dropped {rebuild}; make its months again with: govbiz run")
            return
        with open_instance(settings) as instance:
            pruned = prune_runs(instance, datetime.now(UTC) - timedelta(days=keep_days))
        console.print(f"forgot {pruned} runs")
        for name, before, after in compact_databases(settings):
            console.print(f"{name}: {before / 1e6:,.1f} MB -> {after / 1e6:,.1f} MB")
