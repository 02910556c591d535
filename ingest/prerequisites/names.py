"""Which concepts a text names, and whose names are inside other names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.model import Concept

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_DASHES = re.compile(r"[-_\u2010-\u2015]")
#: A blank stays between two words of Latin letters only.
_BLANKS = re.compile(r"(?<![a-z0-9])\s+|\s+(?![a-z0-9])")
#: Shorter names (Chinese, and other) are in others by chance.
_SHORTEST_CHINESE, _SHORTEST_LATIN = 2, 3
#: Names are looked up by their first characters, as many as the shortest has.
_PREFIX = 2


def plain(text: str) -> str:
    """Return a text in one width and case, dashes as blanks, without blanks around Chinese.

    >>> plain("Pre-training 预训练")
    'pre training预训练'
    """
    lowered = _DASHES.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return _BLANKS.sub("", " ".join(lowered.split()))


@dataclass(frozen=True, slots=True)
class Found:
    """The concepts (ids) named by text[start:end]; `whole`: no letter of the same word stands beside it."""

    start: int
    end: int
    concepts: frozenset[str]
    whole: bool


class NameFinder:
    """Finds the names of concepts in texts."""

    def __init__(self, concepts: Mapping[str, Concept]) -> None:
        by_name: defaultdict[str, set[str]] = defaultdict(set)
        self._capital: set[str] = set()
        for id_, concept in concepts.items():
            for name in {concept.name, concept.name_zh, concept.name_en, *concept.aliases} - {""}:
                key = plain(name)
                by_name[key].add(id_)
                if any(character.isupper() for character in name):
                    self._capital.add(key)
        self._by_name = {name: frozenset(ids) for name, ids in by_name.items() if _long_enough(name)}
        self._lengths: defaultdict[str, set[int]] = defaultdict(set)
        for name in self._by_name:
            self._lengths[name[:_PREFIX]].add(len(name))

    def in_text(self, text: str) -> frozenset[str]:
        """Return the concepts that a text names, by whole words."""
        return frozenset(id_ for found in self._matches(plain(text)) if found.whole for id_ in found.concepts)

    def in_name(self, name: str) -> dict[str, bool]:
        """Return the concepts named inside a name, and whether at its end.

        Inside a word counts at its edges, if the name inside has a capital: GAN in DCGAN and StyleGAN2.
        """
        text = plain(name)
        inside: dict[str, bool] = {}
        for found in self._matches(text):
            part = text[found.start : found.end]
            if part != text and (found.whole or (part in self._capital and _at_edge(text, found.start, found.end))):
                for id_ in found.concepts:
                    inside[id_] = inside.get(id_, False) or found.end == len(text)
        return inside

    def _matches(self, text: str) -> Iterator[Found]:
        for start in range(len(text)):
            for length in self._lengths.get(text[start : start + _PREFIX], ()):
                end = start + length
                concepts = self._by_name.get(text[start:end])
                if concepts and end <= len(text):
                    yield Found(start, end, concepts, _is_free(text, start) and _is_free(text, end))


def _long_enough(name: str) -> bool:
    return len(name) >= (_SHORTEST_CHINESE if _CHINESE.search(name) else _SHORTEST_LATIN)


def _is_free(text: str, at: int) -> bool:
    """Return whether no word of Latin letters or digits goes on across this place."""
    return at in (0, len(text)) or not (_is_latin(text[at - 1]) and _is_latin(text[at]))


def _at_edge(text: str, start: int, end: int) -> bool:
    return _is_free(text, start) or _is_free(text, end)


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
