"""A Cypher script that makes the graph in a fresh Neo4j; running it again changes nothing.

Values stand in the script as literals, so they are escaped here, in one place; labels, types and
property names are those of the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from graph.export.source import Source, writing
from graph.store.rows import concept_edges, note_edges, properties
from graph.store.statements import MERGE_EDGE, MERGE_NODE, NEO4J_SCHEMA

_HEAD: Final = "// A knowledge graph of notes, for an empty Neo4j 5: cypher-shell -f FILE\n"
_ROWS_AT_ONCE: Final = 1_000
_CHARACTERS_AT_ONCE: Final = 500_000
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# backslash, quote, and what is not seen or changes how the rest is seen
_TO_ESCAPE = re.compile("[\\\\'\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def write(source: Source, path: Path) -> None:
    """Write the script: constraints and indexes, nodes, then edges, in batches."""
    with writing(path) as file:
        file.write(_HEAD)
        for statement in NEO4J_SCHEMA:
            file.write(f"{statement};\n")
        _write_batches(file, _nodes(source))
        _write_batches(file, _edges(source))


def literal(value: Any) -> str:  # noqa: ANN401 -- what a property holds
    """Return a value as Cypher."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{_TO_ESCAPE.sub(_escaped, value)}'"
    if isinstance(value, dict):
        return f"{{{', '.join(f'`{name}`: {literal(each)}' for name, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _nodes(source: Source) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for bundle in source.bundles():
        yield MERGE_NODE["Document"], properties(bundle.document)
        for question in bundle.questions:
            yield MERGE_NODE["Question"], properties(question)
        for sentence in bundle.sentences:
            yield MERGE_NODE["Sentence"], properties(sentence)
    for concept in source.concepts:
        yield MERGE_NODE["Concept"], properties(concept)


def _edges(source: Source) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for edges in (note_edges(source.bundles()), concept_edges(source.relations, source.prerequisites)):
        for joint, first, second, found in edges:
            yield MERGE_EDGE[joint], {"source": first, "target": second, "properties": found}


def _write_batches(file: TextIO, rows: Iterator[tuple[str, Mapping[str, Any]]]) -> None:
    """Write rows in as few statements as their limits allow; those of one clause may come apart."""
    waiting: dict[str, list[str]] = {}
    size: dict[str, int] = {}
    for clause, row in rows:
        lines = waiting.setdefault(clause, [])
        lines.append(literal(dict(row)))
        size[clause] = size.get(clause, 0) + len(lines[-1])
        if len(lines) == _ROWS_AT_ONCE or size[clause] > _CHARACTERS_AT_ONCE:
            _write_statement(file, clause, lines)
            size[clause] = 0
    for clause, lines in waiting.items():
        _write_statement(file, clause, lines)


def _write_statement(file: TextIO, clause: str, lines: list[str]) -> None:
    if lines:
        file.write("UNWIND [\n" + ",\n".join(lines) + f"\n] AS row {clause};\n")
        lines.clear()
