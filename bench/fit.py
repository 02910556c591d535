"""Fit the weights of data/rules/weights.json on annotated notes: ``python bench/fit.py [GOLD] [CORPUS]``.

Logistic models with few features each: how sure a term is a concept, and how sure a relation is stated. What both
annotators marked is right, what one of them marked alone counts three quarters for a relation and is left out for a
concept, all else is wrong. Relations are learned from what is recognised and from the annotated names themselves, so
that an error of recognition does not pass for one of a rule.

A third model, "confidence", makes of a relation's score and its ends' how sure the relation is. It is fitted on what
the other two say of notes that they were not fitted on (each note left out in turn), so that it knows how far they can
be trusted. Prints what that is worth, each note left out once more, then fits on all and writes the weights.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from graph.model import Kind
from graph.settings import data_folder, load_settings, project_folder
from ingest.confidence import Model, confidence_features, load_model
from ingest.lexicon import fold, fold_with_offsets, load_lexicon
from ingest.parse import parse
from ingest.read import Found, read_note
from ingest.recognise import Recogniser
from ingest.recognise.decision import Decision
from ingest.recognise.text import begins, ends
from ingest.records import ParsedDocument, Span
from ingest.relate import RuleExtractor

_ALONE = 0.75
_STIFFNESS = {"terms": 1.0, "relations": 8.0, "confidence": 1.0}
_THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7)
Row = tuple[Mapping[str, float], float]


class Statement(NamedTuple):
    """A relation as a rule found it: its key in the annotations' ids, and how sure the less sure of its ends is."""

    key: Any
    features: Mapping[str, float]
    ends: float


@dataclass
class Note:
    """An annotated note with what there is to learn from it: relations between the terms found, and the annotated."""

    terms: list[Row]
    relations: list[Statement]
    annotated: list[Statement]
    gold: Mapping[Any, bool]


def main() -> None:
    """Measure by leaving one note out, then fit on all."""
    shared = project_folder().parent / "shared"
    gold = Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "gold"
    corpus = Path(sys.argv[2]) if len(sys.argv) > 2 else shared / "corpus"
    if not gold.is_dir() or not corpus.is_dir():
        sys.exit(f"fit: needs annotated notes ({gold}) and their documents ({corpus}).")
    fitting = Fitting(gold, corpus)
    _report("terms", fitting.unseen_terms)
    _report("relations", fitting.unseen_relations())
    weights = {
        "terms": fit_terms(fitting.notes),
        "relations": fit_relations(fitting.notes),
        "confidence": fit([row for rows in fitting.unseen for row in rows], _STIFFNESS["confidence"]),
    }
    path = data_folder() / "rules" / "weights.json"
    path.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {path}; run the ingest and bench/quality.py to see what it is worth")


class Fitting:
    """Annotated notes, and what models say of each that were fitted on the others.

    Parameters
    ----------
    gold, corpus
        Folders of the annotations and of the notes.

    Attributes
    ----------
    notes
        As they are read now.
    unseen
        By note, relations as the model "confidence" sees them, and whether they are right; those that one annotator
        marked alone are left out.
    unseen_terms
        Probability of each term, and whether it is right.
    """

    def __init__(self, gold: Path, corpus: Path) -> None:
        reader = _Reader(_module(gold / "score.py"))
        paths = [(path, corpus / f"{path.stem}.md") for path in sorted(gold.glob("*.json"))]
        self.notes = [reader.read(*path) for path in paths]
        self.unseen: list[list[Row]] = []
        self.unseen_terms: list[tuple[float, bool]] = []
        for at, path in enumerate(paths):
            others = [note for note in self.notes if note is not self.notes[at]]
            terms, relations = Model(fit_terms(others)), Model(fit_relations(others))
            note = reader.read(*path, terms)
            self.unseen.append(list(_confidence_rows(note, relations)))
            self.unseen_terms += [(terms.probability(features), right > 0) for features, right in note.terms]

    def unseen_relations(self) -> list[tuple[float, bool]]:
        """Return each relation's confidence, by models that were not fitted on its note, and whether it is right."""
        found = []
        for left in self.unseen:
            others = [row for rows in self.unseen if rows is not left for row in rows]
            model = Model(fit(others, _STIFFNESS["confidence"]))
            found += [(model.probability(features), right > 0) for features, right in left]
        return found


def fit_terms(notes: Iterable[Note]) -> dict[str, float]:
    """Return the weights of the model "terms"."""
    return fit([row for note in notes for row in note.terms], _STIFFNESS["terms"])


def fit_relations(notes: Iterable[Note]) -> dict[str, float]:
    """Return the weights of the model "relations"."""
    return fit([row for note in notes for row in _relation_rows(note)], _STIFFNESS["relations"])


def _confidence_rows(note: Note, model: Model) -> Iterator[Row]:
    """Yield each relation by its surest statement."""
    best: dict[Any, tuple[float, float]] = {}
    for statement in note.relations:
        sure = (model.probability(statement.features), statement.ends)
        best[statement.key] = max(best.get(statement.key, (0.0, 0.0)), sure)
    for key, sure in best.items():
        if note.gold.get(key, True):
            yield confidence_features(*sure), float(key in note.gold)


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

    def read(self, gold: Path, note: Path, terms: Model | None = None) -> Note:
        """Return what one note teaches, its terms found by a model of their own where one is given."""
        self._recognise.use(terms or load_model("terms"))
        found = Found(note.parent, note.name, note)
        document = parse(read_note(found, load_settings({})))
        names, _, needed, relations, _ = self._score.load(gold)
        recognised = self._recognise(document)
        decision = self._recognise.decision
        mine = {key: self._names(key, seen) for key, seen in decision.seen.items() if "text" in seen.places}
        matched = self._score.match(names, mine)
        learned = [
            (decision.features(decision.seen[key]), float(key in matched))
            for key in mine
            if key not in matched or needed[matched[key]]
            if decision.score(key) > 0
        ]
        return Note(
            learned,
            list(self._statements(document, recognised.spans, matched)),
            list(self._statements(document, _annotated_spans(document, gold), None)),
            relations,
        )

    def _names(self, key: str, seen: Any) -> set[str]:  # noqa: ANN401 (what the decision keeps to itself)
        entry = self._lexicon.entries.get(key)
        return {self._score.norm(name) for name in (seen.name, *seen.surfaces, *(entry.names if entry else ()))}

    def _statements(
        self, document: ParsedDocument, spans: Sequence[Sequence[Span]], matched: Mapping[str, str] | None
    ) -> Iterator[Statement]:
        for link, _ in self._relate.links(document, spans):
            keys = (link.source.key, link.target.key)
            named = keys if matched is None else tuple(matched.get(key, ("?", key)) for key in keys)
            if named[0] != named[1]:
                key = self._score.key(named[0], str(link.type), named[1], link.negated)
                ends = 1.0 if matched is None else min(map(self._recognise.decision.score, keys))
                yield Statement(key, dict.fromkeys(link.features(), 1.0), ends)


class _Watched(Recogniser):
    """A recogniser whose last decision can be looked at."""

    decision: Decision

    def use(self, model: Model) -> None:
        """Find terms by this model."""
        self._model = model

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
    for key, features, _ in (*note.relations, *note.annotated):
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


def _report(name: str, unseen: Sequence[tuple[float, bool]]) -> None:
    for threshold in _THRESHOLDS:
        found = [right for sure, right in unseen if sure >= threshold]
        share = sum(found) / len(found) if found else 0.0
        print(f"{name}, each note left out, from {threshold}: {len(found)} found, {share:.2f} right")


if __name__ == "__main__":
    main()
