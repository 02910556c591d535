"""Put the app under the load of many readers while notes are ingested again, and look at what they are shown.

    python bench/sessions.py [--sessions 50] [--browsers 5] [--minutes 5] [--json]

Sessions speak Streamlit's own protocol over a WebSocket, so that fifty of them cost little beside the one app that
they load; each goes from page to page as a reader would, reads for some seconds, and asks Cypher statements that hold
a word of its own. Real browsers do the same by Playwright. Meanwhile a note changes again and again and is ingested
by the command line. What is shown is checked: an error, a statement's word of another session, or a page about
another concept than the one asked for count as faults. Prints the chapter of docs/performance.md; exit code 1 if
anything was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Browser, Page, async_playwright
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from graph.model import Concept
from graph.settings import Settings, app_file, data_folder
from graph.store import open_store

ROOT = Path(__file__).resolve().parents[1]
#: Seconds that a reader looks at a page.
_READING = (4.0, 16.0)
_PATIENCE = 120.0
_AGAIN = 15.0  # seconds between two ingests
_ASKED_FOR = 100  # of the concepts, those with most mentions
_WORD = re.compile(r"word-\d+-\d+")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")


@dataclass
class Log:
    """What was measured and what was wrong."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float, float]] = field(default_factory=list)
    ingests: int = 0

    @property
    def pages(self) -> int:
        """How many pages were shown."""
        return sum(map(len, self.seconds.values()))


@dataclass(frozen=True)
class Plan:
    """How many readers come, for how long, and how long they look at a page."""

    sessions: int
    browsers: int
    seconds: float
    reading: tuple[float, float] = _READING


@dataclass(frozen=True)
class Visit:
    """What all readers share: where the app is, what there is to ask for, until when, and where to tell of it."""

    home: str
    concepts: Sequence[Concept]
    until: float
    reading: tuple[float, float]
    log: Log


# Sessions without a browser --------------------------------------------------------------------


class Session:
    """A reader's connection to the app."""

    def __init__(self, number: int, socket_: ClientConnection, visit: Visit) -> None:
        self._number = number
        self._socket = socket_
        self._visit = visit
        self._log = visit.log
        self._asked = 0
        self._language = ("en", "zh")[number % 2]
        self._shown: list[ForwardMsg] = []

    async def read(self) -> None:
        """Go from page to page."""
        chance = random.Random(self._number)  # noqa: S311  readers that differ, the same ones each time
        await asyncio.sleep(chance.uniform(0, self._visit.reading[1]))
        steps = (self.explore, self.explore, self.overview, self.notes, self.plan, self.cypher, self.library)
        while time.monotonic() < self._visit.until:
            await chance.choice(steps)(chance.choice(self._visit.concepts))
            await asyncio.sleep(chance.uniform(*self._visit.reading))

    async def explore(self, concept: Concept) -> None:
        """Look at a concept."""
        self._about(concept, await self._open("explore", "", concept=concept.name))

    async def overview(self, _concept: Concept) -> None:
        """Look at the whole graph."""
        await self._open("overview", "")

    async def notes(self, _concept: Concept) -> None:
        """Read a note."""
        await self._open("notes", "notes")

    async def plan(self, concept: Concept) -> None:
        """Ask what to learn first."""
        self._about(concept, await self._open("plan", "plan", target=concept.name))

    async def library(self, _concept: Concept) -> None:
        """Look at the documents."""
        await self._open("library", "library")

    async def cypher(self, _concept: Concept) -> None:
        """Open a statement with a word of one's own, and run it."""
        self._asked += 1
        word = f"word-{self._number}-{self._asked}"
        query = urlencode({"q": f"MATCH (c:Concept) RETURN '{word}' AS said, c.name LIMIT 5", "lang": self._language})
        await self._run("cypher", "cypher", query)
        run = next((id_ for id_, label in self._buttons() if label in ("Run", "运行")), "")
        if not run:
            self._log.faults["the Cypher page has no button to run"] += 1
            return
        await self._run("statement", "cypher", query, pressed=run)
        words = {word for table in self._tables() for word in _WORD.findall(table)}
        if words != {word}:
            self._log.faults[f"a statement with {word} was answered with {sorted(words)}"] += 1

    def _about(self, concept: Concept, text: str) -> None:
        if not any(name in text for name in (concept.name, concept.name_en) if name):
            self._log.faults[f"asked for “{concept.name}”, shown another page"] += 1

    async def _open(self, what: str, page: str, **params: str) -> str:
        return await self._run(what, page, urlencode({"lang": self._language, **params}))

    async def _run(self, what: str, page: str, query: str, pressed: str = "") -> str:
        """Have the script run; return all that it shows."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if pressed:
            message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        start = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        self._shown = [each async for each in self._answers()]
        self._log.seconds[what].append(time.perf_counter() - start)
        for fault in faults_in(self._shown):
            self._log.faults[f"{what}: {fault}"] += 1
        return b"\n".join(each.SerializeToString() for each in self._shown).decode(errors="replace")

    async def _answers(self) -> AsyncIterator[ForwardMsg]:
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = ForwardMsg.FromString(await self._socket.recv(decode=False))
                yield answer
                if answer.HasField("script_finished") and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return

    def _tables(self) -> Iterator[str]:
        for each in self._shown:
            if each.delta.new_element.HasField("dataframe"):
                yield each.delta.new_element.dataframe.SerializeToString().decode(errors="replace")

    def _buttons(self) -> Iterator[tuple[str, str]]:
        for each in self._shown:
            if each.delta.new_element.HasField("button"):
                yield each.delta.new_element.button.id, each.delta.new_element.button.label


def faults_in(answers: Iterable[ForwardMsg]) -> Iterator[str]:
    """Yield what an answer tells of as gone wrong."""
    for each in answers:
        element = each.delta.new_element
        if element.HasField("exception"):
            yield f"{element.exception.type}: {element.exception.message}"
        elif element.HasField("alert") and element.alert.format == Alert.ERROR:
            yield element.alert.body
        elif each.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            yield "the script could not be compiled"


async def hold(number: int, visit: Visit) -> None:
    """Be one session from beginning to end."""
    url = f"ws{visit.home.removeprefix('http')}/_stcore/stream"
    try:
        async with connect(url, subprotocols=[Subprotocol("streamlit")], max_size=None, ping_interval=None) as socket_:
            await Session(number, socket_, visit).read()
    except Exception as error:  # noqa: BLE001  whatever ends a session is a fault to be counted
        visit.log.faults[f"session {number} ended: {type(error).__name__}: {error}"] += 1


# Browsers --------------------------------------------------------------------------------------


@asynccontextmanager
async def chromium(wanted: int) -> AsyncIterator[Browser | None]:
    """Start a browser, if any is wanted."""
    if not wanted:
        yield None
        return
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        await browser.close()


async def browse(number: int, browser: Browser, visit: Visit) -> None:
    """Be a reader with a browser."""
    chance = random.Random(1000 + number)  # noqa: S311  as above
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    page = await context.new_page()
    page.on("pageerror", lambda error: visit.log.faults.update([f"in a browser: {error}"]))
    try:
        while time.monotonic() < visit.until:
            await _look(page, visit.home, chance.choice(visit.concepts).name, visit.log)
            await asyncio.sleep(chance.uniform(*visit.reading))
    except Exception as error:  # noqa: BLE001  as for sessions
        visit.log.faults[f"browser {number} ended: {type(error).__name__}: {error}"] += 1
    finally:
        await context.close()


async def _look(page: Page, home: str, concept: str, log: Log) -> None:
    """Open a concept's page, wait until it is drawn, and see that the card is the concept's."""
    start = time.perf_counter()
    await page.goto(f"{home}/?{urlencode({'concept': concept, 'lang': 'zh'})}", timeout=_PATIENCE * 1000)
    await page.wait_for_selector("[data-ready=true]", timeout=_PATIENCE * 1000)
    title = await page.locator(".card h2").first.inner_text(timeout=_PATIENCE * 1000)
    log.seconds["explore in a browser"].append(time.perf_counter() - start)
    if concept not in title:
        log.faults[f"a browser asked for “{concept}” and was shown “{title}”"] += 1
    if await page.get_by_test_id("stException").count():
        log.faults["in a browser: a traceback"] += 1


# The app and the ingest beside it --------------------------------------------------------------


@contextmanager
def serving(store: str, state: Path) -> Iterator[tuple[int, int]]:
    """Run the app; give its port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app_file()), "--server.port", str(port)]
    environment = {**os.environ, "ZHITU_STORE": store, "ZHITU_STATE": str(state)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=app_file().parent, env=environment, stdout=quiet, stderr=quiet) as app:
        try:
            _await(port, app)
            yield port, app.pid
        finally:
            app.terminate()


def _await(port: int, app: subprocess.Popen[bytes]) -> None:
    while app.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The app did not start.")


def resident(pid: int) -> float:
    """Return the memory of a process in megabytes (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _children(pid: int) -> list[int]:
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


async def watch_memory(pid: int, visit: Visit) -> None:
    """Note the memory of the app and of its engines each second."""
    begin = time.monotonic()
    while time.monotonic() < visit.until:
        with suppress(OSError):  # an engine that has just ended
            engines = sum(map(resident, _children(pid)))
            visit.log.memory.append((time.monotonic() - begin, resident(pid), engines))
        await asyncio.sleep(1)


def ingest_again(store: str, notes: Path, visit: Visit) -> None:
    """Change a note and ingest its folder, again and again."""
    note = min(notes.iterdir())
    text = note.read_text("utf-8")
    pause = min(_AGAIN, (visit.until - time.monotonic()) / 3)
    while time.monotonic() + pause < visit.until:
        time.sleep(pause)
        note.write_text(f"{text}\n第{visit.log.ingests}次修改。\n", encoding="utf-8")
        command = [sys.executable, "-m", "zhitu", "--store", store, "ingest", str(notes)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        visit.log.ingests += 1
        if done.returncode:
            visit.log.faults[f"ingest: {done.stderr.strip()}"] += 1


async def load(store: str, notes: Path, plan: Plan) -> Log:
    """Run everything at once."""
    log = Log()
    with open_store(Settings(store=store)) as opened:
        concepts = sorted(opened.concepts(), key=lambda concept: -concept.mentions)[:_ASKED_FOR]
    with serving(store, notes.parent / "state") as (port, pid):
        async with chromium(plan.browsers) as browser:
            visit = Visit(f"http://127.0.0.1:{port}", concepts, time.monotonic() + plan.seconds, plan.reading, log)
            readers = [hold(number, visit) for number in range(plan.sessions)]
            if browser:
                readers += [browse(number, browser, visit) for number in range(plan.browsers)]
            changing = asyncio.to_thread(ingest_again, store, notes, visit)
            await asyncio.gather(*readers, watch_memory(pid, visit), changing)
    return log


def measure(plan: Plan) -> Log:
    """Ingest the sample notes, and put the app on them under load."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(data_folder() / "notes", folder / "notes")
        store = f"embedded:{folder / 'store'}"
        command = [sys.executable, "-m", "zhitu", "--store", store, "ingest", str(folder / "notes")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return asyncio.run(load(store, folder / "notes", plan))


# Telling ---------------------------------------------------------------------------------------


def chapter(plan: Plan, log: Log) -> str:
    """Return the chapter of docs/performance.md."""
    rows = [
        f"| {what} | {len(seconds)} | {' | '.join(f'{1000 * each:,.0f}' for each in percentiles(seconds))} |"
        for what, seconds in sorted(log.seconds.items())
    ]
    faults = "; ".join(f"{fault} ({count}×)" for fault, count in log.faults.most_common()) or "none"
    about = (
        f"{plan.sessions} sessions without a browser and {plan.browsers} in real ones, for {plan.seconds / 60:g} "
        f"minutes on one app and the sample notes, each reading a page for {plan.reading[0]:g} to "
        f"{plan.reading[1]:g} seconds, while a changed note was ingested {log.ingests} times "
        "(`python bench/sessions.py`). Times are from asking to the last element of the page; in a browser, to the "
        "drawn graph."
    )
    head = "| milliseconds | times | median | 95th | 99th |\n| --- | ---: | ---: | ---: | ---: |"
    found = f"Errors, words of other sessions, pages about other concepts: {faults}. {_memory(log)}"
    return "\n\n".join(["## Under load", about, "\n".join([head, *rows]), found])


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Return the 50th, 95th and 99th percentile."""
    if len(seconds) == 1:
        return (seconds[0],) * 3
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


def _memory(log: Log) -> str:
    if len(log.memory) < 4:
        return ""
    quarters = [log.memory[(len(log.memory) - 1) * part // 4] for part in range(1, 5)]
    app = ", ".join(f"{own:.0f}" for _, own, _ in quarters)
    engines = max(children for _, _, children in log.memory)
    return f"Memory of the app after each quarter: {app} MB; its engines' Java at most {engines:.0f} MB."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--browsers", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--reading", type=float, nargs=2, default=_READING, help="seconds that a page is looked at")
    parser.add_argument("--json", action="store_true", help="print figures for a program")
    options = parser.parse_args()
    plan = Plan(options.sessions, options.browsers, 60 * options.minutes, tuple(options.reading))
    log = measure(plan)
    if options.json:
        print(json.dumps({"pages": log.pages, "ingests": log.ingests, "faults": log.faults, "memory": log.memory}))
    else:
        print(chapter(plan, log))
    sys.exit(bool(log.faults))


if __name__ == "__main__":
    main()
