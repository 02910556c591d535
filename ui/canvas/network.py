"""A part of the graph as a pyvis `Network`: names stay text, positions are given, physics is off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyvis.edge import Edge
from pyvis.network import Network
from pyvis.node import Node

from graph.model import PREREQUISITE_OF, Concept, Prerequisite, Relation, Subgraph
from graph.ontology import load_ontology
from graph.query.words import Language, kind_words, label, say
from ui.layout import Position

#: How prerequisites are drawn; they are inferred, so the ontology has no row for them.
PREREQUISITE_COLOUR = "#64748b"
_OPTIONS = {"physics": {"enabled": False}, "layout": {"improvedLayout": False}}


@dataclass(frozen=True, slots=True)
class Look:
    """What a node shows beyond its concept.

    Parameters
    ----------
    size
        Radius in pixels at zoom 1.
    badge
        Written in its middle.
    about
        The tooltip's second line; the kind if empty.
    ties
        How many relations the whole graph has at it.
    """

    size: float = 10.0
    badge: str = ""
    about: str = ""
    ties: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A drawn tie that is neither a relation nor a prerequisite: between two communities."""

    source: str
    target: str
    about: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Thing:
    """A drawn node that is no concept, but of what holds the text: `label` is Document, Question or Sentence."""

    id: str
    label: str
    title: str


@dataclass(slots=True)
class Drawing:
    """What to draw, and which relation or prerequisite each edge stands for."""

    network: Network
    edges: dict[str, Relation | Prerequisite] = field(default_factory=dict)


def draw(
    part: Subgraph,
    places: Mapping[str, Position],
    looks: Mapping[str, Look],
    language: Language,
    *,
    links: Iterable[Link] = (),
) -> Drawing:
    """Return a part of the graph as a network.

    Parameters
    ----------
    places, looks
        By concept id.
    links
        Drawn besides the part's relations and prerequisites.
    """
    network = Network(directed=True, cdn_resources="in_line")
    network.set_options(json.dumps(_OPTIONS))
    drawing = Drawing(network)
    names = {concept.id: concept for concept in part.concepts}
    for concept in part.concepts:
        _add_node(network, concept, places[concept.id], looks[concept.id], language)
    for relation in part.relations:
        id_ = relation_key(relation)
        drawing.edges[id_] = relation
        _add_relation(network, id_, relation, say(relation, names, language))
    for pair in part.prerequisites:
        id_ = prerequisite_key(pair)
        drawing.edges[id_] = pair
        _add_edge(
            network,
            id_,
            pair.source,
            pair.target,
            PREREQUISITE_OF,
            color=PREREQUISITE_COLOUR,
            dashes=[8, 5],
            width=round(1 + 1.4 * pair.weight, 1),
            sure=round(pair.weight, 2),
        )
    for link in links:
        _add_edge(
            network,
            f"{link.source}~~{link.target}",
            link.source,
            link.target,
            "TIE",
            title=link.about,
            width=link.width,
            arrows="",
        )
    return drawing


def add_things(
    drawing: Drawing, things: Iterable[Thing], ties: Iterable[tuple[str, str, str]], places: Mapping[str, Position]
) -> None:
    """Add nodes that are no concepts, and edges at them: source, type, target."""
    for thing in things:
        at = places[thing.id]
        node = Node(
            thing.id,
            "box",
            thing.title,
            group=thing.label,
            x=at[0],
            y=at[1],
            size=8.0,
            zh=thing.title,
            en=thing.title,
            title=thing.title,
        )
        _put_node(drawing.network, node)
    for source, type_, target in ties:
        _add_edge(drawing.network, f"{source}~{type_}~{target}", source, target, type_, width=1.0, arrows="to")


def relation_key(relation: Relation) -> str:
    """Return a relation's key as one text, for addresses and edges."""
    return f"{relation.source}~{relation.type}~{relation.target}{'~not' if relation.negated else ''}"


def prerequisite_key(pair: Prerequisite) -> str:
    """Return a prerequisite's key as one text, for addresses and edges."""
    return f"{pair.source}~{PREREQUISITE_OF}~{pair.target}"


def _add_node(network: Network, concept: Concept, at: Position, look: Look, language: Language) -> None:
    kind = load_ontology().kinds[concept.kind]
    english = label(concept, Language.EN)
    node = Node(
        concept.id,
        kind.shape,
        concept.name,
        group=concept.kind.value,
        color=kind.colour,
        x=at[0],
        y=at[1],
        size=look.size,
        mentions=concept.mentions,
        ties=look.ties,
        zh=concept.name,
        en=english,
        badge=look.badge,
        about=look.about,
        title=f"{label(concept, language)}: {look.about or kind_words(concept.kind, language)}",
    )
    _put_node(network, node)


def _put_node(network: Network, node: Node) -> None:
    """Add a node as pyvis does, but without its search through all nodes for each."""
    network.nodes.append(node.options)
    network.node_ids.append(node.options["id"])
    network.node_map[node.options["id"]] = node.options


def _add_relation(network: Network, id_: str, relation: Relation, words: str) -> None:
    meaning = load_ontology().relations[relation.type]
    dashes: list[int] | bool = (
        [2, 5] if relation.negated else {"dashed": [8, 5], "dotted": [2, 4]}.get(meaning.dash, False)
    )
    _add_edge(
        network,
        id_,
        relation.source,
        relation.target,
        relation.type.value,
        negated=relation.negated,
        color=meaning.colour,
        dashes=dashes,
        width=round(0.8 + 2.2 * relation.confidence, 1),
        sure=round(relation.confidence, 2),
        quotes=len(relation.evidence),
        title=words,
        arrows="" if meaning.symmetric else "to",
    )


def _add_edge(network: Network, id_: str, source: str, target: str, type_: str, **options: object) -> None:
    """Add an edge as pyvis does, but without its search through all nodes for each."""
    edge = Edge(source, target, directed=True, id=id_, type=type_, **options)
    network.edges.append(edge.options)
