"""Rich text as a tree of values, which the page makes into elements: safe because text is never parsed there.

A tree is a text, or ``[tag, attributes, child, …]``. Tags and attributes that the page does not know are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

#: A text, or a list of tag, attributes and children.
Tree = str | list[Any]


def el(tag: str, *children: Tree | None, **attributes: Any) -> Tree:  # noqa: ANN401  JSON
    """Return an element; children that are None are left out, `class_` is the class.

    Examples
    --------
    >>> el("p", "see ", el("b", "CLIP"), class_="lead")
    ['p', {'class': 'lead'}, 'see ', ['b', {}, 'CLIP']]
    """
    named = {key.rstrip("_"): value for key, value in attributes.items() if value not in (None, "", False)}
    return [tag, named, *(child for child in children if child is not None)]


def link(*children: Tree, page: str, go: Mapping[str, Any] | None = None, class_: str = "", **params: str) -> Tree:
    """Return a link to a page of the app, with query parameters; it tells Python `go` where it can."""
    return el("a", *children, href=address(page, params), go={"page": page, **params, **(go or {})}, class_=class_)


def address(page: str, params: Mapping[str, str]) -> str:
    """Return the address of a page with query parameters, relative to the app's.

    Dots are encoded too: a name is never readable as a host.

    Examples
    --------
    >>> address("notes", {"question": "a.md#3"})
    'notes?question=a%2Emd%233'
    """
    query = "&".join(f"{key}={quote(value, safe='').replace('.', '%2E')}" for key, value in params.items() if value)
    return f"{page}?{query}" if query else page or "."


def text_of(tree: Tree) -> str:
    """Return the text of a tree."""
    if isinstance(tree, str):
        return tree
    return "".join(text_of(child) for child in tree[2:])


def joined(parts: Iterable[Tree], separator: str) -> list[Tree]:
    """Return the parts with a text between each two."""
    found: list[Tree] = []
    for part in parts:
        if found:
            found.append(separator)
        found.append(part)
    return found
