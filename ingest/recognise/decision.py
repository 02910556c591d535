"""Decide over a whole document which stretches are terms, and which of them are one and the same."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import rjieba

from graph.model import Kind
from ingest.confidence import Model
from ingest.lexicon import MAX_NAME, Entry, Lexicon, fold
from ingest.recognise.english import EnglishTerms
from ingest.recognise.page import Page
from ingest.recognise.text import CJK, HOLE, Found
from ingest.records import Count, Naming, Span, Term
from ingest.vocabulary import Vocabulary

_BRACKETS = re.compile(r"(\s?[（(])([^（）()\u2029]{1,80})[）)]")
_SEPARATORS = re.compile(r"\s*(?:[,，、/;；]|简称|缩写为?|又称|也称|即|\baka\b)\s*")
_DEFINES = re.compile(
    r"(?:[（(][^（）()]*[）)])?[\s*]*(?:通常|一般)?"
    r"(?:是指|指的是|是一种|是一个|是一类|是用于|是|即|就是|则?是|指|refers to|is an? |are |is )"
)
#: Where a term stands out.
_MARKS = ("lead", "bold", "item", "heading", "brackets", "quotes", "title")
_LISTED_AFTER = re.compile(r"(?:,|,? (?:and|or|like|as)|[(:]) ?$")
_LISTED_BEFORE = re.compile(r",|,? (?:and|or) |[).;]")
_Key = TypeVar("_Key")
_NO_NAME = re.compile(r"[、：:，,/；;]|不同|优势|区别")
#: Brackets that hold examples and remarks, not names.
_REMARK = re.compile(r"^(?:如|例如|比如|诸如|包括|尤其|特别|通常|一般|或|见|图|e\.g|i\.e|such)|[和与或等是的]")
#: From this score on a stretch is a term.
_THRESHOLD = 0.25
#: How sure a stretch is that no clause gave, as 星际路由机制 in bold; how sure others have to be to give names to
#: others, and not to be left out where nothing else speaks for them.
_LEAD, _LIKELY, _UNLIKELY = 0.3, 0.5, 0.2
#: What stands before and behind a term that stands out with others, or with a number: 1. A和B.
_BEFORE = re.compile(rf"(?:^|[和与及、/])[ \-*.．0-9（）()：:{HOLE}]*$")
_BEHIND = re.compile(rf"^[ \-*.．0-9（）()：:{HOLE}]*(?:$|[和与及、/])")


class Meant:
    """Which of several concepts is meant by an abbreviation: the one whose words the question has most of.

    Where the question does not tell, the whole document does.
    """

    def __init__(self, lexicon: Lexicon, pages: Sequence[Page]) -> None:
        self._lexicon = lexicon
        self._pages = pages
        self._chosen: dict[tuple[str, str], Entry] = {}
        self._text = ""

    def choose(self, candidates: Iterable[Found], text: str) -> None:
        """Let what is found in a question's text mean the right concept."""
        for found in candidates:
            if found.origin == "lexicon" and (name := fold(text[found.start : found.end])) in self._lexicon.ambiguous:
                entry = self._entry(name, text)
                found.key, found.name, found.kind = entry.key, entry.name, entry.kind

    def _entry(self, name: str, text: str) -> Entry:
        if (name, text) not in self._chosen:
            self._text = self._text or fold(" ".join(page.text for page in self._pages))
            entries = [self._lexicon.entries[key] for key in self._lexicon.by_name[name]]
            here, all_over = fold(text), self._text
            self._chosen[name, text] = max(
                entries,
                key=lambda entry: (
                    _named(entry, name, here),
                    _support(entry, name, all_over),
                    -entries.index(entry),
                ),
            )
        return self._chosen[name, text]


def _named(entry: Entry, name: str, text: str) -> bool:
    """Tell whether a folded text has another name of an entry, written in full."""
    return any(len(other) > 2 and other != name and other in text for other in map(fold, entry.names))


def _support(entry: Entry, name: str, text: str) -> float:
    """Return the share of the words of an entry's names that a folded text has, by its best name."""
    shares = []
    for other in entry.names:
        folded = fold(other)
        if folded != name and len(folded) > 2:
            words = (
                other.lower().split() if folded.isascii() else [folded[at : at + 2] for at in range(len(folded) - 1)]
            )
            found = sum(fold(word) in text for word in words if len(word) > 1) / len(words)
            shares.append(2.0 if folded in text else found)
    return max(shares, default=0.0)


@dataclass(slots=True)
class _Seen:
    """What a document shows of one possible term.

    Parameters
    ----------
    best, mass
        How sure it is where it is surest, and over all places together.
    """

    name: str
    kind: Kind
    origin: str
    surfaces: dict[str, int] = field(default_factory=dict)
    kinds: dict[Kind, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    best: float = 0.0
    mass: float = 0.0
    score: float | None = None


class Decision:
    """Decides over a whole document which stretches are terms, and which are one and the same."""

    def __init__(
        self, pages: Sequence[Page], lexicon: Lexicon, words: Vocabulary, model: Model, english: EnglishTerms
    ) -> None:
        self.pages = pages
        self.model = model
        self.lexicon = lexicon
        self.words = words
        self.english = english
        self.tails = tuple(sorted(words.tail, key=lambda tail: (-len(tail), tail)))
        self.verbs = tuple(words.nominal)
        self.vague = tuple(word for word in words.generic if len(word) > 1)
        self.seen: dict[str, _Seen] = {}
        self.local: dict[str, Found] = {}  # folded other names that this document itself gives
        self.given: dict[str, tuple[str, str]] = {}  # by which rule, in which sentence

    def decide(self) -> Recognised:
        """Return the terms, and where they stand."""
        for page in self.pages:
            self._mark(page)
        for page in self.pages:
            self._brackets(page)
        self._join_tails()
        self._short_names()
        known = {found.key for page in self.pages for found in page.found} | self.lexicon.by_name.keys()
        self._possessed(known)
        for page in self.pages:
            for found in page.found:
                self._count(page, found)
        for seen in self.seen.values():
            if seen.origin == "latin" and seen.kinds:
                seen.kind = min(seen.kinds, key=lambda kind: (-seen.kinds[kind], kind))
        spans = tuple(tuple(self._spans(page)) for page in self.pages)
        return Recognised(self._terms(spans), spans)

    # Where it stands

    def _mark(self, page: Page) -> None:
        """Let what stands out count more, and take it for one term where it is a name as a whole."""
        starts = [found.start for found in page.found]
        for start, end, place in page.marked():
            bracket = _BRACKETS.search(page.text, start, end + 40)
            stop = bracket.start() if bracket and bracket.start() < end else end
            inside = _within(page.found, starts, start, stop)
            for found in inside:
                if _BEFORE.search(page.text[start : found.start]) and _BEHIND.search(page.text[found.end : stop]):
                    _add(self._note(found).places, place)
            surface = page.text[start:stop].strip()
            known = any(found.end - found.start >= len(surface) for found in inside)
            if not known and place in ("lead", "bold", "item") and self._is_name(surface, named=stop < end):
                self._add_whole(page, page.text.index(surface, start), surface, place)
                starts = [found.start for found in page.found]

    def _is_name(self, surface: str, *, named: bool) -> bool:
        """Tell whether a stretch that stands out reads like a name, not like a sentence."""
        if not 3 <= len(surface) <= (16 if named else 14) or not CJK.search(surface) or HOLE in surface:
            return False
        tokens = rjieba.cut(surface)
        allowed = ("的", "间", "与", "和", "从", "到", "之间", "不") if named else ("的", "从", "到")
        if _NO_NAME.search(surface):
            return False
        odd = [token for token in tokens if token in self.words.breaks and token not in allowed]
        return not odd and (named or surface.startswith("从") or self.words.kind(surface) is not None)

    def _add_whole(self, page: Page, start: int, surface: str, place: str) -> None:
        kind = self.words.kind(surface) or Kind.TERM
        whole = Found(start, start + len(surface), fold(surface), surface, kind, "lead", sure=_LEAD)
        insort(page.found, whole, key=lambda found: found.start)
        _add(self._note(whole).places, place)

    def _note(self, found: Found) -> _Seen:
        seen = self.seen.get(found.key)
        if seen is None:
            seen = self.seen[found.key] = _Seen(found.name, found.kind, found.origin)
        return seen

    # One concept, many names

    def _brackets(self, page: Page) -> None:
        """Take the names that brackets give to what stands before them."""
        by_end: dict[int, Found] = {}
        for found in page.found:
            if found.end not in by_end or found.sure > by_end[found.end].sure:
                by_end[found.end] = found
        for match in _BRACKETS.finditer(page.text):
            owner = by_end.get(match.start())
            pieces = [piece for piece in _SEPARATORS.split(match.group(2)) if piece]
            if (
                owner is None
                or _REMARK.search(match.group(2))
                or not self._are_names(owner, page.text[owner.start : owner.end], pieces)
            ):
                continue
            _add(self._note(owner).places, "brackets")
            for piece in pieces:
                self._give(page, owner, piece, match.start(2))

    def _are_names(self, owner: Found, surface: str, pieces: list[str]) -> bool:
        """Tell whether what stands in brackets are other names, not examples or remarks."""
        latin = [not CJK.search(piece) for piece in pieces]
        own_latin = not CJK.search(owner.name)
        if not 1 <= len(pieces) <= 3 or any(len(piece) > MAX_NAME or not piece[0].isalpha() for piece in pieces):
            return False
        if all(latin) and not CJK.search(surface):
            return _is_short_for(surface, pieces[0]) or _is_short_for(pieces[0], surface)
        if own_latin:
            return all(
                self.words.kind(piece) is not None or self.lexicon.find(piece) for piece in pieces if CJK.search(piece)
            )
        if len(pieces) > 1 and all(latin):
            return _is_short_for(pieces[-1], pieces[0])
        if all(latin):
            return " " in pieces[0] or len(pieces[0]) > 1
        return not any(latin) and all(self.words.kind(piece) is self.words.kind(owner.name) for piece in pieces)

    def _give(self, page: Page, owner: Found, piece: str, start: int) -> None:
        if self.lexicon.apart(owner.name, piece):
            return
        entries = self.lexicon.find(piece)
        self.given.setdefault(fold(piece), ("brackets", page.sentence(start)))
        if entries and owner.origin != "lexicon" and (len(entries) == 1 and len(piece) > 5):
            self.local[owner.key] = Found(0, 0, entries[0].key, entries[0].name, entries[0].kind, "lexicon")
            self.given.setdefault(owner.key, ("brackets", page.sentence(start)))
            return
        at = page.text.find(piece, start)
        page.found = [found for found in page.found if found.end <= at or found.start >= at + len(piece)]
        page.found.append(Found(at, at + len(piece), owner.key, owner.name, owner.kind, owner.origin, sure=owner.sure))
        page.found.sort(key=lambda found: found.start)
        if not entries:
            self.local[fold(piece)] = owner

    def _join_tails(self) -> None:
        """Let 分段采样策略 and 分段采样 be one, where both are there."""
        keys = {found.key: found for page in self.pages for found in page.found if found.sure >= _LIKELY}
        for key, found in keys.items():
            short = self._without_tail(found)
            if short and short in keys and short not in self.local and key not in self.local:
                self.local[key] = keys[short]
                self.given.setdefault(key, ("tail", ""))

    def _short_names(self) -> None:
        """Let L1 be L1 regularization, and Two-stage be Two-stage目标检测, where these are there."""
        for page in self.pages:
            latin = {found.start: found for found in page.found if found.origin == "latin"}
            for found in page.found:
                if found.sure < _LIKELY:
                    continue
                part = latin.get(found.start)
                if part and found.origin == "phrase" and found.kind in (Kind.TASK, Kind.METHOD):
                    self.local.setdefault(part.key, found)
                    self.given.setdefault(part.key, ("short", page.sentence(found.start)))
                first, _, rest = page.text[found.start : found.end].partition(" ")
                if self._is_acronym(first) and (rest.lower() in self.words.tail or rest.lower() in self.words.heads):
                    self.local.setdefault(fold(first), found)
                    self.given.setdefault(fold(first), ("short", page.sentence(found.start)))

    def _is_acronym(self, word: str) -> bool:
        """Tell whether a word is an acronym that the lexicon does not know."""
        written = len(word) > 1 and word.isascii() and word.isalnum() and not word[1:].islower()
        return written and not self.lexicon.find(word)

    def _possessed(self, known: Collection[str]) -> None:
        """Let 文本的特征 be 文本特征, where that is a term."""
        for page in self.pages:
            for found in page.found:
                key = found.key.replace("的", "", 1)
                if key != found.key and key in known:
                    entry = next(iter(self.lexicon.find(key)), None)
                    name = entry.name if entry else found.name.replace("的", "", 1)
                    kind, origin = (entry.kind, "lexicon") if entry else (found.kind, found.origin)
                    self.local.setdefault(found.key, Found(0, 0, entry.key if entry else key, name, kind, origin))

    def _without_tail(self, found: Found) -> str:
        if found.origin not in ("phrase", "lead") or not found.key.endswith(self.tails):
            return ""
        for tail in self.tails:
            if found.key.endswith(tail) and len(found.key) - len(tail) >= 3:
                return found.key[: -len(tail)]
        return ""

    # Which are terms

    def _count(self, page: Page, found: Found) -> None:
        target = self._resolve(found)
        if target is not found:
            for place, count in self._note(found).places.items():
                _add(self._note(target).places, place, count)
        found.key, found.name, found.kind, found.origin = target.key, target.name, target.kind, target.origin
        seen = self._note(found)
        _add(seen.surfaces, page.text[found.start : found.end])
        _add(seen.kinds, found.kind, 2 if found.end - found.start > len(found.name) else 1)
        _add(seen.places, "text" if found.sure else "inside")
        seen.best, seen.mass = max(seen.best, found.sure), seen.mass + found.sure
        if found.start < len(page.question.sentences[0].plain):
            _add(seen.places, "title")
        if _is_listed(page.text, found):
            _add(seen.places, "listed")

    def _resolve(self, found: Found) -> Found:
        for _ in range(4):
            other = self.local.get(found.key)
            if other is None or other.key == found.key or self.lexicon.apart(found.name, other.name):
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
        common = seen.origin == "latin" and not self.words.breaks.isdisjoint(name.lower().split())
        if len(name) > MAX_NAME or len(name) == 1 or name.lower() in self.words.generic:
            return 0.0
        if seen.origin == "english" and self.english.is_nothing(name):
            return 0.0
        if common or (seen.origin == "latin" and len(name) == 2 and not name.isupper()):
            return 0.0
        if seen.best < _UNLIKELY and seen.origin == "phrase" and len(seen.places) == 1:
            return 0.0  # most of all candidates: not worth a look at their form
        return self.model.probability(self.features(seen))

    def features(self, seen: _Seen) -> dict[str, float]:
        """Return what speaks for and against a term."""
        name, places, words = seen.name, seen.places, self.words
        if seen.origin == "english":
            return self._english_features(seen)
        chinese = len(CJK.findall(name))
        lexicon = seen.origin == "lexicon"
        count = math.log(max(1, places.get("text", 0)))
        features = {
            "bias": 1.0,
            f"origin={seen.origin}": 1.0,
            f"lexicon={lexicon} kind={seen.kind}": 1.0,
            f"lexicon={lexicon} count": count,
            "best": _log_odds(seen.best),
            "mean": _log_odds(seen.mass / max(1, places.get("text", 0))),
            "mass": math.log(seen.mass + 0.1),
            f"lexicon={lexicon} chinese={min(chinese, 9)}": 1.0,
        }
        marked = [f"place={place}" for place in _MARKS if place in places]
        features.update(dict.fromkeys(marked, 1.0))
        features[f"lexicon={lexicon} marked"] = float(min(len(marked), 2))
        holds = {
            f"lexicon={lexicon} listed": "listed" in places,
            "lexicon common": lexicon and all(self.english.is_common(surface) for surface in seen.surfaces or ("",)),
            "latin": not chinese,
            "mixed": 0 < chinese < len(name),
        }
        if not lexicon:
            kind = words.kind(name)
            head = name in words.heads
            features["plain head count"] = head * count
            holds |= {
                "head known": kind is not None,
                "plain head": head,
                f"plain head {kind}": head,
                "plain head listed": head and "listed" in places,
                "repeated head": kind is not None and count > 0 and chinese > 3,
                "lower": not chinese and name.islower() and not marked,
                "capital": name != name.lower(),
                "verb first": name.startswith(self.verbs),
                "verb last": name.endswith(self.verbs),
                "generic inside": name.startswith(self.vague) or name.endswith(self.vague),
                **self._known_ends(fold(name)),
            }
        features.update((feature, 1.0) for feature, holding in holds.items() if holding)
        return features

    def _english_features(self, seen: _Seen) -> dict[str, float]:
        """Return what speaks for and against an English phrase."""
        found = self.english.features(seen.name, seen.places)
        marked = [place for place in _MARKS if place in seen.places]
        found.update((f"place={place}", 1.0) for place in marked)
        ends = self._known_ends(fold(seen.name))
        found.update((f"english {feature}", 1.0) for feature, holds in ends.items() if holds)
        found["english listed"] = float("listed" in seen.places)
        found["english marked"] = float(min(len(marked), 2))
        return found

    def _known_ends(self, folded: str) -> dict[str, bool]:
        """Tell whether a name ends, and begins, with one of the lexicon."""
        known = self.lexicon.by_name
        return {
            "ends known": any(folded[at:] in known for at in range(1, len(folded) - 2)),
            "begins known": any(folded[:at] in known for at in range(3, len(folded))),
        }

    def _spans(self, page: Page) -> Iterator[Span]:
        for found in self._accepted(page.found):
            sentence = bisect_right(page.starts, found.start) - 1
            offset = page.starts[sentence]
            yield Span(sentence, found.start - offset, found.end - offset, found.key, self.seen[found.key].kind)

    def _accepted(self, candidates: Iterable[Found]) -> list[Found]:
        """Return the terms among candidates, the surest of those that overlap."""
        taken: list[Found] = []
        good = [found for found in candidates if self.score(found.key) >= _THRESHOLD]
        for found in sorted(good, key=lambda found: (-self.score(found.key) - found.sure, found.start, -found.end)):
            at = bisect_left(taken, found.start, key=lambda other: other.start)
            if (at == len(taken) or taken[at].start >= found.end) and (not at or taken[at - 1].end <= found.start):
                taken.insert(at, found)
        return taken

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
                given=tuple(
                    Naming(name, *self.given[fold(name)]) for name in sorted(names[key]) if fold(name) in self.given
                ),
            )
            for key in sorted(counts)
        )


def _is_listed(text: str, found: Found) -> bool:
    """Tell whether a candidate stands in an enumeration: beside a 、, or between commas, "and" and brackets."""
    if found.origin != "english":
        return text[found.start - 1 : found.start] == "、" or text[found.end : found.end + 1] == "、"
    before, after = text[max(0, found.start - 5) : found.start], text[found.end : found.end + 5]
    return bool(_LISTED_AFTER.search(before) and _LISTED_BEFORE.match(after)) and "," in before + after


def _add(counts: dict[_Key, int], key: _Key, count: int = 1) -> None:
    """Count; a `Counter` costs too much to make for every candidate."""
    counts[key] = counts.get(key, 0) + count


def _within(found: Sequence[Found], starts: Sequence[int], start: int, end: int) -> list[Found]:
    """Return what was found between two places; `starts` are where all that begins."""
    return [each for each in found[bisect_left(starts, start) : bisect_right(starts, end)] if each.end <= end]


def _log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)), within bounds."""
    bounded = min(max(probability, 0.01), 0.99)
    return math.log(bounded / (1 - bounded))


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


@dataclass(frozen=True, slots=True)
class Recognised:
    """The terms of a document; spans by question, in the order of the text, not overlapping."""

    terms: tuple[Term, ...]
    spans: tuple[tuple[Span, ...], ...]
