"""Cypher: ask the graph in its own language, read-only."""

from ui.cypher import render
from ui.session import page

page(render)
