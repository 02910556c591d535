"""A sentence in which each term is one character, so that a rule is an expression over words alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.records import ParsedQuestion, Span
from ingest.relate.links import Term
from ingest.relate.rules import EXAMPLE, EXAMPLE_END, FIRST, GROUP, OTHER, TERM

_HALF = str.maketrans("（），；：？！“”‘’＋", "(),;:?!\"\"''+")


# A question


@dataclass(slots=True)
class Sentence:
    """A sentence with its terms as characters."""

    text: str
    terms: list[Term]

    def group(self, text: str) -> list[Term]:
        """Return the terms that stand in a piece of the text."""
        return [self.terms[ord(letter) - FIRST] for letter in text if ord(letter) >= FIRST]

    def main(self) -> list[Term]:
        """Return whom the sentence is about at first: of A的B, B; of A和B, both."""
        match = _MAIN.search(self.text)
        return self.group(match.group(1) or match.group(2)) if match else []


_MAIN = re.compile(
    rf"{TERM}(?:模型|网络|算法|任务)?(?:的|中的|里的|中|\s*'s )\s*(?:一般|主要|核心|常用|各种)?({GROUP})|({GROUP})"
)


def encode(question: ParsedQuestion, spans: Sequence[Span]) -> list[Sentence]:
    """Return the sentences of a question with each term as one character that tells its number."""
    by_sentence: dict[int, list[Span]] = {}
    for span in spans:
        by_sentence.setdefault(span.sentence, []).append(span)
    encoded = []
    for number, sentence in enumerate(question.sentences):
        pieces, at = [], 0
        here = by_sentence.get(number, [])
        for place, span in enumerate(here):
            pieces += [_free(sentence.plain[at : span.start]), chr(FIRST + place)]
            at = span.end
        pieces.append(_free(sentence.plain[at:]))
        encoded.append(Sentence(_simplify("".join(pieces)), [Term(span.key, span.kind) for span in here]))
    return encoded


def _free(text: str) -> str:
    """Return a text without letters that would pass for terms, as a note may hold any."""
    return text if not text or max(text) < chr(FIRST) else _TAKEN.sub(" ", text)


_TAKEN = re.compile(f"[{chr(FIRST)}-\U0010ffff]")
_SUCH_AS = r"(?:例如|比如|诸如|譬如|如|such as|e\.g\.,?|for example,?|like)[:,]?\s*"
_EXAMPLE_IN_BRACKETS = re.compile(rf"\({_SUCH_AS}([^()]*)\)")
_EXAMPLE_AFTER = re.compile(rf"\s*,?\s*{_SUCH_AS}(?=(?:基于|在)?{TERM})")
_BRACKETS = re.compile(r"\([^()]*\)")
_BLANKS = re.compile(rf"(?<={TERM})\s+(?=[^A-Za-z-])|(?<=[^A-Za-z,.;-])\s+(?={TERM})")
_REPRESENTATIVE = re.compile(rf"以({TERM}){OTHER}{{0,4}}为代表的(?:方法|模型|工作|算法|架构|结构)(?!{TERM})")
_DASH_LEAD = re.compile(rf"^({OTHER}{{0,4}}{GROUP})\s+[-–—]+\s+")


def _simplify(text: str) -> str:
    """Return the text in half-width punctuation, without quotes, blanks and remarks in brackets; examples marked."""
    text = text.translate(_HALF).replace('"', "").replace("*", "")
    text = _EXAMPLE_IN_BRACKETS.sub(rf"{EXAMPLE}\1{EXAMPLE_END}", text)
    text = _BRACKETS.sub("", text).replace("(", "").replace(")", "")
    text = _REPRESENTATIVE.sub(r"\1", text)
    text = _DASH_LEAD.sub(r"\1:", _EXAMPLE_AFTER.sub(EXAMPLE, text))
    return _BLANKS.sub("", text)
