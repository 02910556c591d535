"""A login keeps out who has none: tried with a real browser, a real app and a small OpenID provider."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import fill, free_port, serving
from tests.contents import handmade

joserfc = pytest.importorskip("joserfc.jwt", reason="needs the extra `login`")
from joserfc.jwk import KeySet, RSAKey  # noqa: E402  after the skip

KEY = RSAKey.generate_key(2048, {"kid": "1"})


class Provider(BaseHTTPRequestHandler):
    """Says of everybody who asks that it is `email`, as an OpenID provider says it."""

    email = "ann@example.org"
    nonce = ""

    def do_GET(self):
        place = urlsplit(self.path)
        home = f"http://{self.headers['Host']}"
        if place.path == "/.well-known/openid-configuration":
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            told = {"issuer": home, **{name: f"{home}/{name}" for name in names}}
            self._tell({**told, "id_token_signing_alg_values_supported": ["RS256"]})
        elif place.path == "/jwks_uri":
            self._tell(KeySet([KEY]).as_dict(private=False))
        elif place.path == "/authorization_endpoint":
            asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            type(self).nonce = asked.get("nonce", "")
            self.send_response(302)
            back = urlencode({"code": "code", "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()

    def do_POST(self):
        now = int(time.time())
        claims = {"iss": f"http://{self.headers['Host']}", "aud": "zhitu", "sub": "1", "iat": now, "exp": now + 600}
        claims |= {"email": self.email, "nonce": self.nonce}
        token = joserfc.encode({"alg": "RS256", "kid": "1"}, claims, KEY)
        self._tell({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _tell(self, answer):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def provider():
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def guarded(provider, tmp_path, monkeypatch):
    """Return the address of an app that asks for a login and lets in one person."""
    port = free_port()
    secrets = {
        "redirect_uri": f"http://127.0.0.1:{port}/oauth2callback",
        "cookie_secret": "c" * 40,
        "client_id": "zhitu",
        "client_secret": "secret",
        "server_metadata_url": f"{provider}/.well-known/openid-configuration",
    }
    lines = ["[auth]", *(f"{name} = {json.dumps(value)}" for name, value in secrets.items())]
    (tmp_path / "secrets.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(tmp_path / "secrets.toml"))
    monkeypatch.setenv("ZHITU_USERS", "Ann@example.org")
    with serving(fill(tmp_path / "graph", handmade()), tmp_path / "state", port) as url:
        yield url


def test_nothing_is_shown_before_the_login_and_all_after_it(guarded, chromium):
    page = chromium.new_context(locale="en-US").new_page()
    page.goto(f"{guarded}/?concept=CLIP")
    expect(page.get_by_text("for those who have logged in")).to_be_visible(timeout=60_000)
    for path in ("library", "cypher", "notes"):
        page.goto(f"{guarded}/{path}")
        expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=60_000)
        assert "CLIP" not in page.content()
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("[data-ready=true]", timeout=60_000)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=60_000)
    page.context.close()


def test_who_is_not_named_is_not_let_in(guarded, chromium, monkeypatch):
    monkeypatch.setattr(Provider, "email", "eve@example.org")
    page = chromium.new_context(locale="en-US").new_page()
    page.goto(guarded)
    page.get_by_role("button", name="Log in").click(timeout=60_000)
    expect(page.get_by_text("may not use this app")).to_be_visible(timeout=60_000)
    assert "CLIP" not in page.content()
    page.context.close()
