"""Measure extraction against annotated notes: `make quality`, or ``python bench/quality.py [GOLD] [CORPUS]``.

Each annotated note is taken by itself, as an ingest of that note alone would, and scored by the annotations' own
``score.py``. Beside it stands an off-the-shelf floor (TF-IDF terms, tied where they stand in one sentence), so that
the figures say what the rules are worth. Prints a table and writes docs/quality.md.

The figures are of the notes that the rules were developed on: unseen notes will score lower. What is fitted
(weights of rules, coefficients of prerequisites) was fitted on these notes too.
"""

from __future__ import annotations

import csv
import json
import math
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import prerequisites  # beside this script, as are annotations and fit
import rjieba
from annotations import HELD_OUT, Annotated, annotated, folders, score_module
from fit import UNSEEN

from graph.export import export
from graph.model import Bundle, Concept, MemoryContent, Mention, Question, Relation, RelationType
from graph.settings import load_settings, project_folder
from ingest.extract import make_extractor
from ingest.lexicon import load_lexicon
from ingest.pipeline import lexicon_files
from ingest.prerequisites import infer
from ingest.records import ParsedDocument
from ingest.resolve import resolve

_PARTS = ("concepts", "relations", "pairs", "prerequisites")
_BUCKETS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.01)
_THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)
_FLOOR_TERMS = 40
_COMMON = 15


@dataclass
class Scored:
    """One note: its annotations, what an ingest makes of it and with no threshold, and the figures of both ways."""

    name: str
    gold: dict[str, Any]
    found: dict[str, Any]
    unsifted: dict[str, Any]
    figures: dict[str, Any]
    floor: dict[str, Any]


def main() -> None:
    """Score the annotated notes of the gold folder."""
    gold, corpus = folders(sys.argv[1:])
    score = score_module(gold)
    notes = [_scored(score, one) for one in annotated(gold, corpus) if not one.own]
    text = report(score, notes, _unseen(), list(prerequisites.report(prerequisites.read(gold, corpus))))
    print(text)
    (project_folder() / "docs" / "quality.md").write_text(text, encoding="utf-8")


def _unseen() -> list[tuple[float, bool]]:
    """Return confidences of relations in notes that were left out, and whether these are right, as fit.py kept them."""
    with UNSEEN.open(encoding="utf-8", newline="") as file:
        return [(float(row["confidence"]), row["right"] == "1") for row in csv.DictReader(file)]


def _scored(score: ModuleType, one: Annotated) -> Scored:
    files = lexicon_files(load_settings({}))
    extraction, lexicon = make_extractor(files)(one.document), load_lexicon(files)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.json"
        export(_graph(one.document, resolve([extraction], lexicon)), "json", path)
        unsifted = json.loads(path.read_text(encoding="utf-8"))
        export(_graph(one.document, resolve([extraction], lexicon, load_settings({}).confidence)), "json", path)
        found = json.loads(path.read_text(encoding="utf-8"))
        figures = score.score(one.path, path)
        path.write_text(json.dumps(_floor(one.document), ensure_ascii=False), encoding="utf-8")
        return Scored(one.name, one.data, found, unsifted, figures, score.score(one.path, path))


def _graph(
    parsed: ParsedDocument, resolved: tuple[tuple[Concept, ...], tuple[Relation, ...], tuple[Mention, ...]]
) -> MemoryContent:
    concepts, relations, mentions = resolved
    bundle = _bundle(parsed, mentions)
    prerequisites, _ = infer(MemoryContent((bundle,), concepts, relations))
    return MemoryContent((bundle,), concepts, relations, tuple(prerequisites))


def _bundle(parsed: ParsedDocument, mentions: tuple[Mention, ...]) -> Bundle:
    questions: tuple[Question, ...] = tuple(question.question for question in parsed.questions)
    sentences = tuple(one.sentence for question in parsed.questions for one in question.sentences)
    return Bundle(parsed.document, questions, sentences, mentions)


# The floor


def _floor(parsed: ParsedDocument) -> dict[str, Any]:
    """Return the most telling words by TF-IDF over the questions, tied (USES) where they stand in one sentence."""
    sentences = [_words(one.plain) for question in parsed.questions for one in question.sentences]
    questions = [{word for one in question.sentences for word in _words(one.plain)} for question in parsed.questions]
    often = Counter(word for words in sentences for word in words)
    spread = Counter(word for words in questions for word in words)
    weight = {word: count * math.log((1 + len(questions)) / spread[word]) for word, count in often.items()}
    terms = sorted(weight, key=lambda word: (-weight[word], word))[: max(_FLOOR_TERMS, len(often) // 10)]
    pairs = {pair for words in sentences for pair in combinations(sorted(words & set(terms)), 2)}
    return {
        "nodes": [{"id": term, "label": "Concept", "name": term} for term in terms],
        "edges": [{"source": one, "target": other, "type": "USES", "negated": False} for one, other in sorted(pairs)],
    }


def _words(text: str) -> set[str]:
    return {word.lower() for word in rjieba.cut(text) if len(word) > 1 and any(map(str.isalpha, word))}


# The report


def report(
    score: ModuleType, notes: Sequence[Scored], unseen: Sequence[tuple[float, bool]], before: Sequence[str]
) -> str:
    """Return the report as Markdown; `before` is what prerequisites.py reports."""
    return "\n".join(
        [
            "# How good extraction is",
            "",
            "Made by `make quality` from the annotated notes in ../shared/gold, each by itself. These are the notes",
            "that the rules were developed on and that their weights were fitted on: expect less on notes of your own.",
            "P, R and F1 are precision, recall and their harmonic mean, by the annotations' own `score.py`; a relation",
            "is right if both ends, type, direction and negation are. “Pairs” leaves type and direction aside.",
            "",
            *_by_note(notes),
            "",
            "## On notes left out",
            "",
            *_left_out(),
            "",
            "## Prerequisites, beside simpler ways",
            "",
            "By `python bench/prerequisites.py`: means over notes whose model and threshold come from other notes.",
            "What is *extracted* flatters, for the extractor was fitted on these notes; *annotated* is what inference",
            "is worth where extraction misses nothing. Who wrote the field's order (data/rules/curriculum.csv) had",
            "seen ../shared/gold and none of the others: what it adds in the first column alone, it does not add on",
            "new notes.",
            "",
            *before,
            "",
            "## Relations by type",
            "",
            *_by_type(score, notes),
            "",
            "## What a confidence means",
            "",
            *_calibration(score, notes, unseen),
            "",
            "## The commonest errors",
            "",
            *_errors(score, notes),
            "",
        ]
    )


def _by_note(notes: Sequence[Scored]) -> Iterator[str]:
    yield "| note | " + " | ".join(f"{part} P / R / F1" for part in _PARTS) + " | aliases found |"
    yield "| --- |" + " --- |" * (len(_PARTS) + 1)
    for note in notes:
        yield (
            f"| {note.name} | "
            + " | ".join(_prf(note.figures[part]) for part in _PARTS)
            + (f" | {note.figures['alias_recall']:.2f} |")
        )
    for title, of in (("**mean**", "figures"), ("floor: TF-IDF and co-occurrence, mean", "floor")):
        means = [
            {key: _mean([getattr(note, of)[part][key] for note in notes]) for key in ("p", "r", "f1")}
            for part in _PARTS
        ]
        aliases = _mean([getattr(note, of)["alias_recall"] for note in notes])
        yield f"| {title} | " + " | ".join(_prf(mean) for mean in means) + f" | {aliases:.2f} |"


def _left_out() -> Iterator[str]:
    with UNSEEN.with_name("left_out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(dict.fromkeys(row["note"] for row in rows))
    held = [name for name in names if name in HELD_OUT]
    yield "By weights that were fitted without the note, a fifth of all notes left out in turn (bench/fit.py),"
    yield "extraction is worth this on the same notes; who wrote its rules had seen them, which flatters still:"
    yield ""
    yield from _left_out_table(rows, [name for name in names if name not in HELD_OUT])
    yield ""
    yield f"{len(held)} others (bench/annotated) were annotated by two who did not work on the rules, and never looked"
    yield "at, only scored, by weights that were fitted without all of them: the best guess of what to expect."
    yield ""
    yield from _left_out_table(rows, held)


def _left_out_table(rows: Sequence[dict[str, str]], names: Sequence[str]) -> Iterator[str]:
    yield "| note | concepts P / R / F1 | relations P / R / F1 |"
    yield "| --- | --- | --- |"
    parts: dict[str, list[dict[str, float]]] = {"concepts": [], "relations": []}
    for name in names:
        found = {row["part"]: {key: float(row[full]) for key, full in _COLUMNS} for row in rows if row["note"] == name}
        yield f"| {name} | " + " | ".join(_prf(found[part]) for part in parts) + " |"
        for part, all_ in parts.items():
            all_.append(found[part])
    means = [{key: _mean([each[key] for each in all_]) for key, _ in _COLUMNS} for all_ in parts.values()]
    yield "| **mean** | " + " | ".join(map(_prf, means)) + " |"


_COLUMNS = (("p", "precision"), ("r", "recall"), ("f1", "f1"))


def _prf(figures: dict[str, float]) -> str:
    return f"{figures['p']:.2f} / {figures['r']:.2f} / {figures['f1']:.2f}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _judged(
    score: ModuleType, note: Scored, found: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], tuple[Any, ...], bool | None]]:
    """Yield each found relation with its key in the annotations' ids, and whether it is right (None: optional)."""
    names = {one["id"]: {score.norm(name) for name in one["names"]} for one in note.gold["concepts"]}
    concepts = {
        node["id"]: {score.norm(name) for name in (node["name"], *node["aliases"])}
        for node in found["nodes"]
        if node["label"] == "Concept"
    }
    to_gold = score.match(names, concepts)
    right = {_key(score, one): one.get("required", True) for one in note.gold["relations"]}
    for edge in found["edges"]:
        if edge["type"] in set(RelationType):
            ends = [to_gold.get(edge[end], ("?", edge[end])) for end in ("source", "target")]
            key = score.key(ends[0], edge["type"], ends[1], edge["negated"])
            yield edge, key, (None if right.get(key) is False else bool(right.get(key)))


def _key(score: ModuleType, one: dict[str, Any]) -> tuple[Any, ...]:
    key: tuple[Any, ...] = score.key(one["source"], one["type"], one["target"], one.get("negated", False))
    return key


def _by_type(score: ModuleType, notes: Sequence[Scored]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for note in notes:
        found = set()
        for _, key, right in _judged(score, note, note.found):
            counts[key[1]]["wrong"] += right is False
            if right:
                found.add(key)
        for one in note.gold["relations"]:
            if one.get("required", True):
                counts[one["type"]]["right" if _key(score, one) in found else "missed"] += 1
    yield "| type | annotated | P | R | F1 |"
    yield "| --- | --- | --- | --- | --- |"
    for type_ in RelationType:
        right, wrong, missed = (counts[type_][name] for name in ("right", "wrong", "missed"))
        figures = score.prf(right, wrong, right, right + missed)
        yield f"| {type_} | {right + missed} | {figures['p']:.2f} | {figures['r']:.2f} | {figures['f1']:.2f} |"


def _calibration(score: ModuleType, notes: Sequence[Scored], unseen: Sequence[tuple[float, bool]]) -> Iterator[str]:
    judged = [
        (edge["confidence"], right)
        for note in notes
        for edge, _, right in _judged(score, note, note.unsifted)
        if right is not None
    ]
    yield "A confidence is fitted to be the share that is right on notes that nothing was fitted on: a fifth of those"
    yield "that are annotated left out in turn (“unseen”, kept by bench/fit.py). On the notes themselves more is right,"
    yield "because their weights were fitted on them."
    yield ""
    yield "| confidence | unseen relations | their mean confidence | right | relations of the fitted notes | right |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for low, high in pairwise(_BUCKETS):
        new = [(sure, right) for sure, right in unseen if low <= sure < high]
        old = [right for sure, right in judged if low <= sure < high]
        if new or old:
            mean = f"{_mean([sure for sure, _ in new]):.2f}" if new else "–"
            shares = f"{len(new)} | {mean} | {_share(new)} | {len(old)} | {_share(old)}"
            yield f"| {low:.1f}–{min(high, 1.0):.1f} | {shares} |"
    needed = sum(one.get("required", True) for note in notes for one in note.gold["relations"])
    yield ""
    default = load_settings({}).confidence
    default = load_settings({}).confidence
    yield f"What a threshold costs, over all annotated notes together: `ZHITU_CONFIDENCE`, by default {default:.2f}, at"
    yield "which all other figures of this page are."
    yield ""
    yield "| from confidence | unseen: right | relations | P | R | F1 |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for least in _THRESHOLDS:
        kept = [right for sure, right in judged if sure >= least]
        figures = score.prf(sum(kept), len(kept) - sum(kept), sum(kept), needed)
        new = [pair for pair in unseen if pair[0] >= least]
        yield f"| {least:.2f} | {_share(new)} | {len(kept)} | {_prf(figures).replace(' / ', ' | ')} |"


def _share(judged: Sequence[Any]) -> str:
    """Return the share of what is right: of truths, or of pairs that end in one."""
    rights = [one[-1] if isinstance(one, tuple) else one for one in judged]
    return f"{sum(rights) / len(rights):.2f}" if rights else "–"


def _errors(score: ModuleType, notes: Sequence[Scored]) -> Iterator[str]:
    missed_ends = missed = 0
    rules: Counter[str] = Counter()
    for note in notes:
        found = set()
        reached = set()
        for edge, key, right in _judged(score, note, note.found):
            found.add(key)
            reached |= {key[0], key[2]}
            if right is False:
                rules.update(set(edge.get("rules", ())))
        for one in note.gold["relations"]:
            if one.get("required", True) and _key(score, one) not in found:
                missed += 1
                missed_ends += one["source"] not in reached or one["target"] not in reached
    yield f"{missed} annotated relations were missed; in {missed_ends} of them an end is in no found relation at all."
    yield ""
    yield "| rule | wrong relations |"
    yield "| --- | --- |"
    for rule, count in rules.most_common(_COMMON):
        yield f"| {rule} | {count} |"


if __name__ == "__main__":
    main()
