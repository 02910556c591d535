"""The Compare page: what two or three concepts share, how they differ, and where the notes discuss them together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from graph.export import table_csv
from graph.model import Subgraph
from graph.query.compare import Comparison, Discussion, Row, compare
from graph.query.plain import plain
from graph.query.view import GraphView
from graph.query.words import Language
from graph.store.base import GraphStore, Table
from ui import layout
from ui.acts import act
from ui.canvas.component import graph, prose
from ui.canvas.network import Look, draw
from ui.canvas.prose import Tree, el, joined, link
from ui.cards import concept_link, question_link, quotation
from ui.finder import pick
from ui.i18n import _, language
from ui.session import current, follow, go

_MOST = 3
_DISCUSSIONS = 12
_SENTENCES = 4


def render() -> None:
    """Show the page."""
    follow()
    store, view = current()
    st.title(_("Side by side"))
    chosen = pick(view, "of", _("Choose two or three concepts"), most=_MOST)
    if len(chosen) < 2:
        st.caption(_("Choose at least two concepts, for example CLIP and BLIP."))
        return
    found = compare(view, store, [one.id for one in chosen], language())
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        prose(_words(store, view, found), key="comparison", on_go=act)
    with right, st.container(key="picture"):
        _graph(view, found)
    _files(found)


def _words(store: GraphStore, view: GraphView, found: Comparison) -> Tree:
    documents = {document.path: document.title for document in store.documents()}
    return el(
        "article",
        *_direct(found, documents),
        *_table(_("In common"), found, found.shared, view),
        *_table(_("Different"), found, found.different, view),
        *_table(_("Denied"), found, found.denied, view),
        *_prerequisites(view, found),
        *_discussed(found.discussions, documents),
        class_="card",
    )


def _direct(found: Comparison, documents: Mapping[str, str]) -> Iterator[Tree]:
    if not found.direct:
        return
    yield el("h3", _("Between them"))
    rows = [
        el("li", el("details", el("summary", words), *(quotation(one, documents) for one in said)))
        for words, said in found.direct
    ]
    yield el("ul", *rows, class_="facts")


def _table(title: str, found: Comparison, rows: Sequence[Row], view: GraphView) -> Iterator[Tree]:
    """Yield a table with a row for each relation type and a column for each concept."""
    if not rows:
        return
    head = el("tr", el("th"), *(el("th", name) for name in found.names))
    body = []
    for phrase_, group in groupby(rows, key=lambda row: row.phrase):
        same = list(group)
        cells = [
            el(
                "td",
                *joined(
                    (concept_link(view.concepts[row.other], row.other_name) for row in same if id_ in row.of), _comma()
                ),
            )
            for id_ in found.concepts
        ]
        body.append(el("tr", el("td", phrase_), *cells))
    yield el("h3", title, el("span", str(len(rows)), class_="count"))
    yield el("table", el("thead", head), el("tbody", *body), class_="sides")


def _comma() -> str:
    return "、" if language() is Language.ZH else ", "


def _prerequisites(view: GraphView, found: Comparison) -> Iterator[Tree]:
    if not found.prerequisites:
        return
    head = el("tr", el("th"), *(el("th", name) for name in found.names))
    body = [
        el(
            "tr",
            el("td", concept_link(view.concepts[row.concept], row.name)),
            *(el("td", "●" if id_ in row.of else "") for id_ in found.concepts),
        )
        for row in found.prerequisites
    ]
    yield el("h3", _("To be learned before"))
    yield el("table", el("thead", head), el("tbody", *body), class_="sides")


def _discussed(discussions: Sequence[Discussion], documents: Mapping[str, str]) -> Iterator[Tree]:
    if not discussions:
        return
    yield el("h3", _("Discussed together"), el("span", str(len(discussions)), class_="count"))
    for one in discussions[:_DISCUSSIONS]:
        yield el(
            "details",
            el(
                "summary",
                question_link(one.question),
                " ",
                el("span", documents.get(one.question.document, ""), class_="muted small"),
            ),
            *(
                el(
                    "div",
                    sentence.text,
                    " ",
                    link("↗", page="notes", question=one.question.id, sentence=sentence.id),
                    class_="quote",
                )
                for sentence in one.sentences[:_SENTENCES]
            ),
        )


def _graph(view: GraphView, found: Comparison) -> None:
    part = _touching(found)
    ids = [concept.id for concept in part.concepts]
    edges = [(relation.source, relation.target) for relation in part.relations]
    places = layout.place(ids, edges, centres=found.concepts)
    largest = max((view.importance[id_] for id_ in ids), default=0.0)
    looks = {
        id_: Look(size=layout.size(view.importance[id_], largest) + (7 if id_ in found.concepts else 0)) for id_ in ids
    }
    drawing = draw(part, places, looks, language())
    graph(
        drawing.network,
        key="compare_graph",
        scene=" ".join(found.concepts),
        on_event=_open,
        centres=found.concepts,
        height=560,
    )


def _touching(found: Comparison) -> Subgraph:
    """Return what is around the compared, without what their neighbours have with each other."""
    ends, part = set(found.concepts), found.subgraph
    return Subgraph(
        part.concepts,
        tuple(one for one in part.relations if ends & {one.source, one.target}),
        tuple(one for one in part.prerequisites if ends & {one.source, one.target}),
    )


def _open(event: Mapping[str, Any]) -> None:
    if event["kind"] in ("node", "expand") and event.get("id"):
        go({"page": "", "concept": event["id"]})


def _files(found: Comparison) -> None:
    with st.expander(_("In words"), icon=":material/notes:"):
        prose(el("div", *(el("p", one) for one in found.summary)), key="comparison_words")
    with st.container(horizontal=True):
        st.download_button(
            "CSV", lambda: table_csv(_rows(found)).encode("utf-8-sig"), "comparison.csv", on_click="ignore"
        )
        st.download_button(
            "JSON",
            lambda: json.dumps(plain(found), ensure_ascii=False, indent=1).encode(),
            "comparison.json",
            on_click="ignore",
        )


def _rows(found: Comparison) -> Table:
    rows = [
        (kind, row.phrase, row.other_name, *(id_ in row.of for id_ in found.concepts))
        for kind, some in (("shared", found.shared), ("different", found.different), ("denied", found.denied))
        for row in some
    ]
    return Table(("", "relation", "concept", *found.names), tuple(rows))
