"""Two or three concepts side by side: what they share, how they differ, and where the notes discuss them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from graph.model import Relation, RelationType, Sentence, Subgraph
from graph.ontology import load_ontology
from graph.query.evidence import Quote, quotes
from graph.query.names import names_of, normalise
from graph.query.neighbourhood import Filter, induced
from graph.query.view import GraphView, Reading
from graph.query.words import Language, label, phrase, say
from graph.store.base import GraphStore


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one relation to some of the compared concepts.

    Parameters
    ----------
    phrase
        Between the compared concept and the other: "uses", "被用于".
    other, other_name
        The concept at the other end.
    of
        Ids of the compared concepts that it holds for, in their order.
    words
        A sentence for each of `of`.
    """

    type: RelationType
    inverse: bool
    negated: bool
    phrase: str
    other: str
    other_name: str
    of: tuple[str, ...]
    words: tuple[str, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class PrerequisiteRow:
    """A direct prerequisite, and which of the compared concepts (ids) have it."""

    concept: str
    name: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discussion:
    """A question that mentions at least two of the compared concepts, with the sentences that do."""

    question: Reading
    concepts: tuple[str, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Concepts side by side.

    Parameters
    ----------
    shared, different, denied
        Rows that hold for all compared concepts; for some only; and what the text denies.
    direct
        Relations between the compared concepts themselves, in words with their evidence.
    summary
        The comparison in a few sentences.
    subgraph
        The compared concepts with all in the rows.
    """

    concepts: tuple[str, ...]
    names: tuple[str, ...]
    shared: tuple[Row, ...]
    different: tuple[Row, ...]
    denied: tuple[Row, ...]
    direct: tuple[tuple[str, tuple[Quote, ...]], ...]
    prerequisites: tuple[PrerequisiteRow, ...]
    discussions: tuple[Discussion, ...]
    summary: tuple[str, ...]
    subgraph: Subgraph


_WORDS = {
    Language.EN: {
        "shared": "What {names} have in common: {what}.",
        "only": "Of {name} alone: {what}.",
        "nothing": "The notes state nothing that {names} have in common.",
        "denied": "The notes deny: {what}.",
        "and": " and ",
        "comma": ", ",
    },
    Language.ZH: {
        "shared": "{names} 的共同点：{what}。",
        "only": "仅 {name}：{what}。",
        "nothing": "笔记没有说明 {names} 的共同点。",
        "denied": "笔记否认：{what}。",
        "and": " 和 ",
        "comma": "，",
    },
}


def compare(
    view: GraphView, store: GraphStore, concepts: Sequence[str], language: Language = Language.EN
) -> Comparison:
    """Return two or more concepts (ids) side by side."""
    concepts = tuple(dict.fromkeys(concepts))
    rows = tuple(_rows(view, concepts, language))
    shared = tuple(row for row in rows if not row.negated and len(row.of) == len(concepts))
    different = tuple(row for row in rows if not row.negated and len(row.of) < len(concepts))
    denied = tuple(row for row in rows if row.negated)
    names = tuple(label(view.concepts[id_], language) for id_ in concepts)
    return Comparison(
        concepts,
        names,
        shared,
        different,
        denied,
        tuple(_direct(view, store, concepts, language)),
        tuple(_prerequisites(view, concepts, language)),
        tuple(_discussions(view, store, concepts)),
        tuple(_summary(concepts, names, (shared, different, denied), language)),
        induced(view, {*concepts, *(row.other for row in rows)}, Filter(prerequisites=True)),
    )


def _rows(view: GraphView, concepts: Sequence[str], language: Language) -> Iterator[Row]:
    grouped: defaultdict[tuple[RelationType, bool, bool, str], dict[str, Relation]] = defaultdict(dict)
    for one in concepts:
        for relation in _relations(view, one):
            other = relation.target if relation.source == one else relation.source
            if other not in concepts:
                inverse = relation.target == one and not load_ontology().relations[relation.type].symmetric
                grouped[relation.type, inverse, relation.negated, other].setdefault(one, relation)
    order = list(load_ontology().relations)
    for key in sorted(grouped, key=lambda key: (key[1], order.index(key[0]), -len(grouped[key]), key[3], key[2])):
        type_, inverse, negated, other = key
        found = grouped[key]
        yield Row(
            type_,
            inverse,
            negated,
            phrase(type_, language, inverse=inverse, negated=negated),
            other,
            label(view.concepts[other], language),
            tuple(found),
            tuple(say(one, view.concepts, language, inverse=one.source != id_) for id_, one in found.items()),
            tuple(found.values()),
        )


def _relations(view: GraphView, concept: str) -> Iterator[Relation]:
    for edges in (view.relations.out_edges, view.relations.in_edges):
        yield from (relation for _, _, relation in edges(concept, data="relation"))


def _direct(
    view: GraphView, store: GraphStore, concepts: Sequence[str], language: Language
) -> Iterator[tuple[str, tuple[Quote, ...]]]:
    found = [relation for pair in combinations(concepts, 2) for relation in view.between(*pair)]
    evidence = quotes(store, found)
    for relation in found:
        yield say(relation, view.concepts, language), evidence[relation.key]


def _prerequisites(view: GraphView, concepts: Sequence[str], language: Language) -> Iterator[PrerequisiteRow]:
    needed_by: defaultdict[str, list[str]] = defaultdict(list)
    for one in concepts:
        for source in view.prerequisites.predecessors(one):
            needed_by[source].append(one)
    for source in sorted(needed_by, key=lambda source: (-len(needed_by[source]), source)):
        yield PrerequisiteRow(source, label(view.concepts[source], language), tuple(needed_by[source]))


def _discussions(view: GraphView, store: GraphStore, concepts: Sequence[str]) -> Iterator[Discussion]:
    where: defaultdict[str, list[str]] = defaultdict(list)
    for one in concepts:
        for mention in view.mentions.get(one, ()):
            where[mention.question].append(one)
    both = [id_ for id_, found in where.items() if len(found) > 1 and id_ in view.readings]
    places = [(view.readings[id_].document, view.readings[id_].position, id_) for id_ in both]
    for _, _, id_ in sorted(places):
        names = [_names(view, one) for one in where[id_]]
        sentences = [one for one in store.sentences(question=id_) if any(_holds(one.text, some) for some in names)]
        yield Discussion(view.readings[id_], tuple(where[id_]), tuple(sentences))


def _names(view: GraphView, concept: str) -> tuple[str, ...]:
    return tuple(normalise(name) for name in names_of(view.concepts[concept]))


def _holds(text: str, names: Iterable[str]) -> bool:
    plain = normalise(text)
    return any(name in plain for name in names)


def _summary(
    concepts: Sequence[str], names: Sequence[str], rows: tuple[Sequence[Row], ...], language: Language
) -> Iterator[str]:
    words = _WORDS[language]
    shared, different, denied = rows
    all_names = words["and"].join(names)
    if shared:
        what = words["comma"].join(f"{row.phrase} {row.other_name}" for row in shared)
        yield words["shared"].format(names=all_names, what=what)
    else:
        yield words["nothing"].format(names=all_names)
    for id_, name in zip(concepts, names, strict=True):
        alone = [f"{row.phrase} {row.other_name}" for row in different if row.of == (id_,)]
        if alone:
            yield words["only"].format(name=name, what=words["comma"].join(alone))
    if denied:
        yield words["denied"].format(what=words["comma"].join(one for row in denied for one in row.words))
