"""Documents that people read, made from published tables: the summary of a run, the monthly brief, the dictionary."""
