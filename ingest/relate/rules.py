"""The rules of data/rules/relations.yaml, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ahocorasick
import yaml

from graph.errors import DataError
from graph.model import Kind, RelationType
from graph.settings import data_folder
from ingest.confidence import Model, load_model

#: Who may use or solve something.
_AGENTS = frozenset((Kind.MODEL, Kind.METHOD, Kind.COMPONENT, Kind.METRIC, Kind.TASK, Kind.TERM))
#: A term in a sentence is the character of this code plus its number.
FIRST = 0xF0000
TERM = "[\U000f0000-\U000ffffd]"
OTHER = "[^\U000f0000-\U000ffffd]"
_AND = r"\s*(?:[、/+&]|,?\s*(?:以及|或者|和|与|及|或|and|or)\b)\s*"
#: Signs at the start of a clause.
SIGNS = "[^\\w\U000f0000-\U000ffffd]*"
GROUP = rf"{TERM}(?:(?:等)?{_AND}{TERM})*"
#: English words before a term in its phrase.
_WORDS = r"(?:(?!(?:of|in|for|with|by|on|from|to|than|as|and|or|is|are|which|that)\b)[\w'-]+ ){0,3}"
EXAMPLE, EXAMPLE_END = "«", "»"


@dataclass(frozen=True, slots=True)
class Frame:
    """A predicate, what it says of subject and object, and of which kinds: see relations.yaml."""

    name: str
    type: RelationType
    inverse: bool
    negated: bool
    kinds: Mapping[Kind, RelationType | None]
    alike: Mapping[Kind, RelationType]
    only: frozenset[Kind]
    sources: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Shape:
    """A construction that is no predicate: see relations.yaml."""

    name: str
    type: RelationType
    pattern: re.Pattern[str]
    needs: re.Pattern[str]
    whole: bool
    consume: bool
    sources: frozenset[Kind]
    targets: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class ListRule:
    """What a lead-in says of its items: see relations.yaml."""

    name: str
    type: RelationType
    inverse: bool
    words: re.Pattern[str]
    kinds: Mapping[Kind, RelationType | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, ready to be applied."""

    frames: tuple[Frame, ...]
    predicates: Predicates
    sentence_shapes: tuple[Shape, ...]
    clause_shapes: tuple[Shape, ...]
    lists: tuple[ListRule, ...]
    impossible: frozenset[tuple[Kind, RelationType, Kind]]
    model: Model


@cache
def load_rules(folder: Path | None = None) -> Rules:
    """Read and check relations.yaml, and the weights.

    Parameters
    ----------
    folder
        Where they are; the project's own rules by default.

    Raises
    ------
    DataError
        Names the file and what is wrong with it.
    """
    path = (folder or data_folder() / "rules") / "relations.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        frames = tuple(map(_frame, data["frames"]))
        shapes = tuple(map(_shape, data["shapes"]))
        lists = tuple(map(_list_rule, data["lists"]))
        impossible = frozenset(each for row in data["impossible"] for each in _impossible(row))
        words = [(_words(row.get("zh", "")), _words(row.get("en", ""))) for row in data["frames"]]
        predicates = Predicates(frames, words)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as error:
        raise DataError(str(path), 0, f"cannot be used: {error}.") from error
    whole = tuple(shape for shape in shapes if shape.whole)
    parts = tuple(shape for shape in shapes if not shape.whole)
    return Rules(frames, predicates, whole, parts, lists, impossible, load_model("relations", folder))


def _kinds(row: dict[str, Any]) -> dict[Kind, RelationType | None]:
    return {Kind(kind): None if type_ == "-" else RelationType(type_) for kind, type_ in row.get("kinds", {}).items()}


def _frame(row: dict[str, Any]) -> Frame:
    return Frame(
        name=row["name"],
        type=RelationType(row["type"]),
        inverse=bool(row.get("inverse")),
        negated=bool(row.get("negated")),
        kinds=_kinds(row),
        alike={Kind(kind): RelationType(type_) for kind, type_ in row.get("alike", {}).items()},
        only=frozenset(map(Kind, row.get("only", Kind))),
        sources=frozenset(map(Kind, row.get("sources", _AGENTS))),
    )


def _shape(row: dict[str, Any]) -> Shape:
    pattern = _expanded(row["pattern"])
    kinds = row.get("kinds", {})
    return Shape(
        name=row["name"],
        type=RelationType(row["type"]),
        pattern=re.compile(pattern, re.IGNORECASE),
        needs=re.compile("|".join(map(re.escape, _words(row["needs"])))),
        whole=row.get("of") == "sentence",
        consume=bool(row.get("consume")),
        sources=frozenset(map(Kind, kinds.get("s", Kind))),
        targets=frozenset(map(Kind, kinds.get("t", Kind))),
    )


def _expanded(pattern: str) -> str:
    return pattern.replace("WORDS", _WORDS).replace("GROUP", GROUP).replace("OTHER", OTHER).replace("TERM", TERM)


def _list_rule(row: dict[str, Any]) -> ListRule:
    words = re.compile("|".join(_words(row["words"])), re.IGNORECASE)
    return ListRule(row["name"], RelationType(row["type"]), bool(row.get("inverse")), words, _kinds(row))


def _impossible(row: dict[str, Any]) -> Iterator[tuple[Kind, RelationType, Kind]]:
    for source in map(Kind, row.get("sources", Kind)):
        for target in map(Kind, row.get("targets", Kind)):
            yield source, RelationType(row["type"]), target


def _words(cell: str) -> list[str]:
    return [word for word in cell.split(", ") if word]


class Predicate(NamedTuple):
    """A frame's word in a text."""

    start: int
    end: int
    frame: Frame


class Predicates:
    """Finds the words of all frames in a text, the longest at each place.

    Words that are plain after their options are written out (`uses?`, `is used (?:for|to)`) are found all at once by
    an automaton, however many they are; the others are tried one by one.
    """

    def __init__(self, frames: Sequence[Frame], words: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
        self._automaton = ahocorasick.Automaton()
        self._patterns: list[tuple[re.Pattern[str], Frame]] = []
        for frame, (chinese, english) in zip(frames, words, strict=True):
            for word in (*chinese, *english):
                written = written_out(word)
                if any(set(each) & set("()[]{}.*+?|\\^$") for each in written):
                    self._patterns.append((re.compile(_expanded(word), re.IGNORECASE), frame))
                    continue
                for each in written:
                    self._automaton.add_word(each.lower(), (len(each), word in english, frame))
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Predicate]:
        """Return the predicates in a text, in order, not overlapping."""
        found = []
        for last, (length, english, frame) in self._automaton.iter(text.lower()):
            start, end = last - length + 1, last + 1
            if not english or not (text[start - 1 : start].isalpha() or text[end : end + 1].isalpha()):
                found.append((start, -end, frame))
        for pattern, frame in self._patterns:
            found += [(match.start(), -match.end(), frame) for match in pattern.finditer(text)]
        return list(_apart(sorted(found, key=lambda each: each[:2])))


def _apart(found: Iterable[tuple[int, int, Frame]]) -> Iterator[Predicate]:
    done = 0
    for start, minus_end, frame in found:
        if start >= done:
            done = -minus_end
            yield Predicate(start, done, frame)


_OPTION = re.compile(r"\(\?:([^()]*)\)(\??)|\[(\w+)\]|(.)\?")


def written_out(pattern: str) -> list[str]:
    """Return all that a pattern with options stands for.

    >>> written_out("uses?"), written_out("is used (?:for|to)")
    (['use', 'uses'], ['is used for', 'is used to'])
    """
    option = _OPTION.search(pattern)
    if option is None:
        return [pattern]
    group, maybe, letters, letter = option.groups()
    choices = [""] if maybe or letter else []
    choices += group.split("|") if group is not None else list(letters) if letters else [letter]
    before, after = pattern[: option.start()], pattern[option.end() :]
    return [word for choice in choices for word in written_out(before + choice + after)]
