"""Read a question from its title to its end: lists, and whom sentences are about."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from graph.model import Kind, RelationType
from ingest.records import Block, BlockKind, ParsedQuestion, Span
from ingest.relate.english import CHINESE, EnglishStatement
from ingest.relate.links import Link, Subject, Term
from ingest.relate.pairs import About, Pair, PairFinder
from ingest.relate.rules import FIRST, GROUP, OTHER, SIGNS, TERM, ListRule, Rules
from ingest.relate.sentence import Sentence, encode
from ingest.relate.statement import NOT_ABOUT, Statement


class Reader:
    """Reads one question from its title to its end."""

    def __init__(self, question: ParsedQuestion, spans: Sequence[Span], rules: Rules) -> None:
        self._question = question
        self._rules = rules
        self._sentences = encode(question, spans)
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        for number, sentence in enumerate(question.sentences):
            self._first.setdefault(sentence.block, number)
            self._last[sentence.block] = number
        self._places: dict[str, list[int]] = {}
        for number, encoded in enumerate(self._sentences):
            for key in dict.fromkeys(term.key for term in encoded.terms):
                self._places.setdefault(key, []).append(number)
        compares = _COMPARES.search(self._sentences[0].text)
        self._topic = [] if compares else self._sentences[0].main()[:1]
        self._cue = 0
        self._own: ListRule | None = None
        self._cues: dict[str, tuple[ListRule, int] | None] = {}

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
            if introduced and introduced.rule.type in NOT_ABOUT:
                around = [*(Subject(term, "owner") for term in introduced.owners), *around]
            read = Statement if CHINESE.search(parsed.plain) else EnglishStatement
            statement = read(sentence, self._rules, around, introduced.rule if introduced else None)
            if number or self._topic:
                yield from self._with_ids(number, statement.links())
            lead = statement.lead or lead
            before = statement.first or before
            self._note_cue(number)

    def pairs(self) -> Iterator[Pair]:
        """Yield the terms that may have to do with each other: see `ingest.relate.pairs`."""
        finder = PairFinder(self._question, self._sentences, self._rules.predicates)
        return finder.find(self._about(parsed.block) for parsed in self._question.sentences)

    def _about(self, number: int) -> About:
        """Return whom the text is about in a block."""
        block = self._question.blocks[number]
        introducing = block.lead_in if block.lead_in is not None else block.heading
        sentence = self._sentences[self._first[introducing]] if introducing in self._first else None
        found = self._list_rule(sentence.text) if sentence and introducing else None
        lead = sentence.main()[:1] if sentence and block.lead_in else []
        introduced = self._first[introducing] if sentence else 0
        return About(self._topic, self._heading(block), lead, found[0] if found else None, block, introduced)

    def _carried(self, last: int, block: int, terms: list[Term]) -> list[Term]:
        """Return what a paragraph goes on about: the one above it under the same heading."""
        blocks = self._question.blocks
        if last < 0 or blocks[block].kind is not BlockKind.PARAGRAPH or blocks[last].heading != blocks[block].heading:
            return []
        return terms

    def _with_ids(self, number: int, links: Iterable[Link], *others: int) -> Iterator[tuple[Link, tuple[str, ...]]]:
        for link in links:
            if link.source.key != link.target.key:
                yield link, self.evidence(number, (link.source, link.target), *others)

    def evidence(self, number: int, ends: Iterable[Term], *others: int) -> tuple[str, ...]:
        """Return the ids of the sentences that state something: that with the statement, and what names its ends."""
        named = (self._named_before(end, number) for end in ends)
        numbers = dict.fromkeys((number, *others, *(at for at in named if at is not None)))
        return tuple(self._question.sentences[at].sentence.id for at in numbers)

    def _named_before(self, term: Term, number: int) -> int | None:
        """Return the last sentence up to one that names a term; none does for what a title of a chapter names."""
        places = self._places.get(term.key, ())
        at = bisect_right(places, number)
        return places[at - 1] if at else None

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
            if not cue and self._cue and self._sentences[self._cue].text.rstrip().endswith(":"):
                break  # a lead-in of its own: the question's words are not about its items
            found = None if not cue and _COMPARES.search(sentence.text) else self._list_rule(sentence.text)
            if found:
                rule, at = found
                if rule.name == "list-kinds" and not _KINDS_OF.search(sentence.text[:at]):
                    continue
                groups = [sentence.group(group) for group in re.findall(GROUP, sentence.text[:at])]
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
        lead = _ENUMERATED.fullmatch(sentence.text) or _ITEM.match(sentence.text)
        if lead is None or (block.kind is BlockKind.ITEM and self._first[parsed.block] != number):
            return
        if not lead.group(2) and block.kind is BlockKind.PARAGRAPH and len(lead.group()) < len(sentence.text):
            return
        items = sentence.group(lead.group(1))
        yield from self._with_ids(number, self._members(sentence, lead, items))
        yield from self._with_ids(number, _subkinds(self._sentences[0].terms, items), 0)
        named = list(self._named(items))
        yield from self._with_ids(number, named, self._cue)
        if introduced is None and not named and self._sentences[self._cue].text.rstrip().endswith(":"):
            yield from self._with_ids(number, self._unnamed(block, items), self._cue)
        if introduced and not (named and introduced.rule.type in _OF_NAMED):
            links = _listed(introduced.rule, introduced.owners, items, introduced.how)
            yield from self._with_ids(number, links, introduced.cue)

    def _unnamed(self, block: Block, items: list[Term]) -> Iterator[Link]:
        """Yield what items are to the topic under a lead-in that does not say: "具体设计如下："."""
        for owner in self._heading(block) or self._topic:
            for item in items:
                if item.kind is Kind.COMPONENT:
                    yield Link(item, RelationType.PART_OF, owner, "list-items", "heading")
                elif item.kind is Kind.METHOD:
                    yield Link(owner, RelationType.USES, item, "list-items", "heading")

    def _named(self, items: list[Term]) -> Iterator[Link]:
        """Yield what a lead-in says that names its items: "X 的主要学习机制包括"."""
        cue = self._sentences[self._cue]
        named = _NAMED_LIST.search(cue.text)
        if named is None:
            return
        (kind,) = cue.group(next(filter(None, named.groups())))
        owners = cue.group(cue.text[: named.start()])[-1:] or [term for term in self._topic if term.key != kind.key]
        for item in items:
            if kind.kind in (item.kind, Kind.TERM, Kind.COMPONENT):
                yield Link(item, RelationType.IS_A, kind, "list-named", "cue")
            for owner in owners:
                if item.kind is Kind.COMPONENT:
                    yield Link(item, RelationType.PART_OF, owner, "list-named", "cue")
                elif item.kind is Kind.METHOD:
                    yield Link(owner, RelationType.USES, item, "list-named", "cue")

    def _members(self, sentence: Sentence, lead: re.Match[str], items: list[Term]) -> Iterator[Link]:
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
        if text not in self._cues:
            self._cues[text] = self._found_rule(text)
        return self._cues[text]

    def _found_rule(self, text: str) -> tuple[ListRule, int] | None:
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
_KINDS_OF = re.compile(rf"{TERM}(?:模型|算法|方法)?的?(?:主要|常见|常用|经典|几种)?$")
_ASKS_AFTER = re.compile(
    rf"{OTHER}{{0,6}}?(?:包括|包含|有|如下|为|是|分别|体现|主要|[:?]|$|are|do|include)"
    r"| (?:of|in|for|with|to) [^,]{1,30}?(?:\b(?:are|include|is)\b|:)"
)
_ASKS_BEFORE = re.compile(
    r"(?:(?:哪些|什么|几种|几个|几方面|哪几个|以下|如下|following|these).{0,8}|\b(?:what|which|are|have)\b[^,.]{0,24})$",
    re.IGNORECASE,
)


def _subkinds(named: list[Term], items: list[Term]) -> Iterator[Link]:
    """Yield that an item whose name ends in one of the question's is a kind of it: 适配器微调, 微调."""
    for item in items:
        for term in named:
            if item.key != term.key and item.key.endswith(term.key):
                yield Link(item, RelationType.IS_A, term, "list-subkinds", "question")


#: What a lead-in that names its items does not say besides.
_OF_NAMED = frozenset((RelationType.PART_OF, RelationType.IS_A))
_ITEM = re.compile(
    rf"[^{chr(FIRST)}-\U000ffffd:,。]{{0,4}}({GROUP})(?!有|包括|的)"
    rf"[^{chr(FIRST)}-\U000ffffd:,。有]{{0,6}}(:|\s*$|(?=等))"
)
#: A line that counts up, and says no more.
_ENUMERATED = re.compile(rf"\W{{0,4}}({TERM}(?:\s?(?:[,/、]|and|or)+\s?(?:and |or )?{TERM})+)(\.?)\s*")
_ONLY_GROUP = re.compile(rf"\s*({GROUP}){OTHER}{{0,4}}")
#: A list of things that the cue itself names: 连接方式有哪几种, 主要子层包括.
_NAMED_LIST = re.compile(
    rf"({TERM})(?:主要|通常|一般|常见|具体)?都?(?:包括|包含|有哪|分为|如下|有以下|有:)"
    rf"|(?:kinds?|types?) of ({TERM})|(?:which|what) (?:other )?({TERM})[^,]{{0,12}} (?:do you know|are there|exist)",
    re.IGNORECASE,
)
_OWN_CUE = re.compile(r"\W{0,3}(优点|缺点|优势|劣势|不足|特点|应用|局限性?)(?=[^:,的是在])")
_PRONOUN = re.compile(
    rf"^{SIGNS}(?:它们?|其|该|此|这种|这个|这类|这一|本|it\b|its\b|they\b|this\b|these\b)", re.IGNORECASE
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


# A title


_COMPARES = re.compile(r"比较|对比|区别|差异|不同|异同|差别|vs\b|versus|differ|compare", re.IGNORECASE)
_ON_TASKS = re.compile(rf"在({GROUP})[^,]{{0,6}}?(?:上|中|方面|任务|领域|里)")


def _title(sentence: Sentence) -> Iterator[Link]:
    """Yield what a question states: that two are compared, and on what."""
    if not _COMPARES.search(sentence.text):
        return
    groups = [sentence.group(match.group()) for match in re.finditer(GROUP, sentence.text)]
    compared = next((group for group in groups if len(group) > 1), [group[0] for group in groups[:2]])[:2]
    if len(compared) == 2:
        yield Link(compared[0], RelationType.COMPARED_WITH, compared[1], "title-compares")
        for match in _ON_TASKS.finditer(sentence.text):
            for task in sentence.group(match.group(1)):
                if task not in compared and task.kind is Kind.TASK:
                    yield from (Link(each, RelationType.APPLIED_TO, task, "title-compares") for each in compared)
