"""Queries that somebody keeps: one JSON file in the settings' state folder, replaced as a whole."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from graph.errors import StateError

_MEND = "Mend the file, or move it away to begin anew."


def saved_queries(state: Path) -> Mapping[str, str]:
    """Return the statements by name, sorted.

    Raises
    ------
    StateError
        The file is damaged.
    """
    path = _file(state)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(found[name]) for name in sorted(found)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise StateError(f"{path} cannot be read: {error}.", _MEND) from error


def save_query(state: Path, name: str, statement: str | None) -> None:
    """Keep a statement under a name, or forget it."""
    queries = dict(saved_queries(state))
    queries.pop(name, None)
    if statement is not None:
        queries[name] = statement
    path = _file(state)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(queries, file, ensure_ascii=False, indent=1)
        Path(beside).replace(path)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error}.", "ZHITU_STATE names another folder.") from error


def _file(state: Path) -> Path:
    return state / "queries.json"
