"""From what each document says to one concept layer: a pure function, whatever the order of documents.

Terms are one concept where they share a name: the lexicon's, or one that a document gives ("FID（Fréchet Inception
Distance）"). A name of several of the lexicon's concepts does not join them, nor does an abbreviation join what is
called differently in full. A user's merges go before all of that. A discovered term has to be likely enough over
all documents; a relation goes where an end goes, is no surer than its ends allow, and counts more the more
documents state it.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from rapidfuzz import fuzz

from graph.model import Concept, Kind, Mention, Relation, RelationType, question_id
from graph.ontology import load_ontology
from ingest.confidence import confidence_features, load_model
from ingest.lexicon import Lexicon, fold
from ingest.records import Candidate, Extraction, Term

#: A discovered term below this is no concept.
_SURE_ENOUGH = 0.3
#: A Latin name of at most so many characters may be the abbreviation of several concepts, ...
_SHORT = 5
#: ... which are one if two of their full names are as much alike as this (`rapidfuzz.fuzz.ratio`).
_ALIKE = 70
#: A Latin name of at least so many letters with two of them swapped, or one of them doubled, is a slip.
_LONG = 8
#: What a relation's statement in another document counts, and in another sentence of the same one: authors repeat each
#: other, and themselves still more. Within one note repetition was not found to tell right from wrong.
_ELSEWHERE, _AGAIN = 0.3, 0.1
#: Sentences that a relation is shown with at most; all of them count.
_EVIDENCE = 50
_DEFINITION = 300


@dataclass(slots=True)
class _Group:
    """Terms of all documents that are one concept."""

    keys: set[str] = field(default_factory=set)
    names: Counter[str] = field(default_factory=Counter)
    canonical: Counter[str] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)
    doubt: float = 1.0
    sure: float = 0.0
    definition: tuple[float, str] = (0.0, "")
    counts: Counter[str] = field(default_factory=Counter)
    about: set[str] = field(default_factory=set)


def resolve(
    extractions: Iterable[Extraction], lexicon: Lexicon, least: float = 0.0
) -> tuple[tuple[Concept, ...], tuple[Relation, ...], tuple[Mention, ...]]:
    """Merge names and relations of all documents.

    Parameters
    ----------
    extractions
        Of all documents of the graph, in any order.
    lexicon
        The one that they were made with.
    least
        Relations with a lower confidence are left out.

    Returns
    -------
    tuple
        Concepts by id, relations by key, mentions by (question, concept).
    """
    collected = sorted(extractions, key=lambda extraction: extraction.document)
    leader = _Names(lexicon).leaders(collected)
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for extraction in collected:
        for term in extraction.terms:
            _add(groups[leader[term.key]], term, extraction.document)
    kept = {key: group for key, group in groups.items() if 1 - group.doubt >= _SURE_ENOUGH}
    concepts = {key: _concept(key, group, lexicon) for key, group in sorted(kept.items())}
    ids = _ids(concepts)
    ends = {ids[key]: group.sure for key, group in kept.items()}
    relations = [one for one in _relations(collected, leader, ids, ends) if one.confidence >= least]
    mentions = [
        Mention(question, ids[key], count, question in group.about)
        for key, group in kept.items()
        for question, count in group.counts.items()
    ]
    named = (_with_id(concept, ids[key]) for key, concept in concepts.items())
    return (
        tuple(sorted(named, key=lambda concept: concept.id)),
        tuple(sorted(relations, key=lambda relation: relation.key)),
        tuple(sorted(mentions, key=lambda mention: (mention.question, mention.concept))),
    )


class _Names:
    """Which terms are one concept: connected by names, the lexicon's concepts never with each other.

    What a user says goes first: the same names join whatever they are of, different ones never meet in a concept.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._parent: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}  # folded, of a whole concept, by the key that stands for it
        self._kinds: dict[str, Kind] = {}

    def leaders(self, extractions: Sequence[Extraction]) -> dict[str, str]:
        """Return for each key the key that stands for its concept."""
        owners: defaultdict[str, set[str]] = defaultdict(set)
        for extraction in extractions:
            for term in extraction.terms:
                self._parent.setdefault(term.key, term.key)
                for name in (term.name, *term.names):
                    owners[_singular(fold(name))].add(term.key)
                self._kinds.setdefault(term.key, term.kind)
                entry = self._lexicon.entries.get(term.key)
                names = (term.name, *term.names, *(entry.names if entry else ()))
                self._names.setdefault(term.key, set()).update(map(fold, names))
        for merge in self._lexicon.merges:
            if merge.same:
                self._obey(*(self._of(name, owners) for name in (merge.name, merge.other)))
        for key in sorted(self._parent.keys() - self._lexicon.entries.keys()):
            for meant in meant_by(key, self._lexicon) & self._parent.keys():
                self._union(key, meant)
        for name in sorted(owners, key=lambda name: (_is_short(name), name)):
            self._join(name, sorted(owners[name]))
        return {key: self._find(key) for key in self._parent}

    def _of(self, name: str, owners: Mapping[str, set[str]]) -> str | None:
        """Return the key of the one term that a user means by a name; none where it is not there or not clear."""
        folded = fold(name)
        if folded in self._parent:
            return folded
        known = [key for key in self._lexicon.by_name.get(folded, ()) if key in self._parent]
        found = known or sorted(owners.get(_singular(folded), ()))
        return found[0] if len(found) == 1 else None

    def _obey(self, key: str | None, leading: str | None) -> None:
        if key is not None and leading is not None:
            key, leading = self._find(key), self._find(leading)
            known = key in self._lexicon.entries and leading not in self._lexicon.entries
            self._put(*((leading, key) if known else (key, leading)))

    def _join(self, name: str, keys: list[str]) -> None:
        """Join the terms that have a name, into the lexicon's concept of that name if there is just one."""
        known = [key for key in self._lexicon.by_name.get(name, ()) if key in self._parent]
        anchors = {self._find(key) for key in keys if self._find(key) in self._lexicon.entries}
        if len({self._find(key) for key in known}) > 1 or len(anchors) > 1:
            return
        if _is_short(name) and not self._alike(name, sorted({self._find(key) for key in (*keys, *known)})):
            return
        for key in (*keys[1:], *known):
            self._union(keys[0], key)

    def _alike(self, short: str, leaders: list[str]) -> bool:
        """Tell whether concepts that share a short name may be one: their full names, or else their kinds, agree."""
        full = {key: [name for name in sorted(self._names[key]) if not _is_short(name)] for key in leaders}
        return all(
            self._agree(one, other, full[one], full[other])
            for one, other in combinations([key for key in leaders if full[key] and key != short], 2)
        )

    def _agree(self, one: str, other: str, names: list[str], others: list[str]) -> bool:
        pairs = [pair for pair in product(names, others) if pair[0].isascii() == pair[1].isascii()]
        if pairs:
            return any(fuzz.ratio(*pair) >= _ALIKE or pair[0] in pair[1] or pair[1] in pair[0] for pair in pairs)
        return Kind.TERM in (kinds := {self._kinds[one], self._kinds[other]}) or len(kinds) == 1

    def _union(self, first: str, second: str) -> None:
        first, second = self._find(first), self._find(second)
        if {first, second} <= self._lexicon.entries.keys() or self._apart(first, second):
            return
        winner = min(first, second, key=lambda key: (key not in self._lexicon.entries, key))
        self._put(second if winner == first else first, winner)

    def _put(self, key: str, leading: str) -> None:
        if key != leading:
            self._parent[key] = leading
            self._names[leading] |= self._names.pop(key)

    def _apart(self, first: str, second: str) -> bool:
        """Tell whether two concepts have names that a user wants apart."""
        names = self._names[first], self._names[second]
        return any(
            (one in names[0] and other in names[1]) or (one in names[1] and other in names[0])
            for one, other in self._lexicon.different
        )

    def _find(self, key: str) -> str:
        while self._parent[key] != key:
            self._parent[key] = key = self._parent[self._parent[key]]
        return key


def meant_by(folded: str, lexicon: Lexicon) -> set[str]:
    """Return the key of the concept that a long Latin name is surely a slip for, as a set of at most one.

    Two letters that changed places, or one that was typed twice, make a name of the lexicon of it. Other slips
    are `ingest.suggest`'s: MobileDets is no MobileNets.

    Examples
    --------
    >>> lexicon = Lexicon({"transformer": ...}, {"transformer": ("transformer",)})
    >>> meant_by("transformmer", lexicon), meant_by("tarnsformer", lexicon), meant_by("transforner", lexicon)
    ({'transformer'}, {'transformer'}, set())
    """
    if len(folded) < _LONG or not (folded.isascii() and folded.isalpha()) or folded in lexicon.by_name:
        return set()
    places = range(len(folded) - 1)
    swapped = {folded[:at] + folded[at + 1] + folded[at] + folded[at + 2 :] for at in places}
    single = {folded[:at] + folded[at + 1 :] for at in places if folded[at] == folded[at + 1]}
    meant = {key for name in swapped | single for key in lexicon.by_name.get(name, ())}
    return meant if len(meant) == 1 else set()


def _is_short(folded: str) -> bool:
    """Tell whether a name may be an abbreviation of quite different ones."""
    return folded.isascii() and len(folded) <= _SHORT


def _singular(name: str) -> str:
    return name[:-1] if len(name) > 4 and name.isascii() and name.endswith("s") and not name.endswith("ss") else name


def _add(group: _Group, term: Term, document: str) -> None:
    total = sum(count.count for count in term.counts)
    group.keys.add(term.key)
    group.names.update(dict.fromkeys(term.names, total))
    group.canonical[term.name] += total
    group.kinds[term.kind] += total
    group.doubt *= 1 - term.score
    group.sure = max(group.sure, term.score)
    group.definition = max(group.definition, (term.definition_score, term.definition))
    for count in term.counts:
        question = question_id(document, count.question)
        group.counts[question] += count.count
        if count.about:
            group.about.add(question)


def _concept(key: str, group: _Group, lexicon: Lexicon) -> Concept:
    entry = lexicon.entries.get(key)
    most = sorted(group.canonical, key=lambda name: (-group.canonical[name], name))
    names = [entry.name, *entry.names] if entry else most
    names += (name for other in sorted(group.keys & lexicon.entries.keys()) for name in lexicon.entries[other].names)
    names += sorted(group.names, key=lambda name: (-group.names[name], name))
    distinct = _distinct(name for name in names if not lexicon.apart(names[0], name))
    name = distinct[0]
    return Concept(
        id="",
        name=name,
        kind=entry.kind if entry else min(group.kinds, key=lambda kind: (-group.kinds[kind], kind)),
        name_zh=entry.zh if entry else _first(distinct, chinese=True),
        name_en=entry.en if entry else _first(distinct, chinese=False),
        aliases=tuple(sorted(distinct[1:])),
        definition=_cut(group.definition[1]),
        mentions=sum(group.counts.values()),
    )


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names without those that differ in nothing that a reader would see as another name."""
    seen: dict[str, str] = {}
    for name in names:
        clean = " ".join(unicodedata.normalize("NFKC", name).split())
        if clean:
            seen.setdefault(clean.casefold(), clean)
    return list(seen.values())


def _first(names: Sequence[str], *, chinese: bool) -> str:
    return next((name for name in names if any("\u4e00" <= letter <= "\u9fff" for letter in name) is chinese), "")


def _cut(text: str) -> str:
    return text if len(text) <= _DEFINITION else text[: _DEFINITION - 1] + "…"


def _with_id(concept: Concept, id_: str) -> Concept:
    return Concept(
        id_,
        concept.name,
        concept.kind,
        concept.name_zh,
        concept.name_en,
        concept.aliases,
        concept.definition,
        concept.mentions,
    )


def slug(name: str) -> str:
    """Return a name as an id: letters and digits of any script, signs that tell names apart, single hyphens.

    >>> slug("Stable Diffusion"), slug("C++"), slug("C#")
    ('stable-diffusion', 'c++', 'c#')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "-".join("".join(letter if letter.isalnum() or letter in "+#." else " " for letter in plain).split()) or "-"


def _ids(concepts: Mapping[str, Concept]) -> dict[str, str]:
    """Return the concepts' ids; where two names make one slug, the folded names' own order tells them apart."""
    by_slug: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(concepts):
        by_slug[slug(concepts[key].name)].append(key)
    return {
        key: base if not number else f"{base}~{number + 1}"
        for base, keys in by_slug.items()
        for number, key in enumerate(keys)
    }


# Relations


@dataclass(slots=True)
class _Stated:
    """Where a relation is stated, how surely, and by which rule."""

    scores: dict[str, float] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    def add(self, candidate: Candidate) -> None:
        """Take one more place; a sentence counts once, as sure as its surest rule."""
        for number, sentence in enumerate(candidate.sentences):
            score = candidate.score if not number else 0.0
            if sentence not in self.rules or (score, candidate.rule) > (self.scores[sentence], self.rules[sentence]):
                self.scores[sentence] = score
                self.rules[sentence] = candidate.rule

    def confidence(self, ends: float) -> float:
        """Return how sure it is that at least one of the sentences is right; they are independent only in part."""
        model = load_model("confidence")
        by_document: defaultdict[str, list[float]] = defaultdict(list)
        for sentence, score in self.scores.items():
            if score:
                sure = model.probability(confidence_features(score, ends))
                by_document[sentence.rpartition("#")[0]].append(sure)
        ranked = sorted((sorted(sures, reverse=True) for sures in by_document.values()), reverse=True)
        weighed = [sures[0] * (_ELSEWHERE if place else 1.0) for place, sures in enumerate(ranked)]
        weighed += [sure * _AGAIN for sures in ranked for sure in sures[1:]]
        return round(1 - math.prod(1 - share for share in weighed), 3)


def _relations(
    extractions: Sequence[Extraction], leader: Mapping[str, str], ids: Mapping[str, str], ends: Mapping[str, float]
) -> list[Relation]:
    meaning = load_ontology().relations
    stated: defaultdict[tuple[str, RelationType, str, bool], _Stated] = defaultdict(_Stated)
    for extraction in extractions:
        for candidate in extraction.candidates:
            source, target = (ids.get(leader.get(key, "")) for key in (candidate.source, candidate.target))
            if source is None or target is None or source == target:
                continue
            if meaning[candidate.type].symmetric:
                source, target = sorted((source, target))
            stated[source, candidate.type, target, candidate.negated].add(candidate)
    return [_relation(key, found, min(ends[key[0]], ends[key[2]])) for key, found in stated.items()]


def _relation(key: tuple[str, RelationType, str, bool], stated: _Stated, ends: float) -> Relation:
    evidence = sorted(stated.rules, key=lambda sentence: (-stated.scores[sentence], sentence))[:_EVIDENCE]
    source, type_, target, negated = key
    rules = tuple(stated.rules[sentence] for sentence in evidence)
    return Relation(source, type_, target, negated, stated.confidence(ends), tuple(evidence), rules)
