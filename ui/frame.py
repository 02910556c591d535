"""What stands around every page: navigation, the language switch, and which store the app is on."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from graph.errors import ZhituError
from graph.query.words import Language
from ui.i18n import _, adopt, choose, language
from ui.login import admitted, leave
from ui.session import page_file, show_error

#: A file of our own: a Material icon here would be fetched from elsewhere.
ICON = Path(__file__).parent / "images" / "zhitu.svg"
_STYLE = Path(__file__).parent / "style.css"


def navigation() -> None:
    """Show the pages' names in the reader's language, and run the chosen one, if the reader may see them."""
    adopt()
    if not _entered():
        return
    pages = [
        _page("explore", _("Explore"), ":material/hub:", default=True),
        _page("notes", _("Notes"), ":material/menu_book:"),
        _page("plan", _("Plan"), ":material/route:"),
        _page("compare", _("Compare"), ":material/compare_arrows:"),
        _page("cypher", _("Cypher"), ":material/terminal:"),
        _page("library", _("Library"), ":material/library_books:"),
    ]
    chosen = st.navigation(pages, position="top")
    st.logo(ICON, size="large")
    st.html(_STYLE)
    _switch()
    chosen.run()


def _entered() -> bool:
    try:
        return admitted()
    except ZhituError as error:
        show_error(error)
        return False


def _page(name: str, title: str, icon: str, *, default: bool = False) -> st.Page:
    return st.Page(page_file(name), title=title, icon=icon, url_path=None if default else name, default=default)


def _switch() -> None:
    """Offer the other language."""
    now = language()
    other = Language.EN if now is Language.ZH else Language.ZH
    name = {Language.EN: "English", Language.ZH: "中文"}[other]
    with st.container(key=f"language_{now}", horizontal=True):
        st.button(name, key="switch_language", type="tertiary", on_click=choose, args=(other,), help=_("Language"))
        leave()
