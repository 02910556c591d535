"""The Cypher page: an editor, examples and the schema beside it, results as a table and as a graph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from graph.cypher import examples, run, schema, to_subgraph
from graph.errors import QueryError, ZhituError
from graph.export import table_csv
from graph.query.plain import plain
from graph.query.view import view
from graph.query.words import Language
from graph.store.base import GraphStore, Limits, Table
from ui import layout
from ui.canvas.component import editor, graph, prose
from ui.canvas.network import Look, draw
from ui.canvas.prose import Tree, el
from ui.i18n import _, language, n_
from ui.saved import save_query, saved_queries
from ui.session import follow, go, settings, show_error, store
from ui.text import md, short

_FIRST = "MATCH (a:Concept)-[r:USES]->(b:Concept)\nRETURN a, r, b\nLIMIT 25"
_PARAMETER = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|//[^\n]*|\$([A-Za-z_]\w{0,40})")
_HISTORY = 20
_LONGEST_LINK = 4000
_CELL = 400


def render() -> None:
    """Show the page."""
    follow()
    opened = store()
    view(opened)  # says that there is no graph, where there is none
    _begin()
    st.title("Cypher")
    left, right = st.columns([2.35, 1], gap="medium")
    with right:
        _side(opened)
    with left:
        editor(
            st.session_state["cypher"],
            key="editor",
            revision=st.session_state["cypher_revision"],
            on_run=_run_soon,
            on_edit=_edited,
        )
        values = _parameters(st.session_state["cypher"])
        with st.container(horizontal=True, vertical_alignment="center"):
            now = st.button(_("Run"), type="primary", icon=":material/play_arrow:", help="Ctrl + Enter")
            explain = st.button(_("Explain"), help=_("Show how the store would find the answer, without asking it"))
            _keep()
        if now or explain or st.session_state.pop("cypher_run", False):
            _ask(opened, values, explain=explain)
        _result()


def _begin() -> None:
    """Take the statement from the address, once, else begin with one that shows something."""
    given = st.query_params.get("q")
    if given and given != st.session_state.get("cypher_linked"):
        st.session_state["cypher_linked"] = given
        _put(given)
    st.session_state.setdefault("cypher", _FIRST)
    st.session_state.setdefault("cypher_revision", 0)


def _put(statement: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Put a statement, with values of its parameters, into the editor."""
    st.session_state["cypher"] = statement
    st.session_state["cypher_revision"] = st.session_state.get("cypher_revision", 0) + 1
    for name, value in (parameters or {}).items():
        st.session_state[f"parameter_{name}"] = (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )


def _edited(statement: str) -> None:
    st.session_state["cypher"] = statement


def _run_soon(statement: str) -> None:
    st.session_state["cypher"] = statement
    st.session_state["cypher_run"] = True


def _parameters(statement: str) -> dict[str, Any]:
    """Show a form for the statement's parameters; a value is JSON where it can be, else text."""
    names = list(dict.fromkeys(match[1] for match in _PARAMETER.finditer(statement) if match[1]))
    values = {}
    if names:
        with st.container(horizontal=True):
            for name in names[:12]:
                values[name] = _value(st.text_input(f"\\${md(name)}", key=f"parameter_{name}", width=220))
    return values


def _value(text: str) -> Any:  # noqa: ANN401  JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _keep() -> None:
    with st.popover(_("Save"), icon=":material/bookmark:"):
        name = st.text_input(_("Name"), key="query_name", max_chars=80)
        if st.button(_("Save this query"), disabled=not name.strip()):
            save_query(settings().state, name.strip(), st.session_state["cypher"])
            st.toast(_("Saved."))


def _ask(opened: GraphStore, values: Mapping[str, Any], *, explain: bool) -> None:
    statement = st.session_state["cypher"]
    given = settings()
    limits = Limits(given.query_seconds, given.query_rows, given.query_bytes)
    _remember(statement)
    st.session_state.pop("cypher_table", None)
    try:
        with st.spinner(_("Asking the store")):
            st.session_state["cypher_table"] = run(
                opened, f"EXPLAIN {statement}" if explain else statement, values, limits
            )
    except QueryError as error:
        show_error(error)


def _remember(statement: str) -> None:
    """Keep the statement in the history and in the address, so that it can be shared."""
    history: list[str] = st.session_state.setdefault("cypher_history", [])
    if statement in history:
        history.remove(statement)
    history.insert(0, statement)
    del history[_HISTORY:]
    if len(statement) <= _LONGEST_LINK:
        st.session_state["cypher_linked"] = statement
        st.query_params["q"] = statement


def _result() -> None:
    table: Table | None = st.session_state.get("cypher_table")
    if table is None:
        return
    st.caption(f"{n_('{n} row', '{n} rows', len(table.rows))} · {table.seconds:.2f} s")
    if table.truncated:
        reason = {"rows": _("There are more rows: ZHITU_QUERY_ROWS limits them."),
                  "size": _("The result was cut: ZHITU_QUERY_BYTES limits its size.")}  # fmt: skip
        st.warning(reason[table.truncated], icon=":material/content_cut:")
    part = to_subgraph(table)
    names = [_("Table"), *([_("Graph")] if part.concepts else [])]
    tabs = st.tabs(names)
    with tabs[0]:
        _table(table)
    if part.concepts:
        with tabs[1]:
            ids = [concept.id for concept in part.concepts]
            edges = [(one.source, one.target) for one in part.relations]
            edges += [(one.source, one.target) for one in part.prerequisites]
            drawing = draw(part, layout.place(ids, edges), dict.fromkeys(ids, Look(size=11)), language())
            graph(drawing.network, key="cypher_graph", scene=str(hash(tuple(ids))), on_event=_open, height=520)


def _table(table: Table) -> None:
    columns = [
        f"{name} ({number})" if name in table.columns[:number] else name for number, name in enumerate(table.columns)
    ]
    st.dataframe([dict(zip(columns, map(_shown, row), strict=True)) for row in table.rows], hide_index=True)
    with st.container(horizontal=True):
        st.download_button("CSV", lambda: table_csv(table).encode("utf-8-sig"), "result.csv", on_click="ignore")
        st.download_button(
            "JSON",
            lambda: json.dumps(plain(table), ensure_ascii=False, indent=1).encode(),
            "result.json",
            on_click="ignore",
        )


def _shown(cell: Any) -> Any:  # noqa: ANN401  whatever a query returns
    """Return a cell as the table shows it: a node by its name, a relationship by its type."""
    if isinstance(cell, Mapping) and "~labels" in cell:
        return str(cell.get("name") or cell.get("title") or cell.get("text") or cell["~id"])[:_CELL]
    if isinstance(cell, Mapping) and "~type" in cell:
        return f"[{cell['~type']}{' ✗' if cell.get('negated') else ''}]"
    if isinstance(cell, Mapping | list | tuple):
        return json.dumps(plain(cell), ensure_ascii=False)[:_CELL]
    return cell


def _open(event: Mapping[str, Any]) -> None:
    if event["kind"] in ("node", "expand") and event.get("id"):
        go({"page": "", "concept": event["id"]})


def _side(opened: GraphStore) -> None:
    examples_tab, schema_tab, own_tab = st.tabs([_("Examples"), _("Schema"), _("My queries")])
    with examples_tab:
        chinese = language() is Language.ZH
        rows = [
            el("li", el("a", one.title_zh if chinese else one.title_en, href="cypher", go={"example": number}))
            for number, one in enumerate(examples())
        ]
        prose(el("ol", *rows), key="examples", on_go=_take)
    with schema_tab:
        _schema(opened)
    with own_tab:
        _own()


def _take(target: Mapping[str, Any]) -> None:
    if "example" in target:
        example = examples()[target["example"]]
        _put(example.statement, example.parameters)
    elif "insert" in target:
        _put(f"{st.session_state['cypher'].rstrip()}\n{target['insert']}")
    elif "statement" in target:
        _put(target["statement"])
    elif "forget" in target:
        save_query(settings().state, target["forget"], None)


def _schema(opened: GraphStore) -> None:
    try:
        found = schema(opened)
    except ZhituError as error:
        show_error(error)
        return
    labels = [
        _entry(f":{one.name}", f"MATCH (n:{one.name}) RETURN n LIMIT 25", one.count, one.properties)
        for one in found.labels
    ]
    types = [
        _entry(f":{one.name}", f"MATCH (a)-[r:{one.name}]->(b) RETURN a, r, b LIMIT 25", one.count, one.properties)
        for one in found.types
    ]
    tree = el(
        "article",
        el("h3", _("Labels")), el("ul", *labels, class_="facts"),
        el("h3", _("Relationships")), el("ul", *types, class_="facts"),
        class_="card",
    )  # fmt: skip
    prose(tree, key="schema", on_go=_take)


def _entry(name: str, statement: str, count: int, properties: tuple[str, ...]) -> Tree:
    asks = el("a", name, href="cypher", go={"statement": statement})
    held = el("span", ", ".join(properties), class_="muted small")
    number = el("span", f"{count:,}", class_="muted small end figure")
    return el("li", el("div", el("span", asks, el("br"), held), number, class_="plain"))


def _own() -> None:
    kept = [_kept(name, statement) for name, statement in saved_queries(settings().state).items()]
    earlier = [_earlier(statement) for statement in st.session_state.get("cypher_history", [])]
    parts = (el("h3", _("Saved")), _listed(kept), el("h3", _("History")), _listed(earlier))
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
