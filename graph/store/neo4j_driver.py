"""How Neo4j is reached, and what its driver's exceptions mean to a user."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from graph.errors import (
    SettingsError,
    StoreAccessError,
    StoreError,
    StoreUnavailableError,
    StoreVersionError,
    ZhituError,
)

#: What the address of a Neo4j store begins with; ``+s`` is encrypted, ``+ssc`` accepts any certificate.
SCHEMES: Final = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
OLDEST: Final = 5

_CONNECT_SECONDS = 5.0
_ACQUIRE_SECONDS = 10.0  # a connection from the pool, handshake and login included
#: So long what failed is tried again: a reader waits for a word, a load would rather be finished.
READ_SECONDS: Final = 2.0
WRITE_SECONDS: Final = 15.0
_AGAIN = "Running the same command again goes on from there."
_READ_ONLY = ("ReadOnly", "WriteOnReadOnly", "AccessMode", "General.DatabaseUnavailable", "NotALeader")

#: Signs in a chain of exceptions, what they mean, and what to do: the first that matches.
_UNREACHED: Final = (
    (re.compile("gaierror|DNS resolve"), "There is no host called {host}.", "Check the address."),
    (
        re.compile("SSL|BoltSecurityError"),
        "{uri} asks for encryption: the server offers none, or its certificate is not trusted.",
        "Without encryption it begins with neo4j:// or bolt://, for a certificate of your own with neo4j+ssc://.",
    ),
    (
        re.compile("looks like HTTP"),
        "What answers at {uri} is a web server.",
        "Bolt's port is 7687 unless set otherwise.",
    ),
    (
        re.compile("TimeoutError|timed out|deadline"),
        "{uri} does not answer.",
        "Check host and port, and whether a firewall is between.",
    ),
    (re.compile("SessionExpired|defunct|IncompleteCommit"), "The connection to {uri} was lost.", "Try again."),
)

# its warnings ("Unable to retrieve routing information") come as errors too, with more said
logging.getLogger("neo4j").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and as whom to ask it; the password is never shown."""

    uri: str
    user: str
    password: str = field(repr=False)
    database: str = ""


def connect(address: Address) -> neo4j.Driver:
    """Make a driver and see that a server answers which this Zhitu can use.

    Raises
    ------
    SettingsError
        The address is of no known form.
    StoreError
        There is no such server, it does not let the user in, or it is too old.
    """
    _check(address.uri)
    with translated(address):
        driver = neo4j.GraphDatabase.driver(
            address.uri,
            auth=(address.user, address.password) if address.password else None,
            connection_timeout=_CONNECT_SECONDS,
            connection_acquisition_timeout=_ACQUIRE_SECONDS,
            max_transaction_retry_time=READ_SECONDS,
            liveness_check_timeout=30,
            user_agent="zhitu",
        )
        try:
            _check_version(address, driver.get_server_info().agent)
        except BaseException:
            driver.close()
            raise
    return driver


def _check(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    else:
        if parts.username or parts.password:
            raise SettingsError(
                "The store's address holds a user or password.", "They go into NEO4J_USER and NEO4J_PASSWORD."
            )
    if not usable:
        raise SettingsError(
            f"“{uri}” is no address of a Neo4j server.", "It is of the form neo4j://HOST or bolt://HOST:PORT."
        )


def _check_version(address: Address, agent: str) -> None:
    number = re.match(r"Neo4j/(\d+)\.", agent)
    if number and int(number[1]) < OLDEST:
        raise StoreVersionError(
            f"The server at {address.uri} is {agent.replace('/', ' ')}, and Zhitu needs Neo4j {OLDEST} or newer.",
            "Update the server, or use the embedded store: --store embedded:DIR.",
        )


@contextmanager
def translated(address: Address, *, writing: bool = False) -> Iterator[None]:
    """Turn the driver's exceptions into `StoreError`s that say what to do.

    Parameters
    ----------
    writing
        A graph is being written, so what is lost is said to be finished by another run.
    """
    try:
        yield
    except (Neo4jError, DriverError, OSError) as error:
        raise store_error(error, address, writing=writing) from error
    except ExceptionGroup as error:  # of a cluster's routers
        raise store_error(error, address, writing=writing) from error


def store_error(error: BaseException, address: Address, *, writing: bool = False) -> ZhituError:
    """Return what an exception of the driver means, with what to do next."""
    chain = list(_chain(error))
    for each in chain:
        if found := _certain(each, address):
            return found
    if any(isinstance(each, ServiceUnavailable | SessionExpired | OSError) for each in chain):
        return _unreached(chain, address, writing=writing)
    code = getattr(error, "code", "") or ""
    told = message(error)
    if any(each in code for each in _READ_ONLY) or "read only" in told or "read-only" in told:
        return StoreError(
            f"The database at {address.uri} cannot be written now: {told}",
            "It may be read-only, or its disk full: the server's log says which. " + _AGAIN,
        )
    hint = _AGAIN if writing else "The server's log may tell more."
    transient = getattr(error, "is_retryable", bool)()
    return (StoreUnavailableError if transient else StoreError)(f"Neo4j at {address.uri} says: {told}", hint)


def message(error: BaseException) -> str:
    """Return the first line of the server's own words."""
    told = getattr(error, "message", None) or str(error) or type(error).__name__
    return str(told).strip().partition("\n")[0]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception, its causes, and those of a group, outermost first."""
    seen = 0
    waiting = [error]
    while waiting and seen < 50:
        each = waiting.pop(0)
        if each is None:
            continue
        seen += 1
        yield each
        waiting.append(each.__cause__ or each.__context__)
        waiting.extend(each.exceptions if isinstance(each, BaseExceptionGroup) else ())


def _certain(error: BaseException, address: Address) -> ZhituError | None:
    """Return what an exception means that needs no others to be understood."""
    code = getattr(error, "code", "") or ""
    if isinstance(error, ZhituError):
        return error
    if isinstance(error, AuthError):
        return _not_let_in(error, address)
    if isinstance(error, Forbidden):
        return StoreAccessError(
            f"{address.uri} does not permit this to the user {address.user}: {message(error)}",
            "An administrator of the server grants it.",
        )
    if isinstance(error, ClientError) and "DatabaseNotFound" in code:
        return StoreError(
            f"The server at {address.uri} has no database called “{address.database or 'neo4j'}”.",
            "NEO4J_DATABASE names another; SHOW DATABASES lists what there is.",
        )
    if isinstance(error, ConfigurationError):
        return SettingsError(f"“{address.uri}” cannot be used: {message(error)}")
    return None


def _not_let_in(error: AuthError, address: Address) -> StoreAccessError:
    if not address.password:
        return StoreAccessError(f"{address.uri} wants a password.", "Set NEO4J_USER and NEO4J_PASSWORD.")
    if "AuthenticationRateLimit" in (error.code or ""):
        return StoreAccessError(
            f"{address.uri} takes no password for the user {address.user} after too many wrong ones.",
            "Wait some seconds, and check NEO4J_PASSWORD.",
        )
    if "CredentialsExpired" in (error.code or ""):
        return StoreAccessError(
            f"The password of the user {address.user} at {address.uri} has to be changed first.",
            "ALTER CURRENT USER SET PASSWORD does it, in cypher-shell.",
        )
    return StoreAccessError(
        f"{address.uri} does not accept this password for the user {address.user}.",
        "Check NEO4J_USER and NEO4J_PASSWORD.",
    )


def _unreached(chain: list[BaseException], address: Address, *, writing: bool) -> StoreUnavailableError:
    if writing:
        return StoreUnavailableError(f"The connection to {address.uri} was lost while writing.", _AGAIN)
    told = " ".join(f"{type(each).__name__} {each}" for each in chain)
    for signs, what, hint in _UNREACHED:
        if signs.search(told):
            host = urlsplit(address.uri).hostname
            return StoreUnavailableError(what.format(uri=address.uri, host=host), hint)
    return StoreUnavailableError(
        f"No Neo4j server answers at {address.uri}.", "Start it, or check host and port; then try again."
    )
