"""Concepts, relations and reasons in words, Chinese or English.

The words are rows of data/ontology: relations.csv for what relations say, kinds.csv for kinds,
reasons.csv for why one concept comes before another.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from graph.errors import DataError
from graph.model import Concept, Kind, Prerequisite, Relation, RelationType
from graph.ontology import First, load_ontology
from graph.query.names import is_chinese
from graph.settings import data_folder


class Language(StrEnum):
    """A language that the graph is told in."""

    EN = "en"
    ZH = "zh"


#: What stands between reasons.
_AND = {Language.EN: "; ", Language.ZH: "；"}
_SENTENCES = {Language.EN: " ({figure} sentences)", Language.ZH: "（{figure} 句）"}


def label(concept: Concept, language: Language = Language.EN) -> str:
    """Return the name to call a concept by: canonical, but English where there is one and English is read."""
    if language is Language.ZH or not is_chinese(concept.name):
        return concept.name
    latin = [name for name in (concept.name_en, *concept.aliases) if name and not is_chinese(name)]
    return latin[0] if latin else concept.name


def kind_words(kind: Kind, language: Language = Language.EN) -> str:
    """Return a kind's name."""
    meaning = load_ontology().kinds[kind]
    return meaning.zh if language is Language.ZH else meaning.en


def phrase(
    type_: RelationType, language: Language = Language.EN, *, inverse: bool = False, negated: bool = False
) -> str:
    """Return what stands between two concepts, "uses" or "不被用于"."""
    form = f"{'inverse_' if inverse else ''}{'not_' if negated else ''}{language}"
    words: str = getattr(load_ontology().relations[type_], form)
    return words


def say(
    relation: Relation, concepts: Mapping[str, Concept], language: Language = Language.EN, *, inverse: bool = False
) -> str:
    """Return a relation as a sentence, told from its target if `inverse`: "CLIP uses contrastive learning"."""
    first, second = label(concepts[relation.source], language), label(concepts[relation.target], language)
    if inverse:
        first, second = second, first
    return f"{first} {phrase(relation.type, language, inverse=inverse, negated=relation.negated)} {second}"


def say_reasons(
    pair: Prerequisite, concepts: Mapping[str, Concept], language: Language = Language.EN, limit: int | None = None
) -> str:
    """Return why `pair.source` comes before `pair.target` as one line: all reasons, or so many of the first."""
    source, target = label(concepts[pair.source], language), label(concepts[pair.target], language)
    return join_reasons([_reason(code, source, target, language) for code in pair.reasons[:limit]], language)


def say_target(language: Language = Language.EN) -> str:
    """Return why a plan's target is in it."""
    return _reasons()["target", language]


def join_reasons(reasons: Iterable[str], language: Language = Language.EN) -> str:
    """Return reasons as one line."""
    return _AND[language].join(reasons)


def _reason(reason: str, source: str, target: str, language: Language) -> str:
    code, _, figure = reason.partition(":")
    if code.upper() in RelationType.__members__:
        return _stated(RelationType[code.upper()], figure, source, target, language)
    template = _reasons()[code, language]
    return template.format(source=source, target=target, figure=figure)


def _stated(type_: RelationType, figure: str, source: str, target: str, language: Language) -> str:
    """Say the relation that makes one concept the other's prerequisite, in its own direction."""
    if load_ontology().relations[type_].first is not First.SOURCE:
        source, target = target, source
    often = _SENTENCES[language].format(figure=figure) if figure not in ("", "1") else ""
    return f"{source} {phrase(type_, language)} {target}{often}"


@cache
def _reasons(path: Path | None = None) -> Mapping[tuple[str, Language], str]:
    path = path or data_folder() / "ontology" / "reasons.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        return {(row["code"], language): row[language] for row in rows for language in Language}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error
