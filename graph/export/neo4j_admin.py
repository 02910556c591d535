"""CSV files for ``neo4j-admin database import``: the fast way in for a first load of millions.

``import.sh`` runs the import; ``finish.cypher``, run on the started server, adds indexes and what
the import cannot say. Lists are joined by a control character that no text of the graph needs; where
one has it all the same it becomes a blank.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Final

from graph.errors import ExchangeError
from graph.export.source import Source, writing
from graph.model import PREREQUISITE_OF, Concept, Document, Question, Sentence
from graph.store.rows import concept_edges, note_edges, properties
from graph.store.statements import NEO4J_EMPTY_LISTS, NEO4J_SCHEMA

_BETWEEN: Final = "\x1f"
_HEADERS: Final = {
    "documents": ("path:ID(Document)", "title", "sha256"),
    "questions": (
        *("id:ID(Question)", "document", "position:long", "number", "title", "answer", "line:long"),
        "properties:string[]",
    ),
    "sentences": ("id:ID(Sentence)", "question", "position:long", "text", "line:long", "start:long", "end:long"),
    "concepts": (
        *("id:ID(Concept)", "name", "kind", "name_zh", "name_en", "aliases:string[]", "definition"),
        *("mentions:long", "names:string[]"),
    ),
    "contains_questions": (":START_ID(Document)", ":END_ID(Question)", ":TYPE"),
    "contains_sentences": (":START_ID(Question)", ":END_ID(Sentence)", ":TYPE"),
    "mentions": (":START_ID(Question)", ":END_ID(Concept)", ":TYPE", "count:long"),
    "about": (":START_ID(Question)", ":END_ID(Concept)", ":TYPE"),
    "relations": (
        *(":START_ID(Concept)", ":END_ID(Concept)", ":TYPE"),
        *("negated:boolean", "confidence:double", "evidence:string[]", "rules:string[]"),
    ),
    "prerequisites": (":START_ID(Concept)", ":END_ID(Concept)", ":TYPE", "weight:double", "reasons:string[]"),
}
_NODES: Final = {"documents": "Document", "questions": "Question", "sentences": "Sentence", "concepts": "Concept"}
_EDGES: Final = {
    ("CONTAINS", "Document", "Question"): "contains_questions",
    ("CONTAINS", "Question", "Sentence"): "contains_sentences",
    ("MENTIONS", "Question", "Concept"): "mentions",
    ("ABOUT", "Question", "Concept"): "about",
    (PREREQUISITE_OF, "Concept", "Concept"): "prerequisites",
}
_COMMAND: Final = """\
#!/bin/sh
# Loads these files into a new database while the server is stopped: sh import.sh [DATABASE]
# Afterwards start it and run: cypher-shell -f finish.cypher
cd "$(dirname "$0")" && exec neo4j-admin database import full "${1:-neo4j}" \\
  --multiline-fields=true --array-delimiter=U+001F \\
"""


def write(source: Source, path: Path) -> None:
    """Write the folder: files of nodes and edges, ``import.sh`` and ``finish.cypher``."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExchangeError(str(path), 0, f"cannot be made a folder: {error.strerror or error}.") from error
    with ExitStack() as stack:
        files = {}
        for name, header in _HEADERS.items():
            writer = csv.writer(stack.enter_context(writing(path / f"{name}.csv")), csv.unix_dialect)
            writer.writerow(header)
            files[name] = writer.writerow
        for bundle in source.bundles():
            files["documents"](_row(bundle.document))
            for question in bundle.questions:
                files["questions"](_row(question))
            for sentence in bundle.sentences:
                files["sentences"](_row(sentence))
        for concept in source.concepts:
            files["concepts"](_row(concept))
        for edge in chain(note_edges(source.bundles()), concept_edges(source.relations, source.prerequisites)):
            files[_EDGES.get(edge.joint, "relations")](
                [edge.source, edge.target, edge.joint[0], *map(_cell, edge.properties.values())]
            )
        finish = "".join(f"{each};\n" for each in (*NEO4J_SCHEMA, *NEO4J_EMPTY_LISTS))
        stack.enter_context(writing(path / "finish.cypher")).write(finish)
        stack.enter_context(writing(path / "import.sh")).write(_COMMAND + " \\\n".join(_arguments()) + "\n")


def _arguments() -> Iterator[str]:
    for name in _HEADERS:
        yield f"  --nodes={_NODES[name]}={name}.csv" if name in _NODES else f"  --relationships={name}.csv"


def _row(record: Document | Question | Sentence | Concept) -> list[Any]:
    return [_cell(value) for value in properties(record).values()]


def _cell(value: Any) -> Any:  # noqa: ANN401 -- what a property holds
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return _BETWEEN.join(each.replace(_BETWEEN, " ") for each in value)
    return value
