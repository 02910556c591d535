"""What a table holds of the concept graph, to be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from graph.model import PREREQUISITE_OF, Concept, Kind, Prerequisite, Relation, RelationType, Subgraph
from graph.store.base import Table

_STATED: Final = frozenset(RelationType)
#: The property that says what a node other than a concept is called, by its label.
_TITLES: Final = {"Document": "title", "Question": "title", "Sentence": "text"}


@dataclass(frozen=True, slots=True)
class Thing:
    """A node of a table that is no concept: `key` tells it from others of its label."""

    label: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Tie:
    """An edge of a table with an end that is no concept; an end is a concept's id, or a thing."""

    source: str | Thing
    type: str
    target: str | Thing


def to_subgraph(table: Table) -> Subgraph:
    """Return the concepts of a table and what holds between them, wherever they stand in its cells.

    An edge is drawn if both its concepts are in the table. What is no concept (a question, a
    number), or lacks what a concept has, is left out.
    """
    concepts: dict[str, Concept] = {}
    edges: dict[str, Mapping[str, Any]] = {}
    for cell in _cells(table):
        if "~type" in cell:
            edges[cell["~id"]] = cell
        elif "Concept" in cell.get("~labels", ()):
            with suppress(KeyError, ValueError, TypeError):  # of another graph than ours
                concepts[cell["~id"]] = _concept(cell)
    relations, prerequisites = [], []
    for edge in edges.values():
        source, target = concepts.get(edge["~source"]), concepts.get(edge["~target"])
        if source and target:
            with suppress(KeyError, ValueError, TypeError):
                if edge["~type"] == PREREQUISITE_OF:
                    prerequisites.append(_prerequisite(source, target, edge))
                elif edge["~type"] in _STATED:
                    relations.append(_relation(source, target, edge))
    return Subgraph(
        tuple(sorted(concepts.values(), key=lambda each: each.id)),
        tuple(sorted(relations, key=lambda each: each.key)),
        tuple(sorted(prerequisites, key=lambda each: (each.source, each.target))),
    )


def to_things(table: Table) -> tuple[tuple[Thing, ...], tuple[Tie, ...]]:
    """Return what `to_subgraph` leaves out: documents, questions, sentences, and what joins them to nodes of the table.

    Without duplicates, in the order of the table.
    """
    ends: dict[str, str | Thing] = {}
    edges: dict[str, Mapping[str, Any]] = {}
    for cell in _cells(table):
        if "~type" in cell:
            edges[cell["~id"]] = cell
        elif "Concept" in cell.get("~labels", ()):
            ends[cell["~id"]] = str(cell.get("id", cell["~id"]))
        else:
            ends[cell["~id"]] = _thing(cell)
    things = tuple(dict.fromkeys(end for end in ends.values() if isinstance(end, Thing)))
    ties = [
        Tie(ends[edge["~source"]], str(edge["~type"]), ends[edge["~target"]])
        for edge in edges.values()
        if edge["~source"] in ends and edge["~target"] in ends
    ]
    return things, tuple(
        dict.fromkeys(tie for tie in ties if isinstance(tie.source, Thing) or isinstance(tie.target, Thing))
    )


def _thing(cell: Mapping[str, Any]) -> Thing:
    label = next(iter(cell.get("~labels", ())), "")
    key = str(cell.get("id") or cell.get("path") or cell["~id"])
    return Thing(label, key, str(cell.get(_TITLES.get(label, "")) or key))


def _cells(table: Table) -> Iterator[Mapping[str, Any]]:
    """Yield all nodes and relationships: cells, or inside of lists, maps and paths."""
    waiting: list[Any] = [cell for row in table.rows for cell in row]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if "~id" in value:
                yield value
            else:
                waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)


def _concept(cell: Mapping[str, Any]) -> Concept:
    return Concept(
        id=cell["id"],
        name=cell["name"],
        kind=Kind(cell["kind"]),
        name_zh=cell["name_zh"],
        name_en=cell["name_en"],
        aliases=tuple(cell["aliases"]),
        definition=cell["definition"],
        mentions=cell["mentions"],
    )


def _relation(source: Concept, target: Concept, edge: Mapping[str, Any]) -> Relation:
    return Relation(
        source=source.id,
        type=RelationType(edge["~type"]),
        target=target.id,
        negated=edge["negated"],
        confidence=edge["confidence"],
        evidence=tuple(edge["evidence"]),
        rules=tuple(edge["rules"]),
    )


def _prerequisite(source: Concept, target: Concept, edge: Mapping[str, Any]) -> Prerequisite:
    return Prerequisite(source.id, target.id, edge["weight"], tuple(edge["reasons"]))
