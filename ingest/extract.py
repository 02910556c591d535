"""The first extractor: terms by the lexicon and discovery, relations by rules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from ingest.lexicon import edition
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
    """Return the extractor, made once a process for each edition of the files.

    Parameters
    ----------
    files
        Of the lexicon: the project's and the user's own.
    """
    files = tuple(files)
    return _make(files, edition(files))


@lru_cache(maxsize=2)
def _make(files: tuple[Path, ...], _edition: tuple[tuple[Path, int, int], ...]) -> Extractor:
    return LexiconAndRules(files)
