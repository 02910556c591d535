"""Everything that can be set from outside: environment variables, read once into one frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from graph.errors import SettingsError

_PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings: variable, default, and what it means."""

    variable: str
    default: str
    help: str


#: All settings; README's table is checked against this one.
SETTINGS = (
    Setting("ZHITU_STORE", "", "Where the graph is: embedded:DIR, neo4j://HOST, neo4j+s://HOST or bolt://HOST"),
    Setting("NEO4J_USER", "neo4j", "User for a Neo4j store"),
    Setting("NEO4J_PASSWORD", "", "Password for a Neo4j store"),
    Setting("NEO4J_DATABASE", "", "Database of a Neo4j store; the server's default if empty"),
    Setting("ZHITU_STATE", "", "Folder for what a learner keeps on this machine: known concepts, saved queries"),
    Setting("ZHITU_LEXICON", "", "CSV files of your own with further concepts, separated as in PATH"),
    Setting(
        "ZHITU_CONFIDENCE", "0.2", "Relations less sure than this stay out of the graph; docs/quality.md has the cost"
    ),
    Setting(
        "ZHITU_EXTRACTOR", "", "MODULE:NAME of an extractor of your own in place of the rules; see docs/extractor.md"
    ),
    Setting("ZHITU_MAX_FILE_BYTES", "20000000", "Notes larger than this are refused"),
    Setting("ZHITU_MAX_LINE_CHARS", "1000000", "Notes with a longer line are refused"),
    Setting("ZHITU_MAX_FILES", "100000", "More notes than this in one ingest are refused"),
    Setting("ZHITU_MAX_UPLOAD_BYTES", "1000000000", "Archives in the app are unpacked no further than this"),
    Setting("ZHITU_FOLDERS", "~", "Folders that the app may read notes from, separated as in PATH; none: no folder"),
    Setting("ZHITU_QUERY_SECONDS", "10", "Time limit of a Cypher statement"),
    Setting("ZHITU_QUERY_ROWS", "1000", "Row limit of a Cypher statement"),
    Setting("ZHITU_QUERY_BYTES", "8000000", "Size limit of a Cypher statement's result"),
    Setting("ZHITU_HEAP_MB", "512", "Memory of the embedded store's Java machine, in megabytes"),
    Setting("ZHITU_READ_ONLY", "no", "yes: no uploads, removals or corrections from the app"),
    Setting("ZHITU_USERS", "", "E-mail addresses that a login lets into the app, separated by commas; empty: all"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as values; the password is never shown."""

    store: str
    neo4j_user: str = "neo4j"
    neo4j_password: str = field(default="", repr=False)
    neo4j_database: str = ""
    state: Path = Path()
    lexicons: tuple[Path, ...] = ()
    confidence: float = 0.2
    extractor: str = ""
    max_file_bytes: int = 20_000_000
    max_line_chars: int = 1_000_000
    max_files: int = 100_000
    max_upload_bytes: int = 1_000_000_000
    folders: tuple[Path, ...] = ()
    query_seconds: float = 10.0
    query_rows: int = 1000
    query_bytes: int = 8_000_000
    heap_mb: int = 512
    read_only: bool = False
    users: tuple[str, ...] = ()


def load_settings(environment: Mapping[str, str] | None = None, *, store: str | None = None) -> Settings:
    """Read the settings.

    Parameters
    ----------
    environment
        `os.environ` by default.
    store
        The command line's ``--store``, which wins over ``ZHITU_STORE``.

    Raises
    ------
    SettingsError
        Names the variable and what it may hold.
    """
    env = os.environ if environment is None else environment
    value = {row.variable: env.get(row.variable, "").strip() or row.default for row in SETTINGS}
    return Settings(
        store=store or value["ZHITU_STORE"] or f"embedded:{project_folder() / 'build' / 'zhitu'}",
        neo4j_user=value["NEO4J_USER"],
        neo4j_password=value["NEO4J_PASSWORD"],
        neo4j_database=value["NEO4J_DATABASE"],
        state=Path(value["ZHITU_STATE"] or platformdirs.user_data_dir("zhitu", appauthor=False)),
        lexicons=tuple(Path(part) for part in value["ZHITU_LEXICON"].split(os.pathsep) if part),
        confidence=_share(value, "ZHITU_CONFIDENCE"),
        extractor=value["ZHITU_EXTRACTOR"],
        max_file_bytes=_whole(value, "ZHITU_MAX_FILE_BYTES"),
        max_line_chars=_whole(value, "ZHITU_MAX_LINE_CHARS"),
        max_files=_whole(value, "ZHITU_MAX_FILES"),
        max_upload_bytes=_whole(value, "ZHITU_MAX_UPLOAD_BYTES"),
        folders=_folders(value["ZHITU_FOLDERS"]),
        query_seconds=float(_whole(value, "ZHITU_QUERY_SECONDS")),
        query_rows=_whole(value, "ZHITU_QUERY_ROWS"),
        query_bytes=_whole(value, "ZHITU_QUERY_BYTES"),
        heap_mb=_whole(value, "ZHITU_HEAP_MB"),
        read_only=_yes(value, "ZHITU_READ_ONLY"),
        users=tuple(part.strip().casefold() for part in value["ZHITU_USERS"].split(",") if part.strip()),
    )


def project_folder() -> Path:
    """Return the checkout that this code runs from, or the working folder where it is installed."""
    return _PROJECT if (_PROJECT / "pyproject.toml").is_file() else Path.cwd()


def data_folder() -> Path:
    """Return the folder of the ontology, the lexicon, the rules and the sample notes."""
    beside = _PROJECT / "data"  # a checkout; a wheel carries the folder inside this package
    return beside if beside.is_dir() else Path(__file__).resolve().parent / "data"


def app_file() -> Path:
    """Return the Streamlit entry: in a checkout at the top, in a wheel inside the package `ui`."""
    top = _PROJECT / "app.py"
    return top if top.is_file() else _PROJECT / "ui" / "app.py"


def _whole(value: Mapping[str, str], variable: str) -> int:
    text = value[variable]
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise SettingsError(f"{variable} is “{text}”, not a whole number above 0.")
    return int(text)


def _share(value: Mapping[str, str], variable: str) -> float:
    text = value[variable]
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SettingsError(f"{variable} is “{text}”, not a number from 0 to 1.")
    return share


def _folders(text: str) -> tuple[Path, ...]:
    return () if text.lower() == "none" else tuple(Path(part) for part in text.split(os.pathsep) if part)


def _yes(value: Mapping[str, str], variable: str) -> bool:
    text = value[variable].lower()
    if text not in ("yes", "no"):
        raise SettingsError(f"{variable} is “{text}”, not yes or no.")
    return text == "yes"
