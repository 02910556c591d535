"""Writing a graph to Neo4j: only what differs, whole documents, in an order that `graph.store.neo4j` explains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, LiteralString, TypeVar

import neo4j

from graph.errors import StoreError
from graph.model import Bundle, Concept, Content, Prerequisite, Relation
from graph.store import statements as cypher
from graph.store.base import Progress
from graph.store.rows import FORMAT, Edge, Fingerprint, Record, concept_edges, note_edges, properties

#: Rows in one transaction: large enough to hide its cost, small against a server's memory.
ROWS: Final = 10_000
#: Rows of one statement: while the server works on one, the driver encodes the next.
_ROWS_AT_ONCE: Final = 2_000

Row = dict[str, Any]
Step = tuple[LiteralString, dict[str, Any]]
_Item = TypeVar("_Item")


class Loader:
    """Makes the server hold just a content.

    Parameters
    ----------
    session
        Managed transactions are run in it.
    held
        What the server holds: digests of documents by path, and the concept layer.
    """

    def __init__(self, session: neo4j.Session, progress: Progress) -> None:
        self._session = session
        self._progress = progress
        self._begun = False
        self._done = 0

    def load(
        self,
        content: Content,
        digests: Mapping[str, str],
        concepts: Iterable[Concept],
        relations: Iterable[Relation],
        prerequisites: Iterable[Prerequisite],
    ) -> str:
        """Write what differs from what is held, as the further parameters tell; return the content's version."""
        fingerprint = Fingerprint()
        gone = {each.id: each for each in concepts}
        self._nodes("Concept", [each for each in content.concepts if gone.pop(each.id, None) != each])
        self._documents(content.bundles(), dict(digests), fingerprint)
        self._between(content, relations, prerequisites)
        for ids in _chunks(sorted(gone), ROWS // 10):  # with all their mentions
            self._write([(cypher.NEO4J_DELETE_CONCEPTS, {"ids": ids})])
        for records in (content.concepts, content.relations, content.prerequisites):
            for record in records:
                fingerprint.add(record)
        return fingerprint.token()

    # Documents

    def _documents(self, bundles: Iterable[Bundle], held: dict[str, str], fingerprint: Fingerprint) -> None:
        for changed in _filled(self._changed(bundles, held, fingerprint)):
            self._replace(changed)
        for paths in _chunks(sorted(held), ROWS // 100):
            empty = (cypher.NEO4J_EMPTY_DOCUMENTS, {"paths": paths})
            self._write([empty, (cypher.NEO4J_DELETE_DOCUMENTS, {"paths": paths})])

    def _changed(
        self, bundles: Iterable[Bundle], held: dict[str, str], fingerprint: Fingerprint
    ) -> Iterator[tuple[Bundle, str]]:
        """Yield what is to be written, with its digest; leave in `held` what is to be removed."""
        for bundle in bundles:
            own = Fingerprint()
            for record in _records(bundle):
                fingerprint.add(record)
                own.add(record)
            digest = own.token()
            if held.pop(bundle.document.path, None) != digest:
                yield bundle, digest

    def _replace(self, changed: Sequence[tuple[Bundle, str]]) -> None:
        """Replace documents in one transaction: readers see all of each, as it was or as it is."""
        bundles = [bundle for bundle, _ in changed]
        paths = [bundle.document.path for bundle in bundles]
        questions = [properties(each) for bundle in bundles for each in bundle.questions]
        sentences = [properties(each) for bundle in bundles for each in bundle.sentences]
        seals = [
            {"path": bundle.document.path, "root": bundle.document.root, "digest": digest} for bundle, digest in changed
        ]
        self._write(
            [
                (cypher.NEO4J_EMPTY_DOCUMENTS, {"paths": paths}),
                *_node_steps("Document", [properties(bundle.document) for bundle in bundles]),
                *_node_steps("Question", questions),
                *_node_steps("Sentence", sentences),
                *_edge_steps(note_edges(bundles)),
                (cypher.NEO4J_SEAL_DOCUMENTS, {"rows": seals}),
            ]
        )

    # Concepts

    def _nodes(self, label: str, records: Sequence[Concept]) -> None:
        for some in _chunks(records, ROWS):
            self._write(list(_node_steps(label, [properties(each) for each in some])))

    def _between(self, content: Content, relations: Iterable[Relation], prerequisites: Iterable[Prerequisite]) -> None:
        lost = {each.key: each for each in relations}
        lost_needs = {(each.source, each.target): each for each in prerequisites}
        new = [each for each in content.relations if lost.pop(each.key, None) != each]
        new_needs = [each for each in content.prerequisites if lost_needs.pop((each.source, each.target), None) != each]
        for joint, rows in _by_joint(concept_edges(lost.values(), lost_needs.values())).items():
            for some in _chunks(rows, ROWS):
                self._write(list(_steps(cypher.NEO4J_DELETE_EDGE[joint], some)))
        for joint, rows in _by_joint(concept_edges(new, new_needs)).items():
            for some in _chunks(rows, ROWS):
                self._write(list(_steps(cypher.NEO4J_WRITE_EDGE[joint], some)))

    # Transactions

    def _write(self, steps: Sequence[Step]) -> None:
        if not self._begun:
            self._begun = True
            self._session.execute_write(_run, [(cypher.NEO4J_BEGIN, {"format": FORMAT})])
        self._session.execute_write(_run, steps)
        self._done += sum(len(given.get("rows", ())) for _, given in steps)
        self._progress("graph", self._done, 0)


def _run(transaction: neo4j.ManagedTransaction, steps: Sequence[Step]) -> None:
    sent = [(given, transaction.run(statement, given)) for statement, given in steps]
    for given, result in sent:
        record = result.single()
        if record and record["done"] != len(given["rows"]):
            raise StoreError("The graph is not whole and was not stored: an edge names a node that is missing.")


def _records(bundle: Bundle) -> Iterator[Record]:
    yield bundle.document
    yield from bundle.questions
    yield from bundle.sentences
    yield from bundle.mentions


def _steps(statement: LiteralString, rows: Sequence[Row]) -> Iterator[Step]:
    for some in _chunks(rows, _ROWS_AT_ONCE):
        yield statement, {"rows": some}


def _node_steps(label: str, rows: Sequence[Row]) -> Iterator[Step]:
    yield from _steps(cypher.NEO4J_WRITE_NODE[label], rows)


def _edge_steps(edges: Iterable[Edge]) -> Iterator[Step]:
    for joint, rows in _by_joint(edges).items():
        yield from _steps(cypher.NEO4J_WRITE_EDGE[joint], rows)


def _by_joint(edges: Iterable[Edge]) -> dict[cypher.Joint, list[Row]]:
    """Sort rows by what they join, keeping their order."""
    sorted_out: dict[cypher.Joint, list[Row]] = {joint: [] for joint in cypher.JOINTS}
    for joint, source, target, found in edges:
        sorted_out[joint].append({"source": source, "target": target, "properties": found})
    return sorted_out


def _filled(changed: Iterable[tuple[Bundle, str]]) -> Iterator[list[tuple[Bundle, str]]]:
    """Gather small documents into one transaction; a large one has its own."""
    batch: list[tuple[Bundle, str]] = []
    size = 0
    for bundle, digest in changed:
        batch.append((bundle, digest))
        size += 1 + len(bundle.questions) + len(bundle.sentences) + len(bundle.mentions)
        if size >= ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
