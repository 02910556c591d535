"""Where extraction runs: in this process, in processes of its own, or on a Dask cluster."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait

from graph.errors import SettingsError

_DASK = re.compile(r"dask://(?P<place>([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5})")


@contextmanager
def executor_of(url: str | None) -> Iterator[Executor | None]:
    """Give the executor at a URL; None for none.

    Parameters
    ----------
    url
        ``dask://HOST:PORT`` of a scheduler.

    Raises
    ------
    SettingsError
        Another scheme, the extra is missing, or the scheduler does not answer.
    """
    if url is None:
        yield None
        return
    address = _DASK.fullmatch(url)
    if not address:
        raise SettingsError(f"--executor is “{url}”, not of the form dask://HOST:PORT.")
    try:
        from distributed import Client  # noqa: PLC0415  an extra, and slow to import
    except ImportError as error:
        raise SettingsError(
            "A Dask cluster needs the extra `dask`.", "Install it: pip install 'zhitu[dask]'."
        ) from error
    try:
        client = Client(f"tcp://{address['place']}", timeout=10)
    except (OSError, ValueError) as error:
        raise SettingsError(f"No Dask scheduler answers at {url}.", "Start one with `dask scheduler`.") from error
    with client:
        yield client.get_executor()


@contextmanager
def processes(count: int) -> Iterator[Executor | None]:
    """Give a pool of processes, or None for one: then the caller's own is as good."""
    if count <= 1:
        yield None
        return
    # Spawned, not forked: a fork would copy the store's Java machine and threads half alive.
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Have this worker end when the process that started it does: one that was killed cannot tell its pool."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_await_end, args=(parent.sentinel,), daemon=True).start()


def _await_end(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
