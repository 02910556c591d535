"""The field's own order: which concepts are commonly taught before which (data/rules/curriculum.csv).

A row is a concept and, between ``|``, what is directly before it, all by any of their names. It speaks only of concepts
that the notes hold; through those that they do not hold the order is passed on.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from graph.errors import DataError
from graph.settings import data_folder
from ingest.lexicon import fold

_COLUMNS = ("concept", "before")
#: By folded name: the folded names of what is taught directly before.
Curriculum = Mapping[str, tuple[str, ...]]


@cache
def load_curriculum(path: Path | None = None) -> Curriculum:
    """Read the curriculum.

    Raises
    ------
    DataError
        Names file and row.
    """
    path = path or data_folder() / "rules" / "curriculum.csv"
    before: dict[str, tuple[str, ...]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            if tuple(next(reader, ())) != _COLUMNS:
                raise DataError(str(path), 1, f"the columns are not {','.join(_COLUMNS)}.")
            for number, row in enumerate(reader, start=2):
                if len(row) != len(_COLUMNS) or not all(map(fold, (row[0], *row[1].split("|")))):
                    raise DataError(str(path), number, "is not a name and names between “|”.")
                if fold(row[0]) in before:
                    raise DataError(str(path), number, f"{row[0]} is there twice.")
                before[fold(row[0])] = tuple(map(fold, row[1].split("|")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error
    return before


def taught_before(curriculum: Curriculum, ids: Mapping[str, str]) -> Mapping[str, Mapping[str, int]]:
    """Return for each concept (id) those that are taught before it, and how many steps before.

    Of the notes' concepts only the nearest are given: those with no other of them between.

    Parameters
    ----------
    ids
        The notes' concepts by folded name.
    """
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name in curriculum:
        if name in ids:
            for before, steps in _nearest(curriculum, ids, name):
                if before != ids[name]:
                    found[ids[name]][before] = min(steps, found[ids[name]].get(before, steps))
    return found


def _nearest(curriculum: Curriculum, ids: Mapping[str, str], name: str) -> Iterator[tuple[str, int]]:
    """Go back from a name, through names that the notes do not hold, to the ids of those they do."""
    seen: set[str] = set()
    ring, steps = curriculum[name], 0
    while ring:
        steps += 1
        seen.update(ring)
        yield from ((ids[one], steps) for one in ring if one in ids)
        beyond = (before for one in ring if one not in ids for before in curriculum.get(one, ()))
        ring = tuple(dict.fromkeys(before for before in beyond if before not in seen))
