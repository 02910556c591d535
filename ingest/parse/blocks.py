"""The blocks and sentences of one question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it.token import Token

from graph.model import Sentence, sentence_id
from ingest.parse.inline import Plain, build_plain
from ingest.parse.locate import Locator, RowLocator, locate_heading, locate_text
from ingest.parse.markdown import Source, parse_inline
from ingest.parse.sentences import split_sentences
from ingest.parse.titles import read_properties, read_title
from ingest.records import Block, BlockKind, Mark, MarkKind, ParsedSentence

#: A line all in bold is a heading up to this length.
_BOLD_HEADING = 80
_ANCHOR_LINE = re.compile(
    r"[\s>]*(?:(?:[-*+]|\d+[.)、])\s*)?(?:\*\*)?\[.*\]\((?:#|\d{1,4}[.、]).*\)(?:\*\*)?[\s;；。，,]*"
)
_CONTENTS_CHARS = 2_000  # no line of a table of contents is longer
_CONTENTS_LINE = re.compile(r"\s*\[toc\]\s*", re.IGNORECASE)
_SHOWS_NOTHING = re.compile(r"!\[[^\]\n]{0,500}\]\([^()\n]{0,500}\)|<[^<>\n]{0,1000}>|[\s\\*_-]+|&nbsp;")


def is_contents(lines: Iterable[str]) -> bool:
    """Tell whether lines are links to headings of the same note and nothing else."""
    links = 0
    for line in lines:
        if line.strip():
            if len(line) > _CONTENTS_CHARS or not _ANCHOR_LINE.fullmatch(line):
                return False
            links += 1
    return links > 0


def shows_text(text: str) -> bool:
    """Tell whether Markdown holds more than images, tags, rules and blanks."""
    position = 0
    while nothing := _SHOWS_NOTHING.match(text, position):
        position = nothing.end()
    return position < len(text)


def is_underlined_text(heading: Token, content: str) -> bool:
    """Tell whether “text, then ---” is a paragraph before a rule rather than an underlined heading."""
    if not heading.markup.startswith(("-", "=")):
        return False
    return "\n" in content or content.endswith(("。", "；", "：", "！", ".", ";", ":", ",", "，")) or len(content) > 200


@dataclass(slots=True)
class _Container:
    """A list, an item, a quote or a table that is open."""

    kind: str
    lead_in: int | None = None
    before: int | None = None
    first: int | None = None
    ordered: bool = False


@dataclass(slots=True)
class QuestionReader:
    """Reads the tokens of one question, title first.

    Parameters
    ----------
    question
        Its id.
    """

    source: Source
    env: dict[str, Any]
    question: str
    blocks: list[Block] = field(default_factory=list)
    sentences: list[ParsedSentence] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    _open: list[_Container] = field(default_factory=lambda: [_Container("question")])
    _heading: int = 0
    _tables: int = 0
    _row: int = -1
    _column: int = -1
    _cells: RowLocator | None = None

    def add_title(self, plain: Plain, start: int, end: int) -> None:
        """Add the title, which stands at [start, end) of a heading's plain text."""
        self._add(BlockKind.TITLE, plain, [(start, end)])

    def read(self, tokens: Sequence[Token]) -> None:
        """Add the answer's blocks."""
        index = 0
        while index < len(tokens):
            index = self._skip(tokens, index) or self._step(tokens, index)

    def _skip(self, tokens: Sequence[Token], index: int) -> int:
        """Return where a table of contents that begins here ends, 0 where none does."""
        token = tokens[index]
        if token.type not in ("bullet_list_open", "ordered_list_open") or not token.map:
            return 0
        first, last = token.map
        lines = [self.source.normal_line(line)[1] for line in range(first, min(last, len(self.source.starts)))]
        if sum(bool(line.strip()) for line in lines) < 2 or not is_contents(lines):
            return 0
        level = token.level
        index += 1
        while index < len(tokens) and tokens[index].level > level:
            index += 1
        return index + 1

    def _step(self, tokens: Sequence[Token], index: int) -> int:
        token = tokens[index]
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._open.append(_Container("list", lead_in=self._lead(), ordered=kind.startswith("o")))
        elif kind == "list_item_open":
            if self._open[-1].kind != "list":  # the question began inside the list
                self._open.append(_Container("list", lead_in=self._lead()))
            self._open.append(_Container("item"))
        elif kind == "blockquote_open":
            self._open.append(_Container("quote", before=self._open[-1].before))
        elif kind == "table_open":
            self._open.append(_Container("table", lead_in=self._lead()))
            self._tables, self._row = self._tables + 1, -1
        elif kind == "tr_open":
            self._row, self._column = self._row + 1, -1
            self._cells = RowLocator(self.source, (token.map or (0, 1))[0])
        elif kind in ("th_open", "td_open"):
            self._column += 1
        elif kind in ("bullet_list_close", "ordered_list_close", "list_item_close", "blockquote_close", "table_close"):
            self._close()
        elif kind == "inline":
            self._inline(tokens[index - 1], token)
        return index + 1

    def _close(self) -> None:
        closed = self._open.pop() if len(self._open) > 1 else self._open[0]
        if closed.kind == "quote" and closed.before is not None:
            self._open[-1].before = closed.before

    def _lead(self) -> int | None:
        """Return the block that introduces what begins here."""
        inner = self._open[-1]
        if inner.before is not None or inner.kind != "item":
            return inner.before
        return self._open[-2].lead_in  # an item that is nothing but a list: the enclosing list's

    def _inline(self, opened: Token, token: Token) -> None:
        if not token.content or _CONTENTS_LINE.fullmatch(token.content):
            return
        if opened.type in ("th_open", "td_open"):
            assert self._cells is not None  # noqa: S101  a cell stands in a row
            plain = self._plain(token, self._cells.cell(token))
            self._add(BlockKind.COLUMN if opened.type == "th_open" else BlockKind.CELL, plain)
        elif opened.type == "heading_open" and not is_underlined_text(opened, token.content):
            plain = self._plain(token, locate_heading(self.source, token, opened.markup))
            self._add_heading(plain, len(plain.text), int(opened.tag[1]))
        else:
            self._add_text(self._plain(token, locate_text(self.source, token)))

    def _plain(self, token: Token, locator: Locator) -> Plain:
        return build_plain(parse_inline(token.content, self.env), token.content, locator)

    def _add_text(self, plain: Plain) -> None:
        """Add a paragraph, or an item's."""
        if (found := read_properties(plain.text)) is not None:
            self.properties.update(found)
            return
        if any(container.kind == "item" for container in self._open):
            self._add(BlockKind.ITEM, plain)
            return
        bold = _bold_line(plain)
        if bold:
            self._add_heading(plain, bold, 7)
        if bold < len(plain.text):
            self._add(BlockKind.PARAGRAPH, plain, split_sentences(plain, bold))

    def _add_heading(self, plain: Plain, end: int, depth: int) -> None:
        title = read_title(plain.text[:end])
        if self._add(BlockKind.HEADING, plain, [(title.start, title.end)], depth=depth):
            self._heading = self.blocks[-1].index

    def _add(
        self, kind: BlockKind, plain: Plain, spans: Iterable[tuple[int, int]] | None = None, *, depth: int = 0
    ) -> bool:
        """Add a block with its sentences; False where there is nothing to say in it."""
        pieces = [
            (start, end, marks)
            for start, end, marks in _marked(plain, split_sentences(plain) if spans is None else spans)
            if kind is BlockKind.TITLE or _says_something(plain.text[start:end], marks)
        ]
        if not pieces:
            return False
        block = self._block(kind, depth)
        self.blocks.append(block)
        for start, end, marks in pieces:
            self._add_sentence(plain, start, end, block.index, marks)
        container = self._open[-1]
        if kind in (BlockKind.TITLE, BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.ITEM):
            container.before = block.index
        if kind is BlockKind.ITEM:
            item = next(container for container in reversed(self._open) if container.kind == "item")
            item.first = block.index if item.first is None else item.first
        return True

    def _block(self, kind: BlockKind, depth: int) -> Block:
        index = len(self.blocks)
        if kind is BlockKind.ITEM:
            lists = [container for container in self._open if container.kind == "list"]
            items = [container.first for container in self._open if container.kind == "item"]
            parent = next((first for first in reversed(items) if first is not None), None)
            return Block(index, kind, self._heading, lists[-1].lead_in, parent, len(lists), lists[-1].ordered)
        if kind in (BlockKind.CELL, BlockKind.COLUMN):
            table = next(container for container in reversed(self._open) if container.kind == "table")
            place = (self._tables - 1, self._row, self._column)
            return Block(index, kind, self._heading, table.lead_in, None, 0, False, *place)
        if kind is BlockKind.HEADING:
            return Block(index, kind, self._above(depth), depth=depth)
        return Block(index, kind, self._heading)

    def _above(self, depth: int) -> int:
        """Return the heading that a heading of this depth stands under."""
        above = self.blocks[self._heading]
        while above.index and above.depth >= depth:
            above = self.blocks[above.heading]
        return above.index

    def _add_sentence(self, plain: Plain, start: int, end: int, block: int, marks: tuple[Mark, ...]) -> None:
        first, last = plain.span(start, end) if end > start else (0, 0)
        position = len(self.sentences)
        sentence = Sentence(
            id=sentence_id(self.question, position),
            question=self.question,
            position=position,
            text=self.source.text[first:last],
            line=self.source.line(first),
            start=first,
            end=last,
        )
        self.sentences.append(ParsedSentence(sentence, plain.text[start:end], block, marks))


def _bold_line(plain: Plain) -> int:
    """Return where a line all in bold at the head of a text ends, 0 where there is none that acts as a heading."""
    end = plain.lines[0] if plain.lines else len(plain.text)
    line = plain.text[:end].rstrip()
    rest = line.rstrip("：: ")
    if not line or len(line) > _BOLD_HEADING or rest.endswith(("。", "；", ";", "，", ",")):
        return 0
    covered = 0
    for mark in plain.marks:
        if mark.kind is MarkKind.BOLD and mark.end <= end and not plain.text[covered : mark.start].strip():
            covered = max(covered, mark.end)
    return end if covered >= len(rest) else 0


def _marked(plain: Plain, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, tuple[Mark, ...]]]:
    """Yield ascending stretches of a text with the marks in them, which count from the stretch's start."""
    waiting = iter(plain.marks)
    following = next(waiting, None)
    near: list[Mark] = []
    for start, end in spans:
        while following is not None and following.start < end:
            near.append(following)
            following = next(waiting, None)
        near = [mark for mark in near if mark.end > start]
        marks = (Mark(max(mark.start, start) - start, min(mark.end, end) - start, mark.kind) for mark in near)
        yield start, end, tuple(marks)


def _says_something(text: str, marks: Sequence[Mark]) -> bool:
    """Tell whether a sentence has a letter or a digit outside of its formulas."""
    start = 0
    for mark in marks:
        if mark.kind is MarkKind.FORMULA:
            if any(map(str.isalnum, text[start : mark.start])):
                return True
            start = max(start, mark.end)
    return any(map(str.isalnum, text[start:]))
