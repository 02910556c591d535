"""Which names are one concept, from notes to the resolved layer: by context, by what a note says, by a user's word."""

import pytest

from graph.errors import DataError
from graph.settings import data_folder, load_settings
from ingest.extract import make_extractor
from ingest.lexicon import load_lexicon
from ingest.parse import parse
from ingest.read import Found, read_note
from ingest.resolve import resolve

MERGES = "verdict,name,other\n"


@pytest.fixture
def resolved(tmp_path):
    """Return what notes resolve to, by the project's lexicon and some rows of merges: names by concept, relations."""

    def run(*notes, rows=()):
        merges = tmp_path / "merges.csv"
        merges.write_text(MERGES + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        files = (data_folder() / "lexicon", tmp_path / f"{len(rows)}.csv")
        merges.rename(files[1])
        extractions = []
        for number, text in enumerate(notes):
            path = tmp_path / f"{number}.md"
            path.write_text(text, encoding="utf-8")
            extractions.append(
                make_extractor(files)(parse(read_note(Found(tmp_path, path.name, path), load_settings({}))))
            )
        concepts, relations, _ = resolve(extractions, load_lexicon(files))
        names = {concept.id: {concept.name, *concept.aliases} for concept in concepts}
        return {concept.name: names[concept.id] for concept in concepts}, relations

    return run


IMAGES = "## 1. 什么是掩码自编码器？\n\n掩码自编码器（MAE）是一种自监督模型。MAE由编码器和解码器组成。\n"
ERRORS = "## 2. 什么是平均绝对误差？\n\n平均绝对误差（MAE）是一种评估指标。MAE用于评估回归模型。\n"


def test_abbreviation_of_two_concepts_means_the_one_that_the_question_names(resolved):
    for notes in ((IMAGES, ERRORS), (f"{IMAGES}\n{ERRORS}",)):
        concepts, _ = resolved(*notes)
        assert {"掩码自编码器", "平均绝对误差"} <= concepts.keys()
        assert "MAE" not in concepts


def test_abbreviation_of_one_concept_in_the_text_is_that_one(resolved):
    concepts, _ = resolved(ERRORS)
    assert "MAE" in concepts["平均绝对误差"]
    assert "掩码自编码器" not in concepts


def test_discovered_concepts_with_one_abbreviation_stay_two(resolved):
    one = "## 1. 什么是区域对齐网络？\n\n**区域对齐网络（RQN）**是一种检测模型。RQN使用卷积神经网络。\n"
    other = "## 1. 什么是递归提问机制？\n\n**递归提问机制（RQN）**是一种对话方法。RQN使用大语言模型。\n"
    concepts, _ = resolved(one, other)
    assert "递归提问机制" not in concepts["区域对齐网络"]
    assert "递归提问机制" in concepts


def test_discovered_concept_keeps_its_abbreviation_in_other_notes(resolved):
    one = "## 1. 什么是区域对齐网络？\n\n**区域对齐网络（RQN）**是一种检测模型。RQN使用卷积神经网络。\n"
    other = "## 1. RQN有哪些优点？\n\n**RQN**使用注意力机制，RQN的检测速度快。\n"
    concepts, _ = resolved(one, other)
    assert "RQN" in concepts["区域对齐网络"]
    assert "RQN" not in concepts


SLIP = "## 1. 什么是BLIIP？\n\nBLIIP使用对比学习。\n\n## 2. 什么是BLIP？\n\nBLIP使用图像编码器。\n"


def test_names_that_a_user_calls_the_same_are_one(resolved):
    assert "BLIIP" in resolved(SLIP)[0]
    concepts, relations = resolved(SLIP, rows=["same,BLIIP,BLIP"])
    assert "BLIIP" not in concepts
    assert "BLIIP" in concepts["BLIP"]
    assert {relation.source for relation in relations} == {"blip"}


def test_same_joins_two_concepts_of_the_lexicon_under_the_second_name(resolved):
    text = "## 1. 什么是CLIP？\n\nCLIP使用对比学习。BLIP使用对比学习。\n"
    concepts, relations = resolved(text, rows=["same,CLIP,BLIP"])
    assert "CLIP" in concepts["BLIP"]
    assert len([relation for relation in relations if relation.target == "对比学习"]) == 1


def test_names_that_a_note_makes_one_stay_apart_where_a_user_says_so(resolved):
    note = "## 1. 什么是区域对齐网络？\n\n**区域对齐网络（FQRDet）**是一种检测模型。**FQRDet**模型使用卷积神经网络。\n"
    assert "FQRDet" in resolved(note)[0]["区域对齐网络"]
    concepts, _ = resolved(note, rows=["different,FQRDet,区域对齐网络"])
    assert {"FQRDet", "区域对齐网络"} <= concepts.keys()
    assert "FQRDet" not in concepts["区域对齐网络"]


def test_names_that_the_lexicon_makes_one_stay_apart_where_a_user_says_so(resolved):
    note = "## 1. 什么是视觉问答？\n\n视觉问答是一项任务。VQA模型使用Transformer。\n"
    assert "VQA" in resolved(note)[0]["视觉问答"]
    concepts, _ = resolved(note, rows=["different,VQA,视觉问答"])
    assert "VQA" in concepts
    assert "VQA" not in concepts["视觉问答"]


def test_different_in_one_note_holds_for_what_another_note_joins(resolved):
    notes = (
        "## 1. 什么是FQRDet？\n\nFQRDet模型使用卷积神经网络。\n",
        "## 1. 什么是区域对齐网络（FQRDet）？\n\n它使用注意力机制。\n",
    )
    concepts, _ = resolved(*notes, rows=["different,FQRDet,区域对齐网络"])
    assert "区域对齐网络" not in concepts.get("FQRDet", ())


@pytest.mark.parametrize(
    ("rows", "row", "message"),
    [
        (["alike,A,B"], 2, "alike"),
        (["same,A,"], 2, "no name"),
        (["same,A"], 2, "cannot be used"),
        (["same,A,B,C"], 2, "more cells"),
        (["same,Stable Diffusion,StableDiffusion"], 2, "one spelling"),
        (["same,A1,B1", "different,b1,a1"], 3, "cannot be different"),
        (["different,A1,C1", "same,A1,B1", "same,B1,C1"], 2, "cannot be different"),
    ],
)
def test_merges_name_file_and_row_of_what_is_wrong(tmp_path, rows, row, message):
    path = tmp_path / "merges.csv"
    path.write_text(MERGES + "".join(f"{one}\n" for one in rows), encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        load_lexicon([path])
    assert (caught.value.file, caught.value.line) == (str(path), row)
