"""Everything that holds or asks the graph. Knows nothing of `ingest` and `ui`."""
