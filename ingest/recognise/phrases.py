"""Find stretches of words that may be terms: in Chinese by the chain, in English by noun phrases."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from graph.model import Kind
from ingest.lexicon import MAX_NAME, Lexicon, fold, load_lexicon
from ingest.recognise.atoms import Atom, Clause, Features, clauses
from ingest.recognise.chain import Chain, load_chain, spans
from ingest.recognise.english import EnglishFinder, english_sentences
from ingest.recognise.looks import Looks
from ingest.recognise.text import Found, is_english, is_latin
from ingest.vocabulary import Vocabulary, load_english, load_vocabulary

_WORD = r"\d{0,3}[A-Za-zÀ-ÖØ-öø-ɏ](?:[A-Za-z0-9À-ÖØ-öø-ɏ]|[-_.–’'](?=[A-Za-z0-9])|[+#](?![A-Za-z0-9]))*"
_LATIN = re.compile(rf"(?<![A-Za-z0-9_/\\.@-]){_WORD}(?: (?:{_WORD}|\d+(?:\.\d+)?(?![\w%.,])))*")
#: Tails that go with a name of any kind.
_NEUTRAL = frozenset(("领域", "系列", "操作", "方式", "思想", "技术", "方法"))
#: Stretches less probable than this are no candidates; nor are longer ones, in words.
_LEAST, _MOST_ATOMS = 0.05, 8


class PhraseFinder:
    """Finds what may be terms; leaves them in ``doc.user_data["phrases"]``, by where they begin."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon, chain: Chain) -> None:
        self._words = vocabulary
        self._lexicon = lexicon
        self._features = Features(vocabulary, lexicon)
        self._english = EnglishFinder(load_english(), vocabulary, lexicon)
        self.use(chain)

    def use(self, chain: Chain) -> None:
        """Judge by the weights of a chain."""
        self._steps = chain.steps()
        self._looks = Looks(chain, self._features)

    def __call__(self, doc: Doc) -> Doc:
        """Mark up a question's text."""
        text = doc.user_data["text"]
        found = list(self._candidates(doc))
        for start, end in english_sentences(text):
            known = [each for each in doc.user_data["lexicon"] if start <= each.start < end]
            found += self._english(text, start, end, known)
        doc.user_data["phrases"] = sorted(found, key=lambda each: each.start)
        return doc

    def _candidates(self, doc: Doc) -> Iterator[Found]:
        """Yield the stretches of Chinese text that may be terms; they may overlap."""
        parts = list(self.clauses(doc))
        for clause, factors in zip(parts, self._looks.factors(parts), strict=True):
            for first, last, sure in spans(factors, self._steps, _LEAST, _MOST_ATOMS):
                if found := self._found(doc.user_data["text"], clause.atoms[first : last + 1]):
                    yield found.copy(sure)

    def clauses(self, doc: Doc) -> Iterator[Clause]:
        """Yield the clauses of a question's text that are not English."""
        text = doc.user_data["text"]
        english = list(english_sentences(text))
        if sum(end - start + 1 for start, end in english) <= len(text):
            for clause in clauses(text, doc.user_data["tokens"], self._names(doc)):
                if not _covered(english, clause.atoms[0].start):
                    yield clause

    def features(self, clause: Clause) -> list[list[str]]:
        """Return what the chain looks at for each word of a clause: what bench/chain.py fits."""
        return self._features.of_clause(clause)

    def _names(self, doc: Doc) -> list[Found]:
        """Return the lexicon's names and the Latin names that it does not cover, without overlap."""
        text, known = doc.user_data["text"], doc.user_data["lexicon"]
        names: list[Found] = []
        index = 0
        for match in _LATIN.finditer(text):
            start, end = match.span()
            while index < len(known) and known[index].end <= start:
                names.append(known[index])
                index += 1
            if index < len(known) and known[index].start < start:
                names.append(known[index])
                start = known[index].end
                index += 1
            inside = []
            while index < len(known) and known[index].start < end:
                inside.append(known[index])
                index += 1
            if inside and inside[-1].end > end:
                end = len(text[: inside[-1].start].rstrip())
                names.append(inside.pop())
            free = text[start:end]
            for found in inside:
                free = free.replace(text[found.start : found.end], "")
            surface = text[start:end]
            if end > start and free.strip() and 1 < end - start <= MAX_NAME and not is_english(text, start):
                kind = self._words.kind(surface) or _latin_kind(surface)
                names.append(Found(start, end, fold(surface), surface, kind, "latin", inside))
            else:
                names += inside
        names += known[index:]
        return sorted(names, key=lambda found: found.start)

    def _found(self, text: str, run: list[Atom]) -> Found | None:
        """Return what a run of words would name; nothing for one letter, or for more than a name can hold."""
        if len(run) > 1:
            return self._whole(text, run)
        (start, end, word, _, found) = run[0]
        if found or len(word) == 1:
            return found
        return Found(start, end, fold(word), word, self._words.heads.get(word, Kind.TERM), "phrase")

    def _whole(self, text: str, run: list[Atom]) -> Found | None:
        """Return what several words name, by the canonical names inside: 记忆令牌 is 记忆token."""
        names = [atom.found for atom in run if atom.found]
        if len(names) == len(run) and len({name.key for name in names}) == 1:  # 生成对抗网络GAN
            return replace(names[0], end=run[-1].end)
        if inner := self._with_tail(run):
            return inner
        start, end = run[0].start, run[-1].end
        surface = text[start:end]
        if end - start > MAX_NAME:
            return None
        folded, known = fold(surface), self._lexicon.by_name
        if folded in known:
            entry = self._lexicon.entries[known[folded][0]]
            return Found(start, end, entry.key, entry.name, entry.kind, "lexicon")
        key = "".join(atom.found.key if atom.found else fold(atom.word) for atom in run) if names else folded
        kind = self._ending(folded) or self._words.kind(surface) or Kind.TERM
        return Found(start, end, key, surface, kind, "phrase")

    def _ending(self, folded: str) -> Kind | None:
        """Return the kind of the concept of the lexicon that a name ends in: 多模态特征提取, 特征提取."""
        known = self._lexicon.by_name
        keys = next((known[folded[at:]] for at in range(1, len(folded) - 2) if folded[at:] in known), None)
        return self._lexicon.entries[keys[0]].kind if keys else None

    def _with_tail(self, run: list[Atom]) -> Found | None:
        """Return a name with a tail that adds nothing: CLIP模型, 图像生成任务."""
        inner = run[0].found
        if inner is None:
            return None
        words = self._words
        tails = [atom.word.lower() for atom in run[1:]]
        if not all(tail in words.tail or tail in words.trim for tail in tails) or tails[0] in ("学习", "训练"):
            return None
        kinds = {words.heads.get(tail) for tail in tails if tail not in _NEUTRAL}
        if is_latin(run[0].word[-1]) or kinds <= {inner.kind, None, Kind.METHOD}:
            told = words.heads.get(tails[0])
            kind = told if told and inner.origin == "latin" else inner.kind
            return replace(inner, end=run[-1].end, kind=kind, parts=[])
        return None


@Language.factory("zhitu_phrases", default_config={"files": []})
def _make_phrases(nlp: Language, name: str, files: list[str]) -> PhraseFinder:  # noqa: ARG001 (spaCy's protocol)
    return PhraseFinder(load_vocabulary(), load_lexicon(map(Path, files)), load_chain())


def _latin_kind(name: str) -> Kind:
    """Guess what a Latin name names: with capitals inside or digits mostly a model."""
    named = sum(letter.isupper() for letter in name) > 1 or any(letter.isdigit() for letter in name)
    return (
        Kind.MODEL
        if (named and " " not in name[1:].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) or ("-" in name and named)
        else Kind.TERM
    )


def _covered(stretches: Sequence[tuple[int, int]], at: int) -> bool:
    """Tell whether one of some stretches in order holds a place."""
    before = bisect_right(stretches, (at, math.inf)) - 1
    return before >= 0 and at < stretches[before][1]
