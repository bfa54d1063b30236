"""The benchmark: a pinned list of pairs to a table of measures."""
