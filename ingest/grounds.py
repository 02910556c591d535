"""Why names are one concept, and why a relation is as sure as it is: from what ingests keep on this machine.

The graph holds sentences and rules; the figures behind them, and what a note said of a name, come from the records and
copies of `ingest.cache`. Where these are gone, or the graph was made elsewhere, there is less to tell, and no error.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from graph.errors import DataError
from graph.model import Concept, Document, Relation, Sentence
from graph.query.names import names_of
from graph.query.view import GraphView, document_of
from graph.query.words import Language
from graph.settings import Settings, data_folder
from graph.store.base import GraphStore
from ingest.cache import Cache, cache_folder
from ingest.confidence import load_choice, load_model, log_odds
from ingest.lexicon import Lexicon, fold, load_lexicon
from ingest.parse import parse
from ingest.pipeline import Findings, lexicon_files, stamp
from ingest.read import decode
from ingest.records import Candidate, Extraction, Term
from ingest.relate import PAIR_RULES
from ingest.resolve import meant_by

#: Sentences of a relation, the surest first, whose confidence is taken apart.
_EXPLAINED = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for something, or, with a share below 0, against it: in log odds."""

    words: str
    share: float


@dataclass(frozen=True, slots=True)
class Statement:
    """How sure it is that a sentence (its id) states a relation, if both ends are concepts; why, weightiest first."""

    sentence: str
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RelationGrounds:
    """What a relation's confidence is made of: its statements, and how sure it is that each end is a concept."""

    statements: tuple[Statement, ...]
    source: float
    target: float


@dataclass(frozen=True, slots=True)
class NameGround:
    """Why a name is one of a concept's, and the sentence that says so, where one does."""

    name: str
    words: str
    sentence: Sentence | None = None


def relation_grounds(
    view: GraphView, store: GraphStore, settings: Settings, relation: Relation, language: Language = Language.EN
) -> RelationGrounds | None:
    """Return what the confidence of a relation is made of, by its first sentences; None where no note of it is kept.

    The notes of these sentences are extracted once more: what a score is computed from is too much to keep.
    """
    documents = {document.path: document for document in store.documents()}
    kept = Cache(cache_folder(settings), stamp(settings))
    sentences = relation.evidence[:_EXPLAINED]
    notes = dict.fromkeys(documents[document_of(sentence)] for sentence in sentences)
    extracted = [_extracted(document, kept, settings) for document in notes if kept.has_record(document)]
    ends = view.concepts[relation.source], view.concepts[relation.target]
    extractions = list(_extractions(store, settings, _documents(view, ends)))
    terms = [list(_terms(end, extractions)) for end in ends]
    sure = [max((term.score for term in own), default=0.0) for own in terms]
    keys = [{term.key for term in own} for own in terms]
    best: dict[str, Candidate] = {}
    for candidate in (one for extraction in extracted for one in extraction.candidates):
        sentence = candidate.sentences[0]
        between = (candidate.source in keys[0] and candidate.target in keys[1]) or (
            candidate.source in keys[1] and candidate.target in keys[0]
        )
        same = between and candidate.type is relation.type and candidate.negated is relation.negated
        if same and sentence in sentences and (sentence not in best or best[sentence].score < candidate.score):
            best[sentence] = candidate
    statements = [_statement(best[sentence], language) for sentence in sentences if sentence in best]
    return RelationGrounds(tuple(statements), *sure) if statements else None


def _extracted(document: Document, kept: Cache, settings: Settings) -> Extraction:
    """Extract a note from its copy, as the ingest did."""
    from ingest.extract import make_extractor  # noqa: PLC0415  spaCy takes most of a second to import

    data = kept.note(document.sha256).read_bytes()
    return make_extractor(lexicon_files(settings), settings.extractor)(parse(decode(document, data, settings)))


def name_grounds(
    view: GraphView, store: GraphStore, settings: Settings, concept: Concept, language: Language = Language.EN
) -> tuple[NameGround, ...]:
    """Return why each other name of a concept is one of it, in the order of `names_of`."""
    lexicon = load_lexicon(lexicon_files(settings))
    given: dict[str, tuple[str, str]] = {}
    for extraction in _extractions(store, settings, _documents(view, [concept])):
        for term in extraction.terms:
            for naming in term.given:
                given.setdefault(fold(naming.name), (naming.rule, naming.sentence))
    found = [(name, *_why(name, concept, lexicon, given)) for name in names_of(concept)[1:]]
    sentences = {one.id: one for one in store.sentences({sentence for *_, sentence in found if sentence})}
    return tuple(
        NameGround(name, _words(language)[code].format(value=value), sentences.get(sentence))
        for name, code, value, sentence in found
    )


def _why(
    name: str, concept: Concept, lexicon: Lexicon, given: Mapping[str, tuple[str, str]]
) -> tuple[str, int | str, str]:
    """Return the code of why a name is one of a concept's, the value in its words, and the sentence."""
    folded = fold(name)
    names = {fold(other) for other in names_of(concept)}
    for merge in lexicon.merges:
        if merge.same and folded in merge.pair and names.issuperset(merge.pair):
            return "merge", merge.row, ""
    entry = lexicon.entries.get(fold(concept.name))
    if entry and folded in map(fold, entry.names):
        return "lexicon", "", ""
    if folded in given:
        rule, sentence = given[folded]
        return rule, "", sentence
    if folded == fold(concept.name) or folded.removesuffix("s") in names - {folded}:
        return "spelling", "", ""
    return ("slip" if meant_by(folded, lexicon) else "shared"), "", ""


def _documents(view: GraphView, concepts: Iterable[Concept]) -> set[str]:
    """Return the paths of the documents that mention the concepts."""
    return {document_of(mention.question) for concept in concepts for mention in view.mentions.get(concept.id, ())}


def _extractions(store: GraphStore, settings: Settings, paths: set[str]) -> Iterator[Extraction]:
    """Yield what is kept of documents."""
    kept = Cache(cache_folder(settings), stamp(settings))
    decoder = msgspec.msgpack.Decoder(Findings)
    for document in store.documents():
        data = kept.record(document) if document.path in paths else None
        if data is not None:
            try:
                yield decoder.decode(data).extraction
            except msgspec.DecodeError:
                continue  # the next ingest makes it anew


def _terms(concept: Concept, extractions: Iterable[Extraction]) -> Iterator[Term]:
    """Yield the documents' terms that a concept is made of."""
    names = {fold(name) for name in names_of(concept)}
    for extraction in extractions:
        yield from (term for term in extraction.terms if fold(term.name) in names)


def _statement(candidate: Candidate, language: Language) -> Statement:
    told = _weighed_reasons(candidate, language) if candidate.rule in PAIR_RULES else _rule_reasons(candidate, language)
    reasons = [Reason(words, round(share, 2)) for words, share in told if abs(share) >= 0.05]
    ranked = sorted(reasons, key=lambda reason: (-abs(reason.share), reason.words))
    return Statement(candidate.sentences[0], candidate.score, tuple(ranked))


#: Features of pairs that are told as one.
_TOLD_AS = {
    **dict.fromkeys(("words", "start", "end", "ends", "two"), "word"),
    **dict.fromkeys(("last word", "last words", "opens with"), "far before"),
}


def _weighed_reasons(candidate: Candidate, language: Language) -> Iterator[tuple[str, float]]:
    """Yield what the model of pairs makes of each kind of thing that stands around the two."""
    *features, class_ = candidate.features
    shares: defaultdict[str, float] = defaultdict(float)
    said: defaultdict[str, list[str]] = defaultdict(list)
    words = _words(language)
    for feature, share in load_choice().reasons(features, class_):
        name, _, value = feature.partition("=")
        code = f"pair:{_TOLD_AS.get(name, name)}"
        code = code if code in words else "pair"
        shares[code] += share
        said[code].append(value)
    for code, share in shares.items():
        yield words[code].format(value=" ".join(dict.fromkeys(" ".join(said[code]).split()))), share


def _rule_reasons(candidate: Candidate, language: Language) -> Iterator[tuple[str, float]]:
    shares: defaultdict[tuple[str, str], float] = defaultdict(float)
    for feature, share in load_model("relations").reasons(dict.fromkeys(candidate.features, 1.0)):
        shares[_code(feature)] += share
    kinds = " → ".join(feature.rpartition("=")[2] for feature in candidate.features if feature.startswith("type="))
    values = {"rule": candidate.rule, "type": kinds}
    words = _words(language)
    around = log_odds(candidate.score) - sum(shares.values())
    yield words["pair"], max(around, 0.0)  # the model of pairs was surer
    for (code, feature), share in shares.items():
        if code != "bias":
            yield words.get(code, feature).format(value=values.get(code, "")), share


def _code(feature: str) -> tuple[str, str]:
    """Return which words a feature is told by, and its own name where there are none."""
    name, _, value = feature.partition("=")
    if name in ("rule", "type", "bias"):
        return name, ""
    return f"{name}:{value}", feature


@cache
def _words(language: Language, path: Path | None = None) -> Mapping[str, str]:
    path = path or data_folder() / "rules" / "reasons.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["code"]: row[language] for row in csv.DictReader(file, strict=True)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error
