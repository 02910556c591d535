"""Measure the graph view in a browser, beside other Streamlit graph components, in one run on one machine.

    make bench-ui                                  writes docs/view.md
    python bench/ui_view.py --quick                     100 nodes, ours only; prints

Each case is a browser of its own with an empty cache, and ends after a minute. Tools are warmed with ten nodes, so
that what Python imports does not count; laying out the graph does. Drawing is seen by counting calls to the canvas: a
page has settled when none came for two seconds. Peers run in an environment of their own (`--peers`); where one
cannot be had, the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Frame, Page, sync_playwright
from ui_page import made, name

from graph.model import Bundle, Concept, Document, Kind, MemoryContent, Question, Relation, RelationType, Sentence
from graph.settings import Settings, app_file
from graph.store import open_store

PEERS = ("neo4j-viz", "st-link-analysis", "streamlit-agraph", "pyvis")
SIZES = (100, 1000, 5000, 10_000)
LIMIT = 60.0
QUIET = 2.0
#: A case that took less is measured three times: on a busy machine the best run says most.
AGAIN = 20.0
RUNS = 3
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

#: Runs first in every frame: when canvases were drawn on, in how many frames, and the longest block of the main thread.
HOOKS = """
(() => {
  const seen = (globalThis.zhituBench = { first: 0, last: 0, frames: 0, longest: 0 });
  let frame; // the timeline's clock goes on once a frame
  const note = (canvas) => {
    if (!canvas || canvas.width * canvas.height < 40000) return;
    seen.last = performance.timeOrigin + performance.now();
    seen.first ||= seen.last;
    if (frame !== document.timeline.currentTime) seen.frames += 1;
    frame = document.timeline.currentTime;
  };
  const wrap = (type, names) => {
    for (const name of type ? names : []) {
      const own = type.prototype[name];
      type.prototype[name] = function (...given) {
        note(this.canvas);
        return own.apply(this, given);
      };
    }
  };
  wrap(globalThis.CanvasRenderingContext2D, ["fill", "stroke", "fillRect", "fillText", "drawImage"]);
  for (const type of [globalThis.WebGLRenderingContext, globalThis.WebGL2RenderingContext])
    wrap(type, ["drawArrays", "drawElements"]);
  wrap(globalThis.WebGL2RenderingContext, ["drawArraysInstanced", "drawElementsInstanced"]);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
  }).observe({ type: "longtask", buffered: true });
})();
"""
#: The graph's element, which stands inside a shadow root.
ROOT = "[...document.querySelectorAll('*')].map((one) => one.shadowRoot?.querySelector('.zhitu-graph')).find(Boolean)"

Measures = dict[str, Any]


# One case, in a process of its own ------------------------------------------------------------------------------------


class Watch:
    """What a page has received, drawn and been held up by."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.socket_bytes = 0
        self.http_bytes = 0
        self.part_bytes = 0
        self._parts: set[str] = set()
        self.outside = 0
        self._home = home.partition("://")[2].partition("/")[0]
        page.on("websocket", lambda each: each.on("framereceived", self._frame))
        page.on("request", self._request)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._loaded)

    def _frame(self, payload: bytes | str) -> None:
        self.socket_bytes += len(payload)

    def _answered(self, event: Mapping[str, Any]) -> None:
        if "component" in event["response"]["url"].partition("?")[0]:  # Streamlit's addresses of components' files
            self._parts.add(event["requestId"])

    def _loaded(self, event: Mapping[str, Any]) -> None:
        self.http_bytes += int(event["encodedDataLength"])
        self.part_bytes += int(event["encodedDataLength"]) * (event["requestId"] in self._parts)

    def _request(self, request: Any) -> None:  # noqa: ANN401  Playwright's
        scheme, _, rest = request.url.partition("://")
        self.outside += scheme in {"http", "https"} and rest.partition("/")[0] != self._home

    @property
    def bytes(self) -> int:
        """What came over the network."""
        return self.socket_bytes + self.http_bytes

    def drawn(self) -> Measures:
        """Return what the hooks have seen, over all frames of the page."""
        seen = [each for each in map(self._hooks, self.page.frames) if each]
        firsts = [each["first"] for each in seen if each["first"]]
        return {
            "first": min(firsts, default=0.0),
            "last": max((each["last"] for each in seen), default=0.0),
            "frames": sum(each["frames"] for each in seen),
            "longest": max((each["longest"] for each in seen), default=0.0),
        }

    def _hooks(self, frame: Frame) -> Measures | None:
        try:
            return frame.evaluate("globalThis.zhituBench")
        except Error:  # some tools throw their frame away and make another
            return None

    def settle(self) -> Measures:
        """Wait until nothing has been drawn for a while."""
        while True:
            seen = self.drawn()
            if seen["last"] and time.time() * 1000 - seen["last"] > QUIET * 1000:
                return seen
            time.sleep(0.25)


def tell(**measures: object) -> None:
    """Hand measures to the process that started this one: what is told is kept when time runs out."""
    print(json.dumps(measures), flush=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit(f"bench/ui_view.py needs a browser: install one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def fresh(browser: Browser, home: str) -> Watch:
    """Return a page with an empty cache."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN").new_page()
    page.add_init_script(HOOKS)
    page.set_default_timeout(LIMIT * 1000)
    return Watch(page, home)


def measure(url: str, warm: str, tool: str) -> None:
    """Measure one page, and tell as it goes."""
    with chromium() as browser:
        first = fresh(browser, warm)
        first.page.goto(warm)
        first.page.locator("[data-ready=true], :text('That is all.')").first.wait_for(state="attached")
        first.page.context.close()
        watch = fresh(browser, url)
        start = time.time() * 1000
        watch.page.goto(url)
        if tool == "blank":
            watch.page.get_by_text("That is all.").wait_for()
            tell(settled=time.time() * 1000 - start)
            time.sleep(1)
            tell(loaded=watch.bytes, data=watch.socket_bytes, longest=watch.drawn()["longest"], outside=watch.outside)
            return
        loaded(watch, start, own=tool.startswith("zhitu"))
        if "app" not in tool:
            added(watch)
        tell(panned=panned(watch))


def loaded(watch: Watch, start: float, *, own: bool) -> None:
    """Tell how a page loads."""
    if own:  # tables have canvases too
        watch.page.wait_for_selector("[data-ready=true]")
        first = time.time() * 1000
    else:
        while not (first := watch.drawn()["first"]):
            time.sleep(0.05)
    tell(first=first - start)
    seen = watch.settle()
    tell(settled=max(seen["last"], first) - start, longest=seen["longest"])
    tell(loaded=watch.bytes, data=watch.socket_bytes, parts=watch.part_bytes, outside=watch.outside)


def added(watch: Watch) -> None:
    """Tell what three nodes more cost."""
    before, drawn = watch.bytes, watch.drawn()["last"]
    watch.page.get_by_role("button", name="Add three nodes").click()
    while watch.drawn()["last"] <= drawn:
        time.sleep(0.1)
    watch.settle()
    tell(added=watch.bytes - before)


def panned(watch: Watch, seconds: float = 2.0) -> float:
    """Return how many frames are drawn in a second while the graph is dragged about."""
    page = watch.page
    place = page.locator(".board, iframe").first.bounding_box()
    if place is None:
        raise SystemExit("There is no graph on the page.")
    x, y = place["x"] + place["width"] * 0.08, place["y"] + place["height"] * 0.1  # no node, no tool
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 10)
    before, start, step = watch.drawn()["frames"], time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        step += 1
        page.mouse.move(x + 20 + step % 200, y + 10 + step % 90)
    count = watch.drawn()["frames"] - before
    spent = time.perf_counter() - start
    page.mouse.up()
    return count / spent


def expand(url: str, times: int = 10) -> None:
    """Tell what expanding a neighbour costs, again and again, and how far it moves what was there."""
    with chromium() as browser:
        watch = fresh(browser, url)
        page = watch.page
        page.goto(url)
        page.wait_for_selector("[data-ready=true]")
        watch.settle()
        with suppress(Error):  # the neighbour had no neighbours that are not drawn yet
            for _ in range(times):
                tell(**expanded(watch))


def expanded(watch: Watch) -> Measures:
    """Expand a neighbour."""
    page = watch.page
    spot = page.evaluate(
        f"""() => {{
          const {{ view }} = {ROOT};
          const box = view.board.getBoundingClientRect();
          const also = new URL(location).searchParams.getAll("also");
          const free = [...view.nodes.keys()].filter((id) => !view.centres.includes(id) && !also.includes(id));
          const at = (id) => {{ const to = view.renderer.toScreen(id); return [box.left + to.x, box.top + to.y]; }};
          const seen = (id) => view.renderer.network.getNodeAt(view.renderer.toScreen(id)) === id;
          const places = Object.fromEntries([...view.nodes.keys()].map((id) => [id, at(id)]));
          return {{ at: at(free.find(seen)), places }};
        }}"""
    )
    before = watch.bytes
    start = time.perf_counter()
    page.mouse.dblclick(*spot["at"])
    page.wait_for_function(f"(count) => Number({ROOT}.dataset.nodes) > count", arg=len(spot["places"]), timeout=5000)
    taken = time.perf_counter() - start
    watch.settle()
    moved = page.evaluate(
        f"""(places) => {{
          const {{ view }} = {ROOT};
          const box = view.board.getBoundingClientRect();
          return Math.max(...Object.entries(places).map(([id, [x, y]]) => {{
            const at = view.renderer.toScreen(id);
            return Math.hypot(box.left + at.x - x, box.top + at.y - y);
          }}));
        }}""",
        spot["places"],
    )
    fresh_nodes = int(page.evaluate(f"Number({ROOT}.dataset.nodes)")) - len(spot["places"])
    return {"ms": taken * 1000, "bytes": watch.bytes - before, "moved": moved, "new": fresh_nodes}


# All cases ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A page to measure: a tool at a size."""

    tool: str
    nodes: int
    url: str
    warm: str


@contextmanager
def serving(python: str, script: Path, **environment: str) -> Iterator[str]:
    """Serve a Streamlit script; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(240):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        else:
            raise SystemExit(f"{script} is not served: {' '.join(command)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def ask(*arguments: str, limit: float = LIMIT) -> list[Measures]:
    """Run this file as a process for one case, and return what it told before its time was up."""
    command = [sys.executable, __file__, *arguments]
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=told, stderr=errors)
        try:
            process.wait(limit + 15)  # starting, warming and stopping a browser is not the tool's time
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(20)
        told.seek(0)
        errors.seek(0)
        found = [json.loads(line) for line in told if line.startswith("{")]
        if process.returncode and not found:
            print(errors.read()[-500:], file=sys.stderr)
        return found


def ask_case(case: Case) -> Measures:
    """Return the best of some runs of a case, of one where that was long."""
    found = ask_once(case)
    for _ in range(RUNS - 1):
        if found.get("settled", LIMIT * 1000) < AGAIN * 1000:
            other = ask_once(case)
            better = {key: (max if key == "panned" else min)(one, other.get(key, one)) for key, one in found.items()}
            found = {**other, **better}
    print(case.tool, case.nodes, found, file=sys.stderr)
    return found


def ask_once(case: Case) -> Measures:
    """Return the measures of one run; without `settled` where the time was up."""
    merged: Measures = {}
    for each in ask("--case", case.tool, case.url, case.warm):
        merged |= each
    if merged.get("settled", 0) > LIMIT * 1000:
        del merged["settled"]
    return merged


def content(count: int) -> MemoryContent:
    """Return the page's graph as the app's, each relation with its sentence."""
    ids, edges = made(count)
    names = {id_: name(number) for number, id_ in enumerate(ids)}
    sentence = Sentence("n.md#0.0", "n.md#0", 0, "一个概念使用另一个。", 1, 0, 10)
    question = Question("n.md#0", "n.md", 0, "1", "概念之间如何相连？", "一个概念使用另一个。", 1)
    return MemoryContent(
        (Bundle(Document("n.md", "笔记", "0" * 64), (question,), (sentence,), ()),),
        tuple(Concept(id_, names[id_], Kind.TERM, names[id_], mentions=1) for id_ in ids),
        tuple(Relation(a, RelationType.USES, b, False, 0.8, (sentence.id,), ("rule",)) for a, b in edges),
    )


@contextmanager
def app(folder: Path, count: int) -> Iterator[str]:
    """Serve the app on a graph of so many concepts."""
    url = f"embedded:{folder / str(count)}"
    with open_store(Settings(store=url), write=True) as store:
        store.replace(content(count))
    with serving(sys.executable, app_file(), ZHITU_STORE=url, ZHITU_STATE=str(folder / "state")) as home:
        yield home


def pages(homes: Mapping[str, str], sizes: Sequence[int]) -> dict[tuple[str, int], Measures]:
    """Measure tools (with where each is served) on the bare page, all of a size before the next.

    One that has not settled is not asked for more.
    """
    found: dict[tuple[str, int], Measures] = {}
    able = list(homes)
    for nodes in sizes:
        for tool in able:
            urls = [f"{homes[tool]}/?tool={tool}&nodes={count}" for count in (nodes, 10)]
            found[tool, nodes] = ask_case(Case(tool, nodes, *urls))
        able = [tool for tool in able if "settled" in found[tool, nodes]]
    return found


def measure_all(peers: str, sizes: Sequence[int]) -> tuple[dict[tuple[str, int], Measures], list[Measures]]:
    """Return the measures by tool and size, and those of each expansion."""
    page = Path(__file__).with_name("ui_page.py")
    with ExitStack() as served:
        homes = dict.fromkeys(("blank", "zhitu"), served.enter_context(serving(sys.executable, page)))
        if peers:
            homes |= dict.fromkeys(PEERS, served.enter_context(serving(peers, page)))
        found = pages(homes, sizes)
    with tempfile.TemporaryDirectory() as folder:
        expansions: list[Measures] = []
        for nodes in sizes:
            with app(Path(folder), nodes) as home:
                case = Case("zhitu, the app", nodes, f"{home}/?community=*", f"{home}/")
                found[case.tool, nodes] = ask_case(case)
                if nodes == sizes[min(1, len(sizes) - 1)]:
                    expansions = ask("--expand", f"{home}/?concept=c00000")
    return found, expansions


# The report -----------------------------------------------------------------------------------------------------------

COLUMNS = (
    ("first drawing, s", "first", 1000),
    ("settled, s", "settled", 1000),
    ("longest block, ms", "longest", 1),
    ("on load, kB", "loaded", 1000),
    ("of these data", "data", 1000),
    ("own files", "parts", 1000),
    ("three nodes more, kB", "added", 1000),
    ("frames/s panning", "panned", 1),
    ("requests outside", "outside", 1),
)


def number(value: float | None, by: float) -> str:
    """Return a measure as the table shows it."""
    if value is None:
        return "–"
    shown = value / by
    return f"{shown:,.0f}" if by == 1 or shown >= 100 else f"{shown:.1f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def of_size(found: Mapping[tuple[str, int], Measures], nodes: int) -> str:
    """Return the table of one size."""
    rows = []
    for tool in ("blank", "zhitu", "zhitu, the app", *PEERS):
        measures = found.get((tool, nodes))
        if measures is None:
            continue
        row = [number(measures.get(key), by) for _, key, by in COLUMNS]
        if "settled" not in measures:
            row[1] = f"over {LIMIT:.0f}"
        rows.append([tool, *row])
    left = [tool for tool in PEERS if (tool, nodes) not in found and (tool, SIZES[0]) in found]
    note = f"\n\nNot tried, for they did not settle with fewer: {', '.join(left)}." if left else ""
    return f"## {nodes:,} nodes\n\n{table(['', *(title for title, _, _ in COLUMNS)], rows)}{note}"


def goals(found: Mapping[tuple[str, int], Measures], expansions: Sequence[Measures]) -> str:
    """Return the goals with the figures beside them."""

    def own(nodes: int, key: str, tool: str = "zhitu") -> float:
        return float(found.get((tool, nodes), {}).get(key, float("nan")))

    def best(nodes: int) -> float:
        """Return what the best peer took; one that has not settled took at least the limit."""
        taken = [found.get((tool, nodes), {}).get("settled", LIMIT * 1000) for tool in PEERS]
        return float(min(taken))

    app_ = "zhitu, the app"
    files = max(own(nodes, "parts", tool) for nodes in SIZES for tool in ("zhitu", app_))
    rows = [
        ("settled at 1,000, of the best peer", own(1000, "settled") / best(1000), 0.2, ""),
        ("settled at 1,000, of a blank page", own(1000, "settled") / own(1000, "settled", "blank"), 1.6, ""),
        ("settled at 5,000, of the best peer", own(5000, "settled") / best(5000), 0.1, ""),
        ("settled at 10,000, of our own 5,000", own(10_000, "settled") / own(5000, "settled"), 1.5, ""),
        ("the same in the app", own(10_000, "settled", app_) / own(5000, "settled", app_), 1.5, ""),
        ("first load beside data: our files", files / 1000, 250, "kB"),
        ("expanding: received, the most", max(each["bytes"] for each in expansions) / 1000, 10, "kB"),
        ("expanding: until drawn, median", statistics.median(each["ms"] for each in expansions), 400, "ms"),
        ("expanding: old nodes moved", max(each["moved"] for each in expansions), 0, "px"),
        ("longest block at 10,000", own(10_000, "longest"), 400, "ms"),
        ("the same in the app", own(10_000, "longest", app_), 400, "ms"),
    ]
    cells = [
        [what, f"{value:,.2f} {unit}", f"≤ {goal} {unit}", _met(value <= goal)] for what, value, goal, unit in rows
    ]
    for tool in ("zhitu", app_):
        frames = own(5000, "panned", tool)
        cells.append([f"frames a second panning at 5,000, {tool}", f"{frames:.0f}", "≥ 15", _met(frames >= 15)])
    return f"## Goals\n\n{table(['', 'measured', 'goal', 'met'], cells)}"


def _met(reached: bool) -> str:
    return "yes" if reached else "no"


def report(found: Mapping[tuple[str, int], Measures], expansions: Sequence[Measures], peers: str, before: float) -> str:
    """Return the whole document; `before` is the machine's load when it began."""
    processors = os.cpu_count()
    missing = [] if peers else list(PEERS)
    about = (
        "# The graph view\n\n"
        "Written by `make bench-ui` (`bench/ui_view.py`, which says what is measured and how). Headless Chromium draws "
        "by software here, so take the figures as ratios; all were measured in one run. Labels are Chinese; the graph "
        "has twice as many edges as nodes. *blank* is a Streamlit page with a line of text; *zhitu* the view alone on "
        "such a page, as the peers are; *zhitu, the app* the whole Explore page with search, card and tables. Time "
        "runs from opening the address with an empty cache, our layout included; a tool that has not settled after "
        f"{LIMIT:.0f} s is given up, and what took less than {AGAIN:.0f} s is the best of three runs.\n\n"
        f"{processors} processors, {platform.system()}, Python {platform.python_version()}; load average "
        f"{before:.1f} at the start and {os.getloadavg()[0]:.1f} at the end, browsers and servers of the run included. "
        f"A neighbour was expanded {len(expansions)} times in one session."
    )
    if missing:
        about += f"\n\nNot measured, for they are not installed: {', '.join(missing)}."
    return "\n\n".join([about, goals(found, expansions), *(of_size(found, nodes) for nodes in SIZES)]) + "\n"


def main() -> None:
    """Measure, and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="100 nodes, ours only; prints")
    parser.add_argument("--peers", default="", help="a Python that has the peers")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--case", nargs=3, metavar=("TOOL", "URL", "WARM"), help=argparse.SUPPRESS)
    parser.add_argument("--expand", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        tool, url, warm = options.case
        measure(url, warm, tool)
    elif options.expand:
        expand(options.expand)
    elif options.quick:
        found, expansions = measure_all("", SIZES[:1])
        print(of_size(found, SIZES[0]))
        print("\nexpanding:", json.dumps(expansions))
    else:
        peers = options.peers if options.peers and Path(options.peers).exists() else ""
        before = os.getloadavg()[0]
        text = report(*measure_all(peers, SIZES), peers, before)
        if options.output:
            options.output.write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
