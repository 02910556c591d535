"""What a heading's text says beside the title: its number, a prefix that calls it a question, difficulty, frequency."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STARS = "★☆⭐🌟✩✪✭"
_FACES = "👶🚀🔥"
_KEYS = {
    "difficulty": ("难度系数", "难易程度", "难易度", "难度", "difficulty", "level"),
    "frequency": ("出现频率", "考察频率", "频率", "考频", "frequency"),
    "importance": ("重要程度", "重要性", "importance"),
}
_KEY = {word: key for key, words in _KEYS.items() for word in words}
_PROPERTY = re.compile(
    rf"({'|'.join(_KEY)})\s*[：:]\s*([{_STARS}]{{1,10}}|[极较很]?[高中低难易]|\d{{1,2}}(?:\s*/\s*\d{{1,2}})?|easy|medium|hard|expert|high|low)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,，、;；|()（）\[\]【】*·。.]*")
_TRAILING = re.compile(rf"[\s{_STARS}{_FACES}]+(?:(?<=[{_STARS}{_FACES}])[A-Za-z])?$")  # a letter: a slip of the key
_LEADING = re.compile(rf"^[\s{_STARS}{_FACES}]+")
_CHINESE_NUMBER = "[一二三四五六七八九十百]{1,5}"
_PREFIX = re.compile(
    r"(?:(?:面试|常见|高频)?(?:问题|题目|面试题|考题|问|题)|question|Q)\s*[.#]?\s*"
    rf"(?:(\d{{1,5}}(?:\.\d{{1,4}})*|{_CHINESE_NUMBER})\s*[：:.．、)）]|[：:])\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(\d{1,4}(?:\.\d{1,4})+)\s+"
    r"|(\d{1,6}(?:\.\d{1,4})*)\s*(?:[、．)）:：]|\.(?!\d*%))\s*"
    r"|[（(【\[]\s*(\d{1,4}(?:\.\d{1,4})*)\s*[)）】\]]\s*"
    rf"|({_CHINESE_NUMBER})\s*[、．.：:]\s*"
    rf"|[（(【]\s*({_CHINESE_NUMBER})\s*[)）】]\s*"
    rf"|第\s*(\d{{1,5}}|{_CHINESE_NUMBER})\s*[题问]\s*[：:、.．]?\s*"
)
_CHAPTER = re.compile(rf"第\s*(?:\d{{1,4}}|{_CHINESE_NUMBER})\s*(?:章|节|讲|篇|部分|单元|课)\s*[：:、.．]?\s*")
_ANCHOR = re.compile(r"\s*\{#[^{}\s]{1,200}\}$")


@dataclass(frozen=True, slots=True)
class Title:
    """A heading's text, taken apart.

    Parameters
    ----------
    start, end
        Where in the plain text the title proper stands.
    number
        As written, empty where there is none.
    called
        Whether a prefix such as “Q3:” or “面试问题：” calls it a question.
    chapter
        Whether a prefix such as “第三章” calls it a chapter.
    properties
        Sorted pairs such as ("difficulty", "3").
    """

    text: str
    start: int
    end: int
    number: str = ""
    called: bool = False
    chapter: bool = False
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it ends with a question mark."""
        return self.text.endswith(("?", "？"))


def read_title(text: str, *, faces: bool = False) -> Title:
    """Take a heading's plain text apart.

    Parameters
    ----------
    faces
        The note rates by 👶, ⭐ and 🚀 (1 to 3), so that one star is the middle.
    """
    found: dict[str, str] = {}
    end = _end_of_title(text, found, faces=faces)
    start = _LEADING.match(text, 0, end)
    begin = start.end() if start else 0
    number, called = "", False
    if chapter := _CHAPTER.match(text, begin, end):
        begin = chapter.end()
    if prefix := _PREFIX.match(text, begin, end):
        begin, number, called = prefix.end(), prefix[1] or "", True
    if not (number or chapter) and (match := _NUMBER.match(text, begin, end)):
        begin, number = match.end(), next(group for group in match.groups() if group)
    if begin >= end:  # nothing but a number or a prefix: that is the title
        begin, number, called = (start.end() if start else 0), "", False
    return Title(text[begin:end], begin, end, number, called, chapter is not None, tuple(sorted(found.items())))


def _end_of_title(text: str, found: dict[str, str], *, faces: bool) -> int:
    end = len(text.rstrip())
    if match := _ANCHOR.search(text, max(0, end - 220), end):
        end = match.start()
    tail = max(0, end - 80)
    if first := _PROPERTY.search(text, tail, end):
        found.update(read_properties(text[first.start() : end]) or {})
        if found:
            end = len(text[: first.start()].rstrip(" \t(（[【*"))
    if rating := _TRAILING.search(text, max(0, end - 40), end):
        if value := _rating(rating[0], faces=faces):
            found.setdefault("difficulty", value)
        end = rating.start()
    return end


def _rating(signs: str, *, faces: bool) -> str:
    if "🚀" in signs:
        return "3"
    if "👶" in signs:
        return "1"
    stars = sum(signs.count(star) for star in _STARS if star != "☆")
    if faces and stars == 1:
        return "2"
    return str(stars) if stars else ""


def read_properties(text: str) -> dict[str, str] | None:
    """Return the properties of a line that holds nothing else (“难度：★★★ 频率：高”), or None."""
    found: dict[str, str] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
        if position == len(text):
            break
        match = _PROPERTY.match(text, position)
        if not match:
            return None
        value = match[2]
        stars = sum(value.count(star) for star in _STARS if star != "☆")
        found[_KEY[match[1].lower()]] = str(stars) if value[0] in _STARS else value
        position = match.end()
    return found or None


def count_of(number: str) -> int:
    """Return a heading's own number as a whole one: the last part of “3.12”, 0 where it is none."""
    last = number.rpartition(".")[2]
    return int(last) if last.isdecimal() else 0
