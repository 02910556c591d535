"""Exports that databases read: literals on every store, the script and the import's files on a real Neo4j."""

import os
import shlex
import subprocess
from dataclasses import replace
from itertools import chain

import neo4j
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from graph.export import export
from graph.export.cypher import literal
from graph.model import MemoryContent
from graph.store.base import Limits
from graph.store.rows import concept_edges, note_edges, properties
from graph.store.statements import KEYS
from tests.contents import NASTY, handmade, texts
from tests.neo4j_server.fixtures import lacking
from tests.neo4j_server.server import Server, missing


def nasty() -> MemoryContent:
    """Return a graph whose texts hold all that may go wrong on the way into a database."""
    content = handmade(extra=NASTY)
    empty, note = content.documents
    questions = (replace(note.questions[0], answer="\n".join(NASTY)), *note.questions[1:])
    return replace(content, documents=(empty, replace(note, questions=questions)))


def nodes(content: MemoryContent) -> dict[tuple[str, str], dict]:
    records = chain(
        *((bundle.document, *bundle.questions, *bundle.sentences) for bundle in content.documents), content.concepts
    )
    found = {}
    for record in records:
        label = type(record).__name__
        row = properties(record)
        found[label, row[KEYS[label]]] = {name: list(x) if isinstance(x, tuple) else x for name, x in row.items()}
    return found


def edges(content: MemoryContent) -> list[tuple]:
    rows = chain(note_edges(content.documents), concept_edges(content.relations, content.prerequisites))
    return sorted(
        (each.joint[0], each.source, each.target, sorted(f"{name}={plain(x)}" for name, x in each.properties.items()))
        for each in rows
    )


def plain(value):
    return list(value) if isinstance(value, tuple) else value


def nodes_of(records) -> dict[tuple[str, str], dict]:
    found = {}
    for (node,) in records:
        (label,) = node.labels
        found[label, node[KEYS[label]]] = dict(node)
    return found


def edges_of(records) -> list[tuple]:
    return sorted(
        (edge.type, source, target, sorted(f"{name}={value}" for name, value in edge.items()))
        for edge, source, target in records
    )


NODES = "MATCH (n) RETURN n"
EDGES = "MATCH (a)-[r]->(b) RETURN r, coalesce(a.id, a.path), coalesce(b.id, b.path)"


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts)
def test_a_literal_is_the_value_it_stands_for(store, text):
    store.replace(handmade())
    value = {"text": text, "list": [text, "\\u0041", "a'b"]}
    table = store.query(f"RETURN {literal(value)} AS value", {}, Limits(seconds=20))
    assert table.rows == ((value,),)


@pytest.mark.neo4j
def test_the_script_makes_the_graph_and_running_it_again_changes_nothing(neo4j_settings, neo4j_server, tmp_path):
    del neo4j_settings
    export(nasty(), "cypher", tmp_path / "graph.cypher")
    script = (tmp_path / "graph.cypher").read_text(encoding="utf-8")
    for _ in range(2):
        for statement in script.split(";\n"):
            if statement.strip():
                neo4j_server.run(statement)
        assert nodes_of(neo4j_server.run(NODES)) == nodes(nasty())
        assert edges_of(neo4j_server.run(EDGES)) == edges(nasty())


@pytest.mark.neo4j
@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_neo4j_admin_imports_the_files(tmp_path):
    if reason := missing():
        lacking(reason)
    export(nasty(), "neo4j-admin", tmp_path / "files")
    server = Server(tmp_path / "home")
    tool = tmp_path / "bin" / "neo4j-admin"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {shlex.join(server._command("org.neo4j.cli.AdminTool"))} "$@"\n')
    tool.chmod(0o755)
    environment = {**server._environment(), "PATH": f"{tool.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", tmp_path / "files" / "import.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    server.start()
    try:
        with neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
            with driver.session() as session:
                for statement in (tmp_path / "files" / "finish.cypher").read_text(encoding="utf-8").split(";\n"):
                    if statement.strip():
                        session.run(statement).consume()
            assert nodes_of(driver.execute_query(NODES).records) == nodes(nasty())
            assert edges_of(driver.execute_query(EDGES).records) == edges(nasty())
    finally:
        server.stop()
