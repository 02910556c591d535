"""A store in memory, and a small graph to ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings

from graph.model import (
    Bundle,
    Concept,
    Content,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
    Sentence,
)

settings.register_profile("zhitu", deadline=None, max_examples=60)
settings.load_profile("zhitu")


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
        wanted = None if ids is None else set(ids)
        return [one for one in found if (wanted is None or one.id in wanted) and document in (None, one.document)]

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


CONCEPTS = (
    Concept("attention", "注意力机制", Kind.METHOD, "注意力机制", "Attention", ("Attention",), "", 2),
    Concept("blip", "BLIP", Kind.MODEL, "", "BLIP", (), "BLIP 是视觉语言模型。", 4),
    Concept("clip", "CLIP", Kind.MODEL, "", "CLIP", ("CLIP模型",), "CLIP 是图文模型。", 6),
    Concept(
        "contrastive", "对比学习", Kind.METHOD, "对比学习", "Contrastive Learning", ("Contrastive Learning",), "", 5
    ),
    Concept("diffusion", "Stable Diffusion", Kind.MODEL, "", "Stable Diffusion", ("SD",), "", 3),
    Concept("lonely", "孤立概念", Kind.TERM, "孤立概念", "", (), "", 1),
    Concept("openai", "OpenAI", Kind.ORGANIZATION, "", "OpenAI", (), "", 1),
    Concept("textencoder", "文本编码器", Kind.COMPONENT, "文本编码器", "Text Encoder", ("Text Encoder",), "", 2),
    Concept("transformer", "Transformer", Kind.MODEL, "", "Transformer", (), "", 3),
)

#: (question's title, lines of its answer)
_QUESTIONS = (
    ("什么是注意力机制？", ("Transformer 使用注意力机制。",)),
    (
        "CLIP 的原理？",
        ("CLIP 使用对比学习。", "CLIP 由 OpenAI 提出。", "文本编码器是 CLIP 的一部分，它使用 Transformer。"),
    ),
    ("BLIP 的原理？", ("BLIP 使用对比学习，它与 CLIP 对比。",)),
    ("Stable Diffusion 使用什么？", ("Stable Diffusion 使用 CLIP，而不使用 BLIP。",)),
)


def _text() -> tuple[tuple[Question, ...], tuple[Sentence, ...]]:
    questions, sentences, line = [], [], 3
    for position, (title, lines) in enumerate(_QUESTIONS):
        id_ = f"notes/a.md#{position}"
        number = str(position + 1)
        questions.append(Question(id_, "notes/a.md", position, number, title, "\n".join(lines), line))
        for at, text in enumerate((title, *lines)):
            sentences.append(Sentence(f"{id_}.{at}", id_, at, text, line + at, 0, len(text)))
        line += len(lines) + 2
    return tuple(questions), tuple(sentences)


def _relation(source, type_, target, evidence, *, negated=False, confidence=0.9):
    return Relation(source, type_, target, negated, confidence, (f"notes/a.md#{evidence}",), ("a-rule",))


RELATIONS = tuple(
    sorted(
        (
            _relation("transformer", RelationType.USES, "attention", "0.1"),
            _relation("clip", RelationType.USES, "contrastive", "1.1"),
            _relation("clip", RelationType.PROPOSED_BY, "openai", "1.2"),
            _relation("textencoder", RelationType.PART_OF, "clip", "1.3"),
            _relation("textencoder", RelationType.USES, "transformer", "1.3", confidence=0.6),
            _relation("blip", RelationType.USES, "contrastive", "2.1"),
            _relation("blip", RelationType.COMPARED_WITH, "clip", "2.1"),
            _relation("diffusion", RelationType.USES, "clip", "3.1"),
            _relation("diffusion", RelationType.USES, "blip", "3.1", negated=True),
        ),
        key=lambda relation: relation.key,
    )
)

PREREQUISITES = (
    Prerequisite("attention", "transformer", 0.8, ("uses:1", "order")),
    Prerequisite("clip", "diffusion", 0.7, ("uses:1",)),
    Prerequisite("contrastive", "blip", 0.9, ("uses:2", "mentions:4")),
    Prerequisite("contrastive", "clip", 0.9, ("uses:1", "unmentioned", "refd:0.42")),
    Prerequisite("textencoder", "clip", 0.6, ("part_of:1",)),
    Prerequisite("transformer", "textencoder", 0.5, ("uses:1", "given")),
)

MENTIONS = tuple(
    sorted(
        (
            Mention("notes/a.md#0", "attention", 2, about=True),
            Mention("notes/a.md#0", "transformer", 1),
            Mention("notes/a.md#1", "clip", 3, about=True),
            Mention("notes/a.md#1", "contrastive", 1),
            Mention("notes/a.md#1", "openai", 1),
            Mention("notes/a.md#1", "textencoder", 1),
            Mention("notes/a.md#1", "transformer", 1),
            Mention("notes/a.md#2", "blip", 2, about=True),
            Mention("notes/a.md#2", "clip", 1),
            Mention("notes/a.md#2", "contrastive", 1),
            Mention("notes/a.md#3", "blip", 1),
            Mention("notes/a.md#3", "clip", 1),
            Mention("notes/a.md#3", "diffusion", 2, about=True),
        ),
        key=lambda mention: (mention.question, mention.concept),
    )
)


@pytest.fixture
def sample() -> MemoryContent:
    """Return a graph of nine concepts from one note with four questions."""
    questions, sentences = _text()
    document = Document("notes/a.md", "A", "0" * 64)
    return MemoryContent((Bundle(document, questions, sentences, MENTIONS),), CONCEPTS, RELATIONS, PREREQUISITES)


@pytest.fixture
def store(sample: MemoryContent) -> MemoryStore:
    """Return a store of the sample."""
    return MemoryStore(sample)
