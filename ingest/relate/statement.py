"""Read what one sentence states: its constructions, and the predicates of its clauses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from graph.model import Kind, RelationType
from ingest.relate.links import Link, Subject, Term
from ingest.relate.rules import EXAMPLE, FIRST, GROUP, OTHER, SIGNS, TERM, Frame, ListRule, Predicate, Rules, Shape
from ingest.relate.sentence import Sentence

#: How many subjects a predicate has at most.
_SUBJECTS = 3
# A sentence


_GROUP = re.compile(GROUP)
_LEAST_TERM = chr(FIRST)
_CLAUSES = re.compile(r"[,;。!?]|\.\s|:")
_COMMA_LIST = re.compile(rf"(?<={TERM}),\s*(?={TERM}(?:,\s*{TERM}|,?\s*(?:/|和|等|and|or)))")
_COLON = re.compile(rf"((?:包括|包含|有|为|分别是|如下|组成|部分|方面|种|个))\s*:\s*(?={TERM})")
_CONTINUES = re.compile(r",\s*(?=(?:主要|具体|通常|其中)?(?:包括|包含|分别是|分别为|including))")
_LEAD = re.compile(rf"{OTHER}{{0,4}}({GROUP})(?!有|包括|为|组成)[^{chr(FIRST)}-\U000ffffd:,。有括]{{0,6}}:(?=.)")
_NEGATION = re.compile(
    r"(?:不再?|没有|并未|未|无法|不能|不会|而非|并非|not|n't|without|never|cannot)\s*(?:直接|简单的?|进行|能够|被)?$",
    re.IGNORECASE,
)
HYPOTHETICAL = re.compile(
    rf"^{SIGNS}(?:假设|假如|假想|想象|试想|好比|就像|打个比方|设想|suppose|imagine|assume)", re.IGNORECASE
)
_CONTEXT = re.compile(
    rf"^{SIGNS}(?:而|但|同时|并且|例如|比如|因此|其中|此外|另外|以便|从而)?,?"
    r"(?:在|对于|对|与|和|相比|相较|除了|为了|随着|根据|当|如果|若|通过|借助|利用|由于|因为|将|把|从|由|in|for|to|with|when|if|unlike|compared)",
    re.IGNORECASE,
)
_AFTER_CONTEXT = re.compile(rf"(?:上|中|方面|时|里|下|相比|而言|后)({GROUP})")
#: What may stand before a predicate without being its subject.
_LIGHT = re.compile(
    r"[\W\d_]|它们?|他们?|其中?|该|此外?|这|那|种|个|些|类|模型|方法|技术|算法|架构|结构|机制|网络|系统|过程|模块|策略|通常|一般|主要|往往|常常?|"
    r"可以?|能够?|会|也|还|都|则|就|并且?|而且?|是?|同时|然后|接着|再|首先|其次|最后|最终|因此|所以|从而|以|及|又|另外|例如|比如|进一步|直接|仅仅?|只|"
    r"应该?|必须|如何|怎么|为什么|哪些|什么|有效地?|更好地?|更|不仅|不但|广泛|被|得到|已|了|着|的|地|来|去|用|让|使得?|来说|"
    r"\b(?:it|they|this|these|which|that|also|can|may|is|are|will|then|thus|so|and|but|the|method|technique|model|models|often|usually|be|widely|we|you|to)\b"
)
#: Where a clause's subject ends at the latest.
_ZONE_END = re.compile(r"由|有(?!监督)|被|将|把|在|从|以(?!及)|对(?!抗|比|齐)|是|为")
_MEANS = re.compile(rf"^{SIGNS}(?:通过|借助|利用|凭借|by|with)", re.IGNORECASE)
_SAME = re.compile(
    rf"^{OTHER}{{0,4}}({TERM}){OTHER}{{0,4}}?(?:就|也|都|其实|本质上|通常|一般)?(?:是|属于|is an?|are)"
    rf"(?:[^,]*?的)?{OTHER}{{0,6}}?({TERM})(?:模型|架构|方法|算法|任务|技术|之一|网络|问题|结构|指标)*\s*$",
    re.IGNORECASE,
)
_SERVES = re.compile(rf"^{SIGNS}(?:主要)?(?:用于|用来|以用于)")
#: A denial of what was just stated, of another: while L2 does not.
ECHO = re.compile(
    rf"^\s*(?:while|but|whereas|而|但)?\s*({TERM})\s*"
    r"(?:does not|doesn't|do not|则?不(?:是|会|能|行|可以)?|则?没有)\W*$",
    re.IGNORECASE,
)
#: What a lead is to the topic where the words behind it are about the topic, not the lead.
NOT_ABOUT = frozenset((RelationType.HAS_FEATURE, RelationType.HAS_PROBLEM, RelationType.ADDRESSES))


@dataclass(slots=True)
class _Clause:
    """A clause: its predicates, whom it names as its subject, and whether that is somebody who is no term."""

    text: str
    predicates: list[Predicate]
    here: list[Subject]
    stranger: bool = False


class Statement:
    """Reads one sentence.

    Parameters
    ----------
    around
        Whom it may be about if it does not say so.
    """

    def __init__(self, sentence: Sentence, rules: Rules, around: list[Subject], lead_rule: ListRule | None) -> None:
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
            if (lead_rule and lead_rule.type in NOT_ABOUT) or self.lead[0].kind in (Kind.PROBLEM, Kind.TERM):
                self._answers = [term for term in self.lead if term.kind is Kind.PROBLEM]
                self.lead = []
            self._around = [*(Subject(term, "lead") for term in self.lead), *around]
            self.first = self.lead
        text = _CONTINUES.sub("", _COLON.sub(r"\1", _COMMA_LIST.sub("、", text)))
        self._text = "" if HYPOTHETICAL.match(text) else text

    def links(self) -> Iterator[Link]:
        """Yield what the sentence may state."""
        self._text, found = self._shapes(self._rules.sentence_shapes, self._text, self._around)
        yield from found
        clauses = [self._clause(text) for text in _CLAUSES.split(self._text) if text and max(text) >= _LEAST_TERM]
        previous: list[Subject] = []
        self._means: list[Subject] = []
        self._tools: list[Subject] = []  # what the clause before used: whom 用于 at the start of the next is about
        stated: list[Link] = []
        for clause, following in zip_longest(clauses, clauses[1:]):
            means = following and not clause.here and (_MEANS.match(clause.text) or _CONTEXT.match(clause.text))
            after = (
                [Subject(subject.term, "next") for subject in following.here if subject.how == "here"] if means else []
            )
            subjects = distinct([*clause.here, *after, *([] if clause.stranger else [*previous, *self._around])])
            if _SERVES.match(clause.text):
                subjects = distinct([*self._tools, *subjects])
            links = list(self._read(clause, subjects))
            yield from links
            if echo := ECHO.match(clause.text):
                yield from self._denied(echo, stated)
            stated = links
            if clause.here:
                previous = [Subject(subject.term, "clause") for subject in clause.here if subject.how == "here"]
                self.first = self.first or [subject.term for subject in clause.here if subject.how == "here"]

    def _denied(self, echo: re.Match[str], stated: list[Link]) -> Iterator[Link]:
        """Yield what the clause before states, denied of another: "…, while L2 does not"."""
        (other,) = self._sentence.group(echo.group(1))
        subjects = {link.source.key for link in stated}
        for link in stated:
            if len(subjects) == 1 and not link.negated:
                yield link._replace(source=other, negated=True)

    def _clause(self, text: str) -> _Clause:
        predicates = self._rules.predicates.find(text)
        zone = _ZONE_END.split(text[: predicates[0].start] if predicates else text, maxsplit=1)[0]
        here: list[Subject] = []
        context = bool(_CONTEXT.match(text))
        if not context:
            groups = _GROUP.findall(zone)
            if groups:
                here = [Subject(term, "here") for term in self._sentence.group(groups[-1])]
        elif after := _AFTER_CONTEXT.search(text[: predicates[0].start] if predicates else text):
            here = [Subject(term, "here") for term in self._sentence.group(after.group(1))]
        stranger = not here and not context and len(zone) > 1 and len(_LIGHT.sub("", zone)) > 1
        return _Clause(text, predicates, here, stranger)

    def _read(self, clause: _Clause, subjects: list[Subject]) -> Iterator[Link]:
        if same := _SAME.match(clause.text):
            (source,), (target,) = self._sentence.group(same.group(1)), self._sentence.group(same.group(2))
            if source.kind is target.kind:
                yield Link(source, RelationType.IS_A, target, "same")
        text, found = self._shapes(self._rules.clause_shapes, clause.text, subjects)
        yield from found
        predicates = clause.predicates if text == clause.text else self._rules.predicates.find(text)
        yield from self._frames(text, predicates, subjects)

    def _shapes(self, shapes: Iterable[Shape], text: str, subjects: list[Subject]) -> tuple[str, list[Link]]:
        """Return the text without what was consumed, and what the constructions in it state."""
        links: list[Link] = []
        for shape in shapes:
            if shape.needs.search(text):
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
        for source in sources or best(others, shape.sources):
            for target in targets or best(others, shape.targets):
                if source.term.kind in shape.sources and target.term.kind in shape.targets:
                    how = target.how if source.how == "here" else source.how
                    yield Link(source.term, shape.type, target.term, shape.name, how)

    def _frames(self, text: str, predicates: list[Predicate], subjects: list[Subject]) -> Iterator[Link]:
        chain, self._means, self._tools = self._means, [], []
        before: Frame | None = None
        for match, following in zip_longest(predicates, predicates[1:]):
            frame = match.frame
            meant = self._meant(frame, before, text[: match.start])
            before = frame if frame.name in _LASTING else before
            zone = text[match.end : following.start if following else len(text)].split("作为", maxsplit=1)[0]
            if frame.name == "is-a":
                zone = zone.split(EXAMPLE)[0]
            groups = list(_GROUP.finditer(zone))
            if not groups or meant is None:
                before = before if groups or (before and before.name == "uses") else frame
                continue
            negated = meant.negated or bool(_NEGATION.search(text[: match.start]))
            whom = best(subjects, meant.sources)
            if meant.name in ("has-feature", "addresses"):
                whom = distinct([*whom, *chain])
            for at, found in enumerate(groups):
                place = "only" if len(groups) == 1 else "last" if at == len(groups) - 1 else "inner" if at else "first"
                objects = self._sentence.group(found.group())
                for link in (*by_frame(meant, whom, objects), *self._solutions(meant, objects)):
                    yield link._replace(place=place, distance=found.start(), negated=negated)
            last = self._sentence.group(groups[-1].group())
            chain = [Subject(term, "chain") for term in last] if frame.name == "uses" else []
        self._tools = chain
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


def best(subjects: list[Subject], kinds: frozenset[Kind]) -> list[Subject]:
    """Return the likeliest subjects of these kinds, all that are known in the same way."""
    able = [subject for subject in subjects if subject.term.kind in kinds]
    return [subject for subject in able if subject.how == able[0].how][:_SUBJECTS]


def by_frame(frame: Frame, subjects: list[Subject], objects: list[Term]) -> Iterator[Link]:
    """Yield what a predicate says of subjects and objects of their kinds."""
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


def distinct(subjects: Iterable[Subject]) -> list[Subject]:
    """Return subjects without those named before."""
    seen: dict[str, Subject] = {}
    for subject in subjects:
        seen.setdefault(subject.term.key, subject)
    return list(seen.values())
