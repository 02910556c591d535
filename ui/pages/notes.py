"""Notes: reads like the notes, with the concepts in them marked and a click away."""

from ui.notes import render
from ui.session import page

page(render)
