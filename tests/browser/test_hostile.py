"""Every payload of ../shared/hostile/xss.json in every place that shows text: it is read, and nothing else happens."""

import json
from urllib.parse import quote

import pytest

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
from graph.query.words import Language
from graph.settings import Settings
from graph.store import open_store
from tests.browser.conftest import FIND, fill, serving
from ui.canvas.page import export_html

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def hostile(shared):
    return json.loads((shared / "hostile" / "xss.json").read_text(encoding="utf-8"))


def file_name(row: dict) -> str:
    """Return a document's path with the payload in it, where it is for that."""
    text = row["payload"].replace("/", "∕") if "file" in row["surfaces"] else ""
    return f"{row['id']:03}{text}.md"


def poisoned(payloads: list[dict]) -> MemoryContent:
    """Return a graph with each payload as every text that it holds, names of files too."""
    concepts, relations, prerequisites = [Concept("hub", "Hub", Kind.METHOD, mentions=99)], [], []
    answer = "TEXT\n\n- TEXT\n\n> TEXT\n\n| a |\n|-|\n| TEXT |\n\n**TEXT** [TEXT](TEXT) `TEXT` $TEXT$"
    for row in payloads:
        text, concept = row["payload"], f"c{row['id']:03}"
        sentence = f"{file_name(row)}#0.1"
        concepts.append(
            Concept(concept, text, Kind.TERM, text, text, (f"also {text}",), f"It is {text}", mentions=row["id"])
        )
        relations += [
            Relation("hub", RelationType.USES, concept, False, 0.9, (sentence,), (text,)),
            Relation(concept, RelationType.IS_A, "hub", True, 0.5, (sentence,), ("rule",)),
        ]
        prerequisites.append(Prerequisite(concept, "hub", 0.5, ("uses:2",)))
    bundles = [bundle(file_name(row), [row], answer) for row in payloads]
    return MemoryContent(
        tuple(sorted([*bundles, bundle("all.md", payloads, answer)], key=lambda one: one.document.path)),
        tuple(sorted(concepts, key=lambda one: one.id)),
        tuple(sorted(relations, key=lambda one: one.key)),
        tuple(prerequisites),
    )


def bundle(path: str, payloads: list[dict], answer: str) -> Bundle:
    """Return a document with a question for each payload."""
    questions, sentences, mentions = [], [], []
    for at, row in enumerate(payloads):
        text, question = row["payload"], f"{path}#{at}"
        questions.append(Question(question, path, at, text[:8], text, answer.replace("TEXT", text), at + 1))
        sentences += [Sentence(f"{question}.{part}", question, part, text, at + 1, 0, len(text)) for part in (0, 1)]
        mentions += [Mention(question, f"c{row['id']:03}", 1, about=True), Mention(question, "hub", 1)]
    title = payloads[0]["payload"]
    return Bundle(Document(path, title, "0" * 64), tuple(questions), tuple(sentences), tuple(mentions))


@pytest.fixture(scope="module")
def poisoned_app(hostile, tmp_path_factory):
    url = fill(tmp_path_factory.mktemp("graph"), poisoned(hostile["payloads"]))
    with serving(url, tmp_path_factory.mktemp("state")) as home:
        yield home


def check(page, never: dict) -> None:
    """See that nothing of what must never be is there."""
    assert page.evaluate(f"typeof window.{never['global_name']}") == "undefined"
    for selector in never["selectors"]:
        assert page.locator(selector).count() == 0, selector


def test_payloads_on_every_page_are_read_as_text(watch, poisoned_app, hostile):
    watched = watch(poisoned_app)
    page = watched.open("?concept=Hub&most=200")
    check(page, hostile["never"])
    for number in range(page.locator(".card details").count()):
        page.locator(".card details").nth(number).evaluate("(one) => (one.open = true)")
    check(page, hostile["never"])
    for address in (
        "",
        "?community=*",
        "library",
        "compare?of=Hub|also%20x",
        "plan?target=Hub",
        "plan?tab=path&from=Hub",
    ):
        watched.open(address, ready="[data-testid=stMainBlockContainer]")
        page.wait_for_timeout(1500)
        check(page, hostile["never"])
    watched.open("cypher?q=MATCH%20(c%3AConcept)-%5Br%5D-(d)%20RETURN%20c%2Cr%2Cd", ready=".editor")
    page.get_by_role("button", name="Run").click()
    page.wait_for_selector("[data-ready=true]")
    check(page, hostile["never"])
    page.get_by_test_id("stButtonGroup").get_by_text("Table").click()
    page.get_by_test_id("stDataFrame").wait_for()
    page.get_by_role("tab", name="My queries").click()
    check(page, hostile["never"])


def test_tooltips_and_labels_are_text(watch, poisoned_app, hostile):
    page = watch(poisoned_app).open("?concept=Hub&most=200")
    for node in page.evaluate(
        """() => {
            const find = (one) => one.shadowRoot?.querySelector('.zhitu-graph');
            const view = [...document.querySelectorAll('*')].map(find).find(Boolean).view;
            for (const id of view.nodes.keys()) view.hover({node: id, x: 50, y: 50});
            for (const id of view.edges.keys()) view.hover({edge: id, x: 50, y: 50});
            return [...view.nodes.values()].map((one) => one.label);
        }"""
    ):
        assert isinstance(node, str)
    check(page, hostile["never"])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as SVG").click()
    svg = saved.value.path()
    watched = page.context.new_page()
    watched.goto(svg.as_uri())
    check(watched, hostile["never"])


def test_each_payload_has_its_own_card(watch, poisoned_app, hostile):
    page = watch(poisoned_app).open("?concept=Hub&most=200")
    for row in hostile["payloads"]:
        page.evaluate(f"{FIND}.view.choose('c{row['id']:03}', false)")
        page.wait_for_url(f"**show=c{row['id']:03}**")
        page.locator(".card .definition").filter(has_text="It is").wait_for()
        check(page, hostile["never"])


def test_payloads_in_the_address_are_said_as_text(watch, poisoned_app, hostile):
    watched = watch(poisoned_app)
    page = watched.page
    payloads = [quote(row["payload"], safe="") for row in hostile["payloads"] if "query" in row["surfaces"]]
    for start in range(0, len(payloads), 8):  # all of these are unknown, and each is said
        names = "|".join(f"zz{text}" for text in payloads[start : start + 8])
        watched.open(f"compare?of={names}", ready="[data-testid=stAlert]")
        check(page, hostile["never"])
    for number, text in enumerate(payloads[::6]):
        watched.open(f"?concept=zz{text}&show={text}&edge={text}&community={text}&also={text}", ready=".card, .facts")
        check(page, hostile["never"])
        others = ("notes?question=TEXT&sentence=TEXT", "plan?target=TEXT|Hub", "notes?document=TEXT&lang=TEXT")
        others += ("cypher?q=TEXT", "plan?tab=path&from=TEXT&to=Hub", "?documents=TEXT&types=TEXT&concept=Hub")
        other = others[number % len(others)].replace("TEXT", text)
        watched.open(other, ready="[data-testid=stMainBlockContainer] h1, .prose, .editor")
        check(page, hostile["never"])


def test_payloads_in_the_notes_are_read_and_clicked(watch, poisoned_app, hostile):
    watched = watch(poisoned_app)
    page = watched.page
    for position in range(0, len(hostile["payloads"]), 10):
        watched.open(f"notes?question=all.md%23{position}", ready=".notes")
        check(page, hostile["never"])
    for row in [row for row in hostile["payloads"] if "file" in row["surfaces"]][::5]:
        watched.open(f"notes?question={quote(file_name(row), safe='')}%230", ready=".notes")
        check(page, hostile["never"])
        page.locator(".notes a").first.dispatch_event("click")
        page.wait_for_selector(".card")
        check(page, hostile["never"])


def test_the_exported_page_shows_payloads_as_text(watch, hostile, tmp_path):
    url = fill(tmp_path / "graph", poisoned(hostile["payloads"]))
    with open_store(Settings(store=url)) as store:
        export_html(store, tmp_path / "graph.html", Language.EN)
    watched = watch(tmp_path.as_uri())
    page = watched.page
    page.goto((tmp_path / "graph.html").as_uri())
    page.wait_for_selector("canvas")
    page.wait_for_timeout(1000)
    check(page, hostile["never"])
    watched.elsewhere = [url for url in watched.elsewhere if not url.startswith("file:")]
