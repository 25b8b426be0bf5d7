"""Customer analytics as a library: Polars frames and frozen parameters in, frames out.

What belongs here: segmentation, association rules, churn scores, forecasts and the measures that judge them. What does
not: Dagster, DuckDB, files, clocks, configuration. The as-of month and the seed are always arguments, the order of the
rows never matters, and too little data gives an empty frame with a named reason, never an exception.

Import the module you need (`from govbiz_assets.analytics import churn`); this package imports none of them, because
the heavy libraries behind them should load only where they are used.
"""
