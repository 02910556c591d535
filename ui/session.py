"""What every page begins with: the settings, the store, the view, and what to say where one of them is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from graph.errors import StoreEmptyError, StoreError, ZhituError
from graph.learner import DEFAULT_PROFILE, Learner, Status
from graph.query.progress import ids_of
from graph.query.view import GraphView, view
from graph.settings import Settings, load_settings
from graph.store import open_store
from graph.store.base import GraphStore
from ui.i18n import _, adopt, n_
from ui.text import md

_Given = ParamSpec("_Given")

#: Pages by the name that links use; the address of Explore is the app's own.
PAGES = {
    "": "explore",
    "notes": "notes",
    "plan": "plan",
    "compare": "compare",
    "cypher": "cypher",
    "library": "library",
}


def page(render: Callable[[], None]) -> None:
    """Run a page; the project's errors become words and a way on, never a traceback."""
    adopt()
    try:
        render()
    except StoreEmptyError:
        _empty()
    except ZhituError as error:
        _failed(error, "page")


def guarded(render: Callable[_Given, None]) -> Callable[_Given, None]:
    """Make a fragment tell of errors as a page does."""

    @wraps(render)
    def safe(*args: _Given.args, **kwargs: _Given.kwargs) -> None:
        try:
            render(*args, **kwargs)
        except ZhituError as error:
            _failed(error, render.__name__)

    return safe


def _failed(error: ZhituError, where: str) -> None:
    """Say what is wrong; what is wrong with the store may be over the next time."""
    show_error(error)
    if isinstance(error, StoreError):
        _store.clear()
        st.button(_("Try again"), type="primary", key=f"again_{where}")


def show_error(error: ZhituError) -> None:
    """Say what is wrong and what to do."""
    hint = f"  \n{md(error.hint)}" if error.hint else ""
    st.error(f"{md(error.message)}{hint}", icon=":material/error:")


def settings() -> Settings:
    """Return the settings."""
    return load_settings()


def store() -> GraphStore:
    """Return the store, opened once for all sessions."""
    return _store(settings())


def current() -> tuple[GraphStore, GraphView]:
    """Return the store and its view as it is now."""
    opened = store()
    return opened, view(opened)


def learner() -> Learner:
    """Return the profile of the person at this browser."""
    return Learner(settings().state, st.session_state.get("profile", DEFAULT_PROFILE))


def known_ids(seen: GraphView) -> frozenset[str]:
    """Return the ids of the concepts that the learner knows."""
    return ids_of(seen, learner().names(Status.KNOWN))


def go(target: Mapping[str, object]) -> None:
    """Remember where a link leads; `follow` goes there, for a callback cannot."""
    st.session_state["_go"] = dict(target)


def leaving() -> bool:
    """Return whether a link led to another page; a fragment leaves it to the whole page to go there."""
    return "_go" in st.session_state


def follow() -> None:
    """Go where a link led."""
    target = st.session_state.pop("_go", None)
    if not target:
        return
    params = {key: str(value) for key, value in target.items() if key != "page" and value}
    if lang := st.session_state.get("language"):
        params["lang"] = lang
    st.switch_page(page_file(PAGES[str(target["page"])]), query_params=params)


def page_file(name: str) -> Path:
    """Return the file of a page."""
    return Path(__file__).parent / "pages" / f"{name}.py"


def set_address(**params: str | list[str] | None) -> None:
    """Change query parameters of the address; empty ones go."""
    for key, value in params.items():
        if value:
            st.query_params[key] = value
        elif key in st.query_params:
            del st.query_params[key]


@st.cache_resource(show_spinner=False, max_entries=2, hash_funcs={Settings: repr})
def _store(given: Settings) -> GraphStore:
    return open_store(given)


def _empty() -> None:
    with st.container(key="empty"):
        st.title(_("No notes yet"))
        st.markdown(
            _(
                "Zhitu reads Markdown notes of questions and answers and draws the concepts in them, "
                "each relation with the sentence that states it."
            )
        )
        st.markdown(_("Add notes on the Library page, or in a terminal:"))
        st.code("zhitu ingest PATH", language="bash")
        if not settings().read_only:
            st.page_link(page_file("library"), label=_("Add notes"), icon=":material/add:")


def minutes(value: float) -> str:
    """Return a reading time in words."""
    return n_("{n} min", "{n} min", max(1, round(value)))
