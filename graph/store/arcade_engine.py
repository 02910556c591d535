"""Starts, asks and ends a worker process (see `graph.store.serving`): ArcadeDB's, or one that asks Neo4j."""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, Any

from graph.errors import (
    QueryError,
    QueryLimitError,
    QueryRefusedError,
    QuerySyntaxError,
    StoreError,
    StoreUnavailableError,
    ZhituError,
)
from graph.store.serving import OUT_OF_MEMORY

_START_SECONDS = 120.0
_ERRORS: dict[str, type[ZhituError]] = {
    "refused": QueryRefusedError,
    "limit": QueryLimitError,
    "failed": QueryError,
    "gone": StoreUnavailableError,
    "store": StoreError,
}

#: A process that nobody asks anything for so long ends, and gives its memory back.
IDLE_SECONDS = 600.0
_AT_ONCE = 2

Message = dict[str, Any]


class _IdleError(Exception):
    """The process had just ended, because nobody had asked it anything for long."""


class Engines:
    """Some engines, so that one slow statement does not hold up everybody.

    The one used last is used first: a second one is started only while the first is busy.
    """

    def __init__(self, memory_mb: int, module: str, idle_seconds: float = IDLE_SECONDS) -> None:
        self._engines = [Engine(memory_mb, module, idle_seconds) for _ in range(_AT_ONCE)]
        self._free: queue.LifoQueue[Engine] = queue.LifoQueue()
        for engine in self._engines:
            self._free.put(engine)

    def ask(self, request: Message, seconds: float | None = None) -> Any:  # noqa: ANN401 -- JSON
        """Send a request to an engine that is free, and wait for its result, at most so long (see `Engine.ask`)."""
        engine = self._free.get()
        try:
            return engine.ask(request, seconds)
        finally:
            self._free.put(engine)

    def close(self) -> None:
        """End the processes; asking again starts others."""
        for engine in self._engines:
            engine.close()


class Engine:
    """A worker process, started when first asked and kept for some time; for one request at a time.

    The process ends with this object and with this process, however that ends.

    Parameters
    ----------
    memory_mb
        Memory that it may use, its first argument.
    module
        What the process runs; it calls `graph.store.serving.serve`.
    idle_seconds
        Asked nothing for so long it ends; its second argument.
    """

    def __init__(self, memory_mb: int, module: str, idle_seconds: float = IDLE_SECONDS) -> None:
        self._module = module
        self._memory_mb = memory_mb
        self._idle_seconds = idle_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] = io.BytesIO()

    def ask(self, request: Message, seconds: float | None = None) -> Any:  # noqa: ANN401 -- JSON
        """Send a request and wait for its result, at most so long.

        Raises
        ------
        QueryError
            What the engine said, or the limit that ended it.
        StoreUnavailableError
            The process could not be started, or was lost.
        """
        try:
            answer = self._asked(request, seconds)
        except _IdleError:
            answer = self._asked(request, seconds)
        if "error" in answer:
            raise _error(**answer["error"])
        return answer["result"]

    def _asked(self, request: Message, seconds: float | None) -> Message:
        try:
            process = self._running()
            self._send(process, request)
            return self._answer(process, seconds)
        except BaseException:
            self.close()  # the answer that is still to come would be taken for the next one's
            raise

    def close(self) -> None:
        """End the process; asking again starts another."""
        if self._process:
            _end(self._process, self._complaints)
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process and self._process.poll() is None:
            return self._process
        self.close()
        self._process = process = self._start()
        weakref.finalize(self, _end, process, self._complaints)
        try:
            self._answer(process, _START_SECONDS)
        except QueryLimitError as error:
            raise StoreUnavailableError(f"The graph engine did not start within {_START_SECONDS:g} seconds.") from error
        return process

    def _start(self) -> subprocess.Popen[bytes]:
        code = str(Path(__file__).resolve().parents[2])  # this very package, whatever the working folder holds
        path = os.pathsep.join(filter(None, (code, os.environ.get("PYTHONPATH"))))
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 -- read when the process is lost
        try:
            return subprocess.Popen(  # noqa: S603 -- a module of our own
                [sys.executable, "-P", "-m", self._module, str(self._memory_mb), str(self._idle_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env={**os.environ, "PYTHONPATH": path},
                cwd=tempfile.gettempdir(),
            )
        except OSError as error:
            raise StoreUnavailableError(f"The graph engine cannot be started: {error}.") from error

    def _send(self, process: subprocess.Popen[bytes], request: Message) -> None:
        assert process.stdin  # noqa: S101 -- it was started with a pipe
        try:
            line = json.dumps(request).encode() + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise QueryError(f"The parameters are no JSON: {error}.") from error
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except OSError as error:
            raise self._lost(process) from error

    def _answer(self, process: subprocess.Popen[bytes], seconds: float | None) -> Message:
        assert process.stdout  # noqa: S101 -- it was started with a pipe
        late = threading.Event()
        timer = threading.Timer(seconds or 0, _stop, (process, late))
        if seconds:
            timer.start()
        try:
            line = process.stdout.readline()
        finally:
            timer.cancel()
        if line.endswith(b"\n"):  # else it was killed while it spoke
            answer: Message = json.loads(line)
            return answer
        if late.is_set():
            raise QueryLimitError(
                f"Stopped after {seconds:g} seconds.", "Narrow the pattern, or raise the limit (ZHITU_QUERY_SECONDS)."
            )
        raise self._lost(process)

    def _lost(self, process: subprocess.Popen[bytes]) -> Exception:
        code = process.wait()
        if code == 0:
            return _IdleError()
        if code == OUT_OF_MEMORY:
            return QueryLimitError(
                f"Stopped: it needs more than the engine's {self._memory_mb} MB of memory.",
                "Narrow the pattern, or raise the limit (ZHITU_HEAP_MB).",
            )
        return StoreUnavailableError(f"The graph engine ended unexpectedly (exit code {code}). {self._last_words()}")

    def _last_words(self) -> str:
        if self._complaints.closed:  # by another thread, which ended the process on purpose
            return ""
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _end(process: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
    process.kill()  # it only reads, or what it writes is thrown away
    for pipe in (process.stdin, process.stdout, complaints):
        if pipe:
            with contextlib.suppress(OSError):  # bytes that nobody took
                pipe.close()
    process.wait()


def _error(meaning: str, message: str, line: int, column: int, hint: str = "") -> ZhituError:
    if meaning == "syntax":
        return QuerySyntaxError(message, hint, line=line, column=column)
    return _ERRORS[meaning](message, hint)
