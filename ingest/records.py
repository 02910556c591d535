"""What the stages hand to each other: frozen, picklable values, so that a stage may run in another process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from graph.model import Document, Kind, Question, RelationType, Sentence


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a note that its author should know: file, line (0 where unknown) and one sentence."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """A file as read: its decoded text, with its line ends as they are; `text` is what offsets count in.

    Control characters other than tab and line ends are blanks, so offsets hold and no terminal sees them.
    """

    document: Document
    text: str
    encoding: str
    notices: tuple[Notice, ...] = ()


class BlockKind(StrEnum):
    """What a block of an answer is."""

    TITLE = "title"  # the question's own title, always block 0
    HEADING = "heading"  # a heading inside the answer, or a line all in bold that acts as one
    PARAGRAPH = "paragraph"
    ITEM = "item"  # one paragraph of a list item
    CELL = "cell"  # a cell of a table's body
    COLUMN = "column"  # a cell of a table's header


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a question's text; blocks refer to each other by index within the question.

    Code fences, images, formulas on their own and HTML comments are no blocks: they are in the answer's text only.

    Parameters
    ----------
    index
        Its own.
    heading
        The nearest heading above it inside the question (0, the title, where there is none).
    lead_in
        For items, cells and headers: the paragraph or heading that introduces the list or table
        ("多模态技术面临的挑战包括："), None where nothing stands before it.
        For a paragraph: None.
    parent
        For an item: the first block of the enclosing item, None at the top level.
        For a further paragraph of the same item: that item's first block.
    depth
        Level of a heading (1–6; a bold line counts 7), nesting of an item from 1, else 0.
    ordered
        An item of a numbered list.
    table, row, column
        For cells: which table of the question, row from 1 (0 for the header), column from 0; else -1.
    """

    index: int
    kind: BlockKind
    heading: int = 0
    lead_in: int | None = None
    parent: int | None = None
    depth: int = 0
    ordered: bool = False
    table: int = -1
    row: int = -1
    column: int = -1


class MarkKind(StrEnum):
    """How a stretch of a sentence is marked up."""

    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    LINK = "link"
    WIKILINK = "wikilink"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters [start, end) of a sentence's plain text are marked up so."""

    start: int
    end: int
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class ParsedSentence:
    """A sentence with its plain text.

    Parameters
    ----------
    sentence
        As stored: raw slice and offsets.
    plain
        Without markup, zero-width characters, and line ends (a soft line break is one blank, or
        nothing between Chinese characters); brackets and letters as written. A formula inside is kept as typed,
        marked FORMULA; code likewise, marked CODE. List numbers and bullets are not part of it.
    block
        Index of its block.
    marks
        Sorted by start.
    """

    sentence: Sentence
    plain: str
    block: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """A question with the structure of its text.

    `sections` are the titles of the headings that it stands under, outermost first (the chapter's title
    first), without numbers. `sentences[0]` is the title; sentences are in order and so are the blocks.
    """

    question: Question
    sections: tuple[str, ...]
    blocks: tuple[Block, ...]
    sentences: tuple[ParsedSentence, ...]


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A note with its questions, and the YAML between the dashes at its top, if any."""

    document: Document
    questions: tuple[ParsedQuestion, ...]
    notices: tuple[Notice, ...] = ()
    front_matter: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A term stands in a sentence's plain text.

    Parameters
    ----------
    sentence
        Position of the sentence in its question.
    start, end
        Characters of `ParsedSentence.plain`.
    key
        Which `Term` of the document; shared by all of its names there.
    """

    sentence: int
    start: int
    end: int
    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Count:
    """A term stands `count` times in the question at `question`; `about`: in its title."""

    question: int
    count: int
    about: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """Why a name is one of a term's: a rule ("brackets", "tail", "short") in a sentence (its id; empty: in no one)."""

    name: str
    rule: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """What one document says of a term.

    Parameters
    ----------
    key
        The folded canonical name: of the lexicon's entry, or of the term as discovered.
    name
        The canonical name.
    names
        Surface forms in the document, most usual first.
    origin
        "lexicon", or the name of the rule that discovered it.
    score
        How sure it is that this is a concept, in [0, 1].
    definition, definition_score
        The best sentence of the document to define it by, and how good that is; empty and 0 where there is none.
    given
        Why names are the term's that are not its spellings or the lexicon's.
    """

    key: str
    name: str
    kind: Kind
    names: tuple[str, ...]
    origin: str
    score: float
    counts: tuple[Count, ...] = ()
    definition: str = ""
    definition_score: float = 0.0
    given: tuple[Naming, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A relation as a rule found it in one place.

    Parameters
    ----------
    source, target
        Keys of the terms.
    sentences
        Ids of the sentences that state it, the one with the statement itself first.
    rule
        Name of the rule.
    score
        How sure it is, in [0, 1].
    features
        What the score is computed from, as the model "relations" names it, or "pairs", the class last; empty where
        another extractor found it.
    """

    source: str
    type: RelationType
    target: str
    negated: bool
    sentences: tuple[str, ...]
    rule: str
    score: float
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was found in one document, without its text: small enough to keep for every document of a corpus."""

    document: str
    terms: tuple[Term, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    def bare(self) -> Extraction:
        """Return it without the features of its candidates."""
        return replace(self, candidates=tuple(replace(one, features=()) for one in self.candidates))


class Extractor(Protocol):
    """Finds terms and relations in a document.

    The rules of `ingest.recognise` and `ingest.relate` are the first; whatever else fulfils this can stand
    beside them (docs: CONTRIBUTING). An extractor is deterministic and depends on the document alone.
    """

    def __call__(self, document: ParsedDocument) -> Extraction:
        """Return what the document holds."""
