"""CSV for spreadsheets: relations with what states them, and results of queries.

A cell that a spreadsheet would run as a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from graph.export.source import Source, writing
from graph.store.base import Table

_COLUMNS = ("source", "type", "target", "negated", "confidence", "document", "line", "text")
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")


def write(source: Source, path: Path) -> None:
    """Write a row for each sentence that states a relation."""
    with writing(path) as file:
        _write_rows(file, _COLUMNS, _relation_rows(source))


def table_csv(table: Table) -> str:
    """Return a query's result as CSV; nodes, relationships, lists and maps are JSON."""
    file = io.StringIO()
    _write_rows(file, table.columns, table.rows)
    return file.getvalue()


def _relation_rows(source: Source) -> Iterable[Sequence[Any]]:
    names = {concept.id: concept.name for concept in source.concepts}
    for relation in source.relations:
        ends = names[relation.source], relation.type.value, names[relation.target]
        for quote in (source.quotes[sentence] for sentence in relation.evidence):
            yield (*ends, relation.negated, relation.confidence, quote.document, quote.line, quote.text)


def _write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(file)
    writer.writerow(map(safe_cell, columns))
    writer.writerows(map(safe_cell, row) for row in rows)


def safe_cell(value: Any) -> Any:  # noqa: ANN401 -- whatever a query returns
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return safe_cell(json.dumps(value, ensure_ascii=False))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
