"""Fit the weights of data/rules on annotated notes: ``python bench/fit.py [GOLD] [CORPUS] [--terms]``.

Four logistic models with few features each: "terms", how sure a term is a concept; "relations", how sure a rule is
right; "pairs", what two terms have to do with each other, by what stands around them; and "confidence", which makes of
a relation's score and its ends' how sure the relation is. What both annotators marked is right, what one of them
marked alone counts less and is left out for a concept, all else is wrong. Relations and pairs are learned from what is
recognised and from the annotated names themselves, so that an error of recognition does not pass for one of a rule.

"confidence" is fitted on what the others say of notes that they were not fitted on (a fifth of the notes left out in
turn) and that two annotators marked, so that it knows how far they can be trusted. Prints what that is worth, then fits
on all and writes the weights. `--terms` fits the chain and the model of terms alone, and leaves the others as they are.

The chain (data/rules/chain.csv, see bench/chain.py) is fitted first. What the other models learn from a note was seen
by a chain that was fitted without it, and without those that are held out: it is surer of the notes that it knows.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

import numpy as np
from annotations import HELD_OUT, Annotated, annotated, folders, score_module
from chain import Labelled, fit_chain, labelled, table, write_chain
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from graph.model import Kind
from graph.settings import data_folder, load_settings
from ingest.confidence import Choice, Model, confidence_features, load_model
from ingest.lexicon import fold, fold_with_offsets, load_lexicon
from ingest.recognise import Recognised, Recogniser
from ingest.recognise.chain import Chain
from ingest.recognise.decision import Decision
from ingest.recognise.page import Page
from ingest.recognise.phrases import PhraseFinder
from ingest.recognise.text import begins, ends
from ingest.records import ParsedDocument, Span
from ingest.relate import RuleExtractor
from ingest.relate.rules import load_rules

_ALONE = 0.75
#: What an annotation counts as an example of a pair, where one annotator marked it, and where it stands elsewhere.
_PAIR_ALONE, _ELSEWHERE = 0.6, 0.3
_STIFFNESS = {"terms": 1.0, "relations": 4.0, "pairs": 20.0, "confidence": 1.0}
_FOLDS = 5
_THRESHOLDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
#: A feature of pairs that is seen less often has no weight, nor has one whose weights are all less, in hundredths.
_RARE, _SMALL = 8, 5
_ROUNDS = 150
#: Confidences of relations in notes that were left out, and whether these are right.
UNSEEN = Path(__file__).with_name("unseen.csv")
Row = tuple[Mapping[str, float], float]


class Statement(NamedTuple):
    """A relation as a rule found it: its key in the annotations' ids, and what its score is computed from."""

    key: Any
    features: Mapping[str, float]


class Example(NamedTuple):
    """A pair as the model sees it, which relation it is an example of, and how much it counts."""

    features: tuple[str, ...]
    name: str
    weight: float


@dataclass
class Note:
    """An annotated note with what there is to learn from it."""

    source: Annotated
    gold: Mapping[Any, bool]
    terms: list[Row]
    statements: list[Statement]
    examples: list[Example]


@dataclass(frozen=True)
class Models:
    """The three that are fitted first."""

    terms: Model
    relations: Model
    pairs: Choice


def main() -> None:
    """Measure by leaving notes out, then fit on all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", help="of the annotations and of the notes")
    parser.add_argument("--terms", action="store_true", help="fit the model of terms alone")
    options = parser.parse_args()
    gold, corpus = folders(options.folders)
    reader = _Reader(score_module(gold))
    sources = list(annotated(gold, corpus))
    path = data_folder() / "rules" / "weights.json"
    reader.fit_chains(sources)
    notes = [reader.read(source) for source in sources]
    write_chain(reader.chain(sources))
    if options.terms:
        weights = json.loads(path.read_text(encoding="utf-8"))
        weights["terms"] = _terms(notes)
    else:
        unseen, confidence = _left_out(reader, notes)
        models = _models(notes)
        _report([(Model(confidence).probability(features), right > 0) for features, right in unseen])
        weights = {"terms": models.terms.weights, "relations": models.relations.weights, "confidence": confidence}
        _write_choice(models.pairs)
    path.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {path}; run the ingest and bench/quality.py to see what it is worth")


def _models(notes: Sequence[Note]) -> Models:
    terms = Model(_terms(notes))
    relations = Model(fit([row for note in notes for row in _relation_rows(note)], _STIFFNESS["relations"]))
    return Models(terms, relations, fit_choice([each for note in notes for each in note.examples], _STIFFNESS["pairs"]))


def _terms(notes: Iterable[Note]) -> dict[str, float]:
    return fit([row for note in notes for row in note.terms], _STIFFNESS["terms"])


def _left_out(reader: _Reader, notes: Sequence[Note]) -> tuple[list[Row], dict[str, float]]:
    """Return what models say of notes that they were not fitted on, and the model "confidence".

    Keeps what extraction is worth on such notes at the default threshold, for `HELD_OUT` and those of ../shared/gold.
    """
    known = [note for note in notes if note.source.name not in HELD_OUT]
    folds = [_models([note for at, note in enumerate(known) if at % _FOLDS != left]) for left in range(_FOLDS)]
    of = {note.source.name: folds[at % _FOLDS] for at, note in enumerate(known)}
    rows = [row for note in known if note.source.agreed for row in reader.judged(note.source, of[note.source.name])]
    confidence = fit(rows, _STIFFNESS["confidence"])
    of |= dict.fromkeys(HELD_OUT, _models(known))
    lines = ["note,part,precision,recall,f1"]
    for source in (note.source for note in notes):
        if source.name in HELD_OUT or not source.own:
            for part, figures in reader.figures(source, of[source.name], Model(confidence)).items():
                lines.append(f"{source.name},{part}," + ",".join(f"{figures[key]:.3f}" for key in ("p", "r", "f1")))
    UNSEEN.with_name("left_out.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rows, confidence


def _relation_rows(note: Note) -> Iterator[Row]:
    for key, features in note.statements:
        yield features, 0.0 if key not in note.gold else 1.0 if note.gold[key] else _ALONE


class _Reader:
    """Reads annotated notes through the stages that are to be fitted."""

    def __init__(self, score: ModuleType) -> None:
        files = [data_folder() / "lexicon"]
        self._score = score
        self._lexicon = load_lexicon(files)
        self._recognise = _Watched(files)
        self._relate = RuleExtractor()
        self._chains: dict[str, Chain] = {}  # by note: what was fitted without it

    def chain(self, sources: Iterable[Annotated]) -> Chain:
        """Return the chain that is fitted on some notes."""
        return fit_chain([each for source in sources for each in self._recognise.examples(source)])

    def fit_chains(self, sources: Sequence[Annotated]) -> None:
        """Fit for each note a chain that knows neither it nor those held out."""
        known = [source for source in sources if source.name not in HELD_OUT]
        self._chains = dict.fromkeys(HELD_OUT, self.chain(known))
        for left in range(_FOLDS):
            chain = self.chain(source for at, source in enumerate(known) if at % _FOLDS != left)
            self._chains |= {source.name: chain for source in known[left::_FOLDS]}

    def read(self, source: Annotated) -> Note:
        """Return what one note teaches."""
        self._recognise.use(load_model("terms"), self._chains[source.name])
        recognised = self._recognise(source.document)
        matched = self._matched(source, recognised)
        spans = _annotated_spans(source)
        ways: list[tuple[Sequence[Sequence[Span]], Mapping[str, str] | None]] = [
            (recognised.spans, matched),
            (spans, None),
        ]
        return Note(
            source,
            self._relations(source),
            list(self._learned(source)),
            [each for here, owner in ways for each in self._statements(source.document, here, owner)],
            [each for here, owner in ways for each in self._examples(source, here, owner)],
        )

    def judged(self, source: Annotated, models: Models) -> Iterator[Row]:
        """Yield each relation that models find in a note, as the model "confidence" sees it, and whether it is right.

        What one annotator marked alone is left out.
        """
        gold = self._relations(source)
        for key, features in self._found(source, models)[1].items():
            if gold.get(key, True):
                yield features, float(key in gold)

    def figures(self, source: Annotated, models: Models, confidence: Model) -> dict[str, dict[str, float]]:
        """Return precision, recall and F1 of concepts, and of relations that are as sure as they have to be."""
        named, relations = self._found(source, models)
        needed = self._score.load(source.path)[2]
        right = sum(needed.get(name, False) for name in named)
        wrong = sum(name not in needed for name in named)
        gold, least = self._relations(source), load_settings({}).confidence
        sure = [key for key, features in relations.items() if confidence.probability(features) >= least]
        stated = sum(gold.get(key, False) for key in sure)
        prf = self._score.prf
        return {
            "concepts": prf(right, wrong, right, sum(needed.values())),
            "relations": prf(stated, sum(key not in gold for key in sure), stated, sum(gold.values())),
        }

    def _found(self, source: Annotated, models: Models) -> tuple[list[str], dict[Any, Mapping[str, float]]]:
        """Return the terms by the annotated concepts that they are, and what "confidence" sees of each relation."""
        self._recognise.use(models.terms, self._chains[source.name])
        recognised = self._recognise(source.document)
        matched = self._matched(source, recognised)
        relate = RuleExtractor(replace(load_rules(), model=models.relations), models.pairs)
        best: dict[Any, tuple[float, float]] = {}
        for one in relate(source.document, recognised.spans):
            ties = [_named(key, matched) for key in (one.source, one.target)]
            if ties[0] != ties[1]:
                key = self._score.key(ties[0], str(one.type), ties[1], one.negated)
                sure = min(map(self._recognise.decision.score, (one.source, one.target)))
                best[key] = max(best.get(key, (0.0, 0.0)), (one.score, sure))
        named = [_named(term.key, matched) for term in recognised.terms]
        return named, {key: confidence_features(*sure) for key, sure in best.items()}

    def _relations(self, source: Annotated) -> Mapping[Any, bool]:
        """Return the annotated relations, and which of them both annotators marked."""
        relations: dict[Any, bool] = self._score.load(source.path)[3]
        return relations

    def _matched(self, source: Annotated, recognised: Recognised) -> dict[str, str]:
        """Return which annotated concept each term is."""
        seen = self._recognise.decision.seen
        mine = {term.key: self._names(term.key, seen[term.key]) for term in recognised.terms}
        matched: dict[str, str] = self._score.match(self._score.load(source.path)[0], mine)
        return matched

    def _learned(self, source: Annotated) -> Iterator[Row]:
        decision = self._recognise.decision
        names, _, needed, _, _ = self._score.load(source.path)
        mine = {key: self._names(key, seen) for key, seen in decision.seen.items() if "text" in seen.places}
        matched = self._score.match(names, mine)
        for key in mine:
            if (key not in matched or needed[matched[key]]) and decision.score(key) > 0:
                yield decision.features(decision.seen[key]), float(key in matched)

    def _names(self, key: str, seen: Any) -> set[str]:  # noqa: ANN401 (what the decision keeps to itself)
        entry = self._lexicon.entries.get(key)
        return {self._score.norm(name) for name in (seen.name, *seen.surfaces, *(entry.names if entry else ()))}

    def _statements(
        self, document: ParsedDocument, spans: Sequence[Sequence[Span]], matched: Mapping[str, str] | None
    ) -> Iterator[Statement]:
        for link, _ in self._relate.links(document, spans):
            source, target = (_named(key, matched) for key in (link.source.key, link.target.key))
            if source != target:
                key = self._score.key(source, str(link.type), target, link.negated)
                yield Statement(key, dict.fromkeys(link.features(), 1.0))

    def _examples(
        self, source: Annotated, spans: Sequence[Sequence[Span]], matched: Mapping[str, str] | None
    ) -> Iterator[Example]:
        lines = {
            one.sentence.id: one.sentence.line for question in source.document.questions for one in question.sentences
        }
        between: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        for relation in source.data["relations"]:
            between[frozenset((relation["source"], relation["target"]))].append(relation)
        for judged, sentence in self._relate.judged(source.document, spans):
            first, second = (_named(term.key, matched) for term in (judged.pair.first, judged.pair.second))
            if first != second:
                name, weight = _example(first, between[frozenset((first, second))], lines[sentence])
                yield Example(judged.features, name, weight)


def _named(key: str, matched: Mapping[str, str] | None) -> str:
    return key if matched is None else matched.get(key, f"?{key}")


def _example(first: str, relations: Iterable[dict[str, Any]], line: int) -> tuple[str, float]:
    """Return which relation a pair in a line is an example of: the nearest that both annotators marked."""
    ranked = sorted(
        (abs(one["line"] - line) > 1, not one.get("required", True), abs(one["line"] - line), at, one)
        for at, one in enumerate(relations)
    )
    if not ranked:
        return "none", 1.0
    far, alone, _, _, one = ranked[0]
    way = ">" if one["source"] == first or one["type"] == "COMPARED_WITH" else "<"
    return one["type"] + way, _ELSEWHERE if far else _PAIR_ALONE if alone else 1.0


class _Watched(Recogniser):
    """A recogniser whose last decision can be looked at."""

    decision: Decision

    def use(self, model: Model, chain: Chain) -> None:
        """Find terms by these models."""
        self._model = model
        self._finder.use(chain)

    def examples(self, source: Annotated) -> Iterator[Labelled]:
        """Yield the clauses of a note with what is annotated in them."""
        names = {fold(name) for concept in source.data["concepts"] for name in concept["names"]} - {""}
        for question in source.document.questions:
            text = Page(question).text
            clauses = list(self._finder.clauses(self._nlp(text)))
            yield from labelled(text, clauses, names, self._finder.features)

    @property
    def _finder(self) -> PhraseFinder:
        return cast("PhraseFinder", self._nlp.get_pipe("zhitu_phrases"))

    def decide(self, decision: Decision) -> Any:  # noqa: ANN401 (as the base's)
        self.decision = decision
        return super().decide(decision)


def _annotated_spans(source: Annotated) -> list[tuple[Span, ...]]:
    """Return the annotated names where they stand, the longest first."""
    concepts = source.data["concepts"]
    owners = {fold(name): (concept["id"], Kind(concept["kind"])) for concept in concepts for name in concept["names"]}
    owners.pop("", None)
    spans = []
    for question in source.document.questions:
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


def fit(rows: Iterable[Row], stiffness: float) -> dict[str, float]:
    """Return the weights of a logistic model.

    Parameters
    ----------
    rows
        Features with their values, and how right it was, in [0, 1]. "bias" is of all, and costs nothing.
    stiffness
        How much a weight costs: half its square times this.
    """
    parts = [(features, 1, right) for features, right in rows] + [(features, 0, 1 - right) for features, right in rows]
    parts = [part for part in parts if part[2] > 0]
    places = DictVectorizer()
    model = LogisticRegression(C=1 / stiffness, max_iter=1000)
    values = places.fit_transform([{**features, "bias": 0.0} for features, _, _ in parts])
    model.fit(values, [right for _, right, _ in parts], sample_weight=[weight for *_, weight in parts])
    weights = dict(zip(places.get_feature_names_out(), model.coef_[0], strict=True)) | {"bias": model.intercept_[0]}
    return {str(name): round(float(weight), 3) for name, weight in sorted(weights.items()) if abs(weight) > 0.02}


def fit_choice(examples: Sequence[Example], stiffness: float) -> Choice:
    """Return the weights of a multinomial logistic model.

    Parameters
    ----------
    stiffness
        How much a weight costs: half its square times this.
    """
    names, looks = table([example.features for example in examples], _RARE)
    model = LogisticRegression(C=1 / stiffness, max_iter=_ROUNDS, tol=1e-3, fit_intercept=False)
    model.fit(looks, [example.name for example in examples], sample_weight=[example.weight for example in examples])
    first = ["none", *sorted(set(map(str, model.classes_)) - {"none"})]
    order = [list(model.classes_).index(name) for name in first]
    weights = np.round(model.coef_[order].T * 100)
    heavy = np.flatnonzero(np.abs(weights).max(axis=1) >= _SMALL)
    return Choice(tuple(first), tuple(names[at] for at in heavy), (weights[heavy] / 100).astype(np.float32))


def _write_choice(choice: Choice) -> None:
    """Write a feature a line, so that a change can be read."""
    with (data_folder() / "rules" / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("feature", *choice.classes))
        for name, weights in zip(choice.features, choice.weights, strict=True):
            rows.writerow((name, *(round(float(weight) * 100) for weight in weights)))


def _report(unseen: Sequence[tuple[float, bool]]) -> None:
    """Print how many of the relations that are this sure were right, in notes left out; keep it all for quality.py."""
    for threshold in _THRESHOLDS:
        found = [right for confidence, right in unseen if confidence >= threshold]
        share = sum(found) / len(found) if found else 0.0
        print(f"relations in notes left out, from {threshold}: {len(found)} found, {share:.2f} right")
    rows = "".join(f"{confidence:.3f},{int(right)}\n" for confidence, right in sorted(unseen))
    UNSEEN.write_text(f"confidence,right\n{rows}", encoding="utf-8")


if __name__ == "__main__":
    main()
