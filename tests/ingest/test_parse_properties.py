"""What holds for any Markdown: offsets slice to the text, structure is sound, nothing is raised."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from graph.model import Document
from ingest.parse import parse
from ingest.records import BlockKind, Note

NOTES = sorted((Path(__file__).parents[2] / "data" / "notes").glob("*.md"))
TEXTS = [path.read_text("utf-8") for path in NOTES]

PIECES = [
    "==",
    "[^1]",
    "[^1]: ",
    "- [ ] ",
    "[!NOTE]",
    "![[x]]",
    "# ",
    "## 1. ",
    "### ",
    "<h2 id='x'>",
    "</h2>",
    "<H1 ID=a\n>",
    "**",
    "*",
    "_",
    "`",
    "```\n",
    "~~~\n",
    "$",
    "$$",
    "$$\n",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "[[",
    "]]",
    "[",
    "](",
    ")",
    "![",
    "](a b\\c.png)",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "<br>",
    "<td>",
    "<b>",
    "&amp;",
    "&#x4e2d;",
    "\\",
    "\\*",
    "|",
    "| a | b |\n|---|---|\n| c\\|d | e |\n",
    "|---|",
    "- ",
    "  - ",
    "1. ",
    "> ",
    ">> ",
    "\t",
    "    ",
    "  \n",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\u2028",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "。",
    "？",
    "：",
    "；",
    ". ",
    "! ",
    "（",
    "）",
    "e.g. ",
    "3.5",
    "难度：★★\n",
    "👶",
    "⭐️",
    "---\n",
    "===\n",
    "---\ntitle: x\n---\n",
    "目录",
    "- [1.什么](#1)\n",
    "问题1：",
    "Q2: ",
    "CLIP使用对比学习",
    "text",
    "[x]: y\n",
    "~~",
    "\u3000",
    "𝐂",
    "\f",
]
markdown = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)


@st.composite
def mutated(draw):
    """Cut a real note and put pieces in."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    text = text[start : start + draw(st.integers(0, 3000))]
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 20)) :]
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


def parsed(text):
    return parse(Note(Document("n.md", "", ""), text, "utf-8"))


def check(text):
    document = parsed(text)
    assert document.document.title
    position = -1
    for number, question in enumerate(document.questions):
        assert question.question.position == number
        assert question.question.title
        assert question.question.answer in text
        assert question.sentences[0].sentence.start > position
        check_blocks(question.blocks)
        check_sentences(question, text)
        position = question.sentences[-1].sentence.end
    for notice in document.notices:
        assert notice.message.isprintable()
        assert 0 <= notice.line <= text.count("\n") + text.count("\r") + 1
    return document


def check_blocks(blocks):
    assert blocks[0].kind is BlockKind.TITLE
    for index, block in enumerate(blocks):
        assert block.index == index
        assert blocks[block.heading].kind in (BlockKind.TITLE, BlockKind.HEADING)
        for other in (block.heading, block.lead_in, block.parent):
            assert other is None or other < index or (index == 0 and other == 0)
        assert (block.table >= 0) == (block.kind in (BlockKind.CELL, BlockKind.COLUMN))
        if block.parent is not None:
            assert block.kind is BlockKind.ITEM
            assert blocks[block.parent].kind is BlockKind.ITEM


def check_sentences(question, text):
    for number, parsed_sentence in enumerate(question.sentences):
        sentence = parsed_sentence.sentence
        assert sentence.position == number
        assert sentence.text == text[sentence.start : sentence.end]
        assert sentence.text
        assert parsed_sentence.plain
        assert parsed_sentence.plain == parsed_sentence.plain.strip()
        assert not set(parsed_sentence.plain) & set("\n\r\t\u2028\u200b\ufeff\u00ad")
        if "&" not in sentence.text:  # an entity stands for another character
            rest = iter(sentence.text)
            assert all(character in rest for character in parsed_sentence.plain if not character.isspace())
        before = text[: sentence.start]
        assert sentence.line == 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
        for mark in parsed_sentence.marks:
            assert 0 <= mark.start < mark.end <= len(parsed_sentence.plain)
        assert [mark.start for mark in parsed_sentence.marks] == sorted(mark.start for mark in parsed_sentence.marks)
    for one, other in pairwise(question.sentences):
        assert one.sentence.end <= other.sentence.start
        assert one.block <= other.block
    assert {sentence.block for sentence in question.sentences} == set(range(len(question.blocks)))


@given(markdown)
@limits(max_examples=300, deadline=None)
def test_any_markdown_is_parsed_soundly(text):
    check(text)


@given(mutated())
@limits(max_examples=200, deadline=None)
def test_mutated_notes_are_parsed_soundly(text):
    check(text)


@given(st.text(max_size=300))
@limits(max_examples=200, deadline=None)
def test_any_text_is_parsed_soundly(text):
    check(text)


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_sample_notes_are_parsed_soundly_whatever_their_line_ends(path):
    text = path.read_text("utf-8")
    document = check(text)
    assert not document.notices or "belongs to no question" in document.notices[0].message
    for end in ("\r", "\r\n"):
        other = check(text.replace("\n", end))
        assert [[s.plain for s in q.sentences] for q in other.questions] == [
            [s.plain for s in q.sentences] for q in document.questions
        ]
        assert [q.blocks for q in other.questions] == [q.blocks for q in document.questions]


def test_same_note_gives_the_same_value():
    for text in TEXTS:
        assert parsed(text) == parsed(text)
