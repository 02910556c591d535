"""Measure loading a graph into both stores, against what a hand would write, over the same rows in one run.

    python bench/neo4j_load.py [--quick] [--output docs/loading.md]

- *bare loop*: the driver, constraints, ``UNWIND`` batches with ``MERGE``, nothing else: no comparison with what is
  there, no lock, no version.
- *one MERGE a row*: the same statements, a row and a transaction each; on some of the rows, as all would take too
  long.

The graph is made up: 50,000 concepts and 300,000 relations, each with evidence. Each way begins with an empty
database, on a server started for this (or NEO4J_URI, which has to be empty). Wholes are measured by turns, and the
best of each counts, as other work on the machine only ever adds. `--quick` proves only that everything runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j

from graph.model import Bundle, Concept, Document, Kind, MemoryContent, Question, Relation, RelationType, Sentence
from graph.settings import Settings
from graph.store import open_store
from graph.store.base import Limits
from graph.store.rows import concept_edges, properties
from graph.store.statements import MERGE_EDGE, MERGE_NODE, NEO4J_SCHEMA

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.neo4j_server.fixtures import Access, remove_all, shared_server

_BATCH = 10_000
_TYPES = tuple(RelationType)


def made_up(concepts: int, relations: int) -> MemoryContent:
    """Return a graph of this size, always the same; few concepts have many relations, as in notes."""
    chance = random.Random(7)  # noqa: S311 -- no secret
    ids = [f"concept-{number:06}" for number in range(concepts)]
    sentence = Sentence("note.md#0.0", "note.md#0", 0, "All of it.", 1, 0, 10)
    keys: set[tuple[str, RelationType, str]] = set()
    while len(keys) < relations:
        source = ids[int(concepts * chance.random() ** 2)]
        keys.add((source, chance.choice(_TYPES), ids[int(concepts * chance.random() ** 2)]))
    note = Bundle(
        Document("note.md", "Note", "0" * 64), (Question("note.md#0", "note.md", 0, "", "All", "", 1),), (sentence,), ()
    )
    return MemoryContent(
        (note,),
        tuple(Concept(each, each, Kind.TERM, definition=f"What {each} is.", mentions=1) for each in ids),
        tuple(Relation(*key, False, 0.8, (sentence.id,), ("uses-verb",)) for key in sorted(keys)),
    )


def statements(content: MemoryContent) -> Iterator[tuple[str, list[dict]]]:
    """Yield statements with their rows, as the bare ways run them."""
    yield f"UNWIND $rows AS row {MERGE_NODE['Concept']}", [properties(each) for each in content.concepts]
    rows: dict[str, list[dict]] = {}
    for joint, source, target, found in concept_edges(content.relations, ()):
        rows.setdefault(MERGE_EDGE[joint], []).append({"source": source, "target": target, "properties": found})
    for clause, some in rows.items():
        yield f"UNWIND $rows AS row {clause}", some


def bare_loop(access: Access, work: list[tuple[str, list[dict]]]) -> None:
    """Load by the driver alone."""
    with neo4j.GraphDatabase.driver(access.uri, auth=(access.user, access.password)) as driver:
        for statement in NEO4J_SCHEMA:
            driver.execute_query(statement)
        for statement, rows in work:
            for start in range(0, len(rows), _BATCH):
                driver.execute_query(statement, rows=rows[start : start + _BATCH])


def row_by_row(access: Access, work: list[tuple[str, list[dict]]], some: int) -> float:
    """Return rows a second of a transaction for each, over `some` concepts and as many relations between them."""
    concepts, relations = work[0], work[1]
    with neo4j.GraphDatabase.driver(access.uri, auth=(access.user, access.password)) as driver:
        for statement in NEO4J_SCHEMA:
            driver.execute_query(statement)
        driver.execute_query(concepts[0], rows=concepts[1][some:])
        begin = time.perf_counter()
        for statement, rows in (concepts, relations):
            for row in rows[:some]:
                driver.execute_query(statement, rows=[row])
        return 2 * some / (time.perf_counter() - begin)


def wipe(access: Access) -> None:
    """Empty the database, and let the server forget its plans for a larger one."""
    remove_all(access)
    access.run("CALL db.clearQueryCaches()")


def into(settings: Settings, content: MemoryContent) -> None:
    """Load as `zhitu ingest` does."""
    with open_store(settings) as store:
        store.replace(content)


def embedded_seconds(content: MemoryContent) -> float:
    """Return how long a load into a new embedded store takes, with the first statement, which loads the engine."""

    def load(folder: str) -> None:
        with open_store(Settings(store=f"embedded:{folder}/graph")) as store:
            store.replace(content)
            store.query("RETURN 1", {}, Limits(seconds=60))

    with tempfile.TemporaryDirectory() as folder:
        return seconds(lambda: load(folder))


def _version() -> str:
    (record,) = shared_server().run("CALL dbms.components() YIELD versions RETURN versions[0] AS version")
    return str(record["version"])


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(concepts: int, relations: int, runs: int, some: int) -> list[tuple[str, float, str]]:
    """Return rows of what was measured: way, rows a second, goal and what came of it."""
    content, access = made_up(concepts, relations), shared_server()
    work, total = list(statements(content)), concepts + relations
    best = {"bare": 0.0, "zhitu": 0.0, "embedded": 0.0}
    wipe(access)
    bare_loop(access, [(statement, rows[: _BATCH // 10]) for statement, rows in work])  # the server's compilers wake up
    for _ in range(runs):
        wipe(access)
        best["bare"] = max(best["bare"], total / seconds(lambda: bare_loop(access, work)))
        wipe(access)
        best["zhitu"] = max(best["zhitu"], total / seconds(lambda: into(access.settings(), content)))
        best["embedded"] = max(best["embedded"], total / embedded_seconds(content))
    wipe(access)
    single = row_by_row(access, work, some)
    wipe(access)
    return [
        ("bare UNWIND loop into Neo4j", best["bare"], "the reference"),
        ("Zhitu into Neo4j", best["zhitu"], f"{best['zhitu'] / best['bare']:.2f} of the bare loop (goal: 0.8)"),
        ("one MERGE a row into Neo4j", single, f"Zhitu is {best['zhitu'] / single:.0f} times as fast (goal: 50)"),
        (
            "Zhitu into the embedded store",
            best["embedded"],
            f"{best['embedded'] / best['zhitu']:.2f} of into Neo4j (goal: 1)",
        ),
    ]


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small graph, once")
    parser.add_argument("--output", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    size = (500, 2_000, 1, 50) if options.quick else (50_000, 300_000, 2, 1_000)
    lines = [
        f"# Loading {size[0]:,} concepts and {size[1]:,} relations",
        "",
        f"By `python bench/neo4j_load.py{' --quick' if options.quick else ''}`, which says what is measured, and how.",
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Neo4j {_version()} on the machine.",
        "Rows are concepts and relations.",
        "",
        "| way | rows a second | |",
        "| --- | ---: | --- |",
        *(f"| {way} | {rate:,.0f} | {what} |" for way, rate, what in measure(*size)),
    ]
    print("\n".join(lines))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
