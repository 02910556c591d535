"""Where the characters of a block's content stand in the note."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from markdown_it.token import Token

from ingest.parse.markdown import Source

#: Maps an offset of a block's content to one of the note.
Locator = Callable[[int], int]


def locate_text(source: Source, token: Token) -> Locator:
    """Return the locator of a paragraph or of an underlined heading: each line is the tail of one of the source's."""
    if "at" in token.meta:
        start: int = token.meta["at"]
        return lambda index: source.offset(start + index)
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
    return _piecewise(source, begins, targets)


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
    return lambda index: source.offset(start + index)


class RowLocator:
    """Finds the cells of a table's row one after the other."""

    def __init__(self, source: Source, line: int) -> None:
        self._source = source
        self._start, self._text = source.normal_line(line)
        self._next = len(self._text) - len(self._text.lstrip(" \t>|"))

    def cell(self, token: Token) -> Locator:
        """Return the locator of the next cell; a pipe in its content is written with a backslash."""
        written = token.content.replace("|", "\\|")
        found = self._text.find(written, self._next)
        found = self._next if found < 0 else found
        pipe = self._text.find("|", found + len(written))
        self._next = pipe + 1 if pipe >= 0 else len(self._text)
        start = self._start + found
        begins, targets = [0], [start]
        for count, index in enumerate((i for i, character in enumerate(token.content) if character == "|"), 1):
            begins.append(index)
            targets.append(start + index + count)
        return _piecewise(self._source, begins, targets)


def _piecewise(source: Source, begins: list[int], targets: list[int]) -> Locator:
    limit = len(source.normal)

    def at(index: int) -> int:
        piece = bisect_right(begins, index) - 1
        return source.offset(min(targets[piece] + index - begins[piece], limit))

    return at
