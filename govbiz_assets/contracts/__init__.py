"""What every column, table and channel promises. Pure declarations: no I/O, no engine, no orchestration."""
