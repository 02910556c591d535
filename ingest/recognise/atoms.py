"""The words of a clause, and what tells whether they are part of a term."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import rjieba

from graph.model import Kind
from ingest.lexicon import Lexicon, fold
from ingest.recognise.text import CJK, END, Found, is_latin
from ingest.vocabulary import Vocabulary

#: Features of the neighbours begin with these; those of the next but one with two.
BEFORE, BEHIND = "<", ">"
#: What counts of the next but one.
_FAR = ("word ", "tag ", "name", "role ", "sign ")
#: jieba's tag of punctuation, blanks, and what it does not know.
_SIGN = "x"
_ROLES = ("tail", "generic", "modifier", "trim", "breaks", "nominal")
#: One width of what parts clauses.
_WIDTH = str.maketrans(",:;()?!/", "，：；（）？！、")
_POSITIONS = ("first", "inner", "last", "whole")


class Form(NamedTuple):
    """What the features of a word depend on; a name has an origin and a kind."""

    word: str
    tag: str
    origin: str = ""
    kind: Kind | None = None


class Atom(NamedTuple):
    """A word, name of the lexicon or Latin name.

    Parameters
    ----------
    tag
        jieba's part of speech.
    """

    start: int
    end: int
    word: str
    tag: str
    found: Found | None = None

    @property
    def form(self) -> Form:
        """What its features depend on."""
        found = self.found
        return Form(self.word, "", found.origin, found.kind) if found else Form(self.word, self.tag)


@dataclass(slots=True)
class Clause:
    """Words with nothing between them, and what stands before and behind."""

    before: str
    atoms: list[Atom] = field(default_factory=list)
    behind: str = END


def clauses(text: str, tokens: Iterable[tuple[str, str]], names: Sequence[Found]) -> Iterator[Clause]:
    """Yield the clauses of a text.

    Parameters
    ----------
    tokens
        Words with their tags, without gaps.
    names
        In order, not overlapping; each is one atom, what it leaves of a token another.
    """
    clause = Clause(END)
    for atom in _atoms(text, tokens, names):
        if atom.found or atom.tag != _SIGN or any(map(str.isalnum, atom.word)):
            clause.atoms.append(atom)
        elif not _joins(text, atom):
            sign = atom.word.strip().translate(_WIDTH)[:1]
            clause.behind = sign
            if clause.atoms:
                yield clause
            clause = Clause(sign)
    if clause.atoms:
        yield clause


def _atoms(text: str, tokens: Iterable[tuple[str, str]], names: Sequence[Found]) -> Iterator[Atom]:
    index, end = 0, 0  # of the next name; of the last token
    done = 0
    for word, tag in tokens:
        end += len(word)
        while done < end:
            name = names[index] if index < len(names) else None
            if name and name.start <= done:
                yield Atom(name.start, name.end, text[name.start : name.end], tag, name)
                index, done = index + 1, name.end
            else:
                stop = min(end, name.start) if name else end
                yield Atom(done, stop, text[done:stop], tag)
                done = stop


def _joins(text: str, atom: Atom) -> bool:
    """Tell whether a blank is one between a Latin word and its neighbour."""
    beside = text[atom.start - 1 : atom.start], text[atom.end : atom.end + 1]
    return atom.word == " " and all(beside) and any(map(is_latin, beside))


class Features:
    """Tells what words say of themselves and of their neighbours.

    Parameters
    ----------
    lexicon
        Where in its names a word stands, and how often, tells what it does in others.
    """

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        self._words = vocabulary
        self._positions = _positions(lexicon)

    def views(self, seen: Form | str) -> tuple[list[str], ...]:
        """Return the features that a word, or a sign between clauses, adds to the words around it.

        Returns
        -------
        tuple of list of str
            What it says of itself, of the word behind it and the word before it, and of those beside these.
        """
        near = self._of(seen) if isinstance(seen, Form) else ["sign", f"sign {seen}"]
        far = [feature for feature in near if feature.startswith(_FAR)]
        return (
            ["bias", *near],
            [BEFORE + feature for feature in near],
            [BEHIND + feature for feature in near],
            [BEFORE + BEFORE + feature for feature in far],
            [BEHIND + BEHIND + feature for feature in far],
        )

    def of_clause(self, clause: Clause) -> list[list[str]]:
        """Return for each word of a clause what it and the two on each side say of it."""
        seen: list[Form | str] = [clause.before, *(atom.form for atom in clause.atoms), clause.behind]
        inside = [self.views(each) for each in seen]
        nothing: tuple[list[str], ...] = ([], [], [], [], [])
        around = [nothing, *inside, nothing]
        return [
            around[at][0] + around[at - 1][1] + around[at + 1][2] + around[at - 2][3] + around[at + 2][4]
            for at in range(2, len(around) - 2)
        ]

    def _of(self, form: Form) -> list[str]:
        if form.origin:
            return list(self._of_name(form))
        return [f"tag {form.tag}", f"length {min(len(form.word), 4)}", *self._of_word(form.word)]

    def _of_name(self, form: Form) -> Iterator[str]:
        name = form.word
        yield f"word {name.lower()}"
        yield "name"
        yield f"name {form.origin}"
        yield f"name {form.origin} {form.kind}"
        yield f"name length {min(len(CJK.findall(name)), 6)}"
        if name.lower() in self._words.generic:
            yield "name generic"
        if not CJK.search(name):
            yield "name capitals" if name[1:] != name[1:].lower() else "name small"

    def _of_word(self, word: str) -> Iterator[str]:
        lower = word.lower()
        yield f"word {lower}"
        if len(word) > 1:
            yield f"ending {word[-1]}"
        for role in _ROLES:
            if lower in getattr(self._words, role):
                yield f"role {role}"
        if lower in self._words.heads:
            yield "head"
            yield f"head {self._words.heads[lower]}"
        counts = [self._positions[position, word] for position in _POSITIONS]
        for position, count in zip(_POSITIONS, counts, strict=True):
            yield f"{position} {_size(count) if any(counts) else 'never'}"
        if any(counts):
            yield f"mostly {_POSITIONS[counts.index(max(counts))]}"


def _positions(lexicon: Lexicon) -> Counter[tuple[str, str]]:
    """Return how often a word begins, continues, ends and is a Chinese name of the lexicon."""
    counts: Counter[tuple[str, str]] = Counter()
    names = {fold(name): name for entry in lexicon.entries.values() for name in entry.names if CJK.search(name)}
    for name in names.values():
        words = [word for word in rjieba.cut(name) if word.strip()]
        if len(words) == 1:
            counts["whole", words[0]] += 1
        else:
            counts["first", words[0]] += 1
            counts["last", words[-1]] += 1
            counts.update(("inner", word) for word in words[1:-1])
    return counts


def _size(count: int) -> int:
    return min(count.bit_length() + 1, 6) // 2
