"""Finding concepts by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import UnknownConceptError
from graph.model import Concept, Kind, MemoryContent
from graph.query.names import NameIndex, names_of, normalise, spell
from graph.query.search import Match, find, nearest, search
from graph.query.view import view_of


@pytest.mark.parametrize(
    ("text", "concept", "match"),
    [
        ("contrastive", "contrastive", Match.PREFIX),
        ("CONTRASTIVE  learning", "contrastive", Match.EXACT),
        ("contrastive-learning", "contrastive", Match.EXACT),
        ("learning", "contrastive", Match.SUBSTRING),
        ("duibi", "contrastive", Match.PINYIN),
        ("dbxx", "contrastive", Match.PINYIN),
        ("clipmx", "clip", Match.PINYIN),
        ("学习", "contrastive", Match.SUBSTRING),
        ("ＣＬＩＰ", "clip", Match.EXACT),
        ("tranformer", "transformer", Match.FUZZY),
        ("sd", "diffusion", Match.EXACT),
    ],
)
def test_search_finds_by_any_name_a_part_pinyin_or_likeness(sample, text, concept, match):
    best = search(view_of(sample), text)[0]
    assert (best.concept, best.match) == (concept, match)


def test_search_tells_the_name_that_matched_and_the_kind(sample):
    best = search(view_of(sample), "text enc")[0]
    assert (best.name, best.matched, best.kind, best.mentions) == ("文本编码器", "Text Encoder", Kind.COMPONENT, 2)


def test_search_for_nothing_gives_what_is_mentioned_most(sample):
    assert [hit.concept for hit in search(view_of(sample), " ", limit=2)] == ["clip", "contrastive"]


def test_search_keeps_to_its_limit(sample):
    assert len(search(view_of(sample), "e", limit=1)) == 1


def test_search_survives_what_is_no_name(sample):
    for text in ("\n", "%", "\u200b", "(((", "x" * 10_000, "'; --", "\x00"):
        assert isinstance(search(view_of(sample), text), tuple)


def test_find_takes_an_id_or_any_name(sample):
    one = view_of(sample)
    assert {find(one, name).id for name in ("clip", "CLIP", "CLIP模型", "Clip 模型")} == {"clip"}


def test_find_prefers_the_canonical_name_then_mentions():
    concepts = (
        Concept("a", "掩码", Kind.TERM, aliases=("MAE",), mentions=9),
        Concept("b", "MAE", Kind.MODEL, mentions=1),
        Concept("c", "损失", Kind.TERM, aliases=("L",), mentions=1),
        Concept("d", "长度", Kind.TERM, aliases=("L",), mentions=2),
    )
    one = view_of(MemoryContent(concepts=concepts))
    assert find(one, "mae").id == "b"
    assert find(one, "l").id == "d"


def test_find_names_the_nearest_for_an_unknown_name(sample):
    with pytest.raises(UnknownConceptError) as error:
        find(view_of(sample), "BLlP")
    assert error.value.nearest[0] == "BLIP"
    assert "Did you mean BLIP" in str(error.value)


def test_nearest_of_nonsense_may_be_nothing(sample):
    assert nearest(view_of(sample), "zzzzzzzz") == ()


def test_spell_reads_phrases_not_characters():
    assert spell("重建") == ("chongjian", "cj")
    assert spell("CLIP模型") == ("clipmoxing", "clipmx")
    assert spell("3D卷积") == ("3djuanji", "3djj")


_NAMES = st.text(st.sampled_from("abcXYZ 习学对比模型-_1"), min_size=1, max_size=8).filter(str.strip)


@given(st.lists(st.lists(_NAMES, min_size=1, max_size=4), min_size=1, max_size=12))
def test_search_finds_each_concept_by_each_of_its_names(groups):
    concepts = tuple(
        Concept(f"id{number}", names[0], Kind.TERM, aliases=tuple(sorted(set(names[1:]) - {names[0]})))
        for number, names in enumerate(groups)
    )
    one = view_of(MemoryContent(concepts=concepts))
    for concept in concepts:
        for name in names_of(concept):
            hits = search(one, name, limit=len(concepts))
            assert any(hit.concept == concept.id and hit.match is Match.EXACT for hit in hits)
            assert normalise(name) in {normalise(other) for other in names_of(find(one, name))}


@given(st.lists(_NAMES, min_size=1, max_size=20), _NAMES)
def test_index_finds_just_the_names_with_a_beginning_or_a_part(names, text):
    index = NameIndex(Concept(str(number), name, Kind.TERM) for number, name in enumerate(names))
    key = normalise(text)
    if not key:
        return
    assert sorted(index.concept[entry] for entry in index.prefix(text)) == sorted(
        str(number) for number, name in enumerate(names) if normalise(name).startswith(key)
    )
    assert sorted(index.concept[entry] for entry in index.substring(text)) == sorted(
        str(number) for number, name in enumerate(names) if key in normalise(name)
    )
