"""The first extractor: terms by the lexicon and discovery, relations by rules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from graph.errors import SettingsError
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


def make_extractor(files: Iterable[Path], named: str = "") -> Extractor:
    """Return the extractor, made once a process for each edition of the files.

    Parameters
    ----------
    files
        Of the lexicon: the project's and the user's own.
    named
        MODULE:NAME of what makes another extractor of these files (`Settings.extractor`); empty: the rules.

    Raises
    ------
    SettingsError
        There is no such module or name.
    """
    files = tuple(files)
    return _make(files, edition(files), named)


@lru_cache(maxsize=2)
def _make(files: tuple[Path, ...], _edition: tuple[tuple[Path, int, int], ...], named: str) -> Extractor:
    if not named:
        return LexiconAndRules(files)
    module, _, name = named.partition(":")
    try:
        extractor: Extractor = getattr(import_module(module), name)(files)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise SettingsError(
            f"ZHITU_EXTRACTOR is “{named}”, which cannot be used: {error}.",
            "It is MODULE:NAME; NAME takes the lexicon's files and returns an extractor (docs/extractor.md).",
        ) from error
    return extractor
