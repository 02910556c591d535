"""`zhitu doctor`: what it finds, and what it says to do."""

import json

import pytest

from graph.settings import Settings
from graph.store import open_store
from tests.contents import handmade
from tests.soundness import zhitu


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHITU_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor") / "graph"
    with open_store(Settings(store=f"embedded:{folder}")) as store:
        store.replace(handmade())
    return folder


def examined(store) -> tuple[dict, int]:
    result = zhitu("--store", store, "doctor", "--format", "json")
    return {check["name"]: check for check in json.loads(result.stdout)}, result.exit_code


def test_all_is_well_with_a_graph(graph):
    checks, code = examined(f"embedded:{graph}")
    assert code == 0, checks
    assert {check["state"] for name, check in checks.items() if "folder" not in name} == {"good"}
    assert {"version", "packages", "settings", "data", "state", "store", "index", "Cypher"} <= set(checks)


def test_an_empty_store_is_no_fault_and_says_what_to_do(tmp_path):
    checks, code = examined(f"embedded:{tmp_path / 'none'}")
    assert code == 0
    assert checks["store"]["state"] == "note"
    assert "zhitu ingest" in checks["store"]["mend"]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("break_it", "check", "told"),
    [
        (lambda folder: (folder / "current").write_text("{"), "store", "--replace"),
        (lambda folder: (folder / "current").write_text('{"format":999,"generation":"","version":""}'), "store", "999"),
    ],
)
def test_what_is_wrong_with_a_store_is_told_with_how_to_mend_it(tmp_path, break_it, check, told):
    (tmp_path / "graph").mkdir()
    break_it(tmp_path / "graph")
    checks, code = examined(f"embedded:{tmp_path / 'graph'}")
    assert code == 1
    assert checks[check]["state"] == "wrong"
    assert told in checks[check]["found"] + checks[check]["mend"]


def test_a_place_that_cannot_be_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    checks, code = examined(f"embedded:{tmp_path / 'file' / 'graph'}")
    assert code == 1
    assert checks["folder of the store"]["state"] == "wrong"


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [("ZHITU_HEAP_MB", "much", "settings"), ("ZHITU_LEXICON", "/nowhere/own.csv", "data")],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path, monkeypatch, variable, value, check):
    monkeypatch.setenv(variable, value)
    checks, code = examined(f"embedded:{tmp_path / 'none'}")
    assert code == 1
    assert checks[check]["state"] == "wrong"
    assert value in checks[check]["found"] + checks[check]["mend"]


def test_a_server_that_does_not_answer_is_told_without_the_password(monkeypatch):
    monkeypatch.setenv("NEO4J_PASSWORD", "s3cret-word")
    result = zhitu("--store", "bolt://user:s3cret-word@127.0.0.1:9", "doctor")
    assert result.exit_code == 1
    assert "s3cret-word" not in result.output


def test_the_table_names_each_check(graph):
    output = zhitu("--store", f"embedded:{graph}", "doctor").stdout
    assert "packages" in output
    assert "answers in" in output
