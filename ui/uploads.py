"""Notes that come from the browser: files and zip archives, kept in a folder of their own to be ingested from.

An archive is never unpacked as a whole: only entries that are notes by their name, within the settings' limits, and
only to places inside the folder. What is received comes into the folder only once all of it is there, and leaves it
again if it does not come into the graph.
"""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from filelock import FileLock, Timeout

from graph.errors import NoteError, StateError, StoreLockedError
from graph.model import Document
from graph.settings import Settings
from ingest.cache import cache_folder
from ingest.read import NOTE_SUFFIXES, find_notes, printable, root_id
from ingest.records import Notice


def uploads_folder(settings: Settings) -> Path:
    """Return where uploaded notes are kept: inside an embedded store, else in the state folder."""
    cache = cache_folder(settings)
    embedded = settings.store.startswith("embedded:")
    return cache.parent / "uploads" if embedded else settings.state / "uploads" / cache.name


@dataclass(frozen=True, slots=True)
class Received:
    """Uploaded notes that came into the folder of those kept, by their paths in it, and what was left out."""

    folder: Path
    before: Path
    added: list[Path] = field(default_factory=list)
    left_out: tuple[Notice, ...] = ()

    def take(self, incoming: Path) -> None:
        """Move new notes into the folder; those that they replace are set aside."""
        for file in sorted(path for path in incoming.rglob("*") if path.is_file()):
            name = file.relative_to(incoming)
            place = self.folder / name
            self.added.append(name)
            if place.is_file():
                (self.before / name).parent.mkdir(parents=True, exist_ok=True)
                place.replace(self.before / name)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)

    def reject(self, paths: Collection[str] | None = None) -> None:
        """Put back what was there before the notes of these paths, or before all of them."""
        for name in self.added:
            if paths is not None and printable(name.as_posix()) not in paths:
                continue
            if (self.before / name).is_file():
                (self.before / name).replace(self.folder / name)
            elif (self.folder / name).is_file():
                (self.folder / name).unlink()


@contextmanager
def received(files: Iterable[tuple[str, bytes]], settings: Settings) -> Iterator[Received]:
    """Add uploaded files to those kept; if the block fails or is cancelled, the folder is as it was.

    Raises
    ------
    StoreLockedError
        Somebody else is adding notes.
    StateError
        The folder cannot be written to.
    """
    folder = uploads_folder(settings)
    incoming, before = folder.parent / "uploads-new", folder.parent / "uploads-before"
    with _alone(folder), _cleared(incoming, before):
        with _translated(folder):
            left_out = receive(files, incoming, settings)
        arrived = Received(folder, before, left_out=left_out)
        try:
            with _translated(folder):
                arrived.take(incoming)
            yield arrived
        except BaseException:
            arrived.reject()
            raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other sessions and processes away from the folder."""
    with _translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / "uploads.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise StoreLockedError("Somebody else is adding notes.", "Wait until that is done.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _cleared(*folders: Path) -> Iterator[None]:
    """Begin and end without these folders: a process that was killed may have left them."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(f"{folder} cannot be written to: {error}.", "See its permissions and its room.") from error


def kept(settings: Settings) -> bool:
    """Tell whether there are uploaded notes."""
    return any(path.is_file() for path in uploads_folder(settings).rglob("*"))


def forget(documents: Collection[Document], settings: Settings) -> None:
    """Delete the uploaded notes that documents were made of."""
    folder = uploads_folder(settings)
    if not folder.is_dir():
        return
    root = root_id(folder.resolve())
    paths = {document.path for document in documents if document.root == root}
    for note in find_notes([folder], settings)[0]:
        if note.path in paths:
            note.file.unlink(missing_ok=True)


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
        elif problem := _problem(name) or _keep(
            folder, PurePosixPath(name).name, io.BytesIO(data), settings.max_file_bytes
        ):
            notices.append(Notice(name, 0, problem))
    return tuple(notices)


def _unpack(name: str, data: bytes, folder: Path, settings: Settings) -> Iterator[Notice]:
    try:
        archive = _opened(data)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield Notice(name, 0, f"is no archive that can be read ({error})")
        return
    files = room = 0
    with archive:
        for entry in archive.infolist():
            inside = entry.filename
            if entry.is_dir() or _is_litter(inside) or not inside.lower().endswith(NOTE_SUFFIXES):
                continue
            if files >= settings.max_files:
                yield Notice(name, 0, f"holds more than {settings.max_files} notes; ZHITU_MAX_FILES allows more")
                return
            if room >= settings.max_upload_bytes:
                limit = settings.max_upload_bytes
                yield Notice(name, 0, f"unpacks to more than {limit} bytes; ZHITU_MAX_UPLOAD_BYTES allows more")
                return
            files += 1
            room += min(entry.file_size, settings.max_file_bytes)
            problem = (
                _problem(inside) or _entry_problem(entry) or _extract(archive, entry, folder, settings.max_file_bytes)
            )
            if problem:
                yield Notice(f"{name}/{inside}", 0, problem)


def _is_litter(name: str) -> bool:
    """Tell whether a program put it into the archive for itself: ``.obsidian/…``, ``__MACOSX/…``."""
    parts = name.replace("\\", "/").split("/")
    return any(part == "__MACOSX" or (part.startswith(".") and part != "..") for part in parts)


def _opened(data: bytes) -> zipfile.ZipFile:
    """Open an archive; names that do not say their encoding are UTF-8 or, from Chinese systems, GB18030."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return zipfile.ZipFile(io.BytesIO(data), metadata_encoding=encoding)
        except UnicodeDecodeError:
            continue
    return zipfile.ZipFile(io.BytesIO(data))


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int) -> str:
    try:
        with archive.open(entry) as file:
            return _keep(folder, entry.filename, file, limit)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError) as error:
        return f"cannot be unpacked ({error})"


def _keep(folder: Path, name: str, file: IO[bytes], limit: int) -> str:
    """Write a file; what unpacks to more than the limit is never unpacked further. Gives what is wrong."""
    data = file.read(limit + 1)
    if len(data) > limit:
        return f"is larger than {limit} bytes; ZHITU_MAX_FILE_BYTES allows more"
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            return "would be written outside the folder"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        return f"cannot be kept ({error.strerror})"
    return ""


def _problem(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    if not name.lower().endswith(NOTE_SUFFIXES):
        return "is neither a Markdown note nor a zip archive"
    if "\\" in name or ":" in name or name.startswith("/") or ".." in parts or "\0" in name:
        return "has a name that leads out of the archive"
    if parts[-1].startswith("."):
        return "is hidden, by the dot before its name"
    return ""


def _entry_problem(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is no ordinary file"
    return "is encrypted" if entry.flag_bits & 1 else ""


def folder_of(text: str, settings: Settings) -> Path:
    """Return the folder (or file) that somebody typed, where the settings allow it.

    Raises
    ------
    NoteError
        There is none, or it is not inside a folder of `Settings.folders`: whether anything is there is not told then.
    """
    typed = text.strip()
    shown = typed[:200] or "—"
    try:
        path = Path(typed).expanduser().resolve()
        inside = any(path.is_relative_to(root.expanduser().resolve()) for root in settings.folders)
        there = bool(typed) and path.exists()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: of a user who does not exist
        raise NoteError(shown, 0, "is no path.") from None
    if typed and not inside:
        allowed = ", ".join(map(str, settings.folders)) or "none"
        raise NoteError(shown, 0, f"is outside the folders that may be read ({allowed}).", "ZHITU_FOLDERS names them.")
    if not there:
        raise NoteError(shown, 0, "is no file or folder of this machine.")
    return path
