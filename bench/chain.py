"""Fit the chain of data/rules/chain.csv on annotated notes, by maximum likelihood: bench/fit.py calls it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_array

from graph.settings import data_folder
from ingest.lexicon import fold_with_offsets
from ingest.recognise.atoms import Clause
from ingest.recognise.chain import AFTER, FOLLOWS, LABELS, Chain

_STIFFNESS = 3.0
_ROUNDS = 100
#: A feature that is seen less often has no weight.
_RARE = 3
#: Nor has one whose weights are all smaller.
_SMALL = 0.02
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
    """Return the chain that makes the labels likeliest, its weights small (L-BFGS)."""
    found = sorted(found, key=lambda clause: -len(clause.labels))
    names, looks = table([word for clause in found for word in clause.features], _RARE)
    clauses = _Clauses(found, looks)
    wide = len(LABELS)
    stiffness = np.array([_STIFFNESS] * len(names) + [_STIFFNESS / 10] * wide)[:, None]

    def cost(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(-1, wide)
        likelihood, slopes = clauses.slopes(weights[:-wide], weights[-wide:])
        price = (stiffness * weights**2).sum() / 2
        return price - likelihood, (stiffness * weights - slopes).ravel()

    start = np.zeros((len(names) + wide) * wide)
    best = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}).x.reshape(-1, wide)
    rows = [(name, row) for name, row in zip(names, best, strict=False) if np.abs(row).max() > _SMALL]
    rows += zip(AFTER, best[-wide:], strict=True)
    return Chain({name: _vector(row) for name, row in rows})


def table(rows: Sequence[Sequence[str]], rare: int) -> tuple[list[str], csr_array]:
    """Return the names of the features that are seen at least `rare` times, and how often each row has each."""
    counts = Counter(feature for row in rows for feature in row)
    names = sorted(name for name, count in counts.items() if count >= rare)
    place = {name: at for at, name in enumerate(names)}
    kept = [[place[name] for name in row if name in place] for row in rows]
    ends = np.cumsum([0, *map(len, kept)])
    columns = np.fromiter(chain.from_iterable(kept), np.int32, int(ends[-1]))
    return names, csr_array((np.ones(len(columns)), columns, ends), shape=(len(kept), len(names)))


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

    def __init__(self, found: Sequence[Labelled], looks: csr_array) -> None:
        lengths = np.array([len(clause.labels) for clause in found])
        starts = np.cumsum(lengths) - lengths
        #: By position in the clause: the words that stand there.
        self.at = [starts[: int((lengths > at).sum())] + at for at in range(int(lengths.max()))]
        self.last = starts + lengths - 1
        self.looks = looks
        self.right = np.eye(len(LABELS))[[label for clause in found for label in clause.labels]]
        self.right_steps = np.zeros((len(LABELS), len(LABELS)))
        self.allowed = np.full((len(LABELS), len(LABELS)), _NEVER)
        for label, after in enumerate(FOLLOWS):
            self.allowed[label, list(after)] = 0.0
        for clause in found:
            np.add.at(self.right_steps, (clause.labels[:-1], clause.labels[1:]), 1.0)

    def slopes(self, weights: Array, after: Array) -> tuple[float, Array]:
        """Return how likely the labels are, and how that grows with the weights (forward-backward, in logarithms)."""
        scores = self.looks @ weights
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
        likelihood = (self.right * scores).sum() + (self.right_steps * after).sum() - total.sum()
        return float(likelihood), np.concatenate((self.looks.T @ wrong, wrong_steps))


def _log_sum(values: Array, axis: int) -> Array:
    most = values.max(axis=axis, keepdims=True)
    return np.squeeze(most + np.log(np.exp(values - most).sum(axis=axis, keepdims=True)), axis)
