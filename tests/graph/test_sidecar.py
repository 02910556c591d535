"""The embedded store's reading side, without its engine: so with many more graphs."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from graph.errors import SettingsError, StoreError
from graph.model import Concept, Document, Kind, MemoryContent
from graph.settings import Settings
from graph.store import open_store, sidecar
from tests.contents import contents, handmade

many = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("sidecar") / "content.sqlite"


def written(path: Path, content) -> tuple[str, sidecar.Sidecar]:
    path.unlink(missing_ok=True)
    version = sidecar.write(path, content)
    return version, sidecar.Sidecar(path)


def named(path: Path, **names: str) -> sidecar.Sidecar:
    return written(path, MemoryContent(concepts=(Concept("x", "unnamed", Kind.TERM, **names),)))[1]


@many
@given(content=contents())
def test_content_comes_back_equal(path, content):
    _, found = written(path, content)
    assert MemoryContent(tuple(found.bundles()), found.concepts, found.relations, found.prerequisites) == content


@many
@given(one=contents(), other=contents())
def test_versions_are_equal_just_where_contents_are(path, one, other):
    def roots(content):
        return [bundle.document.root for bundle in content.documents]

    same = (one, roots(one)) == (other, roots(other))
    assert (written(path, one)[0] == written(path, other)[0]) == same
    assert written(path, one)[0] == written(path, one)[0]


@many
@given(content=contents())
def test_reads_by_key_agree_with_reading_all(path, content):
    _, found = written(path, content)
    questions, sentences = found.questions(), found.sentences()
    assert questions == [each for bundle in content.documents for each in bundle.questions]
    assert sentences == [each for bundle in content.documents for each in bundle.sentences]
    for question in questions:
        assert found.questions([question.id]) == [question]
        assert found.sentences(question=question.id) == [each for each in sentences if each.question == question.id]
    for mention in found.mentions():
        assert mention in found.mentions(concept=mention.concept)
        assert mention in found.mentions(question=mention.question)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("对比学习", "对"),
        ("对比学习", "习"),
        ("对比学习", "比学"),
        ("Contrastive Learning", "LEARN"),
        ("ＣＬＩＰ", "clip"),
        ("CLIP", "ｃｌｉｐ"),
        ("CLIP模型", "模型"),
        ("CLIP模型", "clip"),
        ("GPT-3", "gpt 3"),
        ("Straße", "STRASSE"),
        ("𠮷野家", "𠮷野"),
    ],
)
def test_a_name_is_found_by_its_parts(path, name, text):
    assert [concept for concept, _ in named(path, name_zh=name).search(text, 5)] == ["x"]


def test_more_of_a_name_is_better(path):
    concepts = [Concept(name, name, Kind.TERM) for name in ("learning", "contrastive learning", "learning rate")]
    concepts.sort(key=lambda each: each.id)
    _, found = written(path, MemoryContent(concepts=tuple(concepts)))
    assert found.search("contrastive learning", 5)[0][0] == "contrastive learning"


def test_half_of_a_surrogate_pair_is_refused(path):
    content = MemoryContent((replace(handmade().documents[0], document=Document("\ud800", "", "")),))
    path.unlink(missing_ok=True)
    with pytest.raises(StoreError, match="surrogate"):
        sidecar.write(path, content)


@pytest.mark.parametrize("address", ["", "embedded", "embedded:", "http://x", "C:\\graph", "redis:x", "neo4j"])
def test_an_address_of_no_store_is_refused_with_the_choices(address):
    with pytest.raises(SettingsError, match="embedded"):
        open_store(Settings(store=address))


def test_opening_a_store_loads_neither_java_nor_the_driver():
    code = "import sys; from graph.store import open_store; print({'jpype', 'neo4j', 'sqlite3'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "set()"
