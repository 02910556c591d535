"""The Compare page: what concepts share, how they differ, what is denied, and where they are discussed together."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from graph.export.tables import safe_cell
from graph.query.compare import Comparison, Row, compare
from graph.query.search import find
from graph.query.view import GraphView
from ui import layout
from ui.canvas.component import graph, prose
from ui.canvas.network import Look, draw
from ui.canvas.prose import Tree, el, link
from ui.cards import kind_mark, question_link, quotation
from ui.i18n import _, language, n_
from ui.picking import SEPARATOR, asked, pick
from ui.session import current, follow, go

_MOST = 3
_ROWS = 60


def render() -> None:
    """Show the page."""
    follow()
    store, view = current()
    chosen = asked(view, "of")[:_MOST]
    pick(view, _("Which concepts? Two or three."), "of", chosen, _MOST)
    if len(chosen) < 2:
        st.info(
            _("Choose two or three concepts, and see what they share and how they differ."),
            icon=":material/compare_arrows:",
        )
        return
    found = compare(view, store, chosen, language())
    prose(el("section", *(el("p", sentence) for sentence in found.summary)), key="summary")
    table, drawing = st.tabs([_("Table"), _("Graph")])
    with table:
        prose(_table(view, found), key="table", on_go=go)
        _download(found)
    with drawing:
        _graph(found)
    documents = {document.path: document.title for document in store.documents()}
    prose(el("section", *_beneath(view, found, documents)), key="beneath", on_go=go)


def _table(view: GraphView, found: Comparison) -> Tree:
    head = el("tr", el("th", ""), *(el("th", name) for name in found.names))
    groups = ((_("Shared"), found.shared), (_("Different"), found.different), (_("Denied"), found.denied))
    body: list[Tree] = []
    for title, rows in groups:
        if rows:
            body.append(
                el("tr", el("th", title, el("span", str(len(rows)), class_="count"), colspan=len(found.names) + 1))
            )
            body += [_row(view, found, row) for row in rows[:_ROWS]]
    needs = [el("tr", el("td", one.name), *_ticks(found.concepts, one.of)) for one in found.prerequisites]
    if needs:
        body.append(el("tr", el("th", _("Learn first"), colspan=len(found.names) + 1)))
    return el("table", el("thead", head), el("tbody", *body, *needs), class_="sides")


def _row(view: GraphView, found: Comparison, row: Row) -> Tree:
    other = view.concepts[row.other]
    words = el("span", row.phrase, class_="phrase denied" if row.negated else "phrase")
    return el(
        "tr",
        el("td", words, " ", kind_mark(other.kind), " ", link(row.other_name, page="", concept=other.name)),
        *_ticks(found.concepts, row.of),
    )


def _ticks(concepts: Sequence[str], of: Sequence[str]) -> list[Tree]:
    return [el("td", "✓" if id_ in of else "") for id_ in concepts]


def _beneath(view: GraphView, found: Comparison, documents: Mapping[str, str]) -> Iterator[Tree]:
    if found.direct:
        yield el("h3", _("Between them"))
        for words, quotes in found.direct:
            told = [quotation(quote, documents) for quote in quotes]
            yield el("ul", el("li", el("details", el("summary", words), *told)), class_="facts")
    if found.discussions:
        yield el("h3", _("Discussed together"), el("span", str(len(found.discussions)), class_="count"))
    for one in found.discussions:
        names = ", ".join(view.concepts[id_].name for id_ in one.concepts)
        told = [el("div", sentence.text, class_="quote") for sentence in one.sentences]
        head = el("summary", question_link(one.question), el("span", names, class_="muted small end"))
        yield el("ul", el("li", el("details", head, *told)), class_="facts")


def _graph(found: Comparison) -> None:
    part = found.subgraph
    nodes = [concept.id for concept in part.concepts]
    edges = [(relation.source, relation.target) for relation in part.relations]
    edges += [(pair.source, pair.target) for pair in part.prerequisites]
    places = layout.place(nodes, edges, centres=found.concepts)
    looks = {id_: Look(size=18.0 if id_ in found.concepts else 10.0) for id_ in nodes}
    drawing = draw(part, places, looks, language())
    st.caption(n_("{n} concept", "{n} concepts", len(nodes)))
    scene = f"compare {SEPARATOR.join(found.concepts)}"
    graph(drawing.network, key="compare_graph", scene=scene, on_event=_opened, centres=found.concepts, height=560)


def _opened(event: Mapping[str, Any]) -> None:
    """Open a double-clicked concept on the Explore page."""
    if event["kind"] == "expand" and event["id"]:
        _store, view = current()
        go({"page": "", "concept": find(view, event["id"]).name})


def _download(found: Comparison) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Relation"), _("Concept"), *map(safe_cell, found.names)])
    for row in (*found.shared, *found.different, *found.denied):
        ticks = ["x" if id_ in row.of else "" for id_ in found.concepts]
        writer.writerow([safe_cell(row.phrase), safe_cell(row.other_name), *ticks])
    st.download_button("CSV", text.getvalue(), "zhitu-comparison.csv", "text/csv", on_click="ignore")
