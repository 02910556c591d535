"""The Cypher page as a reader uses it: by keyboard, by examples, by the schema."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from graph.store import open_store
from tests.browser.conftest import FIND, serving
from tests.contents import handmade
from tests.neo4j_server.fixtures import empty_settings

NODES = "MATCH (q:Question)-[m:ABOUT]->(c:Concept) RETURN q, m, c"


@pytest.fixture(scope="module")
def neo4j_app(tmp_path_factory):
    """Return the address of the app on the hand-made graph in a Neo4j."""
    given = empty_settings()
    with open_store(given, write=True) as store:
        store.replace(handmade())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEO4J_USER", given.neo4j_user)
        patch.setenv("NEO4J_PASSWORD", given.neo4j_password)
        patch.setenv("NEO4J_DATABASE", given.neo4j_database)
        with serving(given.store, tmp_path_factory.mktemp("state")) as url:
            yield url


@pytest.fixture(params=["app", pytest.param("neo4j_app", marks=pytest.mark.neo4j)])
def console(request, watch):
    """Return a function that opens the page with a statement, on either store."""
    browse = watch(request.getfixturevalue(request.param))
    return lambda statement: browse.open(f"cypher?lang=en&q={quote(statement)}", ready=".editor textarea")


def editor(page):
    return page.get_by_role("textbox", name="Cypher statement")


def test_a_statement_is_typed_and_run_by_the_keyboard(console):
    page = console("RETURN 1 AS one")
    editor(page).fill("MATCH (c:Concept)-[r]-(d:Concept) RETURN c, r, d")
    expect(page.locator(".editor pre .word").first).to_have_text("MATCH")
    editor(page).press("Control+Enter")
    page.wait_for_selector("[data-ready=true]")
    assert page.evaluate(f"{FIND}.view.renderer.nodes.length") == 4
    assert "q=MATCH" in page.url
    page.get_by_test_id("stButtonGroup").get_by_text("Table").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert saved.value.path().read_bytes().startswith("\ufeffc,r,d".encode())


def test_an_example_asks_for_its_parameters_and_answers(console):
    page = console("RETURN 1 AS one")
    page.get_by_role("link", name="Everything one step from a concept").click()
    expect(editor(page)).to_have_value(
        "MATCH (c:Concept)-[r]-(other:Concept)\nWHERE $name IN c.names\nRETURN c, r, other\nLIMIT 50"
    )
    expect(page.get_by_role("textbox", name="$name")).to_have_value("CLIP")
    page.get_by_role("button", name="Run").click()
    page.wait_for_selector("[data-ready=true]")
    page.wait_for_url("**p=**")


def test_a_click_in_the_schema_inserts_at_the_cursor(console):
    page = console("MATCH  RETURN n")
    area = editor(page)
    area.click()
    area.evaluate("(one) => one.setSelectionRange(6, 6)")
    page.get_by_role("tab", name="Schema").click()
    page.get_by_role("link", name="(n:Concept)").click()
    expect(area).to_have_value("MATCH (n:Concept) RETURN n")
    area.evaluate("(one) => one.setSelectionRange(one.value.length, one.value.length)")
    page.get_by_role("link", name="name_zh").click()
    expect(area).to_have_value("MATCH (n:Concept) RETURN n.name_zh")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("4 rows")).to_be_visible()


def test_a_question_in_the_graph_opens_the_note(console):
    page = console(NODES)
    page.get_by_role("button", name="Run").click()
    page.wait_for_selector("[data-ready=true]")
    page.evaluate(f"{FIND}.view.choose('Question\\nnotes/clip.md#0', false)")
    page.wait_for_url("**/notes?**")
    expect(page.locator(".notes")).to_contain_text("What is CLIP?")


def test_a_query_is_kept_and_taken_up_again(console):
    page = console("RETURN 7 AS kept")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("textbox", name="Name").fill("seven")
    page.get_by_role("textbox", name="Name").press("Enter")
    page.get_by_role("button", name="Save this query").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    page.get_by_role("tab", name="My queries").click()
    editor(page).fill("RETURN 8")
    page.get_by_role("link", name="seven", exact=True).click()
    expect(editor(page)).to_have_value("RETURN 7 AS kept")
    page.get_by_role("button", name="Forget", exact=True).click()
    expect(page.get_by_role("link", name="seven", exact=True)).to_have_count(0)
