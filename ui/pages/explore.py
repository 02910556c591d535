"""Explore: find a concept, see what surrounds it, read its card and the sentences behind each relation."""

from ui.explore import render
from ui.session import page

page(render)
