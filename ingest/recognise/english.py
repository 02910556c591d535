"""Find noun phrases in English: a chunker that needs no tagger.

Words are told apart by closed lists (``data/rules/english.csv``), by how they end, and by what stands beside them: a
verb that is also a noun is a verb after "to", a modal or a pronoun; a participle describes what follows it unless
somebody does it. A phrase is what stands between two words that are in no name; what it begins with may be
given up (`Found.parts`): a phrase that is no term falls back on the terms inside.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.model import Kind
from ingest.lexicon import MAX_NAME, Lexicon, fold
from ingest.recognise.text import CJK, END, Found
from ingest.vocabulary import English, Vocabulary, load_english, load_vocabulary

#: A sentence of Chinese notes that is no longer than this is a name, if it holds no Chinese.
_NAME_LENGTH = 30
_WORD = re.compile(r"[A-Za-z0-9À-ɏ]+(?:(?:[-–&_]|['’](?!s\b)|\.(?=[a-z0-9]))[A-Za-z0-9À-ɏ]+)*[+#]*")
#: What a verb stands after, if it may be a noun too.
_BEFORE_VERB = frozenset(
    (
        *("to", "not", "we", "you", "they", "it", "i", "that", "which", "who", "let's", "then", "never", "always"),
        *("can", "could", "will", "would", "shall", "should", "may", "might", "must", "cannot", "can't", "do", "does"),
        *("did", "don't", "doesn't", "didn't", "won't", "just", "simply", "also", "often", "usually", "necessarily"),
    )
)
#: After these a phrase begins: what follows is no verb with a subject.
_DETERMINERS = frozenset(
    (
        *("a", "an", "the", "its", "our", "their", "your", "my", "his", "this", "these", "those", "each", "every"),
        *("any", "all", "some", "no", "one", "more", "most", "both"),
    )
)
_PREPOSITIONS = frozenset(("of", "in", "on", "at", "by", "for", "from", "into", "with", "without", "between", "using"))
#: Ordinals and single letters.
_NO_WORD = re.compile(r"\d+(?:st|nd|rd|th)|\w")
_ADJECTIVE = re.compile(r"(?:al|ive|ous|ic|able|ible|ary|less|ful|ent|ant|ory|ish|ular|ear|ier|iest|est)$")
#: What ends like an adjective, and is a noun.
_NOUN = re.compile(
    r"(?:ment|ient|onent|ariant|determinant|discriminant|constant|potential|signal|goal|[iaeo]val|interval|removal|journal"
    r"|manual|material|tutorial|trial|integral|polynomial|ideal|residual|metric|topic|logic|traffic|[is]tic|music"
    r"|objective|derivative|drive|archive|dictionary|[uo]lary|boundary|summary|library|memory|theory|history|[ct]ory"
    r"|variable|\btable|event|agent|content|student|year|forest|interest|request|test|\bear)$"
)
_ABSTRACT = re.compile(r"(?:[ts]ion|ity|ness|ance|ence|ism|acy|ship|graphy|metry|ology|ics|oid|gram|some|or)$")
_NO_ADVERBS = frozenset(
    ("anomaly", "family", "assembly", "supply", "reply", "poly", "early", "only", "multiply", "apply")
)
_MOST_WORDS = 5


@dataclass(slots=True)
class _Word:
    """A word or name of the lexicon, and what it may do in a phrase.

    Parameters
    ----------
    role
        "noun", "modifier", "vague" (begins no name), "verb", "stop".
    gap
        Something other than a blank stands before it.
    """

    start: int
    end: int
    lower: str
    role: str = ""
    gap: bool = False
    found: Found | None = None


class EnglishFinder:
    """Finds the noun phrases of English sentences."""

    def __init__(self, english: English, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        self._english = english
        self._words = vocabulary
        self._lexicon = lexicon

    def __call__(self, text: str, start: int, end: int, known: Iterable[Found]) -> Iterator[Found]:
        """Yield what may be terms between two places of a text; `known` are the lexicon's names there."""
        words = list(self._split(text, start, end, known))
        for at, word in enumerate(words):
            word.role = self._role(words, at)
        for phrase in self._phrases(words):
            yield from self._candidate(text, phrase)

    def _split(self, text: str, start: int, end: int, known: Iterable[Found]) -> Iterator[_Word]:
        """Yield the words, a name of the lexicon as one."""
        names = [
            _Word(found.start, found.end, text[found.start : found.end].lower(), found=found)
            for found in known
            if self._is_meant(found, text[found.start : found.end])
        ]
        taken = {at for name in names for at in range(name.start, name.end)}
        plain = (
            _Word(match.start(), match.end(), match.group().lower().replace("’", "'"))
            for match in _WORD.finditer(text, start, end)
            if match.start() not in taken and match.end() - 1 not in taken
        )
        last = start
        for word in sorted((*names, *plain), key=lambda word: word.start):
            word.gap = text[last : word.start] not in ("", " ") or last == start
            last = word.end
            yield word

    def _is_meant(self, found: Found, surface: str) -> bool:
        """Tell whether a word that is plain English besides is spelled like the name: complex is no ComplEx."""
        if surface in self._english.stop:
            return False
        if not surface.islower() or (not self._may_act(surface) and surface not in self._english.vague):
            return True
        spellings = [name for name in self._lexicon.entries[found.key].names if name.lower() == surface]
        return not any(name[1:] != name[1:].lower() for name in spellings)

    # What a word does

    def _role(self, words: Sequence[_Word], at: int) -> str:
        word = words[at]
        before = "" if word.gap or not at else words[at - 1].lower
        after = words[at + 1] if at + 1 < len(words) and not words[at + 1].gap else None
        english = self._english
        lower = word.lower
        if (lower in english.stop or _NO_WORD.fullmatch(lower)) and not word.found:
            return "stop"
        if word.found:
            acts = before in _BEFORE_VERB or self._parts(word, words[at - 1] if before else None, after)
            return "verb" if acts and self._may_act(lower) else "noun"
        if lower.endswith("ed") or lower in english.irregular:
            return self._of_participle(lower, before, after)
        bases = frozenset(bases_of(lower))
        named = lower in english.both if lower.endswith("ing") else bool(bases & english.both)
        if lower.endswith("ing") and after and after.found and before in ("", *_PREPOSITIONS):
            return "verb"  # training decision trees
        verb = bool(bases & english.verb)
        if verb and not named:
            return "vague" if lower in english.vague else "verb"
        acts = (named or lower.endswith("ing")) and self._is_verb_here(lower, before, after)
        acts = acts or (verb and self._parts(word, words[at - 1] if before else None, after))
        return "verb" if acts else self._of_noun(lower, before, after)

    def _may_act(self, lower: str) -> bool:
        """Tell whether a word may be a verb."""
        verb, _, particle = lower.partition(" ")
        if particle and particle not in self._english.stop:
            return False
        bases = frozenset(bases_of(verb))
        return bool(bases & self._english.verb or bases & self._english.both)

    def _of_participle(self, lower: str, before: str, after: _Word | None) -> str:
        """Return what "trained" does: describe what follows, or tell what somebody did."""
        if not self._describes(before, after):
            return "verb"
        return "vague" if lower in self._english.vague else "modifier"

    def _is_verb_here(self, lower: str, before: str, after: _Word | None) -> bool:
        """Tell whether what may be noun or verb is a verb, by its neighbours: "to sample", "they cluster the"."""
        if lower.endswith("ing"):
            return after is not None and after.lower in _DETERMINERS
        if before in _BEFORE_VERB:
            return True
        return after is not None and after.lower in _DETERMINERS and before not in ("", *_DETERMINERS, *_PREPOSITIONS)

    def _parts(self, word: _Word, before: _Word | None, after: _Word | None) -> bool:
        """Tell whether what ends like a plural stands between two nouns: the encoder maps inputs."""
        if before is None or after is None or not word.lower.endswith("s") or word.lower.endswith("ss"):
            return False
        return before.role == "noun" and (after.found is not None or after.lower not in self._english.stop)

    def _describes(self, before: str, after: _Word | None) -> bool:
        """Tell whether a participle stands in a noun phrase, not after who does it or an auxiliary."""
        if after is None or after.lower in self._english.stop or after.lower.endswith("ly"):
            return False
        return before in ("", *_DETERMINERS, *_PREPOSITIONS, "and", "or", "with") or before in self._english.vague

    def _of_noun(self, lower: str, before: str, after: _Word | None) -> str:
        if lower in self._english.vague:
            return "vague"
        if lower.endswith("ly") and lower not in _NO_ADVERBS:
            described = after is not None and after.lower.endswith(("ed", "able", "ible"))
            return "modifier" if described and before in ("", *_DETERMINERS) else "stop"
        if not any(map(str.isalpha, lower)):
            return "stop"
        return "modifier" if _ADJECTIVE.search(lower) and not _NOUN.search(lower) else "noun"

    # Phrases

    def _phrases(self, words: Iterable[_Word]) -> Iterator[list[_Word]]:
        """Yield runs of words that may be in a name; an identifier stands for itself."""
        run: list[_Word] = []
        for word in words:
            inside = word.role in ("noun", "modifier", "vague")
            named = "_" in word.lower or (word.role == "vague" and run and run[-1].role == "noun")
            if run and (word.gap or not inside or named):
                yield run
                run = []
            if inside:
                run.append(word)
        if run:
            yield run

    def _candidate(self, text: str, run: list[_Word]) -> list[Found]:
        """Return the terms of a run, without vague adjectives before and adjectives behind."""
        while run and run[0].role == "vague":
            run = run[1:]
        while run and run[-1].role != "noun":
            run = run[:-1]
        return self._found(text, run) if run else []

    def _found(self, text: str, run: list[_Word]) -> list[Found]:
        """Return the term that a run makes, with those that it falls back on: its first name, and what it ends in."""
        first, last = run[0], run[-1]
        if len(run) == 1 and first.found:
            return [first.found]
        inner = [first.found] if first.found else []
        inner += self._found(text, run[1:]) if len(run) > 1 else []
        surface = text[first.start : last.end]
        if len(run) > _MOST_WORDS or len(surface) > MAX_NAME:
            return inner
        return [self._whole(first.start, last.end, surface, run, inner)]

    def _whole(self, start: int, end: int, surface: str, run: list[_Word], inner: list[Found]) -> Found:
        first, last = run[0].found, run[-1]
        if first and all(word.lower in self._english.tail for word in run[1:]):
            return Found(start, end, first.key, first.name, first.kind, first.origin, inner)
        one = singular(surface)
        irregular = one not in (surface, surface[:-1]) or one.isupper()  # matrices, GPUs
        entries = (len(run) > 1 or irregular) and (self._lexicon.find(surface) or self._lexicon.find(one))
        if entries:
            return Found(start, end, entries[0].key, entries[0].name, entries[0].kind, "lexicon", inner)
        head = last.found.key if last.found else singular(last.lower)
        kind = last.found.kind if last.found else self._words.kind(head)
        key = fold("".join([*(word.found.key if word.found else word.lower for word in run[:-1]), head]))
        return Found(start, end, key, surface, kind or Kind.TERM, "english", inner)


class EnglishTerms:
    """Judges English phrases by their form, and by how often their words stand in the names of the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._english = load_english()
        self._words = load_vocabulary()
        self._heads: Counter[str] = Counter()
        self._inner: Counter[str] = Counter()
        for entry in lexicon.entries.values():
            for name in entry.names:
                if name.isascii() and " " in name:
                    *inner, head = re.split(r"[ -]", name.lower())
                    self._heads[singular(head)] += 1
                    self._inner.update(inner)

    def features(self, name: str, places: Mapping[str, int]) -> dict[str, float]:
        """Return what speaks for and against a phrase.

        Parameters
        ----------
        places
            How often it stands where: `Decision` counts them.
        """
        words = re.split(r"[ -]", name.lower())
        number = min(len(words), 4)
        count = math.log(max(1, places.get("text", 0)))
        found = {feature: 1.0 for feature, holding in self._form(name, words).items() if holding}
        head, inner = singular(words[-1]), words[:-1]
        found[f"english words={number} count"] = count
        found["english head names"] = math.log1p(self._heads[head])
        found["english inner names"] = min((math.log1p(self._inner[word]) for word in inner), default=0.0)
        return found | {"bias": 1.0, "origin=english": 1.0, "english inside": float("inside" in places)}

    def _form(self, name: str, words: Sequence[str]) -> dict[str, bool]:
        first, head, several = words[0], singular(words[-1]), len(words) > 1
        kind = self._words.kind(head)
        number = min(len(words), 4)
        return {
            f"english words={number}": True,
            f"english words={number} generic head": head in self._english.generic,
            "english generic first": several and singular(first) in self._english.generic,
            f"english head {kind}": kind is not None,
            "english abstract": bool(_ABSTRACT.search(head)),
            "english adjective first": several and bool(_ADJECTIVE.search(first)),
            "english participle first": several and first.endswith(("ed", "ing")),
            "english adjective first generic head": several
            and bool(_ADJECTIVE.search(first))
            and head in self._english.generic,
            "english acronym": any(word[1:] != word[1:].lower() for word in name.split()),
            "english title case": several and name.istitle(),
            "english digits": any(map(str.isdigit, name)),
            "english underscore": "_" in name,
        }

    def is_nothing(self, name: str) -> bool:
        """Tell whether a phrase is a general word."""
        return singular(name.lower()) in self._english.generic

    def is_common(self, name: str) -> bool:
        """Tell whether a name of the lexicon is a plain English word besides."""
        return name.islower() and self._is_plain(name)

    def _is_plain(self, word: str) -> bool:
        english = self._english
        plain = singular(word) in english.generic or word in english.vague or word in english.stop
        return plain or any(base in english.verb or base in english.both for base in bases_of(word))


def english_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the English sentences of a question's text stand.

    A short one without Chinese is a name in Chinese notes, and a sentence in English ones.
    """
    chinese = len(CJK.findall(text)) * 20 > len(text)
    start = 0
    for sentence in text.split(END):
        end = start + len(sentence)
        if sentence and not CJK.search(sentence) and (not chinese or len(sentence) > _NAME_LENGTH):
            yield start, end
        start = end + 1


@lru_cache(maxsize=20_000)
def bases_of(word: str) -> tuple[str, ...]:
    """Return what a word may be a form of, itself first.

    >>> bases_of("mapped"), bases_of("varies"), bases_of("using")
    (('mapped', 'mapp', 'mappe', 'map'), ('varies', 'varie', 'vari', 'vary'), ('using', 'us', 'use'))
    """
    found = [word]
    if word.endswith("s") and not word.endswith("ss"):
        found += [word[:-1], word[:-2]] if word.endswith("es") else [word[:-1]]
        found += [word[:-3] + "y"] if word.endswith("ies") else []
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1:
            found += [stem, stem + "e"]
            found += [stem[:-1]] if stem[-1] == stem[-2] else []
            found += [stem[:-1] + "y"] if stem.endswith("i") else []
    return tuple(found)


def singular(name: str) -> str:
    """Return a name with its last word in the singular.

    >>> singular("weight matrices"), singular("loss"), singular("boundaries"), singular("GPUs")
    ('weight matrix', 'loss', 'boundary', 'GPU')
    """
    lower = name.lower()
    if name[:-1].isupper() and name.endswith("s"):
        return name[:-1]
    if lower.endswith(("ss", "us", "is", "ias", "ics", "ous")) or not lower.endswith("s") or len(name) < 4:
        return name
    if lower.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if lower.endswith(("trices", "rtices")):
        return name[:-4] + ("ix" if lower.endswith("trices") else "ex")
    if lower.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return name[:-2]
    return name[:-1]
