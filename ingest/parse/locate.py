"""Where the characters of a block's content stand in the note."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it.token import Token

from ingest.parse.markdown import Source


class Locator:
    """Maps offsets of a block's content to those of the note.

    Parameters
    ----------
    begins
        Offsets of the content at which a stretch begins that stands in the source as it is; the first is 0.
    targets
        The stretches' offsets in the normalised source.
    """

    def __init__(self, source: Source, begins: Sequence[int], targets: Sequence[int]) -> None:
        self._source = source
        self._begins = begins
        self._targets = targets

    def at(self, index: int) -> int:
        """Return the note's offset of a character of the content."""
        stretch = bisect_right(self._begins, index) - 1 if len(self._begins) > 1 else 0
        return self._source.offset(self._targets[stretch] + index - self._begins[stretch])

    def stretches(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield [start, end) in pieces that stand in the source as they are."""
        first = bisect_right(self._begins, start)
        last = bisect_left(self._begins, end)
        yield from pairwise([start, *self._begins[first:last], end])


def locate_text(source: Source, token: Token) -> Locator:
    """Return the locator of a paragraph or of an underlined heading: each line is the tail of one of the source's."""
    if "at" in token.meta:
        return Locator(source, [0], [token.meta["at"]])
    first, last = token.map or (0, 1)
    begins, targets = [], []
    index, line = 0, first
    for content in token.content.split("\n"):
        core = content.strip()
        start, end = _tail(source, line, last, core)
        line = min(end + 1, last - 1)
        lead = len(content) - len(content.lstrip())
        begins += [index, index + lead] if lead else [index]
        targets += [max(0, start - lead), start] if lead else [start]
        index += len(content) + 1
    return Locator(source, begins, targets)


def _tail(source: Source, line: int, last: int, core: str) -> tuple[int, int]:
    """Return where in the normalised text a line that ends with `core` has it, and which line that is."""
    for at in range(line, last):
        start, text = source.normal_line(at)
        text = text.rstrip()
        if text.endswith(core):
            return start + len(text) - len(core), at
    start, _ = source.normal_line(line)
    return start, line


def locate_heading(source: Source, token: Token, markup: str) -> Locator:
    """Return the locator of a heading's text: HTML knows it, after #s it is the rest of the line."""
    if "at" in token.meta or not markup.startswith("#"):
        return locate_text(source, token)
    start, text = source.normal_line((token.map or (0, 1))[0])
    start += max(0, text.find(token.content, text.find(markup) + len(markup)))
    return Locator(source, [0], [start])


class RowLocator:
    """Finds the cells of a table's row one after the other."""

    def __init__(self, source: Source, line: int) -> None:
        self._source = source
        self._start, self._text = source.normal_line(line)
        self._next = len(self._text) - len(self._text.lstrip(" \t>"))
        self._next += self._text.startswith("|", self._next)

    def cell(self, token: Token) -> Locator:
        """Return the locator of the next cell; a pipe in its content is written with a backslash."""
        written = token.content.replace("|", "\\|")
        found = self._text.find(written, self._next)
        found = self._next if found < 0 else found
        pipe = self._text.find("|", found + len(written))
        self._next = pipe + 1 if pipe >= 0 else len(self._text)
        start = self._start + found
        pipes = [index for index, character in enumerate(token.content) if character == "|"]
        shifted = [start + index + count for count, index in enumerate(pipes, 1)]
        if pipes[:1] == [0]:
            return Locator(self._source, pipes, shifted)
        return Locator(self._source, [0, *pipes], [start, *shifted])
