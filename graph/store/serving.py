"""The worker's end of `graph.store.arcade_engine.Engine`: requests in, answers out, and an end with its owner."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

Message = dict[str, Any]
#: Exit code of a worker that had too little memory; also Java's by -XX:+ExitOnOutOfMemoryError.
OUT_OF_MEMORY = 3
#: What both engines' refusal to write is told as.
WOULD_CHANGE = "This statement would change something; only statements that read are run here."
_TOO_DEEP = {"meaning": "limit", "message": "Values are nested too deep.", "line": 0, "column": 0}
Task = Callable[[Message], Any]


def serve(start: Callable[[], Mapping[str, Task]], describe: Callable[[Exception], Message | None]) -> None:
    """Answer requests until standard input ends.

    Parameters
    ----------
    start
        Called once, before the first request is taken; returns the tasks by name.
    describe
        Returns the message for an exception of a task; None where it means a fault of our own.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed by others is no answer
    requests: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    tasks = start()
    _send(answers, {"result": "ready"})
    while True:
        try:
            line = requests.get(timeout=float(sys.argv[2]))
        except queue.Empty:
            os._exit(0)  # idle for long: its memory is of use elsewhere
        try:
            request = json.loads(line)
            result = tasks[request["task"]](request)
            _send(answers, {"result": result})
        except RecursionError:
            _send(answers, {"error": _TOO_DEEP})
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception as error:  # noqa: BLE001 -- the fault of a task must not leave its owner waiting
            described = describe(error)
            if described is None:
                traceback.print_exc()
                os._exit(1)  # in order is not possible: another thread reads standard input
            _send(answers, {"error": described})


def _listen(requests: queue.Queue[bytes]) -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)  # nobody listens any more: what is running is not waited for


def _send(answers: BinaryIO, message: Message) -> None:
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()
