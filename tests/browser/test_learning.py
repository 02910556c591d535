"""A learner plans, learns, and finds it all after a restart; a query is asked and drawn."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import fill, serving
from tests.contents import handmade


@pytest.fixture
def fresh(tmp_path):
    """Return the address of a store of its own, and a folder for the learner's state."""
    return fill(tmp_path / "graph", handmade()), tmp_path / "state"


def test_what_is_learned_shortens_the_plan_and_survives_a_restart(watch, fresh):
    with serving(*fresh) as home:
        page = watch(home).open("plan?target=CLIP")
        expect(page.locator(".steps > li")).to_have_count(2)
        page.locator(".steps .read a").first.click()
        page.wait_for_selector(".notes")
        page.go_back()
        page.goto(f"{home}/plan?target=CLIP")
        page.get_by_role("button", name="I know it").first.click()
        expect(page.locator(".steps > li")).to_have_count(1)
    with serving(*fresh) as home:
        page = watch(home).open("plan?target=CLIP")
        expect(page.locator(".steps > li")).to_have_count(1)
        expect(page.get_by_text("You know 1 of 1 concepts")).to_be_visible()


def test_a_query_is_run_by_keyboard_and_drawn(watch, app):
    page = watch(app).open("cypher", ready=".editor")
    area = page.locator(".editor textarea")
    area.fill("MATCH (a:Concept)-[r:USES]->(b:Concept) WHERE r.negated RETURN a, r, b")
    area.press("Control+Enter")
    page.wait_for_selector("[data-ready=true]")
    expect(page.locator(".zhitu-graph .chip", has_text="denied")).to_be_visible()
    assert "q=MATCH" in page.url
