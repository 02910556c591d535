"""A question's text in one string, and what stands out in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ingest.recognise.text import END, HOLE, Found
from ingest.records import BlockKind, MarkKind, ParsedQuestion, ParsedSentence

_URL = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff，。；）)]+|[\w.+-]+@[\w-]+\.\w+")
_LEAD = re.compile(r"\s*([^：:\u2029。，,；;！？!?]{1,60})[：:]")
_QUOTED = re.compile(r"[“\"「]([^“”\"「」\u2029]{2,20})[”\"」]")


class Page:
    """A question's text in one string, its sentences apart, and what was found in it."""

    def __init__(self, question: ParsedQuestion) -> None:
        self.question = question
        self.starts: list[int] = []
        pieces = []
        at = 0
        for sentence in question.sentences:
            self.starts.append(at)
            piece = _masked(sentence)
            pieces.append(piece)
            at += len(piece) + 1
        self.text = END.join(pieces)
        self.found: list[Found] = []

    def sentence(self, at: int) -> str:
        """Return the id of the sentence that a place of the text is in."""
        return self.question.sentences[bisect_right(self.starts, at) - 1].sentence.id

    def marked(self) -> Iterator[tuple[int, int, str]]:
        """Yield stretches that stand out, with how: before a colon, in bold, as a heading or cell, in quotes."""
        blocks = self.question.blocks
        for start, sentence in zip(self.starts, self.question.sentences, strict=True):
            block = blocks[sentence.block]
            end = start + len(sentence.plain)
            if block.kind in (BlockKind.HEADING, BlockKind.COLUMN) or (
                block.kind is BlockKind.CELL and not block.column
            ):
                yield start, end, "heading"
            elif block.kind is not BlockKind.TITLE and (lead := _LEAD.match(self.text, start, end)):
                if lead.end() < end:
                    yield start, lead.end(1), "lead"
            elif block.kind is BlockKind.ITEM and len(sentence.plain) <= 30:
                yield start, end, "item"
            for mark in sentence.marks:
                if mark.kind in (MarkKind.BOLD, MarkKind.WIKILINK):
                    yield start + mark.start, start + mark.end, "bold"
        for match in _QUOTED.finditer(self.text):
            yield match.start(1), match.end(1), "quotes"


def _masked(sentence: ParsedSentence) -> str:
    text = sentence.plain.replace(END, " ")
    for mark in sentence.marks:
        if mark.kind in (MarkKind.CODE, MarkKind.FORMULA):
            text = text[: mark.start] + HOLE * (mark.end - mark.start) + text[mark.end :]
    if "http" in text or "@" in text or "www" in text:
        text = _URL.sub(lambda match: HOLE * len(match.group()), text)
    return text
