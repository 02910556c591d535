"""Everything that speaks for or against one concept coming before another."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from graph.model import Concept, Content, Kind, Mention, Relation
from graph.ontology import First, load_ontology
from ingest.lexicon import fold
from ingest.prerequisites.curriculum import load_curriculum, taught_before
from ingest.prerequisites.names import NameFinder

#: Below this RefD is no reason to tell.
_LEANS = 0.05


class Evidence:
    """What a graph tells about the order of its concepts.

    Attributes
    ----------
    concepts
        By id.
    by_name
        Concept ids by folded name.
    """

    def __init__(self, content: Content) -> None:
        self.concepts = {concept.id: concept for concept in content.concepts}
        self._meaning = load_ontology().relations
        self._relations: defaultdict[tuple[str, str], list[Relation]] = defaultdict(list)
        for relation in sorted(content.relations, key=lambda one: one.key):
            if not relation.negated and relation.source != relation.target:
                self._relations[relation.source, relation.target].append(relation)
        self._mentions: defaultdict[str, list[Mention]] = defaultdict(list)
        self._questions: defaultdict[str, list[Mention]] = defaultdict(list)
        for bundle in content.bundles():
            for mention in bundle.mentions:
                self._mentions[mention.concept].append(mention)
                self._questions[mention.question].append(mention)
        finder = NameFinder(self.concepts)
        self._parts = {id_: self._name_parts(finder, id_) for id_ in self.concepts}
        self._definitions = {id_: finder.in_text(one.definition) - {id_} for id_, one in self.concepts.items()}
        self._pages = {id_: self._page(id_) for id_ in self.concepts}
        self._referring = _inverted(self._pages)
        self.by_name = _by_name(self.concepts.values())
        self._taught = taught_before(load_curriculum(), self.by_name)
        self._places = {id_: min(map(_place, mentions)) for id_, mentions in self._mentions.items() if mentions}

    def candidates(self) -> list[tuple[str, str]]:
        """Return the pairs (first, then) that something speaks for, sorted; who made something comes before nothing."""
        pairs = {(then, first) for first, then in self._relations} | set(self._relations)
        pairs = {pair for pair in pairs if any(self._stated(*pair))}
        for found in (self._parts, self._definitions, self._taught):
            pairs |= {(first, then) for then, firsts in found.items() for first in firsts}
        makers = {id_ for id_, concept in self.concepts.items() if concept.kind is Kind.ORGANIZATION}
        return sorted(pair for pair in pairs if makers.isdisjoint(pair))

    def features(self, first: str, then: str) -> dict[str, float]:
        """Return what is known of `first` coming before `then`, by the names of data/rules/prerequisites.csv."""
        return {
            **self._told(first, then),
            "semantics": self.semantics(first, then),
            "semantics_back": self.semantics(then, first),
            "name": float(first in self._parts[then]),
            "name_end": float(self._parts[then].get(first, False)),
            "name_back": float(then in self._parts[first]),
            "taught": self.taught(first, then),
            "taught_back": self.taught(then, first),
            "definition": float(first in self._definitions[then]),
            "definition_back": float(then in self._definitions[first]),
            "refd": self.refd(first, then),
            "mentions": math.log1p(self.mentioned(first, then)),
            "mentions_back": math.log1p(self.mentioned(then, first)),
            "together": self.together(first, then),
            "order": self.order(first, then),
            "length": math.log(len(self.concepts[then].name)),
            f"first:{self.concepts[first].kind}": 1.0,
            f"then:{self.concepts[then].kind}": 1.0,
        }

    def _told(self, first: str, then: str) -> dict[str, float]:
        """Return how sure each relation of `first` to `then` is, and of `then` to `first`."""
        told: dict[str, float] = {}
        for way, pair in (("", (first, then)), ("_back", (then, first))):
            for one in self._relations.get(pair, ()):
                name = f"{one.type.lower()}{way}"
                told[name] = max(told.get(name, 0.0), one.confidence)
        return told

    def semantics(self, first: str, then: str) -> float:
        """Return how much relations make `first` a prerequisite of `then`, in [0, 1]: a noisy or over them."""
        doubts = [1 - self._meaning[one.type].weight * one.confidence for one in self._stated(first, then)]
        return 1 - math.prod(doubts)

    def taught(self, first: str, then: str) -> float:
        """Return how surely the field teaches `first` before `then`: 1 if directly, less if by way of others."""
        steps = self._taught.get(then, {}).get(first)
        return 1 / steps if steps else 0.0

    def refd(self, first: str, then: str) -> float:
        """Return the reference distance, in [-1, 1]: above 0, what is written around `then` refers to `first`."""
        return self._leaning(then, first) - self._leaning(first, then)

    def mentioned(self, first: str, then: str) -> int:
        """Return how often the questions about `then`, but not about `first`, mention `first`."""
        about = {one.question for one in self._mentions[then] if one.about}
        return sum(one.count for one in self._mentions[first] if one.question in about and not one.about)

    def together(self, first: str, then: str) -> float:
        """Return the share of the questions on `first` that mention `then` too: whether they are of one topic."""
        questions = {one.question for one in self._mentions[first]}
        shared = questions.intersection(one.question for one in self._mentions[then])
        return len(shared) / len(questions) if questions else 0.0

    def order(self, first: str, then: str) -> float:
        """Return 1 where the notes bring `first` before `then` in one document, -1 the other way round, else 0."""
        one, other = self._places.get(first), self._places.get(then)
        if one is None or other is None or one[0] != other[0]:
            return 0.0
        return float((one < other) - (one > other))

    def reasons(self, first: str, then: str) -> tuple[str, ...]:
        """Return why `first` comes before `then`, as codes that `graph.query.words` tells."""
        strength = {one: self._meaning[one.type].weight * one.confidence for one in self._stated(first, then)}
        best = max(strength.values(), default=0.0)
        stated = {one.type.lower(): len(one.evidence) for one, value in strength.items() if value >= best / 2}
        times, leaning = self.mentioned(first, then), round(self.refd(first, then), 2)
        found = {
            **{f"{type_}:{count}": True for type_, count in stated.items()},
            "taught": self.taught(first, then) > 0,
            "name": first in self._parts[then],
            "definition": first in self._definitions[then],
            f"mentions:{times}": times > 0,
            "unmentioned": self._explained(first) and not self.mentioned(then, first),
            f"refd:{leaning}": leaning >= _LEANS,
            "order": self.order(first, then) > 0,
        }
        return tuple(code for code, holds in found.items() if holds)

    def _stated(self, first: str, then: str) -> Iterable[Relation]:
        """Yield the relations that make `first` a prerequisite of `then`, by the ontology."""
        for relation in self._relations.get((first, then), ()):
            if self._meaning[relation.type].first is First.SOURCE:
                yield relation
        for relation in self._relations.get((then, first), ()):
            if self._meaning[relation.type].first is First.TARGET:
                yield relation

    def _explained(self, concept: str) -> bool:
        return any(mention.about for mention in self._mentions[concept])

    def _page(self, concept: str) -> Counter[str]:
        """Return what a concept's definition and the questions about it, or else all that mention it, refer to."""
        mentions = self._mentions[concept]
        page = Counter(self._definitions[concept])
        for mention in [one for one in mentions if one.about] or mentions:
            for other in self._questions[mention.question]:
                page[other.concept] += other.count
        del page[concept]
        return page

    def _leaning(self, concept: str, other: str) -> float:
        """Return the share of what a concept's page refers to that is `other` or refers to it."""
        page, referring = self._pages[concept], self._referring[other]
        total = page.total()
        if not total:
            return 0.0
        few, many = (page, referring) if len(page) < len(referring) else (referring, page)
        return sum(page[one] for one in few if one in many) / total

    def _name_parts(self, finder: NameFinder, concept: str) -> dict[str, bool]:
        """Return the concepts whose names are inside this one's, and whether at the end of one."""
        one = self.concepts[concept]
        parts: dict[str, bool] = {}
        for name in {one.name, one.name_zh, one.name_en, *one.aliases} - {""}:
            for part, at_end in finder.in_name(name).items():
                parts[part] = parts.get(part, False) or at_end
        parts.pop(concept, None)
        return parts


def _by_name(concepts: Iterable[Concept]) -> dict[str, str]:
    """Return the concept (id) for each folded name; of several with a name, the one with the most mentions."""
    found: dict[str, str] = {}
    for concept in sorted(concepts, key=lambda one: (-one.mentions, one.id)):
        for name in (concept.name, concept.name_zh, concept.name_en, *concept.aliases):
            found.setdefault(fold(name), concept.id)
    return found


def _inverted(pages: Mapping[str, Iterable[str]]) -> Mapping[str, set[str]]:
    """Return for each concept those whose page refers to it, and itself."""
    referring = {concept: {concept} for concept in pages}
    for concept, page in pages.items():
        for other in page:
            referring[other].add(concept)
    return referring


def _place(mention: Mention) -> tuple[str, int]:
    document, _, position = mention.question.rpartition("#")
    return document, int(position)
