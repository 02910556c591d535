"""Finding concepts by what somebody types: any name, a part of one, its pinyin, or nearly one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from graph.errors import UnknownConceptError
from graph.model import Concept, Kind
from graph.query.names import normalise
from graph.query.view import GraphView

#: Likeness in [0, 100] from which a name is offered while typing, and from which it is "did you mean".
_LIKE, _NEAR = 65.0, 45.0
#: Shorter text is like too many names.
_FUZZY_LENGTH = 3


class Match(StrEnum):
    """How a name fits what was typed, best first."""

    EXACT = "exact"
    PREFIX = "prefix"
    PINYIN = "pinyin"
    SUBSTRING = "substring"
    FUZZY = "fuzzy"


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept found: its canonical `name`, and the one of its names (`matched`) that fits as `match` says."""

    concept: str
    name: str
    matched: str
    match: Match
    kind: Kind
    mentions: int


def search(view: GraphView, text: str, limit: int = 20) -> tuple[Hit, ...]:
    """Return the concepts that fit the text, best first.

    An exact name comes before a beginning, that before pinyin (whole or initials), a part, and a
    likeness; among equals, the concept with more mentions. Empty text gives the concepts mentioned most.
    """
    if not normalise(text):
        return _most_mentioned(view, limit)
    hits: dict[str, Hit] = {}
    for match, entries in _stages(view, text, limit, _LIKE):
        _collect(view, match, entries, hits)
        if len(hits) >= limit:
            break
    return tuple(hits.values())[:limit]


def find(view: GraphView, name: str) -> Concept:
    """Return the concept with this id or this name.

    Where several have the name, the one whose canonical name it is, then the one mentioned most.

    Raises
    ------
    UnknownConceptError
        With the names that are nearest.
    """
    if name in view.concepts:
        return view.concepts[name]
    key = normalise(name)
    found = {view.names.concept[entry] for entry in view.names.exact(name)}
    if not found:
        raise UnknownConceptError(name, nearest(view, name))
    best = min(found, key=lambda id_: (normalise(view.concepts[id_].name) != key, -view.concepts[id_].mentions, id_))
    return view.concepts[best]


def nearest(view: GraphView, name: str, limit: int = 3) -> tuple[str, ...]:
    """Return the canonical names of the concepts whose names are most like `name`."""
    hits: dict[str, Hit] = {}
    for match, entries in _stages(view, name, limit, _NEAR):
        _collect(view, match, entries, hits)
    return tuple(hit.name for hit in hits.values())[:limit]


def _stages(view: GraphView, text: str, limit: int, least: float) -> Iterator[tuple[Match, Iterable[int]]]:
    names = view.names
    yield Match.EXACT, names.exact(text)
    yield Match.PREFIX, names.prefix(text)
    yield Match.PINYIN, names.pinyin(text)
    yield Match.SUBSTRING, names.substring(text)
    if len(normalise(text)) >= _FUZZY_LENGTH:
        yield Match.FUZZY, names.fuzzy(text, limit, least)


def _collect(view: GraphView, match: Match, entries: Iterable[int], hits: dict[str, Hit]) -> None:
    """Add what is new to `hits`; fuzzy entries come best first, others are sorted by mentions."""
    found: dict[str, str] = {}
    for entry in entries:
        id_, name = view.names.concept[entry], view.names.name[entry]
        if id_ not in hits and (id_ not in found or _better(view, id_, name, found[id_])):
            found[id_] = name
    order = list(found)
    if match is not Match.FUZZY:
        order.sort(key=lambda id_: (-view.concepts[id_].mentions, len(found[id_]), id_))
    for id_ in order:
        concept = view.concepts[id_]
        hits[id_] = Hit(id_, concept.name, found[id_], match, concept.kind, concept.mentions)


def _better(view: GraphView, concept: str, name: str, than: str) -> bool:
    """Of two names that fit alike, show the canonical one, else the shorter."""
    canonical = view.concepts[concept].name
    return (name != canonical, len(name), name) < (than != canonical, len(than), than)


def _most_mentioned(view: GraphView, limit: int) -> tuple[Hit, ...]:
    top = sorted(view.concepts.values(), key=lambda concept: (-concept.mentions, concept.id))[:limit]
    return tuple(Hit(one.id, one.name, one.name, Match.PREFIX, one.kind, one.mentions) for one in top)
