"""Names and relations of all documents become one concept layer, whatever their order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import Kind, RelationType
from ingest.lexicon import fold, load_lexicon
from ingest.records import Candidate, Count, Extraction, Term
from ingest.resolve import resolve, slug


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory):
    path = tmp_path_factory.mktemp("lexicon") / "own.csv"
    path.write_text(
        "kind,zh,en,abbr,aliases\n"
        "Task,视觉问答,Visual Question Answering,VQA,\n"
        "Model,,CLIP,,\n"
        "Model,,BLIP,,\n"
        "Model,掩码自编码器,Masked Autoencoder,MAE,\n"
        "Metric,平均绝对误差,Mean Absolute Error,MAE,\n",
        encoding="utf-8",
    )
    return load_lexicon([path])


def term(name, *names, key="", kind=Kind.TERM, score=0.9, origin="lexicon", count=1, **more):
    return Term(key or fold(name), name, kind, names or (name,), origin, score, (Count(0, count),), **more)


def stated(source, type_, target, *sentences, negated=False, rule="uses", score=0.8):
    return Candidate(fold(source), RelationType(type_), fold(target), negated, sentences or ("a.md#0.1",), rule, score)


def document(path, *terms, candidates=()):
    return Extraction(path, terms, tuple(candidates))


def test_spellings_and_languages_of_a_name_become_one_concept(lexicon):
    concepts, _, mentions = resolve(
        [
            document("a.md", term("视觉问答", "VQA", "视觉问答", kind=Kind.TASK)),
            document("b.md", term("VisualQuestionAnswering", origin="latin")),
        ],
        lexicon,
    )
    (concept,) = concepts
    assert concept.name == "视觉问答"
    assert {"VQA", "Visual Question Answering"} <= set(concept.aliases)
    assert concept.mentions == sum(mention.count for mention in mentions) == 2


def test_two_concepts_with_one_abbreviation_stay_two(lexicon):
    concepts, _, _ = resolve(
        [document("a.md", term("掩码自编码器", "MAE")), document("b.md", term("平均绝对误差", "MAE"))], lexicon
    )
    assert {concept.name for concept in concepts} == {"掩码自编码器", "平均绝对误差"}


def test_discovered_term_that_nothing_speaks_for_is_no_concept(lexicon):
    concepts, _, _ = resolve([document("a.md", term("某个东西", origin="phrase", score=0.2))], lexicon)
    assert concepts == ()


def test_discovered_term_grows_surer_with_each_document(lexicon):
    weak = [document(f"{number}.md", term("深度分数", origin="phrase", score=0.4)) for number in range(3)]
    concepts, _, _ = resolve(weak, lexicon)
    assert [concept.name for concept in concepts] == ["深度分数"]


def test_statement_and_denial_are_both_kept(lexicon):
    found = [stated("CLIP", "USES", "BLIP"), stated("CLIP", "USES", "BLIP", "a.md#0.2", negated=True)]
    _, relations, _ = resolve([document("a.md", term("CLIP"), term("BLIP"), candidates=found)], lexicon)
    assert [(relation.negated, relation.evidence) for relation in relations] == [
        (False, ("a.md#0.1",)),
        (True, ("a.md#0.2",)),
    ]


def test_no_relation_of_a_concept_to_itself_by_whatever_name(lexicon):
    found = [stated("CLIP", "USES", "clip模型")]
    terms = term("CLIP"), term("clip模型", "CLIP", origin="latin")
    _, relations, _ = resolve([document("a.md", *terms, candidates=found)], lexicon)
    assert relations == ()


def test_symmetric_relation_is_one_whichever_way_it_is_said(lexicon):
    found = [stated("CLIP", "COMPARED_WITH", "BLIP"), stated("BLIP", "COMPARED_WITH", "CLIP", "a.md#0.2")]
    _, (relation,), _ = resolve([document("a.md", term("CLIP"), term("BLIP"), candidates=found)], lexicon)
    assert set(relation.evidence) == {"a.md#0.1", "a.md#0.2"}


def test_more_sentences_make_a_relation_surer_and_each_keeps_its_rule(lexicon):
    found = [stated("CLIP", "USES", "BLIP", score=0.6)]
    more = [*found, stated("CLIP", "USES", "BLIP", "a.md#0.2", rule="handles", score=0.5)]
    _, (once,), _ = resolve([document("a.md", term("CLIP"), term("BLIP"), candidates=found)], lexicon)
    _, (twice,), _ = resolve([document("a.md", term("CLIP"), term("BLIP"), candidates=more)], lexicon)
    assert once.confidence < twice.confidence < 1
    assert dict(zip(twice.evidence, twice.rules, strict=True)) == {"a.md#0.1": "uses", "a.md#0.2": "handles"}


def test_another_document_makes_a_relation_surer_than_another_sentence_of_the_same(lexicon):
    terms = term("CLIP"), term("BLIP")
    here = document("a.md", *terms, candidates=[stated("CLIP", "USES", "BLIP", score=0.6)])
    same = document(
        "a.md", *terms, candidates=[*here.candidates, stated("CLIP", "USES", "BLIP", "a.md#0.2", score=0.6)]
    )
    other = document("b.md", *terms, candidates=[stated("CLIP", "USES", "BLIP", "b.md#0.1", score=0.6)])
    confidences = [resolve(found, lexicon)[1][0].confidence for found in ([here], [same], [here, other])]
    assert confidences == sorted(set(confidences))


def test_relation_is_the_surer_the_surer_its_ends_are(lexicon):
    found = [stated("CLIP", "USES", "深度分数")]
    confidences = [
        resolve(
            [document("a.md", term("CLIP"), term("深度分数", origin="phrase", score=score), candidates=found)], lexicon
        )[1][0].confidence
        for score in (0.5, 0.7, 0.9)
    ]
    assert confidences == sorted(set(confidences))


def test_relation_goes_with_an_end_that_is_no_concept(lexicon):
    terms = term("CLIP"), term("某个东西", origin="phrase", score=0.1)
    _, relations, _ = resolve([document("a.md", *terms, candidates=[stated("CLIP", "USES", "某个东西")])], lexicon)
    assert relations == ()


def test_best_definition_of_all_documents_is_taken(lexicon):
    poor = term("CLIP", definition="CLIP：…", definition_score=0.5)
    good = term("CLIP", definition="CLIP是一种模型。", definition_score=0.9)
    (concept,), _, _ = resolve([document("a.md", poor), document("b.md", good)], lexicon)
    assert concept.definition == "CLIP是一种模型。"


@given(st.permutations(["a", "b", "c", "d"]))
def test_order_of_documents_does_not_matter(order):
    texts = {
        "a": document("a.md", term("CLIP"), term("BLIP"), candidates=[stated("CLIP", "USES", "BLIP")]),
        "b": document("b.md", term("clip", "clip", origin="latin", kind=Kind.MODEL)),
        "c": document("c.md", term("深度分数", "深度分数", "Depth Score", origin="phrase", score=0.6)),
        "d": document("d.md", term("depthscore", "depth-score", key="depthscore", origin="latin", score=0.6)),
    }
    empty = load_lexicon([])
    assert resolve([texts[name] for name in order], empty) == resolve(texts.values(), empty)


def test_resolving_what_was_resolved_changes_nothing(lexicon):
    extraction = document("a.md", term("CLIP", "CLIP", "Clip"), term("C++"), term("C#"))
    concepts, _, _ = resolve([extraction], lexicon)
    again = document("a.md", *(term(concept.name, concept.name, *concept.aliases) for concept in concepts))
    resolved, _, _ = resolve([again], lexicon)
    assert [concept.id for concept in resolved] == [concept.id for concept in concepts]
    assert {concept.id for concept in concepts} == {"clip", "c++", "c#"}


def test_ids_are_distinct_where_slugs_are_not(lexicon):
    terms = term("A·B", key="a·b"), term("A B", key="ab2")
    concepts, _, _ = resolve([document("a.md", *terms)], lexicon)
    assert len({concept.id for concept in concepts}) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Stable Diffusion", "stable-diffusion"),
        ("视觉问答", "视觉问答"),
        ("C++", "c++"),
        ("ＣＬＩＰ", "clip"),
        ("“”", "-"),
    ],
)
def test_slug_is_readable_and_stable(name, expected):
    assert slug(name) == expected


def test_extraction_survives_a_change_of_scores_elsewhere(lexicon):
    base = document("a.md", term("CLIP"), term("BLIP"), candidates=[stated("CLIP", "USES", "BLIP")])
    other = document("b.md", term("BLIP"))
    alone = resolve([base], lexicon)[1]
    beside = resolve([base, replace(other, document="0.md")], lexicon)[1]
    assert alone == beside
