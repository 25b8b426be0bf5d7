"""Channels that lie in a PostgreSQL database: the rows of a month become records, as those of a file do."""
