"""What the words of clauses and their neighbours say for the chain, added up for many clauses at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ingest.recognise.atoms import Clause, Features, Form
from ingest.recognise.chain import LABELS, Chain

#: What a word is looked at for: itself, and the two on each side.
_VIEWS = 5
#: How many words are remembered; then they are looked at anew, so that memory does not grow with the notes.
_MOST = 1 << 15


class Looks:
    """Adds up what words say, and remembers it by word: most stand in many clauses."""

    def __init__(self, chain: Chain, features: Features) -> None:
        self._chain = chain
        self._features = features
        self._forget()

    def factors(self, clauses: Sequence[Clause]) -> Iterator[list[list[float]]]:
        """Yield for each clause, by word, how much likelier it makes each label."""
        if len(self._rows) > _MOST:
            self._forget()
        rows: list[int] = []
        for clause in clauses:
            rows += (0, self._row(clause.before))
            rows += [self._row(atom.form) for atom in clause.atoms]
            rows += (self._row(clause.behind), 0)
        if not rows:
            return
        at, table = np.array(rows), self._table
        totals = table[at[2:-2], 0] + table[at[1:-3], 1] + table[at[3:-1], 2] + table[at[:-4], 3] + table[at[4:], 4]
        factors = np.exp(totals).tolist()
        start = 0
        for clause in clauses:
            yield factors[start : start + len(clause.atoms)]
            start += len(clause.atoms) + 4  # beyond what stands around two clauses

    def _forget(self) -> None:
        self._rows: dict[Form | str, int] = {}
        self._table: npt.NDArray[np.float64] = np.zeros((1 << 10, _VIEWS, len(LABELS)))

    def _row(self, seen: Form | str) -> int:
        """Return where it is in the table; the first row is what is not there."""
        row = self._rows.get(seen)
        if row is None:
            row = self._rows[seen] = len(self._rows) + 1
            if row == len(self._table):
                self._table = np.concatenate((self._table, np.zeros_like(self._table)))
            self._table[row] = [self._chain.score(view) for view in self._features.views(seen)]
        return row
