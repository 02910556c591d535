"""Ways out of the graph, and one back in. The same content gives the same bytes.

=========== ============================================ =====================================
form        what is written                              read by
=========== ============================================ =====================================
json        node-link data with everything in the graph  `read_json`, networkx, any program
graphml     the same, values flattened to text           Gephi, yEd, networkx
csv         a row for each sentence that states a        spreadsheets
            relation
cypher      statements that make the graph               a fresh Neo4j, by cypher-shell
neo4j-admin a folder of files and the command for them   a first load of millions
=========== ============================================ =====================================

The pages' own HTML form is the user interface's (`ui.canvas`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from graph.export import cypher, graphml, neo4j_admin, nodelink, tables
from graph.export.nodelink import read as read_json
from graph.export.source import Source
from graph.export.tables import table_csv
from graph.model import Content

__all__ = ["FORMS", "export", "read_json", "table_csv"]

_WRITERS: Final[dict[str, Callable[[Source, Path], None]]] = {
    "json": nodelink.write,
    "graphml": graphml.write,
    "csv": tables.write,
    "cypher": cypher.write,
    "neo4j-admin": neo4j_admin.write,
}
FORMS: Final = tuple(_WRITERS)


def export(content: Content, form: str, output: Path, *, min_confidence: float = 0.0) -> None:
    """Write the graph to a file.

    Parameters
    ----------
    form
        One of `FORMS`.
    output
        A file, which is replaced when all is written; a folder for neo4j-admin.
    min_confidence
        Relations below it are left out; in [0, 1].

    Raises
    ------
    ExchangeError
        The file cannot be written.
    """
    _WRITERS[form](Source(content, min_confidence), output)
