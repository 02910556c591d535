"""Files to take along: the view or the whole graph in several forms, an Obsidian vault, an Anki deck."""

from __future__ import annotations

import html as markup
import io
import re
import tempfile
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import streamlit as st

from graph.export import export
from graph.model import Bundle, Concept, Content, MemoryContent, Relation, Sentence, Subgraph
from graph.query.words import Language, kind_words, label, phrase
from graph.store.base import GraphStore
from ui.canvas.network import Look
from ui.canvas.page import html_of
from ui.i18n import _, language
from ui.layout import Position

#: What forms of `graph.export` are called, and their types.
_FORMS = {
    "json": ("JSON", "application/json"),
    "graphml": ("GraphML", "application/xml"),
    "csv": ("CSV", "text/csv"),
    "cypher": ("Cypher", "text/plain"),
}
_UNSAFE = re.compile(r'[\\/:*?"<>|#^\[\]\x00-\x1f\x7f]+')
_LONGEST_NAME = 80


def offer(store: GraphStore, part: Subgraph, places: Mapping[str, Position], looks: Mapping[str, Look]) -> None:
    """Offer downloads; each file is made when it is asked for."""
    chosen = language()
    st.caption(_("PNG and SVG are saved from the buttons on the graph."))
    st.subheader(_("This view"))
    with st.container(horizontal=True):
        _button(
            "HTML", "zhitu-view.html", "text/html", lambda: html_of(part, dict(places), dict(looks), chosen).encode()
        )
        for form in ("json", "graphml", "csv"):
            name, kind = _FORMS[form]
            _button(name, f"zhitu-view.{form}", kind, _maker(lambda: content_of(store, part), form))
    st.subheader(_("Everything"))
    with st.container(horizontal=True):
        for form, (name, kind) in _FORMS.items():
            _button(name, f"zhitu.{form}", kind, _maker(store.content, form))
        _button("Obsidian", "zhitu-obsidian.zip", "application/zip", lambda: obsidian(store.content(), chosen))
        _button("Anki", "zhitu-anki.txt", "text/plain", lambda: anki(store.content(), chosen).encode())


def content_of(store: GraphStore, part: Subgraph) -> MemoryContent:
    """Return a part of the graph with just the sentences that state it, as a content to export."""
    sentences = store.sentences({id_ for relation in part.relations for id_ in relation.evidence})
    questions = store.questions({sentence.question for sentence in sentences})
    of: defaultdict[str, list[Sentence]] = defaultdict(list)
    for sentence in sentences:
        of[sentence.question.rpartition("#")[0]].append(sentence)
    bundles = tuple(
        Bundle(
            document,
            tuple(question for question in questions if question.document == document.path),
            tuple(of[document.path]),
            (),
        )
        for document in store.documents()
        if document.path in of
    )
    return MemoryContent(bundles, part.concepts, part.relations, part.prerequisites)


def obsidian(content: Content, chosen: Language) -> bytes:
    """Return a vault, zipped: a page for each concept, with links between them and the sentences that state them."""
    names = _file_names(content)
    quotes = {
        sentence.id: (bundle.document.path, sentence) for bundle in content.bundles() for sentence in bundle.sentences
    }
    of: defaultdict[str, list[tuple[Relation, bool]]] = defaultdict(list)
    for relation in content.relations:
        of[relation.source].append((relation, False))
        of[relation.target].append((relation, True))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as vault:
        for concept in content.concepts:
            text = "\n".join(_page(concept, of[concept.id], names, quotes, chosen))
            info = zipfile.ZipInfo(f"Zhitu/{names[concept.id]}.md")  # its default date: the same notes, the same bytes
            info.compress_type = zipfile.ZIP_DEFLATED
            vault.writestr(info, text)
    return file.getvalue()


def anki(content: Content, chosen: Language) -> str:
    """Return notes for Anki's text import: a card for each question, and one for each definition."""
    lines = ["#separator:tab", "#html:true", "#deck:Zhitu", "#tags column:3"]
    lines += [
        _card(question.title, question.answer, "zhitu question")
        for bundle in content.bundles()
        for question in bundle.questions
        if question.answer.strip()
    ]
    lines += [
        _card(label(concept, chosen), concept.definition, "zhitu concept")
        for concept in content.concepts
        if concept.definition
    ]
    return "\n".join(lines) + "\n"


def _card(front: str, back: str, tags: str) -> str:
    return "\t".join((_field(front), _field(back), tags))


def _field(text: str) -> str:
    return (
        markup.escape(text.strip()).replace("\t", " ").replace("\r\n", "\n").replace("\n", "<br>").replace("\r", "<br>")
    )


def _page(
    concept: Concept,
    relations: list[tuple[Relation, bool]],
    names: Mapping[str, str],
    quotes: Mapping[str, tuple[str, Sentence]],
    chosen: Language,
) -> Iterator[str]:
    yield "---"
    yield f"aliases: [{', '.join(_quoted(name) for name in (concept.name, *concept.aliases))}]"
    yield f"tags: [zhitu/{concept.kind.value}]"
    yield "---"
    yield f"# {_plain(concept.name)}\n"
    yield f"{kind_words(concept.kind, chosen)}\n"
    if concept.definition:
        yield f"> {_plain(concept.definition)}\n"
    for relation, inverse in relations:
        other = relation.source if inverse else relation.target
        words = phrase(relation.type, chosen, inverse=inverse, negated=relation.negated)
        yield f"- {words} [[{names[other]}]]"
        for path, sentence in (quotes[id_] for id_ in relation.evidence if id_ in quotes):
            yield f"    - {_plain(sentence.text)} ({_plain(path)}:{sentence.line})"


def _plain(text: str) -> str:
    """Return text on one line that Obsidian shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#~=%$^|])", r"\\\1", " ".join(text.split()))


def _quoted(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _file_names(content: Content) -> dict[str, str]:
    """Return a file name for each concept that every system takes, all different whatever their case."""
    taken: set[str] = set()
    names = {}
    for concept in content.concepts:
        clean = (
            unicodedata.normalize("NFC", _UNSAFE.sub(" ", concept.name)).strip(" .")[:_LONGEST_NAME].strip()
            or "concept"
        )
        name, number = clean, 1
        while name.casefold() in taken:
            number += 1
            name = f"{clean} {number}"
        taken.add(name.casefold())
        names[concept.id] = name
    return names


def _maker(content: Callable[[], Content], form: str) -> Callable[[], bytes]:
    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph"
            export(content(), form, path)
            return path.read_bytes()

    return make


def _button(text: str, name: str, mime: str, make: Callable[[], bytes]) -> None:
    st.download_button(text, make, name, mime, on_click="ignore", key=f"download_{name}")
