"""Answers as rich text: CommonMark with tables and formulas, concepts marked, nothing fetched and nothing run.

HTML in a note is shown as text, pictures by their description, links by their text with the address in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from graph.model import Concept
from graph.ontology import load_ontology
from graph.query.names import names_of
from ui.canvas.prose import Tree, el, link

_SHIFTED: Final = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6", "h6": "h6"}
_PLAIN: Final = {
    "p", "ul", "ol", "li", "blockquote", "strong", "em", "s", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_ASCII_WORD = r"A-Za-z0-9"
_LONGEST_FORMULA = 2000
_DEPTH = 100
#: Turns the names in a text into links; the text's other parts stay.
Marker = Callable[[str], list[Tree]]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEPTH}).enable(["table", "strikethrough"])
    return parser.use(dollarmath_plugin, allow_space=False, double_inline=True)


def rich(text: str, mark: Marker | None = None, here: int | None = None) -> Tree:
    """Return Markdown as a tree.

    Parameters
    ----------
    mark
        What to do with plain text; nothing where it stands in code, formulas and links.
    here
        A line of the text (from 0) whose block is pointed out.
    """
    tokens = _parser().parse(text)
    if any(token.level >= _DEPTH - 1 for token in tokens):  # what lies deeper was dropped, so show it as it is
        return el("pre", text)
    spot = _spot(tokens, here)
    return el("div", *_blocks(tokens, mark or _as_is, spot))


def marker(concepts: Iterable[Concept]) -> Marker:
    """Return what marks the names of concepts in a text; a Latin name only as a whole word."""
    of: dict[str, Concept] = {}
    for concept in concepts:
        for name in names_of(concept):
            of.setdefault(name.casefold(), concept)
    if not of:
        return _as_is
    names = sorted((name for name in of if name.strip()), key=len, reverse=True)
    pattern = re.compile("|".join(_bounded(name) for name in names), re.IGNORECASE)

    def mark(text: str) -> list[Tree]:
        parts: list[Tree] = []
        end = 0
        for match in pattern.finditer(text):
            concept = of.get(match[0].casefold())
            if concept is None:
                continue
            if match.start() > end:
                parts.append(text[end : match.start()])
            parts.append(_concept(match[0], concept))
            end = match.end()
        return [*parts, text[end:]] if end < len(text) else parts

    return mark


def _as_is(text: str) -> list[Tree]:
    return [text]


def _bounded(name: str) -> str:
    before = rf"(?<![{_ASCII_WORD}])" if name[0].isascii() and name[0].isalnum() else ""
    after = rf"(?![{_ASCII_WORD}])" if name[-1].isascii() and name[-1].isalnum() else ""
    return f"{before}{re.escape(name)}{after}"


def _concept(text: str, concept: Concept) -> Tree:
    tree = link(text, page="", concept=concept.name, class_="concept")
    assert isinstance(tree, list)  # noqa: S101  `link` makes an element
    tree[1]["colour"] = load_ontology().kinds[concept.kind].colour
    return tree


def _spot(tokens: Sequence[Token], here: int | None) -> int | None:
    """Return the number of the innermost block that holds a line."""
    if here is None:
        return None
    best = None
    for number, token in enumerate(tokens):
        if token.map and token.nesting >= 0 and token.type != "inline" and token.map[0] <= here < token.map[1]:
            best = number
    return best


def _blocks(tokens: Sequence[Token], mark: Marker, spot: int | None) -> list[Tree]:
    stack: list[list[Tree]] = [[]]
    opened: list[tuple[str, Mapping[str, str]]] = []
    for number, token in enumerate(tokens):
        state = {"class": "here target"} if number == spot else {}
        if token.nesting == 1:
            tag = _SHIFTED.get(token.tag, token.tag)
            opened.append((tag if tag in _PLAIN or tag in _SHIFTED.values() else "div", {**_start(token), **state}))
            stack.append([])
        elif token.nesting == -1:
            children = stack.pop()
            tag, attributes = opened.pop()
            if token.hidden:  # a paragraph of a tight list
                stack[-1] += [["span", dict(attributes), *children]] if attributes else children
            else:
                stack[-1].append([tag, dict(attributes), *children])
        else:
            stack[-1] += _leaf(token, mark, state)
    return stack[0]


def _start(token: Token) -> Mapping[str, str]:
    start = token.attrs.get("start") if token.type == "ordered_list_open" else None
    return {"start": str(start)} if start is not None else {}


def _leaf(token: Token, mark: Marker, state: Mapping[str, str]) -> Iterator[Tree]:
    if token.type == "inline":
        yield from _inline(token.children or (), mark)
    elif token.type in ("fence", "code_block"):
        yield ["pre", dict(state), ["code", {}, token.content]]
    elif token.type == "hr":
        yield ["hr", {}]
    elif token.type.startswith("math_block"):
        yield ["p", dict(state), _formula(token.content, display=True)]
    else:
        yield token.content


def _inline(tokens: Sequence[Token], mark: Marker) -> list[Tree]:
    stack: list[list[Tree]] = [[]]
    tags: list[str] = []
    targets: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            targets.append(str(token.attrs.get("href", "")))
            stack.append([])
        elif token.type == "link_close":
            stack[-2].append(_reference(stack.pop(), targets.pop()))
        elif token.nesting == 1:
            tags.append({"strong": "strong", "em": "em", "s": "s"}.get(token.tag, "span"))
            stack.append([])
        elif token.nesting == -1:
            children = stack.pop()
            stack[-1].append([tags.pop(), {}, *children])
        else:
            stack[-1] += _word(token, mark, inside_link=bool(targets))
    return stack[0]


def _word(token: Token, mark: Marker, *, inside_link: bool) -> list[Tree]:
    if token.type == "text" and not inside_link:
        return mark(token.content)
    if token.type.startswith("math_inline"):
        return [_formula(token.content, display=token.type != "math_inline")]
    made: dict[str, Tree] = {
        "code_inline": ["code", {}, token.content],
        "softbreak": "\n",
        "hardbreak": ["br", {}],
        "image": ["em", {"class": "muted"}, token.content or "…"],
    }
    return [made.get(token.type, token.content)]


def _reference(children: list[Tree], target: str) -> Tree:
    """Show a link's text; where it leads elsewhere, in a tooltip: nothing here is to leave this machine."""
    return ["span", {"title": target, "class": "reference"}, *children]


def _formula(text: str, *, display: bool) -> Tree:
    """Return a formula as MathML, or as it was typed where it is none."""
    typed: Tree = ["code", {}, text.strip()]
    if len(text) > _LONGEST_FORMULA:
        return typed
    try:
        root = ET.fromstring(convert(text, display="block" if display else "inline"))  # noqa: S314  our own
    except Exception:  # noqa: BLE001  the converter raises whatever it runs into on what is no formula
        return typed
    return _math(root)


def _math(element: ET.Element) -> Tree:
    tag = element.tag.rpartition("}")[2]
    children: list[Tree] = [element.text] if element.text else []
    children += [_math(child) for child in element]
    return [tag, dict(element.attrib), *children]
