"""Relational steps as pure functions over Ibis tables: no Dagster, no engine of its own, no I/O.

The same functions run on DuckDB today and on Spark when a province outgrows one machine, so they keep to operations
that both have.
"""
