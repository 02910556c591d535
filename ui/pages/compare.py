"""Compare: two or three concepts side by side."""

from ui.compare import render
from ui.session import page

page(render)
