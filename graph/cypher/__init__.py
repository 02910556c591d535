"""The gate of the Cypher console: read only, bounded, asked of the engine itself."""
