"""Which headings of a note are questions, which are chapters, and which belong to an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from ingest.parse.inline import Plain
from ingest.parse.titles import Title, count_of

_CONTENTS = re.compile(r"(?:目\s*录|table of contents|contents|toc|导航|索引)[：:]?", re.IGNORECASE)
#: Headings that frame a document rather than ask something.
_MATTER = re.compile(
    r"(?:licen[cs]e|copyright|许可证?|版权(?:声明)?|contribut(?:e|ing|ors?)|贡献(?:指南|者)?|acknowledge?ments?|致谢|"
    r"references?|参考(?:文献|资料|链接)?|changelog|更新日志|联系(?:方式|我们|作者)|contact|star history)[：:]?",
    re.IGNORECASE,
)


class Role(Enum):
    """What a heading is."""

    QUESTION = auto()
    SECTION = auto()
    INNER = auto()
    CONTENTS = auto()
    MATTER = auto()


@dataclass(slots=True)
class Heading:
    """A heading at the top level of a note, or a line all in bold that may be one.

    Parameters
    ----------
    first, last
        Its tokens: [first, last).
    level
        1 to 6; 7 for a bold line.
    has_id
        It is HTML with an id.
    start, end
        Its lines' offsets in the note.
    own_text
        Text stands between it and the next heading.
    listed
        All that stands there is links to headings: a table of contents.
    """

    first: int
    last: int
    level: int
    has_id: bool
    plain: Plain
    title: Title
    line: int
    start: int
    end: int
    own_text: bool = False
    listed: bool = False
    role: Role = Role.INNER


def assign_roles(headings: Sequence[Heading], bold: Sequence[Heading], *, readme: bool = False) -> list[Heading]:
    """Return the headings, and the bold lines that are questions, in order, each with its role.

    Parameters
    ----------
    readme
        The file is a README: only what is clearly a question is one.
    """
    for heading in headings:
        if _CONTENTS.fullmatch(heading.title.text) or heading.listed:
            heading.role = Role.CONTENTS
        elif _MATTER.fullmatch(heading.title.text):
            heading.role = Role.MATTER
    live = [heading for heading in headings if heading.role is Role.INNER]
    if _questions_have_ids(live):
        _by_id(live)
    elif any(heading.title.called for heading in live):
        _by_level(live, min(heading.level for heading in live if heading.title.called))
    elif _count_through(live):
        _by_number(live)
    elif _asked_in_bold(live, bold):
        return _by_bold(headings, bold)
    else:
        _by_level(live, _question_level(live))
        if readme:
            _only_clear(live)
    _matter_inside(headings)
    return list(headings)


def _matter_inside(headings: Sequence[Heading]) -> None:
    """“参考文献” below a question belongs to its answer."""
    level = 0
    for heading in headings:
        if heading.role is Role.QUESTION:
            level = heading.level
        elif heading.role in (Role.SECTION, Role.CONTENTS):
            level = 0
        elif heading.role is Role.MATTER and 0 < level < heading.level:
            heading.role = Role.INNER


def _questions_have_ids(live: Sequence[Heading]) -> bool:
    ids = [heading for heading in live if heading.has_id]
    return any(heading.title.number for heading in ids) or sum(heading.own_text for heading in ids) > 1


def _by_id(live: Sequence[Heading]) -> None:
    """HTML headings with ids are the questions, but for chapters; what stands below without one is in the answer.

    Where some of them have numbers, one without is a heading within the answer before it, if it is deeper.
    """
    numbered = any(heading.has_id and heading.title.number for heading in live)

    def asked(heading: Heading) -> bool:
        return heading.has_id and bool(heading.title.number or not numbered)

    question: Heading | None = None
    inner = 0  # the last number of a heading within the answer, at the question's level or above
    for heading, following in pairwise([*live, None]):
        leads = not heading.own_text and following is not None and asked(following)
        if asked(heading):
            chapter = leads and following is not None and following.level > heading.level
            heading.role = Role.SECTION if chapter else Role.QUESTION
        elif heading.has_id and not (question and heading.level > question.level):
            heading.role = Role.QUESTION if heading.own_text else Role.SECTION
        elif leads and following is not None and (heading.level <= following.level or question is None):
            heading.role = Role.SECTION
        elif _goes_on(heading, question, inner):
            heading.role = Role.QUESTION
        elif question is None:
            heading.role = Role.SECTION
        else:
            inner = count_of(heading.title.number) or inner
        if heading.role is Role.QUESTION:
            question, inner = heading, 0
        elif heading.role is Role.SECTION:
            question = None


def _goes_on(heading: Heading, question: Heading | None, inner: int) -> bool:
    """Tell whether a heading without an id continues the questions' numbers rather than numbers within an answer."""
    number = count_of(heading.title.number)
    if not number or not (heading.own_text or heading.title.asks):
        return False
    if question is None:
        return True
    if heading.level > question.level or inner:
        return False
    last = count_of(question.title.number)
    return number == last + 1 or (number == last and heading.title.text == question.title.text)


def _count_through(live: Sequence[Heading]) -> bool:
    numbers = [count_of(heading.title.number) for heading in live if heading.title.number]
    return len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))


def _by_number(live: Sequence[Heading]) -> None:
    """All numbered headings are questions, whatever their levels."""
    question: Heading | None = None
    for heading in live:
        if heading.title.number:
            heading.role = Role.QUESTION
            question = heading
        elif question is None or heading.level < question.level:
            heading.role, question = Role.SECTION, None


def _asked_in_bold(live: Sequence[Heading], bold: Sequence[Heading]) -> bool:
    """Tell whether the questions are bold lines below headings that are chapters."""
    asked = sum(map(_is_bold_question, bold))
    clear = sum(bool(heading.title.number or heading.title.asks) for heading in live)
    return asked > 0 and clear == 0 and (asked > 1 or sum(heading.own_text for heading in live) <= 1)


def _is_bold_question(line: Heading) -> bool:
    return bool(line.title.asks or line.title.number or line.title.called or line.title.properties)


def _by_bold(headings: Sequence[Heading], bold: Sequence[Heading]) -> list[Heading]:
    for heading in headings:
        if heading.role is Role.INNER:
            heading.role = Role.SECTION
    asked = [line for line in bold if _is_bold_question(line)]
    for line in asked:
        line.role = Role.QUESTION
    return sorted([*headings, *asked], key=lambda heading: heading.first)


def _question_level(live: Sequence[Heading]) -> int:
    """Return the level at which the questions stand.

    The highest one that has text of its own, but for the note's title; a deeper one where all
    questions are asked there, and those above are chapters that open with a few words.
    """
    body = live[1:] if _is_title(live) else live
    levels = sorted({heading.level for heading in body if heading.own_text})
    if not levels:
        return min((heading.level for heading in body), default=1)
    for level in levels:
        above = sum(heading.own_text for heading in body if heading.level < level)
        asking = sum(heading.title.asks for heading in body if heading.level == level)
        if asking > 1 and asking > 3 * above and not any(h.title.asks for h in body if h.level < level):
            return level
    return levels[0]


def _is_title(live: Sequence[Heading]) -> bool:
    """Tell whether the first heading is the note's title: the only one of its level, with others below."""
    if len(live) < 2 or live[0].title.number or live[0].title.asks or live[0].title.called:
        return False
    return all(heading.level > live[0].level for heading in live[1:])


def _by_level(live: Sequence[Heading], level: int) -> None:
    """Headings of one level are questions; deeper ones belong to answers, higher ones with no text of theirs are chapters."""
    question: Heading | None = None
    title = live[0] if _is_title(live) else None
    for heading in live:
        if heading is title and heading.level < level:
            heading.role = Role.SECTION
        elif heading.level == level or (heading.own_text and (heading.level < level or question is None)):
            heading.role = Role.QUESTION
            question = heading
        elif heading.level < level or question is None:
            heading.role, question = Role.SECTION, None


def _only_clear(live: Sequence[Heading]) -> None:
    for heading in live:
        if heading.role is Role.QUESTION and not (heading.title.asks or heading.title.number):
            heading.role = Role.MATTER
