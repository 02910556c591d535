"""The graph in memory, for everything that walks it: made once per store and content version.

A view holds the concept layer, mentions, and of questions all but their answers (those give the reading
time and stay in the store). It is immutable in effect: parts that are made on first use
are the same whoever asks first. Callers must not change the networkx graphs that they are handed.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Generic, TypeVar, cast

import networkx as nx

from graph.errors import StoreEmptyError
from graph.model import ESSENTIAL, Concept, Content, Mention, Prerequisite, Question, Relation, RelationType
from graph.query.names import NameIndex
from graph.store.base import GraphStore

_Value = TypeVar("_Value")

#: Silent reading of English non-fiction, words a minute: Brysbaert, "How many words do we read per
#: minute?", Journal of Memory and Language 109 (2019).
WORDS_A_MINUTE = 238
#: Chinese characters a minute: Trauzettel-Klosinski and Dietz, "Standardized assessment of reading
#: performance: the new International Reading Speed Texts IReST", IOVS 53 (2012).
CHARACTERS_A_MINUTE = 255
_CHARACTER = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’.-]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """A question without its answer; `minutes` is the time to read both."""

    id: str
    document: str
    position: int
    number: str
    title: str
    line: int
    minutes: float


class Memo(Generic[_Value]):
    """Remember the values made last, at most `size`; each is made once, whichever threads ask for it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._made: OrderedDict[Hashable, Future[_Value]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """Return the value for `key`, by `make` where it is not there; what `make` raises is not remembered."""
        with self._lock:
            future = self._made.get(key)
            mine = future is None
            if future is None:
                future = self._made[key] = Future()
                while len(self._made) > self._size:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
        if mine:
            self._fill(key, future, make)
        return future.result()

    def _fill(self, key: Hashable, future: Future[_Value], make: Callable[[], _Value]) -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # noqa: BLE001  it goes to all who wait, this caller among them
            with self._lock:
                if self._made.get(key) is future:
                    del self._made[key]
            future.set_exception(error)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._made.clear()


class GraphView:
    """A graph in memory.

    Parameters
    ----------
    url, version
        Of the store that it came from.

    Attributes
    ----------
    concepts
        By id.
    relations : networkx.MultiDiGraph
        Concept ids; each edge has the key (type, negated) and the attribute ``relation``.
    prerequisites : networkx.DiGraph
        Concept ids, from what is learned first; each edge has the attribute ``prerequisite``.
    mentions
        By concept id: questions that the concept is the subject of first, then in the notes' order.
    readings
        By question id.
    """

    def __init__(  # noqa: PLR0913  the parts of a graph
        self,
        url: str,
        version: str,
        *,
        concepts: Iterable[Concept],
        relations: Iterable[Relation] = (),
        prerequisites: Iterable[Prerequisite] = (),
        mentions: Iterable[Mention] = (),
        questions: Iterable[Question] = (),
    ) -> None:
        self.url = url
        self.version = version
        self.concepts: Mapping[str, Concept] = {concept.id: concept for concept in concepts}
        self.readings: Mapping[str, Reading] = {question.id: _reading(question) for question in questions}
        self.relations = nx.MultiDiGraph()
        self.relations.add_nodes_from(self.concepts)
        for relation in relations:
            self.relations.add_edge(
                relation.source, relation.target, key=(relation.type, relation.negated), relation=relation
            )
        self.prerequisites = nx.DiGraph()
        self.prerequisites.add_nodes_from(self.concepts)
        for pair in prerequisites:
            self.prerequisites.add_edge(pair.source, pair.target, prerequisite=pair)
        self.mentions = self._by_concept(mentions)
        #: What queries derive from the view and want to find again.
        self.memo: Memo[object] = Memo(32)

    @cached_property
    def names(self) -> NameIndex:
        """All names of all concepts."""
        return NameIndex(self.concepts.values())

    @cached_property
    def importance(self) -> Mapping[str, float]:
        """How much a concept matters: grows with the concepts it is tied to and with its mentions."""
        return {
            id_: math.log1p(self.relations.degree(id_)) + math.log1p(concept.mentions)
            for id_, concept in self.concepts.items()
        }

    @cached_property
    def essential(self) -> nx.DiGraph:
        """Those of `prerequisites` that are at least as likely right as not: what somebody states, and the surest.

        A learner cannot follow all: one doubtful pair on the way to a concept brings in all that is before it.
        """
        sure = nx.DiGraph()
        sure.add_nodes_from(self.concepts)
        for source, target, pair in self.prerequisites.edges(data="prerequisite"):
            if pair.weight >= ESSENTIAL:
                sure.add_edge(source, target, prerequisite=pair)
        return sure

    def place(self, concept: str) -> tuple[str, int]:
        """Return (document, position) of the first question that a concept is in; after all others if in none."""
        return self._places.get(concept, ("\U0010ffff", 0))

    def documents_of(self, relation: Relation) -> frozenset[str]:
        """Return the documents that state a relation."""
        return frozenset(document_of(sentence) for sentence in relation.evidence)

    def between(self, one: str, other: str) -> tuple[Relation, ...]:
        """Return the relations between two concepts, in either direction, sorted by key."""
        both = {*self._from(one, other), *self._from(other, one)}
        return tuple(sorted(both, key=lambda relation: relation.key))

    def links(
        self, types: frozenset[RelationType] | None = None, *, negated: bool = False, directed: bool = False
    ) -> nx.Graph:
        """Return which concepts are tied: a Graph, or a DiGraph if `directed`.

        Parameters
        ----------
        types
            Only by these relations; by any if None.
        negated
            Denied relations tie too.
        """
        key = ("links", types, negated, directed)
        return self.memo.get(key, lambda: self._links(types, negated=negated, directed=directed))

    def remember(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """Return what `make` made for this view and key, making it only once."""
        return cast("_Value", self.memo.get(key, make))

    def _from(self, source: str, target: str) -> Iterable[Relation]:
        for data in (self.relations.get_edge_data(source, target) or {}).values():
            yield data["relation"]

    def _links(self, types: frozenset[RelationType] | None, *, negated: bool, directed: bool) -> nx.Graph:
        links = nx.DiGraph() if directed else nx.Graph()
        links.add_nodes_from(self.concepts)
        for source, target, relation in self.relations.edges(data="relation"):
            if source != target and (negated or not relation.negated) and (types is None or relation.type in types):
                links.add_edge(source, target)
        return links

    def _by_concept(self, mentions: Iterable[Mention]) -> Mapping[str, tuple[Mention, ...]]:
        grouped: defaultdict[str, list[Mention]] = defaultdict(list)
        for mention in mentions:
            grouped[mention.concept].append(mention)
        return {
            concept: tuple(sorted(group, key=lambda mention: (not mention.about, *split_id(mention.question))))
            for concept, group in grouped.items()
        }

    @cached_property
    def _places(self) -> Mapping[str, tuple[str, int]]:
        return {
            concept: min(split_id(mention.question) for mention in mentions)
            for concept, mentions in self.mentions.items()
        }


_views: Memo[GraphView] = Memo(4)


def view(store: GraphStore) -> GraphView:
    """Return the view of a store's content as it is now; the same object until the content changes.

    Raises
    ------
    StoreEmptyError
        There is no graph yet.
    """
    version = store.version()
    if not version:
        raise StoreEmptyError("There is no graph yet.", "Make one with `zhitu ingest PATH`.")
    return _views.get((store.url, version), lambda: _load(store, version))


def view_of(content: Content) -> GraphView:
    """Return the view of a graph that no store holds (yet)."""
    bundles = list(content.bundles())
    return GraphView(
        "",
        "",
        concepts=content.concepts,
        relations=content.relations,
        prerequisites=content.prerequisites,
        mentions=[mention for bundle in bundles for mention in bundle.mentions],
        questions=[question for bundle in bundles for question in bundle.questions],
    )


def split_id(question: str) -> tuple[str, int]:
    """Return (document, position) of a question's id."""
    document, _, position = question.rpartition("#")
    return document, int(position)


def document_of(sentence: str) -> str:
    """Return the document's path in a sentence's id."""
    return sentence.rpartition("#")[0]


def reading_minutes(text: str) -> float:
    """Return how long a text takes to read: Chinese by its characters, the rest by its words.

    Examples
    --------
    >>> round(reading_minutes("对比学习" * 64), 1)
    1.0
    """
    return len(_CHARACTER.findall(text)) / CHARACTERS_A_MINUTE + len(_WORD.findall(text)) / WORDS_A_MINUTE


def _load(store: GraphStore, version: str) -> GraphView:
    return GraphView(
        store.url,
        version,
        concepts=store.concepts(),
        relations=store.relations(),
        prerequisites=store.prerequisites(),
        mentions=store.mentions(),
        questions=store.questions(),
    )


def _reading(question: Question) -> Reading:
    return Reading(
        id=question.id,
        document=question.document,
        position=question.position,
        number=question.number,
        title=question.title,
        line=question.line,
        minutes=round(reading_minutes(f"{question.title}\n{question.answer}"), 2),
    )
