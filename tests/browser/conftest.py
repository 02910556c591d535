"""A real browser on the app: the system's Chromium, driven by Playwright."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from graph.settings import Settings, app_file
from graph.store import open_store
from tests.contents import handmade

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
#: The graph's element, which stands inside a shadow root.
FIND = "[...document.querySelectorAll('*')].map((one) => one.shadowRoot?.querySelector('.zhitu-graph')).find(Boolean)"
#: The title of the card beside the graph.
CARD = ".card h2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if not item.get_closest_marker("neo4j"):  # the server's tests have a group already
                item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium():
    """Return a running Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        said = f"needs a browser: install your system's package chromium, so that one of {', '.join(BROWSERS)} is found"
        if os.environ.get("ZHITU_REQUIRE_ALL") == "1":
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(store: str, state, port: int | None = None) -> str:
    """Run the app on a store; gives its address."""
    port = port or free_port()
    environment = {**os.environ, "ZHITU_STORE": store, "ZHITU_STATE": str(state)}
    command = [sys.executable, "-m", "streamlit", "run", str(app_file()), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    process = subprocess.Popen(
        command, env=environment, cwd=app_file().parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail("the app does not answer")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def fill(folder, content) -> str:
    """Return the address of a new embedded store with a content."""
    url = f"embedded:{folder}"
    with open_store(Settings(store=url), write=True) as store:
        store.replace(content)
    return url


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """Return the address of the app on the hand-made graph."""
    with serving(fill(tmp_path_factory.mktemp("graph"), handmade()), tmp_path_factory.mktemp("state")) as url:
        yield url


def centre(page, id_: str):
    """Return where a node is drawn, in pixels of the page."""
    return page.evaluate(
        f"""(id) => {{
            const root = {FIND};
            const box = root.querySelector('.board').getBoundingClientRect();
            const at = root.view.renderer.toScreen(id);
            return {{x: box.left + at.x, y: box.top + at.y}};
        }}""",
        id_,
    )


def view(page, script: str):
    """Return what the view answers to a script; `view` is the view."""
    return page.evaluate(f"() => {{ const {{ view }} = {FIND}; return {script}; }}")


def wait_until(page, script: str, **given):
    """Wait until what the view answers to a script is true; `given` are names in it."""
    page.wait_for_function(f"(given) => {{ const view = {FIND}?.view; return view && ({script}); }}", arg=given)


def click(page, id_: str, **options):
    """Click on a node."""
    at = centre(page, id_)
    page.mouse.click(at["x"], at["y"], **options)


class Watched:
    """A page with what went wrong on it."""

    def __init__(self, page, home: str) -> None:
        self.page = page
        self.home = home
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.dialogs: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)
        page.on("websocket", lambda socket_: self._at(socket_.url))
        page.on("dialog", self._dialog)

    def open(self, address: str = "", ready: str = "[data-ready=true]"):
        self.page.goto(f"{self.home}/{address}")
        if ready:
            self.page.wait_for_selector(ready, timeout=30_000)
        return self.page

    def _request(self, request) -> None:
        self._at(request.url)

    def _at(self, url: str) -> None:
        host = self.home.partition("://")[2]
        if url.partition("://")[2].partition("/")[0] != host and not url.startswith(("data:", "blob:", "about:")):
            self.elsewhere.append(url)

    def _dialog(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@pytest.fixture
def watch(chromium):
    """Return a function that opens a watched page of an app; what went wrong on it fails the test."""
    made = []

    def make(home: str, **options) -> Watched:
        context = chromium.new_context(**{"viewport": {"width": 1400, "height": 900}, "locale": "en-US", **options})
        watched = Watched(context.new_page(), home)
        made.append((context, watched))
        return watched

    yield make
    for context, watched in made:
        context.close()
        assert watched.errors == []
        assert watched.elsewhere == []
        assert watched.dialogs == []


@pytest.fixture
def browse(watch, app):
    """Return a watched page of the app on the hand-made graph."""
    return watch(app)
