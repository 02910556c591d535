"""Finding concepts by typing: the search box with what the graph holds, and picking several by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from graph.errors import UnknownConceptError
from graph.model import Concept
from graph.ontology import load_ontology
from graph.query.search import find, search
from graph.query.view import GraphView
from graph.query.words import Language, kind_words, label
from ui.canvas.component import prose, search_box
from ui.canvas.prose import el
from ui.cards import kind_mark
from ui.i18n import _, language
from ui.session import current, guarded
from ui.text import md, short

_HITS = 12


@st.fragment
@guarded
def finder(key: str, placeholder: str, take: Callable[[Concept], None]) -> None:
    """Show a search box; the chosen concept is given to `take`, and the page runs again."""
    _store, view = current()
    typed_key, found_key = f"{key}_typed", f"{key}_found"
    typed = st.session_state.get(typed_key, "")
    search_box(
        _hits(view, typed),
        key=f"{key}_box",
        typed=typed,
        placeholder=placeholder,
        on_type=partial(_keep, typed_key),
        on_choose=partial(_keep, found_key),
    )
    if found := st.session_state.pop(found_key, None):
        st.session_state[typed_key] = ""
        take(view.concepts[found])
        st.rerun()


def pick(view: GraphView, key: str, placeholder: str, *, most: int) -> tuple[Concept, ...]:
    """Let concepts be picked by searching; the address keeps their names under `key`.

    Returns
    -------
    The concepts that the address names; a name that is unknown is said, with the nearest ones.
    """
    chosen = _named(view, key)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_pick"):
        if chosen:
            chips = [
                el(
                    "button",
                    kind_mark(one.kind),
                    label(one, language()),
                    el("span", "×", class_="muted"),
                    class_="button",
                    title=_("Take away"),
                    go={"name": one.name},
                )
                for one in chosen
            ]
            with st.container(width="content"):
                prose(el("div", *chips, class_="row"), key=f"{key}_chips", on_go=partial(_drop, key))
        if len(chosen) < most:
            with st.container(width="stretch"):
                finder(f"{key}_finder", placeholder, partial(_add, key, most))
    return chosen


def pick_two(view: GraphView, titles: Mapping[str, str]) -> tuple[tuple[Concept, ...], ...]:
    """Let two concepts be picked side by side, at most one under each title; the address keeps each under its key."""
    picked = []
    for column, (key, title) in zip(st.columns(2, gap="medium"), titles.items(), strict=True):
        with column:
            st.caption(title)
            picked.append(pick(view, key, title, most=1))
    return tuple(picked)


def _named(view: GraphView, key: str) -> tuple[Concept, ...]:
    found: dict[str, Concept] = {}
    for name in _names(key):
        try:
            concept = find(view, name)
        except UnknownConceptError as error:
            near = "、".join(error.nearest)
            said = _("No concept is called “{name}”.").format(name=md(short(name, 80)))
            st.warning(f"{said} {_('Nearest')}: {md(near)}" if near else said, icon=":material/search_off:")
            continue
        found[concept.id] = concept
    return tuple(found.values())


def _names(key: str) -> Sequence[str]:
    """Return the names that the address holds under a key; those of a link have bars between them."""
    return [name for text in st.query_params.get_all(key) for name in text.split("|") if name]


def _add(key: str, most: int, concept: Concept) -> None:
    st.query_params[key] = [*[name for name in _names(key) if name != concept.name], concept.name][:most]


def _drop(key: str, target: object) -> None:
    gone = target["name"] if isinstance(target, dict) else ""
    kept = [name for name in _names(key) if name != gone]
    if kept:
        st.query_params[key] = kept
    else:
        st.query_params.pop(key, None)


def _keep(key: str, value: str) -> None:
    st.session_state[key] = value


def _hits(view: GraphView, typed: str) -> list[dict[str, str]]:
    kinds = load_ontology().kinds
    chosen = language()
    return [
        {
            "id": hit.concept,
            "name": short(label(view.concepts[hit.concept], chosen)),
            "note": short(_other_name(view.concepts[hit.concept], hit.matched, chosen)),
            "kind": kind_words(hit.kind, chosen),
            "shape": kinds[hit.kind].shape,
            "colour": kinds[hit.kind].colour,
        }
        for hit in search(view, typed, _HITS)
    ]


def _other_name(concept: Concept, matched: str, chosen: Language) -> str:
    """Return the name to tell beside the first: the one that was found, else that in the other language."""
    first = label(concept, chosen)
    if matched != first:
        return matched
    other = label(concept, Language.EN if chosen is Language.ZH else Language.ZH)
    return other if other != first else ""
