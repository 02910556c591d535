"""What is to be understood before what."""

import random
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import DataError, NoteError
from graph.learner import Correction
from graph.model import (
    ESSENTIAL,
    Bundle,
    Concept,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
)
from graph.query.words import Language, say_reasons
from ingest.prerequisites import Given, Model, given_in, load_model, read_pairs
from ingest.prerequisites import infer as infer_by
from ingest.prerequisites.curriculum import load_curriculum
from ingest.prerequisites.evidence import Evidence
from ingest.prerequisites.names import NameFinder, plain
from ingest.prerequisites.order import break_circles, direct, reduce

#: Relations and names are enough: what the learned coefficients are is not for these tests to say.
_MODEL = Model({"semantics": 10.0, "name": 6.0}, -4.0, 0.5)


def infer(content, given=(), corrections=()):
    return infer_by(content, given, corrections, _MODEL)


def _concept(name, kind=Kind.METHOD, definition="", **more):
    return Concept(name.lower(), name, kind, definition=definition, mentions=1, **more)


def _relation(source, type_, target, *, negated=False, confidence=1.0):
    return Relation(source, type_, target, negated, confidence, ("a.md#0.1",), ("rule",))


def _content(concepts, relations=(), mentions=()):
    questions = tuple(Question(f"a.md#{number}", "a.md", number, "", f"Q{number}", "", 1) for number in range(4))
    bundle = Bundle(Document("a.md", "A", "0"), questions, (), tuple(mentions))
    return MemoryContent(
        (bundle,), tuple(sorted(concepts, key=lambda one: one.id)), tuple(sorted(relations, key=lambda one: one.key))
    )


@pytest.fixture
def notes():
    """Return a graph in which BLIP needs contrastive learning, and an encoder is part of CLIP."""
    concepts = [
        _concept("BLIP", Kind.MODEL),
        _concept("CLIP", Kind.MODEL),
        _concept("CL"),
        _concept("Encoder", Kind.COMPONENT),
        _concept("OpenAI", Kind.ORGANIZATION),
    ]
    relations = [
        _relation("blip", RelationType.USES, "cl"),
        _relation("blip", RelationType.BASED_ON, "clip"),
        _relation("clip", RelationType.PROPOSED_BY, "openai"),
        _relation("encoder", RelationType.PART_OF, "clip"),
    ]
    mentions = [
        Mention("a.md#0", "cl", 2, about=True),
        Mention("a.md#1", "clip", 2, about=True),
        Mention("a.md#1", "encoder", 1),
        Mention("a.md#2", "blip", 3, about=True),
        Mention("a.md#2", "cl", 4),
        Mention("a.md#2", "clip", 1),
    ]
    return _content(concepts, relations, mentions)


def _pairs(found):
    return {(pair.source, pair.target) for pair in found}


def test_what_a_concept_uses_is_based_on_and_consists_of_comes_first(notes):
    found, notices = infer(notes)
    assert _pairs(found) == {("cl", "blip"), ("clip", "blip"), ("encoder", "clip")}
    assert notices == ()


def test_prerequisites_tell_their_reasons_in_words(notes):
    found, _ = infer(notes)
    pair = next(pair for pair in found if pair.source == "cl")
    assert pair.reasons[:3] == ("uses:1", "mentions:4", "unmentioned")
    concepts = {concept.id: concept for concept in notes.concepts}
    for one in found:
        for language in Language:
            assert say_reasons(one, concepts, language)
    assert "what is written on CL never mentions BLIP" in say_reasons(pair, concepts)


def test_what_is_denied_makes_no_prerequisite(notes):
    denied = tuple(replace(relation, negated=True) for relation in notes.relations)
    assert infer(replace(notes, relations=denied))[0] == ()


def test_names_inside_names_come_first():
    found, _ = infer(
        _content([_concept("Attention"), _concept("Masked Attention"), _concept("GAN"), _concept("DCGAN")])
    )
    assert _pairs(found) == {("attention", "masked attention"), ("gan", "dcgan")}


def test_only_direct_prerequisites_are_kept():
    concepts = [_concept(name) for name in "ABC"]
    relations = [_relation(*ends) for ends in (("b", RelationType.BASED_ON, "a"), ("c", RelationType.BASED_ON, "b"))]
    further = _relation("c", RelationType.BASED_ON, "a")
    assert _pairs(infer(_content(concepts, [*relations, further]))[0]) == {("a", "b"), ("b", "c")}


def test_a_doubtful_way_around_does_not_take_an_essential_pair_away():
    doubtful, sure = ESSENTIAL / 2, ESSENTIAL
    around = [Prerequisite("a", "b", doubtful), Prerequisite("b", "c", doubtful)]
    assert _pairs(direct([*around, Prerequisite("a", "c", sure)])) == {("a", "b"), ("b", "c"), ("a", "c")}
    assert _pairs(direct([*around, Prerequisite("a", "c", doubtful)])) == {("a", "b"), ("b", "c")}
    trusted = [replace(pair, weight=sure) for pair in around]
    assert _pairs(direct([*trusted, Prerequisite("a", "c", sure)])) == {("a", "b"), ("b", "c")}


def test_a_circle_is_broken_at_its_weakest_pair_and_told():
    concepts = [_concept(name) for name in "ABC"]
    relations = [
        _relation("b", RelationType.BASED_ON, "a"),
        _relation("c", RelationType.BASED_ON, "b"),
        _relation("a", RelationType.BASED_ON, "c", confidence=0.9),
    ]
    found, (notice,) = infer(_content(concepts, relations))
    assert _pairs(found) == {("a", "b"), ("b", "c")}
    assert "A → B → C → A" in notice.message


def test_given_pairs_win_over_inference(notes):
    found, _ = infer(notes, [Given("blip", "CL", "a.md", 2)])
    pair = next(pair for pair in found if (pair.source, pair.target) == ("blip", "cl"))
    assert (pair.weight, pair.reasons) == (1.0, ("given",))
    assert ("cl", "blip") not in _pairs(found)


def test_given_pairs_that_name_nothing_are_told_with_their_place(notes):
    _, (notice,) = infer(notes, [Given("GPT-9", "CLIP", "a.md", 7)])
    assert (notice.path, notice.line) == ("a.md", 7)
    assert "GPT-9" in notice.message


def test_corrections_win_over_given_pairs_and_inference(notes):
    given_pairs = [Given("OpenAI", "BLIP", "a.md", 2)]
    wrong = [Correction("openai", "BLIP", wrong=True), Correction("CL", "BLIP", wrong=True)]
    missing = [Correction("OpenAI", "CL", wrong=False), Correction("gone", "CL", wrong=False)]
    found, notices = infer(notes, given_pairs, [*wrong, *missing])
    assert _pairs(found) == {("clip", "blip"), ("encoder", "clip"), ("openai", "cl")}
    assert notices == ()


def test_a_missing_pair_stays_though_others_imply_it(notes):
    found, _ = infer(notes, corrections=[Correction("Encoder", "BLIP", wrong=False)])
    assert ("encoder", "blip") in _pairs(found)


def test_a_correction_turns_a_pair_round(notes):
    found, notices = infer(notes, corrections=[Correction("BLIP", "CL", wrong=False)])
    assert ("blip", "cl") in _pairs(found)
    assert ("cl", "blip") not in _pairs(found)
    assert notices == ()


def test_front_matter_gives_pairs_with_their_lines():
    pairs, notices = given_in('title: x\nPrerequisites:\n  BLIP: [CLIP, "对比学习"]\n  CLIP: 对比学习\n', "a.md")
    assert pairs == (
        Given("CLIP", "BLIP", "a.md", 4),
        Given("对比学习", "BLIP", "a.md", 4),
        Given("对比学习", "CLIP", "a.md", 5),
    )
    assert notices == ()


@pytest.mark.parametrize("text", ["prerequisites: [a, b]", "prerequisites:\n  a: {b: c}", "prerequisites:\n  [x]: y"])
def test_front_matter_of_another_form_is_told(text):
    pairs, (notice,) = given_in(text, "a.md")
    assert pairs == ()
    assert notice.path == "a.md"
    assert notice.line >= 2


@pytest.mark.parametrize("text", ["", "title: x", "a: [", "- a", "x: " + "[" * 5000, "!!python/object:os.system {}"])
def test_front_matter_without_pairs_gives_none(text):
    assert given_in(text, "a.md") == ((), ())


def test_pairs_are_read_from_csv(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text('prerequisite,target\nCLIP,BLIP\n\n"a, b",c\n', encoding="utf-8-sig")
    assert read_pairs(file) == (Given("CLIP", "BLIP", "prerequisites", 2), Given("a, b", "c", "prerequisites", 4))


@pytest.mark.parametrize("text", ["", "a,b\n", "prerequisite,target\nonly\n", "prerequisite,target\n,x\n"])
def test_csv_of_another_form_is_told_with_its_row(tmp_path, text):
    file = tmp_path / "pairs.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NoteError, match=r"pairs.csv:[12]: "):
        read_pairs(file)


@pytest.mark.parametrize("text", ["feature,coefficient\nbias,1\n", "feature,coefficient\nbias,x\n", "a\n1\n"])
def test_damaged_coefficients_are_told(tmp_path, text):
    file = tmp_path / "prerequisites.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"prerequisites\.csv"):
        load_model(file)


def test_coefficients_are_of_features_that_there_are(notes):
    evidence = Evidence(notes)
    known = set(evidence.features("cl", "blip"))
    known |= {f"{end}:{kind}" for end in ("first", "then") for kind in Kind}
    known |= {f"{type_.lower()}{way}" for type_ in RelationType for way in ("", "_back")}
    assert set(load_model().coefficients) <= known


def test_refd_leans_to_what_the_text_refers_to(notes):
    evidence = Evidence(notes)
    assert evidence.refd("cl", "blip") > 0
    assert evidence.refd("blip", "cl") == -evidence.refd("cl", "blip")


def test_names_are_found_as_words_only():
    finder = NameFinder({"gan": _concept("GAN"), "rag": _concept("rag"), "sl": _concept("监督学习")})
    assert finder.in_text("We began with GAN, fragments") == {"gan"}
    assert finder.in_text("自监督学习和GAN模型") == {"gan", "sl"}
    assert finder.in_name("StyleGAN2") == {}
    assert finder.in_name("DCGAN") == {"gan": True}
    assert finder.in_name("fragment") == {}
    assert finder.in_name("自监督学习") == {"sl": True}


def test_plain_keeps_blanks_between_latin_words_only():
    assert plain("Pre-training 预训练 ＧＰＴ") == "pre training预训练gpt"


_ENDS = st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")).filter(lambda pair: pair[0] != pair[1])
_GRAPHS = st.dictionaries(_ENDS, st.floats(0.1, 1), max_size=25).map(
    lambda pairs: [Prerequisite(*ends, weight) for ends, weight in pairs.items()]
)


def _graph(pairs):
    return nx.DiGraph((pair.source, pair.target) for pair in pairs)


@given(_GRAPHS)
def test_breaking_circles_removes_only_weakest_pairs_on_circles(pairs):
    kept, circles = break_circles(pairs)
    assert nx.is_directed_acyclic_graph(_graph(kept))
    gone = [circle.given_up for circle in circles]
    assert sorted(map(repr, kept + gone)) == sorted(map(repr, pairs))
    weight = {(pair.source, pair.target): pair.weight for pair in pairs}
    for circle in circles:
        assert circle.members[0] == circle.given_up.target
        assert circle.members[-1] == circle.given_up.source
        steps = list(zip(circle.members, circle.members[1:], strict=False))
        assert all(weight[step] >= circle.given_up.weight for step in steps)


@given(_GRAPHS)
def test_reduction_keeps_reachability_and_leaves_only_direct_pairs(pairs):
    kept, _ = break_circles(pairs)
    direct = reduce(kept)
    before, after = _graph(kept), _graph(direct)
    assert set(nx.transitive_closure(before).edges) == set(nx.transitive_closure(after).edges)
    assert set(after.edges) == set(nx.transitive_reduction(before).edges)


@given(_GRAPHS, st.integers())
def test_circles_are_broken_alike_in_any_order(pairs, seed):
    shuffled = random.Random(seed).sample(pairs, len(pairs))  # noqa: S311  no secret hangs on it
    one, other = break_circles(pairs), break_circles(shuffled)
    assert one == other


@st.composite
def _contents(draw):
    names = [f"{name} {draw(st.sampled_from(('', 'learning', 'net')))}".strip() for name in "abcdef"]
    concepts = [
        Concept(name, name, draw(st.sampled_from(Kind)), definition=draw(st.sampled_from(names))) for name in names
    ]
    ends = st.tuples(st.sampled_from(names), st.sampled_from(RelationType), st.sampled_from(names))
    relations = [_relation(*one) for one in draw(st.sets(ends, max_size=12)) if one[0] != one[2]]
    places = st.tuples(st.integers(0, 3), st.sampled_from(names))
    counts = draw(st.dictionaries(places, st.tuples(st.integers(1, 4), st.booleans()), max_size=12))
    mentions = [Mention(f"a.md#{number}", name, *count) for (number, name), count in counts.items()]
    return _content(concepts, relations, sorted(mentions, key=lambda one: (one.question, one.concept)))


@given(_contents())
def test_prerequisites_are_sorted_acyclic_reduced_weighed_and_reasoned(content):
    found, _ = infer(content)
    assert list(found) == sorted(found, key=lambda pair: (pair.source, pair.target))
    graph = _graph(found)
    assert nx.is_directed_acyclic_graph(graph)
    assert set(nx.transitive_reduction(graph).edges) == set(graph.edges)
    assert all(0 < pair.weight <= 1 and pair.reasons for pair in found)


@given(_contents(), st.integers())
def test_prerequisites_do_not_depend_on_the_order_of_the_content(content, seed):
    chance = random.Random(seed)  # noqa: S311  as above
    (bundle,) = content.documents
    shuffled = MemoryContent(
        (replace(bundle, mentions=tuple(chance.sample(bundle.mentions, len(bundle.mentions)))),),
        tuple(chance.sample(content.concepts, len(content.concepts))),
        tuple(chance.sample(content.relations, len(content.relations))),
    )
    assert infer(shuffled) == infer(content)


def test_learned_model_takes_what_a_concept_is_based_on_and_not_who_proposed_it(notes):
    """Whatever was learned, a denial, a maker or the wrong direction never counts more than these."""
    model, evidence = load_model(), Evidence(notes)
    likely = model.probability(evidence.features("clip", "blip"))
    assert likely > model.probability(evidence.features("blip", "clip"))
    assert not any("openai" in pair for pair in evidence.candidates())


def test_field_order_counts_through_what_the_notes_do_not_hold():
    content = _content([_concept("自注意力机制"), _concept("BERT", Kind.MODEL)])
    evidence = Evidence(content)
    assert 0 < evidence.taught("自注意力机制", "bert") < 1
    assert evidence.taught("bert", "自注意力机制") == 0
    found, _ = infer_by(content, model=Model({"taught": 10.0}, -1.0, 0.5))
    assert [(pair.source, pair.target, pair.reasons) for pair in found] == [("自注意力机制", "bert", ("taught",))]


def test_curriculum_has_no_circle():
    graph = nx.DiGraph((before, name) for name, found in load_curriculum().items() for before in found)
    assert nx.is_directed_acyclic_graph(graph)


@pytest.mark.parametrize(
    "text", ["a,b\n", "concept,before\nx\n", "concept,before\nx,y|\n", "concept,before\nx,y\nX,z\n"]
)
def test_damaged_curriculum_is_told(tmp_path, text):
    file = tmp_path / "curriculum.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"curriculum\.csv:[123]: "):
        load_curriculum(file)
