"""A concept's card, its relations in words, and why the graph holds them."""

import json

import pytest

from graph.errors import NotFoundError
from graph.model import RelationType
from graph.ontology import load_ontology
from graph.query.card import card
from graph.query.explain import explain, explain_prerequisite
from graph.query.plain import plain
from graph.query.view import view
from graph.query.words import Language, label, phrase, say_reasons


def _words(found):
    return {stated.words for group in found.groups for stated in group.stated}


def test_card_says_relations_in_words_in_both_directions(store):
    one = view(store)
    english = _words(card(one, store, "clip", Language.EN))
    assert {
        "CLIP uses Contrastive Learning",
        "CLIP consists of Text Encoder",
        "CLIP is used by Stable Diffusion",
        "CLIP was proposed by OpenAI",
        "CLIP is compared with BLIP",
    } == english
    assert {"CLIP 使用 对比学习", "CLIP 包括 文本编码器"} <= _words(card(one, store, "clip", Language.ZH))


def test_card_says_what_is_denied(store):
    one = view(store)
    assert "Stable Diffusion does not use BLIP" in _words(card(one, store, "diffusion", Language.EN))
    assert "BLIP 不被用于 Stable Diffusion" in _words(card(one, store, "blip", Language.ZH))


def test_card_groups_by_type_direction_and_denial(store):
    groups = card(view(store), store, "diffusion").groups
    assert [(group.type, group.inverse, group.negated) for group in groups] == [
        (RelationType.USES, False, False),
        (RelationType.USES, False, True),
    ]


def test_card_gives_each_relation_its_sentences(store):
    groups = card(view(store), store, "clip").groups
    found = next(one for group in groups for one in group.stated if one.other == "contrastive")
    (quote,) = found.quotes
    assert (quote.document, quote.line, quote.text, quote.question, quote.rule) == (
        "notes/a.md", 7, "CLIP 使用对比学习。", "notes/a.md#1", "a-rule",
    )  # fmt: skip


def test_card_lists_questions_prerequisites_and_what_it_unlocks(store):
    found = card(view(store), store, "clip")
    assert found.questions[0].question.title == "CLIP 的原理？"
    assert found.questions[0].about
    assert [one.name for one in found.prerequisites] == ["Contrastive Learning", "Text Encoder"]
    assert [one.concept for one in found.unlocks] == ["diffusion"]
    assert found.kind == "Model"
    assert found.names == ("CLIP", "CLIP模型")


def test_card_becomes_json(store):
    told = json.loads(json.dumps(plain(card(view(store), store, "clip"))))
    assert told["concept"]["kind"] == "Model"
    assert told["groups"][0]["stated"][0]["relation"]["evidence"]


def test_every_type_has_words_in_all_forms():
    words = {
        (type_, language, inverse, negated): phrase(type_, language, inverse=inverse, negated=negated)
        for type_ in RelationType
        for language in Language
        for inverse in (False, True)
        for negated in (False, True)
    }
    assert all(words.values())
    for type_, meaning in load_ontology().relations.items():
        for language in Language:
            same = words[type_, language, False, False] == words[type_, language, True, False]
            assert same is meaning.symmetric
            assert words[type_, language, False, False] != words[type_, language, False, True]


def test_label_is_english_where_english_is_read(store):
    concepts = view(store).concepts
    assert label(concepts["contrastive"], Language.EN) == "Contrastive Learning"
    assert label(concepts["contrastive"], Language.ZH) == "对比学习"
    assert label(concepts["lonely"], Language.EN) == "孤立概念"


def test_reasons_are_told_in_words(store):
    one = view(store)
    pairs = {(a, b): pair for a, b, pair in one.prerequisites.edges(data="prerequisite")}
    told = say_reasons(pairs["contrastive", "clip"], one.concepts, Language.EN)
    assert told == (
        "CLIP uses Contrastive Learning; what is written on Contrastive Learning never mentions CLIP; "
        "the questions on CLIP lean on Contrastive Learning more than the other way round (RefD 0.42)"
    )
    assert say_reasons(pairs["textencoder", "clip"], one.concepts, Language.ZH) == "文本编码器 属于 CLIP"
    assert "（2 句）" in say_reasons(pairs["contrastive", "blip"], one.concepts, Language.ZH)


def test_explain_gives_rule_sentence_place_and_confidence(store):
    (found,) = explain(view(store), store, "clip", RelationType.USES, "contrastive")
    assert found.words == "CLIP uses Contrastive Learning"
    assert found.relation.confidence == pytest.approx(0.9)
    assert found.quotes[0].rule == "a-rule"


def test_explain_takes_symmetric_relations_from_either_end(store):
    assert explain(view(store), store, "clip", RelationType.COMPARED_WITH, "blip")


def test_explain_says_what_the_notes_state_instead(store):
    with pytest.raises(NotFoundError, match="They state: CLIP uses Contrastive Learning"):
        explain(view(store), store, "clip", RelationType.IS_A, "contrastive")
    with pytest.raises(NotFoundError, match="zhitu path"):
        explain(view(store), store, "openai", RelationType.USES, "blip")


def test_explain_prerequisite_tells_why_or_that_it_is_none(store):
    one = view(store)
    assert "never mentions" in explain_prerequisite(one, "contrastive", "clip").words
    with pytest.raises(NotFoundError, match="no direct prerequisite"):
        explain_prerequisite(one, "clip", "contrastive")
