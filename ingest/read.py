"""Finding notes in folders and decoding them.

Guarantees: nothing outside the given folders is opened, no link is followed, no pipe waited for; the order is
that of the names' bytes. Text is decoded without a doubt or refused: mojibake never enters the graph.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from charset_normalizer import from_bytes

from graph.errors import LimitError, NoteError
from graph.model import Document
from graph.settings import Settings
from ingest.records import Note, Notice

#: What counts as a note in a folder, in lower case.
NOTE_SUFFIXES = (".md", ".markdown")

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
_LISTED = 20  # names in one notice
_SAMPLE = 100_000  # bytes from which an encoding is guessed
_UTF8 = "Save it as UTF-8."
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "an archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]+")
#: Neither text nor allowed in XML; tab and line ends are not among them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


class Found(NamedTuple):
    """A note to read: the folder it belongs to, its path in the graph (printable), and where it is."""

    root: Path
    path: str
    file: Path


def printable(text: str) -> str:
    """Return text with everything escaped that a terminal might obey: control characters, line ends, odd names."""
    return "".join(
        character if character.isprintable() or character == "\u3000" else ascii(character)[1:-1] for character in text
    )


# Finding


def find_notes(paths: Iterable[str | Path], settings: Settings) -> tuple[tuple[Found, ...], tuple[Notice, ...]]:
    """Find the notes among files and folders.

    Parameters
    ----------
    paths
        A file is a note itself, under its own name; a folder is searched for ``*.md`` and ``*.markdown``.

    Returns
    -------
    The notes, sorted by path, each real file once; and what was left out.

    Raises
    ------
    NoteError
        A path does not exist, or is neither file nor folder.
    LimitError
        There are more notes than ``ZHITU_MAX_FILES``.
    """
    notices: list[Notice] = []
    found: dict[Path, Found] = {}
    # the outermost folder first: a file given twice gets the same path whatever the order of arguments
    for root, files in sorted((_of_path(Path(path), notices) for path in paths), key=lambda one: len(one[0].parts)):
        for file in files:
            if len(found) >= settings.max_files and file not in found:
                raise LimitError(
                    printable(str(root)),
                    0,
                    f"there are more than {settings.max_files} notes.",
                    "Ingest fewer, or raise ZHITU_MAX_FILES.",
                )
            found.setdefault(file, Found(root, printable(file.relative_to(root).as_posix()), file))
    distinct = _distinct(list(found.values()))
    return tuple(sorted(distinct, key=lambda note: note.path.encode())), tuple(notices)


def _of_path(path: Path, notices: list[Notice]) -> tuple[Path, Iterator[Path]]:
    """Return the root that a path stands for, and its notes."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NoteError(printable(str(path)), 0, f"cannot be opened ({reason}).", "Check the path.") from error
    if stat.S_ISDIR(mode):
        root = path.resolve()
        return root, _walk(root, notices)
    if not stat.S_ISREG(mode):
        raise NoteError(printable(str(path)), 0, "is neither a file nor a folder.")
    file = path.parent.resolve() / path.name
    return file.parent, iter([file] if _takes(file.parent, file, notices) else [])


def _takes(root: Path, file: Path, notices: list[Notice]) -> bool:
    """Tell whether a file by this name can be a note; add a notice where not."""
    name = file.relative_to(root).as_posix()
    if file.suffix.lower() in _ARCHIVES:
        notices.append(Notice(printable(name), 0, "is an archive and was left alone; unpack it to ingest its notes"))
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        notices.append(Notice(printable(name), 0, "has a name that is not UTF-8 and was left out; rename it"))
        return False
    return True


def _walk(root: Path, notices: list[Notice]) -> Iterator[Path]:
    """Yield the notes below a folder; name what looks like one and is not."""
    folders = [root]
    others: list[str] = []
    while folders:
        folder = folders.pop()
        below: list[Path] = []
        for entry in _entries(root, folder, notices):
            path = folder / entry.name
            if refusal := _refusal(entry):
                notices.append(Notice(printable(path.relative_to(root).as_posix()), 0, refusal))
            elif entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif not entry.name.lower().endswith((*NOTE_SUFFIXES, *_ARCHIVES)):
                others.append(printable(path.relative_to(root).as_posix()))
            elif _takes(root, path, notices):
                yield path
        folders += reversed(below)
    if others:
        more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
        names = ", ".join(others[:_LISTED])
        notices.append(Notice(printable(root.name), 0, f"left out, as they are no notes ({_wanted()}): {names}{more}"))


def _wanted() -> str:
    return ", ".join(f"*{suffix}" for suffix in NOTE_SUFFIXES)


def _entries(root: Path, folder: Path, notices: list[Notice]) -> Sequence[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        name = printable(folder.relative_to(root).as_posix())
        notices.append(Notice(name, 0, f"cannot be read ({error.strerror}) and was left out"))
        return []


def _refusal(entry: os.DirEntry[str]) -> str:
    """Return why an entry of a folder is not looked at, empty where it is."""
    if entry.is_symlink():
        return "is a link and was not followed"
    if entry.name.startswith("."):
        return "is hidden and was left out; give it by name to ingest it"
    if not entry.is_dir(follow_symlinks=False) and not entry.is_file(follow_symlinks=False):
        return "is neither a file nor a folder and was left out"
    return ""


def _distinct(found: list[Found]) -> list[Found]:
    """Put the folder's name, or more of its path, before paths that two folders share."""
    by_path: defaultdict[str, list[Found]] = defaultdict(list)
    for note in found:
        by_path[note.path].append(note)
    taken = {path for path, notes in by_path.items() if len(notes) == 1}
    result = []
    for path in sorted(by_path):
        notes = by_path[path]
        depth = 0
        keys = [path]
        while len(notes) > 1 and (len(set(keys)) < len(notes) or taken & set(keys)):
            depth += 1
            keys = ["/".join((*note.root.parts[1:][-depth:], path)) for note in notes]
            if depth > max(len(note.root.parts) for note in notes):
                break
        taken |= set(keys)
        result += [note._replace(path=key) for note, key in zip(notes, keys, strict=True)]
    return result


# Reading


def root_id(root: Path) -> str:
    """Return what a document keeps of its root: a digest, since the path itself is nobody's business."""
    return hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:12]


def load(found: Found, settings: Settings) -> tuple[Document, bytes]:
    """Return a note's bytes, and its document with their hash and no title yet.

    Raises
    ------
    NoteError
        It cannot be opened.
    LimitError
        It is larger than the settings allow.
    """
    data = _bytes(found.file, found.path, settings.max_file_bytes)
    return Document(found.path, "", hashlib.sha256(data).hexdigest(), root_id(found.root)), data


def decode(document: Document, data: bytes, settings: Settings) -> Note:
    """Decode a note's bytes.

    Raises
    ------
    NoteError
        They are no text, or their encoding is in doubt.
    LimitError
        A line is longer than the settings allow.
    """
    name = document.path
    text, encoding = _decode(data, name)
    _check_lines(text, name, settings.max_line_chars)
    notices: list[Notice] = []
    if control := _CONTROL.search(text):
        count = len(_CONTROL.findall(text))
        if count * 4 > len(text):
            raise NoteError(name, 1, "is not a note: most of it is no text.")
        line = _line_of(text, control.start())
        notices.append(Notice(name, line, f"control characters were replaced by blanks ({count})"))
        text = _CONTROL.sub(" ", text)
    return Note(document, text, encoding, tuple(notices))


def read_note(found: Found, settings: Settings) -> Note:
    """Load a note and decode it."""
    return decode(*load(found, settings), settings)


def _bytes(file: Path, name: str, limit: int) -> bytes:
    # without O_NONBLOCK a pipe that took the file's place would hang us
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(file, flags)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NoteError(name, 0, "is not a file.")
            data = stream.read(limit + 1)
    except OSError as error:
        raise NoteError(name, 0, f"cannot be read ({error.strerror}).") from error
    if len(data) > limit:
        raise LimitError(name, 0, f"is larger than {limit} bytes.", "Split it, or raise ZHITU_MAX_FILE_BYTES.")
    return data


def _check_lines(text: str, name: str, limit: int) -> None:
    if len(text) <= limit:
        return
    for line in _LINE.finditer(text):
        if line.end() - line.start() > limit:
            number = _line_of(text, line.start())
            hint = "Break it, or raise ZHITU_MAX_LINE_CHARS."
            raise LimitError(name, number, f"the line is longer than {limit} characters.", hint)


def _line_of(text: str, position: int) -> int:
    return 1 + len(_LINE_END.findall(text, 0, position))


def _decode(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name), encoding
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError as error:
        _refuse_binary(data, name)
        _refuse_damaged(data, error.start, name)
    return _legacy(data, name), "gb18030"


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_of(data[: error.start].decode(encoding, "replace"), len(data))
        message = f"begins as {encoding.upper()}, but byte {error.start} is not."
        raise NoteError(name, line, message, _UTF8) from error


def _refuse_binary(data: bytes, name: str) -> None:
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise NoteError(name, 1, f"is not a note but {what}.")
    if b"\0" in data:
        raise NoteError(name, 1, "is not a note: it holds bytes that are no text.")


def _refuse_damaged(data: bytes, first_bad: int, name: str) -> None:
    """Refuse what is UTF-8 but for some bytes: a guess would make mojibake of all of it."""
    text = data.decode(errors="replace")
    good = sum(character > "\x7f" and character != "\ufffd" for character in text)
    if good > text.count("\ufffd"):
        line = 1 + len(re.findall(rb"\r\n|\r|\n", data[:first_bad]))
        raise NoteError(name, line, f"byte {first_bad} is not UTF-8, though the rest is.", "Mend it, or save it anew.")


def _legacy(data: bytes, name: str) -> str:
    """Decode GB18030 where the library and the characters themselves leave no doubt."""
    sample = data if len(data) <= _SAMPLE else data[:_SAMPLE].rpartition(b"\n")[0] or data[:_SAMPLE]
    guess = from_bytes(sample).best()
    if guess is not None and guess.encoding in ("gb18030", "gbk", "gb2312"):
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            line = 1 + len(re.findall(rb"\r\n|\r|\n", data[: error.start]))
            raise NoteError(name, line, f"is like GB18030, but byte {error.start} is not.", _UTF8) from error
        if _is_common(text):
            return text
    raise NoteError(name, 0, "its encoding is neither UTF-8, UTF-16 nor surely GB18030.", _UTF8)


def _is_common(text: str) -> bool:
    """Tell whether nearly all characters are common in simplified Chinese: those of GB 2312, whose first level is."""
    letters = [character for character in text if character > "\x7f"]
    common = sum(_level(character) for character in letters)
    return bool(letters) and common >= 0.9 * len(letters)


def _level(character: str) -> bool:
    code = character.encode("gb2312", "ignore")
    return len(code) == 2 and (code[0] <= 0xA9 or 0xB0 <= code[0] <= 0xD7)
