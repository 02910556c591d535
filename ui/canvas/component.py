"""Mounting the packaged components.

A graph is mounted twice: what seldom changes, and the view, which is told what has changed since. Streamlit does not
send again what a page holds, so that a step costs no more than what is new in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st
from pyvis.network import Network
from streamlit.components.v2.types import ComponentRenderer

from graph.model import PREREQUISITE_OF
from graph.ontology import load_ontology
from graph.query.words import Language, phrase
from ui.canvas.network import PREREQUISITE_COLOUR
from ui.canvas.prose import Tree
from ui.i18n import _, language

_Row = Mapping[str, Any]
_NAMES = ("zh", "en")
_NODE = ("id", "label", "x", "y", "size", "zh", "en", "badge", "about")
#: Of documents, questions and sentences, and of what joins them.
_TEXT_COLOUR = "#8a94a3"
#: So many changed nodes and edges always go as changes.
_CHANGES = 60
_EDGE = ("id", "from", "to", "type", "negated", "width", "about")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen in a view: nodes, or one edge."""

    nodes: tuple[str, ...] = ()
    edge: str = ""


@dataclass(frozen=True, slots=True)
class _Base:
    """What a session has sent to its page, and tells changes from."""

    id: str
    nodes: Mapping[str, _Row]
    edges: Mapping[str, _Row]


def graph(  # noqa: PLR0913  what a view shows
    network: Network,
    *,
    key: str,
    scene: str,
    on_event: Callable[[Mapping[str, Any]], None],
    select: Selection = Selection(),
    centres: Sequence[str] = (),
    height: int = 560,
) -> None:
    """Draw a network.

    Parameters
    ----------
    key
        Tells views apart, and keeps this one's zoom and pins over reruns.
    scene
        While it stays the same, so does the zoom.
    on_event
        Called before the next run with an event: ``kind`` is node, edge, expand or select, with ``id`` or ``ids``;
        ``moved`` holds [x, y] of nodes dragged since the last event.
    centres
        Nodes whose labels are always shown.
    """
    nodes = {row["id"]: _node(row) for row in network.nodes}
    edges = {row["id"]: _edge(row) for row in network.edges}
    base = st.session_state[f"_{key}_base"] = _base(st.session_state.get(f"_{key}_base"), nodes, edges)
    texts = any(row["kind"] in ("Document", "Question", "Sentence") for row in nodes.values())

    def handle() -> None:
        if event := st.session_state[key].event:
            on_event(event)

    _mount("graph")(
        key=f"{key}_base",
        data={
            "of": key,
            "base": base.id,
            "nodes": list(base.nodes.values()),
            "edges": list(base.edges.values()),
            "options": json.loads(network.options.to_json())
            if hasattr(network.options, "to_json")
            else network.options,
            "kinds": [*_kinds(), *(_text_kinds() if texts else [])],
            "types": [*_types(), *(_text_types() if texts else [])],
            "words": _words(),
            "labels": str(language()),
            "height": height,
        },
    )
    _mount("graph")(
        key=key,
        data={
            **_change(base, nodes, edges),
            "key": key,
            "scene": scene,
            "select": {"nodes": list(select.nodes), "edge": select.edge},
            "centres": list(centres),
        },
        on_event_change=handle,
    )


def prose(tree: Tree, *, key: str, on_go: Callable[[Mapping[str, Any]], None] | None = None) -> None:
    """Show rich text; `on_go` is called before the next run with what a chosen link or button carries."""

    def handle() -> None:
        target = st.session_state[key].go
        if target and on_go:
            on_go(target)

    _mount("prose")(key=key, data={"tree": tree, "lang": str(language())}, on_go_change=handle)


def search_box(  # noqa: PLR0913  what a box shows and tells
    hits: Sequence[_Row],
    *,
    key: str,
    typed: str,
    on_type: Callable[[str], None],
    on_choose: Callable[[str], None],
    placeholder: str,
) -> None:
    """Show a search box with what was found for `typed`; each hit has id, name, note, kind, shape and colour."""

    def handle_type() -> None:
        if (text := st.session_state[key].typed) is not None:
            on_type(text)

    def handle_choice() -> None:
        if chosen := st.session_state[key].chosen:
            on_choose(chosen)

    words = {"placeholder": placeholder, "none": _("Nothing is called that."), "found": _("found")}
    _mount("search")(
        key=key,
        data={"hits": list(hits), "typed": typed, "words": words},
        on_typed_change=handle_type,
        on_chosen_change=handle_choice,
    )


def editor(  # noqa: PLR0913  what an editor shows and tells
    text: str,
    *,
    key: str,
    revision: int,
    on_run: Callable[[str], None],
    on_edit: Callable[[str], None],
    insert: tuple[int, str] = (0, ""),
) -> None:
    """Show an editor for a statement.

    Parameters
    ----------
    text
        Put into the editor whenever `revision` is another than before.
    on_run
        Called with the text when it is to be run, by Ctrl and Enter.
    on_edit
        Called with the text when the editor is left.
    insert
        A number, and text that is put where the cursor is whenever the number is another than before.
    """

    def handle_run() -> None:
        if (given := st.session_state[key].run) is not None:
            on_run(given)

    def handle_edit() -> None:
        if (given := st.session_state[key].edited) is not None:
            on_edit(given)

    _mount("editor")(
        key=key,
        data={
            "text": text,
            "revision": revision,
            "insert": {"number": insert[0], "text": insert[1]},
            "words": {"label": _("Cypher statement; Ctrl and Enter runs it")},
        },
        on_run_change=handle_run,
        on_edited_change=handle_edit,
    )


@cache
def _mount(name: str) -> ComponentRenderer:
    """Return what mounts a component: not made on import, for only a running app knows where the assets are."""
    return st.components.v2.component(f"zhitu.{name}", js=f"{name}.js", css=f"{name}.css")


def _node(row: _Row) -> dict[str, Any]:
    """Leave out the names that are the label."""
    packed = _packed(row, _NODE, kind=row.get("group", ""))
    return {key: value for key, value in packed.items() if key not in _NAMES or value != row["label"]}


def _edge(row: _Row) -> dict[str, Any]:
    """Leave out the id where the page can make it."""
    packed = _packed(row, _EDGE)
    made = f"{row['from']}~{row['type']}~{row['to']}{'~not' if row.get('negated') else ''}"
    if row["id"] == made:
        del packed["id"]
    return packed


def _packed(row: _Row, keys: Sequence[str], **more: object) -> dict[str, Any]:
    """Leave out what the page knows by kind or type, and what is empty."""
    return {**{key: row[key] for key in keys if not _is_empty(row.get(key))}, **more}


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == ""  # 0 is a place like any other


def _base(before: _Base | None, nodes: Mapping[str, _Row], edges: Mapping[str, _Row]) -> _Base:
    """Go on from what was sent before, or begin anew where the changes are many, and half of it."""
    if before:
        changed = sum(len(_fresh(*pair)) for pair in ((before.nodes, nodes), (before.edges, edges)))
        changed += len(before.nodes.keys() - nodes.keys())
        if changed <= max(_CHANGES, (len(before.nodes) + len(before.edges)) // 2):
            return before
    return _Base(_digest(nodes, edges), nodes, edges)


def _digest(nodes: Mapping[str, _Row], edges: Mapping[str, _Row]) -> str:
    text = json.dumps([list(nodes.values()), list(edges.values())], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()


def _change(base: _Base, nodes: Mapping[str, _Row], edges: Mapping[str, _Row]) -> dict[str, Any]:
    return {
        "base": base.id,
        "add": {"nodes": _fresh(base.nodes, nodes), "edges": _fresh(base.edges, edges)},
        "drop": {"nodes": sorted(base.nodes.keys() - nodes.keys()), "edges": sorted(base.edges.keys() - edges.keys())},
    }


def _fresh(before: Mapping[str, _Row], now: Mapping[str, _Row]) -> list[_Row]:
    return [row for id_, row in now.items() if before.get(id_) != row]


def _kinds() -> list[dict[str, str]]:
    chosen = language()
    return [
        {
            "key": kind.value,
            "label": row.zh if chosen is Language.ZH else row.en,
            "shape": row.shape,
            "colour": row.colour,
        }
        for kind, row in load_ontology().kinds.items()
    ]


def _text_kinds() -> list[dict[str, str]]:
    """Return what stands for documents, questions and sentences in a view that holds some."""
    labels = {"Document": _("Document"), "Question": _("Question"), "Sentence": _("Sentence")}
    return [{"key": key, "label": name, "shape": "box", "colour": _TEXT_COLOUR} for key, name in labels.items()]


def _types() -> list[dict[str, Any]]:
    chosen = language()
    stated = [
        {
            "key": type_.value,
            "label": phrase(type_, chosen),
            "phrase": phrase(type_, chosen),
            "not": phrase(type_, chosen, negated=True),
            "colour": row.colour,
            "dash": row.dash,
            "symmetric": row.symmetric,
        }
        for type_, row in load_ontology().relations.items()
    ]
    before = _("comes before")
    prerequisite = {"label": before, "phrase": before, "not": before, "colour": PREREQUISITE_COLOUR, "dash": "dashed"}
    tie = {"label": _("tied"), "phrase": _("tied"), "not": _("tied"), "colour": "#8a94a3", "dash": "solid"}
    return [
        *stated,
        {"key": PREREQUISITE_OF, "symmetric": False, "quiet": True, **prerequisite},
        {"key": "TIE", "symmetric": True, "quiet": True, **tie},
    ]


def _text_types() -> list[dict[str, Any]]:
    words = {"CONTAINS": _("contains"), "ABOUT": _("is about"), "MENTIONS": _("mentions")}
    return [
        {"key": key, "label": name, "phrase": name, "not": name, "colour": _TEXT_COLOUR, "dash": "solid", "quiet": True}
        for key, name in words.items()
    ]


def _words() -> dict[str, str]:
    return {
        "concepts": _("concepts"),
        "relations": _("relations"),
        "denied": _("denied"),
        "legend": _("Legend: choose what is drawn"),
        "toggle": _("Show or hide"),
        "keys": _("Arrows walk to neighbours, Enter opens, E expands, plus, minus and 0 zoom, slash searches."),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fit": _("Fit all"),
        "box": _("Select in a box (or drag with Shift)"),
        "fullScreen": _("Full screen"),
        "labels": _("Labels in Chinese, English or both"),
        "png": _("Save as PNG"),
        "svg": _("Save as SVG"),
    }
