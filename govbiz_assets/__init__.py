"""Customer analytics for a utility's government-and-enterprise department, as Dagster assets over DuckDB."""
