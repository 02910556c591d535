"""SECURITY.md names tests as proofs: they must be there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_proof_of_the_threat_model_is_a_test():
    proofs = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(proofs) > 20
    missing = [
        f"{file}::{name}"
        for file, name in proofs
        if not (ROOT / file).is_file() or f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ]
    assert missing == []
