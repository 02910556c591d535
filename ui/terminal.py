"""Printing to a terminal: tables by rich, JSON, and nothing in either that a terminal would obey."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from graph.store.base import Progress

#: Categories of characters that a terminal may obey or that turn the text around: control, format, surrogate.
_UNSAFE = ("Cc", "Cf", "Cs")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with what a terminal would obey escaped.

    Parameters
    ----------
    lines
        Line ends stay; else each is a blank.

    Examples
    --------
    >>> printable("a\x1b[2Jb\nc")
    'a\\x1b[2Jb c'
    """
    return "".join(_printable(character, lines) for character in text)


def _printable(character: str, lines: bool) -> str:
    if character in "\r\n\t":
        return character if lines and character == "\n" else " "
    if unicodedata.category(character) in _UNSAFE:
        return character.encode("unicode_escape").decode()
    return character


def print_json(value: object) -> None:
    """Print a value as JSON; control characters are escaped by JSON itself, the others of their kind here."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo("".join(_json_safe(character) for character in text))


def _json_safe(character: str) -> str:
    if character != "\n" and unicodedata.category(character) in _UNSAFE:
        return json.dumps(character)[1:-1]
    return character


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table, wrapped to the terminal's width."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)) if title else None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold", header_style="bold")
    for row in rows:
        table.add_row(*(Text(printable(_cell(value))) for value in row))
    console().print(table)


def print_heading(text: str) -> None:
    """Print a line of its own, in bold."""
    from rich.text import Text

    console().print(Text(printable(text), style="bold"))


def print_text(text: str, indent: int = 0) -> None:
    """Print text, wrapped and indented."""
    from rich.padding import Padding
    from rich.text import Text

    console().print(Padding(Text(printable(text, lines=True)), (0, 0, 0, indent)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def console(*, stderr: bool = False) -> Console:
    """Return where to print: the present standard output or error, as wide as the terminal, or 100 columns."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else 100,
        markup=False,
        highlight=False,
        emoji=False,
    )


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a bar for each stage of long work, on standard error; silent where that is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report


def show_error(error: Any) -> None:  # noqa: ANN401  any exception has words
    """Print an error as one line on standard error."""
    click.echo(f"zhitu: {printable(str(error))}", err=True)
