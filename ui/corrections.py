"""Corrections of what comes before what: the reader's word, kept beside the graph and applied by each ingest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from graph.learner import Correction, correct, corrections, withdraw
from graph.query.view import GraphView
from ui.canvas.component import prose
from ui.canvas.prose import Tree, el
from ui.finder import pick_two
from ui.i18n import _
from ui.session import settings


def corrections_tab(view: GraphView) -> None:
    """Let the reader say that one concept comes before another, or does not; and take back what was said."""
    st.title(_("What comes before what"))
    st.caption(_("Your word wins over what is inferred, from the next ingest on, and stays when notes change."))
    first, then = pick_two(view, {"before": _("First"), "target": _("Then")})
    ready = bool(first and then and first[0].id != then[0].id) and not settings().read_only
    with st.container(horizontal=True):
        for title, wrong in ((_("It does come before"), False), (_("It does not come before"), True)):
            if st.button(title, disabled=not ready, key=f"wrong_{wrong}"):
                keep(first[0].name, then[0].name, wrong=wrong)
    prose(el("article", *_list(), class_="card"), key="corrections", on_go=_withdraw)


def keep(first: str, then: str, *, wrong: bool) -> None:
    """Keep the reader's word on a pair of names, and say so."""
    if settings().read_only:
        st.toast(_("This app is read-only."))
        return
    correct(settings().state, Correction(first, then, wrong=wrong))
    st.toast(_("Noted. The next ingest leaves it out.") if wrong else _("Noted. The next ingest takes it in."))


def _list() -> Iterator[Tree]:
    found = corrections(settings().state)
    yield el("h3", _("Corrections"), el("span", str(len(found)), class_="count"))
    if not found:
        yield el("p", _("None yet."), class_="muted")
        return
    yield el("ul", *(_row(one) for one in found), class_="facts")


def _row(one: Correction) -> Tree:
    said = _("{first} does not come before {then}") if one.wrong else _("{first} comes before {then}")
    away = el(
        "button", "×", class_="button", title=_("Take away"), go={"first": one.prerequisite, "then": one.target},
        **{"aria-label": _("Take away")},
    )  # fmt: skip
    told = said.format(first=one.prerequisite, then=one.target)
    return el("li", el("div", el("span", told), el("span", away, class_="end"), class_="plain"))


def _withdraw(target: Mapping[str, Any]) -> None:
    if not settings().read_only:
        withdraw(settings().state, target["first"], target["then"])
