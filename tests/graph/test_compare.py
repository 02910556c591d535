"""Concepts side by side, and the graph from afar."""

from graph.model import Concept, Kind, MemoryContent, Relation, RelationType
from graph.query.compare import compare
from graph.query.overview import overview
from graph.query.view import view, view_of
from graph.query.words import Language


def test_comparison_tells_what_is_shared_and_what_differs(store):
    found = compare(view(store), store, ["clip", "blip"])
    assert [(row.phrase, row.other_name) for row in found.shared] == [("uses", "Contrastive Learning")]
    assert found.shared[0].words == ("CLIP uses Contrastive Learning", "BLIP uses Contrastive Learning")
    assert {row.other for row in found.different if row.of == ("clip",)} == {"openai", "textencoder", "diffusion"}
    assert [(row.of, row.words) for row in found.denied] == [(("blip",), ("BLIP is not used by Stable Diffusion",))]


def test_comparison_tells_the_relation_between_the_two_with_evidence(store):
    ((words, quotes),) = compare(view(store), store, ["clip", "blip"]).direct
    assert words == "BLIP is compared with CLIP"
    assert quotes[0].text == "BLIP 使用对比学习，它与 CLIP 对比。"


def test_comparison_tells_differing_prerequisites(store):
    rows = compare(view(store), store, ["clip", "blip"]).prerequisites
    assert [(row.concept, row.of) for row in rows] == [("contrastive", ("clip", "blip")), ("textencoder", ("clip",))]


def test_comparison_finds_the_questions_that_discuss_both_with_their_sentences(store):
    found = compare(view(store), store, ["clip", "blip"]).discussions
    assert [one.question.title for one in found] == ["BLIP 的原理？", "Stable Diffusion 使用什么？"]
    assert [sentence.text for sentence in found[1].sentences] == ["Stable Diffusion 使用 CLIP，而不使用 BLIP。"]


def test_comparison_is_said_in_words(store):
    found = compare(view(store), store, ["clip", "blip"], Language.ZH)
    assert found.summary[0] == "CLIP 和 BLIP 的共同点：使用 对比学习。"
    assert found.summary[-1] == "笔记否认：BLIP 不被用于 Stable Diffusion。"
    nothing = compare(view(store), store, ["openai", "lonely"])
    assert nothing.summary[0].startswith("The notes state nothing")


def test_comparison_of_three_has_rows_for_some_of_them(store):
    found = compare(view(store), store, ["clip", "blip", "diffusion"])
    assert not found.shared
    assert {row.of for row in found.different} >= {("clip", "blip")}


def test_comparison_is_a_graph_too(store):
    ids = {concept.id for concept in compare(view(store), store, ["clip", "blip"]).subgraph.concepts}
    assert ids == {"clip", "blip", "contrastive", "openai", "textencoder", "diffusion"}


def _two_cliques():
    ids = [f"{side}{number}" for side in "ab" for number in range(5)]
    pairs = [(one, other) for one in ids for other in ids if one < other and one[0] == other[0]] + [("a0", "b0")]
    return MemoryContent(
        (),
        tuple(Concept(id_, id_.upper(), Kind.TERM) for id_ in [*ids, "z"]),
        tuple(Relation(*_ends(pair), False, 1.0, ("d#0.0",), ("r",)) for pair in pairs),
    )


def _ends(pair):
    return pair[0], RelationType.USES, pair[1]


def test_overview_finds_what_belongs_together():
    found = overview(view_of(_two_cliques()))
    assert sorted(community.name for community in found.communities) == ["A0", "B0"]
    assert [len(community.members) for community in found.communities] == [5, 5]
    assert [(tie.source, tie.target, tie.count) for tie in found.ties] == [("a0", "b0", 1)]
    assert found.loose == ("z",)


def test_overview_is_the_same_each_time_and_made_once(sample):
    one = view_of(sample)
    assert overview(one) is overview(one)
    assert overview(one) == overview(view_of(sample))


def test_overview_of_nothing_is_empty():
    assert overview(view_of(MemoryContent())).communities == ()
