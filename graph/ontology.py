"""What kinds and relation types mean, read from ``data/ontology`` and checked row by row."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeVar

from graph.errors import DataError
from graph.model import Kind, RelationType
from graph.settings import data_folder

_Row = TypeVar("_Row")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_SHAPES = ("dot", "diamond", "square", "triangle", "triangleDown", "hexagon", "star", "box", "ellipse")


class First(StrEnum):
    """Which end of a relation is to be learned first."""

    SOURCE = "source"
    TARGET = "target"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RelationMeaning:
    """A row of relations.csv.

    Parameters
    ----------
    en, zh, inverse_en, inverse_zh
        The relation in words, between source and target, and read from the target.
    not_en, not_zh, inverse_not_en, inverse_not_zh
        The same where the text denies it.
    symmetric
        The relation has no direction.
    first
        Which end is a prerequisite of the other.
    weight
        How much that is worth, in [0, 1].
    colour, dash
        How it is drawn: ``#rrggbb``; solid, dashed or dotted.
    """

    type: RelationType
    en: str
    zh: str
    inverse_en: str
    inverse_zh: str
    not_en: str
    not_zh: str
    inverse_not_en: str
    inverse_not_zh: str
    symmetric: bool
    first: First
    weight: float
    colour: str
    dash: str


@dataclass(frozen=True, slots=True)
class KindMeaning:
    """A row of kinds.csv: a kind's names, and the shape (of vis-network) and colour it is drawn with."""

    kind: Kind
    en: str
    zh: str
    shape: str
    colour: str


@dataclass(frozen=True, slots=True)
class Ontology:
    """All kinds and relation types with their meaning."""

    kinds: Mapping[Kind, KindMeaning]
    relations: Mapping[RelationType, RelationMeaning]


@cache
def load_ontology(folder: Path | None = None) -> Ontology:
    """Read and check the ontology.

    Parameters
    ----------
    folder
        Where kinds.csv and relations.csv are; the project's own by default.

    Raises
    ------
    DataError
        Names file and row of what is wrong or missing.
    """
    folder = folder or data_folder() / "ontology"
    kinds = {row.kind: row for row in _rows(folder / "kinds.csv", _kind)}
    relations = {row.type: row for row in _rows(folder / "relations.csv", _relation)}
    _complete(folder / "kinds.csv", set(Kind) - set(kinds))
    _complete(folder / "relations.csv", set(RelationType) - set(relations))
    return Ontology(kinds, relations)


def _rows(path: Path, make: Callable[[dict[str, str]], _Row]) -> Iterator[_Row]:
    seen: set[str] = set()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, strict=True), start=2):
                key = next(iter(row.values()))
                if key in seen:
                    raise DataError(str(path), number, f"{key} is there twice.")
                seen.add(key)
                try:
                    yield make(row)
                except (KeyError, ValueError, TypeError) as error:
                    raise DataError(str(path), number, f"cannot be used: {error}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error


def _complete(path: Path, missing: set[Kind] | set[RelationType]) -> None:
    if missing:
        raise DataError(str(path), 0, f"has no row for {', '.join(sorted(missing))}.")


def _choice(row: dict[str, str], column: str, choices: tuple[str, ...]) -> str:
    if row[column] not in choices:
        raise ValueError(f"{column} is “{row[column]}”, not one of {', '.join(choices)}")
    return row[column]


def _colour(row: dict[str, str]) -> str:
    if not _COLOUR.fullmatch(row["colour"]):
        raise ValueError(f"colour is “{row['colour']}”, not of the form #rrggbb")
    return row["colour"]


def _kind(row: dict[str, str]) -> KindMeaning:
    return KindMeaning(Kind(row["kind"]), row["en"], row["zh"], _choice(row, "shape", _SHAPES), _colour(row))


def _relation(row: dict[str, str]) -> RelationMeaning:
    weight = float(row["weight"])
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}, not within 0 and 1")
    return RelationMeaning(
        type=RelationType(row["type"]),
        en=row["en"],
        zh=row["zh"],
        inverse_en=row["inverse_en"],
        inverse_zh=row["inverse_zh"],
        not_en=row["not_en"],
        not_zh=row["not_zh"],
        inverse_not_en=row["inverse_not_en"],
        inverse_not_zh=row["inverse_not_zh"],
        symmetric=_choice(row, "symmetric", ("yes", "no")) == "yes",
        first=First(row["first"]),
        weight=weight,
        colour=_colour(row),
        dash=_choice(row, "dash", ("solid", "dashed", "dotted")),
    )
