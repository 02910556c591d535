"""Why the graph holds a relation: the rules that found it and the sentences that state it."""

from __future__ import annotations

from dataclasses import dataclass

from graph.errors import NotFoundError
from graph.model import Prerequisite, Relation, RelationType
from graph.ontology import load_ontology
from graph.query.evidence import Quote, quotes
from graph.query.view import GraphView
from graph.query.words import Language, say, say_reasons
from graph.store.base import GraphStore


@dataclass(frozen=True, slots=True)
class Explanation:
    """A relation in words, with where it is stated and by which rules it was found there."""

    words: str
    relation: Relation
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class PrerequisiteExplanation:
    """Why one concept comes before another, in words."""

    words: str
    prerequisite: Prerequisite


def explain(  # noqa: PLR0913  a relation takes three to name
    view: GraphView,
    store: GraphStore,
    source: str,
    type_: RelationType,
    target: str,
    *,
    language: Language = Language.EN,
) -> tuple[Explanation, ...]:
    """Return the relation of a type between two concepts (ids): as stated, then as denied.

    Where the type is symmetric, either direction is meant.

    Raises
    ------
    NotFoundError
        The graph does not hold it; the hint tells what it does hold between the two.
    """
    between = view.between(source, target)
    symmetric = load_ontology().relations[type_].symmetric
    found = [relation for relation in between if relation.type is type_ and (relation.source == source or symmetric)]
    if not found:
        raise _unstated(view, source, type_, target, between)
    evidence = quotes(store, found)
    return tuple(
        Explanation(say(relation, view.concepts, language), relation, evidence[relation.key])
        for relation in sorted(found, key=lambda relation: relation.negated)
    )


def explain_prerequisite(
    view: GraphView, source: str, target: str, language: Language = Language.EN
) -> PrerequisiteExplanation:
    """Return why `source` comes before `target` (ids).

    Raises
    ------
    NotFoundError
        It is no direct prerequisite.
    """
    data = view.prerequisites.get_edge_data(source, target)
    if data is None:
        names = view.concepts[source].name, view.concepts[target].name
        raise NotFoundError(f"{names[0]} is no direct prerequisite of {names[1]}.")
    pair: Prerequisite = data["prerequisite"]
    return PrerequisiteExplanation(say_reasons(pair, view.concepts, language), pair)


def _unstated(
    view: GraphView, source: str, type_: RelationType, target: str, between: tuple[Relation, ...]
) -> NotFoundError:
    names = view.concepts[source].name, view.concepts[target].name
    told = "; ".join(say(relation, view.concepts) for relation in between)
    return NotFoundError(
        f"The notes do not state that {names[0]} {type_} {names[1]}.",
        f"They state: {told}." if told else f"`zhitu path` tells how {names[0]} and {names[1]} are connected.",
    )
