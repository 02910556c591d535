"""The embedded store: ArcadeDB for Cypher, SQLite for all that is read by key, in generations.

::

    DIR/
      current          pointer: {"format", "generation", "version"}, replaced atomically
      lock, writer     held by the one process that writes, and which one it is
      gen-7/
        content.sqlite     the content (see `graph.store.sidecar`)
        engine/            the same content as an ArcadeDB database, for Cypher: made when first asked

A generation is built beside the current one, synced to disk, and then pointed to; its content is never
changed afterwards. The engine's database holds nothing of its own, and most generations are never asked
a statement, so it is made by the first one, once, whichever process asks. Killed at any moment, a writer
leaves the old generation in place, and what it left half done is removed by the next. Readers take no lock:
they go on with the files they have open until `version` tells them of newer ones. The Java machine runs in a
process of its own (see `graph.store.arcade_worker`), started by the first `query` or `explain`; nothing else
waits for it.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from graph.errors import (
    QueryError,
    StoreAccessError,
    StoreEmptyError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    StoreVersionError,
    ZhituError,
)
from graph.model import Concept, Content, Document, Mention, Prerequisite, Question, Relation, Sentence
from graph.store import sidecar
from graph.store.arcade_engine import Engines
from graph.store.base import Limits, Progress, Table, silent
from graph.store.rows import FORMAT
from graph.store.sidecar import CONTENT, ENGINE, LOADING, Sidecar

_ANEW = "`zhitu ingest --replace PATH` makes the graph anew."
_ATTEMPTS = 5
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class _Pointer:
    generation: str
    version: str


class ArcadeStore:
    """A `GraphStore` in a folder.

    Parameters
    ----------
    folder
        Made by the first `replace`.
    heap_mb
        Memory of the engine's Java machine.
    write
        Keep other writers out from now on, not just during `replace`: for those who read the
        content first and write it back changed.

    Raises
    ------
    StoreLockedError
        With `write`: another process is writing.
    """

    def __init__(self, folder: Path, *, heap_mb: int = 512, write: bool = False) -> None:
        self._folder = folder.expanduser().absolute()
        self._engines = Engines(heap_mb, "graph.store.arcade_worker")
        self._lock = FileLock(self._folder / "lock", thread_local=False)
        self._open: tuple[_Pointer, Sidecar] | None = None
        self._held = ExitStack()
        if write:
            self._held.enter_context(self._writing())

    @property
    def url(self) -> str:
        """Return ``embedded:DIR``."""
        return f"embedded:{self._folder}"

    def version(self) -> str:
        """Re-read the pointer and follow it; without Java."""
        pointer = self._pointer()
        if self._open and self._open[0] != pointer:
            self._open = None
        return pointer.version if pointer else ""

    def replace(self, content: Content, progress: Progress = silent) -> None:
        """Build the next generation and point to it, unless the current one holds the same."""
        with self._writing():
            try:
                self._build(content, progress)
            finally:
                self._sweep()
        self.version()

    def content(self) -> Content:
        """Return a view of all content, which stays as it is when newer content is written."""
        return self._reading()[1]

    def documents(self) -> Sequence[Document]:
        """Return the documents, sorted by path."""
        return self._reading()[1].documents()

    def questions(self, ids: Iterable[str] | None = None, *, document: str | None = None) -> Sequence[Question]:
        """Return questions by id, of one document, or all."""
        return self._reading()[1].questions(ids, document=document)

    def count_questions(self) -> int:
        """Return how many questions there are."""
        return self._reading()[1].count_questions()

    def sentences(self, ids: Iterable[str] | None = None, *, question: str | None = None) -> Sequence[Sentence]:
        """Return sentences by id, of one question, or all."""
        return self._reading()[1].sentences(ids, question=question)

    def mentions(self, *, concept: str | None = None, question: str | None = None) -> Sequence[Mention]:
        """Return mentions of a concept, in a question, or all."""
        return self._reading()[1].mentions(concept=concept, question=question)

    def concepts(self) -> Sequence[Concept]:
        """Return the concepts, sorted by id."""
        return self._reading()[1].concepts

    def relations(self) -> Sequence[Relation]:
        """Return the relations, sorted by key."""
        return self._reading()[1].relations

    def prerequisites(self) -> Sequence[Prerequisite]:
        """Return the prerequisites, sorted by (source, target)."""
        return self._reading()[1].prerequisites

    def search(self, text: str, limit: int = 20) -> Sequence[tuple[str, float]]:
        """Return (concept id, score) from the index of names; without Java."""
        return self._reading()[1].search(text, limit)

    def query(self, statement: str, parameters: Mapping[str, Any], limits: Limits) -> Table:
        """Run a statement read-only, in a process that is ended when its time is up."""
        answer = self._ask(
            {
                "task": "query",
                "statement": statement,
                "parameters": dict(parameters),
                "rows": limits.rows,
                "size": limits.size,
            },
            limits.seconds,
        )
        rows = tuple(map(tuple, answer["rows"]))
        return Table(tuple(answer["columns"]), rows, answer["seconds"], answer["truncated"])

    def explain(self, statement: str, parameters: Mapping[str, Any]) -> str:
        """Return the engine's plan as text."""
        request = {"task": "explain", "statement": statement, "parameters": dict(parameters)}
        return str(self._ask(request, Limits().seconds))

    def close(self) -> None:
        """End the engine's process and let go of files and lock."""
        self._engines.close()
        self._open = None
        self._held.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    # Reading

    def _pointer(self) -> _Pointer | None:
        path = self._folder / "current"
        try:
            held = json.loads(path.read_bytes())
            made_by, pointer = held["format"], _Pointer(held["generation"], held["version"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreAccessError(f"{path} cannot be read: {error}.") from error
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{path} is damaged.", _ANEW) from error
        if made_by != FORMAT:
            raise StoreVersionError(
                f"The graph in {self._folder} is of format {made_by}, this Zhitu reads format {FORMAT}.",
                "Use the Zhitu that made it, or ingest into another folder: --store embedded:DIR.",
            )
        return pointer

    def _reading(self) -> tuple[_Pointer, Sidecar]:
        opened = self._open
        for _ in range(_ATTEMPTS):
            if opened:
                return opened
            pointer = self._pointer()
            if not pointer:
                raise StoreEmptyError(f"There is no graph in {self._folder} yet.", "`zhitu ingest PATH` makes one.")
            try:
                self._open = opened = pointer, Sidecar(self._folder / pointer.generation / CONTENT)
            except FileNotFoundError:
                continue  # removed by a writer since the pointer was read: there is a newer one
        if opened:
            return opened
        raise StoreError(f"The graph in {self._folder} is damaged: its generation is missing.", _ANEW)

    def _ask(self, request: dict[str, Any], seconds: float) -> Any:  # noqa: ANN401 -- JSON
        for _ in range(_ATTEMPTS):
            pointer, _ = self._reading()
            generation = self._folder / pointer.generation
            try:
                self._make_engine(generation)
                return self._engines.ask({"folder": str(generation), **request}, seconds)
            except ZhituError:  # a generation that is being removed fails in any way, and there is a newer one
                if self.version() == pointer.version:
                    raise
        raise StoreUnavailableError(f"The graph in {self._folder} is replaced too often to be asked.", "Try again.")

    def _make_engine(self, generation: Path) -> None:
        """Make the engine's database of a generation, unless there is one; who comes meanwhile waits for it."""
        engine, new = generation / ENGINE, generation / LOADING
        if engine.is_dir() or not generation.is_dir():  # a generation that is gone may still be open in the engine
            return
        if not os.access(generation, os.W_OK):
            raise StoreAccessError(
                f"The first Cypher statement makes the engine's database, and {generation} may not be written.",
                "Run `zhitu doctor` once as a user who may write there.",
            )
        with self._translated(), FileLock(generation / "engine.lock", thread_local=False):
            if engine.is_dir():
                return
            shutil.rmtree(new, ignore_errors=True)  # of one that was killed
            self._engines.ask({"task": "load", "folder": str(generation)})
            _sync(new)
            new.rename(engine)
            _sync(generation, deep=False)

    # Writing

    @contextmanager
    def _writing(self) -> Iterator[None]:
        writer = self._folder / "writer"
        with self._translated():
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
            except Timeout as error:
                raise StoreLockedError(
                    f"{_holder(writer)} is writing to {self._folder}.", "Try again when it has finished."
                ) from error
            try:
                writer.write_text(f"process {os.getpid()} (since {time.strftime('%H:%M:%S')})", encoding="utf-8")
                yield
            finally:
                self._lock.release()

    def _build(self, content: Content, progress: Progress) -> None:
        current = self._replaceable()
        generation = self._folder / f"gen-{1 + max(map(_number, self._generations()), default=0)}"
        generation.mkdir()
        version = sidecar.write(generation / CONTENT, content, progress)
        if current and current.version == version and (self._folder / current.generation / CONTENT).is_file():
            return
        _sync(generation)
        self._point(_Pointer(generation.name, version))

    def _replaceable(self) -> _Pointer | None:
        try:
            return self._pointer()
        except StoreVersionError:
            raise
        except StoreError:
            return None  # damaged: made anew

    def _point(self, pointer: _Pointer) -> None:
        new = self._folder / "current.new"
        new.write_text(json.dumps({"format": FORMAT, **asdict(pointer)}) + "\n", encoding="utf-8")
        _sync(new)
        new.replace(self._folder / "current")
        _sync(self._folder, deep=False)

    def _sweep(self) -> None:
        """Remove all generations but the current one, and what a killed writer left; readers keep open files."""
        try:
            pointer = self._pointer()
        except StoreError:
            return  # what is still of use cannot be told
        for generation in self._generations():
            if not pointer or generation.name != pointer.generation:
                shutil.rmtree(generation, ignore_errors=True)

    def _generations(self) -> list[Path]:
        return [path for path in self._folder.glob("gen-*") if path.name[4:].isdecimal()]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _store_error(error, self._folder) from error
        except sqlite3.Error as error:
            full = "full" in str(error) or "disk I/O" in str(error)
            raise _full(self._folder) if full else StoreError(f"{self._folder} cannot be written: {error}.") from error
        except QueryError as error:
            if any(told in error.message for told in ("No space left", "File too large", "Disk quota")):
                raise _full(self._folder) from error
            raise StoreError(f"The graph engine cannot store the graph in {self._folder}: {error}") from error


def _number(generation: Path) -> int:
    return int(generation.name[4:])


def _holder(writer: Path) -> str:
    try:
        return f"Another {writer.read_text(encoding='utf-8')}"
    except OSError:
        return "Another process"


def _store_error(error: OSError, folder: Path) -> StoreError:
    if error.errno in _FULL:
        return _full(folder)
    if error.errno in _DENIED:
        return StoreAccessError(
            f"{folder} may not be written: {error.strerror}.", "Name another folder: --store embedded:DIR."
        )
    return StoreError(f"{folder} cannot be used: {error}.", "Name another folder: --store embedded:DIR.")


def _full(folder: Path) -> StoreError:
    return StoreError(
        f"There is no space left for the graph in {folder}; what was there stays.", "Free some and try again."
    )


def _sync(path: Path, *, deep: bool = True) -> None:
    """Have the file, or the folder with all below it, on disk before going on."""
    if path.is_dir():
        for each in path.iterdir() if deep else ():
            _sync(each)
        if os.name == "nt":
            return  # Windows has no handles of folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
