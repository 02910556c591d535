"""Many readers of one app while notes are ingested: no error, nobody is shown what another one asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at memory in /proc"),
]


def under_load(*options: object) -> dict:
    command = [sys.executable, ROOT / "bench" / "sessions.py", "--json", *map(str, options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_some_sessions_beside_an_ingest_meet_no_error():
    found = under_load("--sessions", 6, "--browsers", 0, "--minutes", 0.3, "--reading", 0.5, 2)
    assert found["faults"] == {}
    assert found["pages"] >= 6
    assert found["ingests"]


@pytest.mark.soak
@pytest.mark.browser
def test_fifty_sessions_and_five_browsers_beside_ingests_meet_no_error_and_memory_levels_off():
    found = under_load("--sessions", 50, "--browsers", 5, "--minutes", 5)
    print(f"{found['pages']} pages, {found['ingests']} ingests")
    assert found["faults"] == {}
    app = [own for _, own, _ in found["memory"]]
    late, later = app[len(app) // 2 : len(app) * 3 // 4], app[len(app) * 3 // 4 :]
    print(f"memory of the app: {app[len(app) // 4]:.0f}, {max(late):.0f}, {max(later):.0f} MB")
    assert max(later) < max(late) * 1.15
