"""Features of each active customer as of the end of a month, one module per subject of the feature dictionary."""
