"""Find the relations that the sentences of a document state between its terms.

A sentence is read with each term as one character, so that a rule is a regular expression over words alone. Rules are
rows of ``data/rules/relations.yaml``, each with a name that its relations carry:

*frames*
    a predicate between a subject and its objects;
*lists*
    what a lead-in, heading or question says of the items below it;
*shapes*
    constructions that are no predicates: possessives, examples, comparisons, passives.

Where the sentence leaves its subject out, there are several whom it may be about: the clause before, the lead before a
colon, the sentence before, the heading, the question. All are candidates; how sure one is depends on its rule and on where
its ends were found (`Link.features`), by weights that are fitted on annotated notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from graph.errors import DataError
from graph.model import Kind, RelationType
from graph.settings import data_folder
from ingest.confidence import Model, load_model
from ingest.records import Block, BlockKind, Candidate, ParsedDocument, ParsedQuestion, Span

#: How many subjects a predicate has at most.
_SUBJECTS = 3
#: A term in a sentence is the character of this code plus its number.
_FIRST = 0xF0000
_TERM = "[\U000f0000-\U000ffffd]"
_OTHER = "[^\U000f0000-\U000ffffd]"
_AND = r"\s*(?:[、/+&]|,?\s*(?:以及|或者|和|与|及|或|and|or)\b)\s*"
_GROUP = rf"{_TERM}(?:(?:等)?{_AND}{_TERM})*"
_EXAMPLE = "«"
_HALF = str.maketrans("（），；：？！“”‘’＋", "(),;:?!\"\"''+")


class Term(NamedTuple):
    """A term in a sentence."""

    key: str
    kind: Kind


class Subject(NamedTuple):
    """Whom a clause may be about, and how that is known."""

    term: Term
    how: str


class Link(NamedTuple):
    """A relation in a sentence, with what its confidence depends on.

    Parameters
    ----------
    rule
        The frame, list or shape that found it.
    how
        Where the subject is from: "here", "owner", "chain", "clause", "next", "lead", "before", "heading", "topic".
    rank
        How many likelier subjects there are.
    place
        Where the object stands: "only", "last", "first", "inner" of the groups behind the predicate.
    word
        The predicate.
    cue
        The list rule whose word stands beside the subject: "X 的常用方法包括".
    after
        What follows the object.
    """

    source: Term
    type: RelationType
    target: Term
    rule: str
    how: str = "here"
    rank: int = 0
    place: str = "only"
    negated: bool = False
    distance: int = 0
    title: bool = False
    word: str = ""
    cue: str = ""
    after: str = ""

    def features(self) -> tuple[str, ...]:
        """Return what the confidence is computed from."""
        source, target, rule = self.source.kind, self.target.kind, self.rule
        return (
            "bias",
            f"rule={rule}",
            f"rule={rule} how={self.how}",
            f"rule={rule} target={target}",
            f"type={self.type} source={source}",
            f"type={self.type} target={target}",
            f"how={self.how}",
            f"place={self.place}",
            f"distance={min(self.distance // 5, 4)}",
            f"negated={self.negated}",
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """A predicate, what it says of subject and object, and of which kinds: see relations.yaml."""

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
    """All rules, ready to be applied; a group of `predicates` tells the frame."""

    frames: tuple[Frame, ...]
    predicates: re.Pattern[str]
    lists: tuple[ListRule, ...]
    model: Model


@cache
def load_rules(folder: Path | None = None) -> Rules:
    """Read and check relations.yaml, and the weights.

    Parameters
    ----------
    folder
        Where they are; the project's own rules by default.

    Raises
    ------
    DataError
        Names the file and what is wrong with it.
    """
    path = (folder or data_folder() / "rules") / "relations.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        frames = tuple(map(_frame, data["frames"]))
        lists = tuple(map(_list_rule, data["lists"]))
        predicates = _predicates(data["frames"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as error:
        raise DataError(str(path), 0, f"cannot be used: {error}.") from error
    return Rules(frames, predicates, lists, load_model("relations", folder))


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
    """Return one expression for all predicates, the longest first."""
    words: list[tuple[int, int, str]] = []
    for number, row in enumerate(rows):
        words += [(-len(word), number, word) for word in _words(row.get("zh", ""))]
        words += [(-len(word), number, rf"\b(?:{word})\b") for word in _words(row.get("en", ""))]
    alternatives = (f"(?P<f{number}_{at}>{word})" for at, (_, number, word) in enumerate(sorted(words)))
    return re.compile("|".join(alternatives), re.IGNORECASE)


class RuleExtractor:
    """Finds relations by the rules of ``data/rules``."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or load_rules()

    def __call__(self, document: ParsedDocument, spans: Sequence[Sequence[Span]]) -> tuple[Candidate, ...]:
        """Return what the document states; `spans` are its terms by question."""
        found: dict[tuple[Any, ...], Candidate] = {}
        for link, sentences in self.links(document, spans):
            score = round(self._rules.model.of(link.features()), 3)
            key = (link.source.key, link.type, link.target.key, link.negated, sentences[0])
            if key not in found or found[key].score < score:
                found[key] = Candidate(*key[:4], sentences, link.rule, score)
        return tuple(found.values())

    def links(
        self, document: ParsedDocument, spans: Sequence[Sequence[Span]]
    ) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield all that might be stated, with the sentences that do."""
        for question, here in zip(document.questions, spans, strict=True):
            if here:
                yield from _Reader(question, here, self._rules).read()


# A question


@dataclass(slots=True)
class _Sentence:
    """A sentence with its terms as characters."""

    text: str
    terms: list[Term]

    def group(self, text: str) -> list[Term]:
        """Return the terms that stand in a piece of the text."""
        return [self.terms[ord(letter) - _FIRST] for letter in text if ord(letter) >= _FIRST]

    def main(self) -> list[Term]:
        """Return whom the sentence is about at first: of A的B, B; of A和B, both."""
        match = _MAIN.search(self.text)
        return self.group(match.group(1) or match.group(2)) if match else []


_MAIN = re.compile(
    rf"{_TERM}(?:模型|网络|算法|任务)?(?:的|中的|里的|中|\s*'s )\s*(?:一般|主要|核心|常用|各种)?({_GROUP})|({_GROUP})"
)


class _Reader:
    """Reads one question from its title to its end."""

    def __init__(self, question: ParsedQuestion, spans: Sequence[Span], rules: Rules) -> None:
        self._question = question
        self._rules = rules
        self._sentences = _encode(question, spans)
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        for number, sentence in enumerate(question.sentences):
            self._first.setdefault(sentence.block, number)
            self._last[sentence.block] = number
        self._topic = self._sentences[0].main()[:2]
        self._cue = 0

    def read(self) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield the question's relations."""
        yield from self._with_ids(0, _title(self._sentences[0]))
        before: list[Term] = []
        lead: list[Term] = []
        block = -1
        for number, parsed in enumerate(self._question.sentences):
            sentence = self._sentences[number]
            if parsed.block != block:
                block, before, lead = parsed.block, [], []
                self._enter(self._question.blocks[block])
            if not sentence.terms:
                self._note_cue(number)
                continue
            yield from self._items(number)
            statement = _Statement(sentence, self._rules, self._around(number, before, lead), title=not number)
            yield from self._with_ids(number, statement.links())
            lead = statement.lead or lead
            before = statement.first or before
            self._note_cue(number)

    def _with_ids(self, number: int, links: Iterable[Link], *others: int) -> Iterator[tuple[Link, tuple[str, ...]]]:
        ids = tuple(self._question.sentences[at].sentence.id for at in dict.fromkeys((number, *others)))
        for link in links:
            if link.source.key != link.target.key:
                yield link, ids

    def _around(self, number: int, before: list[Term], lead: list[Term]) -> list[Subject]:
        """Return whom a sentence may be about if it does not say so, the likeliest first."""
        block = self._question.blocks[self._question.sentences[number].block]
        if _PRONOUN.match(self._sentences[number].text):
            ways = (("before", before), ("lead", lead))
        else:
            ways = (("lead", lead), ("before", before))
        heading = self._heading(block)
        return [
            Subject(term, how) for how, terms in (*ways, ("heading", heading), ("topic", self._topic)) for term in terms
        ]

    def _heading(self, block: Block) -> list[Term]:
        """Return what the headings and enclosing items say that a block is about."""
        blocks = self._question.blocks
        owner = block.parent if block.parent is not None else block.heading
        while owner:
            sentence = self._sentences[self._first[owner]] if owner in self._first else None
            if sentence and sentence.terms and len(sentence.text) < 40:
                return sentence.main()[:2]
            owner = blocks[owner].parent if blocks[owner].parent is not None else blocks[owner].heading  # type: ignore[assignment]
        return []

    # Lists

    def _enter(self, block: Block) -> None:
        """Find what introduces a block: its lead-in, a heading that has come since, else what did before."""
        introducing = block.lead_in if block.lead_in is not None else block.heading
        if block.kind is BlockKind.ITEM or introducing > self._question.sentences[self._cue].block:
            self._cue = self._last.get(introducing, 0)

    def _note_cue(self, number: int) -> None:
        text = self._sentences[number].text.rstrip()
        if (
            number
            and self._question.blocks[self._question.sentences[number].block].kind is not BlockKind.ITEM
            and (text.endswith(":") or len(text) <= 6)
        ):
            self._cue = number

    def _items(self, number: int) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield what the cue says of an item, a line with a lead, or a heading."""
        parsed = self._question.sentences[number]
        block = self._question.blocks[parsed.block]
        if not number or number == self._cue or block.kind in (BlockKind.CELL, BlockKind.COLUMN):
            return
        lead = _ITEM.match(self._sentences[number].text)
        if lead is None or (block.kind is BlockKind.ITEM and self._first[parsed.block] != number):
            return
        if (
            not lead.group(2)
            and block.kind is BlockKind.PARAGRAPH
            and len(lead.group()) < len(self._sentences[number].text)
        ):
            return
        items = self._sentences[number].group(lead.group(1))
        for cue in dict.fromkeys((self._cue, 0)):
            rule = self._list_rule(self._sentences[cue].text)
            if rule is None:
                continue
            named = self._sentences[cue].main()[:2]
            owners = named or self._heading(block) or self._topic
            how = "cue" if named else "heading"
            yield from self._with_ids(number, _listed(rule, owners, items, how if cue else "question"), cue)
            if cue:
                break

    def _list_rule(self, text: str) -> ListRule | None:
        """Return the rule whose word stands last in the cue."""
        ends = [
            (match.end(), -at, rule) for at, rule in enumerate(self._rules.lists) for match in rule.words.finditer(text)
        ]
        return max(ends, key=lambda end: end[:2])[2] if ends else None


_ITEM = re.compile(
    rf"[^{chr(_FIRST)}-\U000ffffd:,。]{{0,4}}({_GROUP})[^{chr(_FIRST)}-\U000ffffd:,。]{{0,6}}(:|\s*$|(?=等))"
)
_PRONOUN = re.compile(r"^\W*(?:它们?|其|该|此|这种|这个|这类|这一|本|it\b|its\b|they\b|this\b|these\b)", re.IGNORECASE)


def _listed(rule: ListRule, owners: list[Term], items: list[Term], how: str) -> Iterator[Link]:
    for owner in owners:
        for item in items:
            source, target = (item, owner) if rule.inverse else (owner, item)
            yield Link(source, rule.type, target, rule.name, how)


def _encode(question: ParsedQuestion, spans: Sequence[Span]) -> list[_Sentence]:
    by_sentence: dict[int, list[Span]] = {}
    for span in spans:
        by_sentence.setdefault(span.sentence, []).append(span)
    encoded = []
    for number, sentence in enumerate(question.sentences):
        pieces, at = [], 0
        here = by_sentence.get(number, [])
        for place, span in enumerate(here):
            pieces += [sentence.plain[at : span.start], chr(_FIRST + place)]
            at = span.end
        pieces.append(sentence.plain[at:])
        encoded.append(_Sentence(_simplify("".join(pieces)), [Term(span.key, span.kind) for span in here]))
    return encoded


_TO_EXAMPLE = re.compile(
    rf"\s*[,(]?\s*(?:例如|比如|诸如|譬如|如|such as|e\.g\.,?|for example,?|like)[:,]?\s*(?=(?:基于|在)?{_TERM})"
)
_BRACKETS = re.compile(r"\([^()]*\)")
_BLANKS = re.compile(rf"(?<={_TERM})\s+(?=[^A-Za-z])|(?<=[^A-Za-z,.;])\s+(?={_TERM})")


def _simplify(text: str) -> str:
    """Return the text in half-width punctuation, without quotes, blanks and remarks in brackets; examples marked."""
    text = text.translate(_HALF).replace('"', "").replace("*", "")
    text = _TO_EXAMPLE.sub(_EXAMPLE, text)
    return _BLANKS.sub("", _BRACKETS.sub("", text).replace("(", "").replace(")", ""))


# A title


_COMPARES = re.compile(r"比较|对比|区别|差异|不同|异同|差别|vs\b|versus|differ|compare", re.IGNORECASE)
_ON_TASKS = re.compile(rf"在({_GROUP})[^,]{{0,6}}?(?:上|中|方面|任务|领域|里)")


def _title(sentence: _Sentence) -> Iterator[Link]:
    """Yield what a question states: that two are compared, and on what."""
    if not _COMPARES.search(sentence.text):
        return
    groups = [sentence.group(match.group()) for match in re.finditer(_GROUP, sentence.text)]
    compared = next((group for group in groups if len(group) > 1), [group[0] for group in groups[:2]])[:2]
    if len(compared) == 2:
        yield Link(compared[0], RelationType.COMPARED_WITH, compared[1], "title-compares")
        for match in _ON_TASKS.finditer(sentence.text):
            for task in sentence.group(match.group(1)):
                if task not in compared and task.kind is Kind.TASK:
                    yield from (Link(each, RelationType.APPLIED_TO, task, "title-compares") for each in compared)


# A sentence


_CLAUSES = re.compile(r"[,;。!?]|\.\s|:")
_COMMA_LIST = re.compile(rf"(?<={_TERM}),\s*(?={_TERM}(?:,\s*{_TERM}|,?\s*(?:和|等|and|or)))")
_LEAD = re.compile(rf"{_OTHER}{{0,4}}({_GROUP})[^{chr(_FIRST)}-\U000ffffd:,。]{{0,6}}:(?=.)")
_NEGATION = re.compile(
    r"(?:不再?|没有|并未|未|无需|无须|无法|不能|不会|而非|并非|not|n't|without|never|cannot)\s*(?:直接|简单|进行|能够|被)?$",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    r"^\W*(?:假设|假如|假想|想象|试想|好比|就像|打个比方|设想|suppose|imagine|assume)", re.IGNORECASE
)
_CONTEXT = re.compile(
    r"^\W*(?:而|但|同时|并且|例如|比如|因此|其中|此外|另外)?,?(?:在|对于|对|与|和|相比|相较|除了|为了|随着|根据|当|如果|若|in|for|to|with|when|if|unlike|compared)",
    re.IGNORECASE,
)
_IN_CONTEXT = re.compile(rf"(?:在|对于|就)({_GROUP}){_OTHER}{{0,6}}?(?:上|中|方面|任务|领域|里|时|而言|下|基准|数据集)")
_MADE_OF = re.compile(rf"由({_GROUP})[^,]{{0,12}}?(?:组成|构成)")
_MADE_BY = re.compile(rf"由({_GROUP})[^,]{{0,8}}?(?:提出|发布|开发|推出|设计|发明|研发)")
_ON_BASIS = re.compile(rf"(?:以({_GROUP})为(?:基础|核心|骨干|主干)|在({_GROUP})的?基础上)")
_AS = re.compile(
    rf"(?:使用|采用|利用|用|以|将|把)({_GROUP}){_OTHER}{{0,4}}?(?:作为|当作|充当|为)(?:{_OTHER}{{0,6}}?)({_GROUP})"
)
_AGAINST = re.compile(
    rf"(?:(?:与|和|跟|同|相比于?|相较于?|比起|比){_OTHER}{{0,8}}({_GROUP}){_OTHER}{{0,8}}?(?:相比|不同|类似|相似|区别|一样|比较|更)"
    rf"|(?:相比于?|相较于?|比起|不同于|区别于|优于|不如|超过|unlike|compared (?:to|with)|than){_OTHER}{{0,8}}({_GROUP}))",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(rf"({_TERM}){_OTHER}{{0,5}}?{_EXAMPLE}({_GROUP})")
_AND_OTHERS = re.compile(rf"({_GROUP})等(?:多种|各种|常见|其他|几种|不同)?(?:的)?({_TERM})")
_POSSESSIVE = re.compile(rf"(?=({_TERM})(?:模型|网络|算法|任务)?(的|中的|内的|里的|中|)({_TERM}))")
_SAME = re.compile(
    rf"^{_OTHER}{{0,4}}({_TERM}){_OTHER}{{0,4}}?(?:就|也|都|其实|本质上|通常|一般)?(?:是|为|属于|is an?|are|is)"
    rf"(?:[^,]*?的)?{_OTHER}{{0,6}}?({_TERM})(?:模型|架构|方法|算法|任务|技术|之一|网络|问题|结构|指标)*\s*$",
    re.IGNORECASE,
)
_OWNED = {
    Kind.COMPONENT: (RelationType.PART_OF, True),
    Kind.PROBLEM: (RelationType.HAS_PROBLEM, False),
    Kind.METHOD: (RelationType.USES, False),
    Kind.DATA: (RelationType.USES, False),
    Kind.MODEL: (RelationType.PART_OF, True),
    Kind.TERM: (RelationType.HAS_FEATURE, False),
    Kind.METRIC: (RelationType.HAS_FEATURE, False),
    Kind.TASK: (RelationType.APPLIED_TO, False),
}
_SETTING = {
    Kind.TASK: RelationType.APPLIED_TO,
    Kind.METHOD: RelationType.USES,
    Kind.DATA: RelationType.EVALUATED_ON,
    Kind.METRIC: RelationType.EVALUATED_ON,
    Kind.TERM: RelationType.APPLIED_TO,
}


@dataclass(slots=True)
class _Clause:
    """A clause: its predicates, and whom it names as its subject."""

    text: str
    predicates: list[re.Match[str]]
    here: list[Subject]


class _Statement:
    """Reads one sentence.

    Parameters
    ----------
    around
        Whom it may be about if it does not say so.
    """

    def __init__(self, sentence: _Sentence, rules: Rules, around: list[Subject], *, title: bool) -> None:
        self._sentence = sentence
        self._rules = rules
        self._around = around
        self._title = title
        self.lead: list[Term] = []
        self.first: list[Term] = []
        text = sentence.text
        if lead := _LEAD.match(text):
            self.lead = sentence.group(lead.group(1))
            self._around = [*(Subject(term, "lead") for term in self.lead), *around]
            self.first = self.lead
            text = text[lead.end() :]
        self._text = _COMMA_LIST.sub("、", text)
        if _HYPOTHETICAL.match(text):
            self._text = ""

    def links(self) -> Iterator[Link]:
        """Yield what the sentence may state."""
        yield from self._shapes()
        clauses = [self._clause(text) for text in _CLAUSES.split(self._text) if text.strip()]
        previous: list[Subject] = []
        for clause, following in zip_longest(clauses, clauses[1:]):
            after = (
                [Subject(subject.term, "next") for subject in following.here] if following and not clause.here else []
            )
            subjects = _distinct([*clause.here, *after, *previous, *self._around])
            yield from self._read(clause, subjects)
            if clause.here:
                previous = [Subject(subject.term, "clause") for subject in clause.here]
                self.first = self.first or [subject.term for subject in clause.here]

    def _clause(self, text: str) -> _Clause:
        predicates = list(self._rules.predicates.finditer(text))
        zone = text[: predicates[0].start()] if predicates else text
        here: list[Subject] = []
        if not _CONTEXT.match(text):
            groups = re.findall(_GROUP, zone)
            if groups:
                here = [Subject(term, "here") for term in self._sentence.group(groups[-1])]
                here += [Subject(term, "owner") for term in self._sentence.group("".join(groups[:-1]))[-2:]]
        elif comma := re.search(rf"(?:上|中|方面|时|里|下|相比|而言)({_GROUP})", zone):
            here = [Subject(term, "here") for term in self._sentence.group(comma.group(1))]
        return _Clause(text, predicates, here)

    def _shapes(self) -> Iterator[Link]:
        group = self._sentence.group
        for pattern, rule in ((_EXAMPLES, "examples"), (_AND_OTHERS, "and-others")):
            for match in pattern.finditer(self._text):
                first, second = group(match.group(1)), group(match.group(2))
                whole, parts = (first, second) if pattern is _EXAMPLES else (second, first)
                yield from (Link(part, RelationType.IS_A, whole[0], rule) for part in parts)
        for match in _POSSESSIVE.finditer(self._text):
            (owner,), (owned,) = group(match.group(1)), group(match.group(3))
            if owned.kind in _OWNED:
                type_, inverse = _OWNED[owned.kind]
                source, target = (owned, owner) if inverse else (owner, owned)
                yield Link(source, type_, target, "possessive", word=match.group(2) or "next to", title=self._title)
        for match in _AS.finditer(self._text):
            for used in group(match.group(1)):
                yield from (Link(user, RelationType.USES, used, "used-as") for user in group(match.group(2)))

    def _read(self, clause: _Clause, subjects: list[Subject]) -> Iterator[Link]:
        text = clause.text
        group = self._sentence.group
        if same := _SAME.match(text):
            (source,), (target,) = group(same.group(1)), group(same.group(2))
            yield Link(source, RelationType.IS_A, target, "same")
        for pattern, type_, rule, inverse in (
            (_MADE_OF, RelationType.PART_OF, "made-of", True),
            (_MADE_BY, RelationType.PROPOSED_BY, "made-by", False),
            (_ON_BASIS, RelationType.BASED_ON, "on-basis", False),
            (_AGAINST, RelationType.COMPARED_WITH, "against", False),
        ):
            for match in pattern.finditer(text):
                others = group(next(filter(None, match.groups())))
                yield from self._between(subjects, others, type_, rule, inverse=inverse)
        for match in _IN_CONTEXT.finditer(text):
            for other in group(match.group(1)):
                if other.kind in _SETTING:
                    yield from self._between(subjects, [other], _SETTING[other.kind], "setting")
        yield from self._frames(clause, subjects)

    def _between(
        self, subjects: list[Subject], others: list[Term], type_: RelationType, rule: str, *, inverse: bool = False
    ) -> Iterator[Link]:
        best = [subject for subject in subjects if subject.how == subjects[0].how][:_SUBJECTS]
        for rank, subject in enumerate(best):
            for other in others:
                source, target = (other, subject.term) if inverse else (subject.term, other)
                yield Link(source, type_, target, rule, subject.how, rank, title=self._title)

    def _frames(self, clause: _Clause, subjects: list[Subject]) -> Iterator[Link]:
        chain: list[Subject] = []
        for match, following in zip_longest(clause.predicates, clause.predicates[1:]):
            end = following.start() if following else len(clause.text)
            groups = list(re.finditer(_GROUP, clause.text[match.end() : end]))
            if not groups:
                continue
            frame = self._rules.frames[int(str(match.lastgroup)[1:].split("_")[0])]
            cue = self._cue(clause.text[: match.end()]) if frame.inverse else ""
            alike = {
                "negated": bool(_NEGATION.search(clause.text[: match.start()])),
                "word": match.group().lower(),
                "title": self._title,
                "cue": cue,
            }
            whom = [subject for subject in subjects if subject.how == subjects[0].how][:_SUBJECTS]
            if frame.name in ("has-feature", "addresses", "applied-to"):
                whom = _distinct([*whom, *chain])
            for at, found in enumerate(groups):
                objects = self._sentence.group(found.group())
                place = "only" if len(groups) == 1 else "last" if at == len(groups) - 1 else "inner" if at else "first"
                after = clause.text[match.end() + found.end() :][:1]
                for link in _by_frame(frame, whom, objects):
                    yield link._replace(
                        place=place, distance=found.start(), after=after if ord(after or " ") < _FIRST else "", **alike
                    )
            chain = (
                []
                if frame.name != "uses"
                else [Subject(term, "chain") for term in self._sentence.group(groups[-1].group())]
            )

    def _cue(self, text: str) -> str:
        return next((rule.name for rule in self._rules.lists if rule.words.search(text)), "")


def _by_frame(frame: Frame, subjects: list[Subject], objects: list[Term]) -> Iterator[Link]:
    for rank, (term, how) in enumerate(subjects):
        for other in objects:
            type_ = frame.kinds.get(other.kind, frame.type)
            if type_ is None or other.kind not in frame.only or term.kind not in frame.sources:
                continue
            inverse = frame.inverse and type_ is frame.type
            source, target = (other, term) if inverse else (term, other)
            yield Link(source, type_, target, frame.name, how, rank)


def _distinct(subjects: Iterable[Subject]) -> list[Subject]:
    seen: dict[str, Subject] = {}
    for subject in subjects:
        seen.setdefault(subject.term.key, subject)
    return list(seen.values())
