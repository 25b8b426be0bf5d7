"""The Dagster code location."""

import gc

# Garbage collection would walk through all of Dagster again and again while this loads, a fifth of the time.
gc.freeze()

from govbiz_assets.build import build_defs  # noqa: E402

defs = build_defs()
