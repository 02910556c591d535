"""Statements to learn from, read from ``data/queries/examples.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from graph.errors import DataError
from graph.settings import data_folder


@dataclass(frozen=True, slots=True)
class Example:
    """A statement with what it asks, in both languages, and the parameters that it is tried with."""

    title_en: str
    title_zh: str
    statement: str
    parameters: dict[str, Any] = field(default_factory=dict)


@cache
def examples(path: Path | None = None) -> tuple[Example, ...]:
    """Return the examples, in the order to learn from them.

    Raises
    ------
    DataError
        The file, or an example in it, cannot be used.
    """
    path = path or data_folder() / "queries" / "examples.yaml"
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(str(path), 0, f"cannot be read: {error}.") from error
    return tuple(_example(path, number, row) for number, row in enumerate(rows, start=1))


def _example(path: Path, number: int, row: Any) -> Example:  # noqa: ANN401 -- what YAML holds
    try:
        return Example(row["title_en"], row["title_zh"], row["statement"].strip(), row.get("parameters", {}))
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(str(path), 0, f"example {number} cannot be used: {error}.") from error
