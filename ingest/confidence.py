"""How sure a term or relation is: logistic models with few weights, fitted on annotated notes by bench/fit.py.

Weights are rows of ``data/rules/weights.json``, by the names of the features that they are for, so that why something
is sure can be told: `Model.reasons`. There are three models: "terms", "relations" (whether a sentence states a
relation, its ends taken for granted), and "confidence", which puts a relation's score and its ends' together. The
last is fitted on notes that the other two were not fitted on, so that a confidence means what it says on new notes.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph.errors import DataError
from graph.settings import data_folder


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature."""

    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability that something with these features is right, within 0 and 1."""
        weights = self.weights
        total = sum(weights[name] * value for name, value in features.items() if value and name in weights)
        return 1 / (1 + math.exp(-total))

    def of(self, features: Iterable[str]) -> float:
        """Return the probability for features that are just there."""
        get = self.weights.get
        return 1 / (1 + math.exp(-sum(get(name, 0.0) for name in features)))

    def reasons(self, features: Mapping[str, float]) -> list[tuple[str, float]]:
        """Return the features that count, with what each adds to the log odds, the weightiest first."""
        found = [(name, self.weights.get(name, 0.0) * value) for name, value in features.items()]
        return sorted(((name, share) for name, share in found if share), key=lambda pair: (-abs(pair[1]), pair[0]))


#: Sets of features that are weighed together: enough to be fast, few enough for memory.
_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Choice:
    """Weights by feature of one class among several: a multinomial logistic model.

    Parameters
    ----------
    classes
        Their names; the first is "none".
    features
        Their names.
    weights
        By feature and class.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    _rows: dict[str, int] = field(init=False, repr=False, compare=False)
    _table: npt.NDArray[np.float32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        nothing = np.zeros((1, len(self.classes)), np.float32)  # the last row is no feature's
        object.__setattr__(self, "_table", np.concatenate((self.weights, nothing)))
        object.__setattr__(self, "_rows", {feature: row for row, feature in enumerate(self.features)})

    def likely(self, many: Iterable[Sequence[str]], least: float) -> Iterator[list[tuple[int, float]]]:
        """Yield for each of many sets of features the classes, but for the first, that are at least so probable."""
        waiting = iter(many)
        while part := list(islice(waiting, _AT_ONCE)):
            hits: list[list[tuple[int, float]]] = [[] for _ in part]
            probabilities = self._probabilities(part)
            for at, number in np.argwhere(probabilities[:, 1:] >= least).tolist():
                hits[at].append((number + 1, float(probabilities[at, number + 1])))
            yield from hits

    def _probabilities(self, many: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        rows, none = self._rows, len(self._rows)
        known = [[none, *(rows[feature] for feature in features if feature in rows)] for features in many]
        starts = np.cumsum([0, *map(len, known[:-1])])
        flat = np.fromiter(chain.from_iterable(known), np.intp)
        totals = np.add.reduceat(self._table.take(flat, axis=0), starts, axis=0).astype(np.float64)
        powers = np.exp(totals - totals.max(axis=1, keepdims=True))
        found: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return found

    def reasons(self, features: Iterable[str], name: str) -> list[tuple[str, float]]:
        """Return the features that count for a class, with what each adds to it, the weightiest first."""
        weights = self.weights[:, self.classes.index(name)]
        shares = [(feature, float(weights[self._rows[feature]])) for feature in features if feature in self._rows]
        return sorted(((name, share) for name, share in shares if share), key=lambda pair: (-abs(pair[1]), pair[0]))


def confidence_features(score: float, ends: float) -> dict[str, float]:
    """Return what the model "confidence" looks at; what is nearly sure is not told apart, as nobody knows it that well.

    Parameters
    ----------
    score
        How sure it is that the sentence states the relation, if its ends are concepts.
    ends
        How sure it is that the less sure of the two ends is a concept.
    """
    return {"bias": 1.0, "statement": log_odds(min(max(score, 0.1), 0.9)), "ends": log_odds(min(max(ends, 0.1), 0.9))}


def log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)), of what is nearly sure that of 0.999."""
    bounded = min(max(probability, 0.001), 0.999)
    return math.log(bounded / (1 - bounded))


@cache
def load_model(name: str, folder: Path | None = None) -> Model:
    """Read the weights of a model: "terms", "relations" or "confidence".

    Raises
    ------
    DataError
        Names the file and what is wrong with it.
    """
    path = (folder or data_folder() / "rules") / "weights.json"
    try:
        weights = json.loads(path.read_text(encoding="utf-8"))[name]
        return Model({str(feature): float(weight) for feature, weight in weights.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            str(path), 0, f"holds no weights for “{name}”: {error}.", "bench/fit.py writes them."
        ) from error


@cache
def load_choice(folder: Path | None = None) -> Choice:
    """Read the weights of the model "pairs": rows of a feature and its weights by class, in hundredths.

    Raises
    ------
    DataError
        Names the file and what is wrong with it.
    """
    path = (folder or data_folder() / "rules") / "pairs.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, strict=True)
            _, *classes = next(rows, ("",))
            features, weights = [], []
            for row in rows:
                features.append(row[0])
                weights.append(np.array(row[1:], np.float32))
        return Choice(tuple(classes), tuple(features), np.reshape(weights, (-1, len(classes))) / np.float32(100))
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise DataError(str(path), 0, f"holds no weights: {error}.", "bench/fit.py writes them.") from error
