"""Plan: what to learn for a concept, in order; how two concepts are connected; what can be learned next."""

from ui.plans import render
from ui.session import page

page(render)
