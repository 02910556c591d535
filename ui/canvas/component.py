"""Mounting the packaged components.

A graph is mounted twice: the whole of it, as it was told first, and the view, which is told the last step from there.
Streamlit does not send again what a page holds, so that a step costs no more than what is new in it. Tables of what is
drawn are made by the page, of what it holds.
"""

from __future__ import annotations

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
from ui.canvas.wire import encoded, missed, rows_of, tell
from ui.i18n import _, language

_Row = Mapping[str, Any]
#: Of documents, questions and sentences, and of what joins them.
_TEXT_COLOUR = "#8a94a3"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen in a view: nodes, or one edge."""

    nodes: tuple[str, ...] = ()
    edge: str = ""


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
    told_key = f"_{key}_told"
    tables = {
        "options": network.options,
        "kinds": [*_kinds(), *_text_kinds()],
        "types": [*_types(), *_text_types()],
        "words": _words(),
        "labels": str(language()),
        "height": height,
    }
    told = tell(st.session_state.get(told_key), key, rows_of(network.nodes, network.edges, tables), tables)
    st.session_state[told_key] = told

    def handle() -> None:
        event = st.session_state[key].event
        if event and event["kind"] == "missed":
            st.session_state[told_key] = missed(st.session_state.get(told_key), event["at"])
        elif event:
            on_event(event)

    _mount("graph")(key=f"{key}_base", data=told.whole)
    message = {
        "key": key,
        "base": told.base,
        "at": told.at,
        "scene": scene,
        "select": {"nodes": list(select.nodes), "edge": select.edge},
        "centres": list(centres),
    }
    if told.step:
        message["step"] = told.step
    _mount("graph")(key=key, data=encoded(message), on_event_change=handle)


def table(
    of: str, rows: str, columns: Mapping[str, str], caption: str, *, on_event: Callable[[Mapping[str, Any]], None]
) -> None:
    """Show what a view draws as a table.

    Parameters
    ----------
    of
        The key of the view.
    rows
        ``nodes`` or ``edges``.
    columns
        Headings by what stands below them, as ``assets/table.js`` names it.
    caption
        Says what the table is of.
    on_event
        As of the view: called with ``kind`` node or edge and its ``id`` when a row is chosen.
    """
    key = f"{of}_{rows}_table"

    def handle() -> None:
        if event := st.session_state[key].event:
            on_event(event)

    named = [{"key": name, "label": label} for name, label in columns.items()]
    data = {"table": of, "rows": rows, "columns": named, "caption": caption}
    _mount("graph")(key=key, data=data, on_event_change=handle)


def prose(tree: Tree, *, key: str, on_go: Callable[[Mapping[str, Any]], None] | None = None) -> None:
    """Show rich text; `on_go` is called before the next run with what a chosen link or button carries."""

    def handle() -> None:
        target = st.session_state[key].go
        if target and on_go:
            on_go(target)

    _mount("prose")(key=key, data=encoded({"tree": tree, "lang": str(language())}), on_go_change=handle)


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
    """Return what stands for documents, questions and sentences."""
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
