"""Who is let into the app, and when it may be reached from elsewhere; the login itself is tried in tests/browser."""

import sys
from types import SimpleNamespace

import pytest
import streamlit as st
from click.testing import CliRunner

from ui import login
from ui.cli import main

AUTH = '[auth]\nredirect_uri = "http://localhost/oauth2callback"\ncookie_secret = "c"\n'


@pytest.fixture
def secrets(tmp_path, monkeypatch):
    """Give Streamlit secrets that ask for a login."""
    (tmp_path / "secrets.toml").write_text(AUTH, encoding="utf-8")
    fresh = st.runtime.secrets.Secrets()
    monkeypatch.setattr(st, "secrets", fresh)
    st.config.set_option("secrets.files", [str(tmp_path / "secrets.toml")])
    yield
    st.config.set_option("secrets.files", [str(tmp_path / "none.toml")])


def served(monkeypatch, *options: str):
    """Return the environment that the app would be started in, None where it is refused; and what was said."""
    started = []
    monkeypatch.setattr("os.execve", lambda _program, _command, environment: started.append(environment))
    monkeypatch.setattr("os.chdir", lambda _folder: None)
    result = CliRunner().invoke(main, ["serve", "--address", "192.0.2.1", *options])
    return started[0] if started else None, result.output


def test_without_login_or_flag_nobody_else_is_let_in(monkeypatch):
    started, said = served(monkeypatch)
    assert started is None
    assert "login" in said
    assert "--expose" in said


@pytest.mark.usefixtures("secrets")
def test_with_a_login_the_app_may_be_reached_but_reads_no_folder_unless_told(monkeypatch):
    pytest.importorskip("authlib", reason="needs the extra `login`")
    started, _ = served(monkeypatch)
    assert started["ZHITU_FOLDERS"] == "none"


@pytest.mark.usefixtures("secrets")
def test_a_login_that_cannot_be_asked_for_shuts_the_app(monkeypatch, app):
    monkeypatch.setitem(sys.modules, "authlib", None)
    started, said = served(monkeypatch)
    assert started is None
    assert "zhitu[login]" in said
    assert "zhitu\\[login\\]" in app.open().text.replace("\u2060", "")


@pytest.mark.parametrize(
    ("users", "told", "invited"),
    [
        ("", {"email": "eve@example.org"}, True),
        ("ann@example.org, BOB@example.org", {"email": "bob@example.org"}, True),
        ("ann@example.org", {"email": "eve@example.org"}, False),
        ("ann@example.org", {"email": "ann@example.org", "email_verified": False}, False),
        ("ann@example.org", {}, False),
    ],
)
def test_only_those_who_are_named_are_invited(monkeypatch, users, told, invited):
    monkeypatch.setenv("ZHITU_USERS", users)
    monkeypatch.setattr(login, "st", SimpleNamespace(user=told))
    assert login._invited() is invited
