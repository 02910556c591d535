"""How far a learner has come: what is known below a concept, and what can be learned next.

Only essential prerequisites count (`GraphView.essential`), as in plans.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import networkx as nx

from graph.query.names import normalise
from graph.query.view import GraphView


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the concepts to be understood before `concept` (its id), `total`, the learner knows `known`."""

    concept: str
    known: int
    total: int


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A concept (id) all of whose prerequisites are known, and how many concepts it is itself needed for."""

    concept: str
    name: str
    needed_for: int


def ids_of(view: GraphView, names: Iterable[str]) -> frozenset[str]:
    """Return the ids of the concepts with these names; a name that the graph does not hold (any more) has none."""
    found = {}
    for name in names:
        entries = sorted({view.names.concept[entry] for entry in view.names.exact(name)})
        key = normalise(name)
        canonical = [id_ for id_ in entries if normalise(view.concepts[id_].name) == key]
        if entries:
            found[name] = (canonical or entries)[0]
    return frozenset(found.values())


def progress(view: GraphView, concept: str, known: Collection[str]) -> Progress:
    """Return how much of what lies below a concept is known (all ids): "you know 34 of 51"."""
    below = nx.ancestors(view.essential, concept)
    return Progress(concept, len(below & set(known)), len(below))


def unlocked(view: GraphView, known: Collection[str], limit: int = 20) -> tuple[Unlocked, ...]:
    """Return what can be learned next: the concepts (ids) that build on known ones and need nothing else.

    Those needed for the most others come first, then the most important.
    """
    graph, done = view.essential, set(known)
    ahead = {target for id_ in done for target in graph.successors(id_)} - done
    ready = [id_ for id_ in ahead if done.issuperset(graph.predecessors(id_))]
    ready.sort(key=lambda id_: (-graph.out_degree(id_), -view.importance[id_], id_))
    return tuple(Unlocked(id_, view.concepts[id_].name, graph.out_degree(id_)) for id_ in ready[:limit])
