"""The ontology: whole, and checked row by row."""

import shutil

import pytest

from graph.errors import DataError
from graph.model import Kind, RelationType
from graph.ontology import load_ontology
from graph.settings import data_folder


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(data_folder() / "ontology", tmp_path / "ontology")
    return tmp_path / "ontology"


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_kind_and_type_has_its_row():
    ontology = load_ontology()
    assert set(ontology.kinds) == set(Kind)
    assert set(ontology.relations) == set(RelationType)


def test_only_comparison_is_symmetric():
    assert [type_ for type_, row in load_ontology().relations.items() if row.symmetric] == [RelationType.COMPARED_WITH]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("relations.csv", ",no,source,", ",perhaps,source,", r"relations\.csv:3: .*symmetric is “perhaps”"),
        ("relations.csv", "#2f7ebc", "blue", r"relations\.csv:3: .*colour is “blue”"),
        ("relations.csv", "USES,uses", "ADORES,uses", r"relations\.csv:4: .*ADORES"),
        ("relations.csv", "USES,uses", "IS_A,uses", r"relations\.csv:4: IS_A is there twice"),
        ("kinds.csv", "Model,Model,模型,dot", "Model,Model,模型,blob", r"kinds\.csv:2: .*shape is “blob”"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(folder, file, old, new, told):
    change(folder / file, old, new)
    with pytest.raises(DataError, match=told):
        load_ontology(folder)


def test_a_missing_row_is_named(folder):
    lines = (folder / "kinds.csv").read_text(encoding="utf-8").splitlines()
    (folder / "kinds.csv").write_text(
        "\n".join(line for line in lines if not line.startswith("Task,")), encoding="utf-8"
    )
    with pytest.raises(DataError, match="has no row for Task"):
        load_ontology(folder)


def test_a_missing_file_is_named(folder):
    (folder / "kinds.csv").unlink()
    with pytest.raises(DataError, match=r"kinds\.csv: cannot be read"):
        load_ontology(folder)
