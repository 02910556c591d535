"""Where sentences of mixed Chinese and English text end."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ingest.parse.inline import Plain
from ingest.parse.letters import is_chinese
from ingest.records import MarkKind

#: Sentences longer than this are cut at semicolons as well.
LONG = 160
#: Brackets further apart do not hold their sentences together.
_BRACKET_REACH = 200

_QUOTED_END = re.compile("。[”」』](?![，、；的])")  # the sentence ends with the one that it quotes
_SEMICOLON = re.compile("；|;(?=\\s)")
_STOP = re.compile(r"[。！？!?.；;…]+")
_BRACKET = re.compile("[（(）)【】《》“”「」]")
_PAIRS = {"（": "）)", "(": "）)", "【": "】", "《": "》", "“": "”", "「": "」"}
_CLOSERS = "”’」』）)】》\"'"
_COMMAS = "，、,—-（(《“"
_ABBREVIATION = re.compile(
    r"(?:^|[^A-Za-z])"
    r"(?:[eE]\.g|[iI]\.e|[A-Z]\.[A-Z]|et al|[vV]s|[cC]f|[eE]tc|Figs?|Eqs?|Sec|Ch|Nos?|Dr|Mrs?|Ms|Prof|St|approx|resp)$"
)
_LABEL = re.compile(
    r"(?:[（(]\s*(?:\d{1,3}|[a-zA-Z]|[一二三四五六七八九十]{1,3})\s*[)）]|[①-⑳]|[一二三四五六七八九十]{1,3}、"
    r"|\d{1,3}(?:[)）、]|[.．](?!\d))|[•·●▪◦]|\[[ xX]\](?=\s)|\[![A-Za-z]{1,20}\][+-]?)\s*(?=\S)"
)
_NEW_LINE = re.compile(rf"\s*(?:{_LABEL.pattern}|第[一二三四五六七八九十]{{1,3}}[，、：]|[–-]\s|\|)")  # | begins a row
_HELD = frozenset((MarkKind.CODE, MarkKind.FORMULA, MarkKind.WIKILINK))


def split_sentences(plain: Plain, start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of each sentence from `start` on, without blanks around it or “（1）” before it."""
    text = plain.text
    for end in _ends(plain):
        if end <= start:
            continue
        first, last = _trim(text, start, end)
        start = end
        if last > first:
            yield from _cut_long(text, _after_label(text, first, last), last)
    first, last = _trim(text, start, len(text))
    if last > first:
        yield from _cut_long(text, _after_label(text, first, last), last)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _after_label(text: str, start: int, end: int) -> int:
    """Return where a sentence begins after a number or bullet typed by hand."""
    label = _LABEL.match(text, start, end)
    return label.end() if label else start


def _ends(plain: Plain) -> list[int]:
    """Return the indices at which sentences end, ascending."""
    text = plain.text
    if not (plain.breaks or plain.lines or _STOP.search(text)):
        return []
    held = _held(plain)
    ends = {end for end in plain.breaks if not _continues(text, end)}
    sentence = 0
    for stop in _STOP.finditer(text):
        end = _after_closers(text, stop.end())
        if _inside(held, stop.start()) and (not _QUOTED_END.match(text, stop.start()) or _inside(held, end)):
            continue
        if _is_end(text, stop, end, sentence):
            ends.add(end)
            sentence = end
    ends.update(line for line in plain.lines if _ends_line(text, line) and not _inside(held, line))
    return sorted(ends)


def _continues(text: str, end: int) -> bool:
    """Tell whether a forced line break at this index stands within a sentence."""
    before = text[max(0, end - 20) : end].rstrip()[-1:]
    return bool(before) and before in _COMMAS


def _ends_line(text: str, line: int) -> bool:
    """Tell whether the line that ends before this index is a lead-in, or the next one an item."""
    before = text[max(0, line - 20) : line].rstrip()[-1:]
    return bool(before) and (before in ":：" or bool(_NEW_LINE.match(text, line)))


def _after_closers(text: str, end: int) -> int:
    while end < len(text) and text[end] in _CLOSERS:
        end += 1
    return end


def _is_end(text: str, stop: re.Match[str], end: int, sentence: int) -> bool:
    signs = stop[0]
    if any(sign in "。！？" for sign in signs):
        return True
    following = text[end : end + 1]
    free = not following or following.isspace() or is_chinese(following)
    if any(sign in "!?" for sign in signs):
        return free
    if signs.strip(";；…") == "" and "." not in signs:
        return False
    return free and _full_stop(text, stop, end, sentence)


def _full_stop(text: str, stop: re.Match[str], end: int, sentence: int) -> bool:
    """Tell whether a dot before a blank, a Chinese character or the end closes a sentence."""
    before = text[max(sentence, stop.start() - 12) : stop.start()]
    words = text[sentence : stop.start()].strip() if stop.start() - sentence < 8 else ""
    if words and (words.isdigit() or len(words) == 1):
        return False  # the number of an item
    following = text[end : end + 2].lstrip()[:1]
    if following and _ABBREVIATION.search(before):
        return bool(re.search(r"(?:^|\W)etc$", before)) and not following.islower() and not is_chinese(following)
    return not following.islower()


def _held(plain: Plain) -> list[tuple[int, int]]:
    """Return stretches in which no sentence ends: code, formulas, and brackets near each other; disjoint, ascending."""
    spans = [(mark.start, mark.end) for mark in plain.marks if mark.kind in _HELD]
    stack: list[tuple[str, int]] = []
    for bracket in _BRACKET.finditer(plain.text):
        sign = bracket[0]
        if sign in _PAIRS:
            stack.append((_PAIRS[sign], bracket.start()))
        elif stack and sign in stack[-1][0]:
            start = stack.pop()[1]
            if bracket.start() - start <= _BRACKET_REACH:
                spans.append((start, bracket.start()))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _inside(spans: list[tuple[int, int]], index: int) -> bool:
    at = bisect_right(spans, (index, len(spans) and spans[-1][1])) - 1
    return at >= 0 and spans[at][0] < index < spans[at][1]


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the sentence, cut at semicolons where it is long."""
    if end - start > LONG:
        for semicolon in _SEMICOLON.finditer(text, start, end):
            first, last = _trim(text, start, semicolon.end())
            yield first, last
            start = semicolon.end()
    start, end = _trim(text, start, end)
    if end > start:
        yield start, end
