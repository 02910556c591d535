"""The Cypher page: an editor, what helps to write beside it, results as a table and as a graph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from graph.cypher import Thing as TableThing
from graph.cypher import run, to_subgraph, to_things
from graph.errors import QueryError, StateError
from graph.export import table_csv
from graph.model import Subgraph
from graph.query.plain import plain
from graph.store.base import GraphStore, Limits, Table
from ui import layout
from ui.canvas.component import editor, graph
from ui.canvas.network import Look, Thing, add_things, draw
from ui.cypher_side import put, side
from ui.i18n import _, language, n_
from ui.saved import remember, save_query
from ui.session import current, follow, go, set_address, settings, show_error
from ui.text import md, short

_FIRST = "MATCH (a:Concept)-[r:USES]->(b:Concept)\nRETURN a, r, b\nLIMIT 25"
_PARAMETER = re.compile(
    r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|//[^\n]*|/\*.*?\*/|\$([A-Za-z_]\w{0,40})", re.DOTALL
)
_MOST_PARAMETERS = 20
_LONGEST_LINK = 4000
_CELL = 400
_NAME = 26


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the store said last, and where the nodes of it stand."""

    table: Table
    explained: bool
    part: Subgraph
    things: Sequence[Thing]
    ties: Sequence[tuple[str, str, str]]
    places: Mapping[str, layout.Position]


def render() -> None:
    """Show the page."""
    follow()
    opened, seen = current()
    _begin()
    st.title("Cypher")
    left, right = st.columns([2.35, 1], gap="medium")
    with left:
        editor(
            st.session_state["cypher"],
            key="editor",
            revision=st.session_state["cypher_revision"],
            insert=st.session_state.get("cypher_insert", (0, "")),
            on_run=_run_soon,
            on_edit=_edited,
        )
        values = _parameters(st.session_state["cypher"])
        with st.container(horizontal=True, vertical_alignment="center"):
            now = st.button(_("Run"), type="primary", icon=":material/play_arrow:", help="Ctrl + Enter")
            explain = st.button(_("Explain"), help=_("Show how the store would find the answer, without asking it"))
            _keep()
    with right:
        side(opened, seen)
    with left:
        if now or explain or st.session_state.pop("cypher_run", False):
            _ask(opened, values, explain=explain)
        _result()


def _begin() -> None:
    """Take statement and parameters from the address, once, else begin with a statement that shows something."""
    link = (st.query_params.get("q", ""), st.query_params.get("p", ""))
    if link[0] and link != st.session_state.get("cypher_linked"):
        st.session_state["cypher_linked"] = link
        put(link[0], _linked_values(link[1]))
    st.session_state.setdefault("cypher", _FIRST)
    st.session_state.setdefault("cypher_revision", 0)


def _linked_values(text: str) -> Mapping[str, Any]:
    found = _value(text)
    return found if isinstance(found, Mapping) else {}


def _edited(statement: str) -> None:
    st.session_state["cypher"] = statement


def _run_soon(statement: str) -> None:
    st.session_state["cypher"] = statement
    st.session_state["cypher_run"] = True


def _parameters(statement: str) -> dict[str, Any]:
    """Show a form for the statement's parameters; a value is JSON where it can be, else text."""
    names = _parameters_of(statement)
    values = {}
    if names:
        with st.container(horizontal=True):
            for name in names[:_MOST_PARAMETERS]:
                values[name] = _value(st.text_input(f"\\${md(name)}", key=f"parameter_{name}", width=220))
    return values


def _parameters_of(statement: str) -> list[str]:
    return list(dict.fromkeys(match[1] for match in _PARAMETER.finditer(statement) if match[1]))


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
    _remember(statement, values)
    st.session_state.pop("cypher_answer", None)
    explained = statement.lstrip()[:7].upper() == "EXPLAIN"
    try:
        with st.spinner(_("Asking the store")):
            table = run(opened, f"EXPLAIN {statement}" if explain and not explained else statement, values, limits)
    except QueryError as error:
        show_error(error)
        return
    st.session_state["cypher_answer"] = _answer(table, explained=explain or explained)


def _answer(table: Table, *, explained: bool) -> _Answer:
    part = to_subgraph(table)
    things, ties = to_things(table)
    names = [_end(thing) for thing in things]
    ids = dict.fromkeys([*(concept.id for concept in part.concepts), *names])
    pairs = [(_end(tie.source), tie.type, _end(tie.target)) for tie in ties]
    pairs = [pair for pair in pairs if pair[0] in ids and pair[2] in ids]
    edges = [(one.source, one.target) for one in part.relations]
    edges += [(one.source, one.target) for one in part.prerequisites]
    edges += [(source, target) for source, _type, target in pairs]
    drawn = [Thing(name, thing.label, thing.title) for name, thing in zip(names, things, strict=True)]
    return _Answer(table, explained, part, drawn, pairs, layout.place(list(ids), edges))


def _end(end: str | TableThing) -> str:
    """Return the id of a node in the view; a concept's is its own."""
    return end if isinstance(end, str) else f"{end.label}\n{end.key}"


def _remember(statement: str, values: Mapping[str, Any]) -> None:
    """Keep the statement in the history and, with its parameters, in the address, so that it can be shared."""
    try:
        remember(settings().state, statement)
    except StateError as error:
        show_error(error)
    given = json.dumps(values, ensure_ascii=False) if values else ""
    if len(statement) + len(given) <= _LONGEST_LINK:
        st.session_state["cypher_linked"] = (statement, given)
        set_address(q=statement, p=given)


def _result() -> None:
    answer: _Answer | None = st.session_state.get("cypher_answer")
    if answer is None:
        return
    table = answer.table
    if answer.explained:
        st.code("\n".join(str(row[0]) for row in table.rows), language=None)
        return
    forms = {"graph": _("Graph"), "table": _("Table")} if answer.places else {}
    with st.container(horizontal=True, vertical_alignment="center"):
        form = "table"
        if forms:
            form = st.segmented_control(
                _("What to show"), list(forms), format_func=forms.__getitem__, default="graph", key="cypher_form",
                label_visibility="collapsed", required=True,
            )  # fmt: skip
        st.caption(f"{n_('{n} row', '{n} rows', len(table.rows))} · {table.seconds:.2f} s")
    if table.truncated:
        reason = {"rows": _("There are more rows: ZHITU_QUERY_ROWS limits them."),
                  "size": _("The result was cut: ZHITU_QUERY_BYTES limits its size.")}  # fmt: skip
        st.warning(reason[table.truncated], icon=":material/content_cut:")
    if form == "graph":
        _graph(answer)
    else:
        _table(table)
    _files(table)


def _graph(answer: _Answer) -> None:
    ids = [concept.id for concept in answer.part.concepts]
    drawing = draw(answer.part, answer.places, dict.fromkeys(ids, Look(size=11)), language())
    shown = [replace(thing, title=short(thing.title, _NAME)) for thing in answer.things]
    add_things(drawing, shown, answer.ties, answer.places)
    graph(drawing.network, key="cypher_graph", scene=str(hash(tuple(answer.places))), on_event=_open, height=560)


def _table(table: Table) -> None:
    columns = [
        f"{name} ({number})" if name in table.columns[:number] else name for number, name in enumerate(table.columns)
    ]
    st.dataframe([dict(zip(columns, map(_shown, row), strict=True)) for row in table.rows], hide_index=True)


def _files(table: Table) -> None:
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
    """Go where a node of the graph leads: a concept's card, or the note."""
    id_ = event.get("id", "")
    if event["kind"] not in ("node", "expand") or not id_:
        return
    label, parted, key = id_.partition("\n")
    if not parted:
        go({"page": "", "concept": id_})
    elif label == "Document":
        go({"page": "notes", "document": key})
    elif label == "Question":
        go({"page": "notes", "question": key})
    elif label == "Sentence":
        go({"page": "notes", "question": key.rpartition(".")[0], "sentence": key})
