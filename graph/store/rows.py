"""What stores share about the model's values: their fields as rows, and a digest over a whole graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

import msgspec

from graph.model import Concept, Document, Mention, Prerequisite, Question, Relation, Sentence

#: Number of the stored form; raised whenever what is stored changes its meaning.
FORMAT = 1

Record = Document | Question | Sentence | Mention | Concept | Relation | Prerequisite

_RECORDS = (Document, Question, Sentence, Mention, Concept, Relation, Prerequisite)
COLUMNS: dict[type[Record], tuple[str, ...]] = {kind: tuple(each.name for each in fields(kind)) for kind in _RECORDS}
_VALUES: dict[type[Record], Callable[[Record], tuple[Any, ...]]] = {
    kind: attrgetter(*names) for kind, names in COLUMNS.items()
}

_encode = msgspec.json.Encoder().encode


def values(record: Record) -> tuple[Any, ...]:
    """Return the record's fields in the order of `COLUMNS`."""
    return _VALUES[type(record)](record)


class Fingerprint:
    """A digest over records in the order they are added: equal for equal graphs, in any store.

    Unlike comparison it sees where a document came from, because that must be stored too.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256(f"zhitu {FORMAT}".encode())

    def add(self, record: Record) -> None:
        """Take one more record in."""
        self._digest.update(_encode((type(record).__name__, *values(record))))

    def token(self) -> str:
        """Return the digest so far, in hexadecimal."""
        return self._digest.hexdigest()
