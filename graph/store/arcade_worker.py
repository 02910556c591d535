"""The only code that starts the Java machine: a process of its own that loads and asks ArcadeDB.

`graph.store.arcade_engine` runs it as ``python -m graph.store.arcade_worker MEGABYTES IDLE_SECONDS``. Requests
come as JSON lines on standard input and are answered on standard output, each by one
``{"result": …}`` or ``{"error": …}``. The process ends when its input does, so it never outlives the one
that started it, whatever it is doing. Statements are stopped in the same way: the engine's own limits do not
end a cartesian product, ending the process does.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jpype
import msgspec
from arcadedb_embedded import ArcadeDBError, Database, DatabaseFactory, GraphBatch, convert_java_to_python
from arcadedb_embedded.jvm import start_jvm

from graph.model import Bundle, Concept, Content, Document, Question, Sentence
from graph.store.rows import Edge, concept_edges, note_edges, properties
from graph.store.serving import WOULD_CHANGE, Message, Task, serve
from graph.store.sidecar import CONTENT, ENGINE, LOADING, Sidecar
from graph.store.statements import ARCADE_CYPHER, ARCADE_INDEXES, ARCADE_SCHEMA, EXPLAIN, KEYS

_EDGES_AT_ONCE = 10_000
_NODES_AT_ONCE = 20_000
_PLACE = re.compile(r" at line (\d+)(?::|, column )(\d+)")
#: What an exception of the engine means, by the name of its class.
_MEANING = {
    "CommandParsingException": "syntax",
    "CommandSemanticException": "syntax",
    "CommandParameterMissingException": "syntax",
    "SecurityException": "refused",
    "TimeoutException": "limit",
    "StackOverflowError": "limit",
    "OutOfMemoryError": "limit",
}

_NOT_READ_ONLY = "QueryNotIdempotentException"

Properties = dict[str, Any]
Node = Document | Question | Sentence | Concept


def main() -> None:
    """Answer requests until standard input ends."""
    serve(_start, _described)


def _start() -> dict[str, Task]:
    _start_java(int(sys.argv[1]))
    reader = _Reader()
    return {"load": load, "query": reader.query, "explain": reader.explain}


def _start_java(megabytes: int) -> None:
    crashes = Path(tempfile.gettempdir()) / "zhitu-java-%p.log"
    options = (
        "-Xlog:disable",
        "-Xlog:all=error:stderr",
        "-Xshare:auto",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # loads and questions end before its better compiler has paid for itself
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={crashes}",
        f"-Djava.util.logging.config.file={os.devnull}",
        "-Darcadedb.opencypher.loadCsv.allowFileUrls=false",
        "-Darcadedb.opencypher.loadCsv.allowRemoteUrls=false",
        "-Darcadedb.polyglotEngineEnabled=false",
    )
    start_jvm(heap_size=f"{megabytes}m", jvm_args=options)


def _described(error: Exception) -> Message | None:
    if not isinstance(error, ArcadeDBError | jpype.JException | OSError):
        return None
    if isinstance(error, OSError):
        return {"meaning": "gone", "message": f"{error}.", "line": 0, "column": 0}
    cause = error if isinstance(error, jpype.JException) else error.__cause__
    if not isinstance(cause, jpype.JException):
        return {"meaning": "failed", "message": str(error), "line": 0, "column": 0}
    chain = list(_causes(cause))
    names = [str(each.getClass().getSimpleName()) for each in chain]
    if _NOT_READ_ONLY in names:
        return {"meaning": "refused", "message": WOULD_CHANGE, "line": 0, "column": 0}
    meanings = [_MEANING[name] for name in names if name in _MEANING]
    messages = [str(each.getMessage() or "").strip() for each in (chain[0], chain[-1])]
    # below the first line stand the statement and a caret: `line` and `column` tell as much
    firsts = dict.fromkeys(message.partition("\n")[0] for message in messages if message)
    message = ": ".join(firsts) or names[0]
    place = _PLACE.search(message)
    line, column = (int(place[1]), int(place[2]) + 1) if place else (0, 0)  # ANTLR counts columns from 0
    message = _PLACE.sub("", message)
    return {"meaning": meanings[0] if meanings else "failed", "message": message, "line": line, "column": column}


def _causes(error: Any) -> Iterator[Any]:  # noqa: ANN401 -- a Java object
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.getCause()


# Loading ---------------------------------------------------------------------------------------


def load(request: Message) -> None:
    """Make the engine's database of the generation in ``folder`` from its content; its owner renames it."""
    folder = Path(request["folder"])
    content = Sidecar(folder / CONTENT)
    database = DatabaseFactory(str(folder / LOADING)).create()
    try:
        for statement in ARCADE_SCHEMA:
            database.command("sql", statement)
        _Loader(database).load(content)
        for statement in ARCADE_INDEXES:
            database.command("sql", statement)
    finally:
        database.close()


class _Loader:
    """Bulk load, some documents at a time: a batch keeps what it has seen in memory until it is closed.

    Rows go through the bridge's batchers, which take lists of values where `GraphBatch` itself goes
    edge by edge.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vertices = jpype.JClass("com.arcadedb.python.VertexBatcher")
        self._edges = jpype.JClass("com.arcadedb.python.EdgeBatcher")

    def load(self, content: Content) -> None:
        """Load everything."""
        with self._database.graph_batch() as batch:
            concepts = self._nodes(batch, content.concepts)
            self._join(batch, concept_edges(content.relations, content.prerequisites), {"Concept": concepts})
        for bundles in _batches(content.bundles()):
            with self._database.graph_batch() as batch:
                notes = {
                    "Document": self._nodes(batch, [each.document for each in bundles]),
                    "Question": self._nodes(batch, [each for bundle in bundles for each in bundle.questions]),
                    "Sentence": self._nodes(batch, [each for bundle in bundles for each in bundle.sentences]),
                    "Concept": concepts,
                }
                self._join(batch, note_edges(bundles), notes)

    def _nodes(self, batch: GraphBatch, records: Sequence[Node]) -> dict[str, str]:
        """Add nodes of one label; return their record ids by key."""
        rids: dict[str, str] = {}
        for start in range(0, len(records), _NODES_AT_ONCE):
            some = records[start : start + _NODES_AT_ONCE]
            label = type(some[0]).__name__
            nodes = [properties(each) for each in some]
            added = str(self._vertices.createVerticesJson(_java(batch), label, _json(nodes))).split(";")
            rids.update(zip((node[KEYS[label]] for node in nodes), added, strict=True))
        return rids

    def _join(self, batch: GraphBatch, edges: Iterable[Edge], rids: Mapping[str, Mapping[str, str]]) -> None:
        waiting: dict[str, list[Properties]] = defaultdict(list)
        for (kind, source, target), first, second, found in edges:
            rows = waiting[kind]
            rows.append({"_src": rids[source][first], "_dst": rids[target][second], **found})
            if len(rows) == _EDGES_AT_ONCE:
                self._flush(batch, kind, rows)
        for kind, rows in waiting.items():
            self._flush(batch, kind, rows)

    def _flush(self, batch: GraphBatch, kind: str, rows: list[Properties]) -> None:
        self._edges.newEdgesJson(_java(batch), kind, _json(rows))
        rows.clear()


def _java(batch: GraphBatch) -> Any:  # noqa: ANN401 -- a Java object
    return batch._java_graph_batch  # noqa: SLF001 -- the wrapper has no way to it


def _batches(bundles: Iterable[Bundle]) -> Iterator[list[Bundle]]:
    batch: list[Bundle] = []
    size = 0
    for bundle in bundles:
        batch.append(bundle)
        size += len(bundle.sentences) + 1
        if size >= _NODES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _json(rows: Sequence[Properties]) -> str:
    return msgspec.json.encode(rows).decode()


# Reading ---------------------------------------------------------------------------------------


class _Reader:
    """Asks one generation at a time, opened read-only."""

    def __init__(self) -> None:
        self._folder = ""
        self._database: Database | None = None
        self._vertex = jpype.JClass("com.arcadedb.graph.Vertex")
        self._edge = jpype.JClass("com.arcadedb.graph.Edge")
        self._path = jpype.JClass("com.arcadedb.query.opencypher.traversal.TraversalPath")
        self._parser = jpype.JClass("com.arcadedb.query.opencypher.parser.Cypher25AntlrParser")
        self._row = jpype.JClass("com.arcadedb.query.sql.executor.Result")
        self._map = jpype.JClass("java.util.Map")
        self._list = jpype.JClass("java.lang.Iterable")

    def query(self, request: Message) -> Message:
        """Run ``statement``; return columns, rows, which limit cut them, and the time it took."""
        limit, size = request["rows"], request["size"]
        database = self._opened(request["folder"])
        start = time.perf_counter()
        results = database.query(ARCADE_CYPHER, request["statement"], request["parameters"])
        columns: list[str] = []
        table: list[list[Any]] = []
        taken = 0
        truncated = ""
        for result in results:
            columns = columns or result.property_names
            row = [self._value(result.get_raw(column)) for column in columns]
            taken += len(json.dumps(row))
            truncated = "rows" if len(table) == limit else "size" if taken > size else ""
            if truncated:
                break
            table.append(row)
        columns = columns or self._declared(database, request["statement"])
        return {"columns": columns, "rows": table, "truncated": truncated, "seconds": time.perf_counter() - start}

    def explain(self, request: Message) -> str:
        """Return the statement's plan as text."""
        database = self._opened(request["folder"])
        plan = database.query(ARCADE_CYPHER, EXPLAIN + request["statement"], request["parameters"]).first()
        return str(plan.get("executionPlanAsString")) if plan else ""

    def _declared(self, database: Database, statement: str) -> list[str]:
        """Return the columns by the engine's own parser, for results that have no row to tell them."""
        try:
            returned = self._parser(database.get_java_database()).parse(statement).getReturnClause()
        except jpype.JException:
            return []  # no query but, say, SHOW: it ran, so this is no error
        return [str(item.getOutputName()) for item in returned.getReturnItems()] if returned else []

    def _opened(self, folder: str) -> Database:
        if self._database is None or folder != self._folder:
            if self._database:
                self._database.close()
                self._database = None
            path = Path(folder) / ENGINE
            if not path.is_dir():
                raise FileNotFoundError(path)
            read_only = jpype.JClass("com.arcadedb.engine.ComponentFile$MODE").READ_ONLY
            self._database = Database(jpype.JClass("com.arcadedb.database.DatabaseFactory")(str(path)).open(read_only))
            self._folder = folder
        return self._database

    def _value(self, value: Any) -> Any:  # noqa: ANN401, PLR0911 -- from a Java object to what JSON holds
        if isinstance(value, self._vertex):
            return {"~id": str(value.getIdentity()), "~labels": [str(value.getTypeName())], **self._fields(value)}
        if isinstance(value, self._edge):
            ends = {"~source": str(value.getOut().getIdentity()), "~target": str(value.getIn().getIdentity())}
            return {"~id": str(value.getIdentity()), "~type": str(value.getTypeName()), **ends, **self._fields(value)}
        if isinstance(value, self._path):
            return {
                "~nodes": [self._value(each) for each in value.getVertices()],
                "~relationships": [self._value(each) for each in value.getEdges()],
            }
        if isinstance(value, self._row):
            return self._value(value.toMap())
        if isinstance(value, self._map):
            return {str(entry.getKey()): self._value(entry.getValue()) for entry in value.entrySet()}
        if isinstance(value, self._list):
            return [self._value(each) for each in value]
        return _plain(convert_java_to_python(value))

    def _fields(self, record: Any) -> Properties:  # noqa: ANN401 -- a Java object
        return {str(name): self._value(record.get(name)) for name in record.getPropertyNames()}


def _plain(value: Any) -> Any:  # noqa: ANN401 -- what the engine has more types for than JSON
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)


if __name__ == "__main__":
    main()
