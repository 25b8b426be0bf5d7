"""Assets, one file per layer: typed inputs in, a transform or an analytics call, a table out."""
