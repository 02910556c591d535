"""What the stages hand to each other: frozen, picklable values, so that a stage may run in another process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from graph.model import Document, Question, Sentence


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a note that its author should know: file, line (0 where unknown) and one sentence."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """A file as read: its decoded text, with its line ends as they are; `text` is what offsets count in.

    Control characters other than tab and line ends are blanks, so offsets hold and no terminal sees them.
    """

    document: Document
    text: str
    encoding: str
    notices: tuple[Notice, ...] = ()


class BlockKind(StrEnum):
    """What a block of an answer is."""

    TITLE = "title"  # the question's own title, always block 0
    HEADING = "heading"  # a heading inside the answer, or a line all in bold that acts as one
    PARAGRAPH = "paragraph"
    ITEM = "item"  # one paragraph of a list item
    CELL = "cell"  # a cell of a table's body
    COLUMN = "column"  # a cell of a table's header


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a question's text; blocks refer to each other by index within the question.

    Code fences, images, formulas on their own and HTML comments are no blocks: they are in the answer's text only.

    Parameters
    ----------
    index
        Its own.
    heading
        The nearest heading above it inside the question (0, the title, where there is none).
    lead_in
        For items, cells and headers: the paragraph or heading that introduces the list or table
        ("多模态技术面临的挑战包括："), None where nothing stands before it.
        For a paragraph: None.
    parent
        For an item: the first block of the enclosing item, None at the top level.
        For a further paragraph of the same item: that item's first block.
    depth
        Level of a heading (1–6; a bold line counts 7), nesting of an item from 1, else 0.
    ordered
        An item of a numbered list.
    table, row, column
        For cells: which table of the question, row from 1 (0 for the header), column from 0; else -1.
    """

    index: int
    kind: BlockKind
    heading: int = 0
    lead_in: int | None = None
    parent: int | None = None
    depth: int = 0
    ordered: bool = False
    table: int = -1
    row: int = -1
    column: int = -1


class MarkKind(StrEnum):
    """How a stretch of a sentence is marked up."""

    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    LINK = "link"
    WIKILINK = "wikilink"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters [start, end) of a sentence's plain text are marked up so."""

    start: int
    end: int
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class ParsedSentence:
    """A sentence with its plain text.

    Parameters
    ----------
    sentence
        As stored: raw slice and offsets.
    plain
        Without markup, zero-width characters, and line ends (a soft line break is one blank, or
        nothing between Chinese characters); brackets and letters as written. A formula inside is kept as typed,
        marked FORMULA; code likewise, marked CODE. List numbers and bullets are not part of it.
    block
        Index of its block.
    marks
        Sorted by start.
    """

    sentence: Sentence
    plain: str
    block: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """A question with the structure of its text.

    `sections` are the titles of the headings that it stands under, outermost first (the chapter's title
    first), without numbers. `sentences[0]` is the title; sentences are in order and so are the blocks.
    """

    question: Question
    sections: tuple[str, ...]
    blocks: tuple[Block, ...]
    sentences: tuple[ParsedSentence, ...]


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A note with its questions."""

    document: Document
    questions: tuple[ParsedQuestion, ...]
    notices: tuple[Notice, ...] = ()
