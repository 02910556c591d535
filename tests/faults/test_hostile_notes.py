"""Each hostile note through the whole command: what must come of it, and what must hold whatever comes of it."""

import csv
import functools
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import pytest

from graph.errors import NoteError
from graph.export import read_json
from graph.model import MemoryContent
from graph.settings import load_settings
from ingest.read import find_notes, read_note
from tests.conftest import SHARED
from tests.soundness import (
    OBEYED,
    ZERO_WIDTH,
    content_of,
    export_all,
    exported,
    named,
    report_of,
    states,
    strings,
    unsound,
    zhitu,
)

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("shared", "warm_engine")]

NOTES = SHARED / "hostile" / "notes"
CASES = json.loads((SHARED / "hostile" / "notes.json").read_text("utf-8")) if SHARED.is_dir() else {}
SETTINGS = load_settings({})


@dataclass(frozen=True)
class Outcome:
    """What became of a note that was ingested alone."""

    code: int
    stdout: str
    stderr: str
    content: MemoryContent
    folder: Path

    @property
    def refused(self) -> bool:
        return bool(self.report["failures"])

    @property
    def report(self) -> dict:
        return json.loads(self.stdout)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """Return a function that ingests a note alone, once."""

    @functools.cache
    def ingest(name: str) -> Outcome:
        folder = tmp_path_factory.mktemp("hostile")
        shutil.copy(NOTES / name, folder / name)
        url = f"embedded:{folder / 'store'}"
        result = zhitu("--store", url, "ingest", folder / name, "--format", "json")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return Outcome(result.exit_code, result.stdout, result.stderr, content_of(url), folder)

    return ingest


def texts_of(paths) -> dict[str, str]:
    """Return the decoded text of each note that can be read."""
    texts = {}
    for found in find_notes(paths, SETTINGS)[0]:
        try:
            texts[found.path] = read_note(found, SETTINGS).text
        except NoteError:
            continue
    return texts


each_note = pytest.mark.parametrize("name", CASES)


@each_note
def test_a_hostile_note_becomes_what_it_must(ingested, name):
    outcome, case = ingested(name), CASES[name]
    assert outcome.refused if case["must"] == "error" else case["must"] == "either" or not outcome.refused
    assert outcome.code == (1 if outcome.refused else 0)
    if "line" in case:
        told = outcome.report["failures" if outcome.refused else "notices"]
        assert case["line"] in [notice["line"] for notice in told]
    assert not any(text in held for text in case.get("never", []) for held in strings(outcome.content))
    assert not any(text in outcome.stdout + outcome.stderr for text in case.get("never", []))
    if not outcome.refused:
        check_content(outcome.content, case)


def check_content(content: MemoryContent, case: dict) -> None:
    """Assert the keys of notes.json that hold for what was ingested."""
    if "questions" in case:
        assert sum(len(bundle.questions) for bundle in content.documents) == case["questions"]
    bodies = [ZERO_WIDTH.sub("", question.answer) for bundle in content.documents for question in bundle.questions]
    bodies += [ZERO_WIDTH.sub("", sentence.text) for bundle in content.documents for sentence in bundle.sentences]
    assert [text for text in case.get("holds", []) if not any(text in body for body in bodies)] == []
    assert [name for name in case.get("no_concepts", []) if named(content, name)] == []
    for names in case.get("one_concept", []):
        assert len(set().union(*(named(content, name) for name in names))) <= 1
    for source, type_, target in case.get("no_relations", []):
        assert not states(content, source, type_, target, negated=False)
    missing = [one for one in case.get("relations", []) if not states(content, *one[:3], negated=one[3])]
    assert missing == []


@each_note
def test_an_error_of_a_hostile_note_is_one_line_that_names_it(ingested, name):
    outcome = ingested(name)
    assert not OBEYED.search(outcome.stdout + outcome.stderr)
    assert "Traceback" not in outcome.stdout + outcome.stderr
    if outcome.refused:
        assert outcome.stderr.startswith(f"zhitu: {name}:")
        assert outcome.stderr.count("\n") == 1


@each_note
def test_the_graph_of_a_hostile_note_is_sound(ingested, name):
    outcome = ingested(name)
    assert unsound(outcome.content, texts_of([outcome.folder / name])) == []
    assert not list(outcome.folder.rglob("pwned"))
    assert not Path("pwned").exists()


@each_note
def test_the_exports_of_a_hostile_note_can_be_read(ingested, name, tmp_path):
    check_exports(ingested(name).content, tmp_path)


def check_exports(content: MemoryContent, folder: Path) -> None:
    """Assert that what is written can be read back, and holds the graph."""
    paths = export_all(content, folder)
    read = read_json(paths["json"])
    assert (tuple(read.concepts), tuple(read.relations)) == (content.concepts, content.relations)
    assert tuple(read.bundles()) == content.documents
    linked = nx.node_link_graph(json.loads(paths["json"].read_text("utf-8")), edges="edges")
    graphml = nx.read_graphml(paths["graphml"], force_multigraph=True)
    assert set(graphml) == set(linked)
    assert graphml.number_of_edges() == linked.number_of_edges()
    with paths["csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == 1 + sum(len(relation.evidence) for relation in content.relations)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    script = paths["cypher"].read_text("utf-8")
    assert script.rstrip().endswith(";")
    assert not OBEYED.search(script)
    for path in (paths["csv"], paths["graphml"]):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", path.read_text("utf-8"))


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Return the store of all hostile notes, with what the command said."""
    url = f"embedded:{tmp_path_factory.mktemp('together') / 'store'}"
    return url, zhitu("--store", url, "ingest", NOTES, "--format", "json")


def test_bad_notes_cost_no_other(together):
    url, result = together
    content = content_of(url)
    refused = {failure["path"] for failure in report_of(result)["failures"]}
    assert {name for name, case in CASES.items() if case["must"] == "error"} <= refused
    assert {bundle.document.path for bundle in content.documents} == set(CASES) - refused
    assert unsound(content, texts_of([NOTES])) == []
    assert result.exit_code == 1
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == sorted(refused)


def test_a_ring_of_prerequisites_is_told_with_the_edge_given_up(together):
    messages = " ".join(notice["message"] for notice in report_of(together[1])["notices"])
    assert "given up" in messages
    assert "→" in messages


def test_the_order_of_hostile_notes_is_irrelevant(together, tmp_path):
    files = sorted(NOTES.iterdir(), key=lambda path: path.stem[::-1])
    url = f"embedded:{tmp_path / 'store'}"
    for group in (files[:9], files[9:10], files[10:]):
        zhitu("--store", url, "ingest", *group)
    assert exported(url, tmp_path) == exported(together[0], tmp_path)


def test_a_second_ingest_of_hostile_notes_changes_nothing(together, tmp_path):
    url, _ = together
    before = exported(url, tmp_path)
    report = report_of(zhitu("--store", url, "ingest", NOTES, "--format", "json"))
    assert not report["changed"]
    assert exported(url, tmp_path) == before


def test_the_exports_of_all_hostile_notes_can_be_read(together, tmp_path):
    check_exports(content_of(together[0]), tmp_path)


def test_no_command_prints_what_a_terminal_obeys(together):
    url, result = together
    names = [concept.name for concept in content_of(url).concepts]
    printed = result.output + zhitu("--store", url, "stats").output
    for name in names:
        for form in ("table", "json"):
            printed += zhitu("--store", url, "show", name, "--format", form).output
    assert not OBEYED.search(printed)


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_settings")
def test_the_cypher_of_all_hostile_notes_makes_the_graph_in_neo4j(together, tmp_path, neo4j_server):
    content = content_of(together[0])
    script = exported(together[0], tmp_path, "cypher").decode()
    for statement in script.split(";\n"):
        if statement.strip():
            neo4j_server.run(statement)
    counted = neo4j_server.run("MATCH (n) UNWIND labels(n) AS label RETURN label, count(*) AS n")
    counts = {row["label"]: row["n"] for row in counted}
    assert counts["Concept"] == len(content.concepts)
    assert counts["Sentence"] == sum(len(bundle.sentences) for bundle in content.documents)
    texts = {row["text"] for row in neo4j_server.run("MATCH (s:Sentence) RETURN s.text AS text")}
    assert texts == {sentence.text for bundle in content.documents for sentence in bundle.sentences}
