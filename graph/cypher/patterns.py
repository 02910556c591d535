"""Which regular expressions may be run: neither engine's time limit reaches into one that backtracks."""

from __future__ import annotations

import re
from typing import Final

#: More repetitions than this, on a long text, take longer than any limit.
REPETITIONS: Final = 2

_PIECES: Final = re.compile(
    r"""
    \\Q.*?(?:\\E|$) | \\.                       # quoted
    | \[\^?\]?(?:\\.|[^\]\\])*\]                # one of some characters
    | (?P<open>\((?:\?[^)]*?[:=!>]|\?[a-zA-Z-]+(?=\)))?)
    | (?P<close>\))
    | (?P<repeat>[*+]|\{\d*,?\d*\})[?+]?
    | (?P<choice>\|)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def objection(pattern: str) -> str:
    """Return why a pattern is not run; nothing if it may be."""
    repeats = 0
    inside = [False]  # for each open group: whether it holds a repetition or a choice
    closed = False  # the piece before closed a group of which that is true
    for piece in _PIECES.finditer(pattern):
        if piece["repeat"]:
            if closed:
                return "it repeats a group that holds a repetition or a choice"
            repeats += 1
            inside[-1] = True
        elif piece["choice"]:
            inside[-1] = True
        elif piece["open"]:
            inside.append(False)
        closed = bool(piece["close"]) and len(inside) > 1 and inside.pop()
        if closed:
            inside[-1] = True
    return f"it has more than {REPETITIONS} repetitions" if repeats > REPETITIONS else ""
