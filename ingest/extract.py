"""The first extractor: terms by the lexicon and discovery, relations by rules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ingest.recognise import Recogniser
from ingest.records import Extraction, Extractor, ParsedDocument
from ingest.relate import RuleExtractor


class LexiconAndRules:
    """Composes recognition and the rules; see `ingest.records.Extractor`."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._recognise = Recogniser(files)
        self._relate = RuleExtractor()

    def __call__(self, document: ParsedDocument) -> Extraction:
        """Return what the document holds."""
        recognised = self._recognise(document)
        candidates = self._relate(document, recognised.spans)
        return Extraction(document.document.path, recognised.terms, candidates)


def make_extractor(files: Iterable[Path]) -> Extractor:
    """Return the extractor, made once a process.

    Parameters
    ----------
    files
        Of the lexicon: the project's and the user's own.
    """
    return _make(tuple(files))


@cache
def _make(files: tuple[Path, ...]) -> Extractor:
    return LexiconAndRules(files)
