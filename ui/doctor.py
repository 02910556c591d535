"""What `zhitu doctor` looks at: whether all that the program needs is there, what is wrong, and how to mend it.

Nothing is changed by looking. Each check stands alone, so that one that fails hides no other.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Final

from graph.errors import StoreEmptyError, ZhituError
from graph.learner import Learner, corrections
from graph.ontology import load_ontology
from graph.settings import Settings, data_folder, load_settings
from graph.store import open_store
from graph.store.base import GraphStore, Limits
from ingest.cache import cache_folder
from ingest.lexicon import load_lexicon
from ingest.pipeline import lexicon_files
from ingest.relate.rules import load_rules
from ingest.vocabulary import load_vocabulary

_PACKAGES: Final = ("arcadedb-embedded", "neo4j", "spacy", "jieba", "rjieba", "streamlit", "pyvis", "networkx")
_EMBEDDED: Final = "embedded:"
_LITTLE: Final = 500_000_000  # bytes: a generation of a large corpus, and the old one beside it


class State(StrEnum):
    """What came of a check."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do where that is not good."""

    name: str
    state: State
    found: str
    mend: str = ""


def examine(store: str | None = None) -> tuple[Check, ...]:
    """Look at everything.

    Parameters
    ----------
    store
        The command line's ``--store``.
    """
    checks = [_versions(), *_packages()]
    try:
        settings = load_settings(store=store)
    except ZhituError as error:
        return (*checks, _wrong("settings", error))
    checks.append(Check("settings", State.GOOD, f"store {_place(settings)}, state {settings.state}"))
    checks += [
        _checked("data", lambda: _data(settings)),
        _checked("state", lambda: _state(settings)),
        *(_folder(name, folder) for name, folder in _folders(settings)),
        *_store(settings),
    ]
    return tuple(checks)


def _place(settings: Settings) -> str:
    """Return the store's address without what somebody may have put before its host."""
    scheme, slashes, rest = settings.store.partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}" if slashes else settings.store


def _wrong(name: str, error: ZhituError) -> Check:
    return Check(name, State.WRONG, error.message, error.hint)


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, State.GOOD, look())
    except ZhituError as error:
        return _wrong(name, error)


def _versions() -> Check:
    found = f"Zhitu {metadata.version('zhitu')}, Python {platform.python_version()}, {platform.platform()}"
    return Check("version", State.GOOD, found)


def _packages() -> Iterator[Check]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield Check("packages", State.WRONG, f"{name} is missing", "Install Zhitu again: make setup.")
    yield Check("packages", State.GOOD, ", ".join(found))


def _data(settings: Settings) -> str:
    load_ontology()
    load_vocabulary()
    load_rules()
    files = lexicon_files(settings)
    return f"{len(load_lexicon(files).entries)} entries of {len(files)} lexicon files, rules and ontology are valid"


def _state(settings: Settings) -> str:
    known = len(Learner(settings.state).statuses())
    return f"{known} concepts marked, {len(corrections(settings.state))} prerequisites corrected"


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    if settings.store.startswith(_EMBEDDED):
        yield "folder of the store", Path(settings.store.removeprefix(_EMBEDDED)).expanduser()
    else:
        yield "folder of the cache", cache_folder(settings)
    yield "folder of the state", settings.state


def _folder(name: str, folder: Path) -> Check:
    """Look whether a folder, or the nearest one above it that is there, can be written and has room."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return Check(name, State.WRONG, f"{there} is no folder", "Name another one, or move that file away.")
    if not os.access(there, os.W_OK | os.X_OK):
        return Check(name, State.WRONG, f"{there} may not be written by this user", "Name another one, or allow it.")
    free = shutil.disk_usage(there).free
    room = f"{folder}: {free // 1_000_000} MB free"
    if free < _LITTLE:
        return Check(name, State.NOTE, room, "An ingest needs room for the old graph and the new one: free some.")
    return Check(name, State.GOOD, room)


def _store(settings: Settings) -> Iterator[Check]:
    try:
        with open_store(settings) as store:
            yield _content(store)
            yield _checked("index", lambda: _index(store))
            yield _checked("Cypher", lambda: _engine(store))
    except StoreEmptyError as error:
        yield Check(
            "store", State.NOTE, error.message, f"{error.hint} The sample: zhitu ingest {data_folder() / 'notes'}"
        )
    except ZhituError as error:
        yield _wrong("store", error)


def _content(store: GraphStore) -> Check:
    sizes = len(store.documents()), len(store.questions()), len(store.concepts()), len(store.relations())
    words = "{} documents, {} questions, {} concepts, {} relations".format(*sizes)
    return Check("store", State.GOOD, f"{store.url}: {words}; version {store.version()[:12]}")


def _index(store: GraphStore) -> str:
    concepts = store.concepts()
    if not concepts:
        return "nothing to be found yet"
    name = concepts[0].name
    if concepts[0].id not in [found for found, _ in store.search(name, 100)]:
        raise ZhituError(
            f"“{name}” is in the graph and not in its index.", "`zhitu ingest --replace PATH` makes it anew."
        )
    return f"finds “{name}”"


def _engine(store: GraphStore) -> str:
    table = store.query("MATCH (c:Concept) RETURN count(c) AS concepts", {}, Limits(seconds=120))
    concepts = len(store.concepts())
    if table.rows != ((concepts,),):
        told = f"Cypher sees {table.rows[0][0]} concepts, the store {concepts}."
        raise ZhituError(told, "`zhitu ingest --replace PATH` makes the graph anew.")
    return f"answers in {table.seconds:.2f} s"
