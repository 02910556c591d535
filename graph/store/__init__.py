"""Where the graph is kept: `open_store` gives the store that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from graph.errors import SettingsError
from graph.settings import Settings
from graph.store.base import GraphStore

__all__ = ["GraphStore", "open_store"]


def open_store(settings: Settings, *, write: bool = False) -> GraphStore:
    """Open the store that ``settings.store`` names, by the scheme of its address.

    Parameters
    ----------
    write
        Keep other writers out until the store is closed: for those who read the content, change it
        and write it back.

    Raises
    ------
    SettingsError
        The address is of no known form.
    StoreError
        The store cannot be opened.
    """
    scheme, colon, place = settings.store.partition(":")
    opener = _OPENERS.get(scheme)
    if not (opener and colon and place):
        raise SettingsError(
            f"“{settings.store}” is no address of a store.",
            f"It begins with one of {', '.join(_OPENERS)}: and a place.",
        )
    return opener(settings, write)


def _embedded(settings: Settings, write: bool) -> GraphStore:
    from graph.store.arcade import ArcadeStore  # noqa: PLC0415 -- only what is used is loaded

    folder = Path(settings.store.partition(":")[2])
    return ArcadeStore(folder, heap_mb=settings.heap_mb, write=write)


def _neo4j(settings: Settings, write: bool) -> GraphStore:
    from graph.store.neo4j import Neo4jStore  # noqa: PLC0415 -- as above
    from graph.store.neo4j_driver import Address  # noqa: PLC0415 -- as above

    address = Address(settings.store, settings.neo4j_user, settings.neo4j_password, settings.neo4j_database)
    return Neo4jStore(address, memory_mb=settings.heap_mb, write=write)


_NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_OPENERS: dict[str, Callable[[Settings, bool], GraphStore]] = {"embedded": _embedded, **dict.fromkeys(_NEO4J, _neo4j)}
