"""An ingest that is killed: afterwards the old or the new graph is there, and running again gives the new one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from graph.errors import StoreEmptyError
from graph.export import export
from graph.settings import Settings
from graph.store import open_store
from ingest.pipeline import ingest
from tests.soundness import exported

ROOT = Path(__file__).resolve().parents[2]
POINTS = int(os.environ.get("ZHITU_TEST_KILLS", "60" if os.environ.get("ZHITU_SOAK") == "1" else "4"))
QUESTION = "## {number}. {name}是什么？\n\n{name}基于Transformer，使用对比学习进行预训练。\n\n"
OLD = {"a.md": "CLIP", "b.md": "BERT", "gone.md": "ViT"}
NEW = {"a.md": "CLIP", "b.md": "BLIP", "come.md": "GPT"}

#: Runs the command line, and ends itself before the n-th time that it touches the store's folder.
KILLED = """
import os, signal, sys
import ingest.pipeline
from ui.cli import main
at, folder, calls = int(sys.argv[1]), sys.argv[2], 0
def count(event, arguments):
    global calls
    touches = event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir"}
    if event in {"sqlite3.connect", "subprocess.Popen"} or touches and str(arguments[0]).startswith(folder):
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
print("begin", flush=True)
sys.addaudithook(count)
try:
    main(sys.argv[3:])
finally:
    print(calls)
"""

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="signals of POSIX"),
    pytest.mark.usefixtures("warm_engine"),
    pytest.mark.timeout(3600),
]


def notes(folder: Path, named: dict[str, str]) -> Path:
    """Write notes; return their folder."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for file, name in named.items():
        (folder / file).write_text("".join(QUESTION.format(number=n, name=name) for n in range(1, 9)), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Before:
    """A store with the old graph, notes that have changed since, and the exports of both."""

    folder: Path
    notes: Path
    old: bytes
    new: bytes


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    for named in (OLD, NEW):
        notes(folder / "notes", named)
        ingest([folder / "notes"], Settings(store=f"embedded:{folder / 'fresh'}"), replace_all=True)
        (folder / f"{len(named)}{'gone.md' in named}").write_bytes(exported(f"embedded:{folder / 'fresh'}", folder))
        if named is OLD:
            shutil.copytree(folder / "fresh", folder / "graph")
    return Before(folder / "graph", folder / "notes", (folder / "3True").read_bytes(), (folder / "3False").read_bytes())


def start(store: str, paths: list[Path], *options: str, at: int = 0, touching: Path = ROOT) -> subprocess.Popen:
    """Start an ingest in a process of its own; it has begun when this returns."""
    arguments = [str(at), str(touching), "--store", store, "ingest", *map(str, paths), *options]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ZHITU_HEAP_MB": "266"},
    )
    assert process.stdout.readline() == "begin\n"
    return process


def check(store: str, before: Before, folder: Path) -> str:
    """Assert that the graph is one of the two and that running again makes it the new one; return which it was."""
    found = exported(store, folder)
    assert found in (before.old, before.new)
    ingest([before.notes], Settings(store=store))
    assert exported(store, folder) == before.new
    return "old" if found == before.old else "new"


def test_an_ingest_killed_at_any_touch_of_the_disk_loses_nothing(before, tmp_path):
    counted = Path(shutil.copytree(before.folder, tmp_path / "counted"))
    process = start(f"embedded:{counted}", [before.notes], touching=counted)
    total = int(process.communicate()[0].splitlines()[-1])
    assert total > 20
    seen = []
    for point in range(POINTS):
        at = 1 + point * (total - 1) // max(1, POINTS - 1)
        store = Path(shutil.copytree(before.folder, tmp_path / f"at{at}-{point}"))
        options = ("--replace",) if point % 2 else ()
        process = start(f"embedded:{store}", [before.notes], *options, at=at, touching=store)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        seen.append(check(f"embedded:{store}", before, tmp_path))
        assert len(list(store.glob("gen-*"))) == 1
        shutil.rmtree(store)
    print(f"killed at {POINTS} of {total} touches: {seen.count('old')} old, {seen.count('new')} new")
    assert set(seen) == {"old", "new"}


def test_an_ingest_killed_at_any_time_loses_nothing(before, tmp_path):
    whole = Path(shutil.copytree(before.folder, tmp_path / "whole"))
    process = start(f"embedded:{whole}", [before.notes])
    begin = time.monotonic()
    process.communicate()
    seconds = time.monotonic() - begin
    seen = []
    for point in range(POINTS):
        store = Path(shutil.copytree(before.folder, tmp_path / f"point{point}"))
        process = start(f"embedded:{store}", [before.notes])
        time.sleep(seconds * point / POINTS)
        process.kill()
        process.communicate()
        seen.append(check(f"embedded:{store}", before, tmp_path))
        shutil.rmtree(store)
    print(f"killed at {POINTS} times: {seen.count('old')} old, {seen.count('new')} new")


def test_a_first_ingest_that_is_killed_leaves_an_empty_store(before, tmp_path):
    for at in (1, 5, 15):
        store = tmp_path / f"first{at}"
        start(f"embedded:{store}", [before.notes], at=at, touching=store).communicate()
        with open_store(Settings(store=f"embedded:{store}")) as opened, pytest.raises(StoreEmptyError):
            opened.concepts()
        ingest([before.notes], Settings(store=f"embedded:{store}"))
        assert exported(f"embedded:{store}", tmp_path) == before.new


def test_workers_end_with_a_killed_ingest(before, tmp_path):
    store = Path(shutil.copytree(before.folder, tmp_path / "graph"))
    process = start(f"embedded:{store}", [before.notes], "--workers", "2")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("looks at processes in /proc")
    deadline = time.monotonic() + 60
    while len(born := children.read_text().split()) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{child}").exists() for child in born) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [child for child in born if Path(f"/proc/{child}").exists()] == []
    check(f"embedded:{store}", before, tmp_path)


@pytest.mark.neo4j
def test_an_ingest_into_neo4j_killed_at_any_time_loses_nothing(before, tmp_path, neo4j_settings, monkeypatch):
    settings = replace(neo4j_settings, state=tmp_path / "state")
    monkeypatch.setenv("ZHITU_STATE", str(settings.state))
    monkeypatch.setenv("NEO4J_USER", settings.neo4j_user)
    monkeypatch.setenv("NEO4J_PASSWORD", settings.neo4j_password)
    old = notes(tmp_path / "notes", OLD)
    process = start(settings.store, [before.notes])
    begin = time.monotonic()
    process.communicate()
    seconds = time.monotonic() - begin
    for point in range(POINTS // 2):
        ingest([old], settings, replace_all=True)
        assert held(settings, tmp_path) == before.old
        process = start(settings.store, [before.notes], "--replace")
        time.sleep(seconds * (point + 0.5) / (POINTS // 2))
        process.kill()
        process.communicate()
        ingest([before.notes], settings, replace_all=True)
        assert held(settings, tmp_path) == before.new


def held(settings: Settings, folder: Path) -> bytes:
    """Return the export of a store that needs more settings than its address."""
    with open_store(settings) as store:
        export(store.content(), "json", folder / "held.json")
    return (folder / "held.json").read_bytes()
