"""Notes into questions, each with its sentences and the structure of its answer.

Which headings are questions is decided by the note's own form (see `outline`); offsets always slice to the
words of the note. Whatever the Markdown, a note is parsed: what cannot be placed is named in a notice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

import yaml
from markdown_it.token import Token

from graph.model import Question, question_id
from ingest.parse.blocks import QuestionReader, is_contents, is_underlined_text, shows_text
from ingest.parse.inline import Plain, build_plain
from ingest.parse.locate import locate_heading
from ingest.parse.markdown import Source, parse_blocks, parse_inline
from ingest.parse.outline import Heading, Role, assign_roles, fold, with_next
from ingest.parse.titles import Title, read_title
from ingest.records import MarkKind, Note, Notice, ParsedDocument, ParsedQuestion

__all__ = ["parse"]

#: Front matter larger or more nested than this is not read.
_FRONT_MATTER = 20_000
_FRONT_MATTER_NESTING = 200

_README = re.compile(r"readme\b.*", re.IGNORECASE)
_ENTRY = re.compile(r"^[ \t]*(?:[-*+]|\d{1,4}[.)])[ \t]+\[([^\r\n]{1,300})\]\(#", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]+")
_BLANK_LINES = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*+")
_BOLD = 7  # the level of a line in bold
_BOLD_START = ("**", "__")
_FENCE_END = re.compile(r"[\s>]*(`{3,}|~{3,})\s*")


def parse(note: Note) -> ParsedDocument:
    """Return the note's questions.

    Parameters
    ----------
    note
        As read; its document's title is filled in here.
    """
    return _Parser(note).parse()


@dataclass(slots=True)
class _Parser:
    note: Note
    source: Source = field(init=False)
    tokens: list[Token] = field(init=False)
    env: dict[str, Any] = field(init=False)
    notices: list[Notice] = field(init=False)
    faces: bool = field(init=False)

    def __post_init__(self) -> None:
        self.source = Source(self.note.text)
        self.tokens, self.env = parse_blocks(self.source)
        self.notices = list(self.note.notices)
        self.faces = "👶" in self.note.text or "🚀" in self.note.text

    def parse(self) -> ParsedDocument:
        path = self.note.document.path
        headings = self._headings()
        readme = bool(_README.fullmatch(PurePosixPath(path).name))
        outline = assign_roles(headings, self._bold_lines, self._contents(), readme=readme)
        questions = self._questions(outline)
        self._warn_of_open_blocks()
        if questions:
            self._warn_of_lost_text(outline)
        else:
            self._notice(self._first_text(self.tokens), "no question was found in this note; its text is left out")
        title, front_matter = self._front_matter()
        document = replace(self.note.document, title=title or self._title(outline, questions))
        return ParsedDocument(document, tuple(questions), tuple(self.notices), front_matter)

    def _notice(self, line: int, message: str) -> None:
        self.notices.append(Notice(self.note.document.path, line, message))

    # Headings

    def _headings(self) -> list[Heading]:
        """Return the headings at the top level; one with an id may be indented into a list by accident."""
        found = [
            self._heading(index, token, int(token.tag[1]))
            for index, token in enumerate(self.tokens)
            if token.type == "heading_open"
            and (not token.level or token.attrs.get("id"))
            and not is_underlined_text(token, self.tokens[index + 1].content)
        ]
        headings = [heading for heading in found if heading.title.text]
        for heading, following in with_next(headings):
            self._look_below(heading, following)
        return headings

    def _bold_lines(self) -> list[Heading]:
        """Return the paragraphs at the top level that are one line in bold, but for marks of difficulty."""
        found = [
            self._heading(index, token, _BOLD)
            for index, token in enumerate(self.tokens)
            if token.type == "paragraph_open"
            and not token.level
            and self.tokens[index + 1].content.startswith(_BOLD_START)
        ]
        return [line for line in found if line.title.text and _is_bold(line.plain, line.title)]

    def _heading(self, index: int, token: Token, level: int) -> Heading:
        inline = self.tokens[index + 1]
        locator = locate_heading(self.source, inline, token.markup)
        plain = build_plain(parse_inline(inline.content, self.env), inline.content, locator)
        title = read_title(plain.text, faces=self.faces)
        first, last = token.map or (0, 1)
        return Heading(
            first=index,
            last=index + 3,
            level=level,
            has_id="id" in token.attrs,
            plain=plain,
            title=title,
            line=first + 1,
            start=self.source.start(first),
            end=self.source.offset(token.meta["after"]) if "after" in token.meta else self.source.start(last),
        )

    def _contents(self) -> frozenset[str]:
        """Return what tables of contents list, folded."""
        return frozenset(fold(read_title(entry[1]).text) for entry in _ENTRY.finditer(self.note.text))

    def _look_below(self, heading: Heading, following: Heading | None) -> None:
        text = self.note.text[heading.end : following.start if following else len(self.note.text)]
        heading.listed = is_contents(line[0] for line in _LINE.finditer(text))
        heading.own_text = not heading.listed and shows_text(text)

    # Questions

    def _questions(self, outline: Sequence[Heading]) -> list[ParsedQuestion]:
        questions: list[ParsedQuestion] = []
        sections: list[tuple[float, str]] = []
        bounds = [heading for heading in outline if heading.role is not Role.INNER]
        for heading, following in with_next(bounds):
            if heading.role in (Role.SECTION, Role.QUESTION):
                level = _level(heading, following)
                while sections and sections[-1][0] >= level:
                    sections.pop()
            if heading.role is Role.SECTION:
                sections.append((level, heading.title.text))
            elif heading.role is Role.QUESTION:
                titles = tuple(title for _, title in sections)
                questions.append(self._question(heading, following, titles, len(questions)))
        return questions

    def _question(
        self, heading: Heading, following: Heading | None, sections: tuple[str, ...], position: int
    ) -> ParsedQuestion:
        document = self.note.document.path
        key = question_id(document, position)
        reader = QuestionReader(self.source, self.env, key)
        reader.add_title(heading.plain, heading.title.start, heading.title.end)
        reader.read(self.tokens[heading.last : following.first if following else len(self.tokens)])
        question = Question(
            id=key,
            document=document,
            position=position,
            number=heading.title.number,
            title=heading.title.text,
            answer=_without_blank_lines(self.note.text[heading.end : following.start if following else None]),
            line=heading.line,
            properties=tuple(sorted({**reader.properties, **dict(heading.title.properties)}.items())),
        )
        return ParsedQuestion(question, sections, tuple(reader.blocks), tuple(reader.sentences))

    # The document

    def _title(self, outline: Sequence[Heading], questions: Sequence[ParsedQuestion]) -> str:
        """Return the chapter that all questions stand under, else the file's name."""
        first = next((heading.title for heading in outline if heading.role is not Role.CONTENTS), None)
        if first is None or first.number or first.chapter:
            return PurePosixPath(self.note.document.path).stem
        above_all = all(question.sections[:1] == (first.text,) for question in questions)
        return first.text if above_all else PurePosixPath(self.note.document.path).stem

    def _front_matter(self) -> tuple[str, str]:
        """Return the front matter's title and its YAML; no value is built, so nothing in it can run or unfold."""
        if not self.tokens or self.tokens[0].type != "front_matter":
            return "", ""
        content = self.tokens[0].content
        if len(content) > _FRONT_MATTER or content.count("[") + content.count("{") > _FRONT_MATTER_NESTING:
            self._notice(1, "the front matter is too large and was left out")
            return "", ""
        try:
            return _title_of(content), content
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            self._notice(2 + mark.line if mark else 1, f"the front matter is left out: {_reason(error)}")
        return "", ""

    # Notices

    def _warn_of_open_blocks(self) -> None:
        for token in self.tokens:
            if token.type == "html_block" and token.meta.get("open"):
                self._notice(_line(token), "the comment that begins here has no end; all that follows is left out")
            elif token.type == "fence" and self._is_open(token):
                self._notice(_line(token), "the code block that begins here has no end; all that follows is code")

    def _is_open(self, token: Token) -> bool:
        first, last = token.map or (0, 1)
        if last - first < 2:
            return True
        end = _FENCE_END.fullmatch(self.source.normal_line(last - 1)[1])
        return not (end and end[1].startswith(token.markup))

    def _warn_of_lost_text(self, outline: Sequence[Heading]) -> None:
        """Name text that stands in no question."""
        first = outline[0].first if outline else len(self.tokens)
        if line := self._first_text(self.tokens[:first]):
            self._notice(line, "text before the first heading belongs to no question")
        bounds = [heading for heading in outline if heading.role is not Role.INNER]
        for heading, following in with_next(bounds):
            if heading.role is Role.QUESTION or heading.listed:
                continue
            end = following.first if following else len(self.tokens)
            if line := self._first_text(self.tokens[heading.last : end]):
                title = "".join(filter(str.isprintable, heading.title.text[:80]))
                self._notice(line, f"text under “{title}” belongs to no question")

    def _first_text(self, tokens: Sequence[Token]) -> int:
        """Return the line of the first sentence in tokens, tables of contents left out; 0 where there is none."""
        reader = QuestionReader(self.source, self.env, "")
        reader.add_title(Plain(), 0, 0)
        reader.read(tokens)
        return reader.sentences[1].sentence.line if len(reader.sentences) > 1 else 0


def _title_of(content: str) -> str:
    """Return the title of YAML that has neither tags nor aliases.

    Raises
    ------
    yaml.YAMLError
        It has, or is no YAML.
    """
    depth, scalars, key, title = 0, 0, "", ""
    for event in yaml.parse(content, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            mark = event.start_mark
            raise yaml.MarkedYAMLError(problem="it uses tags or aliases", problem_mark=mark)  # type: ignore[arg-type]  # the stubs know one of two kinds of mark
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            scalars += depth == 1  # a list or a mapping is one value
        elif isinstance(event, yaml.ScalarEvent) and depth == 1:
            scalars += 1
            if scalars % 2:
                key = event.value
            elif key.lower() == "title":
                title = event.value.strip()
    return title


def _reason(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None)
    return "".join(filter(str.isprintable, problem)) if isinstance(problem, str) else "it is not valid YAML"


def _without_blank_lines(text: str) -> str:
    """Return text without blank lines at its ends; what indents its first line stays."""
    blank = _BLANK_LINES.match(text)
    return text[blank.end() if blank else 0 :].rstrip()


def _is_bold(plain: Plain, title: Title) -> bool:
    """Tell whether a paragraph is one bold line, but for marks of difficulty."""
    bold = [mark for mark in plain.marks if mark.kind is MarkKind.BOLD]
    return not plain.lines and bool(bold) and bold[0].start <= title.start and bold[0].end >= title.end


def _level(heading: Heading, following: Heading | None) -> float:
    """Return a heading's level; a chapter whose questions are not below it counts as half a level above them."""
    if heading.role is Role.SECTION and following and following.role is Role.QUESTION:
        return min(heading.level, following.level - 0.5)
    return heading.level


def _line(token: Token) -> int:
    return (token.map or (0, 0))[0] + 1
