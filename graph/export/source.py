"""What all forms share: the content to write, and files that appear only when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

from graph.errors import ExchangeError
from graph.model import Bundle, Concept, Content, Prerequisite, Relation


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a note that state a relation."""

    document: str
    line: int
    text: str


class Source:
    """A content without the relations that are too uncertain."""

    def __init__(self, content: Content, min_confidence: float) -> None:
        self._content = content
        self._min_confidence = min_confidence

    def bundles(self) -> Iterator[Bundle]:
        """Yield the documents' bundles, sorted by path."""
        return self._content.bundles()

    @property
    def concepts(self) -> Sequence[Concept]:
        """Sorted by id."""
        return self._content.concepts

    @cached_property
    def relations(self) -> Sequence[Relation]:
        """Sorted by key."""
        return [each for each in self._content.relations if each.confidence >= self._min_confidence]

    @property
    def prerequisites(self) -> Sequence[Prerequisite]:
        """Sorted by (source, target)."""
        return self._content.prerequisites

    @cached_property
    def quotes(self) -> Mapping[str, Quote]:
        """The words of all evidence, by the sentence's id."""
        wanted = {sentence for relation in self.relations for sentence in relation.evidence}
        return {
            sentence.id: Quote(bundle.document.path, sentence.line, sentence.text)
            for bundle in self.bundles()
            for sentence in bundle.sentences
            if sentence.id in wanted
        }


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a text file that takes its place only when it is written to the end.

    Raises
    ------
    ExchangeError
        Names the file and what the system said.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ExchangeError(str(path), 0, f"cannot be written: {error.strerror or error}.") from error
