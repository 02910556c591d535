"""The Notes page: a document's questions and answers, some at a time, from an address like `?question=clip.md%233`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from graph.model import Concept, Document, Question, Sentence
from graph.query.view import GraphView, Reading, split_id
from graph.query.words import label
from graph.store.base import GraphStore
from ui.canvas.component import prose
from ui.canvas.prose import Tree, el, link
from ui.cards import kind_mark
from ui.i18n import _, language, n_
from ui.markdown import marker, rich
from ui.session import current, follow, go, minutes
from ui.text import md, short

#: Questions on one page, and in the list of contents.
_TOGETHER = 10
_LISTED = 200
_STARS = 5


def render() -> None:
    """Show the page."""
    follow()
    store, view = current()
    documents = store.documents()
    asked = st.query_params.get("question", "")
    contents = _contents(view)
    paths = [document.path for document in documents if document.path in contents]
    if not paths:
        st.info(_("The documents hold no questions."), icon=":material/menu_book:")
        return
    if asked and asked not in view.readings:
        st.warning(_("No question is called “{name}”.").format(name=md(short(asked, 80))), icon=":material/search_off:")
        asked = ""
    path = split_id(asked)[0] if asked else st.query_params.get("document", "")
    if path not in contents:
        _miss(path)
        path = paths[0]
    titles = {document.path: document for document in documents}
    left, right = st.columns([1, 2.6], gap="large")
    with left, st.container(key="side"):
        _choose(paths, titles, path)
        _list(contents[path], asked)
    with right:
        _read(store, view, titles[path], contents[path], asked)


def _miss(path: str) -> None:
    """Say that there is nothing to read in the document that the address names, if it names one."""
    if path:
        said = _("No document with questions is called “{name}”.").format(name=md(short(path, 80)))
        st.warning(said, icon=":material/search_off:")


def _contents(view: GraphView) -> Mapping[str, tuple[Reading, ...]]:
    """Return each document's questions, in order."""

    def collect() -> Mapping[str, tuple[Reading, ...]]:
        found: defaultdict[str, list[Reading]] = defaultdict(list)
        for reading in view.readings.values():
            found[reading.document].append(reading)
        return {path: tuple(sorted(some, key=lambda one: one.position)) for path, some in found.items()}

    return view.remember("contents", collect)


def _choose(paths: Sequence[str], titles: Mapping[str, Document], path: str) -> None:
    st.session_state["document"] = path
    st.selectbox(
        _("Document"),
        paths,
        key="document",
        format_func=lambda one: f"{short(titles[one].title, 60)} · {one}",
        on_change=_take_document,
        filter_mode="contains",
    )


def _take_document() -> None:
    path = st.session_state["document"]
    for key in ("question", "sentence"):
        st.query_params.pop(key, None)
    st.query_params["document"] = path


def _list(readings: Sequence[Reading], asked: str) -> None:
    wanted = st.text_input(
        _("Find a question"), key="find_question", placeholder=_("Words of its title"), icon=":material/search:"
    )
    found = [one for one in readings if wanted.casefold() in f"{one.number} {one.title}".casefold()]
    at = next((number for number, one in enumerate(found) if one.id == asked), 0)
    first = max(0, min(at - _LISTED // 2, len(found) - _LISTED))
    rows = [_entry(one, current=one.id == asked) for one in found[first : first + _LISTED]]
    if not rows:
        st.caption(_("No title holds these words."))
        return
    tree = el("nav", el("ol", *rows, class_="toc"), **{"aria-label": _("Contents")})
    with st.container(key="contents"):
        prose(tree, key="toc", on_go=go)
    if len(found) > len(rows):
        st.caption(_("{shown} of {all} questions are listed.").format(shown=len(rows), all=len(found)))


def _entry(one: Reading, *, current: bool) -> Tree:
    inner = (el("span", one.number, class_="number"), el("span", one.title))
    tree = link(*inner, page="notes", question=one.id)
    if current and isinstance(tree, list):
        tree[1]["aria-current"] = "true"
    return el("li", tree)


def _read(store: GraphStore, view: GraphView, document: Document, readings: Sequence[Reading], asked: str) -> None:
    at = next((number for number, one in enumerate(readings) if one.id == asked), 0)
    first = at - at % _TOGETHER
    shown = readings[first : first + _TOGETHER]
    sentence = next(iter(store.sentences([st.query_params.get("sentence", "")])), None)
    questions = store.questions([one.id for one in shown])
    total = sum(one.minutes for one in readings)
    head = f"{n_('{n} question', '{n} questions', len(readings))} · {minutes(total)} · {document.path}"
    tree = el(
        "article",
        el("header", el("h1", document.title), el("p", head, class_="muted small")),
        *(_question(store, view, one, asked, sentence) for one in questions),
        _turns(readings, first),
        class_="notes",
    )
    prose(tree, key="reading", on_go=go)


def _question(store: GraphStore, view: GraphView, question: Question, asked: str, sentence: Sentence | None) -> Tree:
    mentions = store.mentions(question=question.id)
    concepts = [view.concepts[mention.concept] for mention in mentions if mention.concept in view.concepts]
    about = [
        view.concepts[mention.concept] for mention in mentions if mention.about and mention.concept in view.concepts
    ]
    here = None
    in_title = question.id == asked
    if sentence and sentence.question == question.id:
        at = question.answer.find(sentence.text) if sentence.position else -1
        here = question.answer.count("\n", 0, at) if at >= 0 else None
        in_title = here is None
    number = el("span", question.number, class_="number") if question.number else None
    return el(
        "section",
        el(
            "h2",
            number,
            *marker(concepts)(question.title),
            class_="target" if in_title and question.id == asked else None,
        ),
        _meta(question, about),
        rich(question.answer, marker(concepts), here),
        class_="question",
    )


def _meta(question: Question, about: Sequence[Concept]) -> Tree | None:
    words = {"difficulty": _("Difficulty"), "frequency": _("Frequency")}
    facts: list[Tree] = [
        el("span", words[key], " ", "★" * min(int(value), _STARS))
        for key, value in question.properties
        if key in words and value.isdecimal() and value.isascii()
    ]
    chosen = language()
    facts += [
        link(kind_mark(one.kind), " ", label(one, chosen), page="", concept=one.name, class_="button")
        for one in about[:6]
    ]
    return el("div", *facts, class_="meta row") if facts else None


def _turns(readings: Sequence[Reading], first: int) -> Tree | None:
    def turns() -> Iterator[Tree]:
        if first:
            yield link(
                "‹ ", _("Earlier questions"), page="notes", question=readings[first - _TOGETHER].id, class_="button"
            )
        if first + _TOGETHER < len(readings):
            yield link(
                _("Further questions"), " ›", page="notes", question=readings[first + _TOGETHER].id, class_="button"
            )

    found = list(turns())
    return el("nav", *found, class_="row") if found else None
