"""Weigh what two terms that stand close may have to do with each other, where no rule says it.

A rule states what it was written for; notes say the same in many other words. Here each two terms of a sentence, and
each term of it with whom the text is about (the topic, the heading, the sentence before), are described by what
stands around them, and a model that was fitted on annotated notes tells how likely each relation is, each way.
Such relations are named "near" and "about".

Source: features of words between, around and of entity kinds, as in Zhou et al. 2005, "Exploring various knowledge in
relation extraction".
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import rjieba

from graph.model import Kind
from ingest.records import Block, ParsedQuestion
from ingest.relate.links import Link, Term
from ingest.relate.rules import FIRST, GROUP, ListRule, Predicate, Predicates
from ingest.relate.sentence import Sentence
from ingest.relate.statement import HYPOTHETICAL

#: How many terms after it, and how many characters away, a term may have to do with another.
_TERMS, _CHARACTERS = 8, 80
_GROUP = re.compile(GROUP)
_PARTED = re.compile(r"[,;。]")
_LEAST = chr(FIRST)


class Pair(NamedTuple):
    """Two terms and what speaks for a relation between them.

    Parameters
    ----------
    rule
        "near": both stand in the sentence; "about": the first is whom the sentence is about.
    sentence
        Its number in the question.
    features
        What the model "pairs" looks at.
    """

    first: Term
    second: Term
    rule: str
    sentence: int
    features: tuple[str, ...]


class About(NamedTuple):
    """Whom the text is about where a sentence stands, and what introduces it: a rule's word, a sentence's number."""

    topic: Sequence[Term]
    heading: Sequence[Term]
    lead: Sequence[Term]
    cue: ListRule | None
    block: Block
    introduced: int


class _Place(NamedTuple):
    """A term of a sentence: where it stands, and in which enumeration."""

    at: int
    term: Term
    group: int


class PairFinder:
    """Finds the pairs of a question.

    Parameters
    ----------
    sentences
        The question's, encoded.
    predicates
        The words of all frames.
    """

    def __init__(self, question: ParsedQuestion, sentences: Sequence[Sentence], predicates: Predicates) -> None:
        self._question = question
        self._sentences = sentences
        self._predicates = predicates
        self._asked = tuple(f"asked={word}" for word in sorted(set(_Words(sentences[0].text, ()).all())))
        self._leads: dict[int, tuple[str, ...]] = {0: ()}

    def find(self, around: Iterable[About]) -> Iterator[Pair]:
        """Yield the pairs; `around` tells for each sentence whom the text is about there."""
        said: dict[str, Term] = {}
        block = -1
        for number, about in enumerate(around):
            if self._question.sentences[number].block != block:
                block, said = self._question.sentences[number].block, {}
            text = self._sentences[number].text
            places = list(_places(text, self._sentences[number].terms))
            if not places or HYPOTHETICAL.match(text):
                continue
            words = _Words(text, self._predicates.find(text))
            yield from self._near(number, places, words, about)
            if number:
                yield from self._about(number, places, words, about, said)
            said = {"before": places[0].term, "opening": said.get("opening", places[0].term)}

    def _near(self, number: int, places: list[_Place], words: _Words, about: About) -> Iterator[Pair]:
        block = "title" if not number else str(about.block.kind)
        cue = about.cue.name if about.cue else "none"
        shared = ("near", f"block={block}", f"near cue={cue}", f"terms={min(len(places), 8)}")
        done: set[tuple[str, str]] = set()
        for index, first in enumerate(places):
            for between, second in enumerate(places[index + 1 : index + 1 + _TERMS]):
                if second.at - first.at > _CHARACTERS:
                    break
                keys = (first.term.key, second.term.key)
                if keys[0] != keys[1] and keys not in done:
                    done |= {keys, keys[::-1]}
                    features = (*shared, *self._between(first, second, between, words))
                    features += (
                        f"first is {_role(first.term, about)}",
                        f"second is {_role(second.term, about)}",
                        f"opens={not index}",
                    )
                    yield Pair(first.term, second.term, "near", number, (*features, *_kinds(first.term, second.term)))

    def _between(self, first: _Place, second: _Place, between: int, words: _Words) -> Iterator[str]:
        """Yield what stands between two terms, before the first and behind the second."""
        text = words.text[first.at + 1 : second.at]
        yield f"between={min(between, 4)}"
        yield f"distance={min(len(text) // 6, 6)}"
        if first.group == second.group:
            yield "one enumeration"
        if _PARTED.search(text):
            yield "parted"
        inside = words.within(first.at + 1, second.at)
        yield f"parts={min(len(_PARTED.findall(text)), 3)}"
        if inside:
            yield f"start={inside[0]}"
            yield f"end={inside[-1]}"
            yield f"ends={' '.join(inside[-2:])}"
        yield from (f"two={' '.join(two)}" for two in dict.fromkeys(pairwise(inside)))
        yield from (f"word={word}" for word in dict.fromkeys(inside))
        if len(inside) <= 2:
            yield f"words={' '.join(inside)}"
        yield from (f"before={word}" for word in words.within(first.at - 8, first.at)[-2:])
        yield from (f"after={word}" for word in words.within(second.at + 1, second.at + 9)[:2])
        yield from (f"frame={name}" for name in dict.fromkeys(words.frames(first.at + 1, second.at) or ["none"]))

    def _about(
        self, number: int, places: list[_Place], words: _Words, about: About, said: Mapping[str, Term]
    ) -> Iterator[Pair]:
        """Yield the terms with whom they may belong to; `said`: the first of the sentence and of the block before."""
        here = {place.term.key for place in places}
        owners: dict[str, tuple[str, Term]] = {}
        told = (("topic", about.topic), ("lead", about.lead), ("heading", about.heading))
        for how, term in (*((how, term) for how, terms in told for term in terms[:1]), *said.items()):
            if term.key not in here:
                owners.setdefault(term.key, (how, term))
        if not owners:
            return
        seen: set[str] = set()
        for index, place in enumerate(places):
            if place.term.key in seen:
                continue
            seen.add(place.term.key)
            shared = (*self._alone(number, index, place, words, about), *self._asked)
            for how, owner in owners.values():
                features = ("about", f"how={how}", f"how={how} at={min(index, 2)}", *shared)
                yield Pair(owner, place.term, "about", number, (*features, *_kinds(owner, place.term)))

    def _alone(self, number: int, index: int, place: _Place, words: _Words, about: About) -> Iterator[str]:
        """Yield what stands around a term that belongs to somebody who is not in the sentence."""
        yield f"at={min(index, 3)}"
        yield f"sentence={min(number, 4)}"
        yield f"at={min(index, 2)} in={about.block.kind}"
        if about.cue:
            yield f"cue={about.cue.name}"
        yield from self._lead_words(about.introduced)
        colon = words.text.find(":")
        yield f"colon={'none' if colon < 0 else 'next' if colon == place.at + 1 else colon > place.at}"
        inside = words.within(0, place.at)
        yield f"opens with={inside[0] if inside else ''}"
        yield f"last word={inside[-1] if inside else ''}"
        yield f"last words={' '.join(inside[-2:])}"
        yield from (f"far before={word}" for word in words.within(place.at - 10, place.at)[-3:])
        yield from (f"far after={word}" for word in words.within(place.at + 1, place.at + 9)[:2])
        found = words.frames(0, place.at)
        yield f"far frame={found[-1]}" if found else "far frame=none"

    def _lead_words(self, number: int) -> tuple[str, ...]:
        if number not in self._leads:
            words = _Words(self._sentences[number].text, ()).all()
            self._leads[number] = tuple(f"lead={word}" for word in sorted(set(words[-12:])))
        return self._leads[number]


class _Words:
    """The words and predicates of an encoded sentence and where they stand; terms are none."""

    def __init__(self, text: str, predicates: Sequence[Predicate]) -> None:
        self.text = text
        self._predicates = predicates
        self._starts: list[int] = []
        self._words: list[str] = []
        at = 0
        for word in rjieba.cut(text):
            if max(word) < _LEAST and not word.isspace():
                self._starts.append(at)
                self._words.append(word.lower())
            at += len(word)

    def all(self) -> list[str]:
        """Return all of them."""
        return self._words

    def within(self, start: int, end: int) -> list[str]:
        """Return those that begin in [start, end)."""
        return self._words[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def frames(self, start: int, end: int) -> list[str]:
        """Return the names of the frames whose words stand in [start, end)."""
        return [each.frame.name for each in self._predicates if start <= each.start and each.end <= end]


def fired(first: str, link: Link) -> Iterator[str]:
    """Yield what a rule that ties a pair, of which `first` is a key, says for the model."""
    way = ">" if link.source.key == first else "<"
    yield f"said={link.type}{way}"
    yield f"rule={link.rule}{way}"


def _places(text: str, terms: Sequence[Term]) -> Iterator[_Place]:
    for number, group in enumerate(_GROUP.finditer(text)):
        for at in range(group.start(), group.end()):
            if text[at] >= _LEAST:
                yield _Place(at, terms[ord(text[at]) - FIRST], number)


def _role(term: Term, about: About) -> str:
    if any(term.key == other.key for other in about.topic):
        return "topic"
    return "heading" if any(term.key == other.key for other in about.heading) else "other"


_KINDS = {
    (first, second): (f"kinds={first} {second}", f"first={first}", f"second={second}")
    for first in Kind
    for second in Kind
}


def _kinds(first: Term, second: Term) -> Iterator[str]:
    yield from _KINDS[first.kind, second.kind]
    for one, other, way in ((first, second, ">"), (second, first, "<")):
        if len(other.key) > 1 and one.key.endswith(other.key):
            yield f"name ends in{way}"
        elif len(other.key) > 1 and one.key.startswith(other.key):
            yield f"name begins with{way}"
