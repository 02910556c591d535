"""The command line: promised commands, forms, exit codes and errors, on notes ingested into an embedded store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import graph
import ingest
from ui.cli import main

NOTES = {
    "clip.md": "# 多模态\n\n## 1. CLIP的原理是什么？\n\n"
    "CLIP是由OpenAI提出的一种多模态预训练模型，使用对比学习进行预训练。\n\n"
    "## 2. 为什么Stable Diffusion使用CLIP而不使用BLIP？\n\n因为CLIP的图像特征和文本特征是对齐的。\n",
    "bert.md": "# 语言模型\n\n## 1. BERT是什么？\n\nBERT基于Transformer，使用掩码语言模型进行预训练。\n",
}
README = Path(__file__).parents[2] / "README.md"


def run(*arguments, **options):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def store(notes, tmp_path_factory):
    url = f"embedded:{tmp_path_factory.mktemp('store')}"
    result = run("--store", url, "ingest", notes)
    assert result.exit_code == 0, result.output
    return url


@pytest.fixture
def ask(store, tmp_path, monkeypatch):
    monkeypatch.setenv("ZHITU_STATE", str(tmp_path / "state"))
    return lambda *arguments: run("--store", store, "--lang", "en", *arguments)


def asked_json(ask, *arguments):
    result = ask(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def commands(group, prefix=()):
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from commands(command, (*prefix, name))
        else:
            yield (*prefix, name), command


@pytest.mark.parametrize(("words", "command"), list(commands(main)), ids=str)
def test_every_command_tells_what_it_does_and_is_in_the_readme(words, command):
    assert command.help
    assert f"`{words[0]} " in README.read_text(encoding="utf-8") or f"`{words[0]}`" in README.read_text(
        encoding="utf-8"
    )


def test_show_prints_relations_with_their_sentences(ask):
    output = ask("show", "CLIP").stdout
    assert "CLIP uses Contrastive Learning" in output
    assert "clip.md:5" in output


def test_show_speaks_chinese(store):
    assert "CLIP 使用 对比学习" in run("--store", store, "--lang", "zh", "show", "CLIP").stdout


def test_search_finds_by_the_other_language(ask):
    assert "对比学习" in [hit["name"] for hit in asked_json(ask, "search", "contrastive")]


def test_path_gives_evidence_for_each_step(ask):
    (path,) = asked_json(ask, "path", "Stable Diffusion", "对比学习")
    assert len(path["steps"]) == 2
    assert all(quote["document"] == "clip.md" for step in path["evidence"] for quotes in step for quote in quotes)


def test_explain_names_rule_file_and_line(ask):
    output = ask("explain", "CLIP", "uses", "对比学习").stdout
    assert "by rule " in output
    assert "clip.md:5" in output


def test_a_denied_relation_is_told_as_such(ask):
    (found,) = asked_json(ask, "explain", "Stable Diffusion", "USES", "BLIP")
    assert found["relation"]["negated"]
    assert "does not use" in found["words"]


def test_query_prints_rows(ask):
    table = asked_json(
        ask,
        "query",
        "MATCH (a:Concept)-[r:USES]->(b:Concept) WHERE a.name = $name RETURN b.name",
        "--param",
        "name=CLIP",
    )
    assert ["对比学习"] in table["rows"]


def test_plan_has_the_promised_form(ask):
    plan = asked_json(ask, "plan", "CLIP")
    assert plan["target"] == "CLIP"
    assert plan["steps"][-1]["name"] == "CLIP"
    assert all({"name", "reason", "questions"} <= set(step) for step in plan["steps"])


def test_known_concepts_leave_the_plan(ask):
    before = [step["name"] for step in asked_json(ask, "plan", "BERT")["steps"]]
    assert "Transformer" in before
    assert ask("known", "add", "Transformer").exit_code == 0
    assert asked_json(ask, "known", "list") == {"Transformer": "known"}
    assert "Transformer" not in [step["name"] for step in asked_json(ask, "plan", "BERT")["steps"]]
    assert ask("known", "remove", "Transformer").exit_code == 0
    assert [step["name"] for step in asked_json(ask, "plan", "BERT")["steps"]] == before


def test_compare_puts_side_by_side(ask):
    assert asked_json(ask, "compare", "CLIP", "BLIP")["names"] == ["CLIP", "BLIP"]


def test_stats_count(ask):
    counts = asked_json(ask, "stats")
    assert (counts["documents"], counts["questions"]) == (2, 3)
    assert counts["denied relations"] == 1


@pytest.mark.parametrize("form", ["json", "graphml", "csv", "html", "cypher", "neo4j-admin"])
def test_every_export_is_written(ask, tmp_path, form):
    output = tmp_path / "out"
    result = ask("export", "--format", form, "--output", output)
    assert result.exit_code == 0, result.output
    assert output.exists()


def test_an_exported_graph_comes_back_by_import(ask, tmp_path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    ask("export", "--format", "json", "--output", one)
    other = f"embedded:{tmp_path / 'other'}"
    assert run("--store", other, "import", one).exit_code == 0
    assert run("--store", other, "export", "--format", "json", "--output", two).exit_code == 0
    assert one.read_bytes() == two.read_bytes()


def test_ingesting_again_changes_nothing_and_says_so(ask, notes, tmp_path):
    ask("export", "--format", "json", "--output", tmp_path / "before")
    report = asked_json(ask, "ingest", notes)
    assert (report["read"], report["unchanged"], report["changed"]) == (0, 2, False)
    ask("export", "--format", "json", "--output", tmp_path / "after")
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()


def test_if_empty_leaves_a_graph_alone(ask, tmp_path):
    result = ask("ingest", tmp_path / "nowhere", "--if-empty")
    assert result.exit_code == 0
    assert "already" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "CLIPP"), "Did you mean"),
        (("explain", "CLIP", "USES", "BERT"), "do not state"),
        (("ingest", "/nowhere/at/all"), "/nowhere/at/all"),
        (("import", "/nowhere/at/all"), "/nowhere/at/all"),
        (("query", "MATCH (n) SET n.x = 1 RETURN n"), "would change"),
        (("query", "MATCH (n RETURN n"), ""),
        (("serve", "--address", "192.0.2.1"), "--expose"),
        (("ingest", ".", "--executor", "ssh://x"), "dask://HOST:PORT"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(ask, arguments, told):
    result = ask(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("zhitu: ")
    assert result.stderr.count("\n") == 1
    assert told.lower() in result.stderr.lower()


@pytest.mark.parametrize(
    "arguments",
    [("explain", "A", "ADORES", "B"), ("compare", "CLIP"), ("nonsense",), ("query", "RETURN 1", "--param", "x")],
)
def test_wrong_usage_is_exit_code_2(ask, arguments):
    assert ask(*arguments).exit_code == 2


def test_an_empty_store_says_what_to_do(tmp_path):
    result = run("--store", f"embedded:{tmp_path}", "show", "CLIP")
    assert result.exit_code == 1
    assert "zhitu ingest PATH" in result.stderr


def test_a_bad_note_is_named_and_costs_no_other(tmp_path):
    (tmp_path / "good.md").write_text(NOTES["bert.md"], encoding="utf-8")
    (tmp_path / "bad.md").write_bytes("## 1. 问题？\n\n模型使用方法。\n".encode() + b"\xe5\xaf\n")
    url = f"embedded:{tmp_path / 'store'}"
    result = run("--store", url, "ingest", tmp_path)
    assert result.exit_code == 1
    assert "zhitu: bad.md:4: " in result.stderr
    assert json.loads(run("--store", url, "stats", "--format", "json").stdout)["documents"] == 1


def test_a_note_that_turned_bad_keeps_its_old_version(tmp_path):
    note = tmp_path / "note.md"
    note.write_text(NOTES["bert.md"], encoding="utf-8")
    url = f"embedded:{tmp_path / 'store'}"
    run("--store", url, "ingest", note)
    note.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert run("--store", url, "ingest", note).exit_code == 1
    assert run("--store", url, "show", "BERT").exit_code == 0


def test_what_goes_from_a_folder_goes_from_the_graph(tmp_path):
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    url = f"embedded:{tmp_path / 'store'}"
    run("--store", url, "ingest", tmp_path)
    (tmp_path / "bert.md").unlink()
    report = json.loads(run("--store", url, "ingest", tmp_path, "--format", "json").stdout)
    assert report["removed"] == 1
    assert run("--store", url, "show", "BERT").exit_code == 1
    assert run("--store", url, "show", "CLIP").exit_code == 0


def test_a_note_added_later_joins_the_others_and_order_does_not_matter(notes, tmp_path):
    exports = []
    for number, order in enumerate((("clip.md", "bert.md"), ("bert.md", "clip.md"))):
        url = f"embedded:{tmp_path / str(number)}"
        for name in order:
            assert run("--store", url, "ingest", notes / name).exit_code == 0
        run("--store", url, "export", "--format", "json", "--output", tmp_path / f"{number}.json")
        exports.append((tmp_path / f"{number}.json").read_bytes())
    assert exports[0] == exports[1]


def test_a_document_that_cannot_be_made_anew_is_not_dropped(ask, tmp_path):
    ask("export", "--format", "json", "--output", tmp_path / "one.json")
    url = f"embedded:{tmp_path / 'store'}"
    run("--store", url, "import", tmp_path / "one.json")  # a graph whose notes this machine has never seen
    (tmp_path / "new.md").write_text("## 1. ViT是什么？\n\nViT使用Transformer。\n", encoding="utf-8")
    result = run("--store", url, "ingest", tmp_path / "new.md")
    assert result.exit_code == 1
    assert "Nothing was changed" in result.stderr
    assert json.loads(run("--store", url, "stats", "--format", "json").stdout)["documents"] == len(NOTES)
    assert run("--store", url, "ingest", tmp_path / "new.md", "--replace").exit_code == 0


def test_two_workers_give_the_same_graph_as_one(notes, store, tmp_path):
    url = f"embedded:{tmp_path / 'store'}"
    assert run("--store", url, "ingest", notes, "--workers", "2").exit_code == 0
    for name, one in (("one", store), ("two", url)):
        run("--store", one, "export", "--format", "json", "--output", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_replace_leaves_only_what_was_given(notes, tmp_path):
    url = f"embedded:{tmp_path / 'store'}"
    run("--store", url, "ingest", notes / "bert.md")
    run("--store", url, "ingest", notes / "clip.md", "--replace")
    assert json.loads(run("--store", url, "stats", "--format", "json").stdout)["documents"] == 1


def test_no_control_character_reaches_the_terminal(tmp_path):
    (tmp_path / "evil.md").write_text("## 1. CLIP\x1b[2J\u202e是什么？\n\nCLIP使用对比学习\x07。\n", encoding="utf-8")
    url = f"embedded:{tmp_path / 'store'}"
    output = run("--store", url, "ingest", tmp_path).output + run("--store", url, "show", "CLIP").output
    output += run("--store", url, "show", "CLIP", "--format", "json").output
    assert not set("\x1b\x07\u202e") & set(output)


def test_help_needs_neither_spacy_nor_streamlit_nor_java():
    code = "import sys; from ui.cli import main; main(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = eval(result.stdout.splitlines()[-1])  # noqa: S307  our own output
    assert not {"spacy", "streamlit", "jpype", "networkx", "rich"} & set(loaded)


def test_the_packages_are_this_checkouts():
    root = README.parent
    assert [Path(package.__file__).parent for package in (graph, ingest)] == [root / "graph", root / "ingest"]


@pytest.mark.skipif(os.name == "nt", reason="there is no bash on Windows; completion is for POSIX shells")
def test_shell_completion_lists_commands():
    environment = {**os.environ, "_ZHITU_COMPLETE": "bash_complete", "COMP_WORDS": "zhitu ex", "COMP_CWORD": "1"}
    result = subprocess.run(
        [sys.executable, "-m", "zhitu"], env=environment, capture_output=True, text=True, check=False, cwd=README.parent
    )
    # the program's name is that of the module when run by -m; the completion variable follows it
    environment = {**environment, "_PYTHON__M_ZHITU_COMPLETE": "bash_complete"}
    result = (
        result
        if "explain" in result.stdout
        else subprocess.run(
            [Path(sys.executable).parent / "zhitu"], env=environment, capture_output=True, text=True, check=False
        )
    )
    assert {"plain,explain", "plain,export"} <= set(result.stdout.split())
