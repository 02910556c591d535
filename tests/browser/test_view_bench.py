"""The bench of the graph view in its short form: that it still measures what it says."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "ui_view.py"


@pytest.mark.usefixtures("chromium")
def test_the_short_form_measures_the_view_and_the_app():
    ran = subprocess.run([sys.executable, str(BENCH), "--quick"], capture_output=True, text=True, check=True)
    rows = {line.split("|")[1].strip(): line for line in ran.stdout.splitlines() if line.startswith("| zhitu")}
    assert rows.keys() == {"zhitu", "zhitu, the app"}
    assert not any("over" in row for row in rows.values()), ran.stdout + ran.stderr
    assert '"moved": 0' in ran.stdout
