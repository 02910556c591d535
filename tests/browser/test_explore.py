"""The graph view as a reader uses it: by pointer, by keyboard, by touch of the address."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CARD, FIND, centre, click, view, wait_until


def test_a_click_on_a_node_shows_its_card(browse):
    page = browse.open("?concept=CLIP")
    click(page, "对比学习")
    expect(page.locator(CARD)).to_have_text("Contrastive Learning")
    assert "show=" in page.url


def test_a_click_on_an_edge_shows_the_sentence_that_states_it(browse):
    page = browse.open("?concept=CLIP")
    one, other = centre(page, "clip"), centre(page, "对比学习")
    page.mouse.click((one["x"] + other["x"]) / 2, (one["y"] + other["y"]) / 2)
    expect(page.locator(CARD)).to_have_text("CLIP uses Contrastive Learning")
    expect(page.locator(".quote")).to_contain_text("CLIP uses 对比学习.")


def test_search_by_english_finds_the_chinese_concept(browse):
    page = browse.open()
    page.get_by_role("combobox", name="Search concepts").fill("contrastive")
    option = page.get_by_role("option").filter(has_text="对比学习")
    expect(option).to_be_visible()
    option.click()
    expect(page.locator(CARD)).to_have_text("Contrastive Learning")


def test_search_by_pinyin_and_enter_goes_to_the_concept(browse):
    page = browse.open()
    page.keyboard.press("/")
    page.keyboard.type("dbxx")
    expect(page.get_by_role("option").first).to_contain_text("对比学习")
    page.keyboard.press("Enter")
    expect(page.locator(CARD)).to_have_text("Contrastive Learning")


def test_a_double_click_expands_and_moves_nothing_that_was_there(browse):
    page = browse.open("?concept=BLIP")
    before = centre(page, "blip")
    zoom = view(page, "view.renderer.view().scale")
    at = centre(page, "stable-diffusion")
    page.mouse.dblclick(at["x"], at["y"])
    page.wait_for_url("**also=stable-diffusion**")
    page.wait_for_timeout(800)
    assert centre(page, "blip") == before
    assert view(page, "view.renderer.view().scale") == zoom


def test_a_dragged_node_stays_where_it_was_put(browse):
    page = browse.open("?concept=CLIP")
    at = centre(page, "对比学习")
    page.mouse.move(at["x"], at["y"])
    page.mouse.down()
    page.mouse.move(at["x"] + 60, at["y"] + 40, steps=4)
    page.mouse.up()
    put = centre(page, "对比学习")
    assert abs(put["x"] - at["x"] - 60) < 3
    click(page, "clip")
    expect(page.locator(CARD)).to_have_text("CLIP")
    page.wait_for_timeout(600)
    assert abs(centre(page, "对比学习")["x"] - put["x"]) < 1.5


def test_hovering_tells_name_and_kind(browse):
    page = browse.open("?concept=CLIP")
    at = centre(page, "对比学习")
    page.mouse.move(at["x"] - 60, at["y"])
    page.mouse.move(at["x"], at["y"], steps=5)
    expect(page.locator(".tip")).to_be_visible()
    expect(page.locator(".tip")).to_contain_text("Method")


def test_shift_and_drag_selects_all_in_the_box(browse):
    page = browse.open("?concept=CLIP")
    box = page.locator(".board").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 70, box["y"] + box["height"] - 8, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(CARD)).to_have_text("2 concepts")
    expect(page.get_by_role("button", name="Path between")).to_be_visible()


def test_ctrl_and_click_selects_several(browse):
    page = browse.open("?concept=CLIP")
    click(page, "clip")
    page.wait_for_timeout(400)  # or it is a double click
    page.keyboard.down("Control")
    click(page, "对比学习")
    page.keyboard.up("Control")
    expect(page.locator(CARD)).to_have_text("2 concepts")


def test_a_double_click_on_a_community_opens_it(browse):
    page = browse.open()
    first = view(page, "[...view.nodes.keys()][0]")
    at = centre(page, first)
    page.mouse.dblclick(at["x"], at["y"])
    page.wait_for_url("**community=**")
    expect(page.get_by_role("radio", name="All concepts")).to_be_checked()
    wait_until(page, "!view.nodes.get(given.id)?.badge", id=first)


def test_the_legend_hides_what_is_denied_and_a_type(browse):
    page = browse.open("?concept=BLIP")
    assert view(page, "view.renderer.edges.length") == 1
    for name in ("denied", "uses"):
        chip = page.get_by_role("button", name=name)
        chip.click()
        assert view(page, "view.renderer.edges.length") == 0
        chip.click()
        assert view(page, "view.renderer.edges.length") == 1


def test_the_first_view_fits(browse):
    page = browse.open("?concept=CLIP")
    at = view(page, "view.renderer.view()")
    page.get_by_role("button", name="Fit all").click()
    page.wait_for_timeout(600)
    assert view(page, "view.renderer.view()") == pytest.approx(at, abs=0.001)


def test_the_legend_hides_a_kind(browse):
    page = browse.open("?concept=CLIP")
    chip = page.get_by_role("button", name="Method")
    chip.click()
    assert chip.get_attribute("aria-pressed") == "false"
    assert view(page, "view.renderer.nodes.length") == 1


def test_the_keyboard_walks_opens_and_zooms(browse):
    page = browse.open("?concept=CLIP")
    page.locator(".board").focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator(".zhitu-graph .live")).not_to_be_empty()
    zoom = view(page, "view.renderer.view().scale")
    page.keyboard.press("+")
    page.wait_for_timeout(500)
    assert view(page, "view.renderer.view().scale") > zoom
    page.keyboard.press("Enter")
    page.wait_for_url("**show=**")


def test_the_keyboard_zooms_out_fits_and_selects_several(browse):
    page = browse.open("?concept=CLIP")
    page.locator(".board").focus()
    zoom = view(page, "view.renderer.view().scale")
    page.keyboard.press("-")
    wait_until(page, "view.renderer.view().scale < given.zoom / 1.2", zoom=zoom)
    page.keyboard.press("0")
    wait_until(page, "Math.abs(view.renderer.view().scale - given.zoom) < 0.001", zoom=zoom)
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        if view(page, "view.cursor") != "对比学习":
            page.keyboard.press(key)
    page.keyboard.press("Shift+Enter")
    expect(page.locator(CARD)).to_have_text("2 concepts")


def test_the_tools_zoom_fit_and_fill_the_screen(browse):
    page = browse.open("?concept=CLIP")
    zoom = view(page, "view.renderer.view().scale")
    page.get_by_role("button", name="Zoom in").click()
    wait_until(page, "view.renderer.view().scale > given.zoom * 1.2", zoom=zoom)
    page.get_by_role("button", name="Fit all").click()
    wait_until(page, "Math.abs(view.renderer.view().scale - given.zoom) < 0.001", zoom=zoom)
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function(f"() => {FIND}.matches(':fullscreen')")


def test_back_returns_to_the_concept_before_and_forward_goes_on(browse):
    page = browse.open("?concept=CLIP")
    page.get_by_role("combobox", name="Search concepts").fill("BLIP")
    page.get_by_role("option").first.click()
    expect(page.locator(CARD)).to_have_text("BLIP")
    page.get_by_role("button", name="Back").click()
    expect(page.locator(CARD)).to_have_text("CLIP")
    page.get_by_role("button", name="Forward").click()
    expect(page.locator(CARD)).to_have_text("BLIP")


def test_a_link_leads_to_what_it_names(browse):
    page = browse.open("?concept=BLIP&hops=2&types=USES,IS_A&negation=denied")
    assert view(page, "[...view.nodes.keys()].sort()") == ["blip", "stable-diffusion"]
    expect(page.get_by_role("radio", name="2")).to_be_checked()
    expect(page.get_by_role("button", name="Filters · 2")).to_be_visible()


def test_a_filter_changes_what_is_drawn_and_the_address(browse):
    page = browse.open("?concept=CLIP")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("radio", name="Denied").click()
    page.wait_for_url("**negation=denied**")
    wait_until(page, "view.nodes.size === 1")
    expect(page.locator(".table tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    wait_until(page, "view.nodes.size === 2")


def test_a_tap_opens_a_card(watch, app):
    page = watch(app, has_touch=True, viewport={"width": 400, "height": 800}).open("?concept=CLIP")
    at = centre(page, "对比学习")
    page.touchscreen.tap(at["x"], at["y"])
    expect(page.locator(CARD)).to_have_text("Contrastive Learning")


@pytest.mark.parametrize(
    ("tab", "row", "card"),
    [("2 concepts", "Contrastive Learning", "Contrastive Learning"), ("1 relation", "CLIP uses", "CLIP uses")],
)
def test_a_row_of_the_table_opens_its_card(browse, tab, row, card):
    page = browse.open("?concept=CLIP")
    page.get_by_role("tab", name=tab).click()
    page.get_by_role("row").filter(has_text=row).click()
    expect(page.locator(CARD)).to_contain_text(card)
    expect(page.get_by_role("row").filter(has_text=row)).to_have_attribute("aria-selected", "true")


def test_the_table_is_sorted_by_a_heading_and_opened_by_the_keyboard(browse):
    page = browse.open("?concept=CLIP")
    rows = page.locator(".table tbody tr")
    names = ["CLIP", "Contrastive Learning"]
    for wanted in (names, names[::-1]):
        page.locator(".table").get_by_role("button", name="Name", exact=True).press("Enter")
        assert rows.locator("th").all_inner_texts() == wanted
    expect(page.get_by_role("columnheader", name="Name", exact=True)).to_have_attribute("aria-sort", "descending")
    rows.get_by_role("button", name="Contrastive Learning").press("Enter")
    expect(page.locator(CARD)).to_have_text("Contrastive Learning")


def test_labels_turn_from_english_to_chinese(browse):
    page = browse.open("?concept=CLIP")
    assert view(page, "view.label(view.nodes.get('对比学习'))") == ["Contrastive Learning"]
    button = page.get_by_role("button", name="Labels in Chinese, English or both")
    button.click()
    assert view(page, "view.label(view.nodes.get('对比学习'))") == ["对比学习", "Contrastive Learning"]
    button.click()
    assert view(page, "view.label(view.nodes.get('对比学习'))") == ["对比学习"]


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_the_view_is_saved_as_a_picture(browse, kind):
    page = browse.open("?concept=CLIP")
    with page.expect_download() as saved:
        page.get_by_role("button", name=f"Save as {kind}").click()
    data = saved.value.path().read_bytes()
    assert data.startswith(b"\x89PNG" if kind == "PNG" else b"<svg")


def test_the_view_is_taken_along_as_a_page_that_works_alone(browse, chromium, tmp_path):
    page = browse.open("?concept=CLIP")
    page.get_by_role("tab", name="Take along").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="HTML").click()
    file = tmp_path / "view.html"
    saved.value.save_as(file)
    alone = chromium.new_context(offline=True).new_page()
    asked, wrong = [], []
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("pageerror", lambda error: wrong.append(str(error)))
    alone.goto(file.as_uri())
    alone.wait_for_function("() => typeof network === 'object' && Object.keys(network.body.nodes).length >= 2")
    alone.context.close()
    assert (asked, wrong) == ([file.as_uri()], [])


def test_a_link_in_the_evidence_opens_the_note_at_the_sentence(browse):
    page = browse.open("?concept=BLIP&edge=stable-diffusion~USES~blip~not", ready=".quote")
    page.locator(".quote a").click()
    expect(page.locator(".here")).to_contain_text("Stable Diffusion 没有使用 BLIP")
    assert "/notes?" in page.url


def test_a_concept_in_the_notes_opens_its_card(browse):
    page = browse.open("notes", ready=".notes")
    page.locator(".notes a.concept", has_text="对比学习").first.click()
    expect(page.locator(CARD)).to_have_text("Contrastive Learning")


def test_the_language_follows_the_browser_and_the_switch(watch, app):
    chinese = watch(app, locale="zh-CN")
    page = chinese.open()
    expect(page.get_by_role("link", name="探索")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Explore")).to_be_visible()
    assert "lang=en" in page.url


@pytest.mark.parametrize("width", [400, 820])
def test_on_a_narrow_screen_the_card_is_below_the_graph(watch, app, width):
    page = watch(app, viewport={"width": width, "height": 800}).open("?concept=CLIP")
    graph, card = page.locator(".board").bounding_box(), page.locator(CARD).bounding_box()
    assert card["y"] > graph["y"] + graph["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_that_missed_a_step_is_told_what_it_lacks(browse):
    page = browse.open("?concept=BLIP")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("radio", name="Stated").click()
    wait_until(page, "view.nodes.size === 1")
    view(page, "view.kept.now = {...view.kept.now, id: 'another'}")
    page.get_by_role("radio", name="All", exact=True).click()
    wait_until(page, "view.nodes.size === 2")


def test_expanding_sends_only_what_is_new(browse):
    page = browse.page
    sizes = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
    browse.open("?concept=BLIP")
    click(page, "blip")
    expect(page.locator(CARD)).to_have_text("BLIP")
    page.wait_for_timeout(800)
    sizes.clear()
    at = centre(page, "stable-diffusion")
    page.mouse.dblclick(at["x"], at["y"])
    page.wait_for_url("**also=**")
    page.wait_for_timeout(800)
    assert 0 < sum(sizes) < 10_000, json.dumps(sizes)
