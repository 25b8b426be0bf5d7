"""The Dagster code location."""

from govbiz_assets.build import build_defs

defs = build_defs()
