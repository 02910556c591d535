"""What is to be understood before what: inferred from the graph, with reasons, and without circles.

A pair of concepts is weighed if a relation ties them, if the name of one is inside the other's, if one's
definition names the other, or if the field commonly teaches one before the other. For each direction a logistic
model looks at

- what the relations mean for learning (``first`` and ``weight`` of data/ontology/relations.csv);
- names ("attention" before "multi-head attention") and definitions;
- reference: RefD (Liang, Wu, Huang and Giles, "Measuring Prerequisite Relations Among Concepts", EMNLP 2015) with a
  concept's questions and definition as its page, and who mentions whom;
- which comes first in the notes, and what kinds of things they are;
- the field's own order (data/rules/curriculum.csv).

Its coefficients are rows of data/rules/prerequisites.csv, learned by ``bench/prerequisites.py``.
What the notes give and what the reader corrected wins over all inference. Where prerequisites go round in
a circle the weakest is given up, and told; what follows from others is left out. The result depends on the
content alone, and takes about as long as there are relations and names.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.errors import DataError
from graph.learner import Correction
from graph.model import Content, Prerequisite
from graph.settings import data_folder
from ingest.lexicon import fold
from ingest.prerequisites.evidence import Evidence
from ingest.prerequisites.given import Given, given_in, read_pairs
from ingest.prerequisites.order import Circle, break_circles, direct
from ingest.records import Notice

__all__ = ["Given", "given_in", "infer", "read_pairs"]

#: Weight of what somebody states: more than any inference's.
_CERTAIN = 1.0


@dataclass(frozen=True, slots=True)
class Model:
    """The logistic model: a coefficient for each feature, and the probability from which a pair counts."""

    coefficients: Mapping[str, float]
    bias: float
    threshold: float

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how likely a pair with these features is a prerequisite, in (0, 1)."""
        total = sum(self.coefficients.get(name, 0.0) * value for name, value in features.items())
        return 1 / (1 + math.exp(-self.bias - total))


def infer(
    content: Content,
    given: Iterable[Given] = (),
    corrections: Iterable[Correction] = (),
    model: Model | None = None,
) -> tuple[tuple[Prerequisite, ...], tuple[Notice, ...]]:
    """Return the direct prerequisites, sorted by (source, target), and what was given up or could not be used.

    Parameters
    ----------
    content
        Concepts, relations and mentions; its own prerequisites are not looked at.
    given
        Pairs that the notes state.
    corrections
        The reader's; they win over the given ones.
    model
        The learned one by default.
    """
    evidence = Evidence(content)
    pairs = {(pair.source, pair.target): pair for pair in _inferred(evidence, model or load_model())}
    stated, notices = _stated(evidence, given, corrections)
    for (source, target), pair in stated.items():
        pairs.pop((source, target), None)
        if pair:
            pairs.pop((target, source), None)
            pairs[source, target] = pair
    kept, circles = break_circles(pairs.values())
    notices += [_circle(evidence, circle) for circle in circles]
    found = direct(kept, [key for key, pair in stated.items() if pair])
    return (
        tuple(sorted(found, key=lambda pair: (pair.source, pair.target))),
        tuple(sorted(notices, key=lambda notice: (notice.path, notice.line, notice.message))),
    )


@cache
def load_model(path: Path | None = None) -> Model:
    """Read the model's numbers.

    Raises
    ------
    DataError
        Names file and row.
    """
    path = path or data_folder() / "rules" / "prerequisites.csv"
    numbers: dict[str, float] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row, line in enumerate(csv.DictReader(file, strict=True), start=2):
                try:
                    numbers[line["feature"]] = float(line["coefficient"])
                except (KeyError, ValueError, TypeError) as error:
                    raise DataError(str(path), row, f"cannot be used: {error}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error
    if missing := {"bias", "threshold"} - set(numbers):
        raise DataError(str(path), 0, f"has no row for {', '.join(sorted(missing))}.")
    return Model(numbers, numbers.pop("bias"), numbers.pop("threshold"))


def _inferred(evidence: Evidence, model: Model) -> Iterator[Prerequisite]:
    for first, then in evidence.candidates():
        probability = model.probability(evidence.features(first, then))
        if probability >= model.threshold:
            yield Prerequisite(first, then, round(probability, 3), evidence.reasons(first, then))


def _stated(
    evidence: Evidence, given: Iterable[Given], corrections: Iterable[Correction]
) -> tuple[dict[tuple[str, str], Prerequisite | None], list[Notice]]:
    """Return what the notes and the reader state about pairs of ids (None: no prerequisite), and what names nothing."""
    ids = evidence.by_name
    stated: dict[tuple[str, str], Prerequisite | None] = {}
    notices = []
    for one in sorted(given, key=lambda one: (one.path, one.line, one.prerequisite, one.target)):
        unknown = [name for name in (one.prerequisite, one.target) if fold(name) not in ids]
        if unknown:
            told = " and ".join(f"“{name}”" for name in unknown)
            notices.append(Notice(one.path, one.line, f"a prerequisite names {told}, which no note mentions"))
            continue
        key = ids[fold(one.prerequisite)], ids[fold(one.target)]
        if key[0] != key[1]:
            stated[key] = Prerequisite(*key, _CERTAIN, ("given",))
    for correction in corrections:
        source, target = ids.get(fold(correction.prerequisite)), ids.get(fold(correction.target))
        if not source or not target or source == target:
            continue  # kept for when the notes have such concepts again
        if correction.wrong:
            stated[source, target] = None
        else:
            stated.pop((target, source), None)
            stated[source, target] = Prerequisite(source, target, _CERTAIN, ("corrected",))
    return stated, notices


def _circle(evidence: Evidence, circle: Circle) -> Notice:
    names = [evidence.concepts[id_].name for id_ in circle.members]
    way = " → ".join([*names, names[0]])
    return Notice("", 0, f"each of these would come before the next: {way}; the last step, the weakest, was given up")
