"""What can happen to the embedded store, and what its users then meet."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from graph.errors import (
    QueryLimitError,
    StoreAccessError,
    StoreEmptyError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    StoreVersionError,
)
from graph.model import MemoryContent
from graph.store.arcade import ArcadeStore
from graph.store.arcade_engine import Engine
from graph.store.base import Limits
from tests.contents import handmade

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = handmade(), handmade(extra=["new"])
LIMITS = Limits(seconds=20)
ENDLESS = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b UNWIND range(1, 100000) AS c RETURN sum(a * b * c)"

posix = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


def held(store) -> MemoryContent:
    content = store.content()
    return MemoryContent(
        tuple(content.bundles()), tuple(content.concepts), tuple(content.relations), tuple(content.prerequisites)
    )


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("gen-*"))


def python(code: str, *arguments: object, **options) -> subprocess.Popen:
    """Start Python with some lines before which the store's names are imported."""
    lines = """
        import os, resource, signal, sys
        from pathlib import Path
        from graph.errors import ZhituError
        from graph.store.arcade import ArcadeStore
        from graph.store.base import Limits
        from tests.contents import handmade
        folder = Path(sys.argv[1])
    """
    script = textwrap.dedent(lines) + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True, **options
    )


def workers(heap_mb: int) -> list[int]:
    """Return the engines that run with just so much memory, which tells those of a test."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            parts = command.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"graph.store.arcade_worker" in parts and str(heap_mb).encode() in parts:
            found.append(int(command.parent.name))
    return found


def gone(heap_mb: int) -> bool:
    deadline = time.monotonic() + 15
    while workers(heap_mb) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not workers(heap_mb)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return a folder with a graph that has been asked a statement, to be copied."""
    folder = tmp_path_factory.mktemp("original") / "graph"
    with ArcadeStore(folder) as store:
        store.replace(OLD)
        store.query("RETURN 1", {}, LIMITS)
    return folder


@pytest.fixture
def folder(original, tmp_path):
    """Return a folder with a graph, of one's own."""
    return Path(shutil.copytree(original, tmp_path / "graph"))


# Killed writers

#: Spread over all effects; tests/faults kills whole ingests at many more.
KILLS = 12

KILLED_AT = """
    calls = 0
    def count(event, arguments):
        global calls
        if event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "sqlite3.connect", "subprocess.Popen"}:
            calls += 1
            if calls == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
    store = ArcadeStore(folder, heap_mb=257)
    content = handmade(extra=["new"])
    sys.addaudithook(count)
    store.replace(content)
    print(calls)
"""


def effects(folder: Path) -> int:
    """Return how many times a whole `replace` touches the file system."""
    process = python(KILLED_AT, folder, 0)
    return int(process.communicate()[0])


@posix
@pytest.mark.timeout(600)
def test_a_writer_killed_at_any_effect_leaves_the_old_or_the_new_graph(original, tmp_path):
    total = effects(Path(shutil.copytree(original, tmp_path / "counted")))
    assert total > 20
    step = max(1, total // KILLS)
    seen = set()
    for at in range(1, total + 1, step):
        folder = Path(shutil.copytree(original, tmp_path / f"at{at}"))
        process = python(KILLED_AT, folder, at)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        with ArcadeStore(folder) as store:
            found = held(store)
            assert found in (OLD, NEW), at
            seen.add(len(found.concepts))
            assert store.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((len(found.concepts),),)
            store.replace(NEW)
            assert held(store) == NEW
        assert len(generations(folder)) == 1
    assert seen == {4, 5}


KILLED_LOADING = """
    store = ArcadeStore(folder, heap_mb=258)
    make = store._engines.ask
    def ask(request, *more):
        if request["task"] == "load":
            print("loading", flush=True)
        return make(request, *more)
    store._engines.ask = ask
    store.query("RETURN 1", {}, Limits())
"""


@posix
@linux
@pytest.mark.parametrize("seconds", [0, 1, 2])
def test_who_is_killed_while_the_engine_loads_takes_it_along_and_the_next_one_makes_it(folder, seconds):
    shutil.rmtree(folder / "gen-1" / "engine")
    process = python(KILLED_LOADING, folder)
    assert process.stdout.readline() == "loading\n"
    time.sleep(seconds)
    process.kill()
    process.communicate()
    assert gone(258)
    with ArcadeStore(folder) as store:
        assert held(store) == OLD
        assert store.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((4,),)
    assert not (folder / "gen-1" / "engine.new").exists()


def test_a_writer_that_fails_leaves_the_old_graph_and_no_rest(folder):
    class Breaks(MemoryContent):
        def bundles(self):
            yield from super().bundles()
            raise RuntimeError("of the content, not of the store")

    with ArcadeStore(folder) as store:
        before = store.version()
        with pytest.raises(RuntimeError):
            store.replace(Breaks(NEW.documents, NEW.concepts))
        assert store.version() == before
        assert held(store) == OLD
    assert generations(folder) == ["gen-1"]


def test_an_interrupted_load_leaves_the_old_graph_and_no_rest(folder):
    def interrupt(stage, *_):
        if stage == "texts":
            raise KeyboardInterrupt

    with ArcadeStore(folder) as store:
        with pytest.raises(KeyboardInterrupt):
            store.replace(NEW, interrupt)
        assert held(store) == OLD
        store.replace(NEW)
        assert held(store) == NEW


@pytest.mark.parametrize(
    "change",
    [
        lambda content: (content.concepts[0], *content.concepts),
        lambda content: content.concepts[1:],
    ],
)
def test_content_that_is_not_whole_is_refused(folder, change):
    with ArcadeStore(folder) as store:
        broken = MemoryContent(OLD.documents, change(OLD), OLD.relations, OLD.prerequisites)
        with pytest.raises(StoreError, match="not whole"):
            store.replace(broken)
        assert held(store) == OLD


# Several at once


def test_a_second_writer_is_told_who_writes(folder):
    with ArcadeStore(folder, write=True) as first:
        with pytest.raises(StoreLockedError, match=f"process {os.getpid()}.*Try again"):
            ArcadeStore(folder, write=True)
        with ArcadeStore(folder) as reader:
            assert held(reader) == OLD
            with pytest.raises(StoreLockedError):
                reader.replace(NEW)
        first.replace(NEW)
        assert held(first) == NEW
    with ArcadeStore(folder, write=True) as next_one:
        next_one.replace(OLD)


@posix
def test_the_lock_of_a_killed_writer_is_free(folder):
    process = python("store = ArcadeStore(folder, write=True); print('locked', flush=True); signal.pause()", folder)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(StoreLockedError, match=str(process.pid)):
        ArcadeStore(folder, write=True)
    process.kill()
    process.communicate()
    with ArcadeStore(folder, write=True) as store:
        store.replace(NEW)


def test_readers_see_whole_graphs_while_a_writer_replaces_them(folder):
    problems = []
    done = threading.Event()

    def read():
        with ArcadeStore(folder) as store:
            while not done.is_set():
                store.version()
                try:
                    if held(store) not in (OLD, NEW):
                        problems.append("a mixture")
                except StoreError as error:
                    problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    with ArcadeStore(folder) as writer:
        for content in (NEW, OLD, NEW, OLD, NEW):
            writer.replace(content)
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []


def test_threads_share_one_store(folder):
    problems = []
    with ArcadeStore(folder) as store:

        def ask(number):
            try:
                for _ in range(5):
                    assert held(store) == OLD
                    assert store.query("RETURN $number AS n", {"number": number}, LIMITS).rows == ((number,),)
            except Exception as error:  # noqa: BLE001 -- told below, in the test's own thread
                problems.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []


# Folders


def test_a_query_after_the_generation_is_gone_asks_the_newer_one(folder):
    with ArcadeStore(folder) as reader, ArcadeStore(folder) as writer:
        assert len(reader.concepts()) == 4
        writer.replace(NEW)
        assert len(reader.concepts()) == 4
        assert reader.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((5,),)
        assert len(reader.concepts()) == 5


def test_an_engine_goes_on_with_the_generation_it_has_open(folder):
    with ArcadeStore(folder) as reader, ArcadeStore(folder) as writer:
        count = "MATCH (c:Concept) RETURN count(c)"
        assert reader.query(count, {}, LIMITS).rows == ((4,),)
        writer.replace(NEW)
        assert reader.query(count, {}, LIMITS).rows == ((4,),)
        reader.version()
        assert reader.query(count, {}, LIMITS).rows == ((5,),)


def test_a_folder_that_moves_away_is_an_empty_store_and_works_where_it_went(folder, tmp_path):
    with ArcadeStore(folder) as reader:
        assert held(reader) == OLD
        folder.rename(tmp_path / "elsewhere")
        assert held(reader) == OLD
        assert reader.version() == ""
        with pytest.raises(StoreEmptyError, match="zhitu ingest"):
            reader.concepts()
    with ArcadeStore(tmp_path / "elsewhere") as moved:
        assert held(moved) == OLD
        assert moved.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((4,),)
        moved.replace(NEW)


def test_a_folder_that_is_deleted_is_made_again(folder):
    with ArcadeStore(folder) as store:
        shutil.rmtree(folder)
        assert store.version() == ""
        store.replace(NEW)
        assert held(store) == NEW


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"format": 1}', "\0" * 100, '{"format": "x"}'])
def test_a_damaged_pointer_is_told_and_mended_by_writing(folder, damage):
    (folder / "current").write_text(damage)
    with ArcadeStore(folder) as store:
        with pytest.raises(StoreError, match=r"current is damaged.*--replace"):
            store.concepts()
        store.replace(NEW)
        assert held(store) == NEW
    assert len(generations(folder)) == 1


def test_a_generation_that_is_missing_is_told_and_mended_by_writing(folder):
    shutil.rmtree(folder / "gen-1")
    with ArcadeStore(folder) as store:
        with pytest.raises(StoreError, match="damaged"):
            store.concepts()
        store.replace(OLD)
        assert held(store) == OLD


def test_a_damaged_content_is_told_and_mended_by_writing(folder):
    (folder / "gen-1" / "content.sqlite").write_bytes(b"no database" * 1000)
    with ArcadeStore(folder) as store:
        with pytest.raises(StoreError, match=r"cannot be read.*--replace"):
            store.concepts()
        store.replace(NEW)
        assert held(store) == NEW


def test_a_database_that_is_not_made_yet_is_made_by_the_first_statement_for_all_who_wait(folder):
    shutil.rmtree(folder / "gen-1" / "engine")
    rows = []
    with ArcadeStore(folder) as one, ArcadeStore(folder) as other:

        def ask(store):
            rows.append(store.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows)

        threads = [threading.Thread(target=ask, args=(store,)) for store in (one, one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = (folder / "gen-1" / "engine").stat().st_ino
        ask(other)
    assert rows == [((4,),)] * 4
    assert (folder / "gen-1" / "engine").stat().st_ino == made


def test_a_statement_to_a_generation_that_is_half_removed_is_answered_by_the_newer_one(folder):
    with ArcadeStore(folder) as reader, ArcadeStore(folder) as writer:
        assert held(reader) == OLD
        writer.replace(NEW)
        shutil.copytree(folder / "gen-2", folder / "gen-1")
        (folder / "gen-1" / "engine").mkdir()  # its files are gone already
        assert reader.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((5,),)


def test_a_first_statement_while_the_graph_is_replaced_is_answered_by_the_newer_one(folder):
    shutil.rmtree(folder / "gen-1" / "engine")
    with ArcadeStore(folder) as reader, ArcadeStore(folder) as writer:
        make = reader._engines.ask

        def ask(request, *more):
            if request["task"] == "load":
                writer.replace(NEW)
                reader._engines.ask = make
            return make(request, *more)

        assert held(reader) == OLD
        reader._engines.ask = ask
        assert reader.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((5,),)
    assert generations(folder) == ["gen-2"]


def test_another_format_is_neither_read_nor_overwritten(folder):
    pointer = json.loads((folder / "current").read_text())
    (folder / "current").write_text(json.dumps({**pointer, "format": 999}))
    with ArcadeStore(folder) as store:
        for use in (store.version, store.concepts, lambda: store.replace(NEW)):
            with pytest.raises(StoreVersionError, match="999"):
                use()
    assert (folder / "gen-1" / "content.sqlite").is_file()


def test_a_place_that_cannot_be_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--store"):
        ArcadeStore(tmp_path / "file" / "graph").replace(NEW)
    with pytest.raises(StoreEmptyError):
        ArcadeStore(tmp_path / "file" / "graph").concepts()


@posix
def test_a_folder_without_permission_to_write_can_be_read(folder):
    code = """
        store = ArcadeStore(folder)
        if os.geteuid() == 0:
            os.setuid(65534)
        print(len(store.concepts()))
        try:
            store.replace(handmade(extra=["new"]))
        except ZhituError as error:
            print(type(error).__name__)
        try:
            store.query("RETURN 1", {}, Limits())
        except ZhituError as error:
            print(type(error).__name__, "zhitu doctor" in str(error))
    """
    shutil.rmtree(folder / "gen-1" / "engine")
    above = folder
    while above != above.parent and above.stat().st_uid == os.geteuid() and "pytest" in str(above):
        above.chmod(0o755)
        above = above.parent
    for locked in (folder, folder / "gen-1"):
        locked.chmod(0o555)
    try:
        denied = StoreAccessError.__name__
        assert python(code, folder).communicate()[0].split() == ["4", denied, denied, "True"]
    finally:
        for locked in (folder, folder / "gen-1"):
            locked.chmod(0o755)


def test_reading_changes_nothing_in_the_folder(folder):
    def state():
        return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    before = state()
    with ArcadeStore(folder) as store:
        assert held(store) == OLD
        store.search("clip")
        store.query("MATCH (n) RETURN n", {}, LIMITS)
        store.explain("MATCH (n) RETURN n", {})
    assert state() == before


@posix
@pytest.mark.parametrize(("kilobytes", "concepts"), [(8, 5000), (300, 5000)])
def test_a_full_disk_leaves_the_old_graph(folder, kilobytes, concepts):
    code = """
        size = 1024 * int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            ArcadeStore(folder).replace(handmade(extra=[f"concept {number}" for number in range(int(sys.argv[3]))]))
        except ZhituError as error:
            print(type(error).__name__, error)
    """
    told = python(code, folder, kilobytes, concepts).communicate()[0]
    assert told.startswith("StoreError")
    assert "space" in told
    with ArcadeStore(folder) as store:
        assert held(store) == OLD
    assert generations(folder) == ["gen-1"]


@posix
def test_a_full_disk_at_the_first_statement_is_told_and_the_next_one_makes_up_for_it(folder):
    shutil.rmtree(folder / "gen-1" / "engine")
    code = """
        resource.setrlimit(resource.RLIMIT_FSIZE, (200 * 1024,) * 2)
        try:
            ArcadeStore(folder).query("RETURN 1", {}, Limits())
        except ZhituError as error:
            print(type(error).__name__, error)
    """
    told = python(code, folder).communicate()[0]
    assert told.startswith("StoreError")
    assert "space" in told
    with ArcadeStore(folder) as store:
        assert held(store) == OLD
        assert store.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((4,),)


# The engine's process


def test_reading_by_key_and_searching_need_no_java(folder):
    with ArcadeStore(folder, heap_mb=259) as store:
        assert held(store) == OLD
        assert store.search("clip")
        assert not workers(259) if sys.platform == "linux" else True
    code = """
        from graph.settings import Settings
        from graph.store import open_store
        open_store(Settings(store=f"embedded:{folder}")).concepts()
        print(sorted({"jpype", "arcadedb_embedded", "neo4j"} & set(sys.modules)))
    """
    assert python(code, folder).communicate()[0] == "[]\n"


@linux
def test_closing_ends_the_engine(folder):
    store = ArcadeStore(folder, heap_mb=260)
    store.query("RETURN 1", {}, LIMITS)
    assert len(workers(260)) == 1
    store.close()
    store.close()
    assert not workers(260)
    assert store.query("RETURN 1", {}, LIMITS).rows == ((1,),)
    store.close()


@linux
def test_a_store_that_is_forgotten_ends_its_engine(folder):
    store = ArcadeStore(folder, heap_mb=261)
    store.query("RETURN 1", {}, LIMITS)
    del store
    assert gone(261)


@linux
def test_a_killed_process_takes_its_running_query_along(folder):
    code = f"""
        store = ArcadeStore(folder, heap_mb=262)
        store.query("RETURN 1", {{}}, Limits())
        print("ready", flush=True)
        store.query({ENDLESS!r}, {{}}, Limits(seconds=600))
    """
    process = python(code, folder)
    assert process.stdout.readline() == "ready\n"
    assert workers(262)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    assert gone(262)


@linux
def test_an_engine_that_is_lost_is_told_and_started_again(folder):
    with ArcadeStore(folder, heap_mb=263) as store:
        store.query("RETURN 1", {}, LIMITS)
        threading.Timer(0.5, lambda: os.kill(workers(263)[0], signal.SIGKILL)).start()
        with pytest.raises(StoreUnavailableError, match="ended unexpectedly"):
            store.query(ENDLESS, {}, Limits(seconds=60))
        assert store.query("RETURN 1", {}, LIMITS).rows == ((1,),)


@linux
def test_a_slow_query_does_not_hold_up_another(folder):
    with ArcadeStore(folder, heap_mb=265) as store:
        store.query("RETURN 1", {}, LIMITS)
        store.query("RETURN 1", {}, LIMITS)
        assert len(workers(265)) == 1

        def ask():
            with pytest.raises(StoreUnavailableError, match="ended"):
                store.query(ENDLESS, {}, Limits(seconds=60))

        slow = threading.Thread(target=ask)
        slow.start()
        time.sleep(0.5)
        assert store.query("RETURN 1", {}, LIMITS).rows == ((1,),)
        assert slow.is_alive()
        assert len(workers(265)) == 2
        store.close()
        slow.join()


@linux
def test_an_engine_that_is_asked_nothing_for_long_ends_and_comes_back(folder):
    engine = Engine(266, "graph.store.arcade_worker", idle_seconds=1)
    request = {"task": "query", "folder": str(folder / "gen-1"), "statement": "RETURN 1 AS n", "parameters": {}}
    for _ in range(2):
        assert engine.ask({**request, "rows": 1, "size": 100})["rows"] == [[1]]
        assert gone(266)
    engine.close()


@linux
def test_a_query_out_of_time_leaves_no_process_behind(folder):
    with ArcadeStore(folder, heap_mb=264) as store:
        with pytest.raises(QueryLimitError):
            store.query(ENDLESS, {}, Limits(seconds=1))
        assert not workers(264)


def test_a_query_for_too_much_memory_is_stopped(folder):
    with ArcadeStore(folder, heap_mb=128) as store:
        with pytest.raises(QueryLimitError, match="memory"):
            store.query("RETURN reduce(text = 'x', i IN range(1, 60) | text + text)", {}, Limits(seconds=60))
        assert store.query("RETURN 1", {}, LIMITS).rows == ((1,),)


def test_files_of_the_machine_cannot_be_read(folder, tmp_path):
    (tmp_path / "secret.csv").write_text("secret")
    with ArcadeStore(folder) as store, pytest.raises(Exception, match="LOAD CSV"):
        store.query("LOAD CSV FROM $url AS row RETURN row", {"url": f"file://{tmp_path}/secret.csv"}, LIMITS)
