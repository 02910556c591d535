"""Find the terms of a document: those that the lexicon knows, and those that it lacks.

spaCy is the frame: a blank Chinese pipeline whose tokenizer is jieba's, and components registered by factory
that mark up the `Doc` of a question:

``zhitu_lexicon``
    the longest names of the lexicon, at word boundaries (ECLIPSE holds no CLIP);
``zhitu_phrases``
    noun phrases around them: adjacent nouns, names and Latin words.

What of these are terms is decided over the whole document (`Recogniser`): by a phrase's form, and by where
it stands: in bold, before a colon, in a heading, in brackets after its other name.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import ahocorasick
import rjieba
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from graph.model import Kind
from ingest.lexicon import MAX_NAME, Entry, Lexicon, fold, fold_with_offsets, load_lexicon
from ingest.records import BlockKind, Count, MarkKind, ParsedDocument, ParsedQuestion, ParsedSentence, Span, Term
from ingest.confidence import Model, load_model
from ingest.vocabulary import Vocabulary, load_vocabulary

#: Between the sentences of a question's text, and in place of formulas, code and addresses.
_END, _HOLE = "\u2029", "¤"
_WORD = r"\d{0,3}[A-Za-zÀ-ÖØ-öø-ɏ](?:[A-Za-z0-9À-ÖØ-öø-ɏ]|[-_.–’'](?=[A-Za-z0-9])|[+#](?![A-Za-z0-9]))*"
_LATIN = re.compile(rf"(?<![A-Za-z0-9_/\\.@-]){_WORD}(?: (?:{_WORD}|\d+(?:\.\d+)?(?![\w%.,])))*")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_URL = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff，。；）)]+|[\w.+-]+@[\w-]+\.\w+")
_BRACKETS = re.compile(r"(\s?[（(])([^（）()\u2029]{1,80})[）)]")
_SEPARATORS = re.compile(r"\s*(?:[,，、/;；]|简称|缩写为?|又称|也称|即|\baka\b)\s*")
_LEAD = re.compile(r"\s*([^：:\u2029。，,；;！？!?]{1,60})[：:]")
_QUOTED = re.compile(r"[“\"「]([^“”\"「」\u2029]{2,20})[”\"」]")
_DEFINES = re.compile(
    r"(?:[（(][^（）()]*[）)])?[\s*]*(?:通常|一般)?"
    r"(?:是指|指的是|是一种|是一个|是一类|是用于|是|即|就是|则?是|指|refers to|is an? |are |is )"
)
_NO_NAME = re.compile(r"[、：:，,/；;]|不同|优势|区别")
#: Brackets that hold examples and remarks, not names.
_REMARK = re.compile(r"^(?:如|例如|比如|诸如|包括|尤其|特别|通常|一般|或|见|图|e\.g|i\.e|such)|[和与或等是的]")
_JOINED = re.compile(r"[和与及、/]")
#: From this score on a stretch is a term.
_THRESHOLD = 0.4
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
_FOLDS = re.compile(r"[A-Za-z0-9]{1,2}\s?(?:折|阶|元)$")
#: Tags of idioms: 至关重要, 表现出色.
_IDIOMS = frozenset(("l", "i", "z", "zg"))
#: After these a verb is the first part of a name, not a predicate.
_NOUN_AFTER = (
    *("的", "、", "和", "与", "及", "或", "进行", "使用", "采用", "利用", "设置", "选择", "引入", "基于", "根据"),
    *("是", "为", "有", "个", "种", "（", "(", "类", "项", "做", "由", "称", "叫", "属于", "包括", "包含", "增加"),
)


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
    """

    start: int
    end: int
    key: str
    name: str
    kind: Kind
    origin: str
    parts: list[Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The terms of a document; spans by question, in the order of the text, not overlapping."""

    terms: tuple[Term, ...]
    spans: tuple[tuple[Span, ...], ...]


# The pipeline


class _Tokenizer:
    """Cuts by jieba's dictionary, with its part-of-speech tags; every character is kept."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        tokens = rjieba.tag(text)
        doc = Doc(self.vocab, words=[word for word, _ in tokens], spaces=[False] * len(tokens))
        doc.user_data["tokens"] = tokens
        return doc


def _make_tokenizer() -> Callable[[Language], _Tokenizer]:
    return lambda nlp: _Tokenizer(nlp.vocab)


registry.tokenizers.register("zhitu.jieba.v1", func=_make_tokenizer)


class LexiconMatcher:
    """Finds the longest names of the lexicon; leaves them in ``doc.user_data["lexicon"]``."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._entries = lexicon.entries
        self._keys = lexicon.by_name
        self._spelled = {fold(name): name for entry in lexicon.entries.values() for name in reversed(entry.names)}
        self._automaton = ahocorasick.Automaton()
        for name in self._keys:
            self._automaton.add_word(name, name)
        if self._keys:
            self._automaton.make_automaton()

    def __call__(self, doc: Doc) -> Doc:
        doc.user_data["lexicon"] = list(self._longest(doc.text, _boundaries(doc))) if self._keys else []
        return doc

    def _longest(self, text: str, boundaries: bytearray) -> Iterator[Found]:
        folded, offsets = fold_with_offsets(text)
        matches = []
        for last, name in self._automaton.iter(folded):
            start, end = offsets[last - len(name) + 1], offsets[last] + 1
            end = self._checked_end(text, start, end, name, boundaries)
            if end:
                matches.append((start, -end, name))
        done = 0
        for start, minus_end, name in sorted(matches):
            if start >= done:
                done = -minus_end
                entry = self._entries[self._keys[name][0]]
                yield Found(start, done, entry.key, entry.name, entry.kind, "lexicon")

    def _checked_end(self, text: str, start: int, end: int, name: str, boundaries: bytearray) -> int:
        """Return where the match ends, with its plural; 0 where it is no match."""
        if _is_latin(name[0]) and not _begins(text, start):
            return 0
        if _is_latin(name[-1]):
            if len(name) > 3 and text[end : end + 1] == "s" and _ends(text, end + 1):
                end += 1
            if not _ends(text, end):
                return 0
        if not _is_latin(name[0]) and len(name) <= 3 and not boundaries[start]:
            return 0
        if not _is_latin(name[-1]) and len(name) <= 2 and not boundaries[end]:
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


def _boundaries(doc: Doc) -> bytearray:
    at, flags = 0, bytearray(len(doc.text) + 1)
    for word, _ in doc.user_data["tokens"]:
        flags[at] = 1
        at += len(word)
    flags[at] = 1
    return flags


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _begins(text: str, start: int) -> bool:
    before = fold(text[start - 1]) if start else ""
    if before and _is_latin(before[-1]):
        return False
    return not (start > 1 and text[start - 1] in "-_.–@\\" and _is_latin(fold(text[start - 2])[-1:] or " "))


def _ends(text: str, end: int) -> bool:
    after = fold(text[end]) if end < len(text) else ""
    if after and _is_latin(after[0]):
        return False
    if text[end : end + 1] in ("+", "#"):
        return _is_latin(text[end + 1 : end + 2] or " ")
    return not (text[end : end + 1] in ("-", "_", ".", "–") and _is_latin(fold(text[end + 1 : end + 2])[:1] or " "))


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

    def __call__(self, doc: Doc) -> Doc:
        doc.user_data["phrases"] = list(self._phrases(doc))
        return doc

    def _phrases(self, doc: Doc) -> Iterator[Found]:
        text = doc.text
        run: list[_Atom] = []
        broken = True  # what stands before the run is the start of a clause, or a word after which a verb is a verb
        for atom in self._atoms(doc):
            if run and (not _adjacent(text, run[-1].end, atom.start) or self._parts(run[-1], atom)):
                yield from self._phrase(text, run, broken)
                run = []
            if not run:
                broken = self._verb_comes(text, atom.start)
            run.append(atom)
        if run:
            yield from self._phrase(text, run, broken)

    def _parts(self, last: _Atom, following: _Atom) -> bool:
        """Tell whether a phrase ends between two neighbours: 生成|一系列表示, but not 大规模|小样本."""
        return following.role == "modifier" and last.role != "modifier"

    def _verb_comes(self, text: str, start: int) -> bool:
        """Tell whether a verb here is a predicate: not after 的, a conjunction or another predicate."""
        return not text[max(0, start - 3) : start].rstrip('“"《 ').endswith(_NOUN_AFTER)

    def _atoms(self, doc: Doc) -> Iterator[_Atom]:
        """Yield what phrases are made of; anything else is a gap."""
        names = self._names(doc)
        at, index = 0, 0
        for word, tag in self._joined(doc.user_data["tokens"]):
            start, at = at, at + len(word)
            while index < len(names) and names[index].end <= start:
                index += 1
            if index < len(names) and names[index].start < at:
                name = names[index]
                if start <= name.start < at:
                    if start < name.start:
                        yield from self._rest(word[: name.start - start], start)
                    yield _Atom(name.start, name.end, "name", name)
                if name.end < at:
                    yield from self._rest(word[name.end - start :], name.end)
                continue
            if role := self._role(word, tag):
                yield _Atom(start, at, role)

    def _joined(self, tokens: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield the tokens with prefixes and suffixes joined to what they belong to: 多|任务, 判别|器."""
        last, last_tag = "", ""
        for word, tag in tokens:
            noun = tag[0] in "nvlbka" or tag in _NOMINAL_TAGS
            if last in _PREFIXES and noun and _CJK.match(word) and word not in self._words.breaks:
                last, last_tag = last + word, "n"
            elif (
                word in _SUFFIXES
                and last
                and _CJK.match(last)
                and (last in self._words.nominal or last_tag[0] in "nvb")
                and last not in self._words.breaks
            ):
                last, last_tag = last + word, "n"
            else:
                if last:
                    yield last, last_tag
                last, last_tag = word, tag
        if last:
            yield last, last_tag

    def _rest(self, piece: str, start: int) -> Iterator[_Atom]:
        if piece in self._words.heads:
            yield _Atom(start, start + len(piece), "noun")

    def _role(self, word: str, tag: str) -> str:
        if word in self._words.nominal:
            return "verb"
        if word in self._words.breaks:
            return ""
        if not _CJK.match(word):
            return "noun" if tag == "eng" and word.lower() not in self._words.breaks and len(word) > 2 else ""
        known = word in self._words.heads or word in self._words.tail
        if tag == "a" and not known:
            return "modifier"
        if tag in _IDIOMS and not known and self._words.kind(word) is None:
            return ""
        if word in self._words.modifier:
            return "modifier"
        if known or tag[0] in "njlbk" or tag in _NOMINAL_TAGS:
            return "noun"
        return "noun" if tag == "v" and word[-1] in "化性" else ""

    def _names(self, doc: Doc) -> list[Found]:
        """Return the lexicon's names and the Latin names that it does not cover, without overlap."""
        text, known = doc.text, doc.user_data["lexicon"]
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
            if end > start and free.strip() and 1 < end - start <= MAX_NAME and not _is_english(text, start):
                kind = self._words.kind(surface) or _latin_kind(surface)
                names.append(Found(start, end, fold(surface), surface, kind, "latin", inside))
            else:
                names += inside
        names += known[index:]
        return sorted(names, key=lambda found: found.start)

    def _phrase(self, text: str, run: list[_Atom], verb_first: bool) -> Iterator[Found]:
        """Yield the terms that a run of atoms makes: mostly one."""
        run = self._trimmed(text, run, verb_first)
        cut = self._cut(text, run)
        if cut:
            yield from self._phrase(text, run[:cut], verb_first=False)
            yield from self._phrase(text, run[cut:], verb_first=True)
        elif run:
            yield from self._whole(text, run)

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
        if _is_latin(text[inner.end - 1]) or kinds <= {inner.kind, None, Kind.METHOD}:
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
        if named and " " not in name[1:].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or "-" in name and named
        else Kind.TERM
    )


def _is_english(text: str, at: int) -> bool:
    """Tell whether the sentence around `at` holds no Chinese and more than a name."""
    start, end = text.rfind(_END, 0, at) + 1, text.find(_END, at)
    sentence = text[start : end if end >= 0 else len(text)]
    return len(sentence) > MAX_NAME // 2 and not _CJK.search(sentence)


def _adjacent(text: str, end: int, start: int) -> bool:
    if end == start:
        return True
    return text[end:start] == " " and (_is_latin(text[end - 1]) or _is_latin(text[start]))


# The document


class Recogniser:
    """Finds the terms of a document.

    Parameters
    ----------
    files
        The lexicon's.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._lexicon = load_lexicon(files)
        self._words = load_vocabulary()
        self._model = load_model("terms")
        self._nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "zhitu.jieba.v1"}}})
        config = {"files": [str(file) for file in files]}
        self._nlp.add_pipe("zhitu_lexicon", config=config)
        self._nlp.add_pipe("zhitu_phrases", config=config)

    def __call__(self, document: ParsedDocument) -> Recognised:
        """Return the terms of the document and where they stand."""
        pages = [_Page(question) for question in document.questions]
        meant = _Meant(self._lexicon, pages)
        for page in pages:
            page.found = self._nlp(page.text).user_data["phrases"]
            meant.choose(page.found, page.text)
        return _Decision(pages, self._lexicon, self._words, self._model).decide()


class _Page:
    """A question's text in one string, its sentences apart, and what was found in it."""

    def __init__(self, question: ParsedQuestion) -> None:
        self.question = question
        self.starts: list[int] = []
        pieces = []
        at = 0
        for sentence in question.sentences:
            self.starts.append(at)
            piece = _masked(sentence)
            pieces.append(piece)
            at += len(piece) + 1
        self.text = _END.join(pieces)
        self.found: list[Found] = []

    def marked(self) -> Iterator[tuple[int, int, str]]:
        """Yield stretches that stand out, with how: before a colon, in bold, as a heading or cell, in quotes."""
        blocks = self.question.blocks
        for start, sentence in zip(self.starts, self.question.sentences, strict=True):
            block = blocks[sentence.block]
            end = start + len(sentence.plain)
            if block.kind in (BlockKind.HEADING, BlockKind.COLUMN) or (
                block.kind is BlockKind.CELL and not block.column
            ):
                yield start, end, "heading"
            elif block.kind is not BlockKind.TITLE and (lead := _LEAD.match(self.text, start, end)):
                if lead.end() < end:
                    yield start, lead.end(1), "lead"
            elif block.kind is BlockKind.ITEM and len(sentence.plain) <= 30:
                yield start, end, "item"
            for mark in sentence.marks:
                if mark.kind in (MarkKind.BOLD, MarkKind.WIKILINK):
                    yield start + mark.start, start + mark.end, "bold"
        for match in _QUOTED.finditer(self.text):
            yield match.start(1), match.end(1), "quotes"


def _masked(sentence: ParsedSentence) -> str:
    text = sentence.plain.replace(_END, " ")
    for mark in sentence.marks:
        if mark.kind in (MarkKind.CODE, MarkKind.FORMULA):
            text = text[: mark.start] + _HOLE * (mark.end - mark.start) + text[mark.end :]
    if "http" in text or "@" in text or "www" in text:
        text = _URL.sub(lambda match: _HOLE * len(match.group()), text)
    return text


class _Meant:
    """Which of several concepts a document means by an abbreviation: the one whose words it has most of."""

    def __init__(self, lexicon: Lexicon, pages: Sequence[_Page]) -> None:
        self._lexicon = lexicon
        self._pages = pages
        self._chosen: dict[str, Entry] = {}
        self._text = ""

    def choose(self, candidates: Iterable[Found], text: str) -> None:
        """Let what is found mean the right concept."""
        for found in candidates:
            name = fold(text[found.start : found.end])
            if found.origin == "lexicon" and len(self._lexicon.by_name.get(name, ())) > 1:
                entry = self._entry(name)
                found.key, found.name, found.kind = entry.key, entry.name, entry.kind
            self.choose(found.parts, text)

    def _entry(self, name: str) -> Entry:
        if name not in self._chosen:
            self._text = self._text or fold(" ".join(page.text for page in self._pages))
            entries = [self._lexicon.entries[key] for key in self._lexicon.by_name[name]]
            self._chosen[name] = max(entries, key=lambda entry: (self._support(entry, name), -entries.index(entry)))
        return self._chosen[name]

    def _support(self, entry: Entry, name: str) -> float:
        """Return the share of the words of an entry's names that the document has, by its best name."""
        shares = []
        for other in entry.names:
            folded = fold(other)
            if folded != name and len(folded) > 2:
                words = (
                    other.lower().split()
                    if folded.isascii()
                    else [folded[at : at + 2] for at in range(len(folded) - 1)]
                )
                found = sum(fold(word) in self._text for word in words if len(word) > 1) / len(words)
                shares.append(2.0 if folded in self._text else found)
        return max(shares, default=0.0)


@dataclass(slots=True)
class _Seen:
    """What a document shows of one possible term."""

    name: str
    kind: Kind
    origin: str
    surfaces: Counter[str] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    score: float | None = None


class _Decision:
    """Decides over a whole document which stretches are terms, and which are one and the same."""

    def __init__(self, pages: Sequence[_Page], lexicon: Lexicon, words: Vocabulary, model: Model) -> None:
        self.pages = pages
        self.model = model
        self.lexicon = lexicon
        self.words = words
        self.seen: dict[str, _Seen] = {}
        self.local: dict[str, Found] = {}  # folded other names that this document itself gives

    def decide(self) -> Recognised:
        for page in self.pages:
            self._mark(page)
        for page in self.pages:
            self._brackets(page)
        self._join_tails()
        self._short_names()
        known = {found.key for page in self.pages for found in page.found} | self.lexicon.by_name.keys()
        for page in self.pages:
            page.found = list(self._possessed(page, known))
        for page in self.pages:
            for found in page.found:
                self._count(page, found)
        for seen in self.seen.values():
            if seen.origin == "latin" and seen.kinds:
                seen.kind = min(seen.kinds, key=lambda kind: (-seen.kinds[kind], kind))
        spans = tuple(tuple(self._spans(page)) for page in self.pages)
        return Recognised(self._terms(spans), spans)

    # Where it stands

    def _mark(self, page: _Page) -> None:
        """Let what stands out count more, and make one term of it where it is a name as a whole."""
        for start, end, place in page.marked():
            bracket = _BRACKETS.search(page.text, start, end + 40)
            stop = bracket.start() if bracket and bracket.start() < end else end
            inside = [found for found in page.found if found.start >= start and found.end <= stop]
            rest = _rest(page.text, start, stop, inside)
            if not rest.strip("和与及、/ 的-的:：*.．0123456789（）()" + _HOLE):
                for found in inside:
                    self._note(found).places[place] += 1
                if inside and "的" not in rest and not _JOINED.search(rest):
                    continue
                if len(inside) <= 1:
                    continue
            if place in ("lead", "bold", "item") and self._is_name(
                page.text[start:stop], named=stop < end or place == "bold"
            ):
                self._replace(page, start, stop, place, inside)

    def _is_name(self, surface: str, *, named: bool) -> bool:
        """Tell whether a stretch that stands out reads like a name, not like a sentence."""
        surface = surface.strip()
        if not 3 <= len(surface) <= (16 if named else 14) or not _CJK.search(surface) or _HOLE in surface:
            return False
        tokens = rjieba.cut(surface)
        allowed = ("的", "间", "与", "和", "从", "到", "之间", "不") if named else ("的", "从", "到")
        if _NO_NAME.search(surface):
            return False
        odd = [token for token in tokens if token in self.words.breaks and token not in allowed]
        return not odd and (named or surface.startswith("从") or self.words.kind(surface) is not None)

    def _replace(self, page: _Page, start: int, end: int, place: str, inside: list[Found]) -> None:
        surface = page.text[start:end].strip()
        start = page.text.index(surface, start)
        kind = self.words.kind(surface) or Kind.TERM
        whole = Found(start, start + len(surface), fold(surface), surface, kind, "lead", inside)
        page.found = [found for found in page.found if found.end <= start or found.start >= whole.end]
        page.found.append(whole)
        page.found.sort(key=lambda found: found.start)
        self._note(whole).places[place] += 1

    def _note(self, found: Found) -> _Seen:
        seen = self.seen.get(found.key)
        if seen is None:
            seen = self.seen[found.key] = _Seen(found.name, found.kind, found.origin, parts=len(found.parts))
        return seen

    # One concept, many names

    def _brackets(self, page: _Page) -> None:
        """Take the names that brackets give to what stands before them."""
        by_end = {found.end: found for found in page.found}
        for match in _BRACKETS.finditer(page.text):
            owner = by_end.get(match.start())
            pieces = [piece for piece in _SEPARATORS.split(match.group(2)) if piece]
            if owner is None or _REMARK.search(match.group(2)) or not self._are_names(owner, pieces):
                continue
            self._note(owner).places["brackets"] += 1
            for piece in pieces:
                self._give(page, owner, piece, match.start(2))

    def _are_names(self, owner: Found, pieces: list[str]) -> bool:
        """Tell whether what stands in brackets are other names, not examples or remarks."""
        latin = [not _CJK.search(piece) for piece in pieces]
        own_latin = not _CJK.search(owner.name)
        if not 1 <= len(pieces) <= 3 or any(len(piece) > MAX_NAME or not piece[0].isalpha() for piece in pieces):
            return False
        if own_latin and all(latin):
            return _is_short_for(owner.name, pieces[0]) or _is_short_for(pieces[0], owner.name)
        if own_latin:
            return all(
                self.words.kind(piece) is not None or self.lexicon.find(piece) for piece in pieces if _CJK.search(piece)
            )
        if len(pieces) > 1 and all(latin):
            return _is_short_for(pieces[-1], pieces[0])
        if all(latin):
            return " " in pieces[0] or len(pieces[0]) > 1
        return not any(latin) and all(self.words.kind(piece) is self.words.kind(owner.name) for piece in pieces)

    def _give(self, page: _Page, owner: Found, piece: str, start: int) -> None:
        entries = self.lexicon.find(piece)
        if entries and owner.origin != "lexicon" and (len(entries) == 1 and len(piece) > 5):
            self.local[owner.key] = Found(0, 0, entries[0].key, entries[0].name, entries[0].kind, "lexicon")
            return
        at = page.text.find(piece, start)
        page.found = [found for found in page.found if found.end <= at or found.start >= at + len(piece)]
        page.found.append(Found(at, at + len(piece), owner.key, owner.name, owner.kind, owner.origin))
        page.found.sort(key=lambda found: found.start)
        if not entries:
            self.local[fold(piece)] = owner

    def _join_tails(self) -> None:
        """Let 分段采样策略 and 分段采样 be one, where both are there."""
        keys = {found.key: found for page in self.pages for found in page.found}
        for key, found in keys.items():
            short = self._without_tail(found)
            if short and short in keys and short not in self.local and key not in self.local:
                self.local[key] = keys[short]

    def _short_names(self) -> None:
        """Let L1 be L1 regularization, where that is there."""
        for page in self.pages:
            for found in page.found:
                first, _, rest = page.text[found.start : found.end].partition(" ")
                if (
                    found.origin == "phrase"
                    and found.parts
                    and found.parts[0].origin == "latin"
                    and found.kind in (Kind.TASK, Kind.METHOD)
                ):
                    self.local.setdefault(found.parts[0].key, found)
                known = rest.lower() in self.words.tail or rest.lower() in self.words.heads
                if known and len(first) > 1 and not first[1:].islower() and first.isascii() and first.isalnum():
                    if not self.lexicon.find(first):
                        self.local.setdefault(fold(first), found)

    def _possessed(self, page: _Page, known: Collection[str]) -> Iterator[Found]:
        """Yield what was found, 文本的特征 as one where 文本特征 is a term."""
        last: Found | None = None
        for found in page.found:
            if last and page.text[last.end : found.start].strip() == "的":
                key = last.key + found.key
                folded = fold(page.text[last.start : last.end] + page.text[found.start : found.end])
                if key in known or folded in known:
                    entry = self.lexicon.entries.get(next(iter(self.lexicon.by_name.get(folded, ())), ""))
                    name = (
                        entry.name if entry else page.text[last.start : last.end] + page.text[found.start : found.end]
                    )
                    origin = "lexicon" if entry else "phrase"
                    last = Found(
                        last.start,
                        found.end,
                        entry.key if entry else key,
                        name,
                        entry.kind if entry else found.kind,
                        origin,
                        [last, found],
                    )
                    continue
            if last:
                yield last
            last = found
        if last:
            yield last

    def _without_tail(self, found: Found) -> str:
        if found.origin not in ("phrase", "lead"):
            return ""
        for tail in self.words.tail:
            if found.key.endswith(tail) and len(found.key) - len(tail) >= 3:
                return found.key[: -len(tail)]
        return ""

    # Which are terms

    def _count(self, page: _Page, found: Found) -> None:
        target = self._resolve(found)
        if target is not found:
            self._note(target).places.update(self._note(found).places)
        found.key, found.name, found.kind, found.origin = target.key, target.name, target.kind, target.origin
        seen = self._note(found)
        seen.surfaces[page.text[found.start : found.end]] += 1
        seen.kinds[found.kind] += 2 if found.end - found.start > len(found.name) else 1
        seen.places["text"] += 1
        if found.start < len(page.question.sentences[0].plain):
            seen.places["title"] += 1
        if page.text[found.start - 1 : found.start] == "、" or page.text[found.end : found.end + 1] == "、":
            seen.places["listed"] += 1
        for part in found.parts:
            self._count_part(part)

    def _count_part(self, part: Found) -> None:
        target = self._resolve(part)
        part.key, part.name, part.kind, part.origin = target.key, target.name, target.kind, target.origin
        self._note(part).places["inside"] += 1
        for inner in part.parts:
            self._count_part(inner)

    def _resolve(self, found: Found) -> Found:
        for _ in range(4):
            other = self.local.get(found.key)
            if other is None or other.key == found.key:
                break
            found = other
        return found

    def score(self, key: str) -> float:
        """Return the probability that this is a concept."""
        seen = self.seen[key]
        if seen.score is None:
            seen.score = self._probability(seen)
        return seen.score

    def _probability(self, seen: _Seen) -> float:
        name = seen.name
        if len(name) > MAX_NAME or name.lower() in self.words.generic:
            return 0.0
        if seen.origin == "latin" and any(word in self.words.breaks for word in name.lower().split()):
            return 0.0
        if len(name) == 1 or (seen.origin == "latin" and len(name) == 2 and not name.isupper()):
            return 0.0
        return self.model.probability(self.features(seen))

    def features(self, seen: _Seen) -> dict[str, float]:
        """Return what speaks for and against a term."""
        name, places, words = seen.name, seen.places, self.words
        chinese = sum(map(bool, map(_CJK.match, name)))
        marked = sum(places[place] > 0 for place in ("lead", "bold", "item", "heading", "brackets", "quotes", "title"))
        kind = words.kind(name)
        lexicon = seen.origin == "lexicon"
        features = {
            "bias": 1.0,
            f"origin={seen.origin}": 1.0,
            f"lexicon={lexicon} kind={seen.kind}": 1.0,
            f"lexicon={lexicon} count": math.log(max(1, places["text"])),
            "inside": math.log1p(places["inside"]),
            f"lexicon={lexicon} marked": float(min(marked, 2)),
            f"lexicon={lexicon} listed": float(places["listed"] > 0),
            f"lexicon={lexicon} chinese={min(chinese, 9)}": 1.0,
            "latin": float(chinese == 0),
            "mixed": float(0 < chinese < len(name)),
        }
        for place in ("lead", "bold", "item", "heading", "brackets", "quotes", "title"):
            features[f"place={place}"] = float(places[place] > 0)
        if not lexicon:
            features["head known"] = float(kind is not None)
            features["plain head"] = float(name in words.heads)
            features[f"plain head {kind}"] = float(name in words.heads)
            features["plain head listed"] = float(name in words.heads and places["listed"] > 0)
            features["plain head count"] = float(name in words.heads) * math.log(max(1, places["text"]))
            features["lower"] = float(chinese == 0 and name.islower() and not marked)
            folded = fold(name)
            features["ends known"] = float(any(folded[at:] in self.lexicon.by_name for at in range(1, len(folded) - 2)))
            features["begins known"] = float(any(folded[:at] in self.lexicon.by_name for at in range(3, len(folded))))
            features["parts"] = float(min(seen.parts, 2))
            features["repeated head"] = float(kind is not None and places["text"] > 1 and chinese > 3)
            features["verb first"] = float(any(name.startswith(verb) for verb in words.nominal))
            features["verb last"] = float(any(name.endswith(verb) for verb in words.nominal))
            features["capital"] = float(any(letter.isupper() for letter in name))
            features["generic inside"] = float(
                any(name.startswith(w) or name.endswith(w) for w in words.generic if len(w) > 1)
            )
        return features

    def _spans(self, page: _Page) -> Iterator[Span]:
        for found in self._accepted(page.found):
            sentence = bisect_right(page.starts, found.start) - 1
            offset = page.starts[sentence]
            yield Span(sentence, found.start - offset, found.end - offset, found.key, self.seen[found.key].kind)

    def _accepted(self, candidates: Iterable[Found]) -> Iterator[Found]:
        for found in candidates:
            if self.score(found.key) >= _THRESHOLD:
                yield found
            else:
                yield from self._accepted(found.parts)

    def _terms(self, spans: tuple[tuple[Span, ...], ...]) -> tuple[Term, ...]:
        counts: defaultdict[str, list[Count]] = defaultdict(list)
        names: defaultdict[str, Counter[str]] = defaultdict(Counter)
        definitions: dict[str, tuple[float, str]] = {}
        for page, found in zip(self.pages, spans, strict=True):
            here = Counter(span.key for span in found)
            about = {span.key for span in found if not span.sentence}
            for key in sorted(here):
                counts[key].append(Count(page.question.question.position, here[key], key in about))
            for span in found:
                sentence = page.question.sentences[span.sentence].plain
                names[span.key][sentence[span.start : span.end]] += 1
                worth = _definition_worth(sentence, span)
                if worth > definitions.get(span.key, (0.0, ""))[0]:
                    definitions[span.key] = (worth, sentence)
        return tuple(
            Term(
                key=key,
                name=self.seen[key].name,
                kind=self.seen[key].kind,
                names=tuple(sorted(names[key], key=lambda name: (-names[key][name], name))),
                origin=self.seen[key].origin,
                score=round(min(1.0, self.score(key)), 3),
                counts=tuple(counts[key]),
                definition=definitions.get(key, (0.0, ""))[1],
                definition_score=definitions.get(key, (0.0, ""))[0],
            )
            for key in sorted(counts)
        )


def _rest(text: str, start: int, end: int, inside: list[Found]) -> str:
    pieces = []
    for found in inside:
        pieces.append(text[start : found.start])
        start = found.end
    return "".join([*pieces, text[start:end]])


def _is_short_for(short: str, long: str) -> bool:
    """Tell whether `short` is made of letters of `long`, in order, from its first (Schwartz and Hearst 2003)."""
    short, long = fold(short), long.lower()
    if not 2 <= len(short) <= 10 or len(long) < len(short) + 2 or not long.startswith(short[0]):
        return False
    at = 0
    for letter in short:
        at = long.find(letter, at) + 1
        if not at:
            return False
    return True


def _definition_worth(sentence: str, span: Span) -> float:
    """Return how well a sentence defines the term that stands at `span`."""
    if span.start > 12 or not 8 <= len(sentence) <= 300 or "？" in sentence or "?" in sentence:
        return 0.0
    defines = _DEFINES.match(sentence, span.end)
    lead = sentence[span.end : span.end + 1] in ("：", ":")
    if not defines and not lead:
        return 0.0
    return round((1.0 if defines else 0.7) - 0.02 * span.start - (0.2 if len(sentence) > 150 else 0.0), 3)
