"""Several at once, clocks that go back, caches and folders that are lost or damaged: what the commands then do."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from graph.errors import StoreLockedError
from graph.settings import Settings
from graph.store import open_store
from ingest import pipeline
from ingest.pipeline import ingest
from tests.soundness import exported, report_of, zhitu

ROOT = Path(__file__).resolve().parents[2]
NOTE = "## 1. {name}是什么？\n\n{name}使用对比学习。\n"

pytestmark = [pytest.mark.usefixtures("warm_engine"), pytest.mark.timeout(600)]


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("CLIP", "BLIP"):
        (folder / f"{name}.md").write_text(NOTE.format(name=name), encoding="utf-8")
    return folder


@pytest.fixture
def url(notes, tmp_path):
    url = f"embedded:{tmp_path / 'store'}"
    ingest([notes], Settings(store=url))
    return url


def start(url: str, *arguments: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "zhitu", "--store", url, "ingest", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_of_two_ingests_at_once_the_second_says_who_writes_or_waits_its_turn(url, notes, tmp_path):
    (notes / "new.md").write_text(NOTE.format(name="ViT"), encoding="utf-8")
    both = [start(url, notes) for _ in range(2)]
    said = [(process.communicate()[1], process.returncode) for process in both]
    for stderr, code in said:
        assert code == 0 or (code == 1 and "is writing to" in stderr and stderr.count("\n") == 1), stderr
    assert 0 in [code for _, code in said]
    clean = f"embedded:{tmp_path / 'clean'}"
    ingest([notes], Settings(store=clean))
    assert exported(url, tmp_path) == exported(clean, tmp_path)


def test_an_ingest_while_another_holds_the_store_is_refused_and_reading_goes_on(url, notes):
    with open_store(Settings(store=url), write=True):
        result = zhitu("--store", url, "ingest", notes)
        assert result.exit_code == 1
        assert f"process {os.getpid()}" in result.stderr
        assert zhitu("--store", url, "show", "CLIP").exit_code == 0
    assert zhitu("--store", url, "ingest", notes).exit_code == 0


def test_threads_that_ingest_at_once_leave_one_of_their_graphs(url, tmp_path):
    for name in ("ViT", "GPT"):
        (tmp_path / f"{name}.md").write_text(NOTE.format(name=name), encoding="utf-8")
    outcomes = []

    def run(name: str) -> None:
        try:
            ingest([tmp_path / f"{name}.md"], Settings(store=url))
            outcomes.append(f"{name}.md")
        except StoreLockedError:
            pass

    threads = [threading.Thread(target=run, args=(name,)) for name in ("ViT", "GPT")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_store(Settings(store=url)) as store:
        assert {document.path for document in store.documents()} == {"CLIP.md", "BLIP.md", *outcomes}
    assert outcomes


def test_a_note_that_changes_while_it_is_read_is_named(url, notes, monkeypatch):
    scan = pipeline._scan

    def scanned(*arguments, **options):
        result = scan(*arguments, **options)
        (notes / "CLIP.md").write_text(NOTE.format(name="GPT"), encoding="utf-8")
        return result

    (notes / "CLIP.md").write_text(NOTE.format(name="ViT"), encoding="utf-8")
    monkeypatch.setattr(pipeline, "_scan", scanned)
    report = ingest([notes], Settings(store=url))
    assert [(failure.path, "ingest it again" in failure.message) for failure in report.failures] == [("CLIP.md", True)]
    with open_store(Settings(store=url)) as store:
        assert "CLIP是什么？" in [question.title for question in store.questions()]
    monkeypatch.undo()
    assert ingest([notes], Settings(store=url)).failures == ()


@pytest.mark.parametrize("seconds", [-10 * 365 * 86_400, 10 * 365 * 86_400])
def test_times_of_files_do_not_matter(url, notes, seconds):
    stat = (notes / "CLIP.md").stat()
    (notes / "CLIP.md").write_text(NOTE.format(name="ViT"), encoding="utf-8")
    os.utime(notes / "CLIP.md", (stat.st_mtime + seconds,) * 2)
    os.utime(notes / "BLIP.md", (stat.st_mtime + seconds,) * 2)
    report = report_of(zhitu("--store", url, "ingest", notes, "--format", "json"))
    assert (report["read"], report["unchanged"]) == (1, 1)
    assert zhitu("--store", url, "show", "ViT").exit_code == 0


def test_a_clock_that_is_set_back_does_not_matter(url, notes, tmp_path, monkeypatch):
    (notes / "CLIP.md").write_text(NOTE.format(name="ViT"), encoding="utf-8")
    clean = f"embedded:{tmp_path / 'clean'}"
    ingest([notes], Settings(store=clean))
    now = time.time()
    for name in ("time", "monotonic", "perf_counter"):  # also such as are never set back
        monkeypatch.setattr(time, name, lambda: now - 10 * 365 * 86_400 - next(ticks))
    ticks = itertools.count()  # and go backwards
    report = ingest([notes], Settings(store=url))
    monkeypatch.undo()
    assert (report.read, report.unchanged, report.changed) == (1, 1, True)
    assert exported(url, tmp_path) == exported(clean, tmp_path)


def test_a_store_that_moves_goes_on_elsewhere(url, notes, tmp_path):
    before = exported(url, tmp_path)
    (tmp_path / "store").rename(tmp_path / "moved")
    assert zhitu("--store", url, "show", "CLIP").exit_code == 1
    moved = f"embedded:{tmp_path / 'moved'}"
    assert exported(moved, tmp_path) == before
    assert report_of(zhitu("--store", moved, "ingest", notes, "--format", "json"))["unchanged"] == 2


def test_a_store_that_is_deleted_is_made_anew(url, notes, tmp_path):
    before = exported(url, tmp_path)
    shutil.rmtree(tmp_path / "store")
    assert zhitu("--store", url, "ingest", notes).exit_code == 0
    assert exported(url, tmp_path) == before


def test_a_store_of_a_newer_version_is_left_alone_with_a_way_on(url, notes, tmp_path):
    pointer = tmp_path / "store" / "current"
    newer = {**json.loads(pointer.read_text()), "format": 999}
    pointer.write_text(json.dumps(newer))
    for command in (("ingest", notes, "--replace"), ("show", "CLIP"), ("stats",)):
        result = zhitu("--store", url, *command)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
        assert "999" in result.stderr
        assert "--store embedded:DIR" in result.stderr
    assert json.loads(pointer.read_text()) == newer


@pytest.mark.parametrize("damage", [b"", b"\xff\x00 damaged", None])
@pytest.mark.parametrize("what", ["records", "notes", "state"])
def test_a_damaged_or_lost_cache_costs_time_and_no_note(url, notes, tmp_path, what, damage):
    before = exported(url, tmp_path)
    top = tmp_path / "store" / "cache" / what
    for file in [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file()]:
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
    (notes / "new.md").write_text(NOTE.format(name="ViT"), encoding="utf-8")
    for _ in range(3):  # each run may find and remove one damaged record
        result = zhitu("--store", url, "ingest", notes)
        if result.exit_code == 0:
            break
        assert result.stderr.count("\n") == 1
        assert "again" in result.stderr
    assert result.exit_code == 0
    (notes / "new.md").unlink()
    assert zhitu("--store", url, "ingest", notes).exit_code == 0
    assert exported(url, tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_dangling_link_given_by_name_is_one_line(url, notes):

    (notes / "link.md").symlink_to("nowhere.md")
    result = zhitu("--store", url, "ingest", notes / "link.md")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
