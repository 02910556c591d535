"""The command line on names: a user's merges, kept with the graph."""

import json

import pytest
from click.testing import CliRunner

from ui.cli import main

NOTE = (
    "# 多模态\n\n## 1. 什么是视觉问答？\n\n视觉问答（VQA）是一项任务。BLIIP用于视觉问答。\n\n"
    "## 2. 什么是BLIP？\n\nBLIP使用对比学习。\n"
)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Return the command line on a store with one note."""
    monkeypatch.setenv("ZHITU_STATE", str(tmp_path / "state"))
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")
    url = f"embedded:{tmp_path / 'store'}"

    def run(*arguments):
        return CliRunner().invoke(main, ["--store", url, "--lang", "en", *map(str, arguments)])

    assert run("ingest", note).exit_code == 0
    return run


def merges(tmp_path, *rows):
    path = tmp_path / "merges.csv"
    path.write_text("".join(f"{row}\n" for row in ("verdict,name,other", *rows)), encoding="utf-8")
    return path


def names_of(ask, concept):
    found = json.loads(ask("show", concept, "--format", "json").stdout)
    return set(found["names"])


def test_merges_are_kept_for_later_ingests_until_others_come(ask, tmp_path):
    assert "BLIIP" not in names_of(ask, "BLIP")
    assert ask("ingest", "--merges", merges(tmp_path, "same,BLIIP,BLIP")).exit_code == 0
    assert "BLIIP" in names_of(ask, "BLIP")
    assert "Nothing to do" in ask("ingest", tmp_path / "note.md").output
    (tmp_path / "note.md").write_text(NOTE.replace("对比学习", "注意力机制"), encoding="utf-8")
    assert ask("ingest", tmp_path / "note.md").exit_code == 0
    assert "BLIIP" in names_of(ask, "BLIP")
    assert ask("ingest", "--merges", merges(tmp_path)).exit_code == 0
    assert "BLIIP" not in names_of(ask, "BLIP")


def test_a_row_that_does_nothing_is_told(ask, tmp_path):
    result = ask("ingest", "--merges", merges(tmp_path, "same,Blop,Blub"))
    assert result.exit_code == 0
    assert "no concept of the notes is called “Blop”" in result.output


def test_a_file_of_merges_that_cannot_be_used_changes_nothing(ask, tmp_path):
    for path in (merges(tmp_path, "same,BLIP,"), tmp_path / "none.csv"):
        result = ask("ingest", "--merges", path)
        assert result.exit_code == 1
        assert str(path) in result.stderr
    assert "Nothing to do" in ask("ingest", tmp_path / "note.md").output


def test_concepts_are_no_merges(ask, tmp_path):
    path = tmp_path / "concepts.csv"
    path.write_text("kind,zh,en,abbr,aliases\n", encoding="utf-8")
    assert "verdict,name,other" in ask("ingest", "--merges", path).stderr


def test_ingest_wants_notes_or_merges(ask):
    assert ask("ingest").exit_code == 2
