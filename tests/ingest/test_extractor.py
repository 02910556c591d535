"""Another extractor than the rules: the one that docs/extractor.md shows."""

import re
import sys
from pathlib import Path

import pytest

from graph.errors import SettingsError
from graph.settings import Settings, load_settings
from graph.store import open_store
from ingest.extract import make_extractor
from ingest.pipeline import ingest, lexicon_files

PAGE = Path(__file__).parents[2] / "docs" / "extractor.md"
NOTE = "## 1. 有哪些组件？\n\n| term | part of |\n| --- | --- |\n| 图像编码器 | CLIP |\n| 解码器 | BLIP |\n"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Return settings with the page's module for an extractor."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "glossary.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield Settings(store=f"embedded:{tmp_path / 'store'}", state=tmp_path / "state", extractor="glossary:make")
    sys.modules.pop("glossary", None)


def test_extractor_of_the_page_finds_what_it_says(settings, tmp_path):
    (tmp_path / "note.md").write_text(NOTE, encoding="utf-8")
    ingest([tmp_path / "note.md"], settings)
    with open_store(settings) as store:
        found = [one for one in store.relations() if "glossary-table" in one.rules]
        texts = {one.id: one.text for one in store.sentences()}
    assert {(one.source, one.type, one.target) for one in found} == {
        ("视觉编码器", "PART_OF", "clip"),
        ("解码器", "PART_OF", "blip"),
    }
    assert {texts[one] for relation in found for one in relation.evidence} == {"图像编码器", "CLIP", "解码器", "BLIP"}


def test_a_changed_module_reads_all_notes_again(settings, tmp_path):
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")
    assert ingest([note], settings).read == 1
    assert ingest([note], settings).read == 0
    module = tmp_path / "glossary.py"
    module.write_text(f"{module.read_text(encoding='utf-8')}\n# changed\n", encoding="utf-8")
    assert ingest([note], settings).read == 1


@pytest.mark.parametrize("named", ["nowhere_at_all:make", "graph.model:nothing", "graph.model", ":", "graph:"])
def test_what_is_no_extractor_is_named(named):
    with pytest.raises(SettingsError, match=re.escape(f"ZHITU_EXTRACTOR is “{named}”")):
        make_extractor(lexicon_files(load_settings({})), named)
