"""How a reader narrows down what is drawn and goes on from a card, on a graph of two notes and five concepts."""

import pytest
from playwright.sync_api import expect

from graph.model import (
    Bundle,
    Concept,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
    Sentence,
)
from tests.browser.conftest import CARD, FIND, centre, fill, serving, view, wait_until

ALL = "batch clip contrast mae training"


def note(path: str, text: str, concepts: list[str]) -> Bundle:
    question = f"{path}#0"
    mentions = tuple(Mention(question, each, 1) for each in sorted(concepts))
    return Bundle(
        Document(path, path, "0" * 64),
        (Question(question, path, 0, "1", "What is it?", text, 1),),
        (Sentence(f"{question}.0", question, 0, text, 2, 0, len(text)),),
        mentions,
    )


def graph() -> MemoryContent:
    """Return a chain of three relations from CLIP, and one that is denied."""
    kinds = {"clip": Kind.MODEL, "mae": Kind.MODEL, "contrast": Kind.METHOD, "batch": Kind.DATA, "training": Kind.TERM}
    relations = [
        Relation("clip", RelationType.USES, "contrast", False, 0.9, ("a.md#0.0",), ("r",)),
        Relation("contrast", RelationType.USES, "batch", False, 0.5, ("b.md#0.0",), ("r",)),
        Relation("batch", RelationType.PART_OF, "training", False, 0.8, ("b.md#0.0",), ("r",)),
        Relation("clip", RelationType.USES, "mae", True, 0.7, ("a.md#0.0",), ("r",)),
    ]
    return MemoryContent(
        (note("a.md", "CLIP uses contrast, not MAE.", ["clip", "contrast", "mae"]), note("b.md", "Batch.", ["batch"])),
        tuple(Concept(id_, id_.upper(), kinds[id_], mentions=1) for id_ in sorted(kinds)),
        tuple(sorted(relations, key=lambda each: each.key)),
        (Prerequisite("contrast", "clip", 0.9, ("uses:1",)),),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    url = fill(tmp_path_factory.mktemp("graph"), graph())
    with serving(url, tmp_path_factory.mktemp("state")) as address:
        yield address


@pytest.fixture
def chain(watch, home):
    return watch(home)


def drawn(page, ids: str) -> None:
    """Wait until just these concepts are drawn."""
    wait_until(page, "[...view.nodes.keys()].sort().join(' ') === given.ids", ids=ids)


@pytest.mark.parametrize(("hops", "ids"), [(1, "clip contrast mae"), (2, "batch clip contrast mae"), (3, ALL)])
def test_hops_say_how_far_the_view_reaches(chain, hops, ids):
    page = chain.open(f"?concept=CLIP&hops={1 if hops > 1 else 2}")
    page.get_by_role("radio", name=str(hops), exact=True).click()
    drawn(page, ids)
    assert ("hops=" in page.url) == (hops > 1)


def pick_document(page) -> None:
    page.get_by_role("combobox", name="Documents").click()
    page.get_by_role("option", name="a.md").click()


def raise_confidence(page) -> None:
    slider = page.get_by_role("slider", name="Confidence at least")
    slider.focus()
    for _ in range(4):  # from 0.4 to 0.6
        slider.press("ArrowRight")


FILTERS = {
    "kinds": (lambda page: page.get_by_role("button", name="Method", exact=True).last.click(), "clip contrast"),
    "types": (lambda page: page.get_by_role("button", name="is part of", exact=True).last.click(), "clip"),
    "documents": (pick_document, "clip contrast mae"),
    "confidence": (raise_confidence, "clip contrast mae"),
    "negation": (lambda page: page.get_by_role("radio", name="Stated").click(), "batch clip contrast training"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_changes_the_view_and_the_address_that_can_be_shared(chain, watch, home, name):
    change, ids = FILTERS[name]
    page = chain.open("?concept=CLIP&hops=3")
    drawn(page, ALL)
    page.get_by_role("button", name="Filters").click()
    change(page)
    page.wait_for_url(f"**{name}=**")
    drawn(page, ids)
    other = watch(home).open(page.url.removeprefix(f"{home}/"))
    drawn(other, ids)


def test_what_to_learn_first_is_drawn_where_asked_for(chain):
    page = chain.open("?concept=CLIP")
    page.get_by_role("button", name="Filters").click()
    page.get_by_text("Show what to learn first").click()
    wait_until(page, "[...view.edges.values()].some((edge) => edge.type === 'PREREQUISITE_OF')")
    page.wait_for_url("**prerequisites=1**")


def test_kinds_have_shapes_sure_relations_are_wide_and_denied_ones_dotted_and_said(chain):
    page = chain.open("?concept=CLIP&hops=3")
    shapes = view(page, "new Set([...view.nodes.values()].map((node) => view.kinds.get(node.kind).shape)).size")
    assert shapes == 4
    edges = "Object.fromEntries(view.renderer.edges.get().map((edge) => [edge.id, [edge.width, edge.dashes]]))"
    found = view(page, edges)
    assert found["clip~USES~contrast"][0] > found["contrast~USES~batch"][0]
    assert found["clip~USES~mae~not"][1]
    assert not found["clip~USES~contrast"][1]
    one, other = centre(page, "clip"), centre(page, "mae")
    middle = [(one[side] + other[side]) / 2 for side in ("x", "y")]
    page.mouse.move(middle[0] - 30, middle[1] - 30)
    page.mouse.move(*middle, steps=5)
    expect(page.locator(".tip")).to_contain_text("CLIP does not use MAE")


@pytest.mark.parametrize("button", ["Path from here", "Compare", "Plan"])
def test_a_card_leads_to_path_comparison_and_plan(chain, button):
    page = chain.open("?concept=CLIP&show=contrast")
    expect(page.locator(CARD)).to_have_text("CONTRAST")
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url({"Path from here": "**/plan?**from=**", "Compare": "**/compare?**", "Plan": "**/plan?**"}[button])
    expect(page.locator("[data-testid=stMainBlockContainer]")).to_contain_text("CONTRAST")


def test_a_card_expands_focuses_and_hides(chain):
    page = chain.open("?concept=CLIP&show=contrast")
    page.get_by_role("button", name="Expand", exact=True).click()
    drawn(page, "batch clip contrast mae")
    page.get_by_role("button", name="Hide", exact=True).click()
    drawn(page, "batch clip mae")
    chain.open("?concept=CLIP&show=contrast")
    page.get_by_role("button", name="Focus", exact=True).click()
    drawn(page, "batch clip contrast")
    assert "concept=contrast" in page.url


def test_communities_are_opened_and_closed_again(chain):
    page = chain.open()
    badges = "[...view.nodes.values()].every((node) => Number(node.badge) > 0)"
    wait_until(page, badges)
    page.get_by_role("radio", name="All concepts").click()
    drawn(page, ALL)
    page.get_by_role("radio", name="Communities").click()
    wait_until(page, badges)


def test_the_wheel_zooms_towards_the_pointer(chain):
    page = chain.open("?concept=CLIP")
    before, at = view(page, "view.renderer.view().scale"), centre(page, "contrast")
    page.mouse.move(at["x"], at["y"])
    page.mouse.wheel(0, -200)
    wait_until(page, "view.renderer.view().scale > given.before", before=before)
    now = centre(page, "contrast")
    assert abs(now["x"] - at["x"]) + abs(now["y"] - at["y"]) < 3


def test_keys_expand_fill_the_screen_search_and_let_go(chain):
    page = chain.open("?concept=CLIP")
    board = page.locator(".board")
    board.focus()
    page.keyboard.press("f")
    page.wait_for_function(f"() => {FIND}.matches(':fullscreen')")
    page.keyboard.press("f")
    page.wait_for_function(f"() => !{FIND}.matches(':fullscreen')")
    view(page, "view.cursor = 'contrast'")
    page.keyboard.press("e")
    drawn(page, "batch clip contrast mae")
    board.focus()
    page.keyboard.press("Escape")
    wait_until(page, "view.selected.size === 0 && view.cursor === null")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search concepts")).to_be_focused()


def test_the_box_button_selects_without_a_key(chain):
    page = chain.open("?concept=CLIP")
    box = page.locator(".board").bounding_box()
    page.get_by_role("button", name="Select in a box").click()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + box["height"] - 5, steps=4)
    page.mouse.up()
    expect(page.locator(CARD)).to_have_text("3 concepts")
    expect(page.locator(".zhitu-graph .live")).to_have_text("3 concepts")
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.get_by_role("tab", name="1 concept")).to_be_visible()


def test_a_double_tap_expands(watch, home):
    page = watch(home, has_touch=True, viewport={"width": 400, "height": 800}).open("?concept=CLIP")
    at = centre(page, "contrast")
    page.touchscreen.tap(at["x"], at["y"])
    page.touchscreen.tap(at["x"], at["y"])
    drawn(page, "batch clip contrast mae")
