"""What kinds of characters there are, for Markdown and for sentences."""

from __future__ import annotations

import re

#: Takes no width, or only steers the direction of text: not part of any name.
INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]+")

_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff]")


def is_chinese(character: str) -> bool:
    """Tell whether a character is written without blanks around it: Chinese, and full-width punctuation."""
    return bool(_CHINESE.match(character))
