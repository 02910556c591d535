"""Exports: what users and other programs rely on, and the way back in."""

import csv
import io
import json
import os
import re
import subprocess
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings

from graph.errors import ExchangeError
from graph.export import FORMS, export, read_json, table_csv
from graph.export.cypher import literal
from graph.model import Concept, Kind, MemoryContent, Relation, RelationType
from graph.store.base import Table
from tests.contents import NASTY, contents, handmade

many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


def tree(path) -> dict[str, bytes]:
    """Return the bytes of a file, or of all files in a folder."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


def graph_of(content, folder) -> dict:
    export(content, "json", folder / "graph.json")
    return json.loads((folder / "graph.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", FORMS)
def test_the_same_content_gives_the_same_bytes(form, tmp_path):
    export(handmade(), form, tmp_path / "out")
    first = tree(tmp_path / "out")
    export(handmade(), form, tmp_path / "out")
    assert tree(tmp_path / "out") == first


@pytest.mark.parametrize("form", FORMS)
def test_nothing_but_the_export_is_left(form, tmp_path):
    export(handmade(), form, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_that_is_missing_is_an_error_that_names_it(form, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExchangeError, match="file"):
        export(handmade(), form, tmp_path / "file" / "out")


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_breaks_off_leaves_the_old_one(form, tmp_path):
    class Breaks(MemoryContent):
        def bundles(self):
            yield from super().bundles()
            raise RuntimeError

    export(handmade(), form, tmp_path / "out")
    before = tree(tmp_path / "out")
    broken = Breaks(handmade().documents, handmade().concepts, handmade().relations)
    with pytest.raises(RuntimeError):
        export(broken, form, tmp_path / "out")
    assert tree(tmp_path / "out") == before


# JSON


def test_json_has_the_documented_form(tmp_path):
    graph = graph_of(handmade(), tmp_path)
    assert (graph["directed"], graph["multigraph"]) == (True, True)
    assert all("id" in node and "label" in node for node in graph["nodes"])
    assert {node["label"] for node in graph["nodes"]} == {"Document", "Question", "Sentence", "Concept"}
    (clip,) = [node for node in graph["nodes"] if node["id"] == "clip"]
    assert clip == {
        "id": "clip",
        "label": "Concept",
        "name": "CLIP",
        "kind": "Model",
        "name_zh": "图文预训练",
        "name_en": "",
        "aliases": ["Contrastive Language-Image Pre-training"],
        "definition": "A model.",
        "mentions": 2,
    }
    (denied,) = [edge for edge in graph["edges"] if edge["type"] == "USES" and edge["negated"]]
    evidence = denied.pop("evidence")
    assert denied == {
        "source": "stable-diffusion",
        "target": "blip",
        "type": "USES",
        "key": "USES denied",
        "negated": True,
        "confidence": 0.75,
        "rules": ["uses-verb"],
    }
    assert evidence == [
        {
            "document": "notes/clip.md",
            "line": 4,
            "text": "Stable Diffusion 没有使用 BLIP。",
            "sentence": "notes/clip.md#1.1",
        }
    ]


def test_json_is_read_by_networkx(tmp_path):
    content = handmade()
    graph = nx.node_link_graph(graph_of(content, tmp_path), edges="edges")
    assert graph.number_of_nodes() == 2 + 2 + 4 + 4
    assert graph.nodes["对比学习"]["name_en"] == "Contrastive Learning"
    assert graph.edges["clip", "对比学习", "USES"]["confidence"] == 0.9
    assert graph.edges["对比学习", "clip", "PREREQUISITE_OF"]["weight"] == 0.5


def test_json_says_nothing_of_where_notes_lie(tmp_path):
    graph_of(handmade(), tmp_path)
    assert "r00t" not in (tmp_path / "graph.json").read_text(encoding="utf-8")


@many
@given(content=contents())
def test_json_comes_back_equal(folder, content):
    export(content, "json", folder / "graph.json")
    assert read_json(folder / "graph.json") == content


@many
@given(content=contents())
def test_node_ids_are_unique(folder, content):
    graph = graph_of(content, folder)
    ids = [node["id"] for node in graph["nodes"]]
    assert len(set(ids)) == len(ids)
    keys = [(edge["source"], edge["target"], edge["key"]) for edge in graph["edges"]]
    assert len(set(keys)) == len(keys)


def test_a_concept_named_like_another_node_keeps_its_identity(tmp_path):
    tricky = ("Question:notes/clip.md#0", "Concept:x", "Document:notes/a.md", "notes/a.md")
    content = handmade(extra=tricky)
    export(content, "json", tmp_path / "graph.json")
    assert read_json(tmp_path / "graph.json") == content


def test_uncertain_relations_can_be_left_out(tmp_path):
    export(handmade(), "json", tmp_path / "graph.json", min_confidence=0.8)
    assert [each.confidence for each in read_json(tmp_path / "graph.json").relations] == [0.9]


# Import


def broken(change, tmp_path):
    graph = graph_of(handmade(), tmp_path)
    change(graph)
    (tmp_path / "graph.json").write_text(json.dumps(graph), encoding="utf-8")
    return tmp_path / "graph.json"


def edge_of(graph, kind):
    return next(edge for edge in graph["edges"] if edge["type"] == kind)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda graph: graph.pop("nodes"), "nodes"),
        (lambda graph: graph["nodes"].append(graph["nodes"][0]), "another node"),
        (lambda graph: graph["nodes"].append({"id": "x"}), "label"),
        (lambda graph: graph["nodes"].append({"id": 1, "label": "Concept"}), "no id"),
        (lambda graph: graph["nodes"].append({"id": "x", "label": "Concept", "name": "x", "kind": "No"}), "No"),
        (lambda graph: graph["nodes"].append({"id": "x", "label": "Concept", "name": 1, "kind": "Term"}), "name"),
        (lambda graph: graph["nodes"].pop(1), "does not join|missing"),
        (lambda graph: edge_of(graph, "USES").update(source="nothing"), "does not join"),
        (lambda graph: edge_of(graph, "USES").update(source="Document:notes/a.md"), "does not join"),
        (lambda graph: edge_of(graph, "USES").update(evidence=[]), "evidence"),
        (lambda graph: edge_of(graph, "USES").update(rules=[]), "rule"),
        (lambda graph: edge_of(graph, "USES")["evidence"][0].update(sentence="nothing"), "missing"),
        (lambda graph: edge_of(graph, "USES").update(confidence=1.5), "1.5"),
        (lambda graph: edge_of(graph, "USES").update(negated="yes"), "negated"),
        (lambda graph: graph["edges"].append(edge_of(graph, "USES")), "twice"),
        (
            lambda graph: graph["edges"].append({"source": "clip", "target": "对比学习", "type": "PREREQUISITE_OF"}),
            "go round",
        ),
    ],
)
def test_a_graph_that_is_not_whole_is_refused_with_the_reason(change, message, tmp_path):
    path = broken(change, tmp_path)
    with pytest.raises(ExchangeError, match=message) as caught:
        read_json(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"nodes": 1, "edges": []}', b"null"])
def test_what_is_no_graph_is_refused(data, tmp_path):
    (tmp_path / "graph.json").write_bytes(data)
    with pytest.raises(ExchangeError, match="no node-link graph"):
        read_json(tmp_path / "graph.json")


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ExchangeError, match=r"nothing\.json"):
        read_json(tmp_path / "nothing.json")


def test_edges_of_other_types_are_passed_over(tmp_path):
    path = broken(lambda graph: graph["edges"].append({"source": "a", "target": "b", "type": "LIKES"}), tmp_path)
    assert read_json(path).relations == handmade().relations


# GraphML


@many
@given(content=contents())
def test_graphml_is_read_back_by_networkx(folder, content):
    export(content, "graphml", folder / "graph.graphml")
    graph = nx.read_graphml(folder / "graph.graphml", force_multigraph=True)
    nodes = graph_of(content, folder)
    assert graph.number_of_nodes() == len(nodes["nodes"])
    assert graph.number_of_edges() == len(nodes["edges"])


def test_graphml_carries_names_and_evidence(tmp_path):
    export(handmade(), "graphml", tmp_path / "graph.graphml")
    graph = nx.read_graphml(tmp_path / "graph.graphml", force_multigraph=True)
    assert graph.nodes["clip"]["name"] == "CLIP"
    assert graph.nodes["clip"]["mentions"] == 2
    assert graph.nodes["Question:notes/clip.md#0"]["properties"] == "difficulty=3"
    edge = graph.edges["stable-diffusion", "blip", "USES denied"]
    assert edge["negated"] is True
    assert edge["evidence"] == "notes/clip.md:4: Stable Diffusion 没有使用 BLIP。"


# CSV


def test_csv_has_a_row_for_each_sentence_of_evidence(tmp_path):
    export(handmade(), "csv", tmp_path / "graph.csv")
    with (tmp_path / "graph.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {
        "source": "Stable Diffusion",
        "type": "USES",
        "target": "BLIP",
        "negated": "true",
        "confidence": "0.75",
        "document": "notes/clip.md",
        "line": "4",
        "text": "Stable Diffusion 没有使用 BLIP。",
    }
    assert len(rows) == 2


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_no_cell_is_a_formula(name, tmp_path):
    content = handmade()
    danger = Concept("danger", name, Kind.TERM)
    relation = Relation("danger", RelationType.USES, "clip", False, 0.5, ("notes/clip.md#0.1",), ("r",))
    content = replace(content, concepts=(*content.concepts, danger), relations=(relation,))
    export(content, "csv", tmp_path / "graph.csv")
    with (tmp_path / "graph.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][0] == f"'{name}"


def test_a_querys_result_becomes_csv():
    node = {"~id": "1", "~labels": ["Concept"], "name": "对比学习"}
    table = Table(
        ("n", "text", "number", "yes", "none"), ((node, "=1", -1, True, None), ([1, "a"], 'b,"c"', 0.5, False, None))
    )
    rows = list(csv.reader(io.StringIO(table_csv(table))))
    assert rows[0] == ["n", "text", "number", "yes", "none"]
    assert json.loads(rows[1][0]) == node
    assert rows[1][1:] == ["'=1", "-1", "true", ""]
    assert rows[2] == ['[1, "a"]', 'b,"c"', "0.5", "false", ""]


# Cypher


@pytest.mark.parametrize("text", NASTY)
def test_a_literal_stays_on_its_line_and_inside_its_quotes(text):
    written = literal(text)
    inside = re.sub(r"\\(u[0-9a-f]{4}|.)", "", written[1:-1])
    assert "'" not in inside
    assert "\\" not in inside
    assert written.isprintable() or " " in written
    assert not re.search(r"[\x00-\x1f\u200b\u2028\u202e]", written)


def test_literals_of_all_types():
    value = {"a": [1, 2.5, True, "x'y\\z\n"], "b": {}}
    assert literal(value) == r"{`a`: [1, 2.5, true, 'x\'y\\z\n'], `b`: {}}"


def test_cypher_is_constraints_then_nodes_then_edges(tmp_path):
    export(handmade(), "cypher", tmp_path / "graph.cypher")
    script = (tmp_path / "graph.cypher").read_text(encoding="utf-8")
    statements = [each.strip() for each in script.removeprefix(script.partition("\n")[0]).split(";\n") if each.strip()]
    kinds = [
        "CREATE" if each.startswith("CREATE") else "edge" if "MATCH (a:" in each else "node" for each in statements
    ]
    assert kinds == sorted(kinds, key=["CREATE", "node", "edge"].index)
    assert sum("MERGE (a)-[r:USES {negated: row.properties.negated}]->(b)" in each for each in statements) == 1


def test_cypher_comes_in_statements_of_bounded_size(tmp_path):
    names = [f"name {number}" for number in range(2_500)]
    export(handmade(extra=names), "cypher", tmp_path / "graph.cypher")
    script = (tmp_path / "graph.cypher").read_text(encoding="utf-8")
    assert script.count("MERGE (n:Concept") == 3


# neo4j-admin


def test_neo4j_admin_files_fit_their_command(tmp_path):
    export(handmade(), "neo4j-admin", tmp_path / "out")
    command = (tmp_path / "out" / "import.sh").read_text(encoding="utf-8")
    named = re.findall(r"[a-z_]+\.csv", command)
    assert sorted(named) == sorted(path.name for path in (tmp_path / "out").glob("*.csv"))
    for path in (tmp_path / "out").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert all(len(row) == len(header) for row in rows), path.name
    with (tmp_path / "out" / "relations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == ["clip", "对比学习", "USES", "false", "0.9", "notes/clip.md#0.1", "uses-verb"]


def test_neo4j_admin_lists_are_joined_by_what_no_text_has(tmp_path):
    content = handmade()
    concept = Concept("x", "x", Kind.TERM, aliases=("a;b", "c\x1fd"))
    export(replace(content, concepts=(*content.concepts, concept)), "neo4j-admin", tmp_path / "out")
    with (tmp_path / "out" / "concepts.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[-1][5] == "a;b\x1fc d"


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_neo4j_admin_command_is_a_shell_script(tmp_path):
    export(handmade(), "neo4j-admin", tmp_path / "out")
    tool = tmp_path / "neo4j-admin"
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    tool.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(tmp_path / "out" / "import.sh"), "notes"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    arguments = done.stdout.splitlines()
    assert arguments[:4] == ["database", "import", "full", "notes"]
    assert "--nodes=Concept=concepts.csv" in arguments
    assert "--relationships=relations.csv" in arguments
