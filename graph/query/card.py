"""Everything that is known of a concept, ready to be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graph.model import Concept, Prerequisite, Relation, RelationType
from graph.ontology import load_ontology
from graph.query.evidence import Quote, quotes
from graph.query.names import names_of
from graph.query.view import GraphView, Reading
from graph.query.words import Language, kind_words, label, phrase, say, say_reasons
from graph.store.base import GraphStore


@dataclass(frozen=True, slots=True)
class Stated:
    """One relation as seen from the card's concept; `words` is a whole sentence."""

    other: str
    other_name: str
    words: str
    relation: Relation
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The relations of one type and direction; `phrase` is what stands between: "uses", "is used by"."""

    type: RelationType
    inverse: bool
    negated: bool
    phrase: str
    stated: tuple[Stated, ...]


@dataclass(frozen=True, slots=True)
class Appearance:
    """A question that mentions the concept `count` times, or is about it."""

    question: Reading
    count: int
    about: bool


@dataclass(frozen=True, slots=True)
class Dependency:
    """A concept to learn before or after, and why, in words."""

    concept: str
    name: str
    weight: float
    reasons: str


@dataclass(frozen=True, slots=True)
class Card:
    """A concept with all that the graph holds of it.

    Parameters
    ----------
    names
        All of them, the canonical one first.
    kind
        In words.
    groups
        In the order of the ontology, what the concept does before what is done to it.
    questions
        Those about the concept first, then in the order of the notes.
    prerequisites, unlocks
        What to learn just before it, and what it is itself needed for; the strongest first.
    """

    concept: Concept
    title: str
    names: tuple[str, ...]
    kind: str
    groups: tuple[Group, ...]
    questions: tuple[Appearance, ...]
    prerequisites: tuple[Dependency, ...]
    unlocks: tuple[Dependency, ...]


def card(view: GraphView, store: GraphStore, concept: str, language: Language = Language.EN) -> Card:
    """Return the card of a concept (its id)."""
    one = view.concepts[concept]
    return Card(
        concept=one,
        title=label(one, language),
        names=names_of(one),
        kind=kind_words(one.kind, language),
        groups=_groups(view, store, concept, language),
        questions=tuple(appearances(view, concept)),
        prerequisites=before(view, concept, language),
        unlocks=after(view, concept, language),
    )


def appearances(view: GraphView, concept: str) -> Iterator[Appearance]:
    """Yield the questions that mention a concept, those about it first."""
    for mention in view.mentions.get(concept, ()):
        if mention.question in view.readings:
            yield Appearance(view.readings[mention.question], mention.count, mention.about)


def before(view: GraphView, concept: str, language: Language = Language.EN) -> tuple[Dependency, ...]:
    """Return the direct prerequisites of a concept, the strongest first."""
    pairs = [pair for _, _, pair in view.prerequisites.in_edges(concept, data="prerequisite")]
    return _dependencies(view, {pair.source: pair for pair in pairs}, language)


def after(view: GraphView, concept: str, language: Language = Language.EN) -> tuple[Dependency, ...]:
    """Return what a concept is a direct prerequisite of, the strongest first."""
    pairs = [pair for _, _, pair in view.prerequisites.out_edges(concept, data="prerequisite")]
    return _dependencies(view, {pair.target: pair for pair in pairs}, language)


def _dependencies(view: GraphView, pairs: Mapping[str, Prerequisite], language: Language) -> tuple[Dependency, ...]:
    ordered = sorted(pairs.items(), key=lambda item: (-item[1].weight, item[0]))
    return tuple(
        Dependency(
            other, label(view.concepts[other], language), pair.weight, say_reasons(pair, view.concepts, language)
        )
        for other, pair in ordered
    )


def _groups(view: GraphView, store: GraphStore, concept: str, language: Language) -> tuple[Group, ...]:
    grouped: defaultdict[tuple[RelationType, bool, bool], list[Relation]] = defaultdict(list)
    for relation, inverse in _directed(view, concept):
        grouped[relation.type, inverse, relation.negated].append(relation)
    evidence = quotes(store, [relation for group in grouped.values() for relation in group])
    order = list(load_ontology().relations)
    return tuple(
        Group(
            *key,
            phrase(key[0], language, inverse=key[1], negated=key[2]),
            _stated(view, concept, grouped[key], evidence, language),
        )
        for key in sorted(grouped, key=lambda key: (key[1], order.index(key[0]), key[2]))
    )


def _directed(view: GraphView, concept: str) -> Iterator[tuple[Relation, bool]]:
    """Yield the concept's relations, and whether it is their target; symmetric ones have no direction."""
    for _, _, relation in view.relations.out_edges(concept, data="relation"):
        yield relation, False
    for source, _, relation in view.relations.in_edges(concept, data="relation"):
        if source != concept:
            yield relation, not load_ontology().relations[relation.type].symmetric


def _stated(
    view: GraphView,
    concept: str,
    relations: Sequence[Relation],
    evidence: Mapping[tuple[str, str, str, bool], tuple[Quote, ...]],
    language: Language,
) -> tuple[Stated, ...]:
    def other(relation: Relation) -> str:
        return relation.target if relation.source == concept else relation.source

    ordered = sorted(relations, key=lambda relation: (-relation.confidence, relation.key))
    return tuple(
        Stated(
            other(relation),
            label(view.concepts[other(relation)], language),
            say(relation, view.concepts, language, inverse=relation.source != concept),
            relation,
            evidence[relation.key],
        )
        for relation in ordered
    )
