"""The stores that the contract is checked on. A further one is a function in `STORES`."""

from pathlib import Path

import pytest

from graph.settings import Settings
from graph.store import open_store
from tests.neo4j_server.fixtures import empty_settings


def embedded(folder: Path) -> Settings:
    """Return the settings of an embedded store where no graph is yet."""
    return Settings(store=f"embedded:{folder / 'graph'}")


def neo4j(folder: Path) -> Settings:
    """Return the settings of the session's Neo4j server, with no graph in it."""
    del folder
    return empty_settings()


#: Each returns the settings of a store that is empty; it may use the folder it is given.
STORES = (embedded, pytest.param(neo4j, marks=pytest.mark.neo4j))


@pytest.fixture(scope="module", params=STORES, ids=lambda make: make.__name__)
def settings(request, tmp_path_factory) -> Settings:
    """Return the settings of one of the stores, shared by the tests of a module."""
    return request.param(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def store(settings):
    """Return a store open for reading and writing, shared by the tests of a module: each replaces all content."""
    with open_store(settings) as opened:
        yield opened


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def empty(request, tmp_path) -> Settings:
    """Return the settings of a store in which nothing was ever written."""
    return request.param(tmp_path)
