"""The graph in memory."""

import threading
from dataclasses import replace

import pytest

from graph.errors import StoreEmptyError
from graph.model import MemoryContent, RelationType
from graph.query.view import Memo, document_of, reading_minutes, split_id, view, view_of


def test_view_is_made_once_for_a_version(memory_store, sample):
    store = memory_store(sample, url="memory:once")
    assert view(store) is view(memory_store(sample, url="memory:once"))


def test_view_follows_the_content(memory_store, sample):
    before = view(memory_store(sample, url="memory:follow", version="1"))
    after = view(memory_store(MemoryContent(), url="memory:follow", version="2"))
    assert before.concepts
    assert not after.concepts


def test_view_of_nothing_says_what_to_do(memory_store):
    with pytest.raises(StoreEmptyError, match="zhitu ingest"):
        view(memory_store(MemoryContent(), version=""))


def test_view_of_content_equals_that_of_its_store(store, sample):
    one, other = view(store), view_of(sample)
    assert one.concepts == other.concepts
    assert one.readings == other.readings
    assert dict(one.mentions) == dict(other.mentions)
    assert list(one.relations.edges) == list(other.relations.edges)


def test_links_are_of_the_types_asked_for(sample):
    links = view_of(sample).links(frozenset({RelationType.PART_OF}))
    assert list(links.edges) in ([("textencoder", "clip")], [("clip", "textencoder")])


def test_links_leave_out_what_is_denied(sample):
    one = view_of(sample)
    assert not one.links().has_edge("diffusion", "blip")
    assert one.links(negated=True).has_edge("diffusion", "blip")


def test_place_is_the_first_question_and_the_end_for_none(sample):
    one = view_of(sample)
    assert one.place("contrastive") == ("notes/a.md", 1)
    assert one.place("lonely") > one.place("diffusion")


def test_mentions_begin_with_the_questions_about_the_concept(sample):
    found = view_of(sample).mentions["clip"]
    assert [mention.about for mention in found] == [True, False, False]


def test_importance_grows_with_ties(sample):
    importance = view_of(sample).importance
    assert max(importance, key=importance.__getitem__) == "clip"


def test_reading_time_counts_chinese_by_characters_and_english_by_words():
    assert reading_minutes("学" * 255) == pytest.approx(1)
    assert reading_minutes("word " * 238) == pytest.approx(1)
    assert reading_minutes("") == 0


def test_ids_are_taken_apart():
    assert split_id("a/b#c.md#12") == ("a/b#c.md", 12)
    assert document_of("a/b#c.md#12.3") == "a/b#c.md"


def test_memo_makes_a_value_once_for_many_threads():
    memo, made, start = Memo(2), [], threading.Barrier(8)

    def make():
        made.append(1)
        return object()

    results = []

    def ask():
        start.wait()
        results.append(memo.get("key", make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, results))) == 1


def test_memo_does_not_remember_failures():
    memo = Memo(2)

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memo.get("key", fail)
    assert memo.get("key", lambda: 1) == 1


def test_memo_forgets_what_was_not_asked_for_longest():
    memo = Memo(2)
    for key in ("a", "b", "a", "c"):
        memo.get(key, lambda: key)  # noqa: B023  called at once
    assert memo.get("a", lambda: "new") == "a"
    assert memo.get("b", lambda: "new") == "new"


def test_view_does_not_share_what_it_derives(sample):
    one, other = view_of(sample), view_of(replace(sample, relations=()))
    assert one.links().number_of_edges() > other.links().number_of_edges() == 0
