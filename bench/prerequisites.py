"""Learn and measure the model that infers prerequisites, on annotated notes.

    python bench/prerequisites.py [GOLD CORPUS] [--write]

Takes each annotated note (see annotations.py) by itself, in two ways: *extracted*, as an ingest would, and *annotated*,
with the concepts and relations that the annotators marked, which tells what inference is worth if extraction misses
nothing. The model is learned on both. Measured by leaving a tenth of the notes out in turn: model and threshold come
from the others. The notes held out, which nothing is learned from, are measured by what all others give.
Beside the model stand what it must beat: the meaning of relations alone, RefD alone, the field's order alone.
Prints Markdown; `--write` learns on all notes but those held out and writes data/rules/prerequisites.csv.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from annotations import HELD_OUT, Annotated, annotated, folders, score_module  # beside this script
from sklearn.linear_model import LogisticRegression

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
from graph.settings import data_folder, load_settings
from ingest.extract import make_extractor
from ingest.lexicon import load_lexicon
from ingest.pipeline import lexicon_files
from ingest.prerequisites.evidence import Evidence
from ingest.prerequisites.names import NameFinder
from ingest.prerequisites.order import break_circles, direct
from ingest.records import ParsedDocument
from ingest.resolve import resolve

#: Strength of the penalty on coefficients.
_PENALTY = 10.0
_FOLDS = 10
#: Confidence of a relation that annotators marked: about that of the rules' best.
_MARKED = 0.8
#: Names of a model with a bias and one feature.
_ALONE = 2
_MODEL = "all"
#: The model, and what it is compared with: the features that each looks at.
RIVALS: dict[str, Callable[[str], bool]] = {
    _MODEL: lambda _: True,
    "relations alone": lambda name: name == "semantics",
    "RefD alone": lambda name: name == "refd",
    "the field's order alone": lambda name: name == "taught",
    "all but the field's order": lambda name: not name.startswith("taught"),
}
Figures = tuple[float, float, float]
_THRESHOLDS = [round(0.15 + step * 0.025, 3) for step in range(17)]


@dataclass(frozen=True)
class Note:
    """An annotated note: its pairs with their features, and which of them are right.

    `counts` tells for which pairs something speaks: the others are there to be learned from. `place` gives each concept
    its annotated one; `reach` what follows from the annotated pairs, `needed` those that both annotators marked.
    """

    pairs: Sequence[tuple[str, str]]
    counts: Sequence[bool]
    features: Sequence[dict[str, float]]
    right: np.ndarray
    place: Callable[[str], Any]
    reach: dict[Any, set[Any]]
    needed: set[tuple[Any, Any]]


@dataclass(frozen=True)
class Forms:
    """A note in both forms; `own`: it is none of ../shared/gold."""

    name: str
    extracted: Note
    annotated: Note
    own: bool


def main() -> None:
    """Measure, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", help="of annotations with their score.py, of the notes they are of")
    parser.add_argument("--write", action="store_true", help="learn on all notes and write the coefficients")
    arguments = parser.parse_args()
    notes = read(*folders(arguments.folders))
    print("\n".join(report(notes)))
    if arguments.write:
        write(notes, data_folder() / "rules" / "prerequisites.csv")


def read(gold: Path, corpus: Path) -> list[Forms]:
    """Return the annotated notes, as extracted and as annotated."""
    score = score_module(gold)
    return [
        Forms(
            one.name,
            _note(score, one.path, _extracted(one.document)),
            _note(score, one.path, _annotated(one)),
            one.own,
        )
        for one in annotated(gold, corpus)
    ]


def report(notes: Sequence[Forms]) -> Iterator[str]:
    """Yield Markdown: precision, recall and F1, means over each group of notes, of the model and of its rivals."""
    known = [note for note in notes if note.name not in HELD_OUT]
    held = [note for note in notes if note.name in HELD_OUT]
    yield "| input, features | ../shared/gold P / R / F1 | bench/annotated P / R / F1 | held out P / R / F1 |"
    yield "| --- | --- | --- | --- |"
    for form in ("extracted", "annotated"):
        for name, keep in RIVALS.items():
            left_out, unseen = measure(known, held, keep, annotated=form == "annotated")
            groups = (
                [figure for note, figure in zip(known, left_out, strict=True) if not note.own],
                [figure for note, figure in zip(known, left_out, strict=True) if note.own],
                unseen,
            )
            yield f"| {form}, {name} | " + " | ".join(_mean(group) for group in groups) + " |"


def measure(
    known: Sequence[Forms], held: Sequence[Forms], keep: Callable[[str], bool], *, annotated: bool
) -> tuple[list[Figures], list[Figures]]:
    """Return precision, recall and F1 of each known note, by what the others give, and of those held out."""
    tables = _Tables([*known, *held], keep, annotated=annotated)
    inside = range(len(known))
    tried = tables.left_out(inside)
    best = [_best(tried, known, lambda at, left=left: at % _FOLDS != left) for left in range(_FOLDS)]
    weights, threshold = tables.learn(inside), _best(tried, known)
    return (
        [one[best[at % _FOLDS]] for at, one in enumerate(tried)],
        [tables.figures(at, weights, threshold) for at in range(len(known), len(known) + len(held))],
    )


def write(notes: Sequence[Forms], path: Path) -> None:
    """Learn on all notes but those held out; the threshold is what is best for each note left out."""
    known = [note for note in notes if note.name not in HELD_OUT]
    tables = _Tables(known, RIVALS[_MODEL], annotated=False)
    inside = range(len(known))
    rows = dict(zip(tables.names, tables.learn(inside), strict=True))
    threshold = _best(tables.left_out(inside), known)
    lines = ["feature,coefficient", f"threshold,{threshold:.3f}", f"bias,{rows.pop('bias'):.3f}"]
    lines += [f"{name},{weight:.3f}" for name, weight in rows.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class _Tables:
    """The features of notes as tables, to learn from and to weigh; `annotated`: weighed is that form."""

    def __init__(self, notes: Sequence[Forms], keep: Callable[[str], bool], *, annotated: bool) -> None:
        forms = [(note.annotated, note.extracted) if annotated else (note.extracted, note.annotated) for note in notes]
        self.names = _names((note for both in forms for note in both), keep)
        alone = len(self.names) == _ALONE  # what stands alone gets no help from the rest: it weighs every pair
        self._notes = [replace(one, counts=[True] * len(one.pairs)) if alone else one for one, _ in forms]
        self._tables = [tuple(_table(note, self.names) for note in both) for both in forms]
        self._right = [tuple(note.right for note in both) for both in forms]

    def learn(self, inside: Iterable[int]) -> np.ndarray:
        """Return the coefficients that the notes of these numbers give."""
        at = list(inside)
        return _learn(
            [one for note in at for one in self._tables[note]], [one for note in at for one in self._right[note]]
        )

    def left_out(self, inside: Sequence[int]) -> list[dict[float, Figures]]:
        """Return the figures of notes by each threshold, from coefficients that a fold without the note gives."""
        folds = [self.learn(at for at in inside if at % _FOLDS != left) for left in range(_FOLDS)]
        return [
            {threshold: self.figures(at, folds[at % _FOLDS], threshold) for threshold in _THRESHOLDS} for at in inside
        ]

    def figures(self, at: int, weights: np.ndarray, threshold: float) -> Figures:
        """Return precision, recall and F1 of a note."""
        return _figures(self._notes[at], _weigh(self._tables[at][0], weights), threshold)


def _best(
    tried: Sequence[dict[float, Figures]], notes: Sequence[Forms], counts: Callable[[int], bool] = lambda _: True
) -> float:
    """Return the threshold with the best F1, the mean over the notes of either origin counting the same."""

    def mean(threshold: float) -> float:
        groups = [
            [one[threshold][2] for at, one in enumerate(tried) if counts(at) and notes[at].own is own]
            for own in (False, True)
        ]
        return float(np.mean([np.mean(group) for group in groups if group]))

    return max(_THRESHOLDS, key=mean)


def _mean(figures: Sequence[Figures]) -> str:
    return " / ".join(f"{mean:.2f}" for mean in np.mean(figures, axis=0)) if figures else ""


def _extracted(parsed: ParsedDocument) -> Content:
    """Return the graph of one note as an ingest makes it."""
    settings = load_settings({})
    files = lexicon_files(settings)
    concepts, relations, mentions = resolve([make_extractor(files)(parsed)], load_lexicon(files), settings.confidence)
    questions = tuple(question.question for question in parsed.questions)
    bundle = Bundle(parsed.document, questions, (), tuple(mentions))
    return MemoryContent((bundle,), tuple(concepts), tuple(relations))


def _annotated(note: Annotated) -> Content:
    """Return the graph of one note as its annotators see it; a mention is a sentence that holds one of the names."""
    parsed, marked = note.document, note.data
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
    return Relation(one["source"], type_, one["target"], one.get("negated", False), _MARKED, evidence, ("annotated",))


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
    candidates = sorted(supported | {(then, first) for first, then in supported})
    right = [place(then) in reach.get(place(first), ()) for first, then in candidates]
    features = [evidence.features(*pair) for pair in candidates]
    needed = {pair for pair, both in pairs.items() if both}
    counts = [pair in supported for pair in candidates]
    return Note(candidates, counts, features, np.array(right, float), place, reach, needed)


def _names(notes: Iterable[Note], keep: Callable[[str], bool]) -> list[str]:
    return ["bias", *sorted({name for note in notes for row in note.features for name in row if keep(name)})]


def _table(note: Note, names: Sequence[str]) -> np.ndarray:
    rows = [[1.0, *(features.get(name, 0.0) for name in names[1:])] for features in note.features]
    return np.array(rows).reshape(-1, len(names))


def _learn(tables: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> np.ndarray:
    """Fit a logistic regression with a penalty on all but the bias, the first column."""
    model = LogisticRegression(C=1 / _PENALTY, max_iter=1000)
    model.fit(np.vstack(tables)[:, 1:], np.concatenate(right))
    return np.concatenate((model.intercept_, model.coef_[0]))


def _weigh(table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-table @ weights))


def _figures(note: Note, weighed: np.ndarray, threshold: float) -> Figures:
    """Return precision, recall and F1 as score.py counts them: what follows from the annotated pairs is right."""
    rows = zip(note.pairs, note.counts, weighed, strict=True)
    pairs = [Prerequisite(*pair, float(weight)) for pair, counts, weight in rows if counts and weight >= threshold]
    kept = direct(break_circles(pairs)[0])
    found = {(note.place(pair.source), note.place(pair.target)) for pair in kept}
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
