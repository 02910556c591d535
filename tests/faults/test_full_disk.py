"""A file system that is really full: a small one in memory, mounted where only the test's own process sees it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOUNTED = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
#: Fills the disk but for so many kilobytes, ingests and asks, and prints what was said and what is there afterwards.
FULL = """
import json, os, sys
from pathlib import Path
from graph.errors import ZhituError
from graph.settings import Settings
from graph.store import open_store
from graph.store.base import Limits
from ingest.pipeline import ingest
from tests.soundness import exported

disk, notes, free = Path(sys.argv[1]), Path(sys.argv[2]), 1024 * int(sys.argv[3])
settings = Settings(store=f"embedded:{disk / 'store'}")

def tried(action):
    try:
        action()
    except ZhituError as error:
        return str(error)
    return "done"

def asked():
    with open_store(settings) as store:
        store.query("MATCH (c:Concept) RETURN count(c)", {}, Limits(seconds=60))

ingest([notes], settings)
old = exported(settings.store, notes.parent)
text = (Path.cwd() / "data" / "notes" / "multimodal-ai.md").read_text("utf-8")
(notes / "two.md").write_text(text * 4, encoding="utf-8")
room = os.statvfs(disk)
(disk / "filler").write_bytes(bytes(max(0, room.f_bavail * room.f_bsize - free)))
told = tried(lambda: ingest([notes], settings))
kept = exported(settings.store, notes.parent) == old
asking = tried(asked)
(disk / "filler").unlink()
again = tried(lambda: ingest([notes], settings))
clean = Settings(store=f"embedded:{notes.parent / 'clean'}")
ingest([notes], clean)
same = exported(settings.store, notes.parent) == exported(clean.store, notes.parent)
print(json.dumps({"told": told, "kept": kept, "asking": asking, "again": again, "same": same, "asked": tried(asked)}))
"""


def on_a_disk_of(size: str, disk: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """Run a command that sees a disk of this size in a folder."""
    line = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNTED, "sh", size, disk, *command]
    return subprocess.run(list(map(str, line)), cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        if on_a_disk_of("1m", folder, "true").returncode == 0:
            return folder
    except OSError:
        pass
    pytest.skip(
        "needs a small file system of its own: Linux, where `unshare --user --mount` may mount one (util-linux)"
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("free", [0, 60, 300])  # kilobytes: when the cache is written, and the graph
def test_a_full_disk_is_told_and_loses_nothing(disk, tmp_path, free):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "one.md").write_text("## 1. CLIP是什么？\n\nCLIP使用对比学习。\n", encoding="utf-8")
    done = on_a_disk_of("40m", disk, sys.executable, "-c", FULL, disk, notes, free)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "space" in found.pop("told")
    assert "space" in found.pop("asking")
    assert found == {"kept": True, "again": "done", "same": True, "asked": "done"}
