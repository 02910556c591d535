"""The interface in the reader's language: gettext catalogues, compiled from their .po files on first use.

English is the language of the code, so its catalogue is empty; `ui/locales/zh` holds the Chinese.
The language is the one in the address (`?lang=zh`), else the one chosen before in this session, else the browser's.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path

import streamlit as st
from babel.messages import mofile, pofile

from graph.query.words import Language

DOMAIN = "zhitu"
LOCALES = Path(__file__).parent / "locales"
_CHOSEN = "language"


def language() -> Language:
    """Return the language of this session."""
    chosen = st.session_state.get(_CHOSEN) or st.query_params.get("lang") or st.context.locale or ""
    return Language.ZH if chosen.lower().startswith("zh") else Language.EN


def choose(chosen: Language) -> None:
    """Make it the language of this session, and of its address."""
    st.session_state[_CHOSEN] = str(chosen)
    st.query_params["lang"] = str(chosen)


def adopt() -> None:
    """Take the language from the address, where it names one, and put the chosen one there where it does not."""
    given = st.query_params.get("lang")
    if given in set(Language):
        st.session_state[_CHOSEN] = given
    elif chosen := st.session_state.get(_CHOSEN):
        st.query_params["lang"] = chosen


def _(message: str) -> str:
    """Return a message in the session's language."""
    return catalogue(language()).gettext(message)


def n_(one: str, many: str, count: int) -> str:
    """Return the message for a count, with `{n}` filled in."""
    return catalogue(language()).ngettext(one, many, count).format(n=f"{count:,}")


@cache
def catalogue(chosen: Language) -> gettext.NullTranslations:
    """Return the messages of a language."""
    path = LOCALES / chosen / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        messages = pofile.read_po(file, locale=chosen)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
