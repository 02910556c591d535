"""How sure a term or relation is: a logistic model with few weights, fitted on annotated notes by bench/fit.py.

Weights are rows of ``data/rules/weights.json``, by the names of the features that they are for, so that why something
is sure can be told: `Model.reasons`.
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


@cache
def load_model(name: str, folder: Path | None = None) -> Model:
    """Read the weights of a model: "terms" or "relations".

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
