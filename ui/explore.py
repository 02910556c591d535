"""The Explore page: what is drawn for an address, and what a click changes in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from graph.errors import UnknownConceptError
from graph.model import PREREQUISITE_OF, Concept, Kind, Prerequisite, Relation, RelationType, Subgraph
from graph.query.card import card
from graph.query.evidence import quotes
from graph.query.neighbourhood import MAX_HOPS, Negation, induced, neighbourhood, rank
from graph.query.overview import Community, Tie, overview
from graph.query.search import find
from graph.query.view import GraphView
from graph.query.words import Language, kind_words, label, phrase
from graph.store.base import GraphStore
from ui import layout
from ui.acts import act, focus, happened
from ui.address import SURE, Address
from ui.canvas.component import Selection, graph, prose, table
from ui.canvas.network import Drawing, Link, Look, draw
from ui.canvas.prose import Tree, el
from ui.cards import community_card, concept_card, concept_list, edge_card, prerequisite_card, several_card
from ui.finder import finder
from ui.i18n import _, language, n_
from ui.layout import Position
from ui.session import current, follow, guarded, learner, leaving
from ui.takeaway import offer
from ui.text import md, short

_VIEW = "explore_graph"
#: The whole graph is drawn up to so many concepts, the most important ones.
_WHOLE = 10_000
_EXPANSION = 40
_TRAIL = 12
#: Communities drawn, the largest first: behind these are groups of two or three concepts.
_COMMUNITIES = 30
#: Ties drawn between communities, for each of them: all would be a thicket.
_TIES = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn.

    Parameters
    ----------
    key
        Names what the view is of; while it stays, so do zoom and positions.
    communities
        By the id of their central concept, where nodes stand for communities.
    left_out
        How many concepts would belong to it but for the limit.
    """

    key: str
    part: Subgraph
    places: Mapping[str, Position]
    looks: Mapping[str, Look]
    centres: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    communities: Mapping[str, Community] = field(default_factory=dict)
    left_out: int = 0


def render() -> None:
    """Show the page."""
    follow()
    _store, view = current()
    address = Address.read()
    _bar(view, address)
    try:
        centre = find(view, address.concept) if address.concept else None
    except UnknownConceptError as error:
        _unknown(view, error)
        return
    _trail(view, centre)
    _stage(address.concept, address.community)


@st.fragment
@guarded
def _stage(concept: str, community: str) -> None:
    """Show all but the bar: what a click changes, which runs alone unless it leads elsewhere."""
    address = Address.read()
    if (address.concept, address.community) != (concept, community) or leaving():
        st.rerun()
    store, view = current()
    centre = find(view, concept) if concept else None
    scene, drawing = _drawn(view, address, centre)
    left, right = st.columns([2.35, 1], gap="medium")
    with left:
        _graph(scene, drawing, address, centre)
    with right, st.container(key="card_side"):
        _card((store, view), address, centre, scene, drawing)
    _beneath(store, scene)


def _bar(view: GraphView, address: Address) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        with st.container(key="search", width="stretch"):
            finder("search", _("Search concepts: a name, a part of one, pinyin"), _focus_on)
        if address.concept:
            _bound("hops", address.hops)
            st.segmented_control(
                _("Hops"),
                range(1, MAX_HOPS + 1),
                key="hops",
                label_visibility="collapsed",
                required=True,
                on_change=_take,
                args=("hops",),
                help=_("How far from the concept in the middle"),
            )
        else:
            _bound("level", "concepts" if address.community else "communities")
            words = {"communities": _("Communities"), "concepts": _("All concepts")}
            st.segmented_control(
                _("Level"),
                list(words),
                format_func=lambda one: words[one],
                key="level",
                label_visibility="collapsed",
                required=True,
                on_change=_take_level,
            )
        _filters(view, address)


def _focus_on(concept: Concept) -> None:
    Address.read().changed(concept=concept.name, show="", edge="", also=(), hide=(), community="").write()


def _filters(view: GraphView, address: Address) -> None:
    chosen = language()
    active = sum(bool(one) for one in (address.types, address.kinds, address.documents, address.prerequisites)) + sum(
        (address.negation is not Negation.ALL, address.confidence != SURE)
    )
    title = f"{_('Filters')} · {active}" if active else _("Filters")
    with st.popover(title, icon=":material/tune:"):
        for key in ("kinds", "types", "documents", "confidence", "negation", "prerequisites"):
            value = getattr(address, key)
            _bound(key, list(value) if isinstance(value, tuple) else value)
        st.pills(
            _("Kinds"),
            list(Kind),
            format_func=lambda one: kind_words(one, chosen),
            selection_mode="multi",
            key="kinds",
            on_change=_take,
            args=("kinds",),
        )
        st.pills(
            _("Relations"),
            list(RelationType),
            format_func=lambda one: phrase(one, chosen),
            selection_mode="multi",
            key="types",
            on_change=_take,
            args=("types",),
        )
        documents = sorted({reading.document for reading in view.readings.values()} | set(address.documents))
        st.multiselect(
            _("Documents"),
            documents,
            key="documents",
            on_change=_take,
            args=("documents",),
            placeholder=_("All documents"),
        )
        st.slider(
            _("Confidence at least"), 0.0, 1.0, step=0.05, key="confidence", on_change=_take, args=("confidence",)
        )
        words = {Negation.ALL: _("All"), Negation.STATED: _("Stated"), Negation.DENIED: _("Denied")}
        st.segmented_control(
            _("What the notes say"),
            list(Negation),
            format_func=lambda one: words[one],
            key="negation",
            required=True,
            on_change=_take,
            args=("negation",),
        )
        st.toggle(_("Show what to learn first"), key="prerequisites", on_change=_take, args=("prerequisites",))
        if active:
            st.button(_("Clear filters"), on_click=_clear, type="tertiary")


def _bound(key: str, value: object) -> None:
    """Make a widget show what the address says."""
    st.session_state[key] = value


def _take(key: str) -> None:
    """Make the address say what a widget shows."""
    value = st.session_state[key]
    address = Address.read()
    address.changed(**{key: tuple(value) if isinstance(value, list) else value}).write()


def _take_level() -> None:
    whole = st.session_state["level"] == "concepts"
    Address.read().changed(community="*" if whole else "", show="", edge="").write()


def _clear() -> None:
    clean = Address()
    Address.read().changed(
        types=(), kinds=(), documents=(), confidence=clean.confidence, negation=clean.negation, prerequisites=False
    ).write()


def _unknown(view: GraphView, error: UnknownConceptError) -> None:
    st.warning(_("No concept is called “{name}”.").format(name=md(short(error.name, 80))), icon=":material/search_off:")
    ids = [find(view, name).id for name in error.nearest]
    title = _("Did you mean one of these?") if ids else _("These are the most important:")
    tree = el("div", el("p", title), concept_list(view, ids or rank(view, view.concepts)[:8]), class_="narrow")
    prose(tree, key="unknown", on_go=focus)


def _trail(view: GraphView, centre: Concept | None) -> None:
    """Show where one has been; back and forward are like a browser's."""
    here = centre.id if centre else ""
    trail: list[str] = st.session_state.setdefault("trail", [here])
    at = st.session_state.setdefault("trail_at", 0)
    if trail[at] != here:
        trail = [*trail[: at + 1], here][-_TRAIL:]
        at = len(trail) - 1
        st.session_state.update(trail=trail, trail_at=at)
    chosen = language()
    names = [label(view.concepts[id_], chosen) if id_ in view.concepts else _("Overview") for id_ in trail]
    steps: list[Tree] = []
    for number, name in enumerate(names):
        if number:
            steps.append(el("span", "›", class_="sep"))
        mark = {"aria-current": "page"} if number == at else {}
        steps.append(el("a", short(name, 24), class_="step", href=".", go={"act": "turn", "to": number}, **mark))
    back = el(
        "button", "‹", class_="turn", go={"act": "turn", "to": at - 1}, disabled=at == 0, **{"aria-label": _("Back")}
    )
    on = el(
        "button",
        "›",
        class_="turn",
        go={"act": "turn", "to": at + 1},
        disabled=at + 1 >= len(trail),
        **{"aria-label": _("Forward")},
    )
    home = None if "" in trail else el("a", _("Overview"), class_="step", href=".", go={"act": "home"})
    prose(
        el("nav", back, on, home, *steps, class_="trail", **{"aria-label": _("Where you have been")}),
        key="trail_view",
        on_go=act,
    )


def _drawn(view: GraphView, address: Address, centre: Concept | None) -> tuple[Scene, Drawing]:
    """Return what is drawn; what was drawn last is not made again because another card is shown."""
    key = (view.url, view.version, language(), address.changed(show="", edge=""))
    before = st.session_state.get("drawn")
    if before and before[0] == key:
        return before[1], before[2]
    scene = _scene(view, address, centre)
    drawing = draw(scene.part, scene.places, scene.looks, language(), links=scene.links)
    st.session_state["drawn"] = (key, scene, drawing)
    return scene, drawing


def _scene(view: GraphView, address: Address, centre: Concept | None) -> Scene:
    if centre:
        return _around(view, address, centre)
    found = {one.id: one for one in overview(view).communities}
    if address.community == "*" or not found:  # nothing is tied to anything
        return _everything(view, address)
    if address.community in found:
        return _inside(view, address, found[address.community])
    return _communities(view)


def _around(view: GraphView, address: Address, centre: Concept) -> Scene:
    keep = address.filter()
    around = neighbourhood(view, [centre.id], address.hops, keep, address.most)
    ids = dict(around.distance)
    for more in address.also:
        if more in view.concepts:
            ids |= neighbourhood(view, [more], 1, keep, _EXPANSION).distance
    shown = [id_ for id_ in sorted(ids) if id_ == centre.id or id_ not in address.hide]
    left_out = len([id_ for id_ in around.left_out if id_ not in ids])
    return _laid_out(view, address, centre.id, shown, centres=(centre.id,), left_out=left_out)


def _inside(view: GraphView, address: Address, community: Community) -> Scene:
    keep = address.filter()
    members = [id_ for id_ in community.members if keep.lets_concept(view, id_) and id_ not in address.hide]
    for more in address.also:
        if more in view.concepts:
            members += [id_ for id_ in neighbourhood(view, [more], 1, keep, _EXPANSION).distance if id_ not in members]
    shown = sorted(members[: max(address.most, 300)])
    return _laid_out(
        view, address, f"community {community.id}", shown, centres=(community.id,), left_out=len(members) - len(shown)
    )


def _laid_out(  # noqa: PLR0913  what a scene is made of
    view: GraphView, address: Address, key: str, shown: Sequence[str], *, centres: tuple[str, ...], left_out: int
) -> Scene:
    part = induced(view, shown, address.filter())
    edges = [(relation.source, relation.target) for relation in part.relations]
    edges += [(pair.source, pair.target) for pair in part.prerequisites]
    before, kept = st.session_state.get("places", ("", {}))
    places = layout.place(shown, edges, centres=centres, fixed=kept if before == key else None)
    st.session_state["places"] = (key, {**(kept if before == key else {}), **places})
    return Scene(key, part, places, _looks(view, shown, centres), centres, left_out=left_out)


def _everything(view: GraphView, address: Address) -> Scene:
    keep = address.filter()
    ranked = rank(view, (id_ for id_ in view.concepts if keep.lets_concept(view, id_) and id_ not in address.hide))
    shown = ranked[:_WHOLE]
    return Scene(
        "*", induced(view, shown, keep), layout.whole(view), _looks(view, shown), left_out=len(ranked) - len(shown)
    )


def _communities(view: GraphView) -> Scene:
    seen = overview(view)
    communities = {one.id: one for one in seen.communities[:_COMMUNITIES]}
    ties = [tie for tie in seen.ties if tie.source in communities and tie.target in communities]
    part = Subgraph(tuple(view.concepts[id_] for id_ in communities))
    links = tuple(
        Link(tie.source, tie.target, n_("{n} tie", "{n} ties", tie.count), round(min(1 + math.log2(tie.count), 7), 1))
        for tie in _strongest(ties, _TIES * len(communities))
    )
    looks = {
        id_: Look(
            size=round(15 + 3.2 * math.sqrt(len(one.members)), 1),
            badge=str(len(one.members)),
            about=_names(view, [member for member in one.members if member != id_][:4]),
        )
        for id_, one in communities.items()
    }
    return Scene(
        "communities", part, layout.communities(view, _COMMUNITIES), looks, links=links, communities=communities
    )


def _strongest(ties: Sequence[Tie], most: int) -> list[Tie]:
    return sorted(ties, key=lambda tie: (-tie.count, tie.source, tie.target))[:most]


def _names(view: GraphView, ids: Sequence[str]) -> str:
    chosen = language()
    return (", " if chosen is Language.EN else "、").join(label(view.concepts[id_], chosen) for id_ in ids)


def _looks(view: GraphView, ids: Sequence[str], centres: Sequence[str] = ()) -> dict[str, Look]:
    """Return how large nodes are: by what they are in the whole graph, so that no step changes what is drawn."""
    largest = view.remember("largest importance", lambda: max(view.importance.values(), default=0.0))
    sizes = {id_: layout.size(view.importance[id_], largest) for id_ in ids}
    return {id_: Look(size=sizes[id_] + (6 if id_ in centres else 0), ties=view.relations.degree(id_)) for id_ in ids}


def _graph(scene: Scene, drawing: Drawing, address: Address, centre: Concept | None) -> None:
    if not scene.part.concepts:
        st.info(_("Nothing passes the filters."), icon=":material/filter_alt_off:")
        return
    shown = address.show or (centre.id if centre else "")
    several = tuple(st.session_state.get("several", ()))
    select = Selection(edge=address.edge) if address.edge else Selection(nodes=several or ((shown,) if shown else ()))
    graph(
        drawing.network,
        key=_VIEW,
        scene=scene.key,
        on_event=happened,
        select=select,
        centres=scene.centres,
        height=600,
    )
    if scene.left_out:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                _("Shown are the {shown} most important concepts; {left} more are within reach.").format(
                    shown=len(scene.part.concepts), left=scene.left_out
                )
            )
            if centre:
                st.button(_("Show more"), type="tertiary", on_click=_more)


def _more() -> None:
    address = Address.read()
    address.changed(most=address.most * 2).write()


def _card(
    seen: tuple[GraphStore, GraphView], address: Address, centre: Concept | None, scene: Scene, drawing: Drawing
) -> None:
    store, view = seen
    documents = {document.path: document.title for document in store.documents()}
    several = [id_ for id_ in st.session_state.get("several", ()) if id_ in view.concepts]
    edge = _edge(view, address.edge, drawing)
    if isinstance(edge, Relation):
        found = quotes(store, [edge])[edge.key]
        tree = edge_card(view, edge, found, rules=True, documents=documents)
    elif isinstance(edge, Prerequisite):
        tree = prerequisite_card(view, edge)
    elif len(several) > 1:
        tree = several_card(view, several)
    elif address.show in scene.communities:
        tree = community_card(view, scene.communities[address.show])
    elif shown := _shown(view, address.show) or centre:
        status = learner().statuses().get(shown.name)
        known = card(view, store, shown.id, language())
        tree = concept_card(
            view, known, focused=bool(centre and centre.id == shown.id), status=status, documents=documents
        )
    else:
        tree = _welcome(view, len(documents), whole=not scene.communities)
    prose(tree, key="card", on_go=act)


def _shown(view: GraphView, name: str) -> Concept | None:
    if not name:
        return None
    try:
        return find(view, name)
    except UnknownConceptError:
        return None


def _edge(view: GraphView, id_: str, drawing: Drawing) -> Relation | Prerequisite | None:
    """Return what an edge's id stands for, drawn or not."""
    if not id_ or id_ in drawing.edges:
        return drawing.edges.get(id_)
    source, _sep, rest = id_.partition("~")
    type_, _sep, target = rest.partition("~")
    negated = target.endswith("~not")
    target = target.removesuffix("~not")
    if type_ == PREREQUISITE_OF:
        data = view.prerequisites.get_edge_data(source, target)
        return data["prerequisite"] if data else None
    for relation in view.between(source, target) if {source, target} <= view.concepts.keys() else ():
        if (relation.source, relation.type, relation.negated) == (source, type_, negated):
            return relation
    return None


def _welcome(view: GraphView, documents: int, *, whole: bool) -> Tree:
    counts = [
        n_("{n} document", "{n} documents", documents),
        n_("{n} question", "{n} questions", len(view.readings)),
        n_("{n} concept", "{n} concepts", len(view.concepts)),
        n_("{n} relation", "{n} relations", view.relations.number_of_edges()),
    ]
    hint = (
        _(
            "Each shape is a concept; those that belong together stand together. "
            "Double-click one to see what it is tied to."
        )
        if whole
        else _("Each shape is a group of concepts that belong together. Double-click one to open it, or search above.")
    )
    return el(
        "article",
        el("header", el("span", _("Your notes as a map"), class_="kind"), el("h2", _("Overview"))),
        el("p", " · ".join(counts), class_="muted"),
        el("p", hint),
        el("h3", _("Most important")),
        concept_list(view, rank(view, view.concepts)[:12]),
        class_="card",
    )


def _beneath(store: GraphStore, scene: Scene) -> None:
    """Show the tables of what is drawn; what no open tab shows is neither made nor sent."""
    part = scene.part
    count = len(part.concepts)
    head = (
        n_("{n} community", "{n} communities", count) if scene.communities else n_("{n} concept", "{n} concepts", count)
    )
    tail = n_("{n} relation", "{n} relations", len(part.relations) + len(part.prerequisites))
    titles = [head, *([] if scene.communities else [tail]), _("Take along")]
    nodes, *edges, along = st.tabs(titles, key=f"beneath_{len(titles)}", on_change="rerun")
    if nodes.open:
        with nodes:
            table(_VIEW, "nodes", _node_columns(communities=bool(scene.communities)), head, on_event=happened)
    for tab in edges:
        if tab.open:
            with tab:
                table(_VIEW, "edges", _edge_columns(), tail, on_event=happened)
    if along.open:
        with along:
            offer(store, part, scene.places, scene.looks)


def _node_columns(*, communities: bool) -> Mapping[str, str]:
    if communities:
        return {"name": _("Name"), "badge": _("Concepts"), "about": _("Among them")}
    return {
        "name": _("Name"),
        "other": _("Other name"),
        "kind": _("Kind"),
        "mentions": _("Mentions"),
        "ties": _("Relations"),
    }


def _edge_columns() -> Mapping[str, str]:
    return {
        "words": _("In words"),
        "type": _("Type"),
        "denied": _("Denied"),
        "sure": _("Confidence"),
        "quotes": _("Sentences"),
    }
