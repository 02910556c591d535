"""How sure it is that a stretch of a clause is a term, by its words and their neighbours alone.

A conditional random field over the words of a clause (Lafferty, McCallum and Pereira 2001): each word is outside of a
term, or begins, continues, ends or is one. What speaks for that are features of the word and of its neighbours; how
much, ``data/rules/chain.csv`` says, fitted on annotated notes by bench/chain.py. The probability of a stretch is exact,
by the forward-backward algorithm.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.errors import DataError
from graph.settings import data_folder

#: What a word may be, and what may follow: outside of a term, its beginning, middle or end, or the whole of it.
LABELS = ("outside", "begin", "inside", "end", "single")
FOLLOWS = ((0, 1, 4), (2, 3), (2, 3), (0, 1, 4), (0, 1, 4))
#: The rows of chain.csv that hold the weights of one label after another.
AFTER = tuple(f"after {label}" for label in LABELS)
#: By label.
Vector = tuple[float, float, float, float, float]
_NONE: Vector = (0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Chain:
    """Weights by feature and label."""

    weights: Mapping[str, Vector]

    def score(self, features: Iterable[str]) -> Vector:
        """Return how much features speak for each label: logarithms."""
        o, b, i, e, s = map(math.fsum, zip(_NONE, *(self.weights.get(name, _NONE) for name in features), strict=True))
        return o, b, i, e, s

    def steps(self) -> list[Vector]:
        """Return how much likelier each label is after each; zero where it cannot follow."""
        rows = [self.score((name,)) for name in AFTER]
        return [
            _vector(math.exp(row[label]) if label in after else 0.0 for label in range(len(LABELS)))
            for row, after in zip(rows, FOLLOWS, strict=True)
        ]


def spans(
    factors: Sequence[Sequence[float]], steps: Sequence[Vector], least: float, longest: int
) -> Iterator[tuple[int, int, float]]:
    """Yield the stretches of a clause that may be terms: the first word, the last, and the probability.

    Parameters
    ----------
    factors
        How much likelier each word makes each label: see `Looks`.
    steps
        See `Chain.steps`.
    least
        Stretches less probable than this are left out.
    longest
        So many words at most.
    """
    before, scales = _forward(factors, steps)
    behind = _backward(factors, steps, scales)
    from_begin, from_inside = (steps[1][2], steps[1][3]), (steps[2][2], steps[2][3])
    for first, (alpha, beta) in enumerate(zip(before, behind, strict=True)):
        if alpha[4] * beta[4] >= least:
            yield first, first, alpha[4] * beta[4]
        if alpha[1] * beta[1] < least:
            continue
        begun, (goes_on, stops) = alpha[1], from_begin
        for last in range(first + 1, min(first + longest, len(factors))):
            factor = factors[last]
            sure = begun * stops * factor[3] / scales[last] * behind[last][3]
            if sure >= least:
                yield first, last, sure
            begun *= goes_on * factor[2] / scales[last]
            goes_on, stops = from_inside


def _forward(factors: Sequence[Sequence[float]], steps: Sequence[Vector]) -> tuple[list[Vector], list[float]]:
    """Return how likely each label of each word is by what stands before, and what it was divided by."""
    (oo, ob, _, _, os), (_, _, bi, be, _), (_, _, ii, ie, _), (eo, eb, _, _, es), (so, sb, _, _, ss) = steps
    found, scales = [], []
    o, b, i, e, s = 1.0, 0.0, 0.0, 0.0, 0.0
    for at, (to_o, to_b, to_i, to_e, to_s) in enumerate(factors):
        if at:
            o, b, i, e, s = (
                to_o * (o * oo + e * eo + s * so),
                to_b * (o * ob + e * eb + s * sb),
                to_i * (b * bi + i * ii),
                to_e * (b * be + i * ie),
                to_s * (o * os + e * es + s * ss),
            )
        else:
            o, b, s = to_o, to_b, to_s
        scale = o + b + i + e + s
        if at == len(factors) - 1:
            scale -= b + i  # a term does not end with its beginning
        o, b, i, e, s = o / scale, b / scale, i / scale, e / scale, s / scale
        found.append((o, b, i, e, s))
        scales.append(scale)
    return found, scales


def _backward(factors: Sequence[Sequence[float]], steps: Sequence[Vector], scales: Sequence[float]) -> list[Vector]:
    """Return how likely each label of each word is by what stands behind."""
    (oo, ob, _, _, os), (_, _, bi, be, _), (_, _, ii, ie, _), (eo, eb, _, _, es), (so, sb, _, _, ss) = steps
    o, b, i, e, s = 1.0, 0.0, 0.0, 1.0, 1.0
    found = [(o, b, i, e, s)]
    for at in range(len(factors) - 1, 0, -1):
        scale = scales[at]
        to_o, to_b, to_i, to_e, to_s = factors[at]
        o, b, i, e, s = o * to_o / scale, b * to_b / scale, i * to_i / scale, e * to_e / scale, s * to_s / scale
        o, b, i, e, s = (
            oo * o + ob * b + os * s,
            bi * i + be * e,
            ii * i + ie * e,
            eo * o + eb * b + es * s,
            so * o + sb * b + ss * s,
        )
        found.append((o, b, i, e, s))
    found.reverse()
    return found


@cache
def load_chain(folder: Path | None = None) -> Chain:
    """Read the weights.

    Raises
    ------
    DataError
        Names file and row.
    """
    path = (folder or data_folder() / "rules") / "chain.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, strict=True)
            if tuple(next(rows, ())) != ("feature", *LABELS):
                raise DataError(str(path), 1, f"the columns are not feature,{','.join(LABELS)}.")
            return Chain({row[0]: _weights(path, number, row[1:]) for number, row in enumerate(rows, start=2)})
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.", "bench/chain.py writes it.") from error


def _weights(path: Path, row: int, cells: Sequence[str]) -> Vector:
    try:
        return _vector(map(float, cells))
    except ValueError as error:
        raise DataError(str(path), row, f"does not hold a weight for each of {', '.join(LABELS)}.") from error


def _vector(values: Iterable[float]) -> Vector:
    o, b, i, e, s = values
    return o, b, i, e, s
