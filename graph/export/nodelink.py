"""Node-link data as networkx reads it (``node_link_graph(data, edges="edges")``), with everything in the graph.

A concept's node has the concept's id. Other nodes have their label before their key
("Question:notes/clip.md#0"), and so has a concept whose own id begins like that, which keeps ids
unique. Only the roots of documents are not written: they mean something on one machine alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from graph.errors import ExchangeError
from graph.export.source import Source, writing
from graph.model import (
    PREREQUISITE_OF,
    Bundle,
    Concept,
    Document,
    MemoryContent,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
    Sentence,
)

Row = dict[str, Any]
_Record = TypeVar("_Record")
_LABELS: Final[dict[str, type[Document | Question | Sentence | Concept]]] = {
    "Document": Document,
    "Question": Question,
    "Sentence": Sentence,
    "Concept": Concept,
}
_HEAD = '{"directed":true,"multigraph":true,"graph":{"name":"zhitu"},"nodes":['
_encode = msgspec.json.Encoder().encode


def node_id(label: str, key: str) -> str:
    """Return the id of a node in the exported graph."""
    plain = label == "Concept" and key.partition(":")[0] not in _LABELS
    return key if plain else f"{label}:{key}"


def nodes(source: Source) -> Iterator[Row]:
    """Yield all nodes: documents with their questions and sentences, then concepts."""
    for bundle in source.bundles():
        yield _node("Document", bundle.document.path, bundle.document, "root")
        for question in bundle.questions:
            yield _node("Question", question.id, question, "id")
        for sentence in bundle.sentences:
            yield _node("Sentence", sentence.id, sentence, "id")
    for concept in source.concepts:
        yield _node("Concept", concept.id, concept, "id")


def edges(source: Source) -> Iterator[Row]:
    """Yield all edges: those of the notes, then those between concepts."""
    for bundle in source.bundles():
        yield from _structure(bundle)
    for relation in source.relations:
        yield _edge(
            ("Concept", relation.source),
            ("Concept", relation.target),
            relation.type,
            key=f"{relation.type}{' denied' if relation.negated else ''}",
            negated=relation.negated,
            confidence=relation.confidence,
            evidence=[_evidence(source, sentence) for sentence in relation.evidence],
            rules=relation.rules,
        )
    for each in source.prerequisites:
        ends = ("Concept", each.source), ("Concept", each.target)
        yield _edge(*ends, PREREQUISITE_OF, weight=each.weight, reasons=each.reasons)


def write(source: Source, path: Path) -> None:
    """Write the file, a line for each node and edge."""
    with writing(path) as file:
        file.write(_HEAD)
        _write_rows(file.write, nodes(source))
        file.write('],"edges":[')
        _write_rows(file.write, edges(source))
        file.write("]}\n")


def _write_rows(put: Callable[[str], object], rows: Iterable[Row]) -> None:
    for at, row in enumerate(rows):
        put(",\n" if at else "\n")
        put(_encode(row).decode())
    put("\n")


def _node(label: str, key: str, record: Document | Question | Sentence | Concept, without: str) -> Row:
    fields: Row = msgspec.to_builtins(record)
    del fields[without]
    return {"id": node_id(label, key), "label": label, **fields}


def _structure(bundle: Bundle) -> Iterator[Row]:
    for question in bundle.questions:
        yield _edge(("Document", question.document), ("Question", question.id), "CONTAINS")
    for sentence in bundle.sentences:
        yield _edge(("Question", sentence.question), ("Sentence", sentence.id), "CONTAINS")
    for mention in bundle.mentions:
        ends = ("Question", mention.question), ("Concept", mention.concept)
        yield _edge(*ends, "MENTIONS", count=mention.count)
        if mention.about:
            yield _edge(*ends, "ABOUT")


def _edge(source: tuple[str, str], target: tuple[str, str], kind: str, key: str = "", **properties: Any) -> Row:  # noqa: ANN401 -- JSON
    ends = {"source": node_id(*source), "target": node_id(*target)}
    return {**ends, "type": kind, "key": key or kind, **properties}


def _evidence(source: Source, sentence: str) -> Row:
    quote = source.quotes[sentence]
    return {"document": quote.document, "line": quote.line, "text": quote.text, "sentence": sentence}


# Reading ---------------------------------------------------------------------------------------


class _Edge(msgspec.Struct):
    """Any edge; which fields it must have depends on its type."""

    source: str
    target: str
    type: str
    count: int = 1
    negated: bool = False
    confidence: float = 1.0
    evidence: list[_Evidence] = []
    rules: tuple[str, ...] = ()
    weight: float = 1.0
    reasons: tuple[str, ...] = ()


class _Evidence(msgspec.Struct):
    sentence: str


class _Graph(msgspec.Struct):
    nodes: list[Row]
    edges: list[_Edge]


def read(path: Path) -> MemoryContent:
    """Read a file that `write` made, or one like it.

    Returns
    -------
    MemoryContent
        Equal to what was exported; documents have no root.

    Raises
    ------
    ExchangeError
        The file cannot be read, is no such graph, or the graph is not whole.
    """
    try:
        graph = msgspec.json.decode(path.read_bytes(), type=_Graph)
        return _Reading(graph).content()
    except OSError as error:
        raise ExchangeError(str(path), 0, f"cannot be read: {error.strerror or error}.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _NotWholeError) as error:
        hint = "`zhitu export --format json` writes such files."
        raise ExchangeError(str(path), 0, f"is no node-link graph of Zhitu's: {error}.", hint) from error


class _NotWholeError(Exception):
    """Something is there twice, missing or impossible."""


class _Reading:
    """A graph being read: its nodes by label and key."""

    def __init__(self, graph: _Graph) -> None:
        self._graph = graph
        self._keys: dict[str, tuple[str, str]] = {}
        self._records: dict[str, dict[str, Any]] = {label: {} for label in _LABELS}

    def content(self) -> MemoryContent:
        for at, node in enumerate(self._graph.nodes):
            self._add(node, f"nodes[{at}]")
        mentions = self._mentions()
        return MemoryContent(
            tuple(self._bundles(mentions)),
            tuple(self._sorted("Concept")),
            self._relations(),
            self._prerequisites(),
        )

    def _add(self, node: Row, place: str) -> None:
        label, name = node.get("label"), node.get("id")
        if label not in _LABELS or not isinstance(name, str):
            raise _NotWholeError(f"{place} has no id, or no label that is one of {', '.join(_LABELS)}")
        key = name.removeprefix(f"{label}:")
        record = _converted({**node, "id": key}, _LABELS[label], place)
        if name in self._keys:
            raise _NotWholeError(f"{place} has the id of another node, “{name}”")
        self._keys[name] = (label, key)
        self._records[label][key] = record

    def _bundles(self, mentions: Sequence[Mention]) -> Iterator[Bundle]:
        questions = _grouped(self._sorted("Question"), attrgetter("document"))
        sentences = _grouped(self._sorted("Sentence"), attrgetter("question"))
        mentioned = _grouped(mentions, attrgetter("question"))
        self._known("Document", questions)
        self._known("Question", sentences)
        for document in self._sorted("Document"):
            inside = sorted(questions.get(document.path, ()), key=attrgetter("position"))
            yield Bundle(
                document,
                tuple(inside),
                tuple(
                    each
                    for question in inside
                    for each in sorted(sentences.get(question.id, ()), key=attrgetter("position"))
                ),
                tuple(
                    each for question in sorted(inside, key=attrgetter("id")) for each in mentioned.get(question.id, ())
                ),
            )

    def _mentions(self) -> list[Mention]:
        mentions = {
            self._ends(edge, "Question", "Concept"): edge.count for edge in self._graph.edges if edge.type == "MENTIONS"
        }
        about = {self._ends(edge, "Question", "Concept") for edge in self._graph.edges if edge.type == "ABOUT"}
        return [Mention(*ends, mentions.get(ends, 1), ends in about) for ends in sorted({*mentions, *about})]

    def _relations(self) -> tuple[Relation, ...]:
        relations: dict[tuple[str, str, str, bool], Relation] = {}
        for edge in self._graph.edges:
            if edge.type in list(RelationType):
                relation = self._relation(edge)
                if relation.key in relations:
                    raise _NotWholeError(f"{_told(edge)} is there twice")
                relations[relation.key] = relation
        return tuple(relations[key] for key in sorted(relations))

    def _relation(self, edge: _Edge) -> Relation:
        source, target = self._ends(edge, "Concept", "Concept")
        evidence = tuple(each.sentence for each in edge.evidence)
        self._known("Sentence", evidence)
        if not evidence or len(set(evidence)) != len(evidence) or len(edge.rules) != len(evidence):
            raise _NotWholeError(f"{_told(edge)} needs evidence, each sentence once and with its rule")
        if not 0 <= edge.confidence <= 1:
            raise _NotWholeError(f"{_told(edge)} has a confidence of {edge.confidence}, not within 0 and 1")
        return Relation(source, RelationType(edge.type), target, edge.negated, edge.confidence, evidence, edge.rules)

    def _prerequisites(self) -> tuple[Prerequisite, ...]:
        prerequisites = {
            ends: Prerequisite(*ends, edge.weight, edge.reasons)
            for edge in self._graph.edges
            if edge.type == PREREQUISITE_OF and (ends := self._ends(edge, "Concept", "Concept"))
        }
        order: TopologicalSorter[str] = TopologicalSorter()
        for source, target in prerequisites:
            order.add(target, source)
        try:
            order.prepare()
        except CycleError as error:
            raise _NotWholeError(f"the prerequisites go round: {' → '.join(error.args[1])}") from error
        return tuple(prerequisites[ends] for ends in sorted(prerequisites))

    def _ends(self, edge: _Edge, source: str, target: str) -> tuple[str, str]:
        ends = self._keys.get(edge.source), self._keys.get(edge.target)
        if not (ends[0] and ends[1] and (ends[0][0], ends[1][0]) == (source, target)):
            raise _NotWholeError(f"{_told(edge)} does not join a {source} and a {target} of the graph")
        return ends[0][1], ends[1][1]

    def _sorted(self, label: str) -> list[Any]:
        return [self._records[label][key] for key in sorted(self._records[label])]

    def _known(self, label: str, keys: Iterable[str]) -> None:
        for key in keys:
            if key not in self._records[label]:
                raise _NotWholeError(f"the {label} “{key}” is missing")


def _converted(node: Row, kind: type[_Record], place: str) -> _Record:
    try:
        return msgspec.convert(node, kind)
    except msgspec.ValidationError as error:
        raise _NotWholeError(f"{place}: {error}") from error


def _grouped(records: Iterable[Any], key: Callable[[Any], str]) -> Mapping[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def _told(edge: _Edge) -> str:
    return f"the edge {edge.source} {edge.type} {edge.target}"
