"""The app on a Neo4j server that is killed under it: it is said soon, and a click goes on when the server is back."""

import pytest
from playwright.sync_api import expect

from graph.store import open_store
from tests.browser.conftest import CARD, click, serving
from tests.contents import handmade
from tests.neo4j_server.fixtures import Access, lacking
from tests.neo4j_server.server import Server, missing

SOON = 12_000


@pytest.mark.neo4j
def test_a_server_that_is_gone_is_said_soon_and_tried_again(watch, tmp_path, monkeypatch):
    if reason := missing():
        lacking(reason)
    server = Server(tmp_path / "server")
    server.start()
    try:
        given = Access(server.uri, server.user, server.password).settings()
        with open_store(given, write=True) as store:
            store.replace(handmade())
        monkeypatch.setenv("NEO4J_USER", server.user)
        monkeypatch.setenv("NEO4J_PASSWORD", server.password)
        with serving(server.uri, tmp_path / "state") as home:
            page = watch(home).open("?concept=CLIP")
            server.kill()
            click(page, "对比学习")
            expect(page.get_by_test_id("stAlert")).to_contain_text("No Neo4j server answers", timeout=SOON)
            page.reload()
            expect(page.get_by_test_id("stAlert")).to_contain_text("No Neo4j server answers", timeout=SOON)
            server.start()
            page.get_by_role("button", name="Try again").click()
            expect(page.locator(CARD)).to_be_visible(timeout=60_000)
    finally:
        server.kill()
