"""The lexicon: what it holds, what is refused, and which spellings are one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import DataError
from graph.settings import data_folder
from ingest.lexicon import fold, fold_with_offsets, load_lexicon

HEADER = "kind,zh,en,abbr,aliases\n"


def lexicon_of(tmp_path, *rows, name="own.csv"):
    path = tmp_path / name
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return load_lexicon([path])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pre-training", "pre training"),
        ("StableDiffusion", "Stable Diffusion"),
        ("CLIP", "ＣＬＩＰ"),
        ("CLIP", "𝐂𝐋𝐈𝐏"),
        ("CLIP", "CL\u200bIP"),
        ("CaféNet", "Cafe\u0301Net"),
        ("F1_score", "F1 Score"),
    ],
)
def test_fold_makes_spellings_of_a_name_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("C++", "C#"), ("C", "C++"), ("GPT-3", "GPT-3.5"), ("YOLO", "YOLOv5")])
def test_fold_keeps_names_apart_that_differ(one, other):
    assert fold(one) != fold(other)


@given(st.text(max_size=80))
def test_fold_offsets_point_to_where_each_character_is_from(text):
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded)
    assert offsets == sorted(offsets)
    assert all(fold(text[at]) and letter in fold(text[at]) for letter, at in zip(folded, offsets, strict=True))


def test_entry_is_found_by_each_of_its_names(tmp_path):
    lexicon = lexicon_of(tmp_path, "Task,视觉问答,Visual Question Answering,VQA,图像问答|看图问答")
    for name in ("视觉问答", "visual question-answering", "vqa", "图像问答", "看图问答"):
        assert [entry.name for entry in lexicon.find(name)] == ["视觉问答"]


def test_abbreviation_may_belong_to_two_concepts(tmp_path):
    lexicon = lexicon_of(tmp_path, "Model,掩码自编码器,Masked Autoencoder,MAE,", "Metric,平均绝对误差,,MAE,")
    assert {entry.name for entry in lexicon.find("MAE")} == {"掩码自编码器", "平均绝对误差"}


def test_later_file_replaces_a_concept_of_an_earlier_one(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(HEADER + "Term,甲,A,,\n", encoding="utf-8")
    second.write_text(HEADER + "Method,甲,B,,\n", encoding="utf-8")
    (entry,) = load_lexicon([first, second]).find("甲")
    assert (entry.kind, entry.en) == ("Method", "B")


@pytest.mark.parametrize(
    ("rows", "row", "message"),
    [
        (["Model,甲,,,", "Model,甲,,,"], 3, "twice"),
        (["Planet,甲,,,"], 2, "Planet"),
        (["Model,,,,"], 2, "no name"),
        (["Model,甲,A,,,多"], 2, "more cells"),
        (["Model,甲"], 2, "cannot be used"),
        (["Model," + "甲" * 61 + ",,,"], 2, "no name"),
        (["Model,甲,A,,", "Model,乙,a,,"], 3, "already names"),
    ],
)
def test_load_names_file_and_row_of_what_is_wrong(tmp_path, rows, row, message):
    with pytest.raises(DataError, match=message) as caught:
        lexicon_of(tmp_path, *rows)
    assert caught.value.line == row
    assert caught.value.file.endswith("own.csv")


def test_load_refuses_other_columns_and_missing_files(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("name,kind\n", encoding="utf-8")
    with pytest.raises(DataError, match="columns"):
        load_lexicon([path])
    with pytest.raises(DataError, match="cannot be read"):
        load_lexicon([tmp_path / "none.csv"])


def test_the_projects_lexicon_is_large_and_without_clashes():
    lexicon = load_lexicon([data_folder() / "lexicon"])
    assert len(lexicon.entries) >= 2500
    assert lexicon.find("CLIP")
