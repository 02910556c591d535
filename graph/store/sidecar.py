"""The embedded store's reading side: a generation's content in one SQLite file.

Most that is asked of a graph is asked by key: a concept's card, a question's text, all relations
for the networkx view. That needs no graph engine, and the engine's Java machine takes a second and
200 MB to start. So a generation holds its content in this file, and from the first Cypher statement
on a second time in the engine's database, which is loaded *from this file* and serves Cypher alone.
It stays one truth, because this file is written once, before anybody sees the generation, and never
again; the version that the pointer names is the digest of the content that went in here.

The file is opened read-only and `immutable`: no locks, no journal, any number of processes.
A name index (FTS5) answers `search` in Chinese and English alike: names are cut into words and
pairs of characters, as Lucene's CJK analyzer does.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import unicodedata
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from graph.errors import StoreError
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
from graph.store.base import Progress, silent
from graph.store.rows import COLUMNS, Fingerprint, Record, values

#: A generation's file of content, its folder of the engine, and that folder while it is made.
CONTENT, ENGINE, LOADING = "content.sqlite", "engine", "engine.new"

_TABLES: Final = """
CREATE TABLE document (path TEXT PRIMARY KEY, title TEXT, sha256 TEXT, root TEXT);
CREATE TABLE question (id TEXT PRIMARY KEY, document TEXT REFERENCES document, position INTEGER,
    number TEXT, title TEXT, answer TEXT, line INTEGER, properties TEXT);
CREATE TABLE sentence (id TEXT PRIMARY KEY, question TEXT REFERENCES question, position INTEGER,
    text TEXT, line INTEGER, start INTEGER, "end" INTEGER);
CREATE TABLE concept (id TEXT PRIMARY KEY, name TEXT, kind TEXT, name_zh TEXT, name_en TEXT,
    aliases TEXT, definition TEXT, mentions INTEGER);
CREATE TABLE mention (question TEXT REFERENCES question, concept TEXT REFERENCES concept,
    count INTEGER, about INTEGER, PRIMARY KEY (question, concept)) WITHOUT ROWID;
CREATE TABLE relation (source TEXT REFERENCES concept, type TEXT, target TEXT REFERENCES concept,
    negated INTEGER, confidence REAL, evidence TEXT, rules TEXT,
    PRIMARY KEY (source, type, target, negated)) WITHOUT ROWID;
CREATE TABLE prerequisite (source TEXT REFERENCES concept, target TEXT REFERENCES concept,
    weight REAL, reasons TEXT, PRIMARY KEY (source, target)) WITHOUT ROWID;
CREATE VIRTUAL TABLE name USING fts5(concept UNINDEXED, terms);
"""
_INDEXES: Final = (
    "CREATE INDEX question_document ON question (document)",
    "CREATE INDEX sentence_question ON sentence (question)",
    "CREATE INDEX mention_concept ON mention (concept)",
)
_FAST: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"  # the store syncs the finished file
_INSERT: Final = {
    kind: f"INSERT INTO {kind.__name__.lower()} VALUES ({', '.join('?' * len(columns))})"
    for kind, columns in COLUMNS.items()
}
_encode = msgspec.json.Encoder().encode
_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_pairs = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode
_CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TERM = re.compile(rf"(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+")


def write(path: Path, content: Content, progress: Progress = silent) -> str:
    """Write all of `content` into a new file.

    Returns
    -------
    str
        The content's version.

    Raises
    ------
    StoreError
        The content is not whole: something is there twice, or refers to what is not there.
    sqlite3.Error, OSError
        The file cannot be written.
    """
    fingerprint = Fingerprint()
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.executescript(_FAST + _TABLES)
        database.execute("BEGIN")
        for done, bundle in enumerate(content.bundles(), start=1):
            _insert(database, fingerprint, (bundle.document,))
            _insert(database, fingerprint, bundle.questions)
            _insert(database, fingerprint, bundle.sentences)
            _insert(database, fingerprint, bundle.mentions)
            progress("texts", done, 0)
        for records in (content.concepts, content.relations, content.prerequisites):
            _insert(database, fingerprint, records)
        names = ((concept.id, " ".join(_index_terms(concept))) for concept in content.concepts)
        database.executemany("INSERT INTO name VALUES (?, ?)", names)
        for statement in _INDEXES:
            database.execute(statement)
        _check_whole(database)
        database.execute("COMMIT")
    except UnicodeEncodeError as error:
        raise StoreError(f"The graph was not stored: it holds half of a surrogate pair, {error.object!r}.") from error
    except sqlite3.IntegrityError as error:
        raise StoreError(f"The graph is not whole and was not stored: {error}.") from error
    finally:
        database.close()
    return fingerprint.token()


def _insert(database: sqlite3.Connection, fingerprint: Fingerprint, records: Iterable[Record]) -> None:
    statement = ""
    rows = []
    for record in records:
        fingerprint.add(record)
        statement = _INSERT[type(record)]
        rows.append([_encode(value).decode() if isinstance(value, tuple) else value for value in values(record)])
    if rows:
        database.executemany(statement, rows)


def _check_whole(database: sqlite3.Connection) -> None:
    broken = database.execute('SELECT "table", parent FROM pragma_foreign_key_check').fetchone()
    if broken:
        raise StoreError(
            f"The graph is not whole and was not stored: a {broken[0]} names a {broken[1]} that is missing."
        )


def _index_terms(concept: Concept) -> Iterator[str]:
    for name in (concept.name, concept.name_zh, concept.name_en, *concept.aliases):
        for match in _TERM.finditer(_fold(name)):
            word = match[0]
            # pairs of characters, and the last one alone: each character begins a term
            yield from (word[at : at + 2] for at in range(len(word))) if match["cjk"] else (word,)


def _query_terms(text: str) -> Iterator[str]:
    for match in _TERM.finditer(_fold(text)):
        word = match[0]
        if match["cjk"] and len(word) > 1:
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        else:
            yield word


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class Sidecar:
    """A generation's content, read. May be shared by threads; is a `Content` itself."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(path)
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self._path = path
        weakref.finalize(self, self._database.close)

    def documents(self) -> list[Document]:
        """Return the documents, sorted by path."""
        return [Document(*row) for row in self._rows("SELECT * FROM document ORDER BY path")]

    def questions(self, ids: Iterable[str] | None = None, *, document: str | None = None) -> list[Question]:
        """Return questions, in the order of the notes."""
        return [_question(row) for row in self._select("question", "rowid", ids, ("document", document))]

    def count_questions(self) -> int:
        """Return how many questions there are."""
        return int(self._rows("SELECT count(*) FROM question")[0][0])

    def sentences(self, ids: Iterable[str] | None = None, *, question: str | None = None) -> list[Sentence]:
        """Return sentences, in the order of the notes."""
        return [Sentence(*row) for row in self._select("sentence", "rowid", ids, ("question", question))]

    def mentions(self, *, concept: str | None = None, question: str | None = None) -> list[Mention]:
        """Return mentions, sorted by (question, concept)."""
        rows = self._select("mention", "question, concept", None, ("concept", concept), ("question", question))
        return [_mention(row) for row in rows]

    @property
    def concepts(self) -> Sequence[Concept]:
        """All concepts, sorted by id."""
        return self._concepts

    @cached_property
    def _concepts(self) -> Sequence[Concept]:
        rows = self._rows("SELECT * FROM concept ORDER BY id")
        return tuple(
            Concept(row[0], row[1], Kind(row[2]), row[3], row[4], _texts(row[5]), row[6], row[7]) for row in rows
        )

    @property
    def relations(self) -> Sequence[Relation]:
        """All relations, sorted by key."""
        return self._relations

    @cached_property
    def _relations(self) -> Sequence[Relation]:
        rows = self._rows("SELECT * FROM relation ORDER BY source, type, target, negated")
        return tuple(
            Relation(row[0], RelationType(row[1]), row[2], bool(row[3]), row[4], _texts(row[5]), _texts(row[6]))
            for row in rows
        )

    @property
    def prerequisites(self) -> Sequence[Prerequisite]:
        """All prerequisites, sorted by (source, target)."""
        return self._prerequisites

    @cached_property
    def _prerequisites(self) -> Sequence[Prerequisite]:
        rows = self._rows("SELECT * FROM prerequisite ORDER BY source, target")
        return tuple(Prerequisite(row[0], row[1], row[2], _texts(row[3])) for row in rows)

    def bundles(self) -> Iterator[Bundle]:
        """Yield the documents' bundles, one in memory at a time."""
        for document in self.documents():
            sentences = self._rows(
                "SELECT sentence.* FROM sentence JOIN question ON question = question.id"
                " WHERE document = ? ORDER BY sentence.rowid",
                document.path,
            )
            mentions = self._rows(
                "SELECT mention.* FROM mention JOIN question ON question = question.id"
                " WHERE document = ? ORDER BY question, concept",
                document.path,
            )
            yield Bundle(
                document,
                tuple(self.questions(document=document.path)),
                tuple(Sentence(*row) for row in sentences),
                tuple(map(_mention, mentions)),
            )

    def search(self, text: str, limit: int) -> list[tuple[str, float]]:
        """Return (concept id, score) of concepts with a name like `text`, best first."""
        wanted = " OR ".join(f'"{term}"*' for term in dict.fromkeys(_query_terms(text)))
        if not wanted:
            return []
        rows = self._rows(
            "SELECT concept, -rank FROM name WHERE terms MATCH ? ORDER BY rank, concept LIMIT ?", wanted, limit
        )
        return [(row[0], row[1]) for row in rows]

    def _select(
        self, table: str, order: str, ids: Iterable[str] | None, *filters: tuple[str, str | None]
    ) -> list[tuple[Any, ...]]:
        conditions = [f"{column} = ?" for column, value in filters if value is not None]
        parameters = [value for _, value in filters if value is not None]
        if ids is not None:
            conditions.append("id IN (SELECT value FROM json_each(?))")
            parameters.append(json.dumps(list(ids)))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return self._rows(f"SELECT * FROM {table}{where} ORDER BY {order}", *parameters)

    def _rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- what SQLite takes
        try:
            with self._lock:
                return self._database.execute(statement, parameters).fetchall()
        except UnicodeEncodeError:
            return []  # half of a surrogate pair: no such text was ever stored
        except sqlite3.Error as error:
            raise StoreError(
                f"{self._path} cannot be read: {error}.", "`zhitu ingest --replace PATH` makes the graph anew."
            ) from error


def _question(row: tuple[Any, ...]) -> Question:
    return replace(Question(*row[:-1]), properties=_pairs(row[-1]))


def _mention(row: tuple[Any, ...]) -> Mention:
    return Mention(row[0], row[1], row[2], bool(row[3]))
