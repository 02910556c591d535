"""Words that the rules of recognition turn on, read from ``data/rules`` and checked row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.errors import DataError
from graph.model import Kind
from graph.settings import data_folder

#: Kinds told before; asking costs a look at each ending.
_KINDS: dict[str, Kind | None] = {}
#: What a word may be for, see `Vocabulary`.
ROLES = ("tail", "generic", "modifier", "trim", "break", "nominal")
ENGLISH_ROLES = ("stop", "verb", "irregular", "both", "vague", "generic", "tail")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words by role; all lower case.

    Parameters
    ----------
    heads
        Last words of names, with the kind that they tell.
    tail
        Words that a name may carry without meaning another thing: CLIP模型.
    generic
        No concepts on their own.
    modifier, trim
        Seldom begin a name, and seldom end one.
    breaks
        Seldom stand in a name: predicates, prepositions, conjunctions.
    nominal
        Verbs that may stand inside a name.
    """

    heads: Mapping[str, Kind]
    tail: frozenset[str]
    generic: frozenset[str]
    modifier: frozenset[str]
    trim: frozenset[str]
    breaks: frozenset[str]
    nominal: frozenset[str]

    def kind(self, name: str) -> Kind | None:
        """Return the kind that the longest known ending of a name tells.

        >>> load_vocabulary().kind("交叉注意力机制").value
        'Method'
        """
        if name not in _KINDS:
            if len(_KINDS) > 100_000:
                _KINDS.clear()
            _KINDS[name] = self._kind(name)
        return _KINDS[name]

    def _kind(self, name: str) -> Kind | None:
        lowered = name.lower()
        last = lowered.rsplit(" ", 1)[-1]
        if last != lowered and last in self.heads:
            return self.heads[last]
        return next((self.heads[lowered[at:]] for at in range(len(lowered)) if lowered[at:] in self.heads), None)


@cache
def load_vocabulary(folder: Path | None = None) -> Vocabulary:
    """Read and check heads.csv and words.csv.

    Parameters
    ----------
    folder
        Where they are; the project's own rules by default.

    Raises
    ------
    DataError
        Names file and row.
    """
    folder = folder or data_folder() / "rules"
    words = _by_role(folder / "words.csv", ROLES)
    heads: dict[str, Kind] = {}
    for row, word, kind in _pairs(folder / "heads.csv", ("head", "kind")):
        try:
            heads[word.lower()] = Kind(kind)
        except ValueError as error:
            raise DataError(str(folder / "heads.csv"), row, f"“{kind}” is no kind.") from error
    return Vocabulary(heads=heads, breaks=words.pop("break"), **words)


@dataclass(frozen=True, slots=True)
class English:
    """General English words by role; all lower case, `verb` and `both` in their base forms.

    Parameters
    ----------
    stop
        In no name: articles, pronouns, prepositions, conjunctions, auxiliaries, adverbs.
    verb, irregular
        Verbs, and forms of them that no rule makes.
    both
        Nouns that are verbs after "to", a modal or a pronoun.
    vague
        Adjectives that begin no name.
    generic
        No concepts on their own.
    tail
        Words that a name may carry without meaning another thing.
    """

    stop: frozenset[str]
    verb: frozenset[str]
    irregular: frozenset[str]
    both: frozenset[str]
    vague: frozenset[str]
    generic: frozenset[str]
    tail: frozenset[str]


@cache
def load_english(folder: Path | None = None) -> English:
    """Read and check english.csv.

    Raises
    ------
    DataError
        Names file and row.
    """
    return English(**_by_role((folder or data_folder() / "rules") / "english.csv", ENGLISH_ROLES))


def _by_role(path: Path, roles: tuple[str, ...]) -> dict[str, frozenset[str]]:
    words: dict[str, set[str]] = {role: set() for role in roles}
    for row, role, word in _pairs(path, ("role", "word")):
        if role not in words:
            raise DataError(str(path), row, f"the role “{role}” is not one of {', '.join(roles)}.")
        words[role].add(word.lower())
    return {role: frozenset(found) for role, found in words.items()}


def _pairs(path: Path, columns: tuple[str, str]) -> Iterator[tuple[int, str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            if tuple(next(reader, ())) != columns:
                raise DataError(str(path), 1, f"the columns are not {','.join(columns)}.")
            for number, row in enumerate(reader, start=2):
                if len(row) != len(columns) or not all(row):
                    raise DataError(str(path), number, f"has not {len(columns)} cells.")
                yield number, row[0], row[1]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error
