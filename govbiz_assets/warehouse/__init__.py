"""The only place that knows DuckDB: lock, sessions, DDL from contracts, atomic months, IO manager, snapshots."""
