"""A store in memory, and graphs to ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.model import Content, MemoryContent


class MemoryStore:
    """The reading half of `graph.store.base.GraphStore`, over a content."""

    def __init__(self, content: Content, url: str = "memory:test", version: str = "1") -> None:
        self.url = url
        self._content = content
        self._version = version
        self._bundles = list(content.bundles())

    def version(self):
        return self._version

    def concepts(self):
        return self._content.concepts

    def relations(self):
        return self._content.relations

    def prerequisites(self):
        return self._content.prerequisites

    def questions(self, ids=None, *, document=None):
        found = [question for bundle in self._bundles for question in bundle.questions]
        return [one for one in found if (ids is None or one.id in set(ids)) and document in (None, one.document)]

    def sentences(self, ids=None, *, question=None):
        found = [sentence for bundle in self._bundles for sentence in bundle.sentences]
        wanted = None if ids is None else set(ids)
        return [one for one in found if (wanted is None or one.id in wanted) and question in (None, one.question)]

    def mentions(self, *, concept=None, question=None):
        found = [mention for bundle in self._bundles for mention in bundle.mentions]
        return [one for one in found if concept in (None, one.concept) and question in (None, one.question)]


@pytest.fixture
def memory_store() -> Callable[..., MemoryStore]:
    """Return what makes a store of a content."""
    return MemoryStore


@pytest.fixture
def empty_content() -> MemoryContent:
    """Return a graph with nothing in it."""
    return MemoryContent()
