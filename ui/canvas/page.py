"""The graph as one HTML file that needs nothing else: pyvis writes it; what it would fetch is put in or left out."""

from __future__ import annotations

import re
from pathlib import Path

from pyvis.network import Network

from graph.export.source import writing
from graph.model import Subgraph
from graph.query.neighbourhood import Filter, induced
from graph.query.view import view
from graph.query.words import Language
from graph.store.base import GraphStore
from ui import layout
from ui.canvas.network import Look, draw

_LIBRARY = Path(__file__).parent / "assets" / "vis-network.min.js"
_FETCHED = re.compile(
    r"<script[^>]*\bsrc\s*=[^>]*>\s*</script>|<link[^>]*\bhref\s*=[^>]*/?>"
    r"|<center>\s*<h1>\s*</h1>\s*</center>",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">"
)
_STYLE = """
<style>
  html, body { margin: 0; height: 100%; font-family: system-ui, sans-serif; }
  .card, #mynetwork { width: 100% !important; height: 100vh !important; border: 0 !important; float: none !important; }
  div.vis-tooltip { position: absolute; visibility: hidden; padding: 6px 10px; background: #fff; border: 1px solid #ccc;
    border-radius: 6px; font-size: 14px; pointer-events: none; max-width: 30em; }
</style>
"""


def html(network: Network, title: str = "Zhitu") -> str:
    """Return a network as an HTML page.

    Names are text in it, whatever they hold: pyvis writes its data by a JSON filter that is safe inside a script, and
    tooltips with ``href`` in them, which would switch all of them to HTML, lose the letters' order.
    """
    for item in (*network.nodes, *network.edges):
        if "title" in item:
            # pyvis looks for this word to decide that tooltips are HTML
            item["title"] = item["title"].replace("href", "hre\u2060f")
    network.heading = ""
    page = network.generate_html(notebook=False)
    head, body = page.split("<body>", 1)
    head = _FETCHED.sub("", _COMMENT.sub("", head))
    start, script = body.split("<script", 1)
    start = _FETCHED.sub("", _COMMENT.sub("", start))
    library = _LIBRARY.read_text(encoding="utf-8").replace("//# sourceMappingURL=vis-network.min.js.map", "")
    head = head.replace("<head>", f"<head>\n{_POLICY}\n<title>{title}</title>{_STYLE}<script>{library}</script>", 1)
    return f"{head}<body>{start}<script{script}"


def html_of(part: Subgraph, places: dict[str, layout.Position], looks: dict[str, Look], language: Language) -> str:
    """Return a part of the graph as an HTML page."""
    return html(draw(part, places, looks, language).network)


def export_html(store: GraphStore, output: Path, language: Language, min_confidence: float = 0.0) -> None:
    """Write the whole graph as an HTML page.

    Raises
    ------
    ExchangeError
        The file cannot be written.
    """
    seen = view(store)
    part = induced(seen, seen.concepts, Filter(min_confidence=min_confidence))
    largest = max(seen.importance.values(), default=0.0)
    looks = {id_: Look(size=layout.size(value, largest)) for id_, value in seen.importance.items()}
    with writing(output) as file:
        file.write(html_of(part, dict(layout.whole(seen)), looks, language))
