"""The benchmark of `make bench` runs, in its smallest form, and writes what it measured."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_the_benchmark_runs(tmp_path):
    output = tmp_path / "docs" / "performance.md"
    command = [sys.executable, ROOT / "bench" / "run.py", "--quick", "--output", output]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    text = output.read_text("utf-8")
    assert all(f"\n## {chapter}\n" in text for chapter in ("Ingest", "Start", "Queries"))
    assert "| bare jieba |" in text
    assert "2-hop neighbourhood" in text
