"""Find the names of the lexicon in a text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ahocorasick
from spacy.language import Language
from spacy.tokens import Doc

from ingest.lexicon import Lexicon, fold, fold_with_offsets, load_lexicon
from ingest.recognise.text import Found, begins, ends, is_latin

#: What begins at a boundary of the tokenizer.
_ANY, _VERB = 1, 2


class LexiconMatcher:
    """Finds the longest names of the lexicon; leaves them in ``doc.user_data["lexicon"]``."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._entries = lexicon.entries
        self._keys = lexicon.by_name
        self._spelled = {fold(name): name for entry in lexicon.entries.values() for name in reversed(entry.names)}
        self._automaton = ahocorasick.Automaton()
        for name in self._keys:
            self._automaton.add_word(name, (name, len(name), is_latin(name[0]), is_latin(name[-1])))
        if self._keys:
            self._automaton.make_automaton()

    def __call__(self, doc: Doc) -> Doc:
        """Mark up a question's text."""
        doc.user_data["lexicon"] = list(self._longest(doc.user_data["text"], _boundaries(doc))) if self._keys else []
        return doc

    def _longest(self, text: str, boundaries: bytearray) -> Iterator[Found]:
        folded, offsets = fold_with_offsets(text)
        matches = []
        for last, (name, length, latin, latin_end) in self._automaton.iter(folded):
            start = offsets[last - length + 1]
            if is_latin(text[start - 1 : start]) if latin else length <= 3 and not boundaries[start]:
                continue  # inside a word, as most matches are
            end = offsets[last] + 1
            if not latin_end and length <= 2 and not boundaries[end]:
                continue
            if latin or latin_end:
                end = self._checked_end(text, start, end, name)
            if end:
                matches.append((start, -end, name))
        matches.sort()
        done = 0
        for at, (start, minus_end, name) in enumerate(matches):
            if start >= done and not _gives_way(matches, at, least=len(name) + (boundaries[start] != _VERB)):
                done = -minus_end
                entry = self._entries[self._keys[name][0]]
                yield Found(start, done, entry.key, entry.name, entry.kind, "lexicon")

    def _checked_end(self, text: str, start: int, end: int, name: str) -> int:
        """Return where the match of a Latin name ends, with its plural; 0 where it is no match."""
        if is_latin(name[0]) and not begins(text, start):
            return 0
        if is_latin(name[-1]):
            if len(name) > 3 and text[end : end + 1] == "s" and ends(text, end + 1):
                end += 1
            if not ends(text, end):
                return 0
        return end if self._is_spelled_so(name, text[start:end]) else 0

    def _is_spelled_so(self, name: str, surface: str) -> bool:
        """Tell whether a short acronym is written as one: `IS` is not `is`, `AI` not `a i`."""
        if len(name) > 5 or not name.isascii() or not name.isalpha():
            return True
        spelled = self._spelled[name]
        if len(name) <= 3:
            return surface in (spelled, name.upper(), f"{name.upper()}s")
        return not surface[1:].islower() or spelled[1:].islower()


@Language.factory("zhitu_lexicon", default_config={"files": []})
def _make_lexicon(nlp: Language, name: str, files: list[str]) -> LexiconMatcher:  # noqa: ARG001 (spaCy's protocol)
    return LexiconMatcher(load_lexicon(map(Path, files)))


def _gives_way(matches: list[tuple[int, int, str]], at: int, least: int) -> bool:
    """Tell whether a name holds the beginning of another of at least that length: 训练图像|编码器, 提取特征|向量."""
    start, minus_end, _ = matches[at]
    for other_start, other_end, other in matches[at + 1 :]:
        if other_start >= -minus_end:
            return False
        if other_start > start and other_end < minus_end and len(other) >= least:
            return True
    return False


def _boundaries(doc: Doc) -> bytearray:
    at, flags = 0, bytearray(len(doc.user_data["text"]) + 1)
    for word, tag in doc.user_data["tokens"]:
        flags[at] = _VERB if tag == "v" else _ANY
        at += len(word)
    flags[at] = _ANY
    return flags
