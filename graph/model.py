"""What the graph holds, as frozen values.

Ids are derived from content, so that the same notes give the same graph:
a document's is its path below its root, a question's ``document#position``, a sentence's
``document#position.position``, a concept's the slug of its canonical name.
Positions count from 0, lines from 1; offsets are characters of the decoded file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What a concept is (data/ontology/kinds.csv gives each its names and looks)."""

    MODEL = "Model"
    METHOD = "Method"
    COMPONENT = "Component"
    TASK = "Task"
    DATA = "Data"
    METRIC = "Metric"
    PROBLEM = "Problem"
    ORGANIZATION = "Organization"
    TERM = "Term"


class RelationType(StrEnum):
    """How two concepts relate (data/ontology/relations.csv gives each its meaning)."""

    IS_A = "IS_A"
    PART_OF = "PART_OF"
    USES = "USES"
    APPLIED_TO = "APPLIED_TO"
    BASED_ON = "BASED_ON"
    ADDRESSES = "ADDRESSES"
    HAS_PROBLEM = "HAS_PROBLEM"
    HAS_FEATURE = "HAS_FEATURE"
    COMPARED_WITH = "COMPARED_WITH"
    PROPOSED_BY = "PROPOSED_BY"
    EVALUATED_ON = "EVALUATED_ON"


#: The inferred relation; not stated by a sentence, so not a `RelationType`.
PREREQUISITE_OF = "PREREQUISITE_OF"
#: A prerequisite is essential from this weight on: at least as likely right as not.
ESSENTIAL = 0.5


@dataclass(frozen=True, slots=True)
class Document:
    """A note.

    Parameters
    ----------
    path
        Relative to the root it was ingested from, with ``/``; the key.
    title
        Its first heading or the front matter's title, else the file's name.
    sha256
        Of its bytes, in hexadecimal.
    root
        Digest of the root folder's absolute path: tells which documents a later ingest of that
        folder may remove. Not exported: the same notes give the same export anywhere.
    """

    path: str
    title: str
    sha256: str
    root: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer, as Markdown.

    `number` is the number as written ("12", "3.1"), empty where there is none.
    `properties` are sorted pairs such as ("difficulty", "3").
    """

    id: str
    document: str
    position: int
    number: str
    title: str
    answer: str
    line: int
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a question: position 0 is the title, then the answer's.

    `text` equals the decoded file's ``[start:end]``, markup included, but that control
    characters are blanks.
    """

    id: str
    question: str
    position: int
    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept stands in a question `count` times; `about`: the question is about it."""

    question: str
    concept: str
    count: int
    about: bool = False


@dataclass(frozen=True, slots=True)
class Concept:
    """A technical term under its canonical name, with all of its others.

    `name_zh` and `name_en` are empty where unknown; `aliases` are sorted and hold neither `name`
    nor duplicates; `mentions` counts over all documents.
    """

    id: str
    name: str
    kind: Kind
    name_zh: str = ""
    name_en: str = ""
    aliases: tuple[str, ...] = ()
    definition: str = ""
    mentions: int = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed, stated relation between two concepts.

    Parameters
    ----------
    source, target
        Concept ids.
    negated
        The text denies it. A statement and its denial are two relations.
    confidence
        In [0, 1].
    evidence
        Keys of the sentences that state it; never empty, no duplicates.
    rules
        Parallel to `evidence`: the name of the rule that found it there.
    """

    source: str
    type: RelationType
    target: str
    negated: bool
    confidence: float
    evidence: tuple[str, ...]
    rules: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """What identifies the relation."""
        return (self.source, self.type, self.target, self.negated)


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """`source` is to be understood before `target` (concept ids); weight in (0, 1].

    `reasons` are codes with their figures, rendered in the reader's language by `graph.query`:
    "uses:4", "part_of", "refd:0.42", "order", "given".
    """

    source: str
    target: str
    weight: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """One document with all that belongs to it, sorted by position; mentions by (question, concept)."""

    document: Document
    questions: tuple[Question, ...]
    sentences: tuple[Sentence, ...]
    mentions: tuple[Mention, ...]


class Content(Protocol):
    """A whole graph, ready to be written or just read.

    Bundles are streamed (they hold all text); the concept layer fits in memory.
    All sorted by key, so that equal graphs are equal value by value.
    """

    @property
    def concepts(self) -> Sequence[Concept]:
        """Sorted by id."""

    @property
    def relations(self) -> Sequence[Relation]:
        """Sorted by key."""

    @property
    def prerequisites(self) -> Sequence[Prerequisite]:
        """Sorted by (source, target); acyclic."""

    def bundles(self) -> Iterator[Bundle]:
        """Yield the documents' bundles, sorted by path; may be called again."""


@dataclass(frozen=True, slots=True)
class MemoryContent:
    """A `Content` all in memory."""

    documents: tuple[Bundle, ...] = ()
    concepts: tuple[Concept, ...] = ()
    relations: tuple[Relation, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()

    def bundles(self) -> Iterator[Bundle]:
        """Yield the documents' bundles, sorted by path."""
        return iter(self.documents)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Some concepts with relations and prerequisites between them: what a view draws."""

    concepts: tuple[Concept, ...] = ()
    relations: tuple[Relation, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()


def question_id(document: str, position: int) -> str:
    """Return the key of a document's question."""
    return f"{document}#{position}"


def sentence_id(question: str, position: int) -> str:
    """Return the key of a question's sentence."""
    return f"{question}.{position}"
