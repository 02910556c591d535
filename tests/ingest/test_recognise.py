"""Terms are found at word boundaries, in both languages, whole, and under one key for all of their names."""

import pytest

from graph.model import Document, Kind, Question, Sentence
from graph.settings import data_folder
from ingest.recognise import Recogniser
from ingest.recognise.english import singular
from ingest.records import Block, BlockKind, Mark, MarkKind, ParsedDocument, ParsedQuestion, ParsedSentence


@pytest.fixture(scope="module")
def recogniser():
    return Recogniser([data_folder() / "lexicon"])


def note(*sentences, kinds=(), marks=()):
    """Return a document of one question: the first sentence is its title, each other one a block of its own."""
    kinds = [BlockKind.TITLE, *(kinds or [BlockKind.PARAGRAPH] * (len(sentences) - 1))]
    blocks = tuple(Block(number, kind) for number, kind in enumerate(kinds))
    parsed = tuple(
        ParsedSentence(
            Sentence(f"n.md#0.{number}", "n.md#0", number, text, number + 1, 0, len(text)),
            text,
            number,
            marks if number == len(sentences) - 1 else (),
        )
        for number, text in enumerate(sentences)
    )
    question = Question("n.md#0", "n.md", 0, "", sentences[0], "", 1)
    return ParsedDocument(Document("n.md", "", ""), (ParsedQuestion(question, (), blocks, parsed),))


@pytest.fixture
def surfaces(recogniser):
    """Return what is found in a sentence, as written there."""

    def find(text, **more):
        found = recogniser(note("问题？", text, **more))
        return [text[span.start : span.end] for span in found.spans[0] if span.sentence]

    return find


@pytest.mark.parametrize(
    "text", ["使用CLIP模型", "使用 CLIP 模型", "（CLIP）", "CLIP，", "基于CLIP的", "ＣＬＩＰ很好", "𝐂𝐋𝐈𝐏很好"]
)
def test_latin_name_is_found_in_chinese_text(recogniser, text):
    assert "clip" in {term.key for term in recogniser(note("问题？", text)).terms}


@pytest.mark.parametrize("text", ["ECLIPSE很好", "使用CLIPS", "XCLIP模型", "CLIP2Video", "my_clip_x"])
def test_latin_name_is_not_found_inside_another(recogniser, text):
    assert "clip" not in {term.key for term in recogniser(note("问题？", text)).terms}


def test_zero_width_characters_and_combining_marks_do_not_hide_a_name(recogniser):
    found = recogniser(note("问题？", "CL\u200bIP使用对比学习。", "CafeNeΧt 与 Café\u0301Net。"))
    assert "clip" in {term.key for term in found.terms}


def test_spans_slice_to_the_words_of_the_plain_text(surfaces):
    assert surfaces("BLIP通过对比学习训练图像编码器。") == ["BLIP", "对比学习", "图像编码器"]


def test_longest_name_wins(surfaces):
    assert surfaces("使用卷积神经网络。") == ["卷积神经网络"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("使用CLIP模型。", "clip"),
        ("使用BERT 模型。", "bert"),
        ("使用Pre-training。", "预训练"),
        ("使用 pre training。", "预训练"),
    ],
)
def test_tail_and_spelling_do_not_make_another_term(recogniser, text, key):
    assert [term.key for term in recogniser(note("问题？", text)).terms] == [key]


def test_short_acronym_is_not_read_into_common_words(recogniser):
    keys = {
        term.key for term in recogniser(note("Question?", "It is a map of the world, as it was in all of them.")).terms
    }
    assert not keys


def test_abbreviation_is_what_the_document_speaks_of(recogniser):
    model = recogniser(note("MAE是什么？", "MAE随机遮挡图像块，用自编码器重建掩码的部分。"))
    metric = recogniser(note("MAE是什么？", "MAE是绝对误差的平均值，与均方误差一样用于回归。"))
    assert {term.kind for term in model.terms if "MAE" in term.names} == {Kind.MODEL}
    assert {term.kind for term in metric.terms if "MAE" in term.names} == {Kind.METRIC}


def test_brackets_give_another_name(recogniser):
    text = "星云门控网络（Nebula Gated Network，NGN）使用注意力机制。"
    found = recogniser(note("星云门控网络是什么？", text, "NGN很快。"))
    (term,) = (term for term in found.terms if "NGN" in term.names)
    assert {"星云门控网络", "Nebula Gated Network", "NGN"} <= set(term.names)


def test_examples_in_brackets_are_no_names(recogniser):
    found = recogniser(note("问题？", "多模态数据（如图像和文本）很多。"))
    assert all("图像和文本" not in name for term in found.terms for name in term.names)


def test_bold_lead_is_a_term_even_if_no_lexicon_has_it(recogniser):
    text = "星际路由机制：按星标选择专家。"
    found = recogniser(note("问题？", text, kinds=[BlockKind.ITEM], marks=(Mark(0, 6, MarkKind.BOLD),)))
    (term,) = (term for term in found.terms if term.name == "星际路由机制")
    assert term.kind is Kind.METHOD


@pytest.mark.parametrize("text", ["这种方法很好。", "我们可以得到结果。", "步骤如下。", "数据很多，任务很难。"])
def test_generic_words_are_no_terms(surfaces, text):
    assert surfaces(text) == []


def test_verb_before_its_object_is_not_part_of_the_name(surfaces):
    assert "多模态数据" in surfaces("可以处理多模态数据。")
    assert "特征向量" in surfaces("然后提取特征向量。")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("引入了一种动态路由机制。", "动态路由机制"),
        ("提出了特征保留损失。", "特征保留损失"),
        ("通过多尺度融合得到结果。", "多尺度融合"),
    ],
)
def test_name_with_a_verb_inside_is_one_term(surfaces, text, name):
    assert name in surfaces(text)


def test_formulas_code_and_addresses_hold_no_terms(surfaces):
    text = "CLIP 见 https://example.org/BERT 。"
    assert surfaces(text, marks=(Mark(0, 4, MarkKind.CODE),)) == []


def test_name_beyond_all_measure_is_no_term(recogniser):
    found = recogniser(note("问题？", f"{'深' * 5000}模型和{'A' * 5000}很长。"))
    assert all(len(name) <= 60 for term in found.terms for name in term.names)


def test_english_sentence_is_read_like_a_chinese_one(recogniser):
    found = recogniser(note("What is dropout?", "Dropout is a regularization technique that reduces overfitting."))
    names = {name.lower() for term in found.terms for name in term.names}
    assert {"dropout", "overfitting"} <= names


@pytest.fixture
def chunks(recogniser):
    """Return the noun phrases of an English sentence, whether terms or not."""

    def find(text):
        return [text[found.start : found.end] for found in recogniser._nlp(text).user_data["phrases"]]

    return find


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The trained encoder maps raw inputs to latent codes.", ["trained encoder", "raw inputs", "latent codes"]),
        ("Kettles are often heated by a thermal pump.", ["Kettles", "thermal pump"]),
        ("We cluster the stars, then sample from each galaxy.", ["stars", "galaxy"]),
        ("A much larger orbit helps to slow the probe down.", ["orbit", "probe"]),
        ("The probe's fuel gauge is fully calibrated.", ["probe", "fuel gauge"]),
        ("Using a star catalogue improves the orbit estimate.", ["star catalogue", "orbit estimate"]),
        ("A probe scores orbits.", ["probe", "orbits"]),
        ("It is defined by the parameter max_orbits.", ["parameter", "max_orbits"]),
    ],
)
def test_english_phrases_end_at_verbs_and_closed_classes(chunks, text, expected):
    assert chunks(text) == expected


def test_english_plural_and_case_are_one_key(recogniser):
    text = "Fuel gauges are cheap. A fuel gauge, once calibrated, is precise. Fuel Gauge is a name."
    found = [each for each in recogniser._nlp(text).user_data["phrases"] if "fuel" in each.key]
    assert len(found) == 3
    assert {each.key for each in found} == {"fuelgauge"}


def test_plain_english_word_is_no_model_of_that_name(recogniser):
    found = recogniser(note("Why is it slow?", "The procedure is complex, because the unit is old."))
    assert not {"complex", "unit"} & {term.key for term in found.terms if term.kind is Kind.MODEL}


@pytest.mark.parametrize(
    ("plural", "one"),
    [("matrices", "matrix"), ("boundaries", "boundary"), ("classes", "class"), ("bias", "bias"), ("loss", "loss")],
)
def test_singular_of_names(plural, one):
    assert singular(plural) == one


def test_definition_is_a_sentence_that_defines(recogniser):
    found = recogniser(note("CLIP是什么？", "很多人使用CLIP。", "CLIP是一种多模态预训练模型。"))
    (clip,) = (term for term in found.terms if term.key == "clip")
    assert clip.definition == "CLIP是一种多模态预训练模型。"


def test_terms_of_the_title_are_what_the_question_is_about(recogniser):
    found = recogniser(note("CLIP使用什么？", "它使用对比学习。"))
    about = {term.key: term.counts[0].about for term in found.terms}
    assert about["clip"]
    assert not about["对比学习"]


def test_same_document_gives_the_same_terms(recogniser):
    document = note("CLIP是什么？", "CLIP由OpenAI提出，使用对比学习训练图像编码器和文本编码器。")
    assert recogniser(document) == recogniser(document)
