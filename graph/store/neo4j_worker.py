"""Asks Neo4j a console's statements, in a process of its own.

A result may be larger than memory and a server may not answer; this process has a memory limit
(where the system knows one) and can be ended at any moment. What the server tells of a statement by
EXPLAIN decides first whether it is run: it must be a read, call nothing but the listed procedures,
and read no files. The session is a reading one, and the transaction has the time limit.
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, LiteralString, cast

import neo4j
import neo4j.graph
import neo4j.time
from neo4j.exceptions import ClientError, DriverError, Neo4jError

from graph.errors import (
    QueryError,
    QueryLimitError,
    QueryRefusedError,
    QuerySyntaxError,
    StoreUnavailableError,
    ZhituError,
)
from graph.store.neo4j_driver import Address, connect, message, store_error
from graph.store.serving import WOULD_CHANGE, Message, Task, serve
from graph.store.statements import EXPLAIN, PROCEDURES

_OUT_OF_MEMORY = 3  # what `Engine` takes for it
_PLACE = re.compile(r"\(line (\d+), column (\d+)")
#: Operators that a plan may not have, though the server calls the statement a read.
_REFUSED_OPERATORS: Final = re.compile(r"LoadCSV|Show|Terminate|Administration|Command")
_TIMED_OUT = re.compile(r"TransactionTimedOut|TransactionTerminated|Transaction\.Terminated|LockClientStopped")
_OVER_MEMORY = re.compile(r"OutOfMemory|StackOverFlow")


def main() -> None:
    """Answer requests until standard input ends."""
    _limit_memory(int(sys.argv[1]))
    try:
        serve(_start, _described)
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource  # noqa: PLC0415 -- not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20, megabytes * 2**20))


def _start() -> dict[str, Task]:
    asker = _Asker()
    return {"query": asker.query, "explain": asker.explain}


class _Asker:
    """Asks one server at a time."""

    def __init__(self) -> None:
        self._address: Address | None = None
        self._driver: neo4j.Driver | None = None

    def query(self, request: Message) -> Message:
        """Run ``statement``; return columns, rows, which limit cut them, and the time it took."""
        start = time.perf_counter()
        with _timed(request["seconds"]), self._session(request) as session:
            _judge(_plan(session, request))
            with _begin(session, request, time.perf_counter() - start) as transaction:
                result = transaction.run(_trusted(request["statement"]), request["parameters"])
                columns = result.keys()
                rows, truncated = _taken(result, request["rows"], request["size"])
        return {"columns": columns, "rows": rows, "truncated": truncated, "seconds": time.perf_counter() - start}

    def explain(self, request: Message) -> str:
        """Return the statement's plan as text."""
        with _timed(request["seconds"]), self._session(request) as session:
            summary = _plan(session, request)
        _judge(summary)
        return summary.plan["args"]["string-representation"] if summary.plan else ""

    def _session(self, request: Message) -> neo4j.Session:
        address = Address(**request["address"])
        if self._driver is None or address != self._address:
            if self._driver:
                self._driver.close()
            self._driver, self._address = connect(address), address
        return self._driver.session(
            database=address.database or None,
            default_access_mode=neo4j.READ_ACCESS,
            fetch_size=max(1, min(1000, request["rows"] + 1)),
        )


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    """Say which limit it was where the server has stopped a statement for its time."""
    try:
        yield
    except Neo4jError as error:
        if not _TIMED_OUT.search(error.code or ""):
            raise
        raise QueryLimitError(
            f"Stopped after {seconds:g} seconds.", "Narrow the pattern, or raise the limit (ZHITU_QUERY_SECONDS)."
        ) from error


def _begin(session: neo4j.Session, request: Message, spent: float = 0.0) -> neo4j.Transaction:
    left = max(0.1, request["seconds"] - spent)  # 0 would mean without end
    return session.begin_transaction(timeout=left, metadata={"zhitu": request["mark"]})


def _plan(session: neo4j.Session, request: Message) -> neo4j.ResultSummary:
    with _begin(session, request) as transaction:
        try:
            return transaction.run(_trusted(EXPLAIN + request["statement"]), request["parameters"]).consume()
        except ClientError as error:
            found = _query_error(error)
            if not isinstance(found, QuerySyntaxError):
                raise
            column = found.column - len(EXPLAIN) if found.line == 1 else found.column
            raise QuerySyntaxError(found.message, line=found.line, column=column) from error


def _trusted(statement: str) -> LiteralString:
    """Vouch for a user's statement: it is run by itself, nothing is pasted into it, and it was judged."""
    return cast("LiteralString", statement)  # type: ignore[redundant-cast]  # mypy takes LiteralString for str


def _judge(summary: neo4j.ResultSummary) -> None:
    """Refuse what the server's plan shows to be more than a read of the graph."""
    operators = list(_operators(summary.plan)) if summary.plan else []
    for name, details in operators:
        if name == "ProcedureCall" and (called := details.partition("(")[0]) not in PROCEDURES:
            raise QueryRefusedError(
                f"The procedure {called} may not be called here.", f"Allowed: {', '.join(PROCEDURES)}."
            )
        if _REFUSED_OPERATORS.search(name):
            raise QueryRefusedError(f"This is no question to the graph ({name}): nothing else is run here.")
    if summary.query_type != "r":
        raise QueryRefusedError(WOULD_CHANGE)


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and details of all operators of a plan."""
    waiting = [plan]
    while waiting:
        each = waiting.pop()
        yield str(each["operatorType"]).partition("@")[0], str(each.get("args", {}).get("Details", ""))
        waiting.extend(each.get("children", ()))


def _taken(result: neo4j.Result, limit: int, size: int) -> tuple[list[list[Any]], str]:
    """Take rows until a limit is met, which is named."""
    rows: list[list[Any]] = []
    taken = 0
    for record in result:
        row = [_value(value) for value in record.values()]
        taken += len(json.dumps(row))
        if len(rows) == limit:
            return rows, "rows"
        if taken > size:
            return rows, "size"
        rows.append(row)
    return rows, ""


def _value(value: Any) -> Any:  # noqa: ANN401, PLR0911 -- from Bolt's types to JSON's
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, neo4j.graph.Node):
        return {"~id": value.element_id, "~labels": sorted(value.labels), **_fields(value)}
    if isinstance(value, neo4j.graph.Relationship):
        ends = {"~source": _end(value.start_node), "~target": _end(value.end_node)}
        return {"~id": value.element_id, "~type": value.type, **ends, **_fields(value)}
    if isinstance(value, neo4j.graph.Path):
        return {"~nodes": [_value(each) for each in value.nodes], "~relationships": [_value(each) for each in value]}
    if isinstance(value, Mapping):
        return {str(name): _value(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, neo4j.time.Date | neo4j.time.Time | neo4j.time.DateTime | neo4j.time.Duration):
        return value.iso_format()
    return str(value)


def _fields(entity: neo4j.graph.Entity) -> dict[str, Any]:
    return {name: _value(value) for name, value in entity.items()}


def _end(node: neo4j.graph.Node | None) -> str:
    return node.element_id if node else ""


def _described(error: Exception) -> Message | None:
    if isinstance(error, Neo4jError):
        return _answer(_query_error(error))
    if isinstance(error, DriverError | OSError):
        return _answer(store_error(error, Address("the server", "", "")))
    if isinstance(error, ZhituError):
        return _answer(error)
    if isinstance(error, ValueError | OverflowError):
        return _answer(QueryError(f"A parameter cannot be sent: {error}."))
    return None


def _query_error(error: Neo4jError) -> ZhituError:
    """Return what the server has against a statement, in its own words."""
    code = error.code or ""
    told = message(error)
    place = _PLACE.search(error.message or "")
    if _OVER_MEMORY.search(code):
        return QueryLimitError(
            "Stopped: it needs more memory than the server gives a statement.", "Narrow the pattern."
        )
    if "AccessMode" in code or "Forbidden" in code:
        return QueryRefusedError(told)
    if place:
        told = told[: told.rfind(place[0])].strip() if place[0] in told else told
        return QuerySyntaxError(told, line=int(place[1]), column=int(place[2]))
    if ".Statement." in code or ".Procedure." in code:
        return QueryError(told)
    return store_error(error, Address("the server", "", ""))


_MEANINGS: Final = {
    QuerySyntaxError: "syntax",
    QueryRefusedError: "refused",
    QueryLimitError: "limit",
    QueryError: "failed",
    StoreUnavailableError: "gone",
}


def _answer(error: ZhituError) -> Message:
    meaning = _MEANINGS.get(type(error), "store")
    line, column = (error.line, error.column) if isinstance(error, QuerySyntaxError) else (0, 0)
    return {"meaning": meaning, "message": error.message, "hint": error.hint, "line": line, "column": column}


if __name__ == "__main__":
    main()
