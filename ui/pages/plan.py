"""Plan: what to learn first, how two concepts are connected, and how far one has come."""

from ui.plan import render
from ui.session import page

page(render)
