"""What stores share about the model's values: fields as rows, nodes and edges, and a digest over a whole graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from graph.model import (
    PREREQUISITE_OF,
    Bundle,
    Concept,
    Document,
    Mention,
    Prerequisite,
    Question,
    Relation,
    Sentence,
)
from graph.store.statements import STATED, Joint

#: Number of the stored form; raised whenever what is stored changes its meaning.
FORMAT = 1

Record = Document | Question | Sentence | Mention | Concept | Relation | Prerequisite

_RECORDS = (Document, Question, Sentence, Mention, Concept, Relation, Prerequisite)
COLUMNS: dict[type[Record], tuple[str, ...]] = {kind: tuple(each.name for each in fields(kind)) for kind in _RECORDS}
_VALUES: dict[type[Record], Callable[[Record], tuple[Any, ...]]] = {
    kind: attrgetter(*names) for kind, names in COLUMNS.items()
}

_encode = msgspec.json.Encoder().encode


def values(record: Record) -> tuple[Any, ...]:
    """Return the record's fields in the order of `COLUMNS`."""
    return _VALUES[type(record)](record)


def properties(record: Document | Question | Sentence | Concept) -> dict[str, Any]:
    """Return the properties of a record's node.

    Where a document came from is the store's own business. A question's properties become strings
    of the form "name=value", because a user may give them any name (in which "=" and "%" are
    written "%3D" and "%25"). A concept has, besides, all of
    its names in one list: what the full-text index reads, and what ``'VQA' IN c.names`` looks in.
    """
    found = dict(zip(COLUMNS[type(record)], values(record), strict=True))
    found.pop("root", None)
    if isinstance(record, Question):
        found["properties"] = [
            f"{name.replace('%', '%25').replace('=', '%3D')}={value}" for name, value in record.properties
        ]
    if isinstance(record, Concept):
        names = (record.name, record.name_zh, record.name_en, *record.aliases)
        found["names"] = list(dict.fromkeys(filter(None, names)))
    return found


def named(strings: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return a question's properties from the strings that `properties` makes of them."""
    pairs = (each.partition("=") for each in strings)
    return tuple((name.replace("%3D", "=").replace("%25", "%"), value) for name, _, value in pairs)


class Edge(NamedTuple):
    """An edge between the nodes that have these keys."""

    joint: Joint
    source: str
    target: str
    properties: dict[str, Any]


def note_edges(bundles: Iterable[Bundle]) -> Iterator[Edge]:
    """Yield the edges that begin at documents and questions."""
    for bundle in bundles:
        for question in bundle.questions:
            yield Edge(("CONTAINS", "Document", "Question"), question.document, question.id, {})
        for sentence in bundle.sentences:
            yield Edge(("CONTAINS", "Question", "Sentence"), sentence.question, sentence.id, {})
        for each in bundle.mentions:
            yield Edge(("MENTIONS", "Question", "Concept"), each.question, each.concept, {"count": each.count})
            if each.about:
                yield Edge(("ABOUT", "Question", "Concept"), each.question, each.concept, {})


def concept_edges(relations: Iterable[Relation], prerequisites: Iterable[Prerequisite]) -> Iterator[Edge]:
    """Yield the edges between concepts."""
    for each in relations:
        found = {
            "negated": each.negated,
            "confidence": each.confidence,
            "evidence": each.evidence,
            "rules": each.rules,
        }
        yield Edge((STATED[each.type], "Concept", "Concept"), each.source, each.target, found)
    for need in prerequisites:
        found = {"weight": need.weight, "reasons": need.reasons}
        yield Edge((PREREQUISITE_OF, "Concept", "Concept"), need.source, need.target, found)


class Fingerprint:
    """A digest over records in the order they are added: equal for equal graphs, in any store.

    Unlike comparison it sees where a document came from, because that must be stored too.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256(f"zhitu {FORMAT}".encode())

    def add(self, record: Record) -> None:
        """Take one more record in."""
        self._digest.update(_encode((type(record).__name__, *values(record))))

    def token(self) -> str:
        """Return the digest so far, in hexadecimal."""
        return self._digest.hexdigest()
