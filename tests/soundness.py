"""What holds for every graph and every note, whatever was written in it."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import networkx as nx
from click.testing import CliRunner, Result

from graph.export import FORMS, export
from graph.model import Content, MemoryContent
from graph.settings import Settings
from graph.store import open_store
from ui.cli import main

ZERO_WIDTH = re.compile("[\u200b-\u200d\ufeff\u00ad]")
#: What a terminal obeys. Tab and line feed are the layout of a table.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def zhitu(*arguments: object) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def content_of(url: str) -> MemoryContent:
    """Return all that a store holds."""
    with open_store(Settings(store=url)) as store:
        held = store.content()
        return MemoryContent(
            tuple(held.bundles()), tuple(held.concepts), tuple(held.relations), tuple(held.prerequisites)
        )


def exported(url: str, folder: Path, form: str = "json") -> bytes:
    """Return the bytes of an export."""
    output = folder / f"export.{form}"
    with open_store(Settings(store=url)) as store:
        export(store.content(), form, output)
    return output.read_bytes()


def export_all(content: Content, folder: Path) -> dict[str, Path]:
    """Write all exports; return them by form."""
    paths = {form: folder / f"all.{form}" for form in FORMS}
    for form, path in paths.items():
        export(content, form, path)
    return paths


def strings(value: object) -> Iterable[str]:
    """Yield all texts in nested values, frozen ones of the model included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from (*strings(key), *strings(held))
    elif isinstance(value, Iterable):
        for held in value:
            yield from strings(held)
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            yield from strings(getattr(value, name))


def unsound(content: MemoryContent, texts: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a graph of these documents' decoded texts.

    The text of a note comes with its control characters blanked, as `ingest.read` hands it on.
    """
    return [
        *_dangling(content),
        *(f"{sentence.id} is not its slice" for sentence in _sentences(content) if not _slices(sentence, texts)),
        *(f"{each.key} is a loop" for each in content.relations if each.source == each.target),
        *(f"{each.key} has no evidence" for each in content.relations if not each.evidence),
        *(
            f"{each.key} has confidence {each.confidence}"
            for each in content.relations
            if not 0 <= each.confidence <= 1
        ),
        *(f"{concept.id!r} is no id" for concept in content.concepts if not concept.id or OBEYED.search(concept.id)),
        *([] if nx.is_directed_acyclic_graph(_order(content)) else ["PREREQUISITE_OF has a ring"]),
        *(f"an obeyed character in {text!r}" for text in strings(content) if OBEYED.search(_lines(text))),
    ]


def _lines(text: str) -> str:
    """Leave out what answers may hold: line ends as they are in the note, and the writing direction of its text."""
    return re.sub("[\r\u202a-\u202e\u2066-\u2069]", "", text)


def _sentences(content: MemoryContent):
    return (sentence for bundle in content.documents for sentence in bundle.sentences)


def _slices(sentence, texts: Mapping[str, str]) -> bool:
    text = texts[sentence.question.rpartition("#")[0]]
    return text[sentence.start : sentence.end] == sentence.text and sentence.line == 1 + len(
        re.findall(r"\r\n|\r|\n", text[: sentence.start])
    )


def _order(content: MemoryContent) -> nx.DiGraph:
    return nx.DiGraph([(each.source, each.target) for each in content.prerequisites])


def _dangling(content: MemoryContent) -> Iterable[str]:
    concepts = {concept.id for concept in content.concepts}
    sentences = {sentence.id for sentence in _sentences(content)}
    for relation in content.relations:
        if {relation.source, relation.target} - concepts or set(relation.evidence) - sentences:
            yield f"{relation.key} dangles"
    for each in content.prerequisites:
        if {each.source, each.target} - concepts:
            yield f"{each} dangles"
    for bundle in content.documents:
        if {mention.concept for mention in bundle.mentions} - concepts:
            yield f"mentions of {bundle.document.path} dangle"


def named(content: MemoryContent, name: str) -> set[str]:
    """Return the ids of the concepts that go by a name."""
    wanted = _fold(name)
    return {
        concept.id
        for concept in content.concepts
        if wanted in map(_fold, (concept.name, concept.name_zh, concept.name_en, *concept.aliases))
    }


def _fold(name: str) -> str:
    return ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", name)).casefold()


def states(content: MemoryContent, source: str, type_: str, target: str, *, negated: bool) -> bool:
    """Tell whether the graph holds a relation between concepts of these names."""
    ends = named(content, source), named(content, target)
    return any(
        relation.source in ends[0]
        and relation.target in ends[1]
        and (relation.type, relation.negated) == (type_, negated)
        for relation in content.relations
    )


def report_of(result: Result) -> dict:
    """Return the report that ``ingest --format json`` printed."""
    return json.loads(result.stdout)
