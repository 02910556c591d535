"""The curated concepts of the field, and the folding that makes two spellings of a name one.

A lexicon file is CSV with the columns ``kind,zh,en,abbr,aliases``; `abbr` and `aliases` hold
several names between ``|``. A concept's canonical name is the Chinese one if there is one, else the
English one. Only an abbreviation may belong to several concepts: which one is meant is left to context.

A file with the columns ``verdict,name,other`` holds a user's word on names instead: "same" makes two names one concept,
"different" keeps them apart, whatever lexicon and notes say.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import compress
from pathlib import Path

from graph.errors import DataError
from graph.model import Kind

COLUMNS = ("kind", "zh", "en", "abbr", "aliases")
MERGE_COLUMNS = ("verdict", "name", "other")
_VERDICTS = {"same": True, "different": False}
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
    folded = fold(text)
    offsets = list(compress(range(len(text)), map(_FOLDING.__getitem__, map(ord, text))))
    if len(offsets) != len(folded):  # a character became several
        offsets = [at for at, code in enumerate(map(ord, text)) for _ in _FOLDING[code]]
    return folded, offsets


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
class Merge:
    """A user's word: two names are one concept (then `other` leads), or are not; from which file and row."""

    name: str
    other: str
    same: bool
    file: str
    row: int

    @property
    def pair(self) -> tuple[str, str]:
        """The folded names, sorted."""
        one, other = sorted((fold(self.name), fold(self.other)))
        return one, other


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries by key, by each folded name the keys of those that have it, and the user's merges.

    Without context the first of a name's keys wins; names with several are `ambiguous`. Merges are applied to the
    entries already; those of names that the lexicon does not know are left to `ingest.resolve`.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    different: frozenset[tuple[str, str]] = frozenset()
    ambiguous: frozenset[str] = frozenset()

    def find(self, name: str) -> tuple[Entry, ...]:
        """Return the entries with that name, whatever its spelling."""
        return tuple(self.entries[key] for key in self.by_name.get(fold(name), ()))

    def apart(self, one: str, other: str) -> bool:
        """Tell whether the user said that two names are not one concept."""
        return bool(self.different) and tuple(sorted((fold(one), fold(other)))) in self.different


def load_lexicon(files: Iterable[Path]) -> Lexicon:
    """Read and check lexicon files; a folder stands for the ``.csv`` files in it.

    A later file may repeat a concept of an earlier one, by its canonical name, to replace it.

    Raises
    ------
    DataError
        Names file and row: columns, kinds, a name of two concepts, a concept twice in one file, merges that
        contradict each other.
    """
    return _load(edition(files))


def read_merges(file: Path) -> tuple[Merge, ...]:
    """Read a user's file of merges by itself.

    Raises
    ------
    DataError
        Names file and row.
    """
    return tuple(found for _, found in _rows(file, (MERGE_COLUMNS,)) if isinstance(found, Merge))


def merges_csv(rows: Iterable[tuple[str, str, str]]) -> str:
    """Return rows of verdict, name and other as a file of merges."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((MERGE_COLUMNS, *rows))
    return text.getvalue()


def edition(files: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    """Return the files of a lexicon with time and size: what is made of them is good as long as these are the same."""
    parts = [part for path in files for part in (sorted(path.glob("*.csv")) if path.is_dir() else [path])]
    states = [part.stat() if part.is_file() else None for part in parts]
    return tuple(
        (part, state.st_mtime_ns if state else 0, state.st_size if state else 0)
        for part, state in zip(parts, states, strict=True)
    )


@lru_cache(maxsize=8)
def _load(files: tuple[tuple[Path, int, int], ...]) -> Lexicon:
    entries: dict[str, Entry] = {}
    places: dict[str, tuple[Path, int]] = {}
    merges: list[Merge] = []
    for part, *_ in files:
        for row, found in _rows(part, (COLUMNS, MERGE_COLUMNS)):
            if isinstance(found, Merge):
                merges.append(found)
                continue
            if found.key in places and places[found.key][0] == part:
                raise DataError(str(part), row, f"{found.name} is there twice, first in row {places[found.key][1]}.")
            entries[found.key] = found
            places[found.key] = (part, row)
    _refuse_contradictions(merges)
    index = _index(entries, places)
    for merge in sorted(merges, key=lambda merge: merge.same):  # names part first, so that they can join others
        (_join if merge.same else _part)(merge, entries, index)
    different = frozenset(merge.pair for merge in merges if not merge.same)
    ambiguous = frozenset(name for name, keys in index.items() if len(keys) > 1)
    return Lexicon(entries, index, tuple(merges), different, ambiguous)


def _rows(path: Path, forms: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, Entry | Merge]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = tuple(reader.fieldnames or ())
            if columns not in forms:
                raise DataError(str(path), 1, f"the columns are not {' or '.join(map(','.join, forms))}.")
            for row in reader:
                number = reader.line_num
                try:
                    yield number, _entry(row) if columns == COLUMNS else _merge(row, str(path), number)
                except (TypeError, ValueError, AttributeError) as error:
                    raise DataError(str(path), number, f"cannot be used: {error}.") from error
    except OSError as error:
        raise DataError(str(path), 0, f"cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error


def _merge(row: dict[str, str], file: str, number: int) -> Merge:
    _refuse_excess(row)
    verdict, name, other = (row[column].strip() for column in MERGE_COLUMNS)
    if verdict not in _VERDICTS:
        raise ValueError(f"“{verdict}” is not one of {', '.join(_VERDICTS)}")
    for each in (name, other):
        _check_name(each)
    if fold(name) == fold(other):
        raise ValueError(f"“{name}” and “{other}” are one spelling")
    return Merge(name, other, _VERDICTS[verdict], file, number)


def _refuse_excess(row: Mapping[str, str]) -> None:
    if None in row:
        raise ValueError("more cells than columns")


def _check_name(name: str) -> None:
    if not fold(name) or len(name) > MAX_NAME:
        raise ValueError(f"“{name[:MAX_NAME]}” is no name")


def _refuse_contradictions(merges: Iterable[Merge]) -> None:
    """Refuse names that are to be different and, directly or by way of others, the same."""
    merges = list(merges)
    group: dict[str, frozenset[str]] = {}
    for merge in merges:
        if merge.same:
            joined = frozenset().union(*(group.get(name, frozenset((name,))) for name in merge.pair))
            group |= dict.fromkeys(joined, joined)
    for merge in merges:
        one, other = merge.pair
        if not merge.same and other in group.get(one, ()):
            raise DataError(
                merge.file,
                merge.row,
                f"“{merge.name}” and “{merge.other}” cannot be different: other rows make them the same.",
                "Take out one of the rows.",
            )


def _join(merge: Merge, entries: dict[str, Entry], index: dict[str, tuple[str, ...]]) -> None:
    """Give the entry that one of two names has the other for an alias, if it is the only one there is."""
    for known, new in ((merge.name, merge.other), (merge.other, merge.name)):
        keys = index.get(fold(known), ())
        if len(keys) == 1 and fold(new) not in index:
            entry = entries[keys[0]]
            entries[entry.key] = replace(entry, aliases=(*entry.aliases, new))
            index[fold(new)] = keys
            return


def _part(merge: Merge, entries: dict[str, Entry], index: dict[str, tuple[str, ...]]) -> None:
    """Take from the entries that have both names the one that is not canonical, and make it one of its own."""
    for key in set(index.get(fold(merge.name), ())) & set(index.get(fold(merge.other), ())):
        entry = entries[key]
        name = merge.name if fold(merge.name) != key else merge.other
        leaving = fold(name)
        entries[key] = replace(
            entry,
            zh="" if fold(entry.zh) == leaving else entry.zh,
            en="" if fold(entry.en) == leaving else entry.en,
            abbr=tuple(each for each in entry.abbr if fold(each) != leaving),
            aliases=tuple(each for each in entry.aliases if fold(each) != leaving),
        )
        index[leaving] = tuple(other for other in index[leaving] if other != key)
        if not index[leaving]:
            entries[leaving] = Entry(leaving, name, entry.kind)
            index[leaving] = (leaving,)


def _entry(row: dict[str, str]) -> Entry:
    _refuse_excess(row)
    zh, en = row["zh"].strip(), row["en"].strip()
    name = zh or en
    entry = Entry(fold(name), name, Kind(row["kind"]), zh, en, _several(row["abbr"]), _several(row["aliases"]))
    for each in entry.names or ("",):
        _check_name(each)
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
