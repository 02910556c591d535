"""Where the graph is kept: one protocol, and a module for each engine."""
