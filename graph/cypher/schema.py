"""What there is to ask for: labels and types, with their properties and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from graph.store.base import GraphStore, Limits
from graph.store.statements import COUNT_EDGES, COUNT_NODES, JOINTS, LABELS, PROPERTIES


@dataclass(frozen=True, slots=True)
class Label:
    """A label of nodes; `key` is the property that tells them apart."""

    name: str
    key: str
    properties: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Type:
    """A type of relationships, with the labels that it joins: pairs of source and target."""

    name: str
    ends: tuple[tuple[str, str], ...]
    properties: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Schema:
    """The graph's schema, in the order of the model."""

    labels: tuple[Label, ...]
    types: tuple[Type, ...]


def schema(store: GraphStore) -> Schema:
    """Return labels, types, properties and counts.

    Raises
    ------
    StoreError
        There is no graph yet, or the store cannot be asked.
    """
    limits = Limits()
    nodes = dict(store.query(COUNT_NODES, {}, limits).rows)
    edges = dict(store.query(COUNT_EDGES, {}, limits).rows)
    labels = tuple(Label(name, key, PROPERTIES[name], nodes[name]) for name, key in LABELS)
    types = tuple(
        Type(name, tuple((source, target) for kind, source, target in JOINTS if kind == name), PROPERTIES[name], count)
        for name, count in edges.items()
    )
    return Schema(labels, types)
