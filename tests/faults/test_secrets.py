"""The password of a Neo4j store is told to the server alone."""

import pickle
from concurrent.futures import Executor, Future

import pytest

from graph.settings import load_settings
from ingest.pipeline import ingest
from tests.soundness import zhitu

WORD = "s3cret-word"
NOTE = "## 1. CLIP是什么？\n\nCLIP使用对比学习。\n"


@pytest.fixture(autouse=True)
def password(monkeypatch, tmp_path):
    monkeypatch.setenv("NEO4J_PASSWORD", WORD)
    monkeypatch.setenv("ZHITU_STATE", str(tmp_path / "state"))
    (tmp_path / "note.md").write_text(NOTE, encoding="utf-8")


@pytest.mark.parametrize(
    "store", ["bolt://127.0.0.1:9", f"bolt://user:{WORD}@127.0.0.1:9", f"neo4j://{WORD}@127.0.0.1:9"]
)
@pytest.mark.parametrize("command", [("stats",), ("doctor",), ("query", "RETURN 1"), ("ingest", "PATH")])
def test_no_message_and_no_log_holds_it(store, command, tmp_path):
    words = [tmp_path if word == "PATH" else word for word in command]
    result = zhitu("--log", "json", "-vv", "--store", store, *words)
    assert result.exit_code == 1
    assert WORD not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_settings_do_not_show_it():
    assert WORD not in repr(load_settings())
    assert load_settings().neo4j_password == WORD


class Sees(Executor):
    """Runs at once, and keeps what would have gone to another machine."""

    def __init__(self) -> None:
        self.sent = b""

    def submit(self, call, /, *arguments, **options):
        self.sent += pickle.dumps((arguments, options))
        future = Future()
        future.set_result(call(*arguments, **options))
        return future


@pytest.mark.usefixtures("warm_engine")
def test_workers_elsewhere_do_not_get_it(tmp_path):
    executor = Sees()
    ingest([tmp_path / "note.md"], load_settings(store=f"embedded:{tmp_path / 'store'}"), executor=executor)
    assert executor.sent
    assert WORD.encode() not in executor.sent


@pytest.mark.usefixtures("warm_engine")
def test_no_file_of_an_ingest_or_export_holds_it(tmp_path):
    url = f"embedded:{tmp_path / 'store'}"
    zhitu("--store", url, "ingest", tmp_path / "note.md")
    for form in ("json", "graphml", "csv", "cypher", "neo4j-admin"):
        zhitu("--store", url, "export", "--format", form, "--output", tmp_path / f"out.{form}")
    held = [path for path in tmp_path.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()]
    assert held == []
