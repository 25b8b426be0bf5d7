"""Documents that people read: the summary of a run, the monthly brief, the data dictionary. Made from published tables."""
