"""The Plan page: what to learn first, the ways between two concepts, and the learner's progress."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from graph.errors import NoPathError, ZhituError
from graph.learner import DEFAULT_PROFILE, Status, profiles
from graph.model import Concept, RelationType, Subgraph
from graph.query.evidence import Quote, quotes
from graph.query.paths import Chain, Path, paths, prerequisite_chain
from graph.query.plan import Plan, PlanStep, plan
from graph.query.plan_formats import plan_calendar, plan_json, plan_markdown, plan_text
from graph.query.progress import ids_of, progress, unlocked
from graph.query.view import GraphView
from graph.query.words import label, phrase
from graph.store.base import GraphStore
from ui import layout
from ui.acts import act
from ui.canvas.component import graph, prose
from ui.canvas.network import Look, draw
from ui.canvas.prose import Tree, el, joined, link
from ui.cards import concept_link, correct_link, kind_mark, question_link, quotation, wrong_button
from ui.corrections import corrections_tab
from ui.finder import pick, pick_two
from ui.i18n import _, language, n_
from ui.session import current, follow, go, known_ids, learner, minutes, settings
from ui.text import md, short

_TABS = ("plan", "path", "progress", "corrections")
_TARGETS = 12
_COLUMN, _ROW, _ROWS = 190.0, 66.0, 12
_MOST_DAYS = 60


def render() -> None:
    """Show the page."""
    follow()
    store, view = current()
    words = {"plan": _("Study plan"), "path": _("Paths"), "progress": _("My progress"), "corrections": _("Corrections")}
    asked = st.query_params.get("tab", "plan")
    st.session_state["tab"] = asked if asked in _TABS else "plan"
    st.segmented_control(
        _("What to show"),
        list(words),
        format_func=lambda one: words[one],
        key="tab",
        label_visibility="collapsed",
        required=True,
        on_change=_take_tab,
    )
    {"plan": _plan, "path": _paths, "progress": _progress, "corrections": _corrections}[st.session_state["tab"]](
        store, view
    )


def _take_tab() -> None:
    st.query_params["tab"] = st.session_state["tab"]


def _corrections(_store: GraphStore, view: GraphView) -> None:
    corrections_tab(view)


def _plan(_store: GraphStore, view: GraphView) -> None:
    st.title(_("What to learn first"))
    targets = pick(view, "target", _("What do you want to understand?"), most=_TARGETS)
    if not targets:
        _suggest(view)
        return
    options = _options()
    made = plan(view, [one.id for one in targets], known_ids(view), language=language(), **options)
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        prose(_steps(view, made), key="plan_steps", on_go=act)
        _plan_files(made)
    with right, st.container(key="picture"):
        _plan_graph(view, made)


def _options() -> dict[str, Any]:
    """Return depth, time, shortness and rigour as the reader sets them; the address keeps them."""
    get = st.query_params.get
    for key, most in (("minutes", 10_000), ("depth", 20)):
        text = get(key, "")
        st.session_state[key] = min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    for key in ("shortest", "everything"):
        st.session_state[key] = get(key) == "1"
    with st.popover(_("Options"), icon=":material/tune:"):
        st.number_input(
            _("Minutes there are (0: no limit)"), 0, 10_000, step=15, key="minutes", on_change=_take, args=("minutes",)
        )
        st.number_input(
            _("Steps back at most (0: no limit)"), 0, 20, step=1, key="depth", on_change=_take, args=("depth",)
        )
        st.toggle(
            _("Shortest: nothing that only known concepts need"), key="shortest", on_change=_take, args=("shortest",)
        )
        st.toggle(
            _("Everything: follow doubtful prerequisites too"), key="everything", on_change=_take, args=("everything",)
        )
    return {
        "minutes": float(st.session_state["minutes"]) or None,
        "depth": st.session_state["depth"] or None,
        "shortest": st.session_state["shortest"],
        "everything": st.session_state["everything"],
    }


def _take(key: str) -> None:
    value = st.session_state[key]
    if value:
        st.query_params[key] = str(int(value))
    else:
        st.query_params.pop(key, None)


def _suggest(view: GraphView) -> None:
    """Offer targets that have much below them."""
    chosen = language()
    seen = view.remember("deepest", lambda: _deepest(view))
    rows = [
        el(
            "li",
            el("div", kind_mark(one.kind), link(label(one, chosen), page="plan", target=one.name), class_="plain"),
        )
        for one in (view.concepts[id_] for id_ in seen)
    ]
    tree = el(
        "article",
        el("p", _("Choose a concept; the plan leads to it from what your notes explain first."), class_="lead"),
        el("h3", _("For example")) if rows else el("p", _("The notes give no order of concepts yet.")),
        el("ul", *rows, class_="facts"),
        class_="card",
    )
    prose(tree, key="plan_suggestions", on_go=go)


def _deepest(view: GraphView) -> list[str]:
    sizes = {id_: view.essential.in_degree(id_) for id_ in view.concepts}
    return sorted((id_ for id_ in sizes if sizes[id_]), key=lambda id_: (-sizes[id_] * view.importance[id_], id_))[:10]


def _steps(view: GraphView, made: Plan) -> Tree:
    names = ", ".join(made.names)
    known = [progress(view, id_, known_ids(view)) for id_ in made.targets]
    told = [
        _("You know {known} of {total} concepts below {name}.").format(
            known=one.known, total=one.total, name=label(view.concepts[one.concept], language())
        )
        for one in known
        if one.total
    ]
    return el(
        "article",
        el(
            "p",
            n_("{n} step", "{n} steps", len(made.steps)),
            " · ",
            minutes(made.minutes),
            " · ",
            _("to {names}").format(names=short(names, 80)),
            class_="lead",
        ),
        *(el("p", one, class_="muted small") for one in told),
        el("ol", *(_step(view, one, goal=one.concept in made.targets) for one in made.steps), class_="steps"),
        *_beside(view, made),
    )


def _step(view: GraphView, step: PlanStep, *, goal: bool) -> Tree:
    concept = view.concepts[step.concept]
    reads = [
        el("li", question_link(one), " ", el("span", minutes(one.minutes), class_="muted small"))
        for one in step.questions
    ]
    return el(
        "li",
        el(
            "div",
            concept_link(concept, step.name),
            el("span", minutes(step.minutes), class_="muted small figure") if step.minutes else None,
            class_="head",
        ),
        el("p", step.reason, class_="why muted small"),
        el("ul", *reads, class_="read") if reads else None,
        None
        if goal
        else el(
            "div",
            el(
                "button",
                _("I know it"),
                class_="button",
                go={"act": "mark", "name": concept.name, "status": str(Status.KNOWN)},
            ),
            wrong_button(concept.name, view.concepts[step.needed_for[0]].name, _("Not needed")),
            class_="row",
        ),
        el("p", correct_link(concept.name)) if goal else None,
        class_="goal" if goal else None,
    )


def _beside(view: GraphView, made: Plan) -> Iterator[Tree]:
    """Yield what stands below the steps: what the limits left out, and what would help."""
    for title, group in (
        (_("Left out by the limits"), made.left_out),
        (_("Also helpful, not essential"), made.helpful),
    ):
        if group:
            yield el("h3", title)
            links = [concept_link(view.concepts[one.concept], one.name) for one in group]
            yield el("p", *joined(links, ", "), class_="muted small")


def _plan_files(made: Plan) -> None:
    chosen = language()
    with st.popover(_("Take along"), icon=":material/download:"):
        days = st.number_input(_("Days in the calendar"), 1, _MOST_DAYS, 7, key="days")
        first = st.date_input(_("From"), date.today(), key="first_day")  # noqa: DTZ011  the reader's own day
        begins = first if isinstance(first, date) else date.today()  # noqa: DTZ011  as above
        files: Mapping[str, tuple[str, str | bytes]] = {
            "Markdown": ("plan.md", plan_markdown(made, chosen)),
            _("Text"): ("plan.txt", plan_text(made, chosen)),
            "JSON": ("plan.json", json.dumps(plan_json(made), ensure_ascii=False, indent=1)),
            _("Calendar"): ("plan.ics", plan_calendar(made, int(days), begins, chosen)),
        }
        for name, (file, data) in files.items():
            st.download_button(name, data, file, on_click="ignore", key=f"download_{file}")


def _plan_graph(view: GraphView, made: Plan) -> None:
    """Draw the plan from left to right, in numbered layers."""
    order = {step.concept: number for number, step in enumerate(made.steps, start=1)}
    places: dict[str, layout.Position] = {}
    left = 0.0
    for layer in made.layers:
        columns = [layer[start : start + _ROWS] for start in range(0, len(layer), _ROWS)]
        for column in columns:
            for row, step in enumerate(column):
                places[step.concept] = (left, (row - (len(column) - 1) / 2) * _ROW)
            left += _COLUMN * 0.62
        left += _COLUMN * 0.38
    pairs = tuple(
        pair
        for source, target, pair in view.prerequisites.subgraph(order).edges(data="prerequisite")
        if source != target
    )
    part = Subgraph(tuple(view.concepts[id_] for id_ in sorted(order)), (), pairs)
    looks = {step.concept: Look(size=17, badge=str(order[step.concept]), about=step.reason) for step in made.steps}
    drawing = draw(part, places, looks, language())
    key = " ".join(made.targets)
    graph(drawing.network, key="plan_graph", scene=f"plan {key}", on_event=_open, centres=made.targets, height=620)


def _open(event: Mapping[str, Any]) -> None:
    """Show a concept that was chosen in a graph on the Explore page."""
    if event["kind"] in ("node", "expand") and event.get("id"):
        go({"page": "", "concept": event["id"]})


def _paths(store: GraphStore, view: GraphView) -> None:
    st.title(_("How are two concepts connected?"))
    source, target = pick_two(view, {"from": _("From"), "to": _("To")})
    if not (source and target):
        st.caption(_("Choose both; the shortest ways between them appear, each step with its sentences."))
        return
    chosen = language()
    with st.container(horizontal=True, vertical_alignment="center"):
        k = st.segmented_control(_("Ways"), [1, 3, 5], default=3, key="ways", required=True)
        directed = st.toggle(_("Only along the arrows"), key="directed")
        with st.popover(_("Relations"), icon=":material/tune:"):
            types = st.pills(
                _("Only over these"), list(RelationType), format_func=lambda each: phrase(each, chosen),
                selection_mode="multi", key="path_types",
            )  # fmt: skip
    try:
        found = paths(view, source[0].id, target[0].id, k or 1, types=types, directed=directed, language=chosen)
    except NoPathError as error:
        _no_path(error)
        found = ()
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        prose(_routes(store, found, _chain(view, source[0], target[0])), key="paths", on_go=act)
    with right, st.container(key="picture"):
        _paths_graph(view, found)


def _no_path(error: NoPathError) -> None:
    told = _("No path leads from {source} to {target}.").format(source=md(error.source), target=md(error.target))
    near = _("Connected with the first: {names}.").format(names=md(", ".join(error.nearest))) if error.nearest else ""
    st.warning(f"{told} {near}", icon=":material/link_off:")


def _chain(view: GraphView, source: Concept, target: Concept) -> Chain | None:
    try:
        return prerequisite_chain(view, source.id, target.id, language())
    except ZhituError:
        return None


def _routes(store: GraphStore, found: Sequence[Path], chain: Chain | None) -> Tree:
    evidence = quotes(store, [relation for one in found for relation in one.relations])
    documents = {document.path: document.title for document in store.documents()}
    parts: list[Tree] = []
    for number, one in enumerate(found, start=1):
        parts.append(
            el("h3", _("Way {number}").format(number=number), el("span", " → ".join(one.names), class_="muted small"))
        )
        rows = []
        for step in one.steps:
            said = [quote for relation in step.relations for quote in evidence[relation.key]]
            rows.append(el("li", el("details", el("summary", _("; ").join(step.words)), *_quotes(said, documents))))
        parts.append(el("ul", *rows, class_="facts"))
    if chain:
        parts.append(
            el("h3", _("As a chain of prerequisites"), el("span", " → ".join(chain.names), class_="muted small"))
        )
        parts += [el("p", reason, class_="small") for reason in chain.reasons]
    return el("article", *parts, class_="card")


def _quotes(said: Sequence[Quote], documents: Mapping[str, str]) -> Iterator[Tree]:
    for quote in said[:6]:
        yield quotation(quote, documents)


def _paths_graph(view: GraphView, found: Sequence[Path]) -> None:
    ids = sorted({id_ for one in found for id_ in one.concepts})
    if not ids:
        return
    relations = {relation.key: relation for one in found for relation in one.relations}
    part = Subgraph(tuple(view.concepts[id_] for id_ in ids), tuple(relations[key] for key in sorted(relations)))
    ends = (found[0].concepts[0], found[0].concepts[-1])
    edges = [(relation.source, relation.target) for relation in part.relations]
    places = layout.place(ids, edges, centres=ends)
    looks = {id_: Look(size=16 if id_ in ends else 11) for id_ in ids}
    drawing = draw(part, places, looks, language())
    graph(drawing.network, key="path_graph", scene=" ".join(ends), on_event=_open, centres=ends, height=520)


def _progress(_store: GraphStore, view: GraphView) -> None:
    st.title(_("My progress"))
    _profile()
    statuses = learner().statuses()
    known = known_ids(view)
    left, right = st.columns(2, gap="large")
    with left:
        words = {Status.KNOWN: _("Known"), Status.LEARNING: _("Learning"), Status.WANT: _("Wanted")}
        parts = [part for status, title in words.items() for part in _marked(view, statuses, status, title)]
        if not statuses:
            parts = [el("p", _("Mark concepts as known on their cards or in a plan; what they unlock appears here."))]
        prose(el("article", *parts, class_="card"), key="progress_marked", on_go=act)
    with right:
        rows = [
            el(
                "li",
                el(
                    "div",
                    kind_mark(view.concepts[one.concept].kind),
                    concept_link(view.concepts[one.concept]),
                    el("span", n_("needed for {n}", "needed for {n}", one.needed_for), class_="muted small end"),
                    class_="plain",
                ),
            )
            for one in unlocked(view, known)
        ]
        if rows:
            tree = el("article", el("h3", _("You can learn next")), el("ul", *rows, class_="facts"), class_="card")
            prose(tree, key="progress_next", on_go=act)
    _profile_files()


def _profile() -> None:
    names = list(profiles(settings().state))
    now = st.session_state.get("profile", DEFAULT_PROFILE)
    names = names if now in names else [*names, now]
    st.session_state["profile_choice"] = now
    st.selectbox(
        _("Profile"), names, key="profile_choice", accept_new_options=True, on_change=_take_profile, width=320,
        format_func=lambda one: _("Default") if one == DEFAULT_PROFILE else one,
    )  # fmt: skip


def _take_profile() -> None:
    st.session_state["profile"] = (st.session_state["profile_choice"] or DEFAULT_PROFILE).strip()[
        :60
    ] or DEFAULT_PROFILE


def _marked(view: GraphView, statuses: Mapping[str, Status], status: Status, title: str) -> Iterator[Tree]:
    names = [name for name, one in statuses.items() if one is status]
    if not names:
        return
    yield el("h3", title, el("span", str(len(names)), class_="count"))
    rows = []
    for name in names:
        found = ids_of(view, [name])
        shown = concept_link(view.concepts[next(iter(found))]) if found else el("span", name, class_="muted")
        away = el(
            "button", "×", class_="button", title=_("Take away"), go={"act": "mark", "name": name, "status": ""},
            **{"aria-label": _("Take away")},
        )  # fmt: skip
        rows.append(el("li", el("div", shown, el("span", away, class_="end"), class_="plain")))
    yield el("ul", *rows, class_="facts")


def _profile_files() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            _("Export profile"),
            lambda: learner().export().encode(),
            "zhitu-profile.json",
            on_click="ignore",
            key="profile_out",
        )
        given = st.file_uploader(_("Import a profile"), type="json", key="profile_in")
    if given and st.session_state.get("profile_taken") != given.file_id:
        count = learner().load(given.getvalue().decode("utf-8", errors="replace"))
        st.session_state["profile_taken"] = given.file_id
        st.toast(n_("{n} concept imported", "{n} concepts imported", count))
        st.rerun()
