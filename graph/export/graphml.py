"""GraphML, written by networkx: what lists hold is joined, and what XML cannot hold is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import networkx as nx

from graph.export import nodelink
from graph.export.source import Source, writing

# all that XML 1.0 forbids
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# and what it changes inside an attribute, with the backslash that marks the replacement
_NO_XML_ID = re.compile(r"[^\x20-\x5b\x5d-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(source: Source, path: Path) -> None:
    """Write the file; node ids are those of the node-link form, with escapes for characters that XML lacks."""
    graph = nx.MultiDiGraph(name="zhitu")
    for node in nodelink.nodes(source):
        graph.add_node(_id(node.pop("id")), **_flat(node))
    for edge in nodelink.edges(source):
        ends = _id(edge.pop("source")), _id(edge.pop("target"))
        graph.add_edge(*ends, key=edge.pop("key"), **_flat(edge))
    with writing(path) as file:
        for line in nx.generate_graphml(graph, prettyprint=True):
            file.write(line + "\n")


def _id(text: str) -> str:
    return _NO_XML_ID.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _flat(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in properties.items()}


def _value(value: Any) -> str | int | float | bool:  # noqa: ANN401 -- JSON
    if isinstance(value, bool | int | float):
        return value
    return _NO_XML.sub("", _text(value)).replace("\r\n", "\n").replace("\r", "\n")


def _text(value: Any) -> str:  # noqa: ANN401 -- JSON
    if isinstance(value, dict):  # a piece of evidence
        return f"{value['document']}:{value['line']}: {value['text']}"
    if isinstance(value, list | tuple):
        pairs = all(isinstance(each, list | tuple) for each in value)
        return "\n".join("=".join(each) if pairs else _text(each) for each in value)
    return str(value)
