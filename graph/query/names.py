"""Names made comparable, and an index that finds a concept by any of them.

Names are compared after Unicode NFKC, lower case, and with white space, hyphens, underscores and
quotes removed, so that "Visual-Question Answering" is "visual question answering".
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

from rapidfuzz import fuzz, process

from graph.model import Concept

_IGNORED = re.compile(r"[\s\-_\"“”'‘’`\u200b-\u200f\u2060\ufeff]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
#: Separates names in one long string; no normalised name holds it, as it is white space.
_BETWEEN = "\n"


def normalise(name: str) -> str:
    """Return the form in which names are compared; of a name that is nothing but marks, the name."""
    plain = unicodedata.normalize("NFKC", name).lower()
    return _IGNORED.sub("", plain) or "".join(plain.split())


def is_chinese(text: str) -> bool:
    """Return whether the text holds a Chinese character."""
    return _CHINESE.search(text) is not None


def names_of(concept: Concept) -> tuple[str, ...]:
    """Return all names of a concept, the canonical one first, without duplicates."""
    names = (concept.name, concept.name_zh, concept.name_en, *concept.aliases)
    return tuple(dict.fromkeys(name for name in names if name))


class NameIndex:
    """All names of all concepts, sorted by their normalised form.

    An *entry* is a name's position in that order; `concept` and `name` are parallel to it.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        rows = sorted((normalise(name), concept.id, name) for concept in concepts for name in names_of(concept))
        self._keys = [row[0] for row in rows]
        self.concept = [row[1] for row in rows]
        self.name = [row[2] for row in rows]

    def exact(self, text: str) -> Iterator[int]:
        """Yield the entries whose normalised name is the text's."""
        key = normalise(text)
        for entry in self._from(self._keys, key):
            if self._keys[entry] != key:
                return
            yield entry

    def prefix(self, text: str) -> Iterator[int]:
        """Yield the entries whose name begins with the text."""
        return self._beginning(self._keys, normalise(text))

    def substring(self, text: str) -> Iterator[int]:
        """Yield the entries whose name holds the text."""
        key = normalise(text)
        blob, starts = self._blob
        at = blob.find(key) if key else -1
        while at >= 0:
            entry = bisect_left(starts, at + 1) - 1
            yield entry
            following = entry + 1
            at = blob.find(key, starts[following]) if following < len(starts) else -1

    def pinyin(self, text: str) -> Iterator[int]:
        """Yield the entries of Chinese names whose pinyin, whole or by initials, begins with the text."""
        key = normalise(text)
        if not key or not key.isascii():
            return
        spelt, entries = self._pinyin
        for position in self._beginning(spelt, key):
            yield entries[position]

    def fuzzy(self, text: str, limit: int, least: float) -> Iterator[int]:
        """Yield the entries whose name is like the text, best first.

        Parameters
        ----------
        least
            Likeness (RapidFuzz's normalised InDel ratio) in [0, 100] from which a name counts.
        """
        found = process.extract(
            normalise(text), self._keys, scorer=fuzz.ratio, processor=None, limit=limit, score_cutoff=least
        )
        for _, _, entry in sorted(found, key=lambda hit: (-hit[1], hit[2])):
            yield entry

    @staticmethod
    def _from(keys: list[str], key: str) -> range:
        return range(bisect_left(keys, key) if key else len(keys), len(keys))

    def _beginning(self, keys: list[str], key: str) -> Iterator[int]:
        for position in self._from(keys, key):
            if not keys[position].startswith(key):
                return
            yield position

    @cached_property
    def _blob(self) -> tuple[str, list[int]]:
        starts, total = [], 0
        for key in self._keys:
            starts.append(total)
            total += len(key) + len(_BETWEEN)
        return _BETWEEN.join(self._keys), starts

    @cached_property
    def _pinyin(self) -> tuple[list[str], list[int]]:
        """Spelt names, sorted, with their entries; made on first use, as large graphs take seconds."""
        rows = []
        for entry, name in enumerate(self.name):
            if is_chinese(name):
                rows += [(spelt, entry) for spelt in spell(name)]
        rows.sort()
        return [row[0] for row in rows], [row[1] for row in rows]


def spell(name: str) -> tuple[str, str]:
    """Return a name's pinyin whole and by initials; what is not Chinese stays as it is.

    Examples
    --------
    >>> spell("CLIP模型")
    ('clipmoxing', 'clipmx')
    """
    whole, initials = [], []
    for syllable, character in _syllables(unicodedata.normalize("NFKC", name)):
        whole.append(syllable)
        initials.append(syllable[:1] if is_chinese(character) else syllable)
    return normalise("".join(whole)), normalise("".join(initials))


def _syllables(name: str) -> Iterator[tuple[str, str]]:
    """Yield (syllable, the characters that it stands for), runs of what is not Chinese as one."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  its dictionary is half of the start of a command that needs none

    at = 0
    for syllable in lazy_pinyin(name):
        step = 1 if is_chinese(name[at]) else len(syllable)
        yield syllable, name[at : at + step]
        at += step
