"""Escaping: text of the user's own becomes text in Streamlit's Markdown, whatever is in it."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^\"'])")
#: What GitHub's Markdown makes links of by itself, even where escaped; a word joiner keeps it from that.
_AUTOLINK = re.compile(r"(?i)(https?|ftp|xmpp|mailto)(:)|(www)(\.)|()(@)")
_JOINER = "\u2060"


def md(text: str) -> str:
    """Return Markdown that shows the text as it is, on one line."""
    plain = " ".join(text.split())
    parted = _AUTOLINK.sub(
        lambda match: f"{match[1] or match[3] or ''}{_JOINER}{match[2] or match[4] or match[6]}", plain
    )
    return _PUNCTUATION.sub(r"\\\1", parted)


def short(text: str, length: int = 60) -> str:
    """Return a text cut to a length, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
