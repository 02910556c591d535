"""What lies around some concepts: the part of the graph that a view draws."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from graph.model import Kind, Prerequisite, Relation, RelationType, Subgraph
from graph.query.view import GraphView, split_id

MAX_HOPS = 3


class Negation(StrEnum):
    """Which relations count: all, what is stated, or what is denied."""

    ALL = "all"
    STATED = "stated"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Filter:
    """What to let through; an empty set lets everything through.

    Parameters
    ----------
    documents
        Relations that one of these states, concepts that one of these mentions.
    min_confidence
        Of relations, in [0, 1].
    prerequisites
        Whether these are drawn, and followed.
    """

    types: frozenset[RelationType] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    documents: frozenset[str] = frozenset()
    min_confidence: float = 0.0
    negation: Negation = Negation.ALL
    prerequisites: bool = False

    def lets(self, view: GraphView, relation: Relation) -> bool:
        """Return whether a relation passes."""
        return (
            (not self.types or relation.type in self.types)
            and relation.confidence >= self.min_confidence
            and (self.negation is Negation.ALL or relation.negated is (self.negation is Negation.DENIED))
            and (not self.documents or not self.documents.isdisjoint(view.documents_of(relation)))
        )

    def lets_concept(self, view: GraphView, concept: str) -> bool:
        """Return whether a concept passes."""
        return (not self.kinds or view.concepts[concept].kind in self.kinds) and (
            not self.documents
            or any(split_id(mention.question)[0] in self.documents for mention in view.mentions.get(concept, ()))
        )


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A part of the graph.

    Parameters
    ----------
    centres
        Ids that it was asked for; in it whatever the filter says.
    distance
        Hops from the nearest centre, by concept id.
    left_out
        Ids that were within reach but over the limit, most important first; what lies behind
        them is not counted.
    """

    subgraph: Subgraph
    centres: tuple[str, ...]
    distance: Mapping[str, int]
    left_out: tuple[str, ...] = ()


def neighbourhood(
    view: GraphView,
    centres: Sequence[str],
    hops: int = 1,
    keep: Filter = EVERYTHING,
    limit: int = 200,
) -> Neighbourhood:
    """Return what lies within some hops of concepts.

    Parameters
    ----------
    centres
        Concept ids.
    hops
        1 to 3; other numbers are brought within these.
    keep
        Relations and concepts to let through.
    limit
        The most concepts to hold; of each ring the most important are taken, and the
        next ring is what is tied to these.
    """
    distance = dict.fromkeys(centres, 0)
    ring, left_out = list(distance), []
    for hop in range(1, min(max(hops, 1), MAX_HOPS) + 1):
        outside = {other for id_ in ring for other in _tied(view, id_, keep) if other not in distance}
        ranked = rank(view, outside)
        room = max(limit - len(distance), 0)
        ring = ranked[:room]
        left_out += ranked[room:]
        distance |= dict.fromkeys(ring, hop)
    left = rank(view, set(left_out) - set(distance))
    return Neighbourhood(induced(view, distance, keep), tuple(centres), distance, tuple(left))


def induced(view: GraphView, concepts: Collection[str], keep: Filter = EVERYTHING) -> Subgraph:
    """Return some concepts (ids) with all that the filter lets through between them."""
    inside = set(concepts)
    relations = [
        relation
        for source in inside
        for _, target, relation in view.relations.out_edges(source, data="relation")
        if target in inside and keep.lets(view, relation)
    ]
    return Subgraph(
        tuple(view.concepts[id_] for id_ in sorted(inside)),
        tuple(sorted(relations, key=lambda relation: relation.key)),
        tuple(_pairs(view, inside)) if keep.prerequisites else (),
    )


def most_important(view: GraphView, limit: int, keep: Filter = EVERYTHING) -> Neighbourhood:
    """Return the most important concepts of the whole graph with what is between them."""
    ranked = rank(view, (id_ for id_ in view.concepts if keep.lets_concept(view, id_)))
    shown = ranked[:limit]
    return Neighbourhood(induced(view, shown, keep), (), dict.fromkeys(shown, 0), tuple(ranked[limit:]))


def rank(view: GraphView, concepts: Iterable[str]) -> list[str]:
    """Return concept ids, the most important first."""
    return sorted(concepts, key=lambda id_: (-view.importance[id_], id_))


def _tied(view: GraphView, concept: str, keep: Filter) -> Iterator[str]:
    graph = view.relations
    ends = [
        (other, relation)
        for edges in (graph.out_edges(concept, data="relation"), graph.in_edges(concept, data="relation"))
        for source, target, relation in edges
        for other in (target if source == concept else source,)
    ]
    tied = {other for other, relation in ends if keep.lets(view, relation)}
    if keep.prerequisites:
        tied |= {*view.prerequisites.predecessors(concept), *view.prerequisites.successors(concept)}
    yield from (other for other in tied if keep.lets_concept(view, other))


def _pairs(view: GraphView, inside: set[str]) -> list[Prerequisite]:
    pairs: list[Prerequisite] = [
        pair
        for _, target, pair in view.prerequisites.out_edges(sorted(inside), data="prerequisite")
        if target in inside
    ]
    return sorted(pairs, key=lambda pair: (pair.source, pair.target))
