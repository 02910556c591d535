"""Compare: two or three concepts side by side, with where the notes discuss them together."""

from ui.comparison import render
from ui.session import page

page(render)
