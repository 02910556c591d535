"""Markdown through markdown-it: block tokens with source lines, inline tokens with source offsets.

What these notes need beyond CommonMark is added as rules: HTML headings are headings, display formulas are
blocks, other HTML never swallows the text around it, and text nested deeper than the limit becomes a paragraph
instead of getting lost.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import MutableMapping
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock, RuleFuncBlockType
from markdown_it.parser_inline import ParserInline, RuleFuncInlineType
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, code, fence, reference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from ingest.parse.letters import is_chinese

#: Levels of nesting; a list takes two. Deeper text is kept as a paragraph. The parser recurses.
MAX_NESTING = 160

#: Brackets in brackets; text with more is taken as plain, since each could begin a link.
_MAX_BRACKETS = 50

#: The characters at which an inline rule can begin, or a link's text end.
_SPECIAL = re.compile(r"[\n!$&*<=\[\\\]_`~]")
_BEGINS = {
    "\n": ("newline",),
    "!": ("image", "broken_image"),
    "$": ("formula",),
    "&": ("entity",),
    "*": ("strong", "emphasis"),
    "<": ("autolink", "html_inline", "loose_tag"),
    "=": ("highlight",),
    "[": ("wikilink", "footnote", "link", "broken_link"),
    "\\": ("formula", "escape"),
    "_": ("dunder", "emphasis"),
    "`": ("backticks",),
    "~": ("strikethrough",),
}
_BRACKET = re.compile(r"[\[\]]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HTML_HEADING = re.compile(r"<h([1-6])(?=[\s>])((?:\"[^\"]*\"|'[^']*'|[^'\"<>])*+|[^<>]*+)>", re.IGNORECASE)
_HTML_HEADING_END = re.compile(r"</h[1-6]\s*>", re.IGNORECASE)
_HTML_ID = re.compile(r"""\bid\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_RAW_OPEN = re.compile(r"<(?:(!--)|(script|style|pre|textarea)(?=[\s>]|$))", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"---+[ \t]*\n\s*[\w\"'-]+[ \t]*:(?=\s)")
_PROSE = re.compile(r"[\u4e00-\u9fff]{4}")
_CODE = re.compile(
    r"^\s*(?:import|from|def|class|return|for|if|while|with|print|@|#|//|[$>] )|\w\s=\s\w|\w\(\)|[{};]\s*$"
)
_LONG_FENCE = re.compile(r"`{30}|~{30}")
_FORMULA_OPEN = re.compile(r"\$\$|\\\[")
_HEADING_LINE = re.compile(r"[ ]{0,3}(?:#{1,6}[ \t]|<h[1-6][\s>]|```|~~~)", re.IGNORECASE)
_HEADING_LINES = 10  # an HTML heading spans no more
_FORMULA_LINES = 60  # nor does a display formula


class Source:
    """A note's text with its lines: LF, CR and CRLF end one, nothing else does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self.normal = _LINE_END.sub("\n", text)
        self._same = len(self.normal) == len(text)
        self._normal_starts = self.starts if self._same else [0, *(m.end() for m in re.finditer("\n", self.normal))]

    def offset(self, normal: int) -> int:
        """Return the text's offset for one of the normalised text."""
        if self._same:
            return normal
        line = bisect_right(self._normal_starts, normal) - 1
        return self.starts[line] + normal - self._normal_starts[line]

    def line(self, offset: int) -> int:
        """Return the line of an offset of the text, from 1."""
        return bisect_right(self.starts, offset)

    def start(self, line: int) -> int:
        """Return the offset at which a line begins, counted from 0; the text's end for those beyond."""
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def normal_line(self, line: int) -> tuple[int, str]:
        """Return a line, counted from 0, with its offset in the normalised text."""
        start = self._normal_starts[line]
        end = self.normal.find("\n", start)
        return start, self.normal[start : end if end >= 0 else len(self.normal)]


class _Blocks(ParserBlock):
    """The block parser, which keeps what is nested too deep."""

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803  the parser's names
        if state.level < MAX_NESTING:
            super().tokenize(state, startLine, endLine)
            return
        line = startLine
        while line < endLine and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
            text = state.src[state.bMarks[line] : state.eMarks[line]]
            content = text.lstrip(" \t>-*+")
            if content:
                _push_text(state, line, content.rstrip(), state.eMarks[line] - len(content))
            line += 1
        state.line = line


class _InlineState(StateInline):
    """Inline state whose tokens know where they stand: `meta["at"]`, and `meta["end"]` where it is not plain text."""

    rule_start = 0
    text_start = 0

    def pushPending(self) -> Token:  # noqa: N802  the parser's name
        token = super().pushPending()
        token.meta["at"] = self.text_start
        return token

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        """Look at a run of * or _, or ~: as CommonMark does, but for what that makes of Chinese.

        There “**缺点：**如果” is not bold, as a letter follows the stars and punctuation stands before them; here
        two stars need no more than text beside them, and punctuation beside Chinese does no harm.
        """
        src, end = self.src, start
        marker = src[start]
        while end < self.posMax and src[end] == marker:
            end += 1
        before = src[start - 1] if start else " "
        after = src[end] if end < self.posMax else " "
        strong = end - start > 1 and marker != "_"
        opens = not after.isspace() and (strong or after.isalnum() or _ends_word(before))
        closes = not before.isspace() and (strong or before.isalnum() or _ends_word(after))
        if canSplitWord:
            product = end - start == 1 and (before + after).isascii() and before.isalnum() and after.isalnum()
            return Scanned(opens and not product, closes and not product, end - start)
        return Scanned(
            opens and not (closes and before.isalnum()), closes and not (opens and after.isalnum()), end - start
        )

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        token.meta["at"] = self.rule_start
        return token


class _Inlines(ParserInline):
    """The inline parser, with offsets; it tries only the rules that a character can begin."""

    def __init__(self) -> None:
        super().__init__()
        self.terminator_re = _SPECIAL
        self.by_character: dict[str, list[RuleFuncInlineType]] = {}

    def prepare(self) -> None:
        """Note which rules each special character can begin, in their order."""
        rules = dict(zip(self.ruler.get_active_rules(), self.ruler.getRules(""), strict=True))
        self.by_character = {
            character: [rules[name] for name in rules if name in names] for character, names in _BEGINS.items()
        }

    def tokenize(self, state: StateInline) -> None:
        assert isinstance(state, _InlineState)  # noqa: S101  parse() makes no other
        end = state.posMax
        by_character = self.by_character if state.level < MAX_NESTING else {}
        state.text_start = state.pos
        while state.pos < end:
            start = state.rule_start = state.pos
            count = len(state.tokens)
            for rule in by_character.get(state.src[start], ()):
                if rule(state, False):
                    break
            else:
                special = _SPECIAL.search(state.src, start + 1, end)
                state.pos = special.start() if special else end
                state.append_pending(state.src[start : state.pos])
                continue
            if len(state.tokens) > count:
                _place(state.tokens[count:], start, state.pos)
                state.text_start = state.pos
        if state.pending:
            state.pushPending()

    def parse(self, src: str, md: MarkdownIt, env: MutableMapping[str, Any], tokens: list[Token]) -> list[Token]:
        state = _InlineState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _ends_word(character: str) -> bool:
    """Tell whether a word can end beside this character: it is Chinese, or no letter at all."""
    return not character.isalnum() or is_chinese(character)


def _place(tokens: list[Token], first: int, end: int) -> None:
    """Tell a rule's tokens where they end; delimiters of emphasis stand side by side."""
    start = first
    for token in tokens:
        if "end" in token.meta:
            continue
        if token.type == "text" and token.meta["at"] == first:
            token.meta["at"] = start
            start += len(token.content)
        token.meta["end"] = end


def _push_text(state: StateBlock, line: int, content: str, at: int) -> None:
    """Push a paragraph of text that stands at an offset of the normalised text."""
    for kind, nesting in (("paragraph_open", 1), ("inline", 0), ("paragraph_close", -1)):
        token = state.push(kind, "p" if nesting else "", nesting)  # type: ignore[arg-type]
        token.map = [line, line + 1]
        if kind == "inline":
            token.content = content
            token.children = []
            token.meta["at"] = at


def _paragraph_end(state: StateBlock, line: int, end_line: int, most: int) -> int:
    """Return the line after the last one of `most` that is neither empty nor outdented."""
    last = line + 1
    while last < min(end_line, line + most) and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        last += 1
    return last


def _html_heading(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    if state.src[start : start + 2].lower() != "<h" or state.sCount[line] - state.blkIndent > 3:
        return False
    last = _paragraph_end(state, line, end_line, _HEADING_LINES)
    stop = state.eMarks[last - 1]
    head = _HTML_HEADING.match(state.src, start, stop)
    if not head:
        return False
    if silent:
        return True
    tail = _HTML_HEADING_END.search(state.src, head.end(), stop)
    if tail:
        content_end, after = tail.span()
    else:  # no end tag: the heading ends with its line
        content_end = after = min(stop, _line_end(state, head.end()))
    last = line + state.src.count("\n", start, after) + 1
    content = state.src[head.end() : content_end]
    level = f"h{head[1]}"
    opened = state.push("heading_open", level, 1)
    opened.map = [line, last]
    opened.markup = "<"
    identity = _HTML_ID.search(head[2])
    opened.attrs = {"id": next((group for group in identity.groups() if group is not None), "")} if identity else {}
    token = state.push("inline", "", 0)
    token.map = [line, last]
    token.content = content.strip()
    token.children = []
    token.meta["at"] = head.end() + len(content) - len(content.lstrip())
    state.push("heading_close", level, -1).markup = "<"
    opened.meta["after"] = after
    _push_rest(state, last - 1, after)
    state.line = last
    return True


def _line_end(state: StateBlock, position: int) -> int:
    end = state.src.find("\n", position)
    return end if end >= 0 else len(state.src)


def _push_rest(state: StateBlock, line: int, after: int) -> None:
    """Push what follows a block on its last line."""
    rest = state.src[after : state.eMarks[line]]
    if rest.strip():
        _push_text(state, line, rest.strip(), after + len(rest) - len(rest.lstrip()))


def _raw_html(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """Comments, scripts and styles as blocks; all other HTML is text with tags in it."""
    start = state.bMarks[line] + state.tShift[line]
    opened = _RAW_OPEN.match(state.src, start, state.eMarks[line])
    if not opened:
        return False
    close = "-->" if opened[1] else f"</{opened[2].lower()}>"
    closes = state.env.setdefault("closes", {})
    if close not in closes:
        lower = state.env.setdefault("lower", state.src.lower())
        closes[close] = lower.rfind(close)
    found = closes[close] >= opened.end()
    if not found and not opened[1]:
        return False
    if silent:
        return True
    stop = state.eMarks[end_line - 1]
    end = state.env.setdefault("lower", state.src.lower()).find(close, opened.end(), stop) if found else -1
    after = end + len(close) if end >= 0 else stop
    last = end_line if end < 0 else line + state.src.count("\n", start, after) + 1
    token = state.push("html_block", "", 0)
    token.map = [line, last]
    token.content = state.src[start:after]
    token.meta["open"] = end < 0
    _push_rest(state, last - 1, after)
    state.line = last
    return True


def _display_formula(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    opened = _FORMULA_OPEN.match(state.src, start, state.eMarks[line])
    if not opened:
        return False
    close = "$$" if opened[0] == "$$" else "\\]"
    stop = state.eMarks[min(end_line, line + _FORMULA_LINES) - 1]
    end = state.src.find(close, opened.end(), stop)
    if end < 0:
        return False
    last = line + state.src.count("\n", start, end)
    if any(_HEADING_LINE.match(state.src, state.bMarks[at], state.eMarks[at]) for at in range(line + 1, last + 1)):
        return False
    if state.src[end + 2 : state.eMarks[last]].strip(" \t.,;。，；"):
        return False  # text goes on: a formula within a sentence
    if silent:
        return True
    token = state.push("formula", "", 0)
    token.map = [line, last + 1]
    state.line = last + 1
    return True


def _indented(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """Code is what is indented by four blanks, unless it is Chinese prose, whose authors indent paragraphs too."""
    first = len(state.tokens)
    if not code(state, line, end_line, silent):
        return False
    token = state.tokens[first]
    lines = [text for text in token.content.split("\n") if text.strip()]
    if 2 * sum(bool(_PROSE.search(text)) and not _CODE.search(text) for text in lines) <= len(lines):
        return True
    del state.tokens[first:]
    for number in range(line, state.line):
        start = state.bMarks[number] + state.tShift[number]
        text = state.src[start : state.eMarks[number]]
        if text.strip():
            _push_text(state, number, text.strip(), start + len(text) - len(text.lstrip()))
    return True


def _front_matter(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """Keep a note that merely begins with a line of dashes from being taken for YAML up to the next one."""

    def checked(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
        return line == 0 and bool(_FRONT_MATTER.match(state.src)) and rule(state, line, end_line, silent)

    return checked


def _fence(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """Code between fences; a row of ticks that nobody would type is none."""
    start = state.bMarks[line] + state.tShift[line]
    if _LONG_FENCE.match(state.src, start, state.eMarks[line]):
        return False
    return fence(state, line, end_line, silent)


def _formula(state: StateInline, silent: bool) -> bool:
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        _push_shown(state, "formula", match)
    state.pos = match.end()
    return True


def _loose_tag(state: StateInline, silent: bool) -> bool:
    """Take tags whose attributes break the rules, as browsers do."""
    match = _LOOSE_TAG.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = match[0]
    state.pos = match.end()
    return True


def _strong(state: StateInline, silent: bool) -> bool:
    """Take “**words**”, by far the most of all markup, without the bookkeeping that nesting needs."""
    match = _STRONG.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        if state.pending:
            state.pushPending()
        start, end = match.span(1)
        state.tokens += (
            Token("strong_open", "strong", 1, meta={"at": start - 2, "end": start}),
            Token("text", "", 0, content=match[1], meta={"at": start, "end": end}),
            Token("strong_close", "strong", -1, meta={"at": end, "end": end + 2}),
        )
    state.pos = match.end()
    return True


def _dunder(state: StateInline, silent: bool) -> bool:
    """Keep Python's __init__ and the like as they are."""
    match = _DUNDER.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.append_pending(match[0])
    state.pos = match.end()
    return True


def _wikilink(state: StateInline, silent: bool) -> bool:
    match = _WIKILINK.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        _push_shown(state, "wikilink", match)
    state.pos = match.end()
    return True


def _push_shown(state: StateInline, kind: str, match: re.Match[str]) -> None:
    """Push a token that shows the match's last group."""
    group = match.lastindex or 0
    token = state.push(kind, "", 0)
    token.content = match[group]
    token.meta["shown"] = match.start(group)


def _footnote(state: StateInline, silent: bool) -> bool:
    """Drop the mark of a footnote, and that before its text."""
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.push("footnote", "", 0)
    state.pos = match.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
    """Drop the marks of “==words==”, as some editors have it."""
    if state.env.get("highlight") != (state.src, state.pos):
        match = _HIGHLIGHT.match(state.src, state.pos, state.posMax)
        if not match:
            return False
        if not silent:
            state.env["highlight"] = (state.src, match.start(1))
    if not silent:
        state.push("highlight", "", 0)
    state.pos += 2
    return True


def _reference(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """Keep the texts of footnotes, which look like addresses of links."""

    def checked(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
        start = state.bMarks[line] + state.tShift[line]
        return not state.src.startswith("[^", start) and rule(state, line, end_line, silent)

    return checked


def _broken_image(state: StateInline, silent: bool) -> bool:
    """Drop images whose address has blanks or backslashes, which CommonMark takes for text."""
    match = _BROKEN_IMAGE.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        state.push("image", "img", 0)
    state.pos = match.end()
    return True


def _broken_link(state: StateInline, silent: bool) -> bool:
    """Show the text alone of links whose address CommonMark, or the parser's caution, does not take."""
    match = _BROKEN_LINK.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    if not silent:
        _push_shown(state, "loose_link", match)
    state.pos = match.end()
    return True


_FORMULA = re.compile(
    r"\$\$([^$]{1,2000}?)\$\$"
    r"|\$(?![\s$])((?:\\.|[^$\\。！？；]){0,1000}?[^\s$\\。！？；])\$(?![\d$])"
    r"|\\\(((?:\\(?![()])|[^\\]){1,1000}?)\\\)"
    r"|\\\[((?:\\(?![\[\]])|[^\\]){1,1000}?)\\\]",
    re.DOTALL,
)
_LOOSE_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,20}(?:[\s/][^<>]{0,2000})?>")
_DUNDER = re.compile(r"__[A-Za-z](?:_?[A-Za-z0-9])*__(?![A-Za-z0-9_])")
_STRONG = re.compile(r"(?<!\*)\*\*(?!\s)([^\n!$&*<\[\\\]_`~]{0,200}[^\s!$&*<\[\\\]_`~])\*\*(?!\*)")
_WIKILINK = re.compile(
    r"\[\[(?:[^\[\]|\n]{1,200}\|([^\[\]|\n]{1,200})|([^\[\]|\n#]{1,200})(?:#[^\[\]|\n]{0,200})?)\]\]"
)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,50}\]:?")
_HIGHLIGHT = re.compile(r"(?<!=)==(?![\s=])[^\n=]{0,300}(?<![\s=])(==)(?!=)")
_BROKEN_IMAGE = re.compile(r"!\[\[[^\[\]\n]{1,500}\]\]|!\[[^\[\]\n]{0,500}\]\((?:[^()\n]|\([^()\n]{0,500}\)){0,1000}\)")
_BROKEN_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\((?:[^()\n]|\([^()\n]{0,500}\)){0,1000}\)")


def _parser() -> MarkdownIt:
    md = MarkdownIt()
    md.block = _Blocks()
    md.inline = inlines = _Inlines()
    md.configure("commonmark", {"maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"])
    md.use(front_matter_plugin)
    md.block.ruler.at("front_matter", _front_matter(md.block.ruler.getRules("")[0]))
    md.block.ruler.at("reference", _reference(reference))
    ends_text: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
    ends_all: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.at("fence", _fence, ends_all)
    md.block.ruler.at("code", _indented)
    md.block.ruler.at("html_block", _raw_html, ends_text)
    md.block.ruler.before("html_block", "html_heading", _html_heading, ends_text)
    md.block.ruler.before("fence", "formula", _display_formula, ends_all)
    md.inline.ruler.before("escape", "formula", _formula)
    md.inline.ruler.before("link", "wikilink", _wikilink)
    md.inline.ruler.before("link", "footnote", _footnote)
    md.inline.ruler.push("highlight", _highlight)
    md.inline.ruler.before("emphasis", "dunder", _dunder)
    md.inline.ruler.before("emphasis", "strong", _strong)
    md.inline.ruler.after("image", "broken_image", _broken_image)
    md.inline.ruler.after("link", "broken_link", _broken_link)
    md.inline.ruler.after("html_inline", "loose_tag", _loose_tag)
    md.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005  nothing is ever followed
    md.inline.ruler2.disable("fragments_join")  # it would lose the offsets
    inlines.prepare()
    return md


_MD = _parser()


def parse_blocks(source: Source) -> tuple[list[Token], dict[str, Any]]:
    """Return the block tokens of a note, and the environment in which to parse its inline text."""
    tokens: list[Token] = []
    env: dict[str, Any] = {}
    _MD.block.parse(source.normal, _MD, env, tokens)
    env.pop("lower", None)
    return tokens, env


def _is_bracketed(content: str) -> bool:
    """Tell whether brackets stand in brackets deeper than anybody writes."""
    if content.count("[") <= _MAX_BRACKETS:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(content):
        depth = depth + 1 if bracket[0] == "[" else max(0, depth - 1)
        if depth > _MAX_BRACKETS:
            return True
    return False


def parse_inline(content: str, env: MutableMapping[str, Any]) -> list[Token]:
    """Return the inline tokens of a block's content; each knows its offset there.

    Text on which the rules would take long is one token of plain text for each line.
    """
    tokens: list[Token] = []
    if not _SPECIAL.search(content):
        return [Token("text", "", 0, content=content, meta={"at": 0})]
    if not _is_bracketed(content):
        return _MD.inline.parse(content, _MD, env, tokens)
    start = 0
    for line in content.split("\n"):
        if start:
            tokens.append(Token("softbreak", "br", 0, meta={"at": start - 1, "end": start}))
        tokens.append(Token("text", "", 0, content=line, meta={"at": start}))
        start += len(line) + 1
    return tokens
