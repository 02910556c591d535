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


def test_show_tells_why_names_are_one(ask, tmp_path):
    grounds = {one["name"]: one for one in json.loads(ask("show", "视觉问答", "--format", "json").stdout)["grounds"]}
    assert grounds["VQA"]["words"] == "in the lexicon"
    ask("ingest", "--merges", merges(tmp_path, "same,BLIIP,BLIP"))
    assert "BLIIP: by your word (merges, row 2)" in ask("show", "BLIP").output


def test_show_names_the_sentence_that_gives_a_name(ask, tmp_path):
    note = tmp_path / "own.md"
    note.write_text("## 1. 什么是区域对齐网络？\n\n**区域对齐网络（FQRDet）**是一种检测模型。\n", encoding="utf-8")
    ask("ingest", note)
    told = ask("show", "FQRDet").output
    assert "FQRDet: a note gives it in brackets" in told
    assert "own.md:3: **区域对齐网络（FQRDet）**" in told


def test_explain_tells_what_the_confidence_is_made_of(ask):
    told = ask("explain", "BLIP", "USES", "对比学习").output
    assert "Sure to be concepts: BLIP" in told
    assert "its subject stands in the same clause" in told
    (found,) = json.loads(ask("explain", "BLIP", "USES", "对比学习", "--format", "json").stdout)
    (statement,) = found["grounds"]["statements"]
    assert 0 < statement["score"] < 1
    assert all(reason["words"] and reason["share"] for reason in statement["reasons"])


def test_explain_of_a_graph_from_elsewhere_tells_rule_and_sentence(ask, tmp_path):
    ask("export", "--format", "json", "--output", tmp_path / "graph.json")
    other = ["--store", f"embedded:{tmp_path / 'other'}", "--lang", "en"]
    CliRunner().invoke(main, [*other, "import", str(tmp_path / "graph.json")])
    result = CliRunner().invoke(main, [*other, "explain", "BLIP", "USES", "对比学习"])
    assert result.exit_code == 0
    assert "by rule uses" in result.output
    assert "kept where the notes were ingested" in result.output


def test_suggested_merges_can_be_taken_as_they_are(ask, tmp_path):
    note = tmp_path / "slips.md"
    often = "Zonkerformer使用注意力机制。" * 5
    note.write_text(
        f"## 1. 什么是Zonkerformer？\n\n{often}\n\n## 2. 什么是Zonkerfromer？\n\nZonkerfromer使用对比学习。\n",
        encoding="utf-8",
    )
    ask("ingest", note, "--merges", merges(tmp_path, "different,VQA,视觉问答"))
    (one,) = json.loads(ask("suggest-merges", "--format", "json").stdout)
    assert (one["name"], one["other"]) == ("Zonkerfromer", "Zonkerformer")
    path = tmp_path / "taken.csv"
    path.write_text(ask("suggest-merges", "--format", "csv").stdout, encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines()[1:] == [
        "different,VQA,视觉问答",
        "same,Zonkerfromer,Zonkerformer",
    ]
    ask("ingest", "--merges", path)
    assert "Zonkerfromer" in names_of(ask, "Zonkerformer")
    assert json.loads(ask("suggest-merges", "--format", "json").stdout) == []
