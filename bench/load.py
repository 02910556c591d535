"""Measure how fast a graph is stored, against the engine's own bulk load of the same rows in the same run.

    python bench/load.py [--concepts 50000] [--relations 300000] [--store URL]

The reference does the least that could be called a load: ArcadeDB's `graph_batch` with nodes of an
id and a name, edges without properties, no index, nothing checked, nothing synced. The ratio shows
what a store adds to that: all properties with their lists, indexes, the index of names, the version,
the sidecar for reading without Java, and a swap that survives a power cut. Prints Markdown.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from graph.model import (
    Bundle,
    Concept,
    Content,
    Document,
    Kind,
    MemoryContent,
    Question,
    Relation,
    RelationType,
    Sentence,
)
from graph.settings import load_settings
from graph.store import open_store

_BARE = """
import sys
from arcadedb_embedded import DatabaseFactory

folder, concepts, relations = sys.argv[1], int(sys.argv[2]), sys.stdin.read().split()
database = DatabaseFactory(folder, jvm_kwargs={"heap_size": "512m"}).create()
database.schema.create_vertex_type("Concept", 1)
database.schema.create_edge_type("USES", 1)
with database.graph_batch() as batch:
    rids = batch.create_vertices("Concept", [{"id": f"c{n}", "name": f"Concept {n}"} for n in range(concepts)])
    batch.new_edges([rids[int(n)] for n in relations[::2]], "USES", [rids[int(n)] for n in relations[1::2]])
database.close()
"""


def made(concepts: int, relations: int) -> MemoryContent:
    """Return a graph in which few concepts have most relations, as in notes."""
    chance = random.Random(1)  # noqa: S311 -- the same graph each time
    keys: set[tuple[str, RelationType, str, bool]] = set()
    while len(keys) < relations:
        source, target = chance.randrange(concepts), int(concepts * chance.random() ** 3)
        keys.add((_id(source), chance.choice(list(RelationType)), _id(target), chance.random() < 0.05))
    sentence = Sentence("n.md#0.0", "n.md#0", 0, "Concept 1 uses concept 2.", 1, 0, 25)
    question = Question("n.md#0", "n.md", 0, "1", "A question", "An answer.", 1)
    return MemoryContent(
        (Bundle(Document("n.md", "Notes", "0" * 64), (question,), (sentence,), ()),),
        tuple(
            Concept(_id(n), f"Concept {n}", Kind.TERM, f"概念{n}", f"Concept {n}", (f"Alias {n}",), "A definition.", 1)
            for n in range(concepts)
        ),
        tuple(Relation(*key, 0.5, (sentence.id,), ("rule",)) for key in sorted(keys)),
    )


def _id(number: int) -> str:
    return f"c{number:09d}"


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that it takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def bare(folder: Path, content: MemoryContent) -> None:
    """Load ids and ends alone, in a process of its own like the store's engine."""
    ends = " ".join(f"{int(each.source[1:])} {int(each.target[1:])}" for each in content.relations)
    command = [sys.executable, "-c", _BARE, str(folder / "bare"), str(len(content.concepts))]
    subprocess.run(command, input=ends, text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(url: str, content: Content, changed: Content) -> dict[str, float]:
    """Return the seconds of a first load, of loading the same, and of loading it with one concept more."""
    with open_store(load_settings(store=url)) as store:
        return {
            "first load": timed(lambda: store.replace(content)),
            "the same again": timed(lambda: store.replace(content)),
            "one concept more": timed(lambda: store.replace(changed)),
            "read all concepts and relations": timed(lambda: (store.concepts(), store.relations())),
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--concepts", type=int, default=50_000)
    parser.add_argument("--relations", type=int, default=300_000)
    parser.add_argument("--store", help="another store than an embedded one; its graph is replaced")
    options = parser.parse_args()
    content = made(options.concepts, options.relations)
    more = dataclasses.replace(content, concepts=(*content.concepts, Concept("d", "One more", Kind.TERM)))
    rows = options.concepts + options.relations
    with tempfile.TemporaryDirectory() as folder:
        reference = timed(lambda: bare(Path(folder), content))
        url = options.store or f"embedded:{folder}/graph"
        seconds = measure(url, content, more)
    print(f"{options.concepts:,} concepts and {options.relations:,} relations, {url.partition(':')[0]} store\n")
    print("| | seconds | rows a second | of the bare load's rate |\n| --- | ---: | ---: | ---: |")
    for name, each in {"bare graph_batch, the reference": reference, **seconds}.items():
        print(f"| {name} | {each:.1f} | {rows / each:,.0f} | {reference / each:.2f} |")


if __name__ == "__main__":
    main()
