"""What the code says while it works, for those who ask: lines of text, or of JSON for programs.

All loggers are below ``zhitu``. Without `start` nothing is printed: a library does not talk to its
user's terminal. Passwords are in no message; names and texts of notes are escaped, since a log is read
in a terminal too.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TextIO

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

logging.getLogger("zhitu").addHandler(logging.NullHandler())


class Form(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


def logger(name: str) -> logging.Logger:
    """Return the logger of a part of the program, such as "ingest"."""
    return logging.getLogger(f"zhitu.{name}")


def start(form: Form = Form.TEXT, *, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Write the log from now on, in one form and place; calling it again changes them.

    Parameters
    ----------
    verbose
        Also what happens to each note, not just each stage.
    stream
        Standard error by default.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if form is Form.JSON else _Text())
    root = logging.getLogger("zhitu")
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    root.propagate = False


class _Json(logging.Formatter):
    """One object a line: time, level, logger, message, and the fields given by ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str)


class _Text(logging.Formatter):
    """Time, logger, message, and the fields as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{time} {record.levelname.lower()} {record.name}: {record.getMessage()}{fields}"
        line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}
