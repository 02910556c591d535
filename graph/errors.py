"""The exceptions that Zhitu raises, all of one base.

Pages and the command line catch `ZhituError` alone; exceptions of drivers, parsers and
networkx are translated where they enter, with `from`.

::

    ZhituError                  message, and a hint: what to do next
    ├── SettingsError           an environment variable or option that cannot be used
    ├── DataError               a row of data/ (lexicon, ontology, rules): file and row
    ├── NoteError               a note that cannot be read: file and line
    ├── LimitError              input over a documented limit
    ├── ExchangeError           an exported graph that cannot be written, or read back: the file
    ├── StateError              what the learner keeps on this machine cannot be read or written
    ├── StoreError              the store said no
    │   ├── StoreEmptyError     there is no graph yet
    │   ├── StoreLockedError    another process is writing
    │   ├── StoreUnavailableError   not reached, or lost (transient: trying again may help)
    │   ├── StoreAccessError    user, password or permission refused
    │   └── StoreVersionError   made by, or is, a version that this one cannot use
    ├── QueryError              a Cypher statement that has no result
    │   ├── QueryRefusedError   it would write, read files, call what is not allowed, or is too long
    │   ├── QuerySyntaxError    the engine does not understand it: line and column
    │   └── QueryLimitError     stopped at its time, memory or size limit
    └── NotFoundError           nothing under that name
        ├── UnknownConceptError     with the nearest names
        └── NoPathError             with the nearest concepts that do connect
"""

from __future__ import annotations

from collections.abc import Sequence


class ZhituError(Exception):
    """Base of all errors that a user may see.

    Parameters
    ----------
    message
        What is wrong, in one sentence, and where.
    hint
        What to do next; empty where there is nothing to say.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class SettingsError(ZhituError):
    """An environment variable or option that cannot be used."""


class LocatedError(ZhituError):
    """An error with a place in a file; `line` counts from 1, 0 where unknown."""

    def __init__(self, file: str, line: int, message: str, hint: str = "") -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {message}", hint)
        self.file = file
        self.line = line
        self.problem = message


class DataError(LocatedError):
    """A row of the lexicon, the ontology or the rules that cannot be used."""


class NoteError(LocatedError):
    """A note that cannot be read."""


class ExchangeError(LocatedError):
    """An exported graph that cannot be written, or read back."""


class LimitError(LocatedError):
    """Input over a documented limit; the hint names the setting."""


class StateError(ZhituError):
    """A file with what the learner keeps on this machine cannot be read or written."""


class StoreError(ZhituError):
    """The store could not do what was asked."""

    #: Whether the same call may go through later.
    transient = False


class StoreEmptyError(StoreError):
    """There is no graph yet."""


class StoreLockedError(StoreError):
    """Another process is writing to the store."""

    transient = True


class StoreUnavailableError(StoreError):
    """The store was not reached, or the connection was lost."""

    transient = True


class StoreAccessError(StoreError):
    """User, password or permission was refused."""


class StoreVersionError(StoreError):
    """The store is of a version that this one cannot use."""


class QueryError(ZhituError):
    """A Cypher statement that has no result."""


class QueryRefusedError(QueryError):
    """The gate does not let the statement through."""


class QuerySyntaxError(QueryError):
    """The engine does not understand the statement; line and column count from 1, 0 where unknown."""

    def __init__(self, message: str, hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message, hint)
        self.line = line
        self.column = column


class QueryLimitError(QueryError):
    """The statement was stopped at its time, memory or size limit."""


class NotFoundError(ZhituError):
    """Nothing is known under that name."""


class UnknownConceptError(NotFoundError):
    """No concept has this name; `nearest` holds names that are like it, best first."""

    def __init__(self, name: str, nearest: Sequence[str] = ()) -> None:
        near = f"Did you mean {', '.join(nearest)}?" if nearest else "`zhitu search` lists what there is."
        super().__init__(f"No concept is called “{name}”.", near)
        self.name = name
        self.nearest = tuple(nearest)


class NoPathError(NotFoundError):
    """Two concepts are not connected; `nearest` holds concepts on the target's side that are nearest."""

    def __init__(self, source: str, target: str, nearest: Sequence[str] = ()) -> None:
        near = f"Connected with {source}: {', '.join(nearest)}." if nearest else ""
        super().__init__(f"No path leads from {source} to {target}.", near)
        self.source = source
        self.target = target
        self.nearest = tuple(nearest)
