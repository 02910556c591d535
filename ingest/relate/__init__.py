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
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ingest.records import Candidate, ParsedDocument, Span
from ingest.relate.links import Link
from ingest.relate.reader import Reader
from ingest.relate.rules import Rules, load_rules

__all__ = ["RuleExtractor"]


class RuleExtractor:
    """Finds relations by the rules of ``data/rules``."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or load_rules()

    def __call__(self, document: ParsedDocument, spans: Sequence[Sequence[Span]]) -> tuple[Candidate, ...]:
        """Return what the document states; `spans` are its terms by question."""
        found: dict[tuple[Any, ...], Candidate] = {}
        for link, sentences in self.links(document, spans):
            features = link.features()
            score = round(self._rules.model.of(features), 3)
            key = (link.source.key, link.type, link.target.key, link.negated, sentences[0])
            if key not in found or found[key].score < score:
                found[key] = Candidate(*key[:4], sentences, link.rule, score, features)
        return tuple(found.values())

    def links(
        self, document: ParsedDocument, spans: Sequence[Sequence[Span]]
    ) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield all that might be stated, with the sentences that do."""
        for question, here in zip(document.questions, spans, strict=True):
            if here:
                yield from Reader(question, here, self._rules).read()
