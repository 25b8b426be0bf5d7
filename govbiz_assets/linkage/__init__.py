"""Record linkage: which records speak of the same organisation or person, with evidence and probability for every link.

Here belongs whatever compares records with each other: candidate pairs, deterministic links, the probabilistic model,
clusters, the list for human eyes. Bringing one record to comparable columns belongs to `transforms`; storing belongs to
`assets` and `warehouse`.

It stands apart from `analytics`, which holds pure functions over frames: candidate pairs of a million records do not
fit a frame, so the linkage works inside DuckDB, through Ibis and Splink, on a connection that its caller opened. It
imports neither Dagster nor settings, reads no clock and no file, and leaves no table behind.
"""
