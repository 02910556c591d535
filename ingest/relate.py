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
from dataclasses import dataclass, field, replace
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

#: Who may use or solve something.
_AGENTS = frozenset((Kind.MODEL, Kind.METHOD, Kind.COMPONENT, Kind.METRIC, Kind.TASK))
#: How many subjects a predicate has at most.
_SUBJECTS = 3
#: A term in a sentence is the character of this code plus its number.
_FIRST = 0xF0000
_TERM = "[\U000f0000-\U000ffffd]"
_OTHER = "[^\U000f0000-\U000ffffd]"
_AND = r"\s*(?:[、/+&]|,?\s*(?:以及|或者|和|与|及|或|and|or)\b)\s*"
#: Signs at the start of a clause.
_SIGNS = "[^\\w\U000f0000-\U000ffffd]*"
_GROUP = rf"{_TERM}(?:(?:等)?{_AND}{_TERM})*"
_EXAMPLE, _EXAMPLE_END = "«", "»"
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
    how
        Where the subject is from: "here", "owner", "chain", "clause", "next", "lead", "before", "heading", "topic";
        for lists what introduces them: "cue", "heading", "question".
    place
        Where the object stands: "only", "last", "first", "inner" of the groups behind the predicate.
    """

    source: Term
    type: RelationType
    target: Term
    rule: str
    how: str = "here"
    place: str = "only"
    negated: bool = False
    distance: int = 0

    def features(self) -> tuple[str, ...]:
        """Return what the confidence is computed from."""
        rule = self.rule
        return (
            "bias",
            f"rule={rule}",
            f"rule={rule} how={self.how}",
            f"rule={rule} target={self.target.kind}",
            f"type={self.type} source={self.source.kind}",
            f"type={self.type} target={self.target.kind}",
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
    negated: bool
    kinds: Mapping[Kind, RelationType | None]
    alike: Mapping[Kind, RelationType]
    only: frozenset[Kind]
    sources: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Shape:
    """A construction that is no predicate: see relations.yaml."""

    name: str
    type: RelationType
    pattern: re.Pattern[str]
    whole: bool
    consume: bool
    sources: frozenset[Kind]
    targets: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class ListRule:
    """What a lead-in says of its items: see relations.yaml."""

    name: str
    type: RelationType
    inverse: bool
    words: re.Pattern[str]
    kinds: Mapping[Kind, RelationType | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, ready to be applied; a group of `predicates` tells the frame."""

    frames: tuple[Frame, ...]
    predicates: re.Pattern[str]
    shapes: tuple[Shape, ...]
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
        shapes = tuple(map(_shape, data["shapes"]))
        lists = tuple(map(_list_rule, data["lists"]))
        predicates = _predicates(data["frames"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as error:
        raise DataError(str(path), 0, f"cannot be used: {error}.") from error
    return Rules(frames, predicates, shapes, lists, load_model("relations", folder))


def _kinds(row: dict[str, Any]) -> dict[Kind, RelationType | None]:
    return {Kind(kind): None if type_ == "-" else RelationType(type_) for kind, type_ in row.get("kinds", {}).items()}


def _frame(row: dict[str, Any]) -> Frame:
    return Frame(
        name=row["name"],
        type=RelationType(row["type"]),
        inverse=bool(row.get("inverse")),
        negated=bool(row.get("negated")),
        kinds=_kinds(row),
        alike={Kind(kind): RelationType(type_) for kind, type_ in row.get("alike", {}).items()},
        only=frozenset(map(Kind, row.get("only", Kind))),
        sources=frozenset(map(Kind, row.get("sources", _AGENTS))),
    )


def _shape(row: dict[str, Any]) -> Shape:
    pattern = _expanded(row["pattern"])
    kinds = row.get("kinds", {})
    return Shape(
        name=row["name"],
        type=RelationType(row["type"]),
        pattern=re.compile(pattern, re.IGNORECASE),
        whole=row.get("of") == "sentence",
        consume=bool(row.get("consume")),
        sources=frozenset(map(Kind, kinds.get("s", Kind))),
        targets=frozenset(map(Kind, kinds.get("t", Kind))),
    )


def _expanded(pattern: str) -> str:
    return pattern.replace("GROUP", _GROUP).replace("OTHER", _OTHER).replace("TERM", _TERM)


def _list_rule(row: dict[str, Any]) -> ListRule:
    words = re.compile("|".join(_words(row["words"])), re.IGNORECASE)
    return ListRule(row["name"], RelationType(row["type"]), bool(row.get("inverse")), words, _kinds(row))


def _words(cell: str) -> list[str]:
    return [word for word in cell.split(", ") if word]


def _predicates(rows: Sequence[dict[str, Any]]) -> re.Pattern[str]:
    """Return one expression for all predicates, the longest first."""
    words: list[tuple[int, int, str]] = []
    for number, row in enumerate(rows):
        words += [(-len(word), number, _expanded(word)) for word in _words(row.get("zh", ""))]
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
        compares = _COMPARES.search(self._sentences[0].text)
        self._topic = [] if compares else self._sentences[0].main()[:1]
        self._cue = 0
        self._own: ListRule | None = None

    def read(self) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield the question's relations."""
        yield from self._with_ids(0, _title(self._sentences[0]))
        before: list[Term] = []
        lead: list[Term] = []
        above: list[Term] = []
        block = -1
        for number, parsed in enumerate(self._question.sentences):
            sentence = self._sentences[number]
            if parsed.block != block:
                above = self._carried(block, parsed.block, lead or before or above)
                block, before, lead = parsed.block, [], []
                self._enter(self._question.blocks[block])
            if own := _OWN_CUE.match(sentence.text):
                self._own = next((rule for rule in self._rules.lists if rule.words.search(own.group(1))), None)
            if not sentence.terms:
                self._note_cue(number)
                continue
            introduced = self._introduced(number)
            yield from self._items(number, introduced)
            around = self._around(number, before, lead, above)
            if introduced and introduced.rule.type in _NOT_ABOUT:
                around = [*(Subject(term, "owner") for term in introduced.owners), *around]
            statement = _Statement(sentence, self._rules, around, introduced.rule if introduced else None)
            if number or self._topic:
                yield from self._with_ids(number, statement.links())
            lead = statement.lead or lead
            before = statement.first or before
            self._note_cue(number)

    def _carried(self, last: int, block: int, terms: list[Term]) -> list[Term]:
        """Return what a paragraph goes on about: the one above it under the same heading."""
        blocks = self._question.blocks
        if last < 0 or blocks[block].kind is not BlockKind.PARAGRAPH or blocks[last].heading != blocks[block].heading:
            return []
        return terms

    def _with_ids(self, number: int, links: Iterable[Link], *others: int) -> Iterator[tuple[Link, tuple[str, ...]]]:
        ids = tuple(self._question.sentences[at].sentence.id for at in dict.fromkeys((number, *others)))
        for link in links:
            if link.source.key != link.target.key:
                yield link, ids

    def _around(self, number: int, before: list[Term], lead: list[Term], above: list[Term]) -> list[Subject]:
        """Return whom a sentence may be about if it does not say so, the likeliest first."""
        block = self._question.blocks[self._question.sentences[number].block]
        if _PRONOUN.match(self._sentences[number].text):
            ways = (("before", before), ("lead", lead))
        else:
            ways = (("lead", lead), ("before", before))
        heading = self._heading(block)
        return [
            Subject(term, how)
            for how, terms in (*ways, ("heading", heading), ("topic", self._topic), ("above", above))
            for term in terms
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
        if block.kind in (BlockKind.ITEM, BlockKind.HEADING) or introducing > self._question.sentences[self._cue].block:
            self._cue = self._last.get(introducing, 0)

    def _note_cue(self, number: int) -> None:
        """Let a line that ends in a colon, or says just 优点, introduce what follows."""
        text = self._sentences[number].text.rstrip()
        kind = self._question.blocks[self._question.sentences[number].block].kind
        if number and kind is not BlockKind.ITEM and (text.endswith(":") or len(text) <= 6):
            self._cue = number

    def _introduced(self, number: int) -> _Introduced | None:
        """Return what introduces a sentence: a line 优点, the lead-in, the heading or the question."""
        block = self._question.blocks[self._question.sentences[number].block]
        if not number or number == self._cue:
            return None
        if self._own and block.kind is BlockKind.PARAGRAPH:
            return _Introduced(self._own, self._topic, 0, "question")
        for cue in dict.fromkeys((self._cue, 0)):
            sentence = self._sentences[cue]
            found = None if not cue and _COMPARES.search(sentence.text) else self._list_rule(sentence.text)
            if found:
                rule, at = found
                if rule.name == "list-kinds" and not _KINDS_OF.search(sentence.text[:at]):
                    continue
                groups = [sentence.group(group) for group in re.findall(_GROUP, sentence.text[:at])]
                owners = groups[-1][:1] if groups else sentence.main()[:1] or self._heading(block) or self._topic
                return _Introduced(rule, owners, cue, ("cue" if groups else "heading") if cue else "question")
        return None

    def _items(self, number: int, introduced: _Introduced | None) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield what the cue says of an item, a line with a lead, or a heading."""
        parsed = self._question.sentences[number]
        block = self._question.blocks[parsed.block]
        sentence = self._sentences[number]
        if not number or number == self._cue or block.kind in (BlockKind.CELL, BlockKind.COLUMN):
            return
        lead = _ITEM.match(sentence.text)
        if lead is None or (block.kind is BlockKind.ITEM and self._first[parsed.block] != number):
            return
        if not lead.group(2) and block.kind is BlockKind.PARAGRAPH and len(lead.group()) < len(sentence.text):
            return
        items = sentence.group(lead.group(1))
        yield from self._with_ids(number, self._members(sentence, lead, items))
        yield from self._with_ids(number, _subkinds(self._sentences[0].terms, items), 0)
        yield from self._with_ids(number, self._named(items), self._cue)
        if introduced:
            links = _listed(introduced.rule, introduced.owners, items, introduced.how)
            yield from self._with_ids(number, links, introduced.cue)

    def _named(self, items: list[Term]) -> Iterator[Link]:
        """Yield what a lead-in says that names its items: "X 的主要学习机制包括"."""
        cue = self._sentences[self._cue]
        named = _NAMED_LIST.search(cue.text)
        if named is None:
            return
        (kind,) = cue.group(next(filter(None, named.groups())))
        owners = cue.group(cue.text[: named.start()])[-1:] or [term for term in self._topic if term.key != kind.key]
        for item in items:
            if kind.kind in (item.kind, Kind.TERM):
                yield Link(item, RelationType.IS_A, kind, "list-named", "cue")
            for owner in owners:
                if item.kind is Kind.COMPONENT:
                    yield Link(item, RelationType.PART_OF, owner, "list-named", "cue")
                elif item.kind is Kind.METHOD:
                    yield Link(owner, RelationType.USES, item, "list-named", "cue")

    def _members(self, sentence: _Sentence, lead: re.Match[str], items: list[Term]) -> Iterator[Link]:
        """Yield what "图像生成：BigGAN、GigaGAN等" states."""
        rest = _ONLY_GROUP.fullmatch(sentence.text[lead.end() :]) if lead.group(2) else None
        for member in sentence.group(rest.group(1)) if rest else ():
            for task in items:
                if member.kind in (Kind.MODEL, Kind.METHOD) and task.kind in (Kind.TASK, Kind.METHOD):
                    yield Link(member, RelationType.APPLIED_TO, task, "members")
            for topic in self._topic:
                if member.kind is topic.kind:
                    yield Link(member, RelationType.IS_A, topic, "members", "topic")

    def _list_rule(self, text: str) -> tuple[ListRule, int] | None:
        """Return the rule whose word stands last in the cue, and where it begins."""
        ends = [
            (match.end(), -at, rule, match.start())
            for at, rule in enumerate(self._rules.lists)
            for match in rule.words.finditer(text)
            if _ASKS_AFTER.match(text, match.end()) or _ASKS_BEFORE.search(text[: match.start()])
        ]
        if not ends:
            return None
        best = max(ends, key=lambda end: end[:2])
        return best[2], best[3]


class _Introduced(NamedTuple):
    """What introduces an item: the rule of its word, whom it is about, and the sentence."""

    rule: ListRule
    owners: list[Term]
    cue: int
    how: str


#: What stands between a concept and the word for its kinds.
_KINDS_OF = re.compile(rf"{_TERM}(?:模型|算法|方法)?的?(?:主要|常见|常用|经典|几种)?$")
_ASKS_AFTER = re.compile(rf"{_OTHER}{{0,6}}?(?:包括|包含|有|如下|为|是|分别|体现|主要|[:?]|$|are|do|include)")
_ASKS_BEFORE = re.compile(
    r"(?:哪些|什么|几种|几个|几方面|哪几个|以下|如下|which|what|following|these).{0,8}$", re.IGNORECASE
)


def _subkinds(named: list[Term], items: list[Term]) -> Iterator[Link]:
    """Yield that an item whose name ends in one of the question's is a kind of it: 适配器微调, 微调."""
    for item in items:
        for term in named:
            if item.key != term.key and item.key.endswith(term.key):
                yield Link(item, RelationType.IS_A, term, "list-subkinds", "question")


_ITEM = re.compile(
    rf"[^{chr(_FIRST)}-\U000ffffd:,。]{{0,4}}({_GROUP})[^{chr(_FIRST)}-\U000ffffd:,。]{{0,6}}(:|\s*$|(?=等))"
)
_ONLY_GROUP = re.compile(rf"\s*({_GROUP}){_OTHER}{{0,4}}")
#: A list of things that the cue itself names: 连接方式有哪几种, 主要子层包括.
_NAMED_LIST = re.compile(
    rf"({_TERM})(?:主要|通常|一般|常见|具体)?(?:都)?(?:包括|包含|有哪|分为|如下|有以下|有:)|(?:kinds?|types?) of ({_TERM})",
    re.IGNORECASE,
)
_OWN_CUE = re.compile(r"\W{0,3}(优点|缺点|优势|劣势|不足|特点|应用|局限性?)(?=[^:,的是在])")
_PRONOUN = re.compile(
    rf"^{_SIGNS}(?:它们?|其|该|此|这种|这个|这类|这一|本|it\b|its\b|they\b|this\b|these\b)", re.IGNORECASE
)


def _listed(rule: ListRule, owners: list[Term], items: list[Term], how: str) -> Iterator[Link]:
    for owner in owners:
        for item in items:
            if item.key.endswith(owner.key):
                continue
            type_ = rule.kinds.get(item.kind, rule.type)
            if type_ is not None:
                source, target = (item, owner) if rule.inverse and type_ is rule.type else (owner, item)
                yield Link(source, type_, target, rule.name, how)


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


_SUCH_AS = r"(?:例如|比如|诸如|譬如|如|such as|e\.g\.,?|for example,?|like)[:,]?\s*"
_EXAMPLE_IN_BRACKETS = re.compile(rf"\({_SUCH_AS}([^()]*)\)")
_EXAMPLE_AFTER = re.compile(rf"\s*,?\s*{_SUCH_AS}(?=(?:基于|在)?{_TERM})")
_BRACKETS = re.compile(r"\([^()]*\)")
_BLANKS = re.compile(rf"(?<={_TERM})\s+(?=[^A-Za-z-])|(?<=[^A-Za-z,.;-])\s+(?={_TERM})")
_DASH_LEAD = re.compile(rf"^({_OTHER}{{0,4}}{_GROUP})\s+[-–—]+\s+")


def _simplify(text: str) -> str:
    """Return the text in half-width punctuation, without quotes, blanks and remarks in brackets; examples marked."""
    text = text.translate(_HALF).replace('"', "").replace("*", "")
    text = _EXAMPLE_IN_BRACKETS.sub(rf"{_EXAMPLE}\1{_EXAMPLE_END}", text)
    text = _BRACKETS.sub("", text).replace("(", "").replace(")", "")
    text = _DASH_LEAD.sub(r"\1:", _EXAMPLE_AFTER.sub(_EXAMPLE, text))
    return _BLANKS.sub("", text)


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
_COMMA_LIST = re.compile(rf"(?<={_TERM}),\s*(?={_TERM}(?:,\s*{_TERM}|,?\s*(?:/|和|等|and|or)))")
_COLON = re.compile(rf"((?:包括|包含|有|为|分别是|如下|组成|部分|方面|种|个))\s*:\s*(?={_TERM})")
_CONTINUES = re.compile(r",\s*(?=(?:主要|具体|通常|其中)?(?:包括|包含|分别是|分别为|including))")
_LEAD = re.compile(rf"{_OTHER}{{0,4}}({_GROUP})(?!有|包括|为|组成)[^{chr(_FIRST)}-\U000ffffd:,。有括]{{0,6}}:(?=.)")
_NEGATION = re.compile(
    r"(?:不再?|没有|并未|未|无法|不能|不会|而非|并非|not|n't|without|never|cannot)\s*(?:直接|简单的?|进行|能够|被)?$",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    rf"^{_SIGNS}(?:假设|假如|假想|想象|试想|好比|就像|打个比方|设想|suppose|imagine|assume)", re.IGNORECASE
)
_CONTEXT = re.compile(
    rf"^{_SIGNS}(?:而|但|同时|并且|例如|比如|因此|其中|此外|另外|以便|从而)?,?"
    r"(?:在|对于|对|与|和|相比|相较|除了|为了|随着|根据|当|如果|若|通过|借助|利用|由于|因为|将|把|从|由|in|for|to|with|when|if|unlike|compared)",
    re.IGNORECASE,
)
_AFTER_CONTEXT = re.compile(rf"(?:上|中|方面|时|里|下|相比|而言|后)({_GROUP})")
#: What may stand before a predicate without being its subject.
_LIGHT = re.compile(
    r"[\W\d_]|它们?|他们?|其中?|该|此外?|这|那|种|个|些|类|模型|方法|技术|算法|架构|结构|机制|网络|系统|过程|模块|策略|通常|一般|主要|往往|常常?|"
    r"可以?|能够?|会|也|还|都|则|就|并且?|而且?|是?|同时|然后|接着|再|首先|其次|最后|最终|因此|所以|从而|以|及|又|另外|例如|比如|进一步|直接|仅仅?|只|"
    r"应该?|必须|如何|怎么|为什么|哪些|什么|有效地?|更好地?|更|不仅|不但|广泛|被|得到|已|了|着|的|地|来|去|用|让|使得?|来说|"
    r"\b(?:it|they|this|these|which|that|also|can|may|is|are|will|then|thus|so|and|but|the|method|technique|model|models|often|usually|be|widely|we|you|to)\b"
)
#: Where a clause's subject ends at the latest.
_ZONE_END = re.compile(r"由|有(?!监督)|被|将|把|在|从|以(?!及)|对(?!抗|比|齐)|是|为")
_MEANS = re.compile(rf"^{_SIGNS}(?:通过|借助|利用|凭借|by|with)", re.IGNORECASE)
_SAME = re.compile(
    rf"^{_OTHER}{{0,4}}({_TERM}){_OTHER}{{0,4}}?(?:就|也|都|其实|本质上|通常|一般)?(?:是|属于|is an?|are)"
    rf"(?:[^,]*?的)?{_OTHER}{{0,6}}?({_TERM})(?:模型|架构|方法|算法|任务|技术|之一|网络|问题|结构|指标)*\s*$",
    re.IGNORECASE,
)


#: What a lead is to the topic where the words behind it are about the topic, not the lead.
_NOT_ABOUT = frozenset((RelationType.HAS_FEATURE, RelationType.HAS_PROBLEM, RelationType.ADDRESSES))


@dataclass(slots=True)
class _Clause:
    """A clause: its predicates, whom it names as its subject, and whether that is somebody who is no term."""

    text: str
    predicates: list[re.Match[str]]
    here: list[Subject]
    stranger: bool = False


class _Statement:
    """Reads one sentence.

    Parameters
    ----------
    around
        Whom it may be about if it does not say so.
    """

    def __init__(self, sentence: _Sentence, rules: Rules, around: list[Subject], lead_rule: ListRule | None) -> None:
        self._sentence = sentence
        self._rules = rules
        self._around = around
        self.lead: list[Term] = []
        self.first: list[Term] = []
        self._answers: list[Term] = []
        text = sentence.text
        if lead := _LEAD.match(text):
            self.lead = sentence.group(lead.group(1))
            text = text[lead.end() :]
            if (lead_rule and lead_rule.type in _NOT_ABOUT) or self.lead[0].kind in (Kind.PROBLEM, Kind.TERM):
                self._answers = [term for term in self.lead if term.kind is Kind.PROBLEM]
                self.lead = []
            self._around = [*(Subject(term, "lead") for term in self.lead), *around]
            self.first = self.lead
        text = _CONTINUES.sub("", _COLON.sub(r"\1", _COMMA_LIST.sub("、", text)))
        self._text = "" if _HYPOTHETICAL.match(text) else text

    def links(self) -> Iterator[Link]:
        """Yield what the sentence may state."""
        self._text, found = self._shapes(self._text, self._around, whole=True)
        yield from found
        clauses = [self._clause(text) for text in _CLAUSES.split(self._text) if text.strip()]
        previous: list[Subject] = []
        self._means: list[Subject] = []
        for clause, following in zip_longest(clauses, clauses[1:]):
            means = following and not clause.here and (_MEANS.match(clause.text) or _CONTEXT.match(clause.text))
            after = (
                [Subject(subject.term, "next") for subject in following.here if subject.how == "here"] if means else []
            )
            subjects = _distinct([*clause.here, *after, *([] if clause.stranger else [*previous, *self._around])])
            yield from self._read(clause, subjects)
            if clause.here:
                previous = [Subject(subject.term, "clause") for subject in clause.here if subject.how == "here"]
                self.first = self.first or [subject.term for subject in clause.here if subject.how == "here"]

    def _clause(self, text: str) -> _Clause:
        predicates = list(self._rules.predicates.finditer(text))
        zone = _ZONE_END.split(text[: predicates[0].start()] if predicates else text, maxsplit=1)[0]
        here: list[Subject] = []
        if not _CONTEXT.match(text):
            groups = re.findall(_GROUP, zone)
            if groups:
                here = [Subject(term, "here") for term in self._sentence.group(groups[-1])]
        elif after := _AFTER_CONTEXT.search(text[: predicates[0].start()] if predicates else text):
            here = [Subject(term, "here") for term in self._sentence.group(after.group(1))]
        stranger = not here and not _CONTEXT.match(text) and len(_LIGHT.sub("", zone)) > 1
        return _Clause(text, predicates, here, stranger)

    def _read(self, clause: _Clause, subjects: list[Subject]) -> Iterator[Link]:
        if same := _SAME.match(clause.text):
            (source,), (target,) = self._sentence.group(same.group(1)), self._sentence.group(same.group(2))
            if source.kind is target.kind:
                yield Link(source, RelationType.IS_A, target, "same")
        text, found = self._shapes(clause.text, subjects, whole=False)
        yield from found
        predicates = clause.predicates if text == clause.text else list(self._rules.predicates.finditer(text))
        yield from self._frames(text, predicates, subjects)

    def _shapes(self, text: str, subjects: list[Subject], *, whole: bool) -> tuple[str, list[Link]]:
        """Return the text without what was consumed, and what the constructions in it state."""
        links: list[Link] = []
        for shape in self._rules.shapes:
            if shape.whole is whole:
                for match in shape.pattern.finditer(text):
                    links += self._shaped(shape, match, subjects)
                if shape.consume and links and links[-1].rule == shape.name:
                    text = shape.pattern.sub("¦", text)
        return text, links

    def _shaped(self, shape: Shape, match: re.Match[str], subjects: list[Subject]) -> Iterator[Link]:
        found = match.groupdict()
        sources = [Subject(term, "here") for term in self._sentence.group(found.get("s") or found.get("s2") or "")]
        targets = [Subject(term, "here") for term in self._sentence.group(found.get("t") or found.get("t2") or "")]
        named = {subject.term.key for subject in (*sources, *targets)}
        others = [subject for subject in subjects if subject.term.key not in named]
        for source in sources or _best(others, shape.sources):
            for target in targets or _best(others, shape.targets):
                if source.term.kind in shape.sources and target.term.kind in shape.targets:
                    how = target.how if source.how == "here" else source.how
                    yield Link(source.term, shape.type, target.term, shape.name, how)

    def _frames(self, text: str, predicates: list[re.Match[str]], subjects: list[Subject]) -> Iterator[Link]:
        chain, self._means = self._means, []
        before: Frame | None = None
        for match, following in zip_longest(predicates, predicates[1:]):
            frame = self._rules.frames[int(str(match.lastgroup)[1:].split("_")[0])]
            meant = self._meant(frame, before, text[: match.start()])
            before = frame if frame.name in _LASTING else before
            zone = text[match.end() : following.start() if following else len(text)].split("作为")[0]
            if frame.name == "is-a":
                zone = zone.split(_EXAMPLE)[0]
            groups = list(re.finditer(_GROUP, zone))
            if not groups or meant is None:
                before = before if groups or (before and before.name == "uses") else frame
                continue
            negated = meant.negated or bool(_NEGATION.search(text[: match.start()]))
            whom = _best(subjects, meant.sources)
            if meant.name in ("has-feature", "addresses"):
                whom = _distinct([*whom, *chain])
            for at, found in enumerate(groups):
                place = "only" if len(groups) == 1 else "last" if at == len(groups) - 1 else "inner" if at else "first"
                objects = self._sentence.group(found.group())
                for link in (*_by_frame(meant, whom, objects), *self._solutions(meant, objects)):
                    yield link._replace(place=place, distance=found.start(), negated=negated)
            last = self._sentence.group(groups[-1].group())
            chain = [Subject(term, "chain") for term in last] if frame.name == "uses" else []
        if _MEANS.match(text):
            self._means = chain

    def _meant(self, frame: Frame, before: Frame | None, text: str) -> Frame | None:
        """Return the frame that a predicate stands for after another one, or after what it counts up."""
        if frame.name == "consists-of":
            ends = [
                rule for rule in self._rules.lists if any(m.end() >= len(text) - 4 for m in rule.words.finditer(text))
            ]
            if ends:
                rule = ends[-1]
                return replace(frame, name=rule.name, type=rule.type, inverse=rule.inverse, kinds=rule.kinds, alike={})
            return before if before and before.name in ("uses", "applied-to") else frame
        if frame.name == "generates":
            return before if before and before.name == "applied-to" else None
        if before and before.name == "applied-to" and frame.name in ("performs", "handles"):
            return before if frame.name == "performs" else None
        if before and before.name == "addresses" and frame.name == "has-problem":
            return before
        return frame

    def _solutions(self, frame: Frame, objects: list[Term]) -> Iterator[Link]:
        """Yield that what a problem's description uses addresses it."""
        if frame.name in ("uses", "performs"):
            for problem in self._answers:
                for each in objects:
                    if each.kind in (Kind.METHOD, Kind.MODEL):
                        yield Link(each, RelationType.ADDRESSES, problem, "answer", "lead")


#: Predicates that those behind them in a clause serve: 用于将图像进行对齐.
_LASTING = frozenset(("applied-to",))


def _best(subjects: list[Subject], kinds: frozenset[Kind]) -> list[Subject]:
    """Return the likeliest subjects of these kinds, all that are known in the same way."""
    able = [subject for subject in subjects if subject.term.kind in kinds]
    return [subject for subject in able if subject.how == able[0].how][:_SUBJECTS]


def _by_frame(frame: Frame, subjects: list[Subject], objects: list[Term]) -> Iterator[Link]:
    for term, how in subjects:
        for other in objects:
            type_ = frame.kinds.get(other.kind, frame.type)
            if type_ is None or other.kind not in frame.only or term.kind not in frame.sources:
                continue
            inverse = frame.inverse and type_ is frame.type
            if term.kind is other.kind and term.kind in frame.alike:
                type_, inverse = frame.alike[term.kind], True
            source, target = (other, term) if inverse else (term, other)
            yield Link(source, type_, target, frame.name, how)


def _distinct(subjects: Iterable[Subject]) -> list[Subject]:
    seen: dict[str, Subject] = {}
    for subject in subjects:
        seen.setdefault(subject.term.key, subject)
    return list(seen.values())
