"""Queries that somebody keeps, and those asked last: JSON files in the settings' state folder, replaced as a whole."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from graph.errors import StateError

_Kept = TypeVar("_Kept", dict[str, Any], list[Any])

_MEND = "Mend the file, or move it away to begin anew."


#: So many statements are remembered.
_HISTORY = 30


def saved_queries(state: Path) -> Mapping[str, str]:
    """Return the statements by name, sorted.

    Raises
    ------
    StateError
        The file is damaged.
    """
    found = _read(_queries(state), dict)
    return {str(name): str(found[name]) for name in sorted(found)}


def save_query(state: Path, name: str, statement: str | None) -> None:
    """Keep a statement under a name, or forget it."""
    queries = dict(saved_queries(state))
    queries.pop(name, None)
    if statement is not None:
        queries[name] = statement
    _write(_queries(state), queries)


def history(state: Path) -> Sequence[str]:
    """Return the statements that were run, the last one first.

    Raises
    ------
    StateError
        The file is damaged.
    """
    return [str(one) for one in _read(_history(state), list)]


def remember(state: Path, statement: str) -> None:
    """Put a statement first in the history."""
    earlier = [one for one in history(state) if one != statement]
    _write(_history(state), [statement, *earlier[: _HISTORY - 1]])


def forget_history(state: Path) -> None:
    """Forget what was run."""
    _write(_history(state), [])


def _read(path: Path, kind: type[_Kept]) -> _Kept:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return kind()
    except (OSError, ValueError, RecursionError) as error:
        raise StateError(f"{path} cannot be read: {error}.", _MEND) from error
    if not isinstance(found, kind):
        raise StateError(f"{path} cannot be read: it holds something else.", _MEND)
    return found


def _write(path: Path, content: object) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
        Path(beside).replace(path)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error}.", "ZHITU_STATE names another folder.") from error


def _queries(state: Path) -> Path:
    return state / "queries.json"


def _history(state: Path) -> Path:
    return state / "history.json"
