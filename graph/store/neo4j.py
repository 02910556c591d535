"""The store on a Neo4j server, by the official driver.

A load writes only what differs from what the server holds, found by a digest of each document and
by comparing the concept layer, in this order:

1. the state node says `unfinished`;
2. concepts that are new or changed;
3. documents that are new or changed, each in one transaction with all that belongs to it, its
   digest last; then those that are gone are removed;
4. relations and prerequisites; then concepts that are gone;
5. the state node gets the content's version.

Killed anywhere, the next run finds what is there and does the rest. All writes are managed
transactions of ``UNWIND`` batches sorted by key, and idempotent, as the driver runs them again
after a lost connection. Another writer is kept out by a transaction that holds the unique key of a
node which it never commits: the server itself ends it with the connection, so no lock outlives its
owner.

The server has one graph, not generations of it: while a load goes on, readers see whole documents,
some old, some new (`unfinished` tells). What a reader has cached, the concept layer, it keeps until
`version` tells of newer content; `content` is a copy, in a temporary file.
"""

from __future__ import annotations

import re
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, LiteralString, Self, TypeVar
from uuid import uuid4

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from graph.errors import (
    QueryLimitError,
    StoreEmptyError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    StoreVersionError,
)
from graph.model import (
    Bundle,
    Concept,
    Content,
    Document,
    Kind,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
    Sentence,
)
from graph.store import sidecar
from graph.store import statements as cypher
from graph.store.arcade_engine import Engines
from graph.store.base import Limits, Progress, Table, silent
from graph.store.neo4j_driver import READ_SECONDS, WRITE_SECONDS, Address, connect, translated
from graph.store.neo4j_load import Loader
from graph.store.rows import COLUMNS, FORMAT, named
from graph.store.sidecar import CONTENT, Sidecar

_LOCK_SECONDS: Final = 3.0
_DOCUMENTS_AT_ONCE: Final = 50
_ATTEMPTS: Final = 5
_SEARCH_CHARACTERS: Final = 200  # a longer text has more terms than Lucene takes
_WAITED: Final = re.compile(r"TransactionTimedOut|Terminated|LockClientStopped|LockAcquisitionTimeout")
_LUCENE: Final = re.compile(r"""([+\-&|!(){}\[\]^"~*?:\\/])""")

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class _State:
    format: int = FORMAT
    version: str = ""
    unfinished: bool = False


class Neo4jStore:
    """A `GraphStore` on a Neo4j server.

    Parameters
    ----------
    memory_mb
        Of the process that asks the console's statements, so that no result is too large for this one.
    write
        Keep other writers out from now on, not just during `replace`.

    Raises
    ------
    StoreError
        No server that can be used answers there; with `write`, also: another process is writing.
    """

    def __init__(self, address: Address, *, memory_mb: int = 512, write: bool = False) -> None:
        self._address = address
        self._driver = connect(address)
        self._engines = Engines(memory_mb, "graph.store.neo4j_worker")
        self._seen: _State | None = None
        self._layer: dict[str, Any] = {}
        self._lock: neo4j.Transaction | None = None
        self._held = ExitStack()
        if write:
            try:
                self._held.enter_context(self._writing())
            except BaseException:
                self.close()
                raise

    @property
    def url(self) -> str:
        """Return the server's address, with the database where one is named."""
        return f"{self._address.uri}/{self._address.database}".rstrip("/")

    def version(self) -> str:
        """Ask the server; forget what is cached if there is newer content."""
        state = self._state()
        if self._seen is None or state.version != self._seen.version:
            self._layer = {}
        self._seen = state
        return state.version

    def unfinished(self) -> bool:
        """Tell whether a load goes on, or was broken off: then there are old documents and new ones."""
        return self._state().unfinished

    def replace(self, content: Content, progress: Progress = silent) -> None:
        """Write what differs from what the server holds (see this module's head)."""
        with self._writing() as lock, translated(self._address, writing=True):
            self._layer = {}
            state = self._state()
            held = {each["path"]: each.get("digest", "") for each in self._nodes(cypher.NEO4J_DOCUMENTS)}
            layer = self._read_concepts(), self._read_relations(), self._read_prerequisites()
            with self._session() as session:
                version = Loader(session, progress).load(content, held, *layer)
                if self._state().unfinished or version != state.version:
                    session.execute_write(_publish, version)
            lock.run(cypher.NEO4J_PING).consume()  # it is still held
        self.version()

    def content(self) -> Content:
        """Return a copy of all content, in a temporary file that goes with it."""
        self._require()
        folder = tempfile.TemporaryDirectory(prefix="zhitu-")
        for attempt in range(_ATTEMPTS):
            path = Path(folder.name) / f"{attempt}-{CONTENT}"
            before = self.version()
            sidecar.write(path, _Live(self))
            if self.version() == before:
                copy = Sidecar(path)
                weakref.finalize(copy, folder.cleanup)
                return copy
        raise StoreUnavailableError(f"The graph at {self.url} is replaced too often to be copied.", "Try again.")

    def documents(self) -> Sequence[Document]:
        """Return the documents, sorted by path."""
        self._require()
        rows = self._nodes(cypher.NEO4J_DOCUMENTS)
        found = self._made(rows, _document)
        return sorted(found, key=lambda each: each.path)

    def questions(self, ids: Iterable[str] | None = None, *, document: str | None = None) -> Sequence[Question]:
        """Return questions by id, of one document, or all."""
        self._require()
        if ids is not None:
            rows = self._nodes(cypher.NEO4J_QUESTIONS_BY_ID, ids=sorted(set(ids)))
        elif document is not None:
            rows = self._nodes(cypher.NEO4J_QUESTIONS_OF, documents=[document])
        else:
            rows = self._nodes(cypher.NEO4J_QUESTIONS)
        found = [each for each in self._made(rows, _question) if document in (None, each.document)]
        return sorted(found, key=lambda each: (each.document, each.position))

    def count_questions(self) -> int:
        """Return how many questions there are."""
        self._require()
        return int(self._rows(cypher.NEO4J_COUNT_QUESTIONS)[0]["count"])

    def sentences(self, ids: Iterable[str] | None = None, *, question: str | None = None) -> Sequence[Sentence]:
        """Return sentences by id, of one question, or all."""
        self._require()
        if ids is not None:
            rows = self._nodes(cypher.NEO4J_SENTENCES_BY_ID, ids=sorted(set(ids)))
        elif question is not None:
            rows = self._nodes(cypher.NEO4J_SENTENCES_OF, questions=[question])
        else:
            rows = self._nodes(cypher.NEO4J_SENTENCES)
        found = [each for each in self._made(rows, _sentence) if question in (None, each.question)]
        return sorted(found, key=_place)

    def mentions(self, *, concept: str | None = None, question: str | None = None) -> Sequence[Mention]:
        """Return mentions of a concept, in a question, or all."""
        self._require()
        if question is not None:
            rows = self._rows(cypher.NEO4J_MENTIONS_IN, questions=[question])
        elif concept is not None:
            rows = self._rows(cypher.NEO4J_MENTIONS_OF, concept=concept)
        else:
            rows = self._rows(cypher.NEO4J_MENTIONS)
        found = [Mention(**row) for row in rows if concept in (None, row["concept"])]
        return sorted(found, key=lambda each: (each.question, each.concept))

    def concepts(self) -> Sequence[Concept]:
        """Return the concepts, sorted by id."""
        return self._cached("concepts", self._read_concepts)

    def relations(self) -> Sequence[Relation]:
        """Return the relations, sorted by key."""
        return self._cached("relations", self._read_relations)

    def prerequisites(self) -> Sequence[Prerequisite]:
        """Return the prerequisites, sorted by (source, target)."""
        return self._cached("prerequisites", self._read_prerequisites)

    def search(self, text: str, limit: int = 20) -> Sequence[tuple[str, float]]:
        """Return (concept id, score) from the full-text index of names."""
        self._require()
        wanted = _lucene(text)
        if not wanted:
            return []
        return [(row["id"], row["score"]) for row in self._rows(cypher.NEO4J_SEARCH, text=wanted, limit=limit)]

    def query(self, statement: str, parameters: Mapping[str, Any], limits: Limits) -> Table:
        """Run a statement read-only, in a process that is ended when the server does not stop it in time."""
        answer = self._ask("query", statement, parameters, limits)
        rows = tuple(map(tuple, answer["rows"]))
        return Table(tuple(answer["columns"]), rows, answer["seconds"], answer["truncated"])

    def explain(self, statement: str, parameters: Mapping[str, Any]) -> str:
        """Return the server's plan as text; refused for what `query` would refuse."""
        return str(self._ask("explain", statement, parameters, Limits()))

    def close(self) -> None:
        """Let go of lock, process and connections."""
        with translated(self._address):
            self._held.close()
            self._engines.close()
            self._driver.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    # Reading

    def _rows(self, statement: LiteralString, **parameters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- Bolt's
        with translated(self._address), self._session() as session:
            return session.execute_read(lambda transaction: transaction.run(statement, parameters).data())

    def _nodes(self, statement: LiteralString, **parameters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- Bolt's
        return [row["node"] for row in self._rows(statement, **parameters)]

    def _made(self, rows: Iterable[dict[str, Any]], make: Callable[[dict[str, Any]], _Record]) -> list[_Record]:
        """Return the records that rows are, if they are Zhitu's at all."""
        try:
            return [make(row) for row in rows]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreVersionError(
                f"The database at {self.url} holds a graph that Zhitu has not made ({error}).",
                "Name another database: NEO4J_DATABASE.",
            ) from error

    def _state(self) -> _State:
        rows = self._rows(cypher.NEO4J_STATE)
        state = _State(**rows[0]) if rows else self._imported()
        if state.format != FORMAT:
            raise StoreVersionError(
                f"The graph at {self.url} is of format {state.format}, this Zhitu reads format {FORMAT}.",
                "Use the Zhitu that made it, or name another database: NEO4J_DATABASE.",
            )
        return state

    def _imported(self) -> _State:
        """Return the state of what an export has brought into the database: it has counts for a version."""
        (counts,) = self._rows(cypher.NEO4J_COUNTS)
        return _State(version=f"imported {counts['nodes']} {counts['edges']}" if counts["concepts"] else "")

    def _require(self) -> None:
        if self._seen and self._seen.version:
            return
        if not self.version():
            begun = self._seen is not None and self._seen.unfinished
            raise StoreEmptyError(
                f"The first load into {self.url} is not finished."
                if begun
                else f"There is no graph at {self.url} yet.",
                "`zhitu ingest PATH` finishes it." if begun else "`zhitu ingest PATH` makes one.",
            )

    def _cached(self, name: str, read: Callable[[], list[_Record]]) -> Sequence[_Record]:
        self._require()
        layer = self._layer  # `version` may put another in its place meanwhile
        if name not in layer:
            layer[name] = tuple(read())
        found: Sequence[_Record] = layer[name]
        return found

    def _read_concepts(self) -> list[Concept]:
        found = self._made(self._nodes(cypher.NEO4J_CONCEPTS), _concept)
        return sorted(found, key=lambda each: each.id)

    def _read_relations(self) -> list[Relation]:
        found = self._made(self._rows(cypher.NEO4J_RELATIONS), _relation)
        return sorted(found, key=lambda each: each.key)

    def _read_prerequisites(self) -> list[Prerequisite]:
        rows = self._rows(cypher.NEO4J_PREREQUISITES)
        found = [Prerequisite(row["source"], row["target"], row["weight"], tuple(row["reasons"])) for row in rows]
        return sorted(found, key=lambda each: (each.source, each.target))

    def bundles(self) -> Iterator[Bundle]:
        """Yield the documents' bundles as they are now, some documents in memory at a time."""
        documents = self.documents()
        for start in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            yield from self._bundles(documents[start : start + _DOCUMENTS_AT_ONCE])

    def _bundles(self, documents: Sequence[Document]) -> Iterator[Bundle]:
        questions = _grouped(
            self._made(self._nodes(cypher.NEO4J_QUESTIONS_OF, documents=[each.path for each in documents]), _question),
            lambda each: each.document,
        )
        ids = [each.id for some in questions.values() for each in some]
        document = {each.id: each.document for some in questions.values() for each in some}
        sentences = _grouped(
            self._made(self._nodes(cypher.NEO4J_SENTENCES_OF, questions=ids), _sentence),
            lambda each: document[each.question],
        )
        mentions = _grouped(
            (Mention(**row) for row in self._rows(cypher.NEO4J_MENTIONS_IN, questions=ids)),
            lambda each: document[each.question],
        )
        for each in documents:
            yield Bundle(
                each,
                tuple(sorted(questions.get(each.path, ()), key=lambda question: question.position)),
                tuple(sorted(sentences.get(each.path, ()), key=_place)),
                tuple(sorted(mentions.get(each.path, ()), key=lambda mention: (mention.question, mention.concept))),
            )

    # Writing

    def _session(self) -> neo4j.Session:
        return self._driver.session(
            database=self._address.database or None,
            bookmark_manager=self._driver.execute_query_bookmark_manager,
            max_transaction_retry_time=WRITE_SECONDS if self._lock else READ_SECONDS,
        )

    @contextmanager
    def _writing(self) -> Iterator[neo4j.Transaction]:
        """Keep other writers out, by a transaction that is never committed; constraints and indexes are there then."""
        if self._lock:
            yield self._lock
            return
        with translated(self._address), self._session() as session:
            session.run(cypher.NEO4J_OWN_SCHEMA).consume()
            _try_lock(session, self.url)
            with session.begin_transaction() as lock:
                lock.run(cypher.NEO4J_LOCK).consume()
                self._prepare()
                self._lock = lock
                try:
                    yield lock
                finally:
                    self._lock = None
                    _release(lock)

    def _prepare(self) -> None:
        with self._session() as session:
            for statement in (*cypher.NEO4J_SCHEMA, cypher.NEO4J_AWAIT_INDEXES):
                session.run(statement).consume()

    # The console

    def _ask(self, task: str, statement: str, parameters: Mapping[str, Any], limits: Limits) -> Any:  # noqa: ANN401 -- JSON
        self._require()
        request = {
            "task": task,
            "address": asdict(self._address),
            "mark": uuid4().hex,
            "statement": statement,
            "parameters": dict(parameters),
            **asdict(limits),
        }
        try:
            return self._engines.ask(request, limits.seconds)
        except QueryLimitError:
            self._terminate(request["mark"])
            raise

    def _terminate(self, mark: str) -> None:
        """Stop on the server what goes on there after its time, or after the process that asked was ended."""
        with suppress(StoreError):  # the server ends it as well, by the transaction's time limit
            if ids := [row["id"] for row in self._rows(cypher.NEO4J_RUNNING, mark=mark)]:
                self._rows(cypher.NEO4J_TERMINATE, ids=ids)


class _Live:
    """What a server holds, as a `Content`."""

    def __init__(self, store: Neo4jStore) -> None:
        self.concepts = store.concepts()
        self.relations = store.relations()
        self.prerequisites = store.prerequisites()
        self.bundles = store.bundles


def _try_lock(session: neo4j.Session, url: str) -> None:
    """See within seconds whether somebody else holds the lock."""
    try:
        with session.begin_transaction(timeout=_LOCK_SECONDS) as attempt:
            attempt.run(cypher.NEO4J_LOCK).consume()
            attempt.rollback()
    except Neo4jError as error:
        if _WAITED.search(error.code or ""):
            raise StoreLockedError(
                f"Another process is writing to {url}.", "Try again when it has finished."
            ) from error
        raise


def _release(lock: neo4j.Transaction) -> None:
    with suppress(Neo4jError, DriverError):  # lost with its connection: the server has let go
        lock.close()


def _publish(transaction: neo4j.ManagedTransaction, version: str) -> None:
    transaction.run(cypher.NEO4J_BEGIN, {"format": FORMAT}).consume()
    transaction.run(cypher.NEO4J_PUBLISH, {"version": version}).consume()


def _document(row: Mapping[str, Any]) -> Document:
    return Document(row["path"], row["title"], row["sha256"], row.get("root", ""))  # no root: from an export


def _sentence(row: Mapping[str, Any]) -> Sentence:
    return Sentence(**row)


def _relation(row: Mapping[str, Any]) -> Relation:
    lists = {"evidence": tuple(row["evidence"]), "rules": tuple(row["rules"])}
    return Relation(**{**row, "type": RelationType(row["type"]), **lists})


def _question(row: Mapping[str, Any]) -> Question:
    return Question(**{**row, "properties": named(row["properties"])})


def _concept(row: Mapping[str, Any]) -> Concept:
    own = {name: row[name] for name in COLUMNS[Concept]}
    return Concept(**{**own, "kind": Kind(row["kind"]), "aliases": tuple(row["aliases"])})


def _place(sentence: Sentence) -> tuple[str, int, int]:
    """Return what sorts sentences as the notes have them: a key is document, hash, two positions."""
    document, _, question = sentence.question.rpartition("#")
    return document, int(question), sentence.position


def _grouped(records: Iterable[_Record], key: Callable[[_Record], str]) -> dict[str, list[_Record]]:
    groups: dict[str, list[_Record]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def _lucene(text: str) -> str:
    """Return the text as a query that no character of it can change the meaning of."""
    plain = text.encode("utf-8", "ignore").decode()[:_SEARCH_CHARACTERS].lower()  # AND, OR and NOT are in capitals
    return _LUCENE.sub(r"\\\1", plain).strip()
