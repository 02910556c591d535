"""Measure paths and plans on a large graph, beside Neo4j's own search for the same, in one run.

    python bench/paths.py [--quick] [--output docs/paths.md]

The graph is made up (see neo4j_load.py): 50,000 concepts and 300,000 relations, and two prerequisites for most concepts
inside topics of 200. All is asked warm: the view stands in memory, Neo4j has been asked all pairs once before.

- *path*: `graph.query.paths`, with its relations and words, beside ``shortestPath`` over the same relation types.
- *plan*: `graph.query.plan`, in order, with reasons and reading times, beside the bare set of all that comes before,
  by a variable-length pattern.

Both sides must agree on lengths and sets, or nothing is written. `--quick` proves only that everything runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import neo4j
from neo4j_load import made_up, wipe  # beside this script

from graph.errors import NoPathError
from graph.model import MemoryContent, Prerequisite, RelationType
from graph.query.paths import paths
from graph.query.plan import plan
from graph.query.view import GraphView, view_of
from graph.store import open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.neo4j_server.fixtures import Access, shared_server

_TOPIC = 200
_TYPES = "|".join(RelationType)
_PATH = f"""
MATCH (a:Concept {{id: $source}}), (b:Concept {{id: $target}})
MATCH p = shortestPath((a)-[:{_TYPES}*..15]-(b))
RETURN length(p) AS length
"""
_BEFORE = """
MATCH (t:Concept {id: $target})
OPTIONAL MATCH (one:Concept)-[:PREREQUISITE_OF*]->(t)
RETURN count(DISTINCT one) AS length
"""
#: What was asked, with how long each answer took, in milliseconds, and how large it was.
Timed = tuple[list[float], list[int]]


def with_prerequisites(content: MemoryContent) -> MemoryContent:
    """Return the graph with up to two prerequisites a concept, each earlier in its topic."""
    chance = random.Random(11)  # noqa: S311 -- no secret
    pairs = {}
    for number, concept in enumerate(content.concepts):
        begin = number - number % _TOPIC
        for first in {chance.randrange(begin, number) for _ in range(2)} if number > begin else ():
            key = content.concepts[first].id, concept.id
            pairs[key] = Prerequisite(*key, 0.8, ("order",))
    return replace(content, prerequisites=tuple(pairs[key] for key in sorted(pairs)))


def timed(questions: Sequence[dict[str, str]], ask: Callable[[dict[str, str]], int]) -> Timed:
    """Ask all once to warm up, then once more with a clock."""
    for question in questions:
        ask(question)
    spent, found = [], []
    for question in questions:
        begin = time.perf_counter()
        found.append(ask(question))
        spent.append((time.perf_counter() - begin) * 1000)
    return spent, found


def measure(concepts: int, relations: int, count: int) -> list[tuple[str, Timed]]:
    """Return what was measured, by the way it was asked."""
    content, access = with_prerequisites(made_up(concepts, relations)), shared_server()
    wipe(access)
    with open_store(access.settings(), write=True) as store:
        store.replace(content)
    view = view_of(content)
    chance = random.Random(5)  # noqa: S311 -- no secret
    ids = [concept.id for concept in content.concepts]
    pairs = [dict(zip(("source", "target"), chance.sample(ids, 2), strict=True)) for _ in range(count)]
    targets = [{"target": chance.choice(ids)} for _ in range(count)]
    found = [
        ("path, Zhitu", timed(pairs, lambda one: _path(view, one))),
        ("path, Neo4j's shortestPath", _neo4j(access, _PATH, pairs)),
        ("plan, Zhitu", timed(targets, lambda one: len(plan(view, [one["target"]]).steps) - 1)),
        ("plan, Neo4j's set of what comes before", _neo4j(access, _BEFORE, targets)),
    ]
    wipe(access)
    for (_, ours), (way, theirs) in zip(found[::2], found[1::2], strict=True):
        if ours[1] != theirs[1]:
            sys.exit(f"paths: {way} gives other answers than Zhitu.")
    return found


def _path(view: GraphView, question: dict[str, str]) -> int:
    try:
        return len(paths(view, question["source"], question["target"])[0].steps)
    except NoPathError:
        return 0


def _neo4j(access: Access, statement: str, questions: Sequence[dict[str, str]]) -> Timed:
    """Ask by one session, as an application would keep one."""
    with neo4j.GraphDatabase.driver(access.uri, auth=(access.user, access.password)) as driver:  # noqa: SIM117 -- long
        with driver.session(database=access.database or None) as session:

            def ask(question: dict[str, str]) -> int:
                record = session.run(statement, question).single()
                return record["length"] if record else 0

            return timed(questions, ask)


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small graph, few questions")
    parser.add_argument("--output", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    size = (600, 2_400, 10) if options.quick else (50_000, 300_000, 300)
    lines = [
        f"# Paths and plans among {size[0]:,} concepts and {size[1]:,} relations",
        "",
        f"By `python bench/paths.py{' --quick' if options.quick else ''}`, which says what is measured, and how:",
        f"{size[2]} questions each, warm, the same ones of both; {os.cpu_count()} processors, {platform.system()}",
        f"{platform.machine()}. Goals: a path in 10 ms at the median, a plan in 50 ms. Size: steps of a path, concepts",
        "that come before.",
        "",
        "| | median | 95 of 100 within | median size | largest |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_row(way, *found) for way, found in measure(*size)),
    ]
    print("\n".join(lines))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(way: str, spent: Sequence[float], found: Sequence[int]) -> str:
    most = statistics.quantiles(spent, n=20)[-1]
    return (
        f"| {way} | {statistics.median(spent):.2f} ms | {most:.2f} ms | {statistics.median(found):.0f} | {max(found)} |"
    )


if __name__ == "__main__":
    main()
