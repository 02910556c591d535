"""Choosing concepts for a page, bound to its address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from graph.errors import UnknownConceptError
from graph.query.neighbourhood import rank
from graph.query.search import find
from graph.query.view import GraphView
from graph.query.words import label
from ui.i18n import _, language
from ui.session import set_address
from ui.text import md, short

#: Between names in an address: no name holds it.
SEPARATOR = "|"
#: A list to choose from holds the most important concepts; search on Explore finds all.
_OFFERED = 5000


def asked(view: GraphView, parameter: str) -> tuple[str, ...]:
    """Return the ids of the concepts that the address names; say which names are none."""
    ids = []
    for name in st.query_params.get(parameter, "").split(SEPARATOR):
        if not name.strip():
            continue
        try:
            ids.append(find(view, name).id)
        except UnknownConceptError as error:
            near = _("Did you mean {names}?").format(names=md(", ".join(error.nearest))) if error.nearest else ""
            told = _("No concept is called “{name}”.").format(name=md(short(name, 80)))
            st.warning(f"{told} {near}", icon=":material/search_off:")
    return tuple(dict.fromkeys(ids))


def offered(view: GraphView, chosen: Sequence[str] = ()) -> list[str]:
    """Return the ids to choose from, the most important first."""
    ranked = view.remember("offered", lambda: rank(view, view.concepts)[:_OFFERED])
    return [*ranked, *(id_ for id_ in chosen if id_ not in set(ranked))]


def pick(view: GraphView, title: str, parameter: str, chosen: Sequence[str], most: int) -> None:
    """Offer concepts; the address takes what is chosen."""
    key = f"pick_{parameter}"
    st.session_state[key] = list(chosen)

    def take() -> None:
        names = [view.concepts[id_].name for id_ in st.session_state[key]]
        set_address(**{parameter: SEPARATOR.join(names)})

    st.multiselect(
        title,
        offered(view, chosen),
        key=key,
        format_func=lambda id_: label(view.concepts[id_], language()),
        max_selections=most,
        placeholder=_("Choose concepts"),
        on_change=take,
    )
