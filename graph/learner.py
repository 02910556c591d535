"""What a learner keeps on this machine: what is known, being learned or wanted, and corrections of prerequisites.

Concepts are kept by their canonical names, so that all of it survives another ingest. Each profile (a person, where
several use one app) is a JSON file in the folder ``profiles`` of `Settings.state`; corrections hold for everybody and
are in ``corrections.csv`` beside it. A file is replaced as a whole, under a lock: neither a crash nor a second process
leaves half of it or loses a change.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout

from graph.errors import StateError

DEFAULT_PROFILE = "default"
_LONGEST_NAME = 60
_LOCK_SECONDS = 10.0
_COLUMNS = ("prerequisite", "target", "verdict")
_VERDICTS = {"wrong": True, "missing": False}


class Status(StrEnum):
    """How a learner stands to a concept."""

    KNOWN = "known"
    LEARNING = "learning"
    WANT = "want"


@dataclass(frozen=True, slots=True)
class Correction:
    """A reader's word on a pair, by concept names: it is `wrong`, or missing and to be added."""

    prerequisite: str
    target: str
    wrong: bool


class Learner:
    """One profile.

    Parameters
    ----------
    state
        `Settings.state`; made when something is first kept.
    profile
        Whose.

    Raises
    ------
    StateError
        The profile's name is empty or too long.
    """

    def __init__(self, state: Path, profile: str = DEFAULT_PROFILE) -> None:
        self.profile = profile.strip()
        if not 0 < len(self.profile) <= _LONGEST_NAME:
            raise StateError(f"“{profile[:_LONGEST_NAME]}” is no name of a profile: 1 to {_LONGEST_NAME} characters.")
        self._state = state
        self._path = _profiles(state) / f"{quote(self.profile, safe='')}.json"

    def statuses(self) -> Mapping[str, Status]:
        """Return the status of each concept (its name) that has one, sorted by name.

        Raises
        ------
        StateError
            The file is damaged; the message names it.
        """
        text = _read(self._path)
        return _statuses(text, str(self._path)) if text else {}

    def names(self, status: Status) -> tuple[str, ...]:
        """Return the names of the concepts with a status, sorted."""
        return tuple(name for name, one in self.statuses().items() if one is status)

    def mark(self, names: Iterable[str], status: Status | None) -> None:
        """Give concepts (canonical names) a status, or none."""
        with _locked(self._state):
            statuses = dict(self.statuses())
            for name in names:
                statuses.pop(name, None)
                if status:
                    statuses[name] = status
            _write(self._path, self._text(statuses))

    def export(self) -> str:
        """Return the profile as JSON, to be imported elsewhere."""
        return self._text(self.statuses())

    def load(self, text: str) -> int:
        """Take over what another profile exported; returns how many concepts it holds.

        Raises
        ------
        StateError
            The text is no exported profile; nothing is changed.
        """
        loaded = _statuses(text, "The file to import")
        with _locked(self._state):
            _write(self._path, self._text({**self.statuses(), **loaded}))
        return len(loaded)

    def _text(self, statuses: Mapping[str, Status]) -> str:
        concepts = {name: str(statuses[name]) for name in sorted(statuses)}
        return json.dumps({"profile": self.profile, "concepts": concepts}, ensure_ascii=False, indent=1) + "\n"


def profiles(state: Path) -> tuple[str, ...]:
    """Return the names of all profiles, sorted; the default one is always among them."""
    found = {unquote(path.stem) for path in _profiles(state).glob("*.json")}
    return tuple(sorted({DEFAULT_PROFILE, *found}))


def corrections(state: Path) -> tuple[Correction, ...]:
    """Return the corrections, sorted by target and prerequisite.

    Raises
    ------
    StateError
        The file is damaged; the message names it and the row.
    """
    path = _corrections(state)
    text = _read(path)
    if not text:
        return ()
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        if tuple(next(reader, ())) != _COLUMNS:
            raise StateError(f"{path}:1: the columns are not {','.join(_COLUMNS)}.", _MEND)
        return _sorted(_correction(row, f"{path}:{reader.line_num}") for row in reader)
    except csv.Error as error:
        raise StateError(f"{path}:{reader.line_num}: {error}.", _MEND) from error


def correct(state: Path, correction: Correction) -> None:
    """Keep a correction; an earlier one of the same pair goes. The next ingest applies it."""
    with _locked(state):
        others = [one for one in corrections(state) if not _same(one, correction)]
        _write_corrections(state, [*others, correction])


def withdraw(state: Path, prerequisite: str, target: str) -> None:
    """Forget the correction of a pair, if there is one."""
    with _locked(state):
        pair = Correction(prerequisite, target, wrong=True)
        _write_corrections(state, [one for one in corrections(state) if not _same(one, pair)])


_MEND = "Mend the file, or move it away to begin anew."


def _same(one: Correction, other: Correction) -> bool:
    return (one.prerequisite, one.target) == (other.prerequisite, other.target)


def _sorted(rows: Iterable[Correction]) -> tuple[Correction, ...]:
    return tuple(sorted(rows, key=lambda one: (one.target, one.prerequisite)))


def _profiles(state: Path) -> Path:
    return state / "profiles"


def _corrections(state: Path) -> Path:
    return state / "corrections.csv"


def _correction(row: Sequence[str], where: str) -> Correction:
    if len(row) != len(_COLUMNS) or row[2] not in _VERDICTS or not (row[0] and row[1]):
        raise StateError(f"{where}: is not two names and one of {', '.join(_VERDICTS)}.", _MEND)
    return Correction(row[0], row[1], _VERDICTS[row[2]])


def _write_corrections(state: Path, rows: Iterable[Correction]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in _sorted(rows):
        writer.writerow((one.prerequisite, one.target, "wrong" if one.wrong else "missing"))
    _write(_corrections(state), text.getvalue())


def _statuses(text: str, where: str) -> Mapping[str, Status]:
    try:
        concepts = json.loads(text)["concepts"]
        return {str(name): Status(concepts[name]) for name in sorted(concepts)}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"{where} is no profile of a learner: {error}.", _MEND) from error


def _read(path: Path) -> str:
    """Return a file's text, empty where there is no file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"{path} cannot be read: {error}.", _MEND) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error}.", "ZHITU_STATE names another folder.") from error


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    try:
        state.mkdir(parents=True, exist_ok=True)
        with FileLock(state / ".lock", timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise StateError(f"Another process keeps {state} locked.", "Try again when it is done.") from error
    except OSError as error:
        raise StateError(f"{state} cannot be used: {error}.", "ZHITU_STATE names another folder.") from error
