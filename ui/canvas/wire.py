"""What of a graph goes to the page: all of it once, and from then on only what is new.

A node is a list of what `NODE` names, an edge of what `EDGE` names, cut behind the last that says something. Kinds and
types are numbers of rows of the tables that go with the whole; an end of an edge is the number of a node in the same
message, or an id. The page's side is ``assets/memory.js``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

NODE = ("id", "label", "kind", "x", "y", "size", "mentions", "ties", "zh", "en", "badge", "about")
EDGE = ("from", "to", "type", "width", "sure", "quotes", "negated", "about", "id")
#: So many new nodes and edges always go as a step.
_STEP = 60
#: Steps back to which a page may be that has missed some.
_HISTORY = 6

Row = tuple[Any, ...]
Tables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Nodes and edges as the page gets them, by id."""

    nodes: Mapping[str, Row]
    edges: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Told:
    """What a page has been told of a graph.

    Parameters
    ----------
    base
        Names the whole that it was told first.
    whole
        The message with that whole.
    tables
        What goes with it: kinds, types and words.
    at
        Names what it holds after the last step.
    rows
        What that is.
    step
        The last step: from where it goes, what it adds and what it drops; empty where none was needed.
    history
        What was told before, by name.
    """

    base: str
    whole: bytes
    tables: Tables
    at: str
    rows: Rows
    step: Mapping[str, Any] = field(default_factory=dict)
    history: Mapping[str, Rows] = field(default_factory=dict)


def rows_of(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]], tables: Tables) -> Rows:
    """Return the nodes and edges of a network, packed."""
    kinds, types = ({row["key"]: at for at, row in enumerate(tables[name])} for name in ("kinds", "types"))
    return Rows(
        {row["id"]: _node(row, kinds) for row in nodes},
        {row["id"]: _edge(row, types) for row in edges},
    )


def tell(told: Told | None, of: str, rows: Rows, tables: Tables) -> Told:
    """Return what a page is told next: a step, or all anew where a step would be most of it.

    Parameters
    ----------
    told
        What it was told last; None if nothing.
    of
        The key of the view.
    """
    if told is None or told.tables != tables:
        return _all(of, rows, tables)
    if rows == told.rows:
        return told
    nodes, edges = (_fresh(*pair) for pair in ((told.rows.nodes, rows.nodes), (told.rows.edges, rows.edges)))
    gone = sorted(told.rows.nodes.keys() - rows.nodes.keys())
    if len(nodes) + len(edges) + len(gone) > max(_STEP, (len(told.rows.nodes) + len(told.rows.edges)) // 2):
        return _all(of, rows, tables)
    lost = [id_ for id_ in sorted(told.rows.edges.keys() - rows.edges.keys()) if _joins(told.rows.edges[id_], rows)]
    step = {"from": told.at, "nodes": nodes, "edges": _packed(edges, nodes), "drop": [gone, lost]}
    history = dict([*told.history.items(), (told.at, told.rows)][-_HISTORY:])
    return replace(told, at=_digest(step), rows=rows, step=step, history=history)


def missed(told: Told | None, at: str) -> Told | None:
    """Return what was told up to a name, for a page that holds no more; None where that is too long ago."""
    rows = told.history.get(at) if told else None
    return replace(told, at=at, rows=rows, step={}) if told and rows else None


def encoded(*parts: object) -> bytes:
    """Return parts of a message, each JSON on a line of its own; half a character becomes a question mark."""
    lines = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in parts)
    return b"\n".join(line.encode(errors="replace") for line in lines)


def _all(of: str, rows: Rows, tables: Tables) -> Told:
    nodes = list(rows.nodes.values())
    body = {"nodes": nodes, "edges": _packed(list(rows.edges.values()), nodes), **tables}
    base = _digest(body)
    return Told(base, encoded({"of": of, "base": base}, body), tables, base, rows)


def _digest(value: object) -> str:
    return hashlib.blake2b(encoded(value), digest_size=9).hexdigest()


def _fresh(before: Mapping[str, Row], now: Mapping[str, Row]) -> list[Row]:
    return [row for id_, row in now.items() if before.get(id_) != row]


def _joins(edge: Row, rows: Rows) -> bool:
    """Tell whether both ends are still there: edges go with their nodes."""
    return edge[0] in rows.nodes and edge[1] in rows.nodes


def _packed(edges: Sequence[Row], nodes: Sequence[Row]) -> list[Row]:
    number = {row[0]: at for at, row in enumerate(nodes)}
    return [(number.get(source, source), number.get(target, target), *rest) for source, target, *rest in edges]


def _node(row: Mapping[str, Any], kinds: Mapping[str, int]) -> Row:
    """Leave out the names that are the label; places are whole pixels."""
    names = {name: row.get(name) if row.get(name) != row["label"] else None for name in ("zh", "en")}
    place = {side: round(row[side]) for side in ("x", "y")}
    return _cut(_values({**row, **names, **place, "kind": kinds[row["group"]]}, NODE))


def _edge(row: Mapping[str, Any], types: Mapping[str, int]) -> Row:
    """Leave out the id where the page can make it."""
    made = f"{row['from']}~{row['type']}~{row['to']}{'~not' if row.get('negated') else ''}"
    return _cut(_values({**row, "type": types[row["type"]], "id": None if row["id"] == made else row["id"]}, EDGE))


def _values(row: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    values = [row.get(name) for name in names]
    return [1 if value is True else 0 if value in (None, False, "") else value for value in values]


def _cut(values: list[Any]) -> Row:
    while values and values[-1] == 0:
        values.pop()
    return tuple(values)
