"""Annotated notes: those of ../shared/gold, and our own in bench/annotated.

Our own hold names, kinds and relations, no text: each names a file of ../shared/corpus and which of its lines it is
of. They were annotated by the guidelines of ../shared/gold, by nobody who worked on the rules, some by two annotators
on their own (what only one marked is optional). `HELD_OUT` are such, and were never looked at while rules were written,
only scored: what extraction is worth on them is the best guess of what it is worth on anybody's notes.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from graph.settings import load_settings, project_folder
from ingest.parse import parse
from ingest.read import Found, read_note
from ingest.records import ParsedDocument

HELD_OUT = frozenset(
    (
        *("clustering-en", "face-models", "llm-finetuning", "model-compression", "multimodal-training", "vision-en"),
        *("deepseek", "dl-100", "kv-cache", "llm-43", "ml-62", "painting-tuning", "recommender-en", "video-31"),
    )
)


@dataclass(frozen=True, slots=True)
class Annotated:
    """An annotated note.

    Parameters
    ----------
    data
        In the annotations' own form.
    path
        The file that holds it, for ``score.py``.
    own
        It is one of ours, not of ../shared/gold.
    """

    name: str
    data: dict[str, Any]
    path: Path
    document: ParsedDocument
    own: bool

    @property
    def agreed(self) -> bool:
        """Whether two annotators marked it, each on their own."""
        return not self.own or self.data["annotators"] == 2


def folders(arguments: list[str]) -> tuple[Path, Path]:
    """Return the folders of the gold annotations and of the notes: as given, else beside the project."""
    shared = project_folder().parent / "shared"
    gold = Path(arguments[0]) if arguments else shared / "gold"
    corpus = Path(arguments[1]) if len(arguments) > 1 else shared / "corpus"
    if not gold.is_dir() or not corpus.is_dir():
        sys.exit(f"needs annotated notes ({gold}) and their documents ({corpus}); they are no part of the project.")
    return gold, corpus


def score_module(gold: Path) -> ModuleType:
    """Return the annotations' own ``score.py``."""
    spec = importlib.util.spec_from_file_location("score", gold / "score.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{gold / 'score.py'} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def annotated(gold: Path, corpus: Path) -> Iterator[Annotated]:
    """Yield the annotated notes: of the gold folder, then our own."""
    for path in sorted(gold.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        yield Annotated(path.stem, data, path, _parsed(corpus / data["file"]), own=False)
    for path in sorted((Path(__file__).parent / "annotated").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        first, last = data["lines"]
        lines = (corpus / data["file"]).read_text(encoding="utf-8", errors="replace").split("\n")
        with tempfile.TemporaryDirectory() as folder:
            note = Path(folder) / f"{path.stem}.md"
            note.write_text("\n".join(lines[first - 1 : last]), encoding="utf-8")
            yield Annotated(path.stem, data, path, _parsed(note), own=True)


def _parsed(note: Path) -> ParsedDocument:
    return parse(read_note(Found(note.parent, note.name, note), load_settings({})))
