"""Measure how fast Zhitu is, each figure against a reference in the same run.

    python bench/run.py [--quick] [--output docs/performance.md]

Ingest is compared with what it cannot do without, cutting the same text into words: by jieba, and by spaCy's
blank pipeline. Queries are compared with the least code that gives a like answer on the same graph, by
networkx or a loop. Figures are the best of some runs, as other work on the machine only ever adds to them.
Graphs for queries are made up, the notes are copies of the sample, so anybody can run it again. `--quick`
proves only that everything runs.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import jieba
import networkx as nx
import rustworkx as rx
import sessions
import spacy

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
from graph.query.card import card
from graph.query.neighbourhood import neighbourhood
from graph.query.overview import overview
from graph.query.paths import paths
from graph.query.plan import plan
from graph.query.search import search
from graph.query.view import GraphView, view_of
from graph.settings import app_file, data_folder, load_settings
from graph.store import sidecar
from ingest.extract import make_extractor
from ingest.parse import parse
from ingest.pipeline import lexicon_files
from ingest.read import decode
from ui.layout import whole

ROOT = Path(__file__).resolve().parents[1]
Rows = list[Sequence[object]]


@dataclass(frozen=True)
class Size:
    """How much is measured: sample notes, their copies, those for two workers, sizes of graphs, runs, readers."""

    notes: int | None
    copies: int
    many: int
    concepts: tuple[int, ...]
    runs: int
    load: sessions.Plan


QUICK = Size(2, 1, 2, (100, 200), 1, sessions.Plan(2, 0, 5.0, (0.5, 1.0)))
WHOLE = Size(None, 6, 40, (1_000, 10_000, 50_000), 3, sessions.Plan(50, 5, 300.0))


def best(runs: int, action: Callable[[], object]) -> float:
    """Return the fewest seconds that it takes."""
    return min(_seconds(action) for _ in range(runs))


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def table(head: Sequence[str], rows: Rows) -> str:
    """Return a table in Markdown: the first column text, the others figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


# Ingest ----------------------------------------------------------------------------------------

_INGEST = """
import json, resource, sys
from pathlib import Path
from graph.query.plain import plain
from graph.settings import load_settings
from ingest.pipeline import ingest
if __name__ == "__main__":
    report = ingest([Path(sys.argv[2])], load_settings(store=sys.argv[1]), workers=int(sys.argv[3]))
    print(json.dumps({**plain(report), "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def write_notes(folder: Path, copies: int, notes: int | None) -> int:
    """Write copies of the sample notes, each with questions of its own; return their bytes."""
    folder.mkdir()
    total = 0
    for number in range(copies):
        for note in sorted((data_folder() / "notes").glob("*.md"))[:notes]:
            text = f"{note.read_text('utf-8')}\n## {number}. {note.stem} {number}？\n\n第{number}份。\n"
            total += (folder / f"{note.stem}-{number}.md").write_bytes(text.encode())
    return total


def ingested(store: str, notes: Path, workers: int = 1) -> dict[str, Any]:
    """Ingest in a process of its own; return its report, with seconds and memory of it all."""
    command = [sys.executable, "-c", _INGEST, store, str(notes), str(workers)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return {**report, "whole": time.perf_counter() - start}


def references(texts: Sequence[str], runs: int) -> dict[str, float]:
    """Return the seconds of the passes that ingest is compared with."""
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    blank = spacy.blank("zh")
    blank.max_length = 10**9
    return {
        "bare jieba": best(runs, lambda: [list(jieba.cut(text)) for text in texts]),
        "bare spaCy, blank, by characters": best(runs, lambda: [blank(text) for text in texts]),
    }


def steps(notes: Path, runs: int) -> dict[str, float]:
    """Return the seconds of what a worker does with each note, warm."""
    settings = load_settings()
    extractor = make_extractor(lexicon_files(settings))
    read = [(Document(path.name, "", ""), path.read_bytes()) for path in sorted(notes.iterdir())]
    decoded = [decode(document, data, settings) for document, data in read]
    parsed = [parse(note) for note in decoded]
    return {
        "read: decode": best(runs, lambda: [decode(document, data, settings) for document, data in read]),
        "parse": best(runs, lambda: [parse(note) for note in decoded]),
        "recognise and relate": best(runs, lambda: [extractor(document) for document in parsed]),
    }


def measure_ingest(folder: Path, size: Size) -> str:
    """Return the chapter on ingest."""
    notes = folder / "notes"
    total = write_notes(notes, size.copies, size.notes)
    texts = [path.read_text("utf-8") for path in sorted(notes.iterdir())]
    reference = references(texts, size.runs)
    base = reference["bare jieba"]
    first = ingested(f"embedded:{folder / 'one'}", notes)
    rows: Rows = [_rate(name, total, seconds, base) for name, seconds in reference.items()]
    rows += [_rate(name, total, seconds, base) for name, seconds in steps(notes, size.runs).items()]
    rows += [_rate(f"{stage} (whole stage)", total, seconds, base) for stage, seconds in first["seconds"].items()]
    rows.append(_rate("all stages", total, sum(first["seconds"].values()), base))
    rows.append(_rate("whole command, with start-up", total, first["whole"], base))
    store = ["--store", f"embedded:{folder / 'one'}"]
    query = _seconds(lambda: _run([sys.executable, "-m", "zhitu", *store, "query", "RETURN 1"]))
    rows.append(_rate("first Cypher statement afterwards: loads the engine", total, query, base))
    about = (
        f"## Ingest\n\n{len(texts)} notes, {total / 1e6:.2f} MB: {size.copies} copies of the sample notes. "
        f"Most memory of the first ingest: {first['megabytes']:.0f} MB, beside the Java machine's."
    )
    rates = table(["", "seconds", "MB/s", "times bare jieba"], rows)
    return "\n\n".join([about, rates, measure_workers(folder, size), measure_again(folder, notes, first["whole"])])


def measure_workers(folder: Path, size: Size) -> str:
    """Return a sentence on two workers, by turns with one: the best of each, as other work only ever adds."""
    notes = folder / "many"
    total = write_notes(notes, size.many, size.notes)
    taken: dict[int, list[float]] = {1: [], 2: []}
    for run in range(min(2, size.runs)):
        for workers, seconds in taken.items():
            report = ingested(f"embedded:{folder / f'many-{workers}-{run}'}", notes, workers)
            seconds.append(report["seconds"]["extract"])
    one, two = min(taken[1]), min(taken[2])
    return (
        f"Two workers extract {total / 1e6:.2f} MB {one / two:.2f} times as fast as one process "
        f"({one:.1f} and {two:.1f} seconds, the workers' start included)."
    )


def _rate(name: str, size: int, seconds: float, base: float) -> Sequence[object]:
    return (name, f"{seconds:.2f}", f"{size / 1e6 / max(seconds, 1e-9):.2f}", f"{seconds / base:.2f}")


def measure_again(folder: Path, notes: Path, first: float) -> str:
    """Return the table of ingests after the first."""
    files = sorted(notes.iterdir())
    rows: Rows = []
    for name, changed in (("nothing", 0), ("one note", 1), ("a tenth", max(1, len(files) // 10))):
        for path in files[:changed]:
            path.write_text(path.read_text("utf-8") + f"\n补充{name}。\n", encoding="utf-8")
        report = ingested(f"embedded:{folder / 'one'}", notes)
        spent = sum(report["seconds"].values())
        rows.append((name, report["read"], f"{report['whole']:.2f}", f"{spent:.2f}", f"{report['whole'] / first:.2f}"))
    return table(["changed since", "notes read", "seconds", "without start-up", "of the first ingest"], rows)


# Queries ---------------------------------------------------------------------------------------


def made(concepts: int) -> MemoryContent:
    """Return a graph in which few concepts have most relations, as in notes; the same each time."""
    chance = random.Random(1)  # noqa: S311 -- the same graph each time
    ids = [f"c{number:06d}" for number in range(concepts)]

    def popular() -> str:
        return ids[int(concepts * chance.random() ** 3)]

    sentence = Sentence("n.md#0.0", "n.md#0", 0, "概念一使用概念二。", 1, 0, 9)
    question = Question("n.md#0", "n.md", 0, "1", "概念一使用概念二。", "", 1)
    keys = {
        (source, chance.choice(list(RelationType)), target, chance.random() < 0.05)
        for source in ids
        for target in {popular() for _ in range(4)} - {source}
    }
    pairs = {(target, source) for source, type_, target, _ in keys if target < source and type_ is RelationType.USES}
    mentions = tuple(Mention(question.id, id_, 1) for id_ in ids)
    return MemoryContent(
        (Bundle(Document("n.md", "Notes", "0" * 64), (question,), (sentence,), mentions),),
        tuple(
            Concept(id_, f"模型 {id_}", Kind.MODEL, f"模型{id_}", f"Model {id_}", (), "一种模型。", 1) for id_ in ids
        ),
        tuple(Relation(*key, 0.5, (sentence.id,), ("rule",)) for key in sorted(keys)),
        tuple(Prerequisite(source, target, 0.5, ("uses:1",)) for source, target in sorted(pairs)),
    )


def questions(view: GraphView, store: Any, content: MemoryContent) -> Iterator[tuple[str, Callable[[], object], Any]]:  # noqa: ANN401 -- what `card` asks
    """Yield each query with its reference; None where nothing like it is done in a few lines."""
    ids = [concept.id for concept in content.concepts]
    names = [concept.name.casefold() for concept in content.concepts]
    links = nx.Graph((each.source, each.target) for each in content.relations)
    order = nx.DiGraph((each.source, each.target) for each in content.prerequisites)
    far, middle, deep = ids[-1], ids[len(ids) // 2], max(order, key=order.in_degree)
    needed = f"c{len(ids) // 2:06d}"
    yield "search", lambda: search(view, needed), lambda: [name for name in names if needed in name]
    yield (
        "card",
        lambda: card(view, store, middle),
        lambda: [r for r in content.relations if middle in (r.source, r.target)],
    )
    yield "2-hop neighbourhood", lambda: neighbourhood(view, [middle], 2), lambda: nx.ego_graph(links, middle, 2)
    yield "path", lambda: paths(view, middle, far), lambda: nx.shortest_path(links, middle, far)
    yield (
        "plan",
        lambda: plan(view, [deep]),
        lambda: list(nx.topological_sort(order.subgraph(nx.ancestors(order, deep) | {deep}))),
    )


def measure_queries(folder: Path, size: Size) -> str:
    """Return the chapter on queries."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    for count in size.concepts:
        content = made(count)
        file = folder / f"{count}.sqlite"
        sidecar.write(file, content)
        store = sidecar.Sidecar(file)
        holder: dict[str, GraphView] = {}
        opening = best(1, lambda: holder.update(view=view_of(store)))  # noqa: B023 -- called at once
        view = holder["view"]
        seconds.setdefault("load the view", []).append((opening, best(1, lambda: _bare_graph(content))))  # noqa: B023
        for name, ask, reference in questions(view, store, content):
            ask()
            seconds.setdefault(name, []).append((best(size.runs * 3, ask), best(size.runs * 3, reference)))
        laid = best(1, lambda: (overview(view), whole(view)))  # noqa: B023
        bare = rx.networkx_converter(_bare_graph(content))
        drawn = best(1, lambda: rx.spring_layout(bare, seed=1)) if count <= 1000 else math.nan  # noqa: B023
        seconds.setdefault("overview and layout", []).append((laid, drawn))
    rows: Rows = []
    for name, pairs in seconds.items():
        cells = [_cell(own, reference) for own, reference in pairs]
        taken = [(count, own) for count, (own, _) in zip(size.concepts, pairs, strict=True) if not math.isnan(own)]
        rows.append((name, *cells, f"{exponent(*zip(*taken, strict=True)):.2f}"))
    head = ["milliseconds (times the reference)", *(f"{count:,} concepts" for count in size.concepts), "exponent"]
    return (
        "## Queries\n\nOn made-up graphs with four relations a concept. References: networkx's own functions on a bare "
        "graph, a loop over all names or relations; for layout rustworkx's spring layout, up to 1,000 concepts. "
        "The exponent is that of the growth with size: 1 is linear.\n\n" + table(head, rows)
    )


def _cell(own: float, reference: float) -> str:
    if math.isnan(own):
        return "–"
    return f"{own * 1000:,.2f}" + ("" if math.isnan(reference) else f" ({own / max(reference, 1e-9):.2f}×)")


def _bare_graph(content: MemoryContent) -> nx.Graph:
    return nx.Graph((each.source, each.target) for each in content.relations)


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the slope of the line through the logarithms, by least squares."""
    xs, ys = [math.log(size) for size in sizes], [math.log(max(each, 1e-9)) for each in seconds]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    along = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / along


# Start -----------------------------------------------------------------------------------------


def measure_start(folder: Path, size: Size) -> str:
    """Return the chapter on start-up; the store is the one of `measure_ingest`."""
    store = f"embedded:{folder / 'one'}"
    zhitu = [sys.executable, "-m", "zhitu"]
    commands = {
        "an empty Python, the reference": [sys.executable, "-c", ""],
        "zhitu --help": [*zhitu, "--help"],
        "zhitu stats": [*zhitu, "--store", store, "stats"],
        "zhitu show": [*zhitu, "--store", store, "show", "Transformer"],
        "zhitu query (starts Java)": [*zhitu, "--store", store, "query", "RETURN 1"],
    }
    taken = {name: best(size.runs, lambda: _run(command)) for name, command in commands.items()}  # noqa: B023
    taken["app until it answers"] = best(1, lambda: _serve({"ZHITU_STORE": store}))
    empty = taken["an empty Python, the reference"]
    rows: Rows = [(name, f"{seconds:.2f}", f"{seconds / empty:.1f}") for name, seconds in taken.items()]
    return "## Start\n\n" + table(["", "seconds", "times the reference"], rows)


def measure_load(_folder: Path, size: Size) -> str:
    """Return the chapter on many readers at once."""
    return sessions.chapter(size.load, sessions.measure(size.load))


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _serve(environment: Mapping[str, str]) -> None:
    """Start the app, wait until it answers, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app_file()), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), "--browser.gatherUsageStats", "false"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, **quiet) as app:
        try:
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                        return
                except OSError:
                    if app.poll() is not None:
                        raise
                    time.sleep(0.05)
        finally:
            app.terminate()


def load_average() -> str:
    """Return how many processes wanted a processor in the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="prove only that everything runs")
    parser.add_argument("--output", type=Path, help="docs/performance.md, or nowhere with --quick")
    options = parser.parse_args()
    size = QUICK if options.quick else WHOLE
    before = load_average()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("jieba", "spacy", "networkx", "streamlit"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chapters = []
        for measured in (measure_ingest, measure_start, measure_queries, measure_load):
            chapters.append(measured(folder, size))
            print(chapters[-1], flush=True)  # the whole takes long, and may be stopped
    about = (
        "Written by `make bench` (`bench/run.py`). Take the figures as ratios: each stands beside a reference "
        "that was measured in the same run, on the same machine."
    )
    machine = (
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{versions}; load average {before} at the start, {load_average()} at the end."
    )
    text = "\n\n".join(["# Performance", about, machine, *chapters])
    output = options.output or (None if options.quick else ROOT / "docs" / "performance.md")
    if output:
        output.parent.mkdir(exist_ok=True)
        output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
