"""What sentences state, by which rule, from whom to whom, and what they do not state."""

import re

import pytest

from graph.errors import DataError
from graph.model import Document, Kind, Question, Sentence
from ingest import relate
from ingest.records import Block, BlockKind, ParsedDocument, ParsedQuestion, ParsedSentence, Span
from ingest.relate import RuleExtractor
from ingest.relate.pairs import fired
from ingest.relate.rules import load_rules, written_out

KINDS = {
    **dict.fromkeys(("CLIP", "BLIP", "BERT", "GAN", "ViT", "GPT-3", "GPT-2", "LSTM", "RNN", "Transformer"), Kind.MODEL),
    **dict.fromkeys(("对比学习", "微调", "注意力机制", "dropout", "Regularization"), Kind.METHOD),
    **dict.fromkeys(("生成器", "判别器", "文本编码器", "图像编码器"), Kind.COMPONENT),
    **dict.fromkeys(("视觉问答", "图像生成", "机器翻译", "text generation"), Kind.TASK),
    **dict.fromkeys(("梯度消失", "过拟合", "overfitting"), Kind.PROBLEM),
    **dict.fromkeys(("图文对", "文本", "图像"), Kind.DATA),
    **dict.fromkeys(("FID", "准确率"), Kind.METRIC),
    **dict.fromkeys(("OpenAI",), Kind.ORGANIZATION),
}


@pytest.fixture(scope="module")
def extractor():
    return RuleExtractor()


def parse(*lines):
    """Return a document of one question and its spans; terms are in brackets, items begin with "- "."""
    blocks, parsed, spans = [Block(0, BlockKind.TITLE)], [], []
    lead_in = None
    for number, line in enumerate(lines):
        item = line.startswith("- ")
        if number:
            blocks.append(
                Block(
                    number,
                    BlockKind.ITEM if item else BlockKind.PARAGRAPH,
                    lead_in=lead_in if item else None,
                    depth=int(item),
                )
            )
            lead_in = lead_in if item else number
        text, at = "", 0
        for piece in re.split(r"(\[[^\]]+\])", line.removeprefix("- ")):
            name = piece.strip("[]") if piece.startswith("[") else ""
            if name:
                spans.append(Span(number, at, at + len(name), name, KINDS.get(name, Kind.TERM)))
            text += name or piece
            at = len(text)
        sentence = Sentence(f"n.md#0.{number}", "n.md#0", number, text, number + 1, 0, len(text))
        parsed.append(ParsedSentence(sentence, text, number))
    question = Question("n.md#0", "n.md", 0, "", parsed[0].plain, "", 1)
    return ParsedDocument(Document("n.md", "", ""), (ParsedQuestion(question, (), tuple(blocks), tuple(parsed)),)), [
        spans
    ]


@pytest.fixture
def stated(extractor):
    """Return what lines state, as (source, type, target), denials with "not"."""

    def find(*lines):
        candidates = extractor(*parse("问题？", *lines) if len(lines) == 1 else parse(*lines))
        return {(c.source, f"{'not ' if c.negated else ''}{c.type}", c.target) for c in candidates}

    return find


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[CLIP]使用[对比学习]。", ("CLIP", "USES", "对比学习")),
        ("[CLIP]模型通过[对比学习]的方式训练。", ("CLIP", "USES", "对比学习")),
        ("[CLIP]由[OpenAI]提出。", ("CLIP", "PROPOSED_BY", "OpenAI")),
        ("[OpenAI]提出了[CLIP]。", ("CLIP", "PROPOSED_BY", "OpenAI")),
        ("[GAN]由[生成器]和[判别器]组成。", ("判别器", "PART_OF", "GAN")),
        ("[GAN]包括[生成器]和[判别器]。", ("生成器", "PART_OF", "GAN")),
        ("[GPT-3]沿用了[GPT-2]的结构。", ("GPT-3", "BASED_ON", "GPT-2")),
        ("[BERT]基于[Transformer]。", ("BERT", "BASED_ON", "Transformer")),
        ("[LSTM]是一种[RNN]。", ("LSTM", "IS_A", "RNN")),
        ("[RNN]（如[LSTM]）很常见。", ("LSTM", "IS_A", "RNN")),
        ("[GAN]用于[图像生成]。", ("GAN", "APPLIED_TO", "图像生成")),
        ("[Transformer]广泛应用于[机器翻译]。", ("Transformer", "APPLIED_TO", "机器翻译")),
        ("在[图像生成]任务中，[GAN]表现出色。", ("GAN", "APPLIED_TO", "图像生成")),
        ("[LSTM]可以缓解[梯度消失]问题。", ("LSTM", "ADDRESSES", "梯度消失")),
        ("[RNN]容易出现[梯度消失]。", ("RNN", "HAS_PROBLEM", "梯度消失")),
        ("[Transformer]具有[并行性]。", ("Transformer", "HAS_FEATURE", "并行性")),
        ("[FID]用于评估[GAN]。", ("GAN", "EVALUATED_ON", "FID")),
        ("与[RNN]相比，[Transformer]更快。", ("Transformer", "COMPARED_WITH", "RNN")),
        ("[Regularization] is used to reduce [overfitting].", ("Regularization", "ADDRESSES", "overfitting")),
        ("[CLIP] uses [对比学习].", ("CLIP", "USES", "对比学习")),
        ("[GAN] consists of [生成器] and [判别器].", ("生成器", "PART_OF", "GAN")),
    ],
)
def test_predicates_and_constructions_in_both_languages(stated, line, expected):
    assert expected in stated(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[LSTM] is a type of [RNN] that reduces [overfitting].", ("LSTM", "ADDRESSES", "overfitting")),
        ("A [GAN] is commonly used for [text generation].", ("GAN", "APPLIED_TO", "text generation")),
        ("[CLIP], which is trained with [dropout], extends [GPT-2].", ("CLIP", "USES", "dropout")),
        ("[BERT] builds on a [Transformer] that uses [dropout].", ("Transformer", "USES", "dropout")),
        ("[BERT] prevents [overfitting] by using [dropout].", ("BERT", "USES", "dropout")),
        ("[BERT] uses [dropout] to prevent [overfitting].", ("dropout", "ADDRESSES", "overfitting")),
        ("[GAN] uses a [discriminator], while [BERT] uses [dropout].", ("BERT", "USES", "dropout")),
        ("[dropout] is often used in [BERT].", ("dropout", "APPLIED_TO", "BERT")),
        ("Compared to the older [RNN], the [Transformer] is faster.", ("Transformer", "COMPARED_WITH", "RNN")),
        ("[RNN] and other [sequence models] are slow.", ("RNN", "IS_A", "sequence models")),
        ("[BERT] was proposed by [Ada Example] in 2018.", ("BERT", "PROPOSED_BY", "Ada Example")),
        ("Much [text generation], for example [GAN], fails.", ("GAN", "APPLIED_TO", "text generation")),
        ("[RNN] runs into the problem of [overfitting].", ("RNN", "HAS_PROBLEM", "overfitting")),
        ("Common ways to do [text generation] are [GAN] and [RNN].", ("GAN", "APPLIED_TO", "text generation")),
    ],
)
def test_english_word_order_tells_whom_a_verb_is_about(stated, line, expected):
    assert expected in stated(line)


def test_english_solution_of_a_problem_named_before(stated):
    found = stated("What is [overfitting]?", "One way to solve this problem is to use [dropout].")
    assert ("dropout", "ADDRESSES", "overfitting") in found


def test_english_denial_by_ellipsis(stated):
    found = stated("[GAN] uses [dropout], while [BERT] does not.")
    assert {("GAN", "USES", "dropout"), ("BERT", "not USES", "dropout")} <= found
    assert ("BERT", "USES", "dropout") not in found


def test_english_verb_behind_its_own_subject_is_not_about_the_clause_before(extractor):
    links = extractor.links(*parse("问题？", "[GAN] uses a [discriminator], while [BERT] uses [dropout]."))
    assert ("GAN", "dropout") not in {(link.source.key, link.target.key) for link, _ in links}


@pytest.mark.parametrize(
    ("title", "item", "expected"),
    [
        ("What are the main parameters of [GAN]?", "- [latent size]", ("latent size", "PART_OF", "GAN")),
        ("What are the benefits of a [Transformer]?", "- [speed]", ("Transformer", "HAS_FEATURE", "speed")),
        ("What are the potential problems with [RNN]?", "- [overfitting]", ("RNN", "HAS_PROBLEM", "overfitting")),
        ("Which [Regularization] techniques do you know?", "[dropout], [微调]", ("dropout", "IS_A", "Regularization")),
    ],
)
def test_english_question_says_what_its_items_are(stated, title, item, expected):
    assert expected in stated(title, item)


@pytest.mark.parametrize(
    ("line", "denied"),
    [
        ("[CLIP]不使用[微调]。", ("CLIP", "not USES", "微调")),
        ("[CLIP]使用[对比学习]而不使用[微调]。", ("CLIP", "not USES", "微调")),
        ("[GPT-3]并没有进行[微调]。", ("GPT-3", "not USES", "微调")),
        ("[CLIP]无需[微调]。", ("CLIP", "not USES", "微调")),
        ("[CLIP] does not use [dropout].", ("CLIP", "not USES", "dropout")),
    ],
)
def test_denial_is_no_statement(stated, line, denied):
    found = stated(line)
    assert denied in found
    assert (denied[0], "USES", denied[2]) not in found


@pytest.mark.parametrize(
    "line",
    [
        "假设[CLIP]使用[微调]。",
        "好比[CLIP]使用[微调]。",
        "Suppose [CLIP] uses [dropout].",
        "研究人员使用[微调]。",
    ],
)
def test_what_is_supposed_likened_or_said_of_others_is_not_stated(stated, line):
    assert stated(line) == set()


def test_terms_that_nothing_ties_are_tied_weakly_at_most(extractor):
    candidates = extractor(*parse("问题？", "[CLIP]很好，[对比学习]也很好。"))
    assert all(candidate.score < 0.3 for candidate in candidates)


def test_pair_is_tied_by_what_stands_around_it(extractor):
    found = next(
        c for c in extractor(*parse("[CLIP]是什么？", "训练[CLIP]时要用上[对比学习]。")) if c.target == "对比学习"
    )
    assert (found.source, found.type, found.rule) == ("CLIP", "USES", "near")


def test_letters_that_stand_for_terms_may_stand_in_a_note(extractor):
    assert extractor(*parse("[CLIP]是什么？", "\U000f0005[CLIP]使用\U000fffff[对比学习]。"))


def test_enumeration_counts_as_a_whole(stated):
    found = stated("[Transformer]用于[机器翻译]、[视觉问答]和[图像生成]等任务。")
    assert {target for _, type_, target in found if type_ == "APPLIED_TO"} == {"机器翻译", "视觉问答", "图像生成"}


def test_subject_is_carried_over_to_the_next_clause_and_by_a_pronoun(stated):
    assert ("CLIP", "USES", "对比学习") in stated("[CLIP]很好，使用[对比学习]。")
    assert ("CLIP", "USES", "图文对") in stated("问题？", "[CLIP]是一种模型。它使用[图文对]。")


def test_question_is_the_subject_where_the_answer_has_none(stated):
    assert ("GAN", "APPLIED_TO", "图像生成") in stated("[GAN]是用来干什么的？", "用于[图像生成]。")


def test_question_states_what_it_takes_for_granted(stated):
    found = stated("为什么[GAN]使用[CLIP]而不使用[BLIP]？", "因为目标不同。")
    assert {("GAN", "USES", "CLIP"), ("GAN", "not USES", "BLIP")} <= found


@pytest.mark.parametrize("title", ["比较[BERT]和[GPT-3]", "[BERT]与[GPT-3]的区别是什么？", "[BERT]和[GPT-3]有何不同？"])
def test_question_that_compares(stated, title):
    (relation,) = stated(title, "两者都很好。")
    assert relation[1] == "COMPARED_WITH"
    assert {relation[0], relation[2]} == {"BERT", "GPT-3"}


@pytest.mark.parametrize(
    ("lead_in", "item", "expected"),
    [
        ("[RNN]面临的挑战包括：", "- [梯度消失]：很难训练。", ("RNN", "HAS_PROBLEM", "梯度消失")),
        ("[CLIP]的主要组成部分包括：", "- [文本编码器]：提取特征。", ("文本编码器", "PART_OF", "CLIP")),
        ("[GAN]主要应用于以下领域：", "- [图像生成]", ("GAN", "APPLIED_TO", "图像生成")),
        ("[Transformer]的优势包括：", "- [并行性]：很快。", ("Transformer", "HAS_FEATURE", "并行性")),
    ],
)
def test_lead_in_says_what_its_items_are(extractor, lead_in, item, expected):
    candidates = extractor(*parse("问题？", lead_in, item))
    (found,) = (c for c in candidates if (c.source, c.type, c.target) == expected)
    assert found.sentences == ("n.md#0.2", "n.md#0.1")
    assert found.rule.startswith("list-")


def test_lead_before_a_colon_is_the_subject_of_what_follows(stated):
    assert ("文本编码器", "USES", "Transformer") in stated("[文本编码器]：通常采用[Transformer]。")


def test_every_candidate_names_its_rule_and_sentences_and_is_no_loop(extractor):
    candidates = extractor(*parse("[CLIP]是什么？", "[CLIP]使用[CLIP]。", "[CLIP]由[OpenAI]提出，使用[对比学习]。"))
    rules = load_rules()
    names = {each.name for each in (*rules.frames, *rules.clause_shapes)} | {"near", "about"}
    assert candidates
    for candidate in candidates:
        assert candidate.source != candidate.target
        assert candidate.rule in names
        assert candidate.sentences
        assert 0 <= candidate.score <= 1


def test_sentence_of_a_thousand_terms_is_read_in_linear_time(extractor):
    line = "、".join(["[CLIP]"] * 1000) + "使用[对比学习]。"
    assert len(extractor(*parse("问题？", line))) < 10


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("uses?", ["use", "uses"]),
        ("is used (?:for|to)", ["is used for", "is used to"]),
        ("(?:is )?used", ["used", "is used"]),
        ("(?:refers?|referring) to", ["refer to", "refers to", "referring to"]),
        ("utili[sz]e", ["utilise", "utilize"]),
        ("使用了?", ["使用", "使用了"]),
    ],
)
def test_options_of_a_pattern_are_written_out(pattern, words):
    assert sorted(written_out(pattern)) == sorted(words)


def test_rules_that_cannot_be_used_name_their_file(tmp_path):
    (tmp_path / "relations.yaml").write_text("frames: [{name: x, type: LIKES}]\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"relations\.yaml"):
        load_rules(tmp_path)


def test_what_rules_say_of_a_pair_is_told_once_however_often_the_pair_stands_there(extractor, monkeypatch):
    times = []
    monkeypatch.setattr(relate, "fired", lambda first, link: times.append(link) or fired(first, link))
    extractor(*parse("1. [CLIP]是什么？", *["[CLIP]使用[对比学习]。"] * 100))
    assert 100 <= len(times) <= 300
