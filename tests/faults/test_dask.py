"""Extraction on a Dask cluster: one scheduler and two workers, in processes of their own."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from graph.errors import SettingsError, ZhituError
from graph.settings import Settings
from ingest.executors import executor_of
from ingest.pipeline import ingest
from tests.soundness import exported, zhitu

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "## {number}. {name}是什么？\n\n{name}基于Transformer，使用对比学习进行预训练。\n\n"
NOTES = 40

pytestmark = [pytest.mark.usefixtures("warm_engine"), pytest.mark.timeout(600)]

SCHEDULER = """
import asyncio
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(main())
"""
WORKER = """
import asyncio, sys
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], host="127.0.0.1", nthreads=1, dashboard=False) as worker:
        print(worker.address, flush=True)
        await worker.finished()
if __name__ == "__main__":
    asyncio.run(main())
"""


def start(code: str, *arguments: str) -> tuple[subprocess.Popen, str]:
    """Start a part of the cluster; return it with its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "5"},
    )
    return process, process.stdout.readline().strip()


@pytest.fixture
def cluster():
    scheduler, address = start(SCHEDULER)
    workers = [start(WORKER, address)[0] for _ in range(2)]
    yield address.replace("tcp://", "dask://"), workers
    for process in (*workers, scheduler):
        process.kill()
        process.communicate()


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(NOTES):
        text = "".join(QUESTION.format(number=n, name=f"CLIP-{number}") for n in range(1, 20))
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_a_cluster_that_loses_a_worker_gives_the_graph_of_one_process(cluster, notes, tmp_path):
    url, workers = cluster
    killed = threading.Event()

    def lose_one(stage: str, done: int, total: int) -> None:
        if stage == "extract" and done == total // 4 and not killed.is_set():
            workers[0].kill()
            killed.set()

    alone, many = f"embedded:{tmp_path / 'alone'}", f"embedded:{tmp_path / 'many'}"
    with executor_of(url) as executor:
        report = ingest([notes], Settings(store=many), executor=executor, progress=lose_one)
    assert killed.is_set()
    assert workers[1].poll() is None
    assert (report.read, report.failures) == (NOTES, ())
    ingest([notes], Settings(store=alone), workers=1)
    assert exported(many, tmp_path) == exported(alone, tmp_path)


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path):
    (tmp_path / "note.md").write_text("## 1. CLIP是什么？\n\nCLIP使用对比学习。\n", encoding="utf-8")
    result = zhitu("--store", f"embedded:{tmp_path / 's'}", "ingest", tmp_path, "--executor", "dask://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "No Dask scheduler answers" in result.stderr


@pytest.mark.parametrize("url", ["dask://", "dask://host", "dask://host:x", "tcp://host:1", "ssh://x"])
def test_an_address_of_another_form_is_told(url):
    with pytest.raises(SettingsError, match="dask://HOST:PORT"), executor_of(url):
        raise ZhituError("not reached")
