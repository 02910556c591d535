"""Read what an English sentence states.

English tells whom a verb is about by order and small words, where Chinese leaves it to commas: a relative pronoun is
about the noun before it, a participle too unless a comma stands between, "to reduce" and "by reducing" about whom the
clause is about, and about what it uses. Everything else is as in `Statement`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from graph.model import RelationType
from ingest.relate.links import Link, Subject, Term
from ingest.relate.rules import FIRST, GROUP, SIGNS, Predicate
from ingest.relate.statement import ECHO, Statement, best, by_frame, distinct

CHINESE = re.compile(r"[\u4e00-\u9fff]")
_GROUPS = re.compile(GROUP)
#: What stands between a verb and its auxiliary, and says nothing here.
_ADVERBS = re.compile(
    r"\b(?!(?:rely|apply|supply|reply|imply|multiply|family|anomaly|assembly|early|fully)\b)"
    r"(?:\w+ly|also|often|sometimes|just|then|still|even|now|thus|hence|therefore|well|always|better|very|quite) ",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:(?:can|could|may|might|will|would|should|must) be|ha(?:s|ve) been|being|was|were) ")
_CLAUSES = re.compile(
    r"[;!?:,]|\.\s|\s(?=(?:because|since|while|whereas|although|though|but|if|when|unless|so that|where) )",
    re.IGNORECASE,
)
#: Prepositions: what stands behind one is not what the clause is about.
_CONTEXT = re.compile(
    rf"^{SIGNS}(?:and |but |so )?(?:in|for|with|by|to|on|at|as|from|unlike|like|compared|after|before|during|without"
    r"|given|among|under|using|through|instead|besides)\b",
    re.IGNORECASE,
)
#: "T, which", "T that": who does it stands right before.
_RELATIVE = re.compile(r"^(?:\s\w+)?\s?(?:which|that|who)\b", re.IGNORECASE)
_PARTICIPLE = re.compile(r"(?:\w+ed|\w+ing|built|made|due|prone|robust|known)\b", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:not(?! only)|without|never|cannot|no longer|n't)\b[^,]{0,24}$|n't\b[^,]{0,24}$", re.IGNORECASE
)
_PREPOSITION = re.compile(
    r"\b(of|in|for|with|by|on|from|to|as|than|into|between|that|which|at|through|using|over)\b", re.IGNORECASE
)
#: What a tool does too: X uses T to reduce P.
_BY_TOOL = frozenset((RelationType.ADDRESSES, RelationType.HAS_FEATURE, RelationType.APPLIED_TO))


class _Place(NamedTuple):
    """A group of terms in a clause."""

    start: int
    end: int
    terms: list[Term]


class _Clause(NamedTuple):
    """A clause, and whom it names as its subject."""

    text: str
    places: list[_Place]
    predicates: list[Predicate]
    here: list[Subject]


class EnglishStatement(Statement):
    """Reads one English sentence."""

    def links(self) -> Iterator[Link]:
        """Yield what the sentence may state."""
        text, found = self._shapes(self._rules.sentence_shapes, self._text, self._around)
        yield from found
        clauses = [self._split(piece) for piece in self._pieces(_PASSIVE.sub("is ", _ADVERBS.sub("", text)))]
        carried: list[Subject] = []
        stated: list[Link] = []
        for clause, following in zip_longest(clauses, clauses[1:]):
            if echo := ECHO.match(clause.text):
                yield from self._denied(echo, stated)
            subjects = clause.here or self._borrowed(clause, following, carried)
            yield from self._shapes(self._rules.clause_shapes, clause.text, subjects)[1]
            stated = list(self._predicates(clause, subjects))
            yield from stated
            carried = [Subject(subject.term, "clause") for subject in clause.here] or carried
            self.first = self.first or [subject.term for subject in clause.here]

    def _pieces(self, text: str) -> list[str]:
        """Return the text of the clauses that hold terms; what follows a comma and has no verb counts on."""
        pieces: list[str] = []
        for piece in _CLAUSES.split(text):
            if piece and max(piece) >= chr(FIRST):
                goes_on = pieces and not any(_CONTEXT.match(each) for each in (piece, pieces[-1]))
                if goes_on and not ECHO.match(piece) and not self._rules.predicates.find(piece):
                    pieces[-1] += f",{piece}"
                else:
                    pieces.append(piece)
        return pieces

    def _split(self, text: str) -> _Clause:
        """Return a clause with its subject: its first term, unless a verb or a preposition stands before."""
        places = [
            _Place(match.start(), match.end(), self._sentence.group(match.group())) for match in _GROUPS.finditer(text)
        ]
        predicates = self._rules.predicates.find(text)
        starts = not predicates or predicates[0].start >= places[0].end
        here = places[0].terms if starts and not _CONTEXT.match(text) else []
        return _Clause(text, places, predicates, [Subject(term, "here") for term in here])

    def _borrowed(self, clause: _Clause, following: _Clause | None, carried: list[Subject]) -> list[Subject]:
        """Return whom a clause without a subject is about: "Unlike T, X", "X is fast and uses T"."""
        after = following.here if following and _CONTEXT.match(clause.text) else []
        first = clause.places[0]
        starts = not clause.predicates or clause.predicates[0].start >= first.end
        context = [Subject(term, "context") for term in first.terms] if starts else []
        own = [*(Subject(each.term, "next") for each in after), *carried]
        return distinct(own or [*self._around, *context])

    def _predicates(self, clause: _Clause, subjects: list[Subject]) -> Iterator[Link]:
        ends = [*(predicate.start for predicate in clause.predicates[1:]), len(clause.text)]
        tools: list[Term] = []
        before: Predicate | None = None
        for predicate, end in zip(clause.predicates, ends, strict=False):
            objects = list(self._objects(clause, predicate, end))
            whom = self._whom(clause, predicate, subjects, before)
            if predicate.frame.type in _BY_TOOL:
                whom = distinct([*whom, *(Subject(term, "chain") for term in tools)])
            negated = predicate.frame.negated or bool(_NEGATION.search(clause.text[: predicate.start]))
            for place, stands in objects:
                for link in by_frame(predicate.frame, whom, place.terms):
                    yield link._replace(place=stands, distance=place.start - predicate.end, negated=negated)
            tools = objects[0][0].terms if objects and predicate.frame.name == "uses" else []
            before = predicate

    def _objects(self, clause: _Clause, predicate: Predicate, end: int) -> Iterator[tuple[_Place, str]]:
        """Yield what stands behind a predicate, with how: right behind it, or after which preposition."""
        at = predicate.end
        for place in clause.places:
            if at <= place.start < end:
                small = _PREPOSITION.findall(clause.text, at, place.start)
                if predicate.frame.name == "is-kind" and (small or at > predicate.end):
                    return
                yield place, f"after {small[-1].lower()}" if small else "only" if at == predicate.end else "inner"
                at = place.end

    def _whom(
        self, clause: _Clause, predicate: Predicate, subjects: list[Subject], before: Predicate | None
    ) -> list[Subject]:
        """Return whom a predicate is about: who stands right before, or whom the clause is about.

        What is said behind "X is a T" is about X: "X is a T that uses Y".
        """
        nearest = [place for place in clause.places if place.end <= predicate.start][-1:]
        if nearest and not (before and before.frame.name == "is-kind"):
            between = clause.text[nearest[0].end : predicate.start]
            direct = not between.strip(" ()-")
            participle = direct and _PARTICIPLE.match(clause.text, predicate.start)
            if _RELATIVE.match(between) or participle or (direct and before):
                how = "here" if direct and not participle else "next"
                return best([Subject(term, how) for term in nearest[0].terms], predicate.frame.sources)
        return best(subjects, predicate.frame.sources)
