"""The log: silent unless asked for, in lines that programs and terminals can take."""

import io
import json
import logging

import pytest

from graph import logs
from tests.soundness import OBEYED, zhitu

NOTE = "## 1. CLIP是什么？\n\nCLIP使用对比学习。\n"


@pytest.fixture(autouse=True)
def quiet():
    """Put the log back as it was."""
    yield
    root = logging.getLogger("zhitu")
    root.handlers[:] = [logging.NullHandler()]
    root.setLevel(logging.NOTSET)
    root.propagate = True


def test_nothing_is_said_unless_asked_for(tmp_path):
    (tmp_path / "note.md").write_text(NOTE, encoding="utf-8")
    assert "stage done" not in zhitu("--store", f"embedded:{tmp_path / 's'}", "ingest", tmp_path).output


def test_json_has_an_object_a_line_with_the_time_of_each_stage(tmp_path):
    (tmp_path / "note.md").write_text(NOTE, encoding="utf-8")
    (tmp_path / "bad.md").write_bytes(b"\x89PNG\r\n")
    result = zhitu("--log", "json", "-vv", "--store", f"embedded:{tmp_path / 's'}", "ingest", tmp_path)
    said = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert {one["stage"] for one in said if one["message"] == "stage done"} == {
        "read",
        "extract",
        "resolve",
        "infer",
        "store",
    }
    assert {"time", "level", "logger", "message"} <= set(said[0])
    assert [one["document"] for one in said if one["message"] == "read"] == ["note.md"]
    assert [(one["document"], one["level"]) for one in said if one["message"] == "not ingested"] == [
        ("bad.md", "warning")
    ]


@pytest.mark.parametrize("form", logs.Form)
def test_a_line_stays_a_line_and_obeys_nothing(form):
    stream = io.StringIO()
    logs.start(form, stream=stream)
    logs.logger("test").info("a\x1b[2J\nb", extra={"document": "c\u202e\r\nd"})
    assert stream.getvalue().count("\n") == 1
    assert not OBEYED.search(stream.getvalue().rstrip("\n"))


@pytest.mark.parametrize("form", logs.Form)
def test_an_exception_comes_along(form):
    stream = io.StringIO()
    logs.start(form, stream=stream)
    try:
        int("odd")
    except ValueError:
        logs.logger("test").exception("failed")
    assert "ValueError: invalid literal" in stream.getvalue()


def test_details_come_only_when_verbose():
    stream = io.StringIO()
    logs.start(stream=stream)
    logs.logger("test").debug("detail")
    assert stream.getvalue() == ""
    logs.start(stream=stream, verbose=True)
    logs.logger("test").debug("detail", extra={"count": 3})
    assert stream.getvalue().endswith("zhitu.test: detail count=3\n")
