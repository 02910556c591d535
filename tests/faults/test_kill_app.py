"""An app that is killed while the Library page ingests: afterwards the old graph is there or the new one."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from graph.settings import Settings, app_file
from ingest.pipeline import ingest
from tests.browser.conftest import free_port
from tests.soundness import exported
from ui.uploads import uploads_folder

POINTS = 12 if os.environ.get("ZHITU_SOAK") == "1" else 3
QUESTION = "## {number}. {name}是什么？\n\n{name}基于Transformer，使用对比学习进行预训练。\n\n"

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="signals of POSIX"),
    pytest.mark.usefixtures("warm_engine"),
    pytest.mark.timeout(3600),
]


def note(name: str) -> str:
    return "".join(QUESTION.format(number=number, name=name) for number in range(1, 30))


def run(page: ClientConnection, pressed: str = "") -> str:
    """Have the Library page run; return the id of its button that rebuilds the graph."""
    message = BackMsg()
    message.rerun_script.page_name = "library"
    message.rerun_script.query_string = urlencode({"lang": "en"})
    if pressed:
        message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
    page.send(message.SerializeToString())
    button = ""
    while True:
        answer = ForwardMsg.FromString(page.recv(timeout=120))
        if answer.delta.new_element.button.label == "Rebuild the graph":
            button = answer.delta.new_element.button.id
        if answer.HasField("script_finished") and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return button


@contextmanager
def library(settings: Settings, state: Path):
    """Give the app's process and a session of it with the page shown, and the button's id."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", app_file(), "--server.port", str(port)]
    environment = {**os.environ, "ZHITU_STORE": settings.store, "ZHITU_STATE": str(state)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=app_file().parent, env=environment, stdout=quiet, stderr=quiet) as app:
        try:
            await_port(port)
            with connect(f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as page:
                yield app, page, run(page)
        finally:
            app.kill()


def await_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "the app does not answer"
            time.sleep(0.1)
        else:
            return


def changed(store: Settings, name: str) -> Settings:
    """Put a note among the uploads of a store."""
    uploads_folder(store).mkdir(parents=True, exist_ok=True)
    (uploads_folder(store) / "note.md").write_text(note(name), encoding="utf-8")
    return store


def test_an_app_killed_while_its_library_ingests_leaves_the_old_graph_or_the_new_one(tmp_path):
    texts = {}
    for name in ("CLIP", "BLIP"):
        store = changed(Settings(store=f"embedded:{tmp_path / name}"), name)
        ingest([uploads_folder(store)], store)
        texts[name] = exported(store.store, tmp_path)
    old, new = texts.values()
    with library(changed(store, "GPT"), tmp_path) as (_, page, button):
        begin = time.monotonic()
        run(page, button)
        seconds = time.monotonic() - begin
    seen = []
    for point in range(POINTS):
        store = changed(Settings(store=f"embedded:{tmp_path / str(point)}"), "CLIP")
        ingest([uploads_folder(store)], store)
        changed(store, "BLIP")
        with library(store, tmp_path) as (app, page, button):
            threading.Timer(1.2 * seconds * (point + 0.5) / POINTS, app.kill).start()
            with suppress(ConnectionClosed, OSError):  # unless it has finished before
                run(page, button)
            app.wait()
        found = exported(store.store, tmp_path)
        assert found in (old, new)
        ingest([uploads_folder(store)], store)
        assert exported(store.store, tmp_path) == new
        seen.append("old" if found == old else "new")
    print(f"app killed at {POINTS} times: {seen.count('old')} old graphs, {seen.count('new')} new ones")
