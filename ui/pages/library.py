"""Library: the documents of the graph; add, rebuild, remove."""

from ui.library import render
from ui.session import page

page(render)
