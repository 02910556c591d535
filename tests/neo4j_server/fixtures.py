"""The Neo4j server of a test session: one for all tests, which therefore run in one worker."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import neo4j
import pytest

from graph.settings import Settings
from tests.neo4j_server.server import Server, missing


@dataclass(frozen=True)
class Access:
    """How to reach a server."""

    uri: str
    user: str
    password: str
    database: str = ""

    def settings(self) -> Settings:
        """Return the settings of the store on this server."""
        return Settings(
            store=self.uri,
            neo4j_user=self.user,
            neo4j_password=self.password,
            neo4j_database=self.database,
            heap_mb=512,
        )

    def run(self, statement: str, **parameters: object) -> list[neo4j.Record]:
        """Run a statement past the store."""
        with neo4j.GraphDatabase.driver(self.uri, auth=(self.user, self.password)) as driver:
            return driver.execute_query(statement, parameters, database_=self.database or None).records


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests of the server in one worker of pytest-xdist."""
    for item in items:
        if item.get_closest_marker("neo4j"):
            item.add_marker(pytest.mark.xdist_group("neo4j"))


def lacking(reason: str) -> None:
    """Skip for want of something; fail instead where ZHITU_REQUIRE_ALL says that nothing may be skipped."""
    if os.environ.get("ZHITU_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@functools.cache
def shared_server() -> Access:
    """Return the server named by NEO4J_URI, else one started for this session."""
    if uri := os.environ.get("NEO4J_URI"):
        access = Access(
            uri,
            os.environ.get("NEO4J_USER", "neo4j"),
            os.environ.get("NEO4J_PASSWORD", ""),
            os.environ.get("NEO4J_DATABASE", ""),
        )
        _must_be_empty(access)
        return access
    if reason := missing():
        lacking(reason)
    home = Path(tempfile.mkdtemp(prefix="zhitu-neo4j-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    server = Server(home)
    server.start()
    atexit.register(server.kill)
    return Access(server.uri, server.user, server.password)


def _must_be_empty(access: Access) -> None:
    if access.run("MATCH (n) RETURN count(n) AS nodes")[0]["nodes"] and os.environ.get("ZHITU_TEST_WIPE") != "yes":
        pytest.exit(
            "NEO4J_URI holds a graph, and tests begin by removing it: name an empty one, or ZHITU_TEST_WIPE=yes"
        )


def remove_all(access: Access) -> None:
    """Empty a database, in transactions that fit a small server's memory."""
    for statement in (
        "MATCH ()-[r]->() WITH r LIMIT 50000 DELETE r RETURN count(*) AS gone",
        "MATCH (n) WITH n LIMIT 20000 DELETE n RETURN count(*) AS gone",
    ):
        while access.run(statement)[0]["gone"]:
            pass


def empty_settings() -> Settings:
    """Return the settings of the session's server, with no graph in it."""
    access = shared_server()
    remove_all(access)
    return access.settings()


@pytest.fixture
def neo4j_settings() -> Settings:
    """Return the settings of a Neo4j store with no graph in it. Tests that use it are marked neo4j."""
    return empty_settings()


@pytest.fixture
def neo4j_server() -> Access:
    """Return how to reach the session's server. Tests that use it are marked neo4j."""
    return shared_server()
