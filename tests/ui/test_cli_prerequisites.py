"""The command line on prerequisites: pairs of the user's own, kept with the graph; corrections survive an ingest."""

import json

import pytest
from click.testing import CliRunner

from graph.learner import Correction, correct
from ui.cli import main

NOTE = """## 1. What is BLIP?
BLIP is a multimodal model. BLIP uses contrastive learning.

## 2. What is a Transformer?
A Transformer is a neural network.
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Return a function that runs a command on a store with one note."""
    monkeypatch.setenv("ZHITU_STATE", str(tmp_path / "state"))
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")

    def run(*arguments):
        url = f"embedded:{tmp_path / 'graph'}"
        return CliRunner().invoke(main, ["--store", url, "--lang", "en", *map(str, arguments)])

    assert run("ingest", note).exit_code == 0
    return run


def pairs(tmp_path, *rows, columns="prerequisite,target"):
    path = tmp_path / "pairs.csv"
    path.write_text("".join(f"{row}\n" for row in (columns, *rows)), encoding="utf-8")
    return path


def plan_of(ask, concept):
    return [step["name"] for step in json.loads(ask("plan", concept, "--format", "json").stdout)["steps"]]


def test_given_pairs_are_kept_for_later_ingests_until_others_come(ask, tmp_path):
    assert "Transformer" not in plan_of(ask, "BLIP")
    assert ask("ingest", "--prerequisites", pairs(tmp_path, "Transformer,BLIP")).exit_code == 0
    assert "Transformer" in plan_of(ask, "BLIP")
    assert "Nothing to do" in ask("ingest", tmp_path / "note.md").output
    (tmp_path / "note.md").write_text(NOTE.replace("a neural network", "a deep neural network"), encoding="utf-8")
    assert ask("ingest", tmp_path / "note.md").exit_code == 0
    assert "Transformer" in plan_of(ask, "BLIP")
    assert ask("ingest", "--prerequisites", pairs(tmp_path)).exit_code == 0
    assert "Transformer" not in plan_of(ask, "BLIP")


def test_a_pair_of_names_that_no_note_mentions_is_told_with_its_row(ask, tmp_path):
    result = ask("ingest", "--prerequisites", pairs(tmp_path, "Transformer,BLIP", "Blub,BLIP"))
    assert result.exit_code == 0
    assert "prerequisites:3: a prerequisite names “Blub”, which no note mentions" in result.output


@pytest.mark.parametrize(
    ("columns", "row", "line"), [("prerequisite,target", "Transformer", 2), ("from,to", "Transformer,BLIP", 1)]
)
def test_pairs_that_cannot_be_used_are_told_with_file_and_row_and_change_nothing(ask, tmp_path, columns, row, line):
    path = pairs(tmp_path, row, columns=columns)
    result = ask("ingest", "--prerequisites", path)
    assert result.exit_code == 1
    assert f"{path}:{line}: " in result.stderr
    assert "Nothing to do" in ask("ingest", tmp_path / "note.md").output


def test_a_file_of_pairs_that_is_not_there_is_told(ask, tmp_path):
    result = ask("ingest", "--prerequisites", tmp_path / "none.csv")
    assert result.exit_code == 1
    assert str(tmp_path / "none.csv") in result.stderr


def test_corrections_survive_an_ingest_of_changed_notes(ask, tmp_path):
    assert ask("ingest", "--prerequisites", pairs(tmp_path, "Transformer,BLIP")).exit_code == 0
    correct(tmp_path / "state", Correction("Transformer", "BLIP", wrong=True))
    correct(tmp_path / "state", Correction("Transformer", "contrastive learning", wrong=False))
    for text in (NOTE, NOTE.replace("a neural network", "a deep neural network")):
        (tmp_path / "note.md").write_text(text, encoding="utf-8")
        assert ask("ingest", tmp_path / "note.md").exit_code == 0
        shown = json.loads(ask("show", "contrastive learning", "--format", "json").stdout)
        assert "Transformer" in [one["name"] for one in shown["prerequisites"]]
        shown = json.loads(ask("show", "BLIP", "--format", "json").stdout)
        assert "Transformer" not in [one["name"] for one in shown["prerequisites"]]
