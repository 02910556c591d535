"""What is too big, too deep or too oddly named: it ends, in bounded memory, and costs no other note."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.soundness import OBEYED, content_of, exported, report_of, zhitu

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("shared", "warm_engine"), pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
#: Prints the report, and the most memory that this process took, in megabytes.
MEASURED = """
import json, resource, sys
from pathlib import Path
from graph.query.plain import plain
from graph.settings import load_settings
from ingest.pipeline import ingest
report = ingest([Path(sys.argv[2])], load_settings(store=sys.argv[1]), workers=1)
print(json.dumps([plain(report), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def make(folder: Path, *names: str) -> Path:
    command = [sys.executable, SHARED / "hostile" / "make_big.py", folder, *names]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def measured(path: Path, store: Path, **environment: str) -> tuple[dict, float]:
    """Ingest in a process of its own; return the report and its memory in megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, f"embedded:{store}", path],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(json.loads(done.stdout))


@pytest.mark.parametrize("name", ["brackets", "quotes"])
def test_deep_and_repeated_markup_is_ingested(tmp_path, name):
    note = make(tmp_path, name) / f"{name}.md"
    url = f"embedded:{tmp_path / 'store'}"
    assert report_of(zhitu("--store", url, "ingest", note, "--format", "json"))["questions"] == 2
    (bundle,) = content_of(url).documents
    assert bundle.questions[-1].answer.strip().endswith("BLIP使用CLIP。")


@pytest.mark.parametrize(("name", "setting"), [("huge", "ZHITU_MAX_FILE_BYTES"), ("long_line", "ZHITU_MAX_LINE_CHARS")])
def test_a_note_over_a_limit_is_named_with_the_setting(tmp_path, name, setting):
    make(tmp_path / "notes", name, "links")
    url = f"embedded:{tmp_path / 'store'}"
    result = zhitu("--store", url, "ingest", tmp_path / "notes", "--format", "json")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"zhitu: {name}.md:")
    assert result.stderr.count("\n") == 1
    assert setting in result.stderr
    assert report_of(result)["documents"] == 4


def test_more_notes_than_the_limit_are_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHITU_MAX_FILES", "5")
    for number in range(6):
        (tmp_path / f"{number}.md").write_text("", encoding="utf-8")
    result = zhitu("--store", f"embedded:{tmp_path / 'store'}", "ingest", tmp_path)
    assert result.exit_code == 1
    assert "ZHITU_MAX_FILES" in result.stderr


@pytest.mark.parametrize("name", ["bomb", "slip"])
def test_an_archive_is_left_alone(tmp_path, name):
    archive = make(tmp_path, name) / f"{name}.zip"
    (tmp_path / "good.md").write_text("## 1. CLIP是什么？\n\nCLIP使用对比学习。\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    url = f"embedded:{tmp_path / 'store'}"
    for path in (archive, tmp_path):
        report = report_of(zhitu("--store", url, "ingest", path, "--format", "json"))
        assert f"{name}.zip" in [notice["path"] for notice in report["notices"]]
    assert report["documents"] == 1
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "store"])
    assert not list(tmp_path.parent.rglob("evil.md"))


def test_odd_names_are_text_and_documents_of_their_own(tmp_path):
    folder = make(tmp_path, "names") / "names"
    url = f"embedded:{tmp_path / 'store'}"
    result = zhitu("--store", url, "ingest", folder, "--format", "json")
    report = report_of(result)
    documents = [bundle.document.path for bundle in content_of(url).documents]
    listed = [notice["message"] + notice["path"] for notice in report["notices"]]
    assert len(set(documents)) == report["files"] == report["documents"]
    assert report["files"] + sum(map(names_left_out, listed)) == len(list(folder.iterdir()))
    assert all(path.isprintable() for path in documents)
    assert not OBEYED.search(result.output)
    for form in ("graphml", "csv", "cypher"):
        assert not OBEYED.search(exported(url, tmp_path, form).decode().replace("\r", ""))
    assert not list(tmp_path.rglob("pwned"))
    assert not (ROOT / "pwned").exists()


def names_left_out(notice: str) -> int:
    """Return how many files a notice is about."""
    return 1 + notice.rpartition(": ")[2].count(", ") if "no notes" in notice else 1


def test_links_are_not_followed_and_pipes_not_opened(tmp_path):
    folder = make(tmp_path, "links") / "links"
    url = f"embedded:{tmp_path / 'store'}"
    zhitu("--store", url, "ingest", folder)
    documents = [bundle.document.path for bundle in content_of(url).documents]
    assert sorted(path.rpartition("/")[2] for path in documents) == ["deep.md", "good.md", "inside.md"]


def test_a_table_comes_in_whole(tmp_path):
    lines = (make(tmp_path, "table") / "table.md").read_text("utf-8").splitlines(keepends=True)
    for rows in (1000, 2000):
        (tmp_path / f"{rows}.md").write_text("".join(lines[: 4 + rows]), encoding="utf-8")
        report, _ = measured(tmp_path / f"{rows}.md", tmp_path / f"store{rows}")
        assert (report["questions"], report["failures"]) == (1, [])


def test_thousands_of_questions_come_in_all(tmp_path):
    lines = (make(tmp_path, "headings") / "headings.md").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "some.md").write_text("".join(lines[:4000]), encoding="utf-8")
    report, megabytes = measured(tmp_path / "some.md", tmp_path / "store")
    assert report["questions"] == 2000
    assert megabytes < 500


def test_memory_does_not_grow_with_the_number_of_notes(tmp_path):
    text = (ROOT / "data" / "notes" / "multimodal-ai.md").read_text("utf-8")
    taken = []
    for count in (2, 40):
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.md").write_text(f"# {number}\n\n{text}", encoding="utf-8")
        report, megabytes = measured(folder, tmp_path / f"store{count}")
        assert report["documents"] == count
        taken.append(megabytes)
    assert taken[1] < taken[0] + 60


@pytest.mark.soak
@pytest.mark.parametrize("name", ["headings", "table"])
def test_the_whole_big_note_comes_in(tmp_path, name):
    note = make(tmp_path, name) / f"{name}.md"
    report, megabytes = measured(note, tmp_path / "store")
    print(f"{name}: {report['seconds']}, {megabytes:.0f} MB")
    assert report["failures"] == []
    assert report["questions"] == (50_000 if name == "headings" else 1)
    assert megabytes < 1500


@pytest.mark.soak
def test_a_note_at_the_limit_of_size_comes_in(tmp_path):
    whole = (make(tmp_path, "huge") / "huge.md").read_bytes()[:19_999_000]
    (tmp_path / "limit.md").write_bytes(whole[: whole.rindex(b"\n\n## ") + 1])
    (tmp_path / "huge.md").unlink()
    report, megabytes = measured(tmp_path / "limit.md", tmp_path / "store")
    print(f"20 MB in one note: {report['seconds']}, {megabytes:.0f} MB")
    assert report["failures"] == []


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="limits of POSIX")
@pytest.mark.parametrize("kilobytes", [1, 30, 300])
def test_a_full_disk_during_an_ingest_is_told_and_loses_nothing(tmp_path, kilobytes):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "one.md").write_text("## 1. CLIP是什么？\n\nCLIP使用对比学习。\n", encoding="utf-8")
    url = f"embedded:{tmp_path / 'store'}"
    zhitu("--store", url, "ingest", notes)
    before = exported(url, tmp_path)
    text = (ROOT / "data" / "notes" / "multimodal-ai.md").read_text("utf-8")
    (notes / "two.md").write_text(text * 6, encoding="utf-8")
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes * 1024},) * 2)\n"
    code += "import sys; from ui.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, "--store", url, "ingest", notes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "space" in done.stderr
    assert exported(url, tmp_path) == before
    assert report_of(zhitu("--store", url, "ingest", notes, "--format", "json"))["documents"] == 2
