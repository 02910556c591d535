"""Plain text out of inline tokens, each character of which knows where it stands in the note."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from ingest.parse.letters import INVISIBLE, is_chinese
from ingest.parse.locate import Locator
from ingest.records import Mark, MarkKind

_BLANK = re.compile("[\t\n\r\u0085\u00a0\u2028\u2029]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_BREAKING = re.compile(
    "address|article|aside|blockquote|br|center|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header|hr"
    "|iframe|legend|li|main|nav|ol|option|p|section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul"
)
#: The tags of HTML that do not break lines; any other name in angle brackets is text, such as <think>.
_TAGS = re.compile(
    "a|abbr|acronym|animate|area|audio|b|base|bdi|bdo|big|body|button|canvas|circle|cite|code|col|colgroup|data|del|dfn"
    "|dir|em|embed|fieldset|font|frame|g|head|html|i|img|input|ins|kbd|label|line|link|map|mark|marquee|math|meta|meter"
    "|noscript|object|optgroup|output|param|path|picture|polygon|pre|progress|q|rect|rp|rt|ruby|s|samp|script|select"
    "|slot|small|source|span|strike|strong|style|sub|sup|svg|template|text|textarea|time|track|tt|u|use|var|video|wbr"
)
_DROPPED = frozenset(("script", "style", "textarea"))
_OPENING = {
    "strong_open": MarkKind.BOLD,
    "em_open": MarkKind.ITALIC,
    "link_open": MarkKind.LINK,
    "s_open": None,
}
_SHOWN = {
    "formula": MarkKind.FORMULA,
    "wikilink": MarkKind.WIKILINK,
    "loose_link": MarkKind.LINK,
    "code_inline": MarkKind.CODE,
}
_TAG_MARKS = {
    "b": MarkKind.BOLD,
    "strong": MarkKind.BOLD,
    "i": MarkKind.ITALIC,
    "em": MarkKind.ITALIC,
    "code": MarkKind.CODE,
    "kbd": MarkKind.CODE,
    "a": MarkKind.LINK,
}


@dataclass(slots=True)
class Plain:
    """The plain text of a block.

    Parameters
    ----------
    text
        Without markup and invisible characters; a soft line break is a blank, or nothing within Chinese.
    marks
        As in `ParsedSentence`, over the whole block.
    breaks
        Indices before which a sentence ends whatever the punctuation: forced line breaks, cells of HTML tables.
    lines
        Indices at which a further line of the source begins.
    begins, runs
        Stretches of the text: where each begins; the note's offsets of its ends, and whether it is letter by letter.
    opens, closes
        The note's offsets of markup that opens just before, or closes just after, an index.
    """

    text: str = ""
    marks: list[Mark] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    runs: list[tuple[int, int, bool]] = field(default_factory=list)
    opens: dict[int, int] = field(default_factory=dict)
    closes: dict[int, int] = field(default_factory=dict)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the note's offsets of the characters [start, end), markup that opens or closes there included."""
        first = self.opens.get(start)
        if first is None:
            first = self._source(start)[0]
        last = self._source(end - 1)[1]
        return first, max(last, self.closes.get(end, last))

    def _source(self, index: int) -> tuple[int, int]:
        run = bisect_right(self.begins, index) - 1
        start, end, literal = self.runs[run]
        if not literal:
            return start, end
        at = start + index - self.begins[run]
        return at, at + 1


class _Builder:
    """Collects plain text from tokens."""

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.at = locator.at
        self.plain = Plain()
        self.parts: list[str] = []
        self.length = 0
        self.last = ""  # the last character
        self.join: int | None = None  # a soft line break that waits for what comes next
        self.opening: int | None = None  # where markup that opens here begins
        self.closed = False
        self.open: list[tuple[str, MarkKind | None, int]] = []
        self.dropping = ""
        self.ends: dict[str, int] = {}  # where the last end tag of a name stands

    def text(self, content: str, at: int) -> None:
        """Add characters that stand in the content as they are."""
        start = 0
        for gap in INVISIBLE.finditer(content):
            self._literal(content[start : gap.start()], at + start)
            start = gap.end()
        self._literal(content[start:] if start else content, at + start)

    def _literal(self, content: str, at: int) -> None:
        if content:
            self._before(content[0])
            for start, end in self.locator.stretches(at, at + len(content)):
                self._add(_BLANK.sub(" ", content[start - at : end - at]), self.at(start), self.at(end - 1) + 1)

    def other(self, content: str, at: int, end: int) -> None:
        """Add characters that something else stands for: an entity, an escape."""
        content = INVISIBLE.sub("", _BLANK.sub(" ", content))
        if content:
            self._before(content[0])
            self._add(content, self.at(at), self.at(end - 1) + 1)

    def _before(self, character: str) -> None:
        if self.join is not None:
            gap, self.join = self.join, None
            if self.last and not (is_chinese(self.last) and is_chinese(character)) and self.last != " ":
                self._add(" ", self.at(gap), self.at(gap) + 1)
            self.plain.lines.append(self.length)
        if self.opening is not None:
            self.plain.opens[self.length] = self.at(self.opening)
            self.opening = None
        self.closed = False

    def _add(self, content: str, start: int, end: int) -> None:
        self.plain.begins.append(self.length)
        self.plain.runs.append((start, end, end - start == len(content)))
        self.parts.append(content)
        self.length += len(content)
        self.last = content[-1]

    def opens(self, at: int) -> None:
        if self.opening is None:
            self.opening = at
        self.closed = False

    def closes(self, end: int) -> None:
        if self.length and self.join is None:
            self.plain.closes[self.length] = self.at(end - 1) + 1
        self.closed = True

    def start_mark(self, name: str, kind: MarkKind | None) -> None:
        self.open.append((name, kind, self.length))

    def end_mark(self, name: str) -> None:
        for index in range(len(self.open) - 1, max(-1, len(self.open) - 20), -1):
            if self.open[index][0] == name:
                _, kind, start = self.open.pop(index)
                self.add_mark(start, kind)
                return

    def closes_later(self, name: str, content: str, at: int) -> bool:
        """Tell whether an end tag of this name stands after an offset."""
        if name not in self.ends:
            self.ends[name] = content.lower().rfind(f"</{name}")
        return self.ends[name] > at

    def add_mark(self, start: int, kind: MarkKind | None) -> None:
        if kind is not None and start < self.length:
            self.plain.marks.append(Mark(start, self.length, kind))

    def finish(self) -> Plain:
        self.plain.text = "".join(self.parts)
        text = self.plain.text
        # a line break before a marked stretch is not part of it
        marks = [
            Mark(mark.start + (text[mark.start] == " " and mark.end - mark.start > 1), mark.end, mark.kind)
            for mark in self.plain.marks
        ]
        self.plain.marks = sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.kind))
        return self.plain


def build_plain(tokens: Sequence[Token], content: str, locator: Locator) -> Plain:
    """Return the plain text of inline tokens.

    Parameters
    ----------
    tokens
        Of `parse_inline`.
    content
        What they were parsed from.
    locator
        Knows where `content` stands in the note.
    """
    if len(tokens) == 1 and tokens[0].type == "text" and not INVISIBLE.search(content) and "|" not in content:
        start = locator.at(0)
        return Plain(_BLANK.sub(" ", content), begins=[0], runs=[(start, start + len(content), True)])
    builder = _Builder(locator)
    for token in tokens:
        if builder.dropping and token.type != "html_inline":
            continue
        _add_token(builder, token, content)
    return builder.finish()


def _add_token(builder: _Builder, token: Token, content: str) -> None:
    kind = token.type
    where: int = token.meta["at"]
    if kind == "text":
        _add_text(builder, token, where)
    elif kind in ("softbreak", "hardbreak"):
        builder.join = where
        if kind == "hardbreak":
            builder.plain.breaks.append(builder.length)
    elif kind == "text_special":
        builder.other(token.content, where, token.meta["end"])
    elif kind in _SHOWN:
        _add_shown(builder, token, content)
    elif kind in _OPENING:
        builder.opens(where)
        builder.start_mark(kind.removesuffix("_open"), _OPENING[kind])
    elif kind.endswith("_close"):
        builder.end_mark(kind.removesuffix("_close"))
        builder.closes(token.meta["end"])
    elif kind == "html_inline":
        _add_tag(builder, token, content)


def _add_text(builder: _Builder, token: Token, where: int) -> None:
    if token.content:
        builder.text(token.content, where)
    elif builder.closed:  # the outer half of a closing ** or of an opening one
        builder.closes(where + 1)
    else:
        builder.opens(where)


def _add_shown(builder: _Builder, token: Token, content: str) -> None:
    where, end = token.meta["at"], token.meta["end"]
    shown = token.meta.get("shown")
    if shown is None:  # code: its ticks, and one blank within them, are not shown
        ticks = len(token.markup)
        shown = where + ticks + (end - where - 2 * ticks > len(token.content))
    builder.opens(where)
    before = builder.length
    builder.text(content[shown : shown + len(token.content)], shown)
    if builder.length > before:
        start = before + (builder.length - before > 1 and builder.plain.lines[-1:] == [before + 1])
        builder.add_mark(start, _SHOWN[token.type])
        builder.closes(end)


def _add_tag(builder: _Builder, token: Token, content: str) -> None:
    tag = _TAG.match(token.content)
    if not tag:
        return  # a comment
    name = tag[2].lower()
    if not builder.dropping and not _BREAKING.fullmatch(name) and not _TAGS.fullmatch(name):
        builder.text(token.content, token.meta["at"])
    if builder.dropping:
        if tag[1] and name == builder.dropping:
            builder.dropping = ""
        return
    if name in _DROPPED and not tag[1] and builder.closes_later(name, content, token.meta["at"]):
        builder.dropping = name
    elif _BREAKING.fullmatch(name):
        builder.plain.breaks.append(builder.length)
        builder.join = token.meta["at"] if builder.join is None else builder.join
    elif name in _TAG_MARKS:
        if tag[1]:
            builder.end_mark(name)
            builder.closes(token.meta["end"])
        else:
            builder.opens(token.meta["at"])
            builder.start_mark(name, _TAG_MARKS[name])
