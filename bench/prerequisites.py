"""Learn and measure the model that infers prerequisites, on annotated notes.

    python bench/prerequisites.py ../shared/gold ../shared/corpus [--write]

Takes each annotated note by itself, in two ways: *extracted*, as an ingest would, and *annotated*, with the concepts
and relations that the annotators marked, which tells what inference is worth if extraction misses nothing. The model
is learned on both. Measured by leaving one note out: the model is learned on the others, the threshold chosen on them.
Beside the model stand what it must beat: the meaning of relations alone, RefD alone, the field's order alone.
Prints Markdown; `--write` learns on all notes and writes data/rules/prerequisites.csv.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from graph.model import (
    Bundle,
    Concept,
    Content,
    Kind,
    MemoryContent,
    Mention,
    Prerequisite,
    Relation,
    RelationType,
)
from graph.settings import Settings, data_folder, load_settings
from ingest.extract import make_extractor
from ingest.lexicon import load_lexicon
from ingest.parse import parse
from ingest.pipeline import lexicon_files
from ingest.prerequisites.evidence import Evidence
from ingest.prerequisites.names import NameFinder
from ingest.prerequisites.order import break_circles, reduce
from ingest.read import decode, find_notes, load
from ingest.records import ParsedDocument
from ingest.resolve import resolve

#: Strength of the penalty on coefficients: few documents, many features.
_PENALTY = 3.0
#: Confidence of a relation that annotators marked: about that of the rules' best.
_MARKED = 0.8
#: What recall counts beside precision when the threshold is chosen (the square of F's beta): a wrong pair costs a
#: learner more than a missing one.
_LENIENCY = 0.5
#: Names of a model with a bias and one feature.
_ALONE = 2
_THRESHOLDS = np.arange(0.1, 0.7, 0.025)
#: The model, and what it is compared with: the features that each looks at.
_MODEL = "all"
_RIVALS: dict[str, Callable[[str], bool]] = {
    _MODEL: lambda _: True,
    "relations alone": lambda name: name == "semantics",
    "RefD alone": lambda name: name == "refd",
    "the field's order alone": lambda name: name == "taught",
    "all but the field's order": lambda name: not name.startswith("taught"),
}


@dataclass(frozen=True)
class Note:
    """An annotated note: its pairs with their features, and which of them are right.

    `counts` tells for which pairs something speaks: the others are there to be learned from. `place` gives each concept
    its annotated one; `reach` what follows from the annotated pairs, `needed` those that both annotators marked.
    """

    name: str
    pairs: Sequence[tuple[str, str]]
    counts: Sequence[bool]
    features: Sequence[dict[str, float]]
    right: np.ndarray
    place: Callable[[str], Any]
    reach: dict[Any, set[Any]]
    needed: set[tuple[Any, Any]]


def main() -> None:
    """Measure, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path, help="folder of annotations with their score.py")
    parser.add_argument("corpus", type=Path, help="folder of the notes that they are of")
    parser.add_argument("--write", action="store_true", help="learn on all notes and write the coefficients")
    arguments = parser.parse_args()
    extracted, annotated = read(arguments.gold, arguments.corpus)
    for title, notes, others in (("extracted", extracted, annotated), ("annotated", annotated, extracted)):
        print(f"\n### Prerequisites, {title}\n")
        report(notes, others)
    if arguments.write:
        write(extracted, annotated, data_folder() / "rules" / "prerequisites.csv")


def read(gold: Path, corpus: Path) -> tuple[list[Note], list[Note]]:
    """Return the annotated notes, as extracted and as annotated."""
    score = _score(gold)
    settings = load_settings()
    extracted, annotated = [], []
    for annotation in sorted(gold.glob("*.json")):
        marked = json.loads(annotation.read_text(encoding="utf-8"))
        parsed = _parsed(corpus / marked["file"], settings)
        extracted.append(_note(score, annotation, _extracted(parsed, settings)))
        annotated.append(_note(score, annotation, _annotated(parsed, marked)))
    return extracted, annotated


def report(notes: Sequence[Note], others: Sequence[Note]) -> None:
    """Print precision, recall and F1, means over the notes, and the model's by note; `others` help to learn."""
    print("| features | precision | recall | F1 |\n| --- | --- | --- | --- |")
    for name, keep in _RIVALS.items():
        figures = [figure for figure, _ in leave_one_out(notes, others, keep)]
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in np.mean(figures, axis=0)) + " |")
    print("\n| note | threshold | precision | recall | F1 |\n| --- | --- | --- | --- | --- |")
    for note, (figure, threshold) in zip(notes, leave_one_out(notes, others, _RIVALS[_MODEL]), strict=True):
        print(f"| {note.name} | {threshold:.3f} | " + " | ".join(f"{value:.3f}" for value in figure) + " |")


def leave_one_out(
    notes: Sequence[Note], others: Sequence[Note], keep: Callable[[str], bool]
) -> list[tuple[tuple[float, float, float], float]]:
    """Return (precision, recall, F1) and threshold for each note, by a model of both forms of the other notes."""
    names = _names([*notes, *others], keep)
    if len(names) == _ALONE:  # what stands alone gets no help from the rest: it weighs every pair
        notes = [replace(note, counts=[True] * len(note.pairs)) for note in notes]
    tables, further = [_table(note, names) for note in notes], [_table(note, names) for note in others]
    results = []
    for out, note in enumerate(notes):
        rest = [index for index in range(len(notes)) if index != out]
        weights = _learn(
            [form[index] for form in (tables, further) for index in rest],
            [form[index].right for form in (notes, others) for index in rest],
        )
        threshold = _best([notes[index] for index in rest], [_weigh(tables[index], weights) for index in rest])
        results.append((_figures(note, _weigh(tables[out], weights), threshold), threshold))
    return results


def write(extracted: Sequence[Note], annotated: Sequence[Note], path: Path) -> None:
    """Learn on all notes; the threshold is the mean of those chosen with one extracted note left out."""
    notes = [*extracted, *annotated]
    names = _names(notes, _RIVALS[_MODEL])
    weights = _learn([_table(note, names) for note in notes], [note.right for note in notes])
    threshold = np.mean([threshold for _, threshold in leave_one_out(extracted, annotated, _RIVALS[_MODEL])])
    rows = dict(zip(names, weights, strict=True))
    lines = ["feature,coefficient", f"threshold,{threshold:.3f}", f"bias,{rows.pop('bias'):.3f}"]
    lines += [f"{name},{weight:.3f}" for name, weight in rows.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _score(gold: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("score", gold / "score.py")
    if specification is None or specification.loader is None:
        raise SystemExit(f"{gold} has no score.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _parsed(path: Path, settings: Settings) -> ParsedDocument:
    (found,) = find_notes([path], settings)[0]
    document, data = load(found, settings)
    return parse(decode(document, data, settings))


def _extracted(parsed: ParsedDocument, settings: Settings) -> Content:
    """Return the graph of one note as an ingest makes it."""
    files = lexicon_files(settings)
    concepts, relations, mentions = resolve([make_extractor(files)(parsed)], load_lexicon(files))
    questions = tuple(question.question for question in parsed.questions)
    bundle = Bundle(parsed.document, questions, (), tuple(mentions))
    return MemoryContent((bundle,), tuple(concepts), tuple(relations))


def _annotated(parsed: ParsedDocument, marked: dict[str, Any]) -> Content:
    """Return the graph of one note as its annotators see it; a mention is a sentence that holds one of the names."""
    concepts = {
        one["id"]: Concept(one["id"], one["names"][0], Kind(one["kind"]), aliases=tuple(one["names"][1:]))
        for one in marked["concepts"]
    }
    finder = NameFinder(concepts)
    mentions = []
    for question in parsed.questions:
        named = [finder.in_text(sentence.plain) for sentence in question.sentences]
        counts = Counter(id_ for ids in named for id_ in ids)
        mentions += [Mention(question.question.id, id_, counts[id_], id_ in named[0]) for id_ in sorted(counts)]
    relations = {_annotated_relation(one, parsed) for one in marked["relations"]}
    questions = tuple(question.question for question in parsed.questions)
    return MemoryContent(
        (Bundle(parsed.document, questions, (), tuple(mentions)),),
        tuple(concepts.values()),
        tuple(sorted(relations, key=lambda one: one.key)),
    )


def _annotated_relation(one: dict[str, Any], parsed: ParsedDocument) -> Relation:
    evidence = (f"{parsed.document.path}#0.0",)  # which sentence it is does not matter here
    type_ = RelationType(one["type"])
    return Relation(one["source"], type_, one["target"], one["negated"], _MARKED, evidence, ("annotated",))


def _note(score: ModuleType, annotation: Path, content: Content) -> Note:
    gold, _, _, _, pairs = score.load(annotation)
    found = {
        concept.id: {score.norm(name) for name in (concept.name, concept.name_zh, concept.name_en, *concept.aliases)}
        for concept in content.concepts
    }
    matched = score.match(gold, {id_: names - {""} for id_, names in found.items()})

    def place(id_: str) -> object:
        return matched.get(id_, ("?", id_))

    reach = score.closure(pairs)
    evidence = Evidence(content)
    supported = set(evidence.candidates())
    candidates = sorted(supported | {pair[::-1] for pair in supported})
    right = [place(then) in reach.get(place(first), ()) for first, then in candidates]
    features = [evidence.features(*pair) for pair in candidates]
    needed = {pair for pair, both in pairs.items() if both}
    counts = [pair in supported for pair in candidates]
    return Note(annotation.stem, candidates, counts, features, np.array(right, float), place, reach, needed)


def _names(notes: Sequence[Note], keep: Callable[[str], bool]) -> list[str]:
    return ["bias", *sorted({name for note in notes for row in note.features for name in row if keep(name)})]


def _table(note: Note, names: Sequence[str]) -> np.ndarray:
    rows = [[1.0, *(features.get(name, 0.0) for name in names[1:])] for features in note.features]
    return np.array(rows).reshape(-1, len(names))


def _learn(tables: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> np.ndarray:
    """Fit a logistic regression with a penalty on all but the bias, by Newton's method."""
    table, truth = np.vstack(tables), np.concatenate(right)
    penalty = np.full(table.shape[1], _PENALTY)
    penalty[0] = 0.0
    weights = np.zeros(table.shape[1])
    for _ in range(50):
        likely = _weigh(table, weights)
        slope = table.T @ (likely - truth) + penalty * weights
        bend = (table * (likely * (1 - likely))[:, None]).T @ table + np.diag(penalty + 1e-9)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _weigh(table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-table @ weights))


def _best(notes: Sequence[Note], weighed: Sequence[np.ndarray]) -> float:
    """Return the threshold with the best F of the mean precision and recall."""

    def mean(threshold: float) -> float:
        figures = [_figures(*one, threshold) for one in zip(notes, weighed, strict=True)]
        precision, recall, _ = np.mean(figures, axis=0)
        both = _LENIENCY * precision + recall
        return float((1 + _LENIENCY) * precision * recall / both) if both else 0.0

    return float(max(_THRESHOLDS, key=mean))


def _figures(note: Note, weighed: np.ndarray, threshold: float) -> tuple[float, float, float]:
    """Return precision, recall and F1 as score.py counts them: what follows from the annotated pairs is right."""
    rows = zip(note.pairs, note.counts, weighed, strict=True)
    pairs = [Prerequisite(*pair, float(weight)) for pair, counts, weight in rows if counts and weight >= threshold]
    direct = reduce(break_circles(pairs)[0])
    found = {(note.place(pair.source), note.place(pair.target)) for pair in direct}
    good = sum(target in note.reach.get(source, ()) for source, target in found)
    follows: dict[Any, set[Any]] = {}
    for source, _ in note.needed:
        follows[source] = _after(found, source)
    met = sum(target in follows[source] for source, target in note.needed)
    precision = good / len(found) if found else 0.0
    recall = met / len(note.needed) if note.needed else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def _after(pairs: set[tuple[Any, Any]], start: object) -> set[Any]:
    seen: set[Any] = set()
    todo = [start]
    while todo:
        one = todo.pop()
        new = {target for source, target in pairs if source == one} - seen
        seen |= new
        todo += new
    return seen


if __name__ == "__main__":
    main()
