"""The Dagster code location."""

import gc

# Garbage collection would walk through all of Dagster again and again while this loads, and through what it has loaded
# afterwards: a fifth of the time.
gc.disable()
try:
    from govbiz_assets.build import build_defs

    defs = build_defs()
finally:
    gc.freeze()
    gc.enable()
