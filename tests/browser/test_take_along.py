"""What is taken along opens as what it says: each file is read by what reads such files."""

import csv
import io
import json
import zipfile
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from graph.export import read_json


@pytest.fixture
def save(browse, tmp_path):
    """Return a function that saves a file of a view, or of everything, and returns its path."""
    page = browse.open("?concept=CLIP")
    page.get_by_role("tab", name="Take along").click()

    def do(name: str, *, whole: bool = False):
        buttons = page.get_by_role("tabpanel", name="Take along").get_by_role("button", name=name, exact=True)
        with page.expect_download() as saved:
            (buttons.last if whole else buttons.first).click()
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        return path

    return do


@pytest.mark.parametrize(
    ("whole", "names"), [(False, {"CLIP", "对比学习"}), (True, {"BLIP", "CLIP", "Stable Diffusion", "对比学习"})]
)
def test_graphml_csv_and_json_hold_the_view_or_everything(save, whole, names):
    graph = nx.read_graphml(save("GraphML", whole=whole))
    assert {data["name"] for _, data in graph.nodes(data=True) if data["label"] == "Concept"} == names
    rows = list(csv.DictReader(io.StringIO(save("CSV", whole=whole).read_text("utf-8-sig"))))
    assert {row[end] for row in rows for end in ("source", "target")} == names
    path = save("JSON", whole=whole)
    assert {concept.name for concept in read_json(path).concepts} == names
    data = json.loads(path.read_text("utf-8"))
    assert {tie["type"] for tie in data["edges"]} >= {"USES"}


def test_the_vault_has_a_page_for_each_concept_with_links_and_evidence(save):
    with zipfile.ZipFile(save("Obsidian")) as vault:
        assert vault.testzip() is None
        assert len(vault.namelist()) == 4
        page = vault.read("Zhitu/CLIP.md").decode()
    assert "[[对比学习]]" in page
    assert "CLIP uses 对比学习." in page


def test_the_deck_has_a_card_for_each_question_and_definition(save):
    lines = save("Anki").read_text("utf-8").splitlines()
    cards = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {front for front, _, _ in cards} == {"What is CLIP?", "And BLIP?", "CLIP"}


def test_the_script_names_every_concept(save):
    text = save("Cypher").read_text("utf-8")
    assert all(name in text for name in ("CLIP", "Stable Diffusion", "对比学习"))


def test_a_picture_says_in_words_what_is_denied_and_strikes_it(browse):
    page = browse.open("?concept=BLIP")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as SVG").click()
    root = ET.parse(saved.value.path()).getroot()  # noqa: S314  of our own app
    titles = [each.text for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["Stable Diffusion does not use BLIP"]
    strokes = [each.get("stroke-width") for each in root.iter("{http://www.w3.org/2000/svg}path")]
    assert "2.2" in strokes
