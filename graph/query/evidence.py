"""The sentences that state a relation, with their places in the notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph.model import Relation, Sentence
from graph.query.view import document_of
from graph.store.base import GraphStore


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that states a relation; `rule` found it there; `line` counts from 1."""

    sentence: str
    question: str
    document: str
    line: int
    text: str
    rule: str


def quotes(store: GraphStore, relations: Iterable[Relation]) -> Mapping[tuple[str, str, str, bool], tuple[Quote, ...]]:
    """Return each relation's evidence by the relation's key, asking the store once."""
    asked = list(relations)
    wanted = {sentence for relation in asked for sentence in relation.evidence}
    found = {sentence.id: sentence for sentence in store.sentences(wanted)} if wanted else {}
    return {relation.key: _of(relation, found) for relation in asked}


def _of(relation: Relation, sentences: Mapping[str, Sentence]) -> tuple[Quote, ...]:
    return tuple(
        _quote(sentences[id_], rule)
        for id_, rule in zip(relation.evidence, relation.rules, strict=True)
        if id_ in sentences
    )


def _quote(sentence: Sentence, rule: str) -> Quote:
    return Quote(sentence.id, sentence.question, document_of(sentence.id), sentence.line, sentence.text, rule)
