"""The benchmark of `make bench` runs, in its smallest form, and writes what it measured."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.neo4j_server.fixtures import remove_all

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_the_benchmark_runs(tmp_path):
    output = tmp_path / "docs" / "performance.md"
    command = [sys.executable, ROOT / "bench" / "run.py", "--quick", "--output", output]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    text = output.read_text("utf-8")
    assert all(f"\n## {chapter}\n" in text for chapter in ("Ingest", "Start", "Queries", "Under load"))
    assert "| bare jieba |" in text
    assert "2-hop neighbourhood" in text


@pytest.fixture
def on_neo4j(neo4j_server, tmp_path):
    """Return a function that runs a benchmark on an empty server, and returns what it wrote."""

    def run(name):
        remove_all(neo4j_server)
        output = tmp_path / f"{name}.md"
        command = [sys.executable, ROOT / "bench" / f"{name}.py", "--quick", "--output", output]
        server = {
            "NEO4J_URI": neo4j_server.uri,
            "NEO4J_USER": neo4j_server.user,
            "NEO4J_PASSWORD": neo4j_server.password,
            "NEO4J_DATABASE": neo4j_server.database,
        }
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={**os.environ, **server})
        return output.read_text("utf-8")

    return run


@pytest.mark.neo4j
@pytest.mark.timeout(600)
def test_the_benchmark_of_loading_runs(on_neo4j):
    assert on_neo4j("neo4j_load").count("|") > 20


@pytest.mark.neo4j
@pytest.mark.timeout(600)
def test_the_benchmark_of_paths_runs(on_neo4j):
    assert on_neo4j("paths").count(" ms |") == 8
