"""`govbiz vault rotate-key`."""

from __future__ import annotations

import typer

from govbiz_assets.cli.app import (
    DebugOption,
    ProfileOption,
    app,
    console,
    escape_markup,
    one_line_errors,
    read_settings,
)

vault_app = typer.Typer(help="Look after the encrypted vault.", no_args_is_help=True)
app.add_typer(vault_app, name="vault")


@vault_app.callback()
def vault() -> None:
    """Look after the encrypted vault."""


@vault_app.command(epilog="Example: govbiz vault rotate-key")
def rotate_key(profile: ProfileOption = None, debug: DebugOption = False) -> None:
    """Encrypt the vault with a new key: that of GOVBIZ_VAULT_NEW_KEY, else a random one in the key file."""
    with one_line_errors(debug):
        settings = read_settings(profile)

        from govbiz_assets.maintenance import rotate_vault_key

        rotate_vault_key(settings, lambda text: console.print(escape_markup(text), soft_wrap=True))
