"""The cache of earlier ingests: what it keeps, when it forgets."""

from dataclasses import replace

import pytest

from graph.model import Document
from graph.settings import load_settings
from ingest.cache import Cache, cache_folder, fingerprint

NOTE = Document("a/b.md", "B", "0" * 64, "root")
OTHER = Document("c.md", "C", "1" * 64, "root")


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path, "stamp")


def test_what_is_kept_is_found_again(cache):
    cache.keep_note(NOTE.sha256, b"# B")
    cache.keep_record(NOTE, b"record")
    assert cache.note(NOTE.sha256).read_bytes() == b"# B"
    assert cache.record(NOTE) == b"record"
    assert cache.has_record(NOTE)


def test_a_record_belongs_to_path_and_content(cache):
    cache.keep_record(NOTE, b"record")
    assert cache.record(replace(NOTE, path="other.md")) is None
    assert cache.record(replace(NOTE, sha256="2" * 64)) is None


def test_a_record_made_under_another_fingerprint_does_not_count(cache, tmp_path):
    cache.keep_record(NOTE, b"record")
    assert Cache(tmp_path, "other").record(NOTE) is None


def test_settling_forgets_what_the_graph_does_not_need(cache, tmp_path):
    for document in (NOTE, OTHER):
        cache.keep_note(document.sha256, b"text")
        cache.keep_record(document, b"record")
    Cache(tmp_path, "older").keep_record(NOTE, b"older")
    cache.settle("v1", [OTHER])
    assert not cache.has_record(NOTE)
    assert not cache.note(NOTE.sha256).exists()
    assert cache.has_record(OTHER)
    assert Cache(tmp_path, "older").record(NOTE) is None


def test_settled_means_this_version_under_this_fingerprint(cache, tmp_path):
    assert not cache.settled("v1")
    cache.settle("v1", [])
    assert cache.settled("v1")
    assert not cache.settled("v2")
    assert not Cache(tmp_path, "other").settled("v1")


def test_the_fingerprint_follows_the_lexicons(tmp_path):
    lexicon = tmp_path / "mine.csv"
    lexicon.write_text("kind,zh,en,abbr,aliases\n", encoding="utf-8")
    before = fingerprint([lexicon])
    assert before == fingerprint([lexicon])
    lexicon.write_text("kind,zh,en,abbr,aliases\nModel,,Mine,,\n", encoding="utf-8")
    assert fingerprint([lexicon]) != before


def test_an_embedded_store_carries_its_cache_and_others_have_one_each(tmp_path):
    embedded = load_settings({"ZHITU_STORE": f"embedded:{tmp_path}"})
    assert cache_folder(embedded) == tmp_path / "cache"
    one, two = (
        cache_folder(load_settings({"ZHITU_STORE": url, "ZHITU_STATE": str(tmp_path)}))
        for url in ("bolt://a", "bolt://b")
    )
    assert one != two
    assert one.is_relative_to(tmp_path)
