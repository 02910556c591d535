"""How two concepts are connected: by relations, or by what must be learned on the way.

Shortest paths are found from both ends at once, further ones by Yen's algorithm (Management Science 17, 1971), both as
networkx implements them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import networkx as nx

from graph.errors import NoPathError
from graph.model import Prerequisite, Relation, RelationType
from graph.query.neighbourhood import rank
from graph.query.view import GraphView
from graph.query.words import Language, label, say, say_reasons

#: Concepts near the target are looked for within this many hops, and this many are told.
_NEAR_HOPS, _NEAR_TOLD = 2, 3


@dataclass(frozen=True, slots=True)
class Step:
    """From one concept (id) to the next by one or more relations, each told in `words`.

    `forward` tells whether the first, strongest relation points along the path.
    """

    source: str
    target: str
    relations: tuple[Relation, ...]
    forward: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Concepts (ids) and the steps between them, one fewer."""

    concepts: tuple[str, ...]
    names: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All relations along the path; `graph.query.evidence.quotes` gives the sentences that state them."""
        return tuple(relation for step in self.steps for relation in step.relations)


@dataclass(frozen=True, slots=True)
class Chain:
    """Concepts (ids) in the order to learn them, each a direct prerequisite of the next, with why."""

    concepts: tuple[str, ...]
    names: tuple[str, ...]
    prerequisites: tuple[Prerequisite, ...]
    reasons: tuple[str, ...]


def paths(  # noqa: PLR0913  each option is one of the reader's
    view: GraphView,
    source: str,
    target: str,
    k: int = 1,
    *,
    types: Collection[RelationType] = (),
    negated: bool = False,
    directed: bool = False,
    language: Language = Language.EN,
) -> tuple[Path, ...]:
    """Return the `k` shortest paths between two concepts (ids) without loops, the shortest first.

    Parameters
    ----------
    types
        Only over these relations; over any if empty.
    negated
        Denied relations connect too.
    directed
        Only along the relations' direction.

    Raises
    ------
    NoPathError
        With the concepts nearest to the target that `source` does reach.
    """
    links = view.links(frozenset(types) or None, negated=negated, directed=directed)
    try:
        routes = _routes(links, source, target, k)
    except nx.NetworkXNoPath as error:
        raise _no_path(view, links, source, target, language) from error

    def usable(relation: Relation, start: str) -> bool:
        return (
            (not types or relation.type in types)
            and (negated or not relation.negated)
            and (not directed or relation.source == start)
        )

    def step(start: str, end: str) -> Step:
        found = [relation for relation in view.between(start, end) if usable(relation, start)]
        found.sort(key=lambda relation: (relation.negated, -relation.confidence, relation.key))
        words = tuple(say(one, view.concepts, language, inverse=one.source != start) for one in found)
        return Step(start, end, tuple(found), found[0].source == start, words)

    return tuple(
        Path(tuple(route), _labels(view, route, language), tuple(step(*ends) for ends in pairwise(route)))
        for route in routes
    )


def prerequisite_chain(view: GraphView, source: str, target: str, language: Language = Language.EN) -> Chain:
    """Return the shortest chain of prerequisites that leads from one concept (id) to another.

    Raises
    ------
    NoPathError
        With the nearest of the target's prerequisites that `source` does lead to.
    """
    try:
        route = nx.bidirectional_shortest_path(view.prerequisites, source, target)
    except nx.NetworkXNoPath as error:
        raise _no_path(view, view.prerequisites, source, target, language) from error
    pairs = tuple(view.prerequisites.edges[ends]["prerequisite"] for ends in pairwise(route))
    return Chain(
        tuple(route),
        _labels(view, route, language),
        pairs,
        tuple(say_reasons(pair, view.concepts, language) for pair in pairs),
    )


def _routes(links: nx.Graph, source: str, target: str, k: int) -> list[list[str]]:
    if k <= 1 or source == target:
        return [nx.bidirectional_shortest_path(links, source, target)]
    return list(islice(nx.shortest_simple_paths(links, source, target), k))


def _labels(view: GraphView, route: Iterable[str], language: Language) -> tuple[str, ...]:
    return tuple(label(view.concepts[id_], language) for id_ in route)


def _no_path(view: GraphView, links: nx.Graph, source: str, target: str, language: Language) -> NoPathError:
    near = _labels(view, _nearest(view, links, source, target), language)
    return NoPathError(label(view.concepts[source], language), label(view.concepts[target], language), near)


def _nearest(view: GraphView, links: nx.Graph, source: str, target: str) -> Sequence[str]:
    """Return what the source reaches and is nearest to the target over any relation or prerequisite."""
    reached = nx.descendants(links, source)
    seen, ring = {target}, {target}
    for _ in range(_NEAR_HOPS):
        ring = {other for id_ in ring for other in _around(view, id_)} - seen
        seen |= ring
        if hits := rank(view, ring & reached):
            return hits[:_NEAR_TOLD]
    return rank(view, reached)[:_NEAR_TOLD]


def _around(view: GraphView, concept: str) -> set[str]:
    return {
        other
        for graph in (view.relations, view.prerequisites)
        for other in (*graph.predecessors(concept), *graph.successors(concept))
    }
