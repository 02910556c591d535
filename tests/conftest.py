"""Fixtures for all tests."""

from pathlib import Path

import pytest

pytest_plugins = ("tests.neo4j_server.fixtures",)

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of notes, gold and hostile input beside the project."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared with notes to ingest, which is not part of the project")
    return SHARED
