"""What earlier ingests found, on this machine, so that only new and changed notes are read again.

A copy of each note of the graph is kept by its hash, and what parsing and extraction made of it by hash, path
and the fingerprint of everything that extraction depends on. So a change of the lexicon or of the code
makes all notes be extracted anew, also those that were not named this time. Entries that the graph
no longer needs are removed after each ingest. Losing the folder costs time, not notes: documents
whose copy is missing must be named again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from graph.errors import StoreError
from graph.model import Document
from graph.settings import Settings, data_folder

_EMBEDDED = "embedded:"


def cache_folder(settings: Settings) -> Path:
    """Return where the cache of the settings' store is: inside an embedded store, else in the state folder."""
    if settings.store.startswith(_EMBEDDED):
        return Path(settings.store.removeprefix(_EMBEDDED)).expanduser() / "cache"
    digest = hashlib.sha256(f"{settings.store}\0{settings.neo4j_database}".encode()).hexdigest()[:16]
    return settings.state / "cache" / digest


class Kept(StrEnum):
    """A file of the user's that is kept with the graph, for later ingests."""

    MERGES = "merges"
    PREREQUISITES = "prerequisites"


def kept(folder: Path, what: Kept) -> tuple[Path, ...]:
    """Return the file that the graph of a cache's folder is made with, if there is one."""
    return tuple(sorted((folder / what).glob("*.csv")))


def keep(folder: Path, what: Kept, file: Path) -> None:
    """Keep a copy of a file in place of an earlier one, under a name that its content gives."""
    data = file.read_bytes()
    path = folder / what / f"{hashlib.sha256(data).hexdigest()[:16]}.csv"
    _write(path, data)
    for other in kept(folder, what):
        if other != path:
            other.unlink(missing_ok=True)


def fingerprint(lexicons: Iterable[Path], extractor: str = "") -> str:
    """Return a digest of the code, the rules, the lexicons and a user's own extractor, that extraction depends on."""
    code = sorted(Path(__file__).parent.rglob("*.py"))
    rules = sorted((data_folder() / "rules").rglob("*.*"))
    digest = hashlib.sha256(extractor.encode())
    for file in (*code, *rules, *lexicons, *module_files(extractor)):
        content = file.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def module_files(extractor: str) -> tuple[Path, ...]:
    """Return the file of the module that MODULE:NAME names; none where it has no file that can be found."""
    try:
        spec = find_spec(extractor.partition(":")[0]) if extractor else None
    except (ImportError, ValueError):
        return ()  # `ingest.extract` tells what is wrong with it
    return (Path(spec.origin),) if spec and spec.origin and Path(spec.origin).is_file() else ()


class Cache:
    """The folder of copies and records.

    Parameters
    ----------
    folder
        Made when first written to.
    stamp
        The `fingerprint` that records must have been made under.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self._notes = folder / "notes"
        self._records = folder / "records" / stamp
        self._state = folder / "state"
        self._stamp = stamp

    def note(self, sha256: str) -> Path:
        """Return the path of the copy of a note, which may not be there."""
        return self._notes / sha256[:2] / sha256

    def keep_note(self, sha256: str, data: bytes) -> None:
        """Keep a copy of a note."""
        path = self.note(sha256)
        if not path.is_file():
            _write(path, data)

    def record(self, document: Document) -> bytes | None:
        """Return what was found in a document, None where it is not there."""
        try:
            return self._record_path(document).read_bytes()
        except FileNotFoundError:
            return None

    def drop_record(self, document: Document) -> None:
        """Forget what was found in a document."""
        self._record_path(document).unlink(missing_ok=True)

    def has_record(self, document: Document) -> bool:
        """Tell whether there is a record of a document."""
        return self._record_path(document).is_file()

    def keep_record(self, document: Document, data: bytes) -> None:
        """Keep what was found in a document."""
        _write(self._record_path(document), data)

    def settled(self, version: str) -> bool:
        """Tell whether the store's content of this version was made under this fingerprint."""
        try:
            return self._state.read_text(encoding="ascii") == f"{self._stamp} {version}"
        except FileNotFoundError:
            return False

    def settle(self, version: str, documents: Iterable[Document]) -> None:
        """Note what the store's content was made under, and remove what it does not need."""
        documents = list(documents)
        _write(self._state, f"{self._stamp} {version}".encode())
        _prune(self._notes, {self.note(document.sha256) for document in documents})
        _prune(self._records, {self._record_path(document) for document in documents})
        for other in self._records.parent.iterdir() if self._records.parent.is_dir() else ():
            if other != self._records:
                shutil.rmtree(other, ignore_errors=True)

    def _record_path(self, document: Document) -> Path:
        name = hashlib.sha256(f"{document.path}\0{document.sha256}".encode()).hexdigest()
        return self._records / name[:2] / name


def _write(path: Path, data: bytes) -> None:
    """Write all or nothing: a reader or a killed process never leaves half a file under the name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{path.parent} cannot be written: {error.strerror}; the old graph stays.",
            "See that there is space and permission to write, and run the ingest again.",
        ) from error


def _prune(folder: Path, needed: set[Path]) -> None:
    for path in folder.glob("*/*"):
        if path not in needed:
            path.unlink(missing_ok=True)
