"""The Plan page: a study order with its reasons, paths between concepts, and what can be learned next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from graph.errors import NoPathError, ZhituError
from graph.learner import Status, profiles
from graph.model import RelationType, Subgraph
from graph.query.evidence import quotes
from graph.query.neighbourhood import Filter, induced
from graph.query.paths import Path, paths, prerequisite_chain
from graph.query.plan import Plan, PlanStep, plan
from graph.query.plan_formats import plan_calendar, plan_json, plan_markdown, plan_text
from graph.query.progress import progress, unlocked
from graph.query.search import find
from graph.query.view import GraphView
from graph.query.words import label, phrase
from graph.store.base import GraphStore
from ui import layout
from ui.canvas.component import Selection, graph, prose
from ui.canvas.network import Look, draw
from ui.canvas.prose import Tree, address, el, link
from ui.cards import kind_mark, question_link, quotation
from ui.i18n import _, language, n_
from ui.layout import Position
from ui.picking import SEPARATOR, asked, pick
from ui.session import current, follow, go, known_ids, learner, minutes, set_address, settings, show_error
from ui.text import md

_TARGETS = 12
_NEXT = 12
_STEP_X, _STEP_Y = 230.0, 84.0


def render() -> None:
    """Show the page."""
    follow()
    store, view = current()
    words = {"plan": _("Plan"), "path": _("Path"), "next": _("What next")}
    tab = st.query_params.get("tab", "plan")
    st.session_state["plan_tab"] = tab if tab in words else "plan"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.segmented_control(
            _("Show"),
            list(words),
            key="plan_tab",
            format_func=lambda one: words[one],
            label_visibility="collapsed",
            required=True,
            on_change=lambda: set_address(tab=st.session_state["plan_tab"]),
        )
        _profile(view)
    {"plan": _plan, "path": _path, "next": _next}[st.session_state["plan_tab"]](store, view)


# The plan


def _plan(_store: GraphStore, view: GraphView) -> None:
    targets = asked(view, "for")
    known = known_ids(view)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        pick(view, _("What do you want to understand?"), "for", targets, _TARGETS)
    with right:
        depth, budget, shortest = _limits()
    if not targets:
        st.info(_("Choose a concept, and see what to learn first, in which order and why."), icon=":material/route:")
        return
    made = plan(view, targets, known, depth=depth, minutes=budget, shortest=shortest, language=language())
    _progress(view, targets, known)
    steps, drawing = st.columns([1, 1.25], gap="medium")
    with steps:
        prose(_steps(view, made), key="plan_steps", on_go=_act)
    with drawing:
        _layers(view, made)
        _downloads(made)


def _limits() -> tuple[int | None, float | None, bool]:
    """Offer limits of depth and time."""
    with st.popover(_("Limits"), icon=":material/tune:", width="stretch"):
        deep = st.slider(_("Steps before the target, at most"), 0, 10, 0, key="plan_depth", help=_("0: no limit"))
        budget = st.slider(_("Minutes of reading, at most"), 0, 600, 0, 15, key="plan_minutes", help=_("0: no limit"))
        shortest = st.toggle(_("Leave out what only known concepts need"), key="plan_shortest")
    return deep or None, float(budget) or None, shortest


def _progress(view: GraphView, targets: Sequence[str], known: frozenset[str]) -> None:
    for id_ in targets:
        done = progress(view, id_, known)
        if done.total:
            name = md(label(view.concepts[id_], language()))
            told = _("You know {known} of {total} concepts below {name}.").format(
                known=done.known, total=done.total, name=name
            )
            st.progress(done.known / done.total, told)


def _steps(view: GraphView, made: Plan) -> Tree:
    head = f"{n_('{n} concept', '{n} concepts', len(made.steps))} · {minutes(made.minutes)}"
    left_out = None
    if made.left_out:
        names = ", ".join(one.name for one in made.left_out)
        left_out = el("p", _("Left out by the limits: {names}").format(names=names), class_="small muted")
    rows = [_step(view, step, goal=step.concept in made.targets) for step in made.steps]
    return el("section", el("p", head, class_="muted"), el("ol", *rows, class_="steps"), left_out)


def _step(view: GraphView, step: PlanStep, *, goal: bool) -> Tree:
    one = view.concepts[step.concept]
    known = {"act": "mark", "name": one.name, "status": str(Status.KNOWN)}
    questions = [el("li", question_link(reading)) for reading in step.questions]
    return el(
        "li",
        el(
            "div",
            link(step.name, page="", concept=one.name),
            kind_mark(one.kind),
            el("span", minutes(step.minutes), class_="muted small figure"),
            class_="head",
        ),
        el("p", step.reason, class_="why muted small"),
        el("ul", *questions, class_="read") if questions else None,
        el("div", el("button", _("I know it"), class_="button", go=known), class_="row"),
        class_="goal" if goal else "",
    )


def _layers(view: GraphView, made: Plan) -> None:
    """Draw the plan as numbered layers, from what comes first to the target."""
    numbers = {step.concept: number for number, step in enumerate(made.steps, start=1)}
    places: dict[str, Position] = {}
    for column, steps in enumerate(made.layers):
        for row, step in enumerate(steps):
            places[step.concept] = (column * _STEP_X, (row - (len(steps) - 1) / 2) * _STEP_Y)
    part = induced(view, numbers, Filter(prerequisites=True))
    part = Subgraph(part.concepts, (), part.prerequisites)
    looks = {id_: Look(size=15.0, badge=str(number)) for id_, number in numbers.items()}
    drawing = draw(part, places, looks, language())
    scene = f"plan {SEPARATOR.join(numbers)}"
    graph(drawing.network, key="plan_graph", scene=scene, on_event=_opened, centres=made.targets, height=520)


def _downloads(made: Plan) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.number_input(_("Days"), 1, 365, 7, key="plan_days", width=110)
        chosen = language()
        today = datetime.now(UTC).date()
        calendar = plan_calendar(made, int(days), today, chosen)
        st.download_button(
            _("Calendar"), calendar, "zhitu-plan.ics", "text/calendar", on_click="ignore", icon=":material/event:"
        )
        st.download_button("Markdown", plan_markdown(made, chosen), "zhitu-plan.md", "text/markdown", on_click="ignore")
        st.download_button(_("Text"), plan_text(made, chosen), "zhitu-plan.txt", "text/plain", on_click="ignore")
        text = json.dumps(plan_json(made), ensure_ascii=False, indent=1)
        st.download_button("JSON", text, "zhitu-plan.json", "application/json", on_click="ignore")


# A path


def _path(store: GraphStore, view: GraphView) -> None:
    start, end = asked(view, "from")[:1], asked(view, "to")[:1]
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with left:
        pick(view, _("From"), "from", start, 1)
    with middle:
        pick(view, _("To"), "to", end, 1)
    with right, st.popover(_("Options"), icon=":material/tune:", width="stretch"):
        count = st.slider(_("How many paths"), 1, 10, 3, key="path_count")
        types = st.pills(
            _("Relations"),
            list(RelationType),
            format_func=lambda one: phrase(one, language()),
            selection_mode="multi",
            key="path_types",
        )
        chain = st.toggle(_("The chain of prerequisites instead"), key="path_chain")
    if not (start and end):
        st.info(_("Choose two concepts, and see how the notes connect them."), icon=":material/conversion_path:")
        return
    try:
        if chain:
            _chain(view, start[0], end[0])
        else:
            _paths(store, view, paths(view, start[0], end[0], count, types=types, language=language()))
    except NoPathError as error:
        told = _("No path leads from {source} to {target}.").format(source=md(error.source), target=md(error.target))
        near = _("Connected with the first: {names}.").format(names=md(", ".join(error.nearest)))
        st.warning(f"{told} {near if error.nearest else ''}", icon=":material/link_off:")


def _paths(store: GraphStore, view: GraphView, found: Sequence[Path]) -> None:
    evidence = quotes(store, [relation for one in found for relation in one.relations])
    documents = {document.path: document.title for document in store.documents()}
    rows: list[Tree] = []
    for one in found:
        rows.append(el("h3", " – ".join(one.names)))
        facts: list[Tree] = []
        for step in one.steps:
            for words, relation in zip(step.words, step.relations, strict=True):
                sentences = [quotation(quote, documents) for quote in evidence[relation.key]]
                facts.append(el("li", el("details", el("summary", words), *sentences)))
        rows.append(el("ul", *facts, class_="facts"))
    _beside(view, rows, found[0].concepts, {id_ for one in found for id_ in one.concepts}, prerequisites=False)


def _chain(view: GraphView, start: str, end: str) -> None:
    chain = prerequisite_chain(view, start, end, language())
    rows = [el("h3", " → ".join(chain.names)), el("ol", *(el("li", reason) for reason in chain.reasons))]
    _beside(view, rows, chain.concepts, set(chain.concepts), prerequisites=True)


def _beside(
    view: GraphView, rows: Sequence[Tree], route: Sequence[str], shown: set[str], *, prerequisites: bool
) -> None:
    """Show paths in words beside the graph of their concepts."""
    left, right = st.columns([1, 1.25], gap="medium")
    with left:
        prose(el("section", *rows), key="path_words", on_go=go)
    with right:
        part = induced(view, shown, Filter(prerequisites=prerequisites))
        edges = [(relation.source, relation.target) for relation in part.relations]
        edges += [(pair.source, pair.target) for pair in part.prerequisites]
        places = layout.place(sorted(shown), edges, centres=(route[0],))
        looks = {id_: Look(size=15.0 if id_ in route else 10.0) for id_ in shown}
        drawing = draw(part, places, looks, language())
        scene = f"path {SEPARATOR.join(sorted(shown))}"
        select = Selection(nodes=tuple(route))
        graph(
            drawing.network, key="path_graph", scene=scene, on_event=_opened, select=select, centres=route, height=520
        )


# What next


def _next(_store: GraphStore, view: GraphView) -> None:
    known = known_ids(view)
    if not known:
        st.info(
            _("Mark what you know, on a card or in a plan, and see here what it unlocks."), icon=":material/lock_open:"
        )
        return
    st.caption(n_("You know {n} concept.", "You know {n} concepts.", len(known)))
    rows = [_unlocked(view, one.concept, one.needed_for) for one in unlocked(view, known, _NEXT)]
    if not rows:
        st.info(_("Nothing more follows from what you know."), icon=":material/done_all:")
        return
    prose(el("section", el("h3", _("You can learn next")), el("ul", *rows, class_="facts")), key="next", on_go=_act)


def _unlocked(view: GraphView, id_: str, needed_for: int) -> Tree:
    one = view.concepts[id_]
    told = n_("needed for {n} more", "needed for {n} more", needed_for) if needed_for else ""
    plan_it = el("a", _("Plan"), href=address("plan", {"for": one.name}), go={"page": "plan", "for": one.name})
    return el(
        "li",
        el(
            "div",
            kind_mark(one.kind),
            link(label(one, language()), page="", concept=one.name),
            el("span", told, " ", plan_it, class_="muted small end"),
            class_="plain",
        ),
    )


# The learner


def _profile(view: GraphView) -> None:
    """Offer the choice of a profile, and its way in and out."""
    mine = learner()
    with st.popover(mine.profile, icon=":material/person:"):
        st.selectbox(
            _("Profile"),
            profiles(settings().state),
            key="profile",
            accept_new_options=True,
            help=_("What you know is kept on this machine, for each profile."),
        )
        names = [view.concepts[id_].name for id_ in sorted(known_ids(view))]
        st.session_state["known_names"] = names
        st.multiselect(
            _("Known"), names, key="known_names", on_change=_unmark, args=(tuple(names),), placeholder=_("Nothing yet")
        )
        st.download_button(
            _("Export"), mine.export(), f"zhitu-{mine.profile}.json", "application/json", on_click="ignore"
        )
        st.file_uploader(_("Import"), "json", key="profile_file", on_change=_import)


def _unmark(before: tuple[str, ...]) -> None:
    kept = set(st.session_state["known_names"])
    learner().mark([name for name in before if name not in kept], None)


def _import() -> None:
    uploaded = st.session_state["profile_file"]
    if uploaded is None:
        return
    try:
        count = learner().load(uploaded.getvalue().decode("utf-8", "replace"))
    except ZhituError as error:
        show_error(error)
    else:
        st.toast(n_("{n} concept was taken in.", "{n} concepts were taken in.", count))


# Events


def _act(target: Mapping[str, Any]) -> None:
    if target.get("act") == "mark":
        learner().mark([str(target["name"])], Status(str(target["status"])))
    else:
        go(target)


def _opened(event: Mapping[str, Any]) -> None:
    """Open a double-clicked concept on the Explore page."""
    if event["kind"] == "expand" and event["id"]:
        _store, view = current()
        go({"page": "", "concept": find(view, event["id"]).name})
