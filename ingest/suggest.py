"""Names that may be slips of others: offered to the user, not merged.

Two names count as near if one letter makes one of the other: a wrong, missing or further one, or two that changed
places. They are found by what is left when a letter is taken out (the symmetric deletions of SymSpell), so that the
time grows with the number of names, not with its square. A name of the lexicon is never taken for a slip.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA, Postfix, Prefix

from graph.model import Concept
from ingest.lexicon import Lexicon, fold, fold_with_offsets

#: Shorter words are near each other by chance: CLIP and BLIP, CPU and GPU; 上采样 and 下采样.
_LEAST_LATIN, _LEAST = 5, 4
#: A slip is at least so much rarer than what was meant, where the lexicon does not know what was meant.
_RARER = 3
#: What so many names have in common tells nothing of any of them.
_MANY = 50
_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`name` may be a slip of `other`; how often the concepts are mentioned that have them."""

    name: str
    other: str
    mentions: int
    other_mentions: int


def suggest(concepts: Iterable[Concept], lexicon: Lexicon) -> tuple[Suggestion, ...]:
    """Return names of different concepts that may be one, the likeliest first: long ones, the slip seldom.

    Parameters
    ----------
    concepts
        Of the graph.
    lexicon
        With the user's merges: what they part is not suggested.
    """
    owners: dict[str, tuple[Concept, str]] = {}
    for concept in concepts:
        for name in (concept.name, *concept.aliases):
            owners.setdefault(fold(name), (concept, name))
    found: dict[tuple[str, str], Suggestion] = {}
    for pair in _near(owners):
        (slip, name), (right, other) = sorted(
            (owners[one] for one in pair), key=lambda owner: (bool(lexicon.find(owner[1])), owner[0].mentions, owner[1])
        )
        meant = lexicon.find(other) or slip.mentions * _RARER <= right.mentions
        if (
            slip.id != right.id
            and meant
            and not lexicon.find(name)
            and not lexicon.apart(name, other)
            and _is_slip(name, other)
        ):
            found.setdefault((slip.id, right.id), Suggestion(name, other, slip.mentions, right.mentions))
    return tuple(sorted(found.values(), key=lambda one: (-len(one.name), one.mentions, one.name)))


def _near(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of folded names that one letter apart makes one of the other."""
    shared: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        if len(name) >= (_LEAST_LATIN if name.isascii() else _LEAST):
            for rest in {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}:
                shared[rest].append(name)
    pairs = {pair for near in shared.values() if len(near) <= _MANY for pair in combinations(near, 2)}
    for one, other in sorted(pairs):
        if OSA.distance(one, other, score_cutoff=1) == 1:
            yield one, other


def _is_slip(name: str, other: str) -> bool:
    """Tell whether two names differ inside a word: in a letter, in a digit that is missing, in signs of one sound."""
    one, two = fold(name), fold(other)
    before = Prefix.similarity(one, two)
    after = Postfix.similarity(one[before:], two[before:])
    letters = one[before : len(one) - after], two[before : len(two) - after]
    if not (before and after):
        return False
    if not "".join(letters).isascii():
        return sound(one) == sound(two)
    return (
        not (all(letters) and any(map(str.isdigit, letters)))
        and min(_inside(name, before), _inside(other, before)) >= _LEAST_LATIN
    )


def sound(name: str) -> str:
    """Return how a Chinese name sounds, without tones: what is typed for it.

    >>> sound("自注意里机制") == sound("自注意力机制")
    True
    """
    return " ".join(lazy_pinyin(name))


def _inside(name: str, at: int) -> int:
    """Return the length of the Latin word around a place of the folded name, 0 where it begins there."""
    _, offsets = fold_with_offsets(name)
    place = offsets[at]
    return next((len(word.group()) for word in _WORD.finditer(name) if word.start() < place <= word.end()), 0)
