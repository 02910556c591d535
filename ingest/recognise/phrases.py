"""Find noun phrases: adjacent nouns, names of the lexicon and Latin words."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from graph.model import Kind
from ingest.lexicon import MAX_NAME, Entry, Lexicon, fold, load_lexicon
from ingest.recognise.english import EnglishFinder, english_sentences
from ingest.recognise.text import CJK, Found, is_english, is_latin
from ingest.vocabulary import Vocabulary, load_english, load_vocabulary

_WORD = r"\d{0,3}[A-Za-zÀ-ÖØ-öø-ɏ](?:[A-Za-z0-9À-ÖØ-öø-ɏ]|[-_.–’'](?=[A-Za-z0-9])|[+#](?![A-Za-z0-9]))*"
_LATIN = re.compile(rf"(?<![A-Za-z0-9_/\\.@-]){_WORD}(?: (?:{_WORD}|\d+(?:\.\d+)?(?![\w%.,])))*")
#: Parts of speech of what may stand inside a name; jieba's tags.
_NOMINAL_TAGS = frozenset(("vn", "an", "q", "a", "h", "g", "vg", "ng", "i", "nz", "eng"))
#: What follows a verb that ends a name, as 图像生成: a clause's end, 的, a conjunction.
_NOUN_BEFORE = re.compile(
    r"\s*(?:$|[^\u4e00-\u9fffA-Za-z0-9¤]|的|和|与|及|或|等|中|上|时|是|在|方面|任务|过程|可|能|会|需|对|通过|也|都|则|就)"
)
#: Tails that go with a name of any kind.
_NEUTRAL = frozenset(("领域", "系列", "操作", "方式", "思想", "技术", "方法"))
_PREFIXES = frozenset("多单非超子跨双伪零")
_SUFFIXES = frozenset("器层图率度性化体集式法机网点段框库量码头块")
#: What counts a thing: 5折交叉验证.
_COUNTS = frozenset(("折", "阶", "元"))
_FOLDS = re.compile(r"[A-Za-z0-9]{1,2}\s?(?:折|阶|元)$")
#: Tags of idioms: 至关重要, 表现出色.
_IDIOMS = frozenset(("l", "i", "z", "zg"))
#: After these a verb is the first part of a name, not a predicate.
_NOUN_AFTER = (
    *("的", "、", "和", "与", "及", "或", "进行", "使用", "采用", "利用", "设置", "选择", "引入", "基于", "根据"),
    *("是", "为", "有", "个", "种", "（", "(", "类", "项", "做", "由", "称", "叫", "属于", "包括", "包含", "增加"),
)


class _Atom(NamedTuple):
    """A token, name of the lexicon or Latin name, and what it may do in a phrase."""

    start: int
    end: int
    role: str  # name, noun, verb, modifier
    found: Found | None = None


class PhraseFinder:
    """Finds maximal noun phrases; leaves them in ``doc.user_data["phrases"]`` with what stands inside."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        self._words = vocabulary
        self._lexicon = lexicon
        self._roles: dict[tuple[str, str], str] = {}
        self._english = EnglishFinder(load_english(), vocabulary, lexicon)

    def __call__(self, doc: Doc) -> Doc:
        """Mark up a question's text."""
        text, english = doc.user_data["text"], list(english_sentences(doc.user_data["text"]))
        wholly = sum(end - start + 1 for start, end in english) > len(text)
        found = [] if wholly else [each for each in self._phrases(doc) if not _covered(english, each.start)]
        for start, end in english:
            known = [each for each in doc.user_data["lexicon"] if start <= each.start < end]
            found += self._english(text, start, end, known)
        doc.user_data["phrases"] = sorted(found, key=lambda each: each.start)
        return doc

    def _phrases(self, doc: Doc) -> Iterator[Found]:
        """Yield what the runs of neighbouring atoms make."""
        text = doc.user_data["text"]
        run: list[_Atom] = []
        for atom in self._atoms(doc):
            if run and (not _adjacent(text, run[-1].end, atom.start) or self._parts(run[-1], atom)):
                yield from self._phrase(text, run, self._verb_comes(text, run[0].start))
                run = []
            run.append(atom)
        if run:
            yield from self._phrase(text, run, self._verb_comes(text, run[0].start))

    def _parts(self, last: _Atom, following: _Atom) -> bool:
        """Tell whether a phrase ends between two neighbours: 生成|一系列表示, but not 大规模|小样本."""
        return following.role == "modifier" and last.role != "modifier"

    def _verb_comes(self, text: str, start: int) -> bool:
        """Tell whether a verb here is a predicate: not after 的, a conjunction or another predicate."""
        return not text[max(0, start - 3) : start].rstrip('“"《 ').endswith(_NOUN_AFTER)

    def _atoms(self, doc: Doc) -> Iterator[_Atom]:
        """Yield what phrases are made of; anything else is a gap.

        Prefixes and suffixes that the tokenizer cut off belong to their neighbours: 多|任务, 判别|器.
        """
        names = iter(self._names(doc))
        name = next(names, None)
        roles, at = self._roles, 0
        last: _Atom | None = None  # held back: a suffix may follow
        prefix = -1  # where a prefix began that ends here
        for token in doc.user_data["tokens"]:
            word = token[0]
            start, at = at, at + len(word)
            while name and name.end <= start:
                name = next(names, None)
            if name and name.start < at:
                if last:
                    yield last
                    last = None
                yield from self._around_name(word, start, name)
                continue
            role = roles.get(token)
            if role is None:
                role = roles.setdefault(token, self._role(*token))
            if role == "suffix" and last and last.end == start and last.role != "modifier":
                last = _Atom(last.start, at, "noun")
                continue
            if last:
                yield last
            if role == "prefix":
                prefix, last = start, None
                continue
            begin = prefix if prefix >= 0 and role and prefix + 1 == start else start
            prefix = -1
            last = _Atom(begin, at, "noun" if begin < start or role == "suffix" else role) if role else None
        if last:
            yield last

    def _around_name(self, word: str, start: int, name: Found) -> Iterator[_Atom]:
        """Yield a name that begins in a token, and what the token holds beside it."""
        end = start + len(word)
        if start <= name.start < end:
            if start < name.start:
                yield from self._rest(word[: name.start - start], start)
            yield _Atom(name.start, name.end, "name", name)
        if name.end < end:
            yield from self._rest(word[name.end - start :], name.end)

    def _rest(self, piece: str, start: int) -> Iterator[_Atom]:
        role = "verb" if piece in self._words.nominal else "noun" if piece in self._words.heads else ""
        if role:
            yield _Atom(start, start + len(piece), role)

    def _role(self, word: str, tag: str) -> str:
        """Return what a token does in a phrase; nothing where it ends one."""
        words = self._words
        for role, members in (
            ("prefix", _PREFIXES),
            ("suffix", _SUFFIXES),
            ("verb", words.nominal),
            ("", words.breaks),
        ):
            if word in members or word.lower() in members:
                return role
        if not CJK.match(word):
            return "noun" if tag == "eng" and len(word) > 2 else ""
        known = word in words.heads or word in words.tail
        if word in words.modifier or (tag == "a" and not known):
            return "modifier"
        nominal = tag[0] in "njlbk" or tag in _NOMINAL_TAGS or (tag == "v" and word[-1] in "化性")
        idiom = tag in _IDIOMS and words.kind(word) is None
        return "noun" if known or (nominal and not idiom) else ""

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

    def _phrase(self, text: str, run: list[_Atom], verb_first: bool) -> Iterator[Found]:
        """Yield the terms that a run of atoms makes: mostly one."""
        if len(run) == 1:
            yield from self._single(text, run[0])
            return
        run = self._trimmed(text, run, verb_first)
        cut = self._cut(text, run)
        if cut:
            yield from self._phrase(text, run[:cut], verb_first=False)
            yield from self._phrase(text, run[cut:], verb_first=True)
        elif len(run) == 1:
            yield from self._single(text, run[0])
        elif run:
            yield from self._whole(text, run)

    def _single(self, text: str, atom: _Atom) -> Iterator[Found]:
        """Yield the term that an atom makes by itself: most runs are of one."""
        word = text[atom.start : atom.end]
        if atom.found and text[max(0, atom.start - 2) : atom.start].strip()[-1:] in _COUNTS:
            yield from self._whole(text, [atom])
        elif atom.found:
            yield atom.found
        elif atom.role != "modifier" and word not in self._words.modifier and word not in self._words.trim:
            kind = self._words.heads.get(word, Kind.TERM)
            yield Found(atom.start, atom.end, fold(word), word, kind, "phrase")

    def _trimmed(self, text: str, run: list[_Atom], verb_first: bool) -> list[_Atom]:
        words = self._words
        start, end = 0, len(run)
        while start < end and self._is_modifier(text, run, start):
            start, verb_first = start + 1, False
        if verb_first and end - start > 1 and run[start].role == "verb" and self._is_object(text, run[start + 1 : end]):
            start += 1
        while start < end and run[end - 1].role != "name" and text[run[end - 1].start : run[end - 1].end] in words.trim:
            end -= 1
        if end - start > 1 and run[end - 1].role == "verb":
            acts = self._acts(text, run[end - 2])
            if acts or not _NOUN_BEFORE.match(text, run[end - 1].end):
                end -= 1
        while start < end and run[end - 1].role == "modifier":
            end -= 1
        return run[start:end]

    def _is_object(self, text: str, rest: list[_Atom]) -> bool:
        """Tell whether what follows a verb is its object, not what it describes: 提取特征向量, but not 学习机制."""
        return rest[0].role in ("name", "verb") or text[rest[0].start : rest[-1].end] not in self._words.generic

    def _acts(self, text: str, atom: _Atom) -> bool:
        """Tell whether an atom names who does something: a model or component."""
        kind = atom.found.kind if atom.found else self._words.heads.get(text[atom.start : atom.end])
        return kind in (Kind.MODEL, Kind.COMPONENT)

    def _is_modifier(self, text: str, run: list[_Atom], at: int) -> bool:
        word = text[run[at].start : run[at].end]
        return run[at].role == "modifier" or (run[at].role == "noun" and word in self._words.modifier)

    def _cut(self, text: str, run: list[_Atom]) -> int:
        """Return where a verb parts two terms: 前馈网络|生成|上下文表示; 0 where none does."""
        for at in range(1, len(run) - 1):
            if run[at].role != "verb" or run[at - 1].role == "verb":
                continue
            before = run[at - 1]
            vague = text[before.start : before.end] in self._words.generic and before.role != "name"
            if (
                run[at + 1].role == "name"
                or vague
                or (self._acts(text, before) and self._is_object(text, run[at + 1 :]))
            ):
                return at
        return 0

    def _whole(self, text: str, run: list[_Atom]) -> Iterator[Found]:
        parts = [atom.found for atom in run if atom.found]
        folds = _FOLDS.search(text, max(0, run[0].start - 4), run[0].start)
        if not folds and len(parts) == len(run) and len({part.key for part in parts}) == 1:  # also 生成对抗网络GAN
            yield replace(parts[0], end=run[-1].end, parts=parts[1:])
            return
        if not folds and (inner := self._with_tail(text, run, parts)):
            yield inner
            return
        start, end = run[0].start, run[-1].end
        start = folds.start() if folds else start
        surface = text[start:end]
        if end - start > MAX_NAME:
            yield from parts
        elif known := self._lexicon.find(surface):
            yield Found(start, end, known[0].key, known[0].name, known[0].kind, "lexicon", parts)
        else:
            ending = self._ending(surface)
            kind = ending.kind if ending else self._words.kind(surface) or Kind.TERM
            yield Found(start, end, self._key(text, start, run), surface, kind, "phrase", parts)

    def _ending(self, surface: str) -> Entry | None:
        """Return the concept of the lexicon that the name ends in: 多模态特征提取, 特征提取."""
        folded = fold(surface)
        for at in range(1, len(folded) - 2):
            if keys := self._lexicon.by_name.get(folded[at:]):
                return self._lexicon.entries[keys[0]]
        return None

    def _key(self, text: str, start: int, run: list[_Atom]) -> str:
        """Return the folded name, the lexicon's names inside by their canonical ones: 记忆令牌 is 记忆token."""
        return fold(text[start : run[0].start]) + "".join(
            atom.found.key if atom.found else fold(text[atom.start : atom.end]) for atom in run
        )

    def _with_tail(self, text: str, run: list[_Atom], parts: list[Found]) -> Found | None:
        """Return a name with a tail that adds nothing: CLIP模型, 图像生成任务."""
        inner = run[0].found
        if inner is None or len(run) == 1:
            return None
        words = self._words
        tails = [text[atom.start : atom.end].lower() for atom in run[1:]]
        if not all(tail in words.tail or tail in words.trim for tail in tails) or tails[0] in ("学习", "训练"):
            return None
        kinds = {words.heads.get(tail) for tail in tails if tail not in _NEUTRAL}
        if is_latin(text[inner.end - 1]) or kinds <= {inner.kind, None, Kind.METHOD}:
            told = words.heads.get(tails[0])
            kind = told if told and inner.origin == "latin" else inner.kind
            return Found(inner.start, run[-1].end, inner.key, inner.name, kind, inner.origin, parts)
        return None


@Language.factory("zhitu_phrases", default_config={"files": []})
def _make_phrases(nlp: Language, name: str, files: list[str]) -> PhraseFinder:  # noqa: ARG001 (spaCy's protocol)
    return PhraseFinder(load_vocabulary(), load_lexicon(map(Path, files)))


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


def _adjacent(text: str, end: int, start: int) -> bool:
    if end == start:
        return True
    return text[end:start] == " " and (is_latin(text[end - 1]) or is_latin(text[start]))
