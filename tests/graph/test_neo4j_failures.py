"""What users meet when a Neo4j server is not as it should be: one clear line, soon, and nothing lost."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from itertools import pairwise

import pytest

from graph.errors import (
    SettingsError,
    StoreAccessError,
    StoreEmptyError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    StoreVersionError,
)
from graph.model import (
    Bundle,
    Concept,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Question,
    Relation,
    RelationType,
    Sentence,
)
from graph.settings import Settings
from graph.store import open_store
from graph.store.base import Limits
from graph.store.neo4j_driver import WRITE_SECONDS
from tests.contents import handmade
from tests.neo4j_server.fixtures import Access, lacking, shared_server
from tests.neo4j_server.server import Server, missing
from tests.soundness import zhitu

SOON = 12.0


def held(store) -> MemoryContent:
    content = store.content()
    return MemoryContent(
        tuple(content.bundles()), tuple(content.concepts), tuple(content.relations), tuple(content.prerequisites)
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def answering(answer):
    """Listen on a port, and let `answer` deal with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections = []

        def deal(connection):
            with suppress(OSError):  # either side may hang up at any time, the test's end does
                answer(connection)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                threading.Thread(target=deal, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.close()
            for connection in connections:
                connection.close()


def silent(connection) -> None:
    """Take all and say nothing."""
    with connection:
        while connection.recv(1024):
            pass


def web_server(connection) -> None:
    with connection:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def neo4j_4(connection) -> None:
    """Say what a Neo4j 4.4 says to HELLO: Bolt 4.4, and SUCCESS {server: "Neo4j/4.4.38", connection_id: "bolt-1"}."""
    with connection:
        connection.recv(20)
        connection.sendall(bytes([0, 0, 4, 4]))
        pairs = b"\xa2" + _text("server") + _text("Neo4j/4.4.38") + _text("connection_id") + _text("bolt-1")
        message = b"\xb1\x70" + pairs
        while connection.recv(4096):
            connection.sendall(len(message).to_bytes(2, "big") + message + b"\x00\x00")


def _text(value: str) -> bytes:
    return bytes([0x80 + len(value)]) + value.encode()


WRONG = "certainly-wrong"


def opened(uri, password=WRONG, database=""):
    return open_store(Settings(store=uri, neo4j_password=password, neo4j_database=database))


def refusal(uri, expected, **access) -> str:
    """Return what opening says; it has to say it soon."""
    begin = time.monotonic()
    with pytest.raises(expected) as caught, opened(uri, **access) as store:
        store.version()
    assert time.monotonic() - begin < SOON
    told = str(caught.value)
    assert "\n" not in told
    assert caught.value.hint
    assert "Traceback" not in told
    return told


# No server, or not that one


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_server_down(scheme):
    port = free_port()
    told = refusal(f"{scheme}://127.0.0.1:{port}", StoreUnavailableError)
    assert f"No Neo4j server answers at {scheme}://127.0.0.1:{port}" in told
    assert "Start it" in told


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_wrong_host(scheme):
    told = refusal(f"{scheme}://no-such-host.invalid:7687", StoreUnavailableError)
    assert "no host called no-such-host.invalid" in told


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_never_answers_is_given_up(scheme):
    with answering(silent) as port:
        assert "does not answer" in refusal(f"{scheme}://127.0.0.1:{port}", StoreUnavailableError)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_web_server(scheme):
    with answering(web_server) as port:
        assert "web server" in refusal(f"{scheme}://127.0.0.1:{port}", StoreUnavailableError)


def test_a_server_older_than_5():
    with answering(neo4j_4) as port:
        told = refusal(f"bolt://127.0.0.1:{port}", StoreVersionError)
    assert "Neo4j 4.4.38" in told
    assert "Neo4j 5 or newer" in told


@pytest.mark.parametrize(
    "uri", ["bolt://", "bolt://:7687", "neo4j://[::1", "bolt://host:99999", "bolt://user:s3cret@host", "http://host"]
)
def test_an_address_that_is_none(uri):
    assert "s3cret" not in refusal(uri, SettingsError)


@pytest.mark.parametrize("command", [("stats",), ("query", "RETURN 1"), ("search", "CLIP")])
def test_the_command_line_says_it_in_one_line(command):
    result = zhitu("--store", f"neo4j://127.0.0.1:{free_port()}", *command)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "No Neo4j server answers" in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 2


# A server that says no


@pytest.mark.neo4j
@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc"])
def test_encryption_that_the_server_does_not_offer(neo4j_server, scheme):
    uri = scheme + "://" + neo4j_server.uri.partition("://")[2]
    told = refusal(uri, StoreUnavailableError, password=neo4j_server.password)
    assert "asks for encryption" in told
    assert "neo4j://" in told


@pytest.mark.neo4j
@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_wrong_password(neo4j_server, scheme):
    uri = scheme + "://" + neo4j_server.uri.partition("://")[2]
    told = refusal(uri, StoreAccessError, password=WRONG)
    assert "does not accept this password for the user neo4j" in told
    assert WRONG not in told
    assert "wants a password" in refusal(uri, StoreAccessError, password="")


@pytest.mark.neo4j
@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_database_missing(neo4j_server, scheme):
    uri = scheme + "://" + neo4j_server.uri.partition("://")[2]
    told = refusal(uri, StoreError, password=neo4j_server.password, database="nowhere")
    assert "no database called “nowhere”" in told
    assert "NEO4J_DATABASE" in told


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_settings")
def test_routing_serves_all_reads_and_writes(neo4j_server):
    uri = "neo4j://" + neo4j_server.uri.partition("://")[2]
    with opened(uri, password=neo4j_server.password) as store:
        store.replace(handmade())
        assert held(store) == handmade()
        assert store.query("MATCH (c:Concept) RETURN count(c)", {}, Limits()).rows == ((4,),)


@pytest.mark.neo4j
def test_a_graph_that_is_not_zhitus_is_told(neo4j_settings, neo4j_server):
    neo4j_server.run("CREATE (:Concept {title: 'of another program'})")
    with open_store(neo4j_settings) as store, pytest.raises(StoreVersionError, match="has not made"):
        store.concepts()


# Two at once


@pytest.mark.neo4j
def test_a_second_writer_is_told_soon_and_the_lock_goes_with_its_holder(neo4j_settings):
    with open_store(neo4j_settings) as reader:
        with open_store(neo4j_settings, write=True) as first:
            begin = time.monotonic()
            with pytest.raises(StoreLockedError, match="Another process is writing"):
                reader.replace(handmade())
            assert time.monotonic() - begin < SOON
            first.replace(handmade())
            assert len(reader.concepts()) == 4
            with pytest.raises(StoreLockedError):
                open_store(neo4j_settings, write=True)
        reader.replace(handmade(extra=["more"]))
        assert len(reader.concepts()) == 5


# Lost in the middle


def many(documents: int = 40) -> MemoryContent:
    """Return a graph that takes some transactions to load."""
    names = [f"concept {number:05}" for number in range(3_000)]
    bundles = tuple(document(f"note-{at:03}.md", names[at * 70 : at * 70 + 100]) for at in range(documents))
    evidence = (bundles[0].sentences[0].id,)
    relations = (
        Relation(first, RelationType.USES, second, False, 0.5, evidence, ("test",)) for first, second in pairwise(names)
    )
    return MemoryContent(bundles, tuple(Concept(name, name, Kind.TERM, mentions=1) for name in names), tuple(relations))


def document(path: str, names: list[str]) -> Bundle:
    """Return a document with a question about each of some concepts."""
    questions, sentences, mentions = [], [], []
    for at, name in enumerate(names):
        question = f"{path}#{at}"
        questions.append(Question(question, path, at, str(at), f"What is {name}?", "x" * 200, at + 1))
        sentences += [Sentence(f"{question}.{part}", question, part, name, at + 1, part, part + 1) for part in range(5)]
        mentions.append(Mention(question, name, 1, about=True))
    mentions.sort(key=lambda each: each.question)
    return Bundle(Document(path, path, "0" * 64, "root"), tuple(questions), tuple(sentences), tuple(mentions))


def server_of_ones_own(folder) -> Server:
    if reason := missing():
        lacking(reason)
    server = Server(folder)
    server.start()
    return server


@pytest.fixture
def own(tmp_path):
    """Return a server that a test may kill."""
    server = server_of_ones_own(tmp_path / "own")
    yield server
    server.kill()


def settings_of(server: Server) -> Settings:
    return Access(server.uri, server.user, server.password).settings()


COUNTS = "MATCH (n) WITH count(n) AS nodes MATCH ()-[r]->() RETURN nodes, count(r) AS edges"


@pytest.mark.neo4j
def test_a_server_killed_in_the_middle_of_a_load(own):
    content, old = many(), handmade()
    access = Access(own.uri, own.user, own.password)
    with open_store(settings_of(own)) as store:
        store.replace(old)
        steps = []

        def kill(*step):
            steps.append(step)
            if len(steps) == 3:
                own.kill()

        with pytest.raises(StoreUnavailableError, match="lost while writing") as caught:
            store.replace(content, kill)
        assert "same command again" in str(caught.value)
        begin = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            store.documents()
        with pytest.raises(StoreUnavailableError):
            store.query("RETURN 1", {}, Limits())
        assert time.monotonic() - begin < 4 * SOON

    own.start()
    with open_store(settings_of(own)) as store:
        assert store.unfinished()
        for bundle in store.content().bundles():
            assert bundle in (*content.documents, *old.documents)  # never half a document
        store.replace(content)
        assert not store.unfinished()
        assert held(store) == content
        finished = store.version()
    counts = access.run(COUNTS)[0].data()

    with open_store(shared_server().settings()) as clean:
        clean.replace(content)
        assert clean.version() == finished
        assert shared_server().run(COUNTS)[0].data() == counts


@pytest.mark.neo4j
def test_a_reader_is_told_soon_that_the_server_is_gone_and_reads_on_when_it_is_back(own):
    with open_store(settings_of(own)) as store:
        store.replace(handmade())
        own.kill()
        begin = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="No Neo4j server answers"):
            store.version()
        assert time.monotonic() - begin < SOON / 2
        own.start()
        assert held(store) == handmade()


@pytest.mark.neo4j
def test_a_load_waits_for_a_server_longer_than_a_reader(neo4j_settings):
    with open_store(neo4j_settings, write=True) as store, store._session() as writing:
        assert writing._config.max_transaction_retry_time == WRITE_SECONDS
    with open_store(neo4j_settings) as store, store._session() as reading:
        assert reading._config.max_transaction_retry_time < WRITE_SECONDS / 3


@pytest.mark.neo4j
def test_a_first_load_that_was_broken_off_is_told(own):
    def kill(*_):
        own.kill()

    with open_store(settings_of(own)) as store, pytest.raises(StoreUnavailableError):
        store.replace(many(2), kill)
    own.start()
    with open_store(settings_of(own)) as store:
        assert store.version() == ""
        with pytest.raises(StoreEmptyError, match="not finished"):
            store.concepts()
        store.replace(many(2))
        assert held(store) == many(2)


@pytest.mark.neo4j
def test_a_read_only_database_keeps_its_graph(own):
    with open_store(settings_of(own)) as store:
        store.replace(handmade())
    own.stop()
    own.configure("server.databases.read_only=neo4j")
    own.start()
    with open_store(settings_of(own)) as store:
        with pytest.raises(StoreError, match="cannot be written") as caught:
            store.replace(handmade(extra=["more"]))
        assert "read-only, or its disk full" in str(caught.value)
        assert held(store) == handmade()
