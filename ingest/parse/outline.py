"""Which headings of a note are questions, which are chapters, and which belong to an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from itertools import zip_longest

from ingest.parse.inline import Plain
from ingest.parse.titles import Title, count_of

_CONTENTS = re.compile(r"(?:目\s*录|table of contents|contents|toc)[：:]?", re.IGNORECASE)
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


def fold(title: str) -> str:
    """Return a title's letters and digits, to be compared with."""
    return "".join(filter(str.isalnum, title)).lower()


def with_next(headings: Sequence[Heading]) -> Iterator[tuple[Heading, Heading | None]]:
    """Yield each heading with the one after it, None after the last."""
    return zip_longest(headings, headings[1:])


def assign_roles(
    headings: Sequence[Heading],
    bold_lines: Callable[[], Sequence[Heading]],
    contents: AbstractSet[str],
    *,
    readme: bool,
) -> list[Heading]:
    """Return the headings, and the bold lines that are questions, in order, each with its role.

    Parameters
    ----------
    bold_lines
        Returns the lines that are all in bold, if it comes to that.
    contents
        What the note's table of contents lists, folded.
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
        _by_id(live, contents)
    elif any(heading.title.called for heading in live):
        _by_level(live, min(heading.level for heading in live if heading.title.called))
    elif _count_through(live):
        _by_number(live)
    elif _asked_in_bold(live, bold := [line for line in bold_lines() if _is_bold_question(line)]):
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


def _by_id(live: Sequence[Heading], contents: AbstractSet[str]) -> None:
    state = _IdState(live, contents)
    for heading, following in with_next(live):
        heading.role = state.role(heading, following)


class _IdState:
    """Decides in a note whose questions are HTML headings with ids.

    Those are the questions, but for chapters; what stands below without an id is in the answer. Where
    some of them have numbers, one without is within the answer before it, if it is deeper.
    """

    def __init__(self, live: Sequence[Heading], contents: AbstractSet[str]) -> None:
        self.numbered = any(heading.has_id and heading.title.number for heading in live)
        # what is listed and stands below no heading with an id: its author forgot the id
        self.listed = contents - {fold(heading.title.text) for heading in live if heading.has_id}
        self.top = next((heading.level for heading in live if self._asked(heading)), 0)
        self.question: Heading | None = None
        self.inner = 0  # the last number of a heading within the answer

    def role(self, heading: Heading, following: Heading | None) -> Role:
        role = self._role(heading, following)
        if role is Role.INNER:
            self.inner = count_of(heading.title.number) or self.inner
        else:
            self.question, self.inner = heading if role is Role.QUESTION else None, 0
        return role

    def _asked(self, heading: Heading) -> bool:
        return heading.has_id and not heading.title.chapter and bool(heading.title.number or not self.numbered)

    def _role(self, heading: Heading, following: Heading | None) -> Role:
        leads = None if heading.own_text or following is None or not self._asked(following) else following
        within = self.question is not None and heading.level > self.question.level
        if self._asked(heading):
            return Role.SECTION if leads and leads.level > heading.level else Role.QUESTION
        if heading.title.chapter:
            return Role.SECTION
        if heading.has_id and not within:
            return Role.QUESTION if heading.own_text else Role.SECTION
        if leads and (heading.level <= leads.level or self.question is None):
            return Role.SECTION
        if not within and (fold(heading.title.text) in self.listed or self._goes_on(heading)):
            return Role.QUESTION
        return Role.INNER if self.question else Role.SECTION

    def _goes_on(self, heading: Heading) -> bool:
        """Tell whether a heading without an id continues the questions' numbers rather than numbers in an answer."""
        number = count_of(heading.title.number)
        if not number or not (heading.own_text or heading.title.asks):
            return False
        if self.question is None:
            return heading.level <= self.top
        if self.inner:
            return False
        last = count_of(self.question.title.number)
        return number == last + 1 or (number == last and heading.title.text == self.question.title.text)


def _count_through(live: Sequence[Heading]) -> bool:
    numbers = [count_of(heading.title.number) for heading in live if heading.title.number]
    return len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))


def _by_number(live: Sequence[Heading]) -> None:
    """All numbered headings are questions, whatever their levels; so is one beside them, such as a summary."""
    question: Heading | None = None
    for heading in live:
        beside = question is not None and heading.level == question.level and heading.own_text
        if heading.title.number or beside:
            heading.role = Role.QUESTION
            question = heading
        elif question is None or heading.level < question.level:
            heading.role, question = Role.SECTION, None


def _asked_in_bold(live: Sequence[Heading], bold: Sequence[Heading]) -> bool:
    """Tell whether the questions are bold lines below headings that are chapters."""
    clear = sum(bool(heading.title.number or heading.title.asks) for heading in live)
    return bool(bold) and clear == 0 and (len(bold) > 1 or sum(heading.own_text for heading in live) <= 1)


def _is_bold_question(line: Heading) -> bool:
    return bool(line.title.asks or line.title.number or line.title.called or line.title.properties)


def _by_bold(headings: Sequence[Heading], bold: Sequence[Heading]) -> list[Heading]:
    for heading in headings:
        if heading.role is Role.INNER:
            heading.role = Role.SECTION
    for line in bold:
        line.role = Role.QUESTION
    return sorted([*headings, *bold], key=lambda heading: heading.first)


def _question_level(live: Sequence[Heading]) -> int:
    """Return the level at which the questions stand.

    The highest one that asks or has text of its own, but for the note's title; a deeper one where all
    that asks stands there, and those above are chapters that open with a few words.
    """
    body = live[1:] if _is_title(live) else live
    body = [heading for heading in body if not heading.title.chapter]
    levels = sorted({heading.level for heading in body if heading.own_text or heading.title.asks})
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
    if len(live) < 2 or live[0].title.chapter or live[0].title.number or live[0].title.asks or live[0].title.called:
        return False
    return all(heading.level > live[0].level for heading in live[1:])


def _by_level(live: Sequence[Heading], level: int) -> None:
    """Headings of one level are questions; deeper ones belong to answers, higher ones without text are chapters."""
    question: Heading | None = None
    title = live[0] if _is_title(live) else None
    for heading in live:
        if heading.title.chapter or (heading is title and heading.level < level):
            heading.role, question = Role.SECTION, None
        elif heading.level == level or (heading.own_text and (heading.level < level or question is None)):
            heading.role = Role.QUESTION
            question = heading
        elif heading.level < level or question is None:
            heading.role, question = Role.SECTION, None


def _only_clear(live: Sequence[Heading]) -> None:
    for heading in live:
        if heading.role is Role.QUESTION and not (heading.title.asks or heading.title.number):
            heading.role = Role.MATTER
