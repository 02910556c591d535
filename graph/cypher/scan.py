"""A statement's words, strings and symbols: enough to bound it and to see what it names, no parser.

What a statement *does* the engine tells (see `graph.store`). This sees what the engines call a read
although it is none of the graph, or what hangs them before any limit of theirs begins to count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from graph.errors import QuerySyntaxError


class TokenKind(Enum):
    """What a token is; comments and white space are none."""

    WORD = "word"  # a keyword or a name
    NAME = "name"  # a name in backticks, without them
    STRING = "string"  # as written, without its quotes
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement, and the offsets where it begins and ends."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        """The word in capitals; nothing for what cannot be a keyword."""
        return self.text.upper() if self.kind is TokenKind.WORD else ""

    @property
    def names(self) -> bool:
        """Whether it may be a part of a name."""
        return self.kind in (TokenKind.WORD, TokenKind.NAME)

    def is_symbol(self, *texts: str) -> bool:
        """Whether it is one of these symbols."""
        return self.kind is TokenKind.SYMBOL and self.text in texts


_PIECES: Final = re.compile(
    r"""
    (?P<skip>\s+|//[^\n\r]*|/\*.*?\*/)
    |'(?P<single>(?:[^'\\]|\\.)*)'
    |"(?P<double>(?:[^"\\]|\\.)*)"
    |`(?P<name>(?:[^`]|``)*)`
    |(?P<word>[^\W\d]\w*)
    |(?P<number>\d\w*)
    |(?P<open>/\*|['"`])
    |(?P<symbol>=~|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS: Final = {
    "single": TokenKind.STRING,
    "double": TokenKind.STRING,
    "name": TokenKind.NAME,
    "word": TokenKind.WORD,
    "number": TokenKind.NUMBER,
    "symbol": TokenKind.SYMBOL,
}
_OPEN: Final = {"/*": "comment", "'": "string", '"': "string", "`": "name in backticks"}


def scan(statement: str) -> list[Token]:
    """Cut a statement into tokens.

    Raises
    ------
    QuerySyntaxError
        A comment, string or name has no end.
    """
    tokens = []
    for match in _PIECES.finditer(statement):
        group = match.lastgroup or ""
        if group == "open":
            line, column = place(statement, match.start())
            raise QuerySyntaxError(
                f"Line {line}, column {column}: a {_OPEN[match[0]]} begins here and has no end.",
                line=line,
                column=column,
            )
        if group != "skip":
            tokens.append(Token(_KINDS[group], match[group], *match.span()))
    return tokens


def place(statement: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both from 1."""
    before = statement[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def nesting(tokens: Sequence[Token]) -> int:
    """Return how deep a statement goes: brackets, CASE in CASE, and prefix operators in a row."""
    depth = deepest = prefixes = 0
    for token in tokens:
        prefix = token.keyword == "NOT" or token.is_symbol("-", "+", "!")
        prefixes = prefixes + 1 if prefix else 0
        if token.is_symbol("(", "[", "{") or token.keyword == "CASE":
            depth += 1
        elif token.is_symbol(")", "]", "}") or token.keyword == "END":
            depth -= 1
        deepest = max(deepest, depth + prefixes)
    return deepest


def called(tokens: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """Yield the procedures that are called, by name and the token of the call."""
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        if token.keyword != "CALL" or (
            before and (before.is_symbol(".", ":", "|", "$", "&") or before.keyword == "AS")
        ):
            continue
        if name := _dotted(tokens, at + 1):
            yield name, token


def functions(tokens: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """Yield the functions in a namespace (``apoc.text.join``) that are called; the others are the engine's."""
    for at, token in enumerate(tokens):
        first = not (at and tokens[at - 1].is_symbol("."))
        if not (first and token.names):
            continue
        name = _dotted(tokens, at)
        after = at + 2 * name.count(".") + 1
        if "." in name and after < len(tokens) and tokens[after].is_symbol("(") and not _follows_call(tokens, at):
            yield name, token


def _is_name(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word stands where only names do: after ``n.``, ``(:``, ``$`` or AS."""
    return at > 0 and (tokens[at - 1].is_symbol(".", ":", "|", "&", "$") or tokens[at - 1].keyword == "AS")


def _follows_call(tokens: Sequence[Token], at: int) -> bool:
    return at > 0 and tokens[at - 1].keyword == "CALL"


def _dotted(tokens: Sequence[Token], at: int) -> str:
    """Return the dotted name that begins at a token; empty where none does."""
    parts: list[str] = []
    while at < len(tokens) and tokens[at].names:
        parts.append(tokens[at].text)
        if not (at + 1 < len(tokens) and tokens[at + 1].is_symbol(".")):
            break
        at += 2
    return ".".join(parts)
