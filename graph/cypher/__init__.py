"""The Cypher console: statements that only read, within limits; what they return, as a table and as a graph."""

from __future__ import annotations

from graph.cypher.examples import Example, examples
from graph.cypher.gate import run
from graph.cypher.schema import Label, Schema, Type, schema
from graph.cypher.subgraph import Thing, Tie, to_subgraph, to_things

__all__ = [
    "Example",
    "Label",
    "Schema",
    "Thing",
    "Tie",
    "Type",
    "examples",
    "run",
    "schema",
    "to_subgraph",
    "to_things",
]
