"""Prerequisites that somebody states: in a note's front matter, in a CSV of pairs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from graph.errors import NoteError
from ingest.records import Notice

#: The columns of a CSV of pairs, and the front matter's key for a mapping of targets to prerequisites.
COLUMNS = ("prerequisite", "target")
#: What a file of pairs is called in notices: it may be the copy that is kept with the graph.
_FILE = "prerequisites"
KEY = "prerequisites"


@dataclass(frozen=True, slots=True)
class Given:
    """A pair, by names of concepts: `prerequisite` comes before `target`; and where it is given, line from 1."""

    prerequisite: str
    target: str
    path: str
    line: int


class _FormError(Exception):
    """The front matter's prerequisites are not written as they should be."""


def read_pairs(path: Path) -> tuple[Given, ...]:
    """Read a CSV file with the columns ``prerequisite,target``.

    Raises
    ------
    NoteError
        Names file and row of what cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            if tuple(cell.strip().lower() for cell in next(reader, ())) != COLUMNS:
                raise NoteError(str(path), 1, f"is no list of prerequisites: the columns are not {','.join(COLUMNS)}.")
            return tuple(_rows(reader, path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NoteError(str(path), 0, f"cannot be read: {error}.") from error


def given_in(front_matter: str, path: str, line: int = 2) -> tuple[tuple[Given, ...], tuple[Notice, ...]]:
    """Return the pairs that a note's front matter gives under ``prerequisites``.

    ::

        prerequisites:
          BLIP: [CLIP, contrastive learning]
          CLIP: contrastive learning

    Parameters
    ----------
    front_matter
        Between its two lines of dashes. Only the nodes of the YAML are looked at: no value is built from it.
    path, line
        The note, and the line that `front_matter` begins on.
    """
    try:
        root = yaml.compose(front_matter, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return (), ()  # parsing the note has told it
    block = _value(root, KEY)
    if block is None:
        return (), ()
    try:
        return tuple(_pairs(block, path, line)), ()
    except _FormError as error:
        at = line + block.start_mark.line
        return (), (Notice(path, at, f"the front matter's {KEY} were left out: {error}"),)


def _rows(reader: Iterator[list[str]], path: Path) -> Iterator[Given]:
    for number, row in enumerate(reader, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(COLUMNS) or not all(cells):
            raise NoteError(str(path), number, f"has not the two names {' and '.join(COLUMNS)}.")
        yield Given(cells[0], cells[1], _FILE, number)


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    named = (value for name, value in pairs if isinstance(name, yaml.ScalarNode) and name.value.lower() == key)
    return next(named, None)


def _pairs(block: yaml.Node, path: str, line: int) -> Iterator[Given]:
    if not isinstance(block, yaml.MappingNode):
        raise _FormError("they are not of the form “concept: [what comes before it]”")
    for target, value in block.value:
        names = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for name in (target, *names):
            if not isinstance(name, yaml.ScalarNode):
                raise _FormError("a name is not a plain text")
        yield from (Given(name.value, target.value, path, line + name.start_mark.line) for name in names)
