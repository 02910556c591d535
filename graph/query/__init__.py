"""Questions asked of the graph: pure functions over a store or its networkx view."""
