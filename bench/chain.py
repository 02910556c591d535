"""Fit the chain of data/rules/chain.csv on annotated notes, by maximum likelihood: bench/fit.py calls it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graph.settings import data_folder
from ingest.lexicon import fold_with_offsets
from ingest.recognise.atoms import Clause
from ingest.recognise.chain import AFTER, FOLLOWS, LABELS, Chain

_STIFFNESS = 3.0
_ROUNDS = 120
#: A feature that is seen less often has no weight.
_RARE = 3
_OUTSIDE, _BEGIN, _INSIDE, _END, _SINGLE = range(len(LABELS))
_NEVER = -1e9
_MAY_BEGIN = np.array([0.0, 0.0, _NEVER, _NEVER, 0.0])
_MAY_END = np.array([0.0, _NEVER, _NEVER, 0.0, 0.0])
Array = npt.NDArray[np.float64]


class Labelled(NamedTuple):
    """A clause: the features of each of its words, and their labels."""

    features: list[list[str]]
    labels: list[int]


def labelled(
    text: str, clauses: Sequence[Clause], names: Collection[str], features: Callable[[Clause], list[list[str]]]
) -> Iterator[Labelled]:
    """Yield the clauses of a text with the annotated names labelled where they stand, the longest first.

    Parameters
    ----------
    names
        Folded.
    """
    labels = [[_OUTSIDE] * len(clause.atoms) for clause in clauses]
    places = [(number, at, atom) for number, clause in enumerate(clauses) for at, atom in enumerate(clause.atoms)]
    starts = {atom.start: (number, at) for number, at, atom in places}
    ends = {atom.end: (number, at) for number, at, atom in places}
    free = bytearray(b"\1" * len(text))
    folded, offsets = fold_with_offsets(text)
    for name in sorted(names, key=lambda name: (-len(name), name)):
        at = folded.find(name)
        while at >= 0:
            start, end = offsets[at], offsets[at + len(name) - 1] + 1
            first, last = starts.get(start), ends.get(end)
            if first and last and first[0] == last[0] and all(free[start:end]):
                labels[first[0]][first[1] : last[1] + 1] = _labels(last[1] - first[1] + 1)
                free[start:end] = bytes(end - start)
            at = folded.find(name, at + 1)
    for clause, told in zip(clauses, labels, strict=True):
        yield Labelled(features(clause), told)


def _labels(length: int) -> list[int]:
    return [_SINGLE] if length == 1 else [_BEGIN, *[_INSIDE] * (length - 2), _END]


def fit_chain(found: Sequence[Labelled]) -> Chain:
    """Return the chain that makes the labels likeliest, its weights small (Adam, with a falling pace)."""
    counts = Counter(feature for clause in found for word in clause.features for feature in word)
    names = sorted(name for name, count in counts.items() if count >= _RARE)
    clauses = _Clauses(found, {name: at for at, name in enumerate(names)})
    weights, after = np.zeros((len(names), len(LABELS))), np.zeros((len(LABELS), len(LABELS)))
    means = [np.zeros_like(each) for each in (weights, after)]
    squares = [np.zeros_like(each) for each in (weights, after)]
    for number in range(1, _ROUNDS + 1):
        slopes = clauses.slopes(weights, after)
        _step(number, weights, slopes[0] - _STIFFNESS * weights, means[0], squares[0])
        _step(number, after, slopes[1] - _STIFFNESS / 10 * after, means[1], squares[1])
    rows = [(name, row) for name, row in zip(names, weights, strict=True) if np.abs(row).max() > 0.02]
    rows += zip(AFTER, after, strict=True)
    return Chain({name: _vector(row) for name, row in rows})


def _step(number: int, values: Array, slope: Array, mean: Array, square: Array) -> None:
    """Change values and what is kept of the slopes in place (Kingma and Ba 2015)."""
    pace = 0.1 * min(1.0, 3 * (1 - number / (_ROUNDS + 1)))
    mean += 0.1 * (slope - mean)
    square += 0.01 * (slope * slope - square)
    values += pace * mean / (1 - 0.9**number) / (np.sqrt(square / (1 - 0.99**number)) + 1e-6)


def _vector(row: Array) -> tuple[float, float, float, float, float]:
    o, b, i, e, s = (round(float(value), 2) for value in row)
    return o, b, i, e, s


def write_chain(chain: Chain) -> None:
    """Write data/rules/chain.csv."""
    path = data_folder() / "rules" / "chain.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("feature", *LABELS))
        rows.writerows((name, *weights) for name, weights in sorted(chain.weights.items()))


class _Clauses:
    """Labelled clauses as arrays of their words, one clause after the other, the longest first."""

    def __init__(self, found: Sequence[Labelled], place: Mapping[str, int]) -> None:
        found = sorted(found, key=lambda clause: -len(clause.labels))
        lengths = np.array([len(clause.labels) for clause in found])
        starts = np.cumsum(lengths) - lengths
        #: By position in the clause: the words that stand there.
        self.at = [starts[: int((lengths > at).sum())] + at for at in range(int(lengths.max()))]
        self.last = starts + lengths - 1
        self.words, self.features = int(lengths.sum()), len(place)
        words = (word for clause in found for word in clause.features)
        pairs = [(row, place[name]) for row, word in enumerate(words) for name in word if name in place]
        self.rows, self.columns = np.array(pairs).T
        self.right = np.eye(len(LABELS))[[label for clause in found for label in clause.labels]]
        self.right_steps = np.zeros((len(LABELS), len(LABELS)))
        self.allowed = np.full((len(LABELS), len(LABELS)), _NEVER)
        for label, after in enumerate(FOLLOWS):
            self.allowed[label, list(after)] = 0.0
        for clause in found:
            np.add.at(self.right_steps, (clause.labels[:-1], clause.labels[1:]), 1.0)

    def slopes(self, weights: Array, after: Array) -> tuple[Array, Array]:
        """Return how the likelihood of the labels grows with the weights (forward-backward, in logarithms)."""
        scores = np.stack([np.bincount(self.rows, each[self.columns], self.words) for each in weights.T], axis=1)
        steps = after + self.allowed
        before, behind = scores.copy(), np.zeros_like(scores)
        before[self.at[0]] += _MAY_BEGIN
        behind[self.last] = _MAY_END
        for here in self.at[1:]:
            before[here] += _log_sum(before[here - 1][:, :, None] + steps, 1)
        for here in self.at[:0:-1]:
            behind[here - 1] = _log_sum(steps + (behind[here] + scores[here])[:, None, :], 2)
        total = _log_sum(before[self.last] + _MAY_END, 1)
        wrong, wrong_steps = self.right.copy(), self.right_steps.copy()
        for at, here in enumerate(self.at):
            wrong[here] -= np.exp(before[here] + behind[here] - total[: len(here), None])
            if at:
                both = before[here - 1][:, :, None] + steps + (behind[here] + scores[here])[:, None, :]
                wrong_steps -= np.exp(both - total[: len(here), None, None]).sum(axis=0)
        learned = [np.bincount(self.columns, each[self.rows], self.features) for each in wrong.T]
        return np.stack(learned, axis=1), wrong_steps


def _log_sum(values: Array, axis: int) -> Array:
    most = values.max(axis=axis, keepdims=True)
    return np.squeeze(most + np.log(np.exp(values - most).sum(axis=axis, keepdims=True)), axis)
