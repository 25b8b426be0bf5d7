"""`govbiz ui`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from govbiz_assets.cli.app import (
    DebugOption,
    LandingOption,
    ProfileOption,
    app,
    console,
    one_line_errors,
    read_settings,
)
from govbiz_assets.settings import PROJECT_ROOT


@app.command(epilog="Example: govbiz ui --port 3000")
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    profile: ProfileOption = None,
    landing: LandingOption = None,
    debug: DebugOption = False,
) -> None:
    """Open the Dagster web UI and its daemon on 127.0.0.1, over the same history as `govbiz run`."""
    with one_line_errors(debug):
        settings = read_settings(profile, landing)
        # The code server starts in the project's folder, so relative settings are made absolute here.
        os.environ["GOVBIZ_DATA_DIR"] = str(settings.data_folder)
        os.environ["GOVBIZ_LANDING"] = str(settings.landing_folder)
        if settings.profile.endswith((".yaml", ".yml")):
            os.environ["GOVBIZ_PROFILE"] = str(Path(settings.profile).expanduser().resolve())

        from govbiz_assets.pipeline import open_instance

        open_instance(settings).dispose()
        console.print(f"Dagster UI on http://127.0.0.1:{port}", soft_wrap=True)
        command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--workspace", str(PROJECT_ROOT / "workspace.yaml")]
        os.execv(sys.executable, command)  # noqa: S606 - the UI takes the place of this process
