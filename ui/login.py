"""Who may use the app: all who reach it, or those whom a login lets in.

A login is Streamlit's own (OpenID Connect): it is asked for wherever its secrets have a section ``[auth]``, on
whatever address the app listens, before anything of the graph is shown. ``ZHITU_USERS`` names who may come in; a
provider that everybody has an account with is no wall by itself.
"""

from __future__ import annotations

from importlib.util import find_spec

import streamlit as st

from graph.errors import SettingsError
from ui.i18n import _
from ui.session import settings
from ui.text import md


def configured() -> bool:
    """Tell whether Streamlit's secrets ask for a login.

    Raises
    ------
    SettingsError
        They do, and what a login needs is not installed.
    """
    if not (st.secrets.load_if_toml_exists() and "auth" in st.secrets):
        return False
    if find_spec("authlib") is None:
        raise SettingsError(
            "Streamlit's secrets ask for a login, which needs the extra `login`.",
            "Install it: pip install 'zhitu[login]'.",
        )
    return True


def admitted() -> bool:
    """Tell whether the person at this browser may see the app; show what stands in the way where not."""
    if not configured():
        return True
    if not st.user.is_logged_in:
        _wall()
        return False
    if not _invited():
        _refusal()
        return False
    return True


def leave() -> None:
    """Offer to log out, to those who have logged in."""
    if configured():
        st.button(_("Log out"), key="log_out", type="tertiary", on_click=st.logout, help=_name())


def _invited() -> bool:
    """Tell whether the login is one of those that the settings name; an address that nobody has checked is none."""
    users = settings().users
    return not users or (st.user.get("email_verified") is not False and _name().casefold() in users)


def _name() -> str:
    return str(st.user.get("email") or st.user.get("name") or "")


def _wall() -> None:
    st.title("Zhitu 知图")
    st.markdown(_("These notes are for those who have logged in."))
    st.button(_("Log in"), type="primary", on_click=st.login)


def _refusal() -> None:
    st.title("Zhitu 知图")
    st.error(_("{name} may not use this app.").format(name=md(_name())), icon=":material/lock:")
    st.button(_("Log out"), on_click=st.logout)
