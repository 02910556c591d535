"""Fit the weights of data/rules/weights.json on annotated notes: ``python bench/fit.py [GOLD] [CORPUS]``.

Two logistic models with few features each: how sure a term is a concept, and how sure a relation is stated. What both
annotators marked is right, what one of them marked alone counts three quarters for a relation and is left out for a
concept, all else is wrong. Relations are learned from what is recognised and from the annotated names themselves, so
that an error of recognition does not pass for one of a rule.

Prints what the models are worth on notes that they were not fitted on (each note left out in turn), then fits
on all and writes the weights.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from graph.model import Kind
from graph.settings import data_folder, load_settings, project_folder
from ingest.confidence import Model
from ingest.lexicon import fold, fold_with_offsets, load_lexicon
from ingest.parse import parse
from ingest.read import Found, read_note
from ingest.recognise import Recogniser
from ingest.recognise.decision import Decision
from ingest.recognise.text import begins, ends
from ingest.records import ParsedDocument, Span
from ingest.relate import RuleExtractor

_ALONE = 0.75
_STIFFNESS = {"terms": 1.0, "relations": 4.0}
_THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6)
Row = tuple[Mapping[str, float], float]


@dataclass
class Note:
    """An annotated note with what there is to learn from it."""

    name: str
    terms: list[Row]
    relations: list[tuple[Any, Mapping[str, float]]]
    annotated: list[tuple[Any, Mapping[str, float]]]
    gold: Mapping[Any, bool]


def main() -> None:
    """Measure by leaving one note out, then fit on all."""
    shared = project_folder().parent / "shared"
    gold = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "gold"
    corpus = Path(sys.argv[2]) if len(sys.argv) > 2 else shared / "corpus"
    if not gold.is_dir() or not corpus.is_dir():
        sys.exit(f"fit: needs annotated notes ({gold}) and their documents ({corpus}).")
    reader = _Reader(_module(gold / "score.py"))
    notes = [reader.read(path, corpus / f"{path.stem}.md") for path in sorted(gold.glob("*.json"))]
    _report(notes)
    weights = {
        "terms": fit([row for note in notes for row in note.terms], _STIFFNESS["terms"]),
        "relations": fit([row for note in notes for row in _relation_rows(note)], _STIFFNESS["relations"]),
    }
    path = data_folder() / "rules" / "weights.json"
    path.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {path}; run the ingest and bench/quality.py to see what it is worth")


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        sys.exit(f"fit: {path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Reader:
    """Reads annotated notes through the stages that are to be fitted."""

    def __init__(self, score: ModuleType) -> None:
        files = [data_folder() / "lexicon"]
        self._score = score
        self._lexicon = load_lexicon(files)
        self._recognise = _Watched(files)
        self._relate = RuleExtractor()

    def read(self, gold: Path, note: Path) -> Note:
        """Return what one note teaches."""
        found = Found(note.parent, note.name, note)
        document = parse(read_note(found, load_settings({})))
        names, _, needed, relations, _ = self._score.load(gold)
        recognised = self._recognise(document)
        decision = self._recognise.decision
        mine = {key: self._names(key, seen) for key, seen in decision.seen.items() if "text" in seen.places}
        matched = self._score.match(names, mine)
        terms = [
            (decision.features(decision.seen[key]), float(key in matched))
            for key in mine
            if key not in matched or needed[matched[key]]
            if decision.score(key) > 0
        ]
        return Note(
            gold.stem,
            terms,
            list(self._links(document, recognised.spans, matched)),
            list(self._links(document, _annotated_spans(document, gold), None)),
            relations,
        )

    def _names(self, key: str, seen: Any) -> set[str]:  # noqa: ANN401 (what the decision keeps to itself)
        entry = self._lexicon.entries.get(key)
        return {self._score.norm(name) for name in (seen.name, *seen.surfaces, *(entry.names if entry else ()))}

    def _links(
        self, document: ParsedDocument, spans: Sequence[Sequence[Span]], matched: Mapping[str, str] | None
    ) -> Iterator[tuple[Any, Mapping[str, float]]]:
        for link, _ in self._relate.links(document, spans):
            ends_of = [link.source.key, link.target.key]
            if matched is not None:
                ends_of = [matched.get(end, ("?", end)) for end in ends_of]
            if ends_of[0] != ends_of[1]:
                key = self._score.key(ends_of[0], str(link.type), ends_of[1], link.negated)
                yield key, dict.fromkeys(link.features(), 1.0)


class _Watched(Recogniser):
    """A recogniser whose last decision can be looked at."""

    decision: Decision

    def decide(self, decision: Decision) -> Any:  # noqa: ANN401 (as the base's)
        self.decision = decision
        return super().decide(decision)


def _annotated_spans(document: ParsedDocument, gold: Path) -> list[tuple[Span, ...]]:
    """Return the annotated names where they stand, the longest first."""
    concepts = json.loads(gold.read_text(encoding="utf-8"))["concepts"]
    owners = {fold(name): (concept["id"], Kind(concept["kind"])) for concept in concepts for name in concept["names"]}
    owners.pop("", None)
    spans = []
    for question in document.questions:
        here: list[Span] = []
        for number, sentence in enumerate(question.sentences):
            here += _spans_in(sentence.plain, number, owners)
        spans.append(tuple(sorted(here, key=lambda span: (span.sentence, span.start))))
    return spans


def _spans_in(text: str, number: int, owners: Mapping[str, tuple[str, Kind]]) -> Iterator[Span]:
    folded, offsets = fold_with_offsets(text)
    free = [True] * len(folded)
    for name in sorted(owners, key=lambda name: (-len(name), name)):
        at = folded.find(name)
        while at >= 0:
            start, end = offsets[at], offsets[at + len(name) - 1] + 1
            latin = name.isascii()
            if all(free[at : at + len(name)]) and not (latin and not (begins(text, start) and ends(text, end))):
                free[at : at + len(name)] = [False] * len(name)
                yield Span(number, start, end, *owners[name])
            at = folded.find(name, at + 1)


def _relation_rows(note: Note) -> Iterator[Row]:
    for key, features in (*note.relations, *note.annotated):
        yield features, 0.0 if key not in note.gold else 1.0 if note.gold[key] else _ALONE


def fit(rows: Iterable[Row], stiffness: float) -> dict[str, float]:
    """Return the weights of a logistic model, by accelerated gradient descent.

    Parameters
    ----------
    rows
        Features with their values, and how right it was, in [0, 1].
    stiffness
        How much a weight costs: its square times this.
    """
    rows = list(rows)
    names = sorted({name for features, _ in rows for name in features})
    place = {name: at for at, name in enumerate(names)}
    row = np.repeat(np.arange(len(rows)), [len(features) for features, _ in rows])
    column = np.array([place[name] for features, _ in rows for name in features])
    value = np.array([value for features, _ in rows for value in features.values()])
    right = np.array([right for _, right in rows])
    cost = np.full(len(names), stiffness)
    cost[place["bias"]] = 0.01
    width = np.bincount(row, weights=np.abs(value), minlength=len(rows)).max()
    steep = width * np.bincount(column, weights=np.abs(value), minlength=len(names)) / 4 + cost
    weights = ahead = np.zeros(len(names))
    pace = 1.0
    for _ in range(1000):
        total = np.bincount(row, weights=ahead[column] * value, minlength=len(rows))
        error = 1 / (1 + np.exp(-total)) - right
        slope = np.bincount(column, weights=error[row] * value, minlength=len(names)) + cost * ahead
        following = ahead - slope / steep
        faster = (1 + np.sqrt(1 + 4 * pace * pace)) / 2
        ahead = following + (pace - 1) / faster * (following - weights)
        if np.abs(following - weights).max() < 1e-5:
            break
        weights, pace = following, faster
    return {name: round(float(weights[at]), 3) for name, at in place.items() if abs(weights[at]) > 0.02}


def _report(notes: Sequence[Note]) -> None:
    terms: dict[float, Counter[str]] = defaultdict(Counter)
    relations: dict[float, Counter[str]] = defaultdict(Counter)
    for left in notes:
        others = [note for note in notes if note is not left]
        model = Model(fit([row for note in others for row in note.terms], _STIFFNESS["terms"]))
        for features, right in left.terms:
            _count(terms, model.probability(features), right > 0)
        model = Model(fit([row for note in others for row in _relation_rows(note)], _STIFFNESS["relations"]))
        best: dict[Any, float] = {}
        for key, features in left.relations:
            best[key] = max(best.get(key, 0.0), model.probability(features))
        for key, score in best.items():
            if left.gold.get(key, True):
                _count(relations, score, key in left.gold)
    for name, counts in (("terms", terms), ("relations", relations)):
        for threshold, count in sorted(counts.items()):
            found = count["right"] + count["wrong"]
            share = count["right"] / found if found else 0.0
            print(f"{name}, each note left out, from {threshold}: {found} found, {share:.2f} right")


def _count(counts: dict[float, Counter[str]], score: float, right: bool) -> None:
    for threshold in _THRESHOLDS:
        if score >= threshold:
            counts[threshold]["right" if right else "wrong"] += 1


if __name__ == "__main__":
    main()
