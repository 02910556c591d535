"""How sure a term or relation is: logistic models with few weights, fitted on annotated notes by bench/fit.py.

Weights are rows of ``data/rules/weights.json``, by the names of the features that they are for, so that why something
is sure can be told: `Model.reasons`. There are three models: "terms", "relations" (whether a sentence states a
relation, its ends taken for granted), and "confidence", which puts a relation's score and its ends' together. The
last is fitted on notes that the other two were not fitted on, so that a confidence means what it says on new notes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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


def confidence_features(score: float, ends: float) -> dict[str, float]:
    """Return what the model "confidence" looks at.

    Parameters
    ----------
    score
        How sure it is that the sentence states the relation, if its ends are concepts.
    ends
        How sure it is that the less sure of the two ends is a concept.
    """
    return {"bias": 1.0, "statement": _log_odds(score), "ends": _log_odds(ends)}


def _log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)), without telling apart what is nearly sure: the models do not know it that well."""
    bounded = min(max(probability, 0.1), 0.9)
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
