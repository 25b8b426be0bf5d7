"""All commands; importing this module is what `govbiz` does."""

from __future__ import annotations

from govbiz_assets.cli.app import app


def main() -> None:
    """Runs the command line."""
    from govbiz_assets.cli import commands  # noqa: F401

    app()


if __name__ == "__main__":
    main()
