"""Find the relations that the sentences of a document state between its terms.

A sentence is read with each term as one character, so that a rule is a regular expression over words alone. Rules are
rows of ``data/rules/relations.yaml``, each with a name that its relations carry:

* *frames*: a predicate, its subject (in the clause, or carried over from what stands before: the clause before, the lead
  before a colon, the heading, the question) and its objects (an enumeration counts as a whole);
* *lists*: what a lead-in, heading or question says of the items below it.

A few constructions have shapes of their own (`_CONSTRUCTIONS`): possessives, examples, comparisons, passives.
How sure a relation is depends on its rule and where its ends were found; the weights are fitted (`bench/fit.py`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from graph.errors import DataError
from graph.model import Kind, RelationType
from graph.settings import data_folder
from ingest.records import Block, BlockKind, Candidate, ParsedDocument, ParsedQuestion, Span

_FIRST = 0xF0000
_C = "[\U000f0000-\U000ffffd]"
_GROUP = rf"{_C}(?:(?:等)?\s*(?:[、/+]|,?\s*(?:以及|和|与|及|或者|或|and|or)|,)\s*{_C})*"
_HALF = str.maketrans("（），；：？！。“”‘’＋", "(),;:?!。\"\"''+")
_EXAMPLE = "«"
_TO_EXAMPLE = re.compile(
    rf"\s*[,(]?\s*(?:例如|比如|诸如|譬如|如|such as|e\.g\.,?|for example,?|including|like)[:,]?\s*(?={_C}|基于)"
)
_EMPTY_BRACKETS = re.compile(r"\([^()]*\)")
_CLAUSE = re.compile(r"[,;。!?]|\.\s|:")
_COMMA_LIST = re.compile(rf"({_C}),\s*(?={_C}(?:,|、|和|等|\s*and|\s*or))")
_NEGATION = re.compile(
    r"(?:不再?|没有|并未|未|无需|无须|无法|不能|不会|而非|并非|非|not|n't|without|never|cannot)\s*.{0,3}$"
)
_HYPOTHETICAL = re.compile(
    r"^\W*(?:假设|假如|假想|想象|试想|好比|就像|打个比方|设想|suppose|imagine|assume)", re.IGNORECASE
)
_CONTEXT = re.compile(
    r"^\W*(?:在|对于|对|与|和|相比|相较|除了|为了|由于|因为|随着|根据|当|通过|借助|如果|若|in|for|to|with|when|if|unlike|compared)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"^\W*(?:它们?|其|该|此|这种|这个|这类|这一|本|it\b|its\b|they\b|this\b|these\b)", re.IGNORECASE)
_COMPARES = re.compile(r"比较|对比|区别|差异|不同|异同|差别|相比|优于|vs|versus|differ|compare", re.IGNORECASE)


class Mention(NamedTuple):
    """A term in a sentence: its key and kind."""

    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Frame:
    """A predicate: see relations.yaml."""

    name: str
    type: RelationType
    inverse: bool
    kinds: Mapping[Kind, RelationType | None]
    only: frozenset[Kind]
    sources: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class ListRule:
    """What a lead-in says of its items: see relations.yaml."""

    name: str
    type: RelationType
    inverse: bool
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, ready to be applied; `predicates` finds any frame's words, a group a frame."""

    frames: tuple[Frame, ...]
    predicates: re.Pattern[str]
    lists: tuple[ListRule, ...]
    weights: Mapping[str, float]


@cache
def load_rules(folder: Path | None = None) -> Rules:
    """Read and check relations.yaml and weights.json.

    Parameters
    ----------
    folder
        Where they are; the project's own rules by default.

    Raises
    ------
    DataError
        Names file and rule.
    """
    folder = folder or data_folder() / "rules"
    path = folder / "relations.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        frames = tuple(_frame(row) for row in data["frames"])
        lists = tuple(_list_rule(row) for row in data["lists"])
        predicates = _predicates(data["frames"])
        weights = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as error:
        raise DataError(str(path), 0, f"cannot be used: {error}.") from error
    return Rules(frames, predicates, lists, weights)


def _frame(row: dict[str, Any]) -> Frame:
    kinds = {Kind(kind): None if type_ == "-" else RelationType(type_) for kind, type_ in row.get("kinds", {}).items()}
    return Frame(
        name=row["name"],
        type=RelationType(row["type"]),
        inverse=bool(row.get("inverse")),
        kinds=kinds,
        only=frozenset(map(Kind, row.get("only", Kind))),
        sources=frozenset(map(Kind, row.get("sources", Kind))),
    )


def _list_rule(row: dict[str, Any]) -> ListRule:
    words = re.compile("|".join(_words(row["words"])), re.IGNORECASE)
    return ListRule(row["name"], RelationType(row["type"]), bool(row.get("inverse")), words)


def _words(cell: str) -> list[str]:
    return [word for word in cell.split(", ") if word]


def _predicates(rows: Sequence[dict[str, Any]]) -> re.Pattern[str]:
    """Return one expression for all predicates, the longest first; its group ``f<number>`` tells the frame."""
    words: list[tuple[int, int, str]] = []
    for number, row in enumerate(rows):
        words += [(-len(word), number, word) for word in _words(row.get("zh", ""))]
        words += [(-len(word), number, rf"\b(?:{word})\b") for word in _words(row.get("en", ""))]
    return re.compile(
        "|".join(f"(?P<f{number}_{at}>{word})" for at, (_, number, word) in enumerate(sorted(words))), re.IGNORECASE
    )


@dataclass(slots=True)
class _Subject:
    """Whom a clause is about, and how that is known: "here", "clause", "lead", "before", "topic"."""

    mentions: list[Mention] = field(default_factory=list)
    how: str = "topic"


class RuleExtractor:
    """Finds relations by the rules of ``data/rules``."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or load_rules()

    def __call__(self, document: ParsedDocument, spans: Sequence[Sequence[Span]]) -> tuple[Candidate, ...]:
        """Return what the document states; `spans` are its terms by question."""
        found: dict[tuple[Any, ...], Candidate] = {}
        for question, here in zip(document.questions, spans, strict=True):
            for candidate in _Reader(question, here, self._rules).read():
                key = (candidate.source, candidate.type, candidate.target, candidate.negated, candidate.sentences[0])
                if key not in found or found[key].score < candidate.score:
                    found[key] = candidate
        return tuple(found.values())


class _Reader:
    """Reads one question from its title to its end."""

    def __init__(self, question: ParsedQuestion, spans: Sequence[Span], rules: Rules) -> None:
        self._question = question
        self._rules = rules
        self._ids = [sentence.sentence.id for sentence in question.sentences]
        self._mentions: list[list[Mention]] = [[] for _ in question.sentences]
        self._encoded = self._encode(spans)
        self._topic: list[Mention] = []
        self._compared: list[Mention] = []

    def _encode(self, spans: Sequence[Span]) -> list[str]:
        """Return the sentences with each term as one character that tells its place in `_mentions`."""
        by_sentence: dict[int, list[Span]] = {}
        for span in spans:
            by_sentence.setdefault(span.sentence, []).append(span)
        encoded = []
        for number, sentence in enumerate(self._question.sentences):
            pieces, at = [], 0
            for span in by_sentence.get(number, ()):
                pieces += [sentence.plain[at : span.start], chr(_FIRST + len(self._mentions[number]))]
                self._mentions[number].append(Mention(span.key, span.kind))
                at = span.end
            pieces.append(sentence.plain[at:])
            encoded.append(_simplify("".join(pieces).translate(_HALF)))
        return encoded

    def read(self) -> Iterator[Candidate]:
        """Yield the question's relations."""
        self._topic = self._main(0) or self._section_topic()
        yield from self._title()
        yield from self._lists()
        at, focus, before = -1, _Subject(), _Subject()
        for number, sentence in enumerate(self._question.sentences):
            if sentence.block != at:
                at = sentence.block
                focus = before = _Subject(self._topic_of(self._question.blocks[at]), "topic")
            if not self._mentions[number] or _HYPOTHETICAL.match(self._encoded[number]):
                continue
            subject = before if _PRONOUN.match(self._encoded[number]) else focus
            statement = _Statement(self._encoded[number], self._mentions[number], subject, self._rules)
            for relation in statement.relations():
                yield self._candidate(relation, number)
            if statement.subject.mentions:
                before = _Subject(statement.subject.mentions, "before")
                if statement.lead:
                    focus = _Subject(statement.subject.mentions, "lead")

    def _candidate(self, relation: _Relation, number: int, *others: int) -> Candidate:
        sentences = tuple(dict.fromkeys(self._ids[at] for at in (number, *others)))
        return Candidate(
            relation.source.key,
            relation.type,
            relation.target.key,
            relation.negated,
            sentences,
            relation.rule,
            round(relation.confidence(self._rules.weights), 3),
        )

    # Topics

    def _main(self, number: int) -> list[Mention]:
        """Return whom a sentence is about: of A的B, B."""
        text, mentions = self._encoded[number], self._mentions[number]
        match = re.search(rf"{_C}(?:的|中的|中|里的|\s*'s )\s*({_C})", text) or re.search(rf"({_C})", text)
        return [mentions[ord(match.group(1)) - _FIRST]] if match else []

    def _section_topic(self) -> list[Mention]:
        return []

    def _topic_of(self, block: Block) -> list[Mention]:
        """Return what a block is about: its heading's term, else the question's."""
        blocks = self._question.blocks
        owner = block.parent if block.parent is not None else block.heading
        while owner:
            for number, sentence in enumerate(self._question.sentences):
                if sentence.block == owner and (main := self._main(number)) and len(self._encoded[number]) < 40:
                    return main
            above = blocks[owner].parent if blocks[owner].parent is not None else blocks[owner].heading
            if above == owner:
                break
            owner = above
        return self._topic

    # Title and lists

    def _title(self) -> Iterator[Candidate]:
        text, mentions = self._encoded[0], self._mentions[0]
        group = [mentions[ord(char) - _FIRST] for char in text if ord(char) >= _FIRST]
        if _COMPARES.search(text) and len(group) >= 2:
            first, second = group[0], group[1]
            self._compared = [first, second]
            yield self._candidate(_Relation(first, RelationType.COMPARED_WITH, second, "title-compares", "here"), 0)

    def _lists(self) -> Iterator[Candidate]:
        """Yield what lead-ins, headings and the question say of items."""
        cue = 0
        block = -1
        for number, sentence in enumerate(self._question.sentences):
            here = self._question.blocks[sentence.block]
            text = self._encoded[number]
            if here.kind is BlockKind.TITLE:
                continue
            if sentence.block != block:
                block = sentence.block
                first = True
                if here.kind in (BlockKind.ITEM, BlockKind.CELL):
                    cue = self._last_sentence(here.lead_in if here.lead_in is not None else here.heading)
                elif (
                    here.heading
                    and self._question.blocks[cue and self._question.sentences[cue].block].index < here.heading
                ):
                    cue = self._last_sentence(here.heading)
            else:
                first = False
            if text.rstrip().endswith(":") or (len(text) <= 6 and here.kind is not BlockKind.ITEM):
                if here.kind is not BlockKind.ITEM:
                    cue = number
                continue
            if here.kind is BlockKind.ITEM and not first:
                continue
            yield from self._item(number, cue, here)

    def _last_sentence(self, block: int) -> int:
        numbers = [n for n, sentence in enumerate(self._question.sentences) if sentence.block == block]
        return numbers[-1] if numbers else 0

    def _item(self, number: int, cue: int, block: Block) -> Iterator[Candidate]:
        text = self._encoded[number]
        lead = re.match(rf"\W*({_GROUP})[^:{chr(_FIRST)}-\U000ffffd]{{0,6}}(?::|$)", text)
        if lead is None:
            return
        rule = self._list_rule(cue)
        if rule is None:
            return
        topic = self._main(cue) or self._topic
        for char in lead.group(1):
            if ord(char) < _FIRST:
                continue
            item = self._mentions[number][ord(char) - _FIRST]
            for owner in topic:
                source, target = (item, owner) if rule.inverse else (owner, item)
                how = "lead-in" if cue else "question"
                if source.key != target.key:
                    relation = _Relation(source, rule.type, target, rule.name, how)
                    yield self._candidate(relation, number, cue)

    def _list_rule(self, cue: int) -> ListRule | None:
        """Return the rule whose word stands last in the cue."""
        text = self._encoded[cue]
        best: tuple[int, ListRule] | None = None
        for rule in self._rules.lists:
            for match in rule.words.finditer(text):
                if best is None or match.end() > best[0]:
                    best = (match.end(), rule)
        return best[1] if best else None


class _Relation(NamedTuple):
    """A relation in a sentence, with what its confidence depends on."""

    source: Mention
    type: RelationType
    target: Mention
    rule: str
    how: str
    negated: bool = False
    distance: int = 0
    size: int = 1

    def features(self) -> dict[str, float]:
        """Return what the confidence is computed from."""
        return {
            "bias": 1.0,
            f"rule={self.rule}": 1.0,
            f"type={self.type}": 1.0,
            f"how={self.how}": 1.0,
            f"target={self.target.kind}": 1.0,
            f"source={self.source.kind}": 1.0,
            "distance": min(self.distance, 30) / 10,
            "negated": float(self.negated),
            "enumeration": float(self.size > 1),
        }

    def confidence(self, weights: Mapping[str, float]) -> float:
        """Return the probability that the relation is right."""
        total = sum(weights.get(name, 0.0) * value for name, value in self.features().items())
        return 1 / (1 + math.exp(-total))


def _simplify(text: str) -> str:
    text = text.replace('"', "").replace("**", "")
    text = _TO_EXAMPLE.sub(_EXAMPLE, text)
    text = _EMPTY_BRACKETS.sub("", text).replace("(", "").replace(")", "")
    return re.sub(rf"(?<={_C})\s+(?=[^A-Za-z])|(?<=[^A-Za-z,.;])\s+(?={_C})", "", text)


class _Statement:
    """Reads one sentence."""

    def __init__(self, text: str, mentions: Sequence[Mention], subject: _Subject, rules: Rules) -> None:
        self._mentions = mentions
        self._rules = rules
        self.subject = subject
        self.lead = False
        lead = re.match(rf"\W*({_GROUP})[^:,]{{0,6}}:(?=.)", text)
        if lead:
            self.subject = _Subject(self._group(lead.group(1)), "lead")
            self.lead = True
            text = text[lead.end() :]
        self._text = text

    def _group(self, text: str) -> list[Mention]:
        return [self._mentions[ord(char) - _FIRST] for char in text if ord(char) >= _FIRST]

    def relations(self) -> Iterator[_Relation]:
        """Yield the sentence's relations."""
        yield from self._examples()
        yield from self._possessives()
        for clause in _CLAUSE.split(_COMMA_LIST.sub(r"\1、", self._text)):
            if clause:
                yield from self._clause(clause)

    def _make(
        self, source: Mention, type_: RelationType, target: Mention, rule: str, how: str, **more: Any
    ) -> Iterator[_Relation]:
        if source.key != target.key:
            yield _Relation(source, type_, target, rule, how, **more)

    def _examples(self) -> Iterator[_Relation]:
        for match in re.finditer(rf"({_C})[^,;:。{_EXAMPLE}]{{0,4}}{_EXAMPLE}({_GROUP})", self._text):
            (whole,) = self._group(match.group(1))
            for each in self._group(match.group(2)):
                yield from self._make(each, RelationType.IS_A, whole, "examples", "here")
        for match in re.finditer(rf"({_GROUP})等(?:多种|各种|常见|其他|几种|不同)?(?:的)?({_C})", self._text):
            (whole,) = self._group(match.group(2))
            for each in self._group(match.group(1)):
                yield from self._make(each, RelationType.IS_A, whole, "and-others", "here")

    def _possessives(self) -> Iterator[_Relation]:
        for match in re.finditer(rf"(?=({_C})(?:模型|网络|算法)?(?:的|中的|内的|里的)({_C}))", self._text):
            (owner,), (owned,) = self._group(match.group(1)), self._group(match.group(2))
            if owned.kind is Kind.COMPONENT:
                yield from self._make(owned, RelationType.PART_OF, owner, "possessive", "here")
            elif owned.kind is Kind.PROBLEM:
                yield from self._make(owner, RelationType.HAS_PROBLEM, owned, "possessive", "here")
            elif owned.kind in (Kind.METHOD, Kind.DATA):
                yield from self._make(owner, RelationType.USES, owned, "possessive", "here")
            elif owned.kind in (Kind.TERM, Kind.METRIC):
                yield from self._make(owner, RelationType.HAS_FEATURE, owned, "possessive", "here")

    def _clause(self, clause: str) -> Iterator[_Relation]:
        made = re.search(rf"由({_GROUP})[^,]{{0,12}}?(?:组成|构成)", clause)
        proposed = re.search(rf"由({_GROUP})[^,]{{0,8}}?(?:提出|发布|开发|推出|设计|发明|研发)", clause)
        compared = re.search(
            rf"(?:与|和|跟|同|相比|相较于?|不同于|区别于|优于|unlike|compared (?:to|with)|than)[^,{chr(_FIRST)}-\U000ffffd]{{0,8}}({_GROUP})[^,]{{0,8}}?(?:相比|不同|类似|相似|区别)?",
            clause,
        )
        before = self.subject
        first = self._rules.predicates.search(clause)
        zone = clause[: first.start()] if first else clause
        if not _CONTEXT.match(clause):
            groups = re.findall(_GROUP, zone)
            if groups:
                self.subject = _Subject(self._group(groups[-1]), "here")
        subject = self.subject
        if made:
            for source in self._group(made.group(1)):
                for target in subject.mentions:
                    yield from self._make(source, RelationType.PART_OF, target, "made-of", subject.how)
            clause = clause[: made.start()] + "¦" + clause[made.end() :]
        if proposed:
            for target in self._group(proposed.group(1)):
                for source in subject.mentions:
                    yield from self._make(source, RelationType.PROPOSED_BY, target, "proposed-by-passive", subject.how)
            clause = clause[: proposed.start()] + "¦" + clause[proposed.end() :]
        if compared and (_COMPARES.search(clause)) and compared.start() <= 3:
            others = self._group(compared.group(1))
            for source in subject.mentions:
                for target in others:
                    yield from self._make(source, RelationType.COMPARED_WITH, target, "compared", before.how)
            return
        yield from self._frames(clause, subject)

    def _frames(self, clause: str, subject: _Subject) -> Iterator[_Relation]:
        predicates = list(self._rules.predicates.finditer(clause))
        for match, following in zip_longest(predicates, predicates[1:]):
            end = following.start() if following else len(clause)
            groups = list(re.finditer(_GROUP, clause[match.end() : end]))
            if not groups:
                continue
            frame = self._rules.frames[int(str(match.lastgroup)[1:].split("_")[0])]
            objects = self._group(groups[-1].group())
            negated = bool(_NEGATION.search(clause[: match.start()]))
            yield from self._by_frame(frame, subject, objects, negated=negated, distance=groups[-1].start())

    def _by_frame(
        self, frame: Frame, subject: _Subject, objects: list[Mention], *, negated: bool, distance: int
    ) -> Iterator[_Relation]:
        for mention in subject.mentions:
            for each in objects:
                type_ = frame.kinds.get(each.kind, frame.type)
                if type_ is None or each.kind not in frame.only or mention.kind not in frame.sources:
                    continue
                inverse = frame.inverse and type_ is frame.type
                source, target = (each, mention) if inverse else (mention, each)
                yield from self._make(
                    source,
                    type_,
                    target,
                    frame.name,
                    subject.how,
                    negated=negated,
                    distance=distance,
                    size=len(objects),
                )
