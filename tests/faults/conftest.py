"""Fixtures for what can go wrong."""

import functools
import os

import pytest

from graph.store import arcade
from graph.store.arcade_engine import Engines


@pytest.fixture(scope="session")
def warm_engine():
    """Let all embedded stores of this process share one Java machine: it is the start that takes the time."""
    shared = functools.cache(Engines)

    class Shared:
        def __init__(self, *arguments, **options):
            self.ask = shared(*arguments, **options).ask

        def close(self):
            """Keep it for the next store."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arcade, "Engines", Shared)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Leave long forms to `make soak`."""
    if os.environ.get("ZHITU_SOAK") == "1":
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
