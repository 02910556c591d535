"""The protocol that every store fulfils; `tests/contract` runs one suite against all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from graph.model import Concept, Content, Document, Mention, Prerequisite, Question, Relation, Sentence

#: Called with (stage, done, total) while something long goes on; total 0 where unknown.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a console statement may take: seconds, rows, and bytes of its result."""

    seconds: float = 10.0
    rows: int = 1000
    size: int = 8_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """The result of a Cypher statement.

    Values are JSON-like; a node is ``{"~id", "~labels", **properties}``, a relationship
    ``{"~id", "~type", "~source", "~target", **properties}``, a path
    ``{"~nodes": [...], "~relationships": [...]}``.

    Parameters
    ----------
    truncated
        Empty, or which limit cut the rows: "rows" or "size".
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    seconds: float = 0.0
    truncated: str = ""


class GraphStore(Protocol):
    """Where the graph is kept.

    Opened for reading unless `replace` is called. Errors are `StoreError`s.
    A reader goes on with what it sees until `version` tells it of newer content.
    """

    @property
    def url(self) -> str:
        """The store's address without secrets."""
        ...

    def version(self) -> str:
        """Return a token that changes whenever the content does; "" while there is no graph."""
        ...

    def replace(self, content: Content, progress: Progress = silent) -> None:
        """Make the store hold just `content`: idempotent, and finished by calling it again if it was killed.

        A reader never sees half a document.
        """
        ...

    def content(self) -> Content:
        """Return all that the store holds; equal to what `replace` was given last."""
        ...

    def documents(self) -> Sequence[Document]:
        """Return the documents, sorted by path."""
        ...

    def questions(self, ids: Iterable[str] | None = None, *, document: str | None = None) -> Sequence[Question]:
        """Return questions by id (unknown ones left out), of one document, or all; sorted by (document, position)."""
        ...

    def count_questions(self) -> int:
        """Return how many questions there are, without reading them."""
        ...

    def sentences(self, ids: Iterable[str] | None = None, *, question: str | None = None) -> Sequence[Sentence]:
        """Return sentences by id (unknown ones left out), of one question, or all; in the order of the notes."""
        ...

    def mentions(self, *, concept: str | None = None, question: str | None = None) -> Sequence[Mention]:
        """Return mentions of a concept, in a question, or all; sorted by (question, concept)."""
        ...

    def concepts(self) -> Sequence[Concept]:
        """Return the concepts, sorted by id."""
        ...

    def relations(self) -> Sequence[Relation]:
        """Return the relations, sorted by key."""
        ...

    def prerequisites(self) -> Sequence[Prerequisite]:
        """Return the prerequisites, sorted by (source, target)."""
        ...

    def search(self, text: str, limit: int = 20) -> Sequence[tuple[str, float]]:
        """Return (concept id, score) of the engine's full-text index, best first."""
        ...

    def query(self, statement: str, parameters: Mapping[str, Any], limits: Limits) -> Table:
        """Run a statement read-only within the limits. Only `graph.cypher` calls this: it is no gate by itself."""
        ...

    def explain(self, statement: str, parameters: Mapping[str, Any]) -> str:
        """Return the engine's plan as text, without running the statement."""
        ...

    def close(self) -> None:
        """Let go of files, connections and processes; may be called again."""
        ...

    def __enter__(self) -> Self:
        """Return the store itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        ...
