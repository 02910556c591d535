"""What stands beside the Cypher editor: examples, the schema, and the reader's own queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from graph.cypher import Schema, examples, schema
from graph.errors import ZhituError
from graph.query.view import GraphView
from graph.query.words import Language
from graph.store.base import GraphStore
from ui.canvas.component import prose
from ui.canvas.prose import Tree, el, joined
from ui.i18n import _, language
from ui.saved import forget_history, history, save_query, saved_queries
from ui.session import settings, show_error
from ui.text import short


def put(statement: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Put a statement, with values of its parameters, into the editor."""
    st.session_state["cypher"] = statement
    st.session_state["cypher_revision"] = st.session_state.get("cypher_revision", 0) + 1
    for name, value in (parameters or {}).items():
        st.session_state[f"parameter_{name}"] = (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )


def side(opened: GraphStore, seen: GraphView) -> None:
    """Show examples, the schema, and the reader's own queries; a click on one puts it into the editor."""
    examples_tab, schema_tab, own_tab = st.tabs([_("Examples"), _("Schema"), _("My queries")])
    with examples_tab:
        chinese = language() is Language.ZH
        rows = [
            el("li", el("a", one.title_zh if chinese else one.title_en, href="cypher", go={"example": number}))
            for number, one in enumerate(examples())
        ]
        prose(el("ol", *rows), key="examples", on_go=_take)
    with schema_tab:
        st.caption(_("A click puts it where the cursor is."))
        try:
            _schema(seen.remember("schema", lambda: schema(opened)))
        except ZhituError as error:
            show_error(error)
    with own_tab:
        try:
            _own()
        except ZhituError as error:
            show_error(error)


def _take(target: Mapping[str, Any]) -> None:
    if "example" in target:
        example = examples()[target["example"]]
        put(example.statement, example.parameters)
    elif "insert" in target:
        number, _text = st.session_state.get("cypher_insert", (0, ""))
        st.session_state["cypher_insert"] = (number + 1, target["insert"])
    elif "statement" in target:
        put(target["statement"])
    elif "forget" in target:
        save_query(settings().state, target["forget"], None)
    elif "clear" in target:
        forget_history(settings().state)


def _schema(found: Schema) -> None:
    labels = [
        _entry(f"(n:{one.name})", f"MATCH (n:{one.name})\nRETURN n\nLIMIT 25", one.count, one.properties)
        for one in found.labels
    ]
    types = [
        _entry(
            f"-[:{one.name}]->", f"MATCH (a)-[r:{one.name}]->(b)\nRETURN a, r, b\nLIMIT 25", one.count, one.properties
        )
        for one in found.types
    ]
    tree = el(
        "article",
        el("h3", _("Labels")), el("ul", *labels, class_="facts"),
        el("h3", _("Relationships")), el("ul", *types, class_="facts"),
        class_="card",
    )  # fmt: skip
    prose(tree, key="schema", on_go=_take)


def _entry(pattern: str, statement: str, count: int, properties: tuple[str, ...]) -> Tree:
    name = el("a", el("code", pattern), href="cypher", go={"insert": pattern})
    held = [el("a", one, href="cypher", go={"insert": f".{one}"}) for one in properties]
    number = el("span", f"{count:,}", class_="muted small figure")
    some = el("button", _("Show some"), class_="button", go={"statement": statement})
    return el(
        "li",
        el("div", name, number, el("span", some, class_="end"), class_="plain"),
        el("p", *joined(held, ", "), class_="small") if held else None,
    )


def _own() -> None:
    kept = [_kept(name, statement) for name, statement in saved_queries(settings().state).items()]
    earlier = [_earlier(statement) for statement in history(settings().state)]
    clear = el("button", _("Forget all"), class_="button", go={"clear": True}) if earlier else None
    parts = (el("h3", _("Saved")), _listed(kept), el("h3", _("History")), _listed(earlier), clear)
    prose(el("article", *parts, class_="card"), key="own_queries", on_go=_take)


def _kept(name: str, statement: str) -> Tree:
    asks = el("a", name, href="cypher", go={"statement": statement})
    away = el("button", "×", class_="button", title=_("Forget"), go={"forget": name}, **{"aria-label": _("Forget")})
    return el("li", el("div", asks, el("span", away, class_="end"), class_="plain"))


def _earlier(statement: str) -> Tree:
    asks = el("a", el("code", short(statement, 90)), href="cypher", go={"statement": statement})
    return el("li", el("div", asks, class_="plain"))


def _listed(rows: list[Tree]) -> Tree:
    return el("ul", *rows, class_="facts") if rows else el("p", _("None yet."), class_="muted small")
