"""Find the relations that the sentences of a document state between its terms.

A sentence is read with each term as one character, so that a rule is a regular expression over words alone. Rules are
rows of ``data/rules/relations.yaml``, each with a name that its relations carry:

*frames*
    a predicate between a subject and its objects;
*lists*
    what a lead-in, heading or question says of the items below it;
*shapes*
    constructions that are no predicates: possessives, examples, comparisons, passives.

Where a clause leaves its subject out, it is about whom the clause before was about, the lead before a colon, the
sentence before, the heading or the question: the likeliest of a kind that can do what the predicate says. How
sure a relation is depends on its rule and on where its ends were found (`Link.features`), by weights that are
fitted on annotated notes.

What no rule says is weighed by a second model, from what stands around two terms: see `ingest.relate.pairs`. Where
both have a say, the surer one counts; of the types that two terms of a document may be tied by, the likeliest is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import tee
from typing import NamedTuple

from graph.model import RelationType
from graph.ontology import load_ontology
from ingest.confidence import Choice, load_choice
from ingest.records import Candidate, ParsedDocument, Span
from ingest.relate.links import Link
from ingest.relate.pairs import Pair, fired
from ingest.relate.reader import Reader
from ingest.relate.rules import Rules, load_rules

__all__ = ["PAIR_RULES", "Judged", "RuleExtractor"]

#: The names of relations that the model of pairs finds.
PAIR_RULES = frozenset(("near", "about"))
#: Below this the model of pairs has nothing to say.
_LEAST = 0.1
#: What a rule says besides the likeliest type counts from this share of its score on.
_NEARLY = 0.65
Ends = frozenset[str]
Denied = frozenset[tuple[str, RelationType, str]]
Key = tuple[str, RelationType, str, bool]


class Judged(NamedTuple):
    """A pair with what the rules say of it in this document: the relations that they find denied, and all features."""

    pair: Pair
    denied: Denied
    features: tuple[str, ...]


class RuleExtractor:
    """Finds relations by the rules of ``data/rules`` and the model of pairs."""

    def __init__(self, rules: Rules | None = None, choice: Choice | None = None) -> None:
        self._rules = rules or load_rules()
        self._choice = choice or load_choice()

    def __call__(self, document: ParsedDocument, spans: Sequence[Sequence[Span]]) -> tuple[Candidate, ...]:
        """Return what the document states; `spans` are its terms by question."""
        found: dict[tuple[Key, str], Candidate] = {}
        readers = self._readers(document, spans)
        links = [each for reader in readers for each in reader.read()]
        for link, sentences in links:
            score = self._rules.model.of(link.features())
            key = (link.source.key, link.type, link.target.key, link.negated)
            _keep(found, Candidate(*key, sentences, link.rule, round(score, 3), link.features()))
        for candidate in self._weighed(readers, [link for link, _ in links]):
            _keep(found, candidate)
        return tuple(_likeliest(found.values()))

    def links(
        self, document: ParsedDocument, spans: Sequence[Sequence[Span]]
    ) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield all that rules say might be stated, with the sentences that do."""
        for reader in self._readers(document, spans):
            yield from reader.read()

    def judged(self, document: ParsedDocument, spans: Sequence[Sequence[Span]]) -> Iterator[tuple[Judged, str]]:
        """Yield all pairs as the model sees them, with their sentences: for those who fit it."""
        readers = self._readers(document, spans)
        links = [link for each in readers for link, _ in each.read()]
        for judged, reader in _judged(readers, links):
            yield judged, reader.evidence(judged.pair.sentence, ())[0]

    def _readers(self, document: ParsedDocument, spans: Sequence[Sequence[Span]]) -> list[Reader]:
        asked = zip(document.questions, spans, strict=True)
        return [Reader(question, here, self._rules) for question, here in asked if here]

    def _weighed(self, readers: Iterable[Reader], links: Iterable[Link]) -> Iterator[Candidate]:
        pairs, weighed = tee(_judged(readers, links))
        likely = self._choice.likely((judged.features for judged, _ in weighed), _LEAST)
        for (judged, reader), classes in zip(pairs, likely, strict=True):
            pair = judged.pair
            sentences = reader.evidence(pair.sentence, (pair.first, pair.second)) if classes else ()
            for number, probability in classes:
                name = self._choice.classes[number]
                type_, forward = RelationType(name[:-1]), name[-1] == ">"
                source, target = (pair.first, pair.second) if forward else (pair.second, pair.first)
                if (source.kind, type_, target.kind) not in self._rules.impossible:
                    key = (source.key, type_, target.key)
                    score, features = round(probability, 3), (*judged.features, name)
                    yield Candidate(*key, key in judged.denied, sentences, pair.rule, score, features)


def _judged(readers: Iterable[Reader], links: Iterable[Link]) -> Iterator[tuple[Judged, Reader]]:
    said: defaultdict[Ends, list[Link]] = defaultdict(list)
    for link in links:
        said[frozenset((link.source.key, link.target.key))].append(link)
    told: dict[tuple[str, str], tuple[Denied, tuple[str, ...]]] = {}
    for reader in readers:
        for pair in reader.pairs():
            keys = (pair.first.key, pair.second.key)
            if keys not in told:
                told[keys] = _told(keys[0], said.get(frozenset(keys), ()))
            denied, features = told[keys]
            yield Judged(pair, denied, (*pair.features, *features)), reader


def _told(first: str, links: Iterable[Link]) -> tuple[Denied, tuple[str, ...]]:
    """Return what the rules say of a pair in a document."""
    features = dict.fromkeys(word for link in links for word in fired(first, link)) or {"said=nothing": None}
    return frozenset((link.source.key, link.type, link.target.key) for link in links if link.negated), tuple(features)


def _keep(found: dict[tuple[Key, str], Candidate], candidate: Candidate) -> None:
    """Keep what is said of one relation in one sentence once: by the surest rule, as sure as the surest of all."""
    key = ((candidate.source, candidate.type, candidate.target, candidate.negated), candidate.sentences[0])
    known = found.get(key)
    if known is not None and known.score < candidate.score and candidate.rule in PAIR_RULES:
        found[key] = replace(known, score=candidate.score)
    elif known is None or known.score < candidate.score:
        found[key] = candidate


def _likeliest(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield of what ties two terms in a document the surest type, and what a rule says nearly as surely as all there.

    "There" is its sentence: BLIP introduces CapFilt in one, which another lists among its parts.
    """
    candidates = list(candidates)
    best: dict[Ends, Candidate] = {}
    here: dict[tuple[Ends, str], float] = {}
    for candidate in candidates:
        ends, sentence = frozenset((candidate.source, candidate.target)), candidate.sentences[0]
        if ends not in best or candidate.score > best[ends].score:
            best[ends] = candidate
        here[ends, sentence] = max(here.get((ends, sentence), 0.0), candidate.score)
    meaning = load_ontology().relations
    for candidate in candidates:
        ends, sentence = frozenset((candidate.source, candidate.target)), candidate.sentences[0]
        chosen = best[ends]
        same = (candidate.type, candidate.negated) == (chosen.type, chosen.negated)
        forward = candidate.source == chosen.source or meaning[candidate.type].symmetric
        by_rule = candidate.rule not in PAIR_RULES and candidate.score >= _NEARLY * here[ends, sentence]
        if (same and forward) or by_rule:
            yield candidate
