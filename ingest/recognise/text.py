"""What the parts of recognition share: stretches of a question's text, and where Latin names begin and end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from graph.model import Kind
from ingest.lexicon import MAX_NAME, fold

#: Between the sentences of a question's text, and in place of formulas, code and addresses.
END, HOLE = "\u2029", "¤"
CJK = re.compile(r"[\u4e00-\u9fff]")


@dataclass(slots=True)
class Found:
    """A stretch of a question's text that may be a term.

    Parameters
    ----------
    key, name, kind
        Of the concept that it names.
    origin
        "lexicon", "latin", "phrase", or where it stands: "lead", "brackets", "quotes".
    parts
        What stands inside, to fall back on if this is no term.
    sure
        How probable the words and their neighbours make it that this is a term, in [0, 1].
    """

    start: int
    end: int
    key: str
    name: str
    kind: Kind
    origin: str
    parts: list[Found] = field(default_factory=list)
    sure: float = 1.0

    def copy(self, sure: float) -> Found:
        """Return the same, as sure as told (`dataclasses.replace` takes four times as long)."""
        return Found(self.start, self.end, self.key, self.name, self.kind, self.origin, self.parts, sure)


def is_latin(character: str) -> bool:
    """Tell whether a character is a Latin letter or digit."""
    return character.isascii() and character.isalnum()


def begins(text: str, start: int) -> bool:
    """Tell whether a Latin name may begin at `start`: not inside a word, nor after its hyphen."""
    before = fold(text[start - 1]) if start else ""
    if before and is_latin(before[-1]):
        return False
    return not (start > 1 and text[start - 1] in "-_.–@\\" and is_latin(fold(text[start - 2])[-1:] or " "))


def ends(text: str, end: int) -> bool:
    """Tell whether a Latin name may end at `end`."""
    after = fold(text[end]) if end < len(text) else ""
    if after and is_latin(after[0]):
        return False
    if text[end : end + 1] in ("+", "#"):
        return is_latin(text[end + 1 : end + 2] or " ")
    return not (text[end : end + 1] in ("-", "_", ".", "–") and is_latin(fold(text[end + 1 : end + 2])[:1] or " "))


def is_english(text: str, at: int) -> bool:
    """Tell whether the sentence around `at` holds no Chinese and more than a name."""
    start, end = text.rfind(END, 0, at) + 1, text.find(END, at)
    sentence = text[start : end if end >= 0 else len(text)]
    return len(sentence) > MAX_NAME // 2 and not CJK.search(sentence)
