"""Notes that come from the browser: files and zip archives, written to a folder of their own to be ingested from.

An archive is never unpacked as a whole: only entries that are notes by their name, within the settings' limits, and
only to places inside the folder.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from graph.errors import NoteError
from graph.settings import Settings
from ingest.records import Notice

_ENDINGS = (".md", ".markdown")
_CHUNK = 1 << 16


def receive(files: Iterable[tuple[str, bytes]], folder: Path, settings: Settings) -> tuple[Notice, ...]:
    """Write uploaded files (name and bytes) and the notes of uploaded archives below a folder.

    Returns
    -------
    What was left out, and why.
    """
    notices: list[Notice] = []
    for name, data in files:
        if name.lower().endswith(".zip"):
            notices += _unpack(name, data, folder, settings)
        elif problem := _problem(name):
            notices.append(Notice(name, 0, problem))
        else:
            _keep(folder, PurePosixPath(name).name, io.BytesIO(data), len(data) + 1)
    return tuple(notices)


def _unpack(name: str, data: bytes, folder: Path, settings: Settings) -> Iterator[Notice]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        yield Notice(name, 0, f"is no archive that can be read ({error})")
        return
    taken = 0
    with archive:
        for entry in archive.infolist():
            inside = entry.filename
            if entry.is_dir() or not inside.lower().endswith(_ENDINGS):
                continue
            problem = _problem(inside) or _entry_problem(entry)
            if not problem and taken >= settings.max_files:
                yield Notice(name, 0, f"holds more than {settings.max_files} notes; ZHITU_MAX_FILES allows more")
                return
            if not problem:
                problem = _extract(archive, entry, folder, settings.max_file_bytes)
                taken += not problem
            if problem:
                yield Notice(f"{name}/{inside}", 0, problem)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int) -> str:
    try:
        with archive.open(entry) as file:
            return _keep(folder, entry.filename, file, limit)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        return f"cannot be unpacked ({error})"


def _keep(folder: Path, name: str, file: IO[bytes], limit: int) -> str:
    """Write a file a piece at a time, so that what unpacks to more than the limit is never unpacked further."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return "would be written outside the folder"
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with path.open("wb") as out:
        while piece := file.read(_CHUNK):
            written += len(piece)
            if written > limit:
                break
            out.write(piece)
    if written > limit:
        path.unlink()
        return f"is larger than {limit} bytes; ZHITU_MAX_FILE_BYTES allows more"
    return ""


def _problem(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    if not name.lower().endswith(_ENDINGS):
        return "is neither a Markdown note nor a zip archive"
    if "\\" in name or ":" in name or name.startswith("/") or ".." in parts or "\0" in name:
        return "has a name that leads out of the archive"
    return ""


def _entry_problem(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is no ordinary file"
    return "is encrypted" if entry.flag_bits & 1 else ""


def folder_of(text: str) -> Path:
    """Return the folder (or file) that somebody typed.

    Raises
    ------
    NoteError
        There is none.
    """
    path = Path(text.strip()).expanduser()
    try:
        there = bool(text.strip()) and path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise NoteError(text.strip()[:200] or "—", 0, "is no file or folder of this machine.")
    return path
