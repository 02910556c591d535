"""From files to a stored graph: the only composer of the stages.

Reading, parsing and extraction go document by document, in worker processes where it pays; what
they find is cached. Resolution and prerequisites look at all documents of the graph; then one writer
replaces the store's content. So the graph depends on the set of notes alone, not on the order or
number of ingests, and a killed or cancelled ingest leaves the old one.
"""

from __future__ import annotations

import gc
import hashlib
import os
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import msgspec
from rapidfuzz import process

from graph import logs
from graph.errors import LocatedError, NotFoundError, StoreError
from graph.learner import corrections
from graph.model import Bundle, Concept, Document, Mention, Prerequisite, Question, Relation, Sentence
from graph.settings import Settings, data_folder
from graph.store import open_store
from graph.store.base import GraphStore, Progress, silent
from ingest.cache import Cache, Kept, cache_folder, fingerprint, keep, kept
from ingest.executors import processes
from ingest.lexicon import Lexicon, fold, load_lexicon, read_merges
from ingest.parse import parse
from ingest.prerequisites import Given, given_in, infer, read_pairs
from ingest.read import Found, decode, find_notes, load, root_id
from ingest.records import Extraction, Notice
from ingest.resolve import resolve

_log = logs.logger("ingest")

#: Less text than this many bytes for each worker is done faster in this process: a worker takes seconds to start.
_WORTH_A_WORKER = 2_000_000
#: So many notes wait for each worker: enough to keep it busy, few enough for memory.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Task:
    """A note to be read, parsed and extracted, wherever the worker is: so it carries the bytes."""

    document: Document
    data: bytes
    settings: Settings


@dataclass(frozen=True, slots=True)
class Record:
    """What was found in one document: its `Text`, and the `Findings` in it; each is decoded where it is needed."""

    document: Document
    questions: tuple[Question, ...]
    sentences: tuple[Sentence, ...]
    extraction: Extraction
    given: tuple[Given, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The part of a `Record` that is stored as it is."""

    document: Document
    questions: tuple[Question, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """The part of a `Record` that all documents together decide on."""

    extraction: Extraction
    given: tuple[Given, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did.

    Parameters
    ----------
    files
        Notes that were found under the given paths.
    read, unchanged, removed
        How many of the graph's documents were read anew, were known already, went away.
    questions, concepts, relations, prerequisites
        Size of the whole graph afterwards.
    failures
        Notes that were not ingested; a version from an earlier ingest stays in the graph.
    notices
        What authors should know about their notes.
    seconds
        By stage, in order.
    changed
        Whether the graph is another one now.
    """

    files: int = 0
    read: int = 0
    unchanged: int = 0
    removed: int = 0
    documents: int = 0
    questions: int = 0
    concepts: int = 0
    relations: int = 0
    prerequisites: int = 0
    failures: tuple[Notice, ...] = ()
    notices: tuple[Notice, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    changed: bool = False


class _Clock:
    """Seconds by stage, summed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] += spent
            _log.info("stage done", extra={"stage": name, "seconds": round(spent, 3)})


def ingest(  # noqa: PLR0913  each option is one of the user's
    paths: Sequence[Path],
    settings: Settings,
    *,
    replace_all: bool = False,
    remove: Collection[str] = (),
    merges: Path | None = None,
    prerequisites: Path | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Report:
    """Bring notes into the graph.

    Documents that stand in the graph and not under `paths` stay, except those that an earlier ingest
    found in the same folder and that are gone from it.

    Parameters
    ----------
    paths
        Files and folders.
    settings
        Where the store is, limits, lexicons.
    replace_all
        The graph is to hold these notes and no others.
    remove
        Paths of documents that go from the graph, but those that are found again.
    merges
        A user's file of names that are, or are not, one concept (`ingest.lexicon`); kept for later ingests.
    prerequisites
        A user's file of pairs (`ingest.prerequisites.read_pairs`); kept for later ingests.
    workers
        Processes for extraction; by default as many as there are processors, where the notes are many.
    executor
        Runs the extraction instead of processes of our own, e.g. that of a Dask cluster.
    progress
        Told of each stage; an exception that it raises cancels the ingest.

    Raises
    ------
    ZhituError
        A path that is not there, limits, the store. A note that cannot be used does not raise: it is one of the
        report's `failures`.
    """
    clock = _Clock()
    with open_store(settings, write=True) as store:
        if merges is not None:
            read_merges(merges)
            load_lexicon((*_lexicons(settings), merges))  # refuses what is wrong before anything is changed
            keep(cache_folder(settings), Kept.MERGES, merges)
        if prerequisites is not None:
            read_pairs(prerequisites)
            keep(cache_folder(settings), Kept.PREREQUISITES, prerequisites)
        cache = Cache(cache_folder(settings), stamp(settings))
        job = _Job(settings, cache, workers, executor, progress)
        version = store.version()
        with clock.stage("read"):
            scan = _scan(paths, settings, store, replace_all=replace_all, remove=remove)
        if scan.same and cache.settled(_basis(version, settings)):
            return _report(scan, _Extracted(tuple(scan.stored.values())), store, clock)
        with clock.stage("extract"):
            extracted = _extract(scan, job)
        content, notices = _compose(extracted.documents, job, clock)
        with clock.stage("store"):
            store.replace(content, progress)
        cache.settle(_basis(store.version(), settings), extracted.documents)
        report = _report(scan, extracted, store, clock)
        told = tuple(sorted({*report.notices, *notices}, key=_place))
        return replace(report, notices=told, changed=store.version() != version)


def remove(documents: Collection[str], settings: Settings, *, progress: Progress = silent) -> Report:
    """Take documents out of the graph, with what they alone state; their files stay.

    Parameters
    ----------
    documents
        Paths as the graph has them.

    Raises
    ------
    NotFoundError
        The graph has no document of that path; nothing is removed then.
    StoreError
        The store cannot be read or written, or there is no graph.
    """
    with open_store(settings) as store:
        known = {document.path for document in store.documents()}
    for path in documents:
        if path not in known:
            near = [name for name, *_ in process.extract(path, known, limit=3, score_cutoff=60)]
            raise NotFoundError(
                f"No document of the graph is called “{path}”.", f"Nearest: {', '.join(near)}." if near else ""
            )
    return ingest([], settings, remove=documents, progress=progress)


@dataclass(frozen=True, slots=True)
class _Job:
    """What `ingest` was given, for the steps below."""

    settings: Settings
    cache: Cache
    workers: int | None
    executor: Executor | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class _Scan:
    """What is to be done.

    Parameters
    ----------
    found
        Notes under the given paths whose bytes could be read, and where they are.
    stored
        The graph's documents before, by path.
    removed
        Paths of those that go: not found any more under a folder that was given, or not given when replacing.
    files
        How many notes were found.
    """

    found: Mapping[str, tuple[Document, Found]]
    stored: Mapping[str, Document]
    removed: frozenset[str]
    files: int
    failures: tuple[Notice, ...]
    notices: tuple[Notice, ...]

    @property
    def unchanged(self) -> int:
        """How many of the notes found stand in the graph as they are."""
        return sum(self._knows(document) for document, _ in self.found.values())

    @property
    def same(self) -> bool:
        """Whether there is nothing to do but to say so."""
        return bool(self.stored) and not self.removed and self.unchanged == len(self.found)

    def _knows(self, document: Document) -> bool:
        stored = self.stored.get(document.path)
        return stored is not None and stored.sha256 == document.sha256


@dataclass(frozen=True, slots=True)
class _Extracted:
    """Documents of the graph to come, each with a record in the cache; how many were read anew; what went wrong."""

    documents: tuple[Document, ...]
    read: int = 0
    failures: tuple[Notice, ...] = ()


def _basis(version: str, settings: Settings) -> str:
    """Return what the graph was made of beside notes and code: the same basis means that there is nothing to do."""
    pairs = [path.name for path in _pairs(settings)]
    digest = hashlib.sha256(repr((corrections(settings.state), settings.confidence, pairs)).encode())
    return f"{version} {digest.hexdigest()[:16]}"


def _scan(
    paths: Sequence[Path], settings: Settings, store: GraphStore, *, replace_all: bool, remove: Collection[str]
) -> _Scan:
    """Find the notes and compare their hashes with those of the graph's documents."""
    listing, told = find_notes(paths, settings)
    folders = {root_id(path.resolve()) for path in paths if path.is_dir()}
    stored = {document.path: document for document in (store.documents() if store.version() else ())}
    found, failures, notices = {}, [], list(told)
    for one in listing:
        try:
            document, _ = load(one, settings)
        except LocatedError as error:
            failures.append(_notice(error))
            continue
        found[one.path] = (document, one)
        before = stored.get(one.path)
        if before is not None and before.root != document.root and before.sha256 != document.sha256:
            notices.append(Notice(one.path, 0, "replaces the note of that name from another folder"))
    named = {one.path for one in listing}
    gone = {
        path
        for path, document in stored.items()
        if path not in named and (replace_all or path in remove or document.root in folders)
    }
    return _Scan(found, stored, frozenset(gone), len(listing), tuple(failures), tuple(notices))


def _extract(scan: _Scan, job: _Job) -> _Extracted:
    """Make a record of each document of the graph to come that has none yet.

    A note that cannot be parsed is named; what the graph held under its path stays.
    """
    wanted = {path: document for path, document in scan.stored.items() if path not in scan.removed}
    wanted |= {path: document for path, (document, _) in scan.found.items()}
    failures = []
    read = 0
    missing = [document for document in wanted.values() if not job.cache.has_record(document)]
    while missing:  # a second time only for what stays in place of what failed
        again = []
        for document, outcome in _run(missing, scan, job):
            if isinstance(outcome, bytes):
                job.cache.keep_record(document, outcome)
                read += 1
                _log.debug("read", extra={"document": document.path, "bytes": len(outcome)})
                continue
            _log.warning("not ingested", extra={"document": outcome.path, "line": outcome.line, "why": outcome.message})
            failures.append(outcome)
            stored = scan.stored.get(document.path)
            if stored is None:
                del wanted[document.path]
            elif stored.sha256 == document.sha256:
                raise _lost(document, outcome)
            else:
                wanted[document.path] = stored
                again.append(stored)
        missing = [document for document in again if not job.cache.has_record(document)]
    return _Extracted(tuple(wanted[path] for path in sorted(wanted)), read, tuple(failures))


def _lost(document: Document, why: Notice) -> StoreError:
    """Return the error that keeps the graph, rather than drop a document that cannot be made anew."""
    return StoreError(
        f"{document.path} stands in the graph but cannot be taken over: {why.message} Nothing was changed.",
        "Ingest its file too, take it out with `zhitu remove`, or begin anew with --replace.",
    )


def _run(documents: Sequence[Document], scan: _Scan, job: _Job) -> Iterator[tuple[Document, bytes | Notice]]:
    """Yield each document with its encoded record, or with what is wrong; only a few notes are in memory at a time."""
    files = {document.path: _file(document, scan, job.cache) for document in documents}
    size = sum(path.stat().st_size for path in files.values() if path.is_file())
    count = job.workers or max(1, min(os.cpu_count() or 1, size // _WORTH_A_WORKER))
    public = replace(job.settings, neo4j_password="")  # a cluster has no need of it
    done = 0
    with processes(1 if job.executor else count) as own:
        pool = job.executor or own
        waiting: deque[tuple[Document, Future[bytes | Notice]]] = deque()
        for document in documents:
            data = _data(document, files[document.path])
            if isinstance(data, Notice):
                yield document, data
                continue
            job.cache.keep_note(document.sha256, data)
            task = Task(document, data, public)
            waiting.append((document, pool.submit(extract, task) if pool else _now(task)))
            while waiting and (pool is None or len(waiting) > _AHEAD * count):
                done += 1
                job.progress("extract", done, len(documents))
                ready, future = waiting.popleft()
                yield ready, future.result()
        for ready, future in waiting:
            done += 1
            job.progress("extract", done, len(documents))
            yield ready, future.result()


def _now(task: Task) -> Future[bytes | Notice]:
    future: Future[bytes | Notice] = Future()
    future.set_result(extract(task))
    return future


def _data(document: Document, file: Path) -> bytes | Notice:
    """Return the bytes that the document's hash is of, or what is wrong: the file may have changed meanwhile."""
    try:
        data = file.read_bytes()
    except OSError as error:
        return Notice(document.path, 0, f"cannot be read ({error.strerror}); name the note again.")
    if hashlib.sha256(data).hexdigest() != document.sha256:
        return Notice(document.path, 0, "changed while it was read; ingest it again.")
    return data


def _file(document: Document, scan: _Scan, cache: Cache) -> Path:
    """Return where the bytes of a document are: where it was found, or the copy of an earlier ingest."""
    found = scan.found.get(document.path)
    return found[1].file if found and found[0].sha256 == document.sha256 else cache.note(document.sha256)


def extract(task: Task) -> bytes | Notice:
    """Read, parse and extract one note: what a worker does.

    Returns
    -------
    The encoded `Record`, or what is wrong with the note.
    """
    # spaCy takes most of a second to import, and an ingest that finds nothing changed does not need it
    from ingest.extract import make_extractor  # noqa: PLC0415

    extractor = make_extractor(lexicon_files(task.settings), task.settings.extractor)
    with _no_collections():
        try:
            parsed = parse(decode(task.document, task.data, task.settings))
        except LocatedError as error:
            return _notice(error)
        given, notices = given_in(parsed.front_matter, task.document.path)
        record = Record(
            parsed.document,
            tuple(question.question for question in parsed.questions),
            tuple(sentence.sentence for question in parsed.questions for sentence in question.sentences),
            extractor(parsed).bare(),
            given,
            (*parsed.notices, *notices),
        )
        return msgspec.msgpack.encode(record)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Leave the search for cycles until a note is done: there are few, and it takes a twelfth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def stamp(settings: Settings) -> str:
    """Return the fingerprint of all that extraction depends on under these settings."""
    return fingerprint(lexicon_files(settings), settings.extractor)


def lexicon_files(settings: Settings) -> tuple[Path, ...]:
    """Return the project's lexicon, the user's own and the merges, in the order in which they are read."""
    return (*_lexicons(settings), *kept(cache_folder(settings), Kept.MERGES))


def _lexicons(settings: Settings) -> tuple[Path, ...]:
    return (*sorted((data_folder() / "lexicon").glob("*.csv")), *settings.lexicons)


_Part = TypeVar("_Part", Text, Findings)


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of some documents, read from the cache whenever they are needed: they hold all text."""

    documents: Sequence[Document]
    cache: Cache

    def each(self, part: type[_Part]) -> Iterator[tuple[Document, _Part]]:
        """Yield the documents, each with that part of its record."""
        decoder = msgspec.msgpack.Decoder(part)
        for document in self.documents:
            try:
                decoded = decoder.decode(self.cache.record(document) or b"")
            except msgspec.DecodeError as error:
                self.cache.drop_record(document)
                raise StoreError(
                    f"The cache lost what was found in {document.path}.", "Run the ingest again."
                ) from error
            yield document, decoded


@dataclass(frozen=True, slots=True)
class _Content:
    """The graph to be stored (`graph.model.Content`)."""

    records: _Records
    concepts: tuple[Concept, ...]
    relations: tuple[Relation, ...]
    prerequisites: tuple[Prerequisite, ...]
    mentions: Mapping[str, tuple[Mention, ...]]

    def bundles(self) -> Iterator[Bundle]:
        """Yield the documents' bundles, sorted by path."""
        for document, text in self.records.each(Text):
            titled = replace(text.document, root=document.root)
            yield Bundle(titled, text.questions, text.sentences, self.mentions.get(document.path, ()))


def _compose(documents: Sequence[Document], job: _Job, clock: _Clock) -> tuple[_Content, list[Notice]]:
    """Resolve and infer over all documents."""
    records = _Records(documents, job.cache)
    job.progress("resolve", 0, 0)
    with clock.stage("resolve"):
        findings = [found for _, found in records.each(Findings)]
        given = [pair for found in findings for pair in found.given]
        given += [pair for path in _pairs(job.settings) for pair in read_pairs(path)]
        notices = [notice for found in findings for notice in found.notices]
        lexicon = load_lexicon(lexicon_files(job.settings))
        concepts, relations, mentions = resolve(
            (found.extraction for found in findings), lexicon, job.settings.confidence
        )
        del findings  # more than the graph that came of them
        notices += _idle_merges(lexicon, concepts)
    by_document: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_document[mention.question.rpartition("#")[0]].append(mention)
    grouped = {path: tuple(found) for path, found in by_document.items()}
    content = _Content(records, tuple(concepts), tuple(relations), (), grouped)
    job.progress("infer", 0, 0)
    with clock.stage("infer"):
        prerequisites, circles = infer(content, given, corrections(job.settings.state))
    return replace(content, prerequisites=tuple(prerequisites)), [*notices, *circles]


def _pairs(settings: Settings) -> tuple[Path, ...]:
    """Return the user's file of prerequisites that is kept with the graph, if there is one."""
    return kept(cache_folder(settings), Kept.PREREQUISITES)


def _idle_merges(lexicon: Lexicon, concepts: Iterable[Concept]) -> Iterator[Notice]:
    """Yield which rows of the user's merges do nothing, because no concept has the name."""
    names = {fold(name) for concept in concepts for name in (concept.name, *concept.aliases)} if lexicon.merges else ()
    for merge in lexicon.merges:
        for name in (merge.name, merge.other):
            if fold(name) not in names:
                yield Notice(merge.file, merge.row, f"no concept of the notes is called “{name}”")


def _report(scan: _Scan, extracted: _Extracted, store: GraphStore, clock: _Clock) -> Report:
    return Report(
        files=scan.files,
        read=extracted.read,
        unchanged=scan.unchanged,
        removed=len(scan.removed),
        documents=len(extracted.documents),
        questions=store.count_questions(),
        concepts=len(store.concepts()),
        relations=len(store.relations()),
        prerequisites=len(store.prerequisites()),
        failures=tuple(sorted({*scan.failures, *extracted.failures}, key=_place)),
        notices=tuple(sorted(scan.notices, key=_place)),
        seconds={stage: round(seconds, 3) for stage, seconds in clock.seconds.items()},
    )


def _notice(error: LocatedError) -> Notice:
    return Notice(error.file, error.line, f"{error.problem} {error.hint}".strip())


def _place(notice: Notice) -> tuple[str, int, str]:
    return notice.path, notice.line, notice.message
