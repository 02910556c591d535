"""The curated concepts of the field, and the folding that makes two spellings of a name one.

A lexicon file is CSV with the columns ``kind,zh,en,abbr,aliases``; `abbr` and `aliases` hold
several names between ``|``. A concept's canonical name is the Chinese one if there is one, else the
English one. Only an abbreviation may belong to several concepts: which one is meant is left to context.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from graph.errors import DataError
from graph.model import Kind

COLUMNS = ("kind", "zh", "en", "abbr", "aliases")
#: Names longer than this are no names.
MAX_NAME = 60
#: Left out when names are compared: blanks, hyphens, underscores and quotes.
_IGNORED = frozenset(" \t\r\n\u00a0\u3000-_‐‑‒–−\"'“”‘’`")


class _Folding(dict[int, str]):
    """Folds one character, and remembers it: `str.translate` takes it as it is."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKD", character).lower()
        folded = "".join(part for part in plain if part not in _IGNORED and unicodedata.category(part) not in _MARKS)
        self[code] = folded
        return folded


#: Combining marks, formats (zero width, direction) and controls.
_MARKS = frozenset(("Mn", "Me", "Cf", "Cc"))
_FOLDING = _Folding()


def fold(text: str) -> str:
    """Return `text` as names are compared: one case and width, without blanks, hyphens, quotes and accents.

    >>> fold("Pre-training") == fold("ＰＲＥ training")
    True
    >>> fold("C++") == fold("C#")
    False
    """
    return text.translate(_FOLDING)


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return `fold(text)`, and for each of its characters where in `text` it is from."""
    return fold(text), [at for at, code in enumerate(map(ord, text)) for _ in _FOLDING[code]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A concept of the lexicon.

    Parameters
    ----------
    key
        Its folded canonical name: what mentions refer to.
    abbr, aliases
        Further names; abbreviations may be shared with other entries.
    """

    key: str
    name: str
    kind: Kind
    zh: str = ""
    en: str = ""
    abbr: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the canonical one first."""
        return tuple(dict.fromkeys(name for name in (self.name, self.zh, self.en, *self.abbr, *self.aliases) if name))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries by key, and by each folded name the keys of those that have it (the first wins without context)."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, name: str) -> tuple[Entry, ...]:
        """Return the entries with that name, whatever its spelling."""
        return tuple(self.entries[key] for key in self.by_name.get(fold(name), ()))


def load_lexicon(files: Iterable[Path]) -> Lexicon:
    """Read and check lexicon files; a folder stands for the ``.csv`` files in it.

    A later file may repeat a concept of an earlier one, by its canonical name, to replace it.

    Raises
    ------
    DataError
        Names file and row: columns, kinds, a name of two concepts, a concept twice in one file.
    """
    return _load(tuple(files))


@cache
def _load(files: tuple[Path, ...]) -> Lexicon:
    entries: dict[str, Entry] = {}
    places: dict[str, tuple[Path, int]] = {}
    for path in files:
        for part in sorted(path.glob("*.csv")) if path.is_dir() else [path]:
            for row, entry in _rows(part):
                if entry.key in places and places[entry.key][0] == part:
                    raise DataError(
                        str(part), row, f"{entry.name} is there twice, first in row {places[entry.key][1]}."
                    )
                entries[entry.key] = entry
                places[entry.key] = (part, row)
    return Lexicon(entries, _index(entries, places))


def _rows(path: Path) -> Iterator[tuple[int, Entry]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise DataError(str(path), 1, f"the columns are not {','.join(COLUMNS)}.")
            for number, row in enumerate(reader, start=2):
                try:
                    yield number, _entry(row)
                except (TypeError, ValueError, AttributeError) as error:
                    raise DataError(str(path), number, f"cannot be used: {error}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error


def _entry(row: dict[str, str]) -> Entry:
    if None in row:
        raise ValueError("more cells than columns")
    zh, en = row["zh"].strip(), row["en"].strip()
    name = zh or en
    entry = Entry(fold(name), name, Kind(row["kind"]), zh, en, _several(row["abbr"]), _several(row["aliases"]))
    for each in entry.names or ("",):
        if not fold(each) or len(each) > MAX_NAME:
            raise ValueError(f"“{each[:MAX_NAME]}” is no name")
    return entry


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _index(entries: dict[str, Entry], places: dict[str, tuple[Path, int]]) -> dict[str, tuple[str, ...]]:
    owners: dict[str, str] = {}
    shared: defaultdict[str, list[str]] = defaultdict(list)
    for key, entry in entries.items():
        for name in (entry.name, entry.zh, entry.en, *entry.aliases):
            if name and owners.setdefault(fold(name), key) != key:
                _refuse_clash(name, places[owners[fold(name)]], places[key])
    for key, entry in entries.items():
        for name in entry.abbr:
            shared[fold(name)].append(key)
    index = {name: (key, *shared.pop(name, ())) for name, key in owners.items()}
    index.update((name, tuple(keys)) for name, keys in shared.items())
    return {name: tuple(dict.fromkeys(keys)) for name, keys in index.items()}


def _refuse_clash(name: str, first: tuple[Path, int], second: tuple[Path, int]) -> None:
    raise DataError(
        str(second[0]),
        second[1],
        f"“{name}” already names the concept of {first[0].name}, row {first[1]}.",
        "Only an abbreviation (column abbr) may belong to two concepts.",
    )
