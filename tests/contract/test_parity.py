"""The same notes make the same graph in both stores: equal exports, equal counts, equal answers."""

from pathlib import Path

import pytest

from graph.cypher import examples, run, schema
from graph.export import export
from graph.settings import Settings
from graph.store import open_store
from ingest.pipeline import ingest
from tests.neo4j_server.fixtures import empty_settings

pytestmark = pytest.mark.neo4j
NOTES = Path(__file__).parents[2] / "data" / "notes"


def filled(notes: Path, folder: Path) -> tuple[Settings, Settings]:
    """Ingest notes into the embedded store, and put what it holds into Neo4j; return the settings of both."""
    embedded = Settings(store=f"embedded:{folder / 'graph'}", state=folder / "state", heap_mb=512)
    ingest([notes], embedded)
    neo4j = empty_settings()
    with open_store(embedded) as source, open_store(neo4j) as target:
        target.replace(source.content())
    return embedded, neo4j


def assert_equal(embedded: Settings, neo4j: Settings, folder: Path) -> None:
    with open_store(embedded) as first, open_store(neo4j) as second:
        assert first.version() == second.version()
        assert schema(first) == schema(second)
        for name, store in (("embedded", first), ("neo4j", second)):
            export(store.content(), "json", folder / name)
    assert (folder / "embedded").read_bytes() == (folder / "neo4j").read_bytes()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return the settings of two stores that hold the sample notes."""
    return filled(NOTES, tmp_path_factory.mktemp("parity"))


def test_sample_notes_give_equal_exports(both, tmp_path):
    assert_equal(*both, tmp_path)


def test_examples_have_as_many_rows_on_both(both):
    with open_store(both[0]) as first, open_store(both[1]) as second:
        for example in examples():
            tables = [run(store, example.statement, example.parameters) for store in (first, second)]
            assert tables[0].columns == tables[1].columns, example.title_en
            assert len(tables[0].rows) == len(tables[1].rows), example.title_en


def test_most_examples_find_something_in_the_sample_notes(both):
    with open_store(both[1]) as store:
        empty = [each.title_en for each in examples() if not run(store, each.statement, each.parameters).rows]
    assert len(empty) <= 2, empty


def test_ingesting_into_neo4j_itself_gives_the_same_graph(both, tmp_path):
    with open_store(both[0]) as store:
        expected = store.version()
    neo4j = empty_settings()
    report = ingest([NOTES], neo4j)
    assert report.changed
    with open_store(neo4j) as store:
        assert store.version() == expected
    assert not ingest([NOTES], neo4j).changed
    assert_equal(both[0], neo4j, tmp_path)


@pytest.mark.corpus
def test_the_whole_corpus_gives_equal_exports(shared, tmp_path):
    assert_equal(*filled(shared / "corpus", tmp_path), tmp_path)
