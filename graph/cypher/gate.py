"""The console's gate: statements that read the graph, within limits, and nothing else.

Layers, none of which is trusted alone:

1. *Bounds* of length, tokens and nesting. First, as planners hang on what is nested thousands deep,
   and no limit of an engine has begun to count then.
2. *Form*: one statement, which begins with a word that reading ones begin with.
3. *Names*: no LOAD CSV, which every engine counts as reading; procedures and functions in a namespace
   from a list; regular expressions that do not backtrack for years.
4. *The engine*: the store asks it whether the statement is a read (Neo4j's plan and its query type;
   ArcadeDB's ``query``), in a session for reading, with its own limits.
5. *Limits* of time, rows and size, kept by a process that can be ended (see `graph.store`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from graph.cypher.patterns import objection
from graph.cypher.scan import Token, TokenKind, called, functions, nesting, place, scan
from graph.errors import QueryRefusedError, QuerySyntaxError
from graph.store.base import GraphStore, Limits, Table
from graph.store.statements import FUNCTIONS, PROCEDURES

#: Bounds of a statement: its characters, tokens, and how deep it goes.
LENGTH, TOKENS, DEPTH = 10_000, 2_500, 40
#: Words that a statement which reads the graph begins with.
BEGINNINGS: Final = ("MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL", "EXPLAIN")

_ESCAPE: Final = re.compile(r"\\u+([0-9a-fA-F]{4})")
_STRUCTURE: Final = "'\"`\\/*\n\r"


def run(
    store: GraphStore, statement: str, parameters: Mapping[str, Any] | None = None, limits: Limits | None = None
) -> Table:
    """Run a statement that reads.

    Parameters
    ----------
    statement
        Cypher; with EXPLAIN before it, its plan is the result, a line a row.
    parameters
        JSON values by name.
    limits
        By default 10 seconds, 1,000 rows and 8 MB.

    Returns
    -------
    Table
        `truncated` tells whether a limit cut it.

    Raises
    ------
    QueryRefusedError
        It would do more than read the graph, or is too long.
    QuerySyntaxError
        The engine does not understand it.
    QueryLimitError
        It was stopped at its time or memory limit.
    QueryError
        It fails while it runs.
    StoreError
        The store cannot be asked.
    """
    given = dict(parameters or {})
    _check_values(given)
    tokens = scan_within_bounds(statement)
    body, explained = _one_statement(statement, tokens)
    _check_names(statement, body)
    _check_patterns(statement, body, given)
    text = statement[: body[-1].end]
    try:
        if not explained:
            return store.query(text, given, limits or Limits())
        plan = store.explain(_blanked(text, tokens[0]), given)
    except QuerySyntaxError as error:
        where = f"Line {error.line}, column {error.column}: " if error.line else ""
        raise QuerySyntaxError(where + error.message, _dialect(store), error.line, error.column) from error
    return Table(("plan",), tuple((line,) for line in plan.splitlines()))


def scan_within_bounds(statement: str) -> list[Token]:
    """Return a statement's tokens, if it is not too long or too deep."""
    if len(statement) > LENGTH:
        raise QueryRefusedError(
            f"The statement has {len(statement)} characters; at most {LENGTH} are run.",
            "Give long values as parameters.",
        )
    if "\0" in statement:
        raise QueryRefusedError("The statement holds a NUL character.", "Remove it.")
    _check_escapes(statement)
    tokens = scan(statement)
    if len(tokens) > TOKENS:
        raise QueryRefusedError(
            f"The statement has {len(tokens)} words and symbols; at most {TOKENS} are run.",
            "Give long lists as parameters.",
        )
    if (depth := nesting(tokens)) > DEPTH:
        raise QueryRefusedError(f"The statement is nested {depth} deep; at most {DEPTH} are run.", "Simplify it.")
    return tokens


def _check_escapes(statement: str) -> None:
    """Refuse escapes that an engine may decode before it looks where strings end."""
    for match in _ESCAPE.finditer(statement):
        if chr(int(match[1], 16)) in _STRUCTURE:
            raise QueryRefusedError(f"The statement holds {match[0]}.", "Give the text as a parameter.")


def _one_statement(statement: str, tokens: Sequence[Token]) -> tuple[Sequence[Token], bool]:
    """Return the tokens of the one statement there is, without EXPLAIN, and whether that was there."""
    tokens = tokens[:-1] if tokens and tokens[-1].is_symbol(";") else tokens
    if not tokens:
        raise QueryRefusedError("There is no statement.", "MATCH (c:Concept) RETURN c.name LIMIT 10, for instance.")
    for token in tokens:
        if token.is_symbol(";"):
            raise _refused(statement, token, "a second statement begins after this", "Run one at a time.")
        if token.is_symbol("\\") or (token.kind is TokenKind.NAME and _ESCAPE.search(token.text)):
            raise _refused(statement, token, "an escape outside a string", "Write the character itself.")
    explained = tokens[0].keyword == "EXPLAIN"
    body = tokens[1:] if explained else tokens
    if not body or body[0].keyword not in BEGINNINGS[: -1 if explained else None]:
        found = body[0].text if body else "nothing"
        raise QueryRefusedError(
            f"A statement that reads begins with {', '.join(BEGINNINGS[:-1])}; no other is run, so not “{found[:40]}”.",
            "EXPLAIN before one shows its plan.",
        )
    if not any(token.keyword in ("RETURN", "CALL") for token in body):
        raise QueryRefusedError("The statement returns nothing.", "End it with RETURN and what is to be seen.")
    return body, explained


def _check_names(statement: str, tokens: Sequence[Token]) -> None:
    for token, following in pairwise(tokens):
        if token.keyword == "LOAD" and following.keyword == "CSV":
            raise _refused(statement, token, "LOAD CSV, which reads files and addresses", "Pass data as parameters.")
    for name, token in called(tokens):
        if name not in PROCEDURES:
            raise _refused(
                statement, token, f"the procedure {name[:80]} is called", f"These may be: {', '.join(PROCEDURES)}."
            )
    for name, token in functions(tokens):
        if name.lower() not in FUNCTIONS:
            raise _refused(
                statement,
                token,
                f"the function {name[:80]} is called",
                f"In a namespace these may be: {', '.join(FUNCTIONS)}.",
            )


def _check_patterns(statement: str, tokens: Sequence[Token], parameters: Mapping[str, Any]) -> None:
    """See that regular expressions are written out, or parameters, and end in time."""
    for at, token in enumerate(tokens):
        if not token.is_symbol("=~"):
            continue
        pattern, after = _pattern(tokens, at + 1, parameters)
        if pattern is None or (after < len(tokens) and tokens[after].is_symbol("+", "[", ".", "|")):
            raise _refused(
                statement,
                token,
                "a regular expression that is put together",
                "Write it out, or pass it as a parameter.",
            )
        if why := objection(pattern):
            raise _refused(
                statement, token, f"a regular expression that may never end: {why}", "CONTAINS and AND do it as well."
            )


def _pattern(tokens: Sequence[Token], at: int, parameters: Mapping[str, Any]) -> tuple[str | None, int]:
    """Return the pattern that begins at a token, and the index of what comes after it."""
    if at < len(tokens) and tokens[at].kind is TokenKind.STRING:
        return _unescaped(tokens[at].text), at + 1
    if at + 1 < len(tokens) and tokens[at].is_symbol("$"):
        return str(parameters.get(tokens[at + 1].text, "")), at + 2
    return None, at


def _unescaped(text: str) -> str:
    """Return a string's value as far as patterns go: escaped characters stand for themselves."""
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return re.sub(r"\\(.)", r"\1", decoded, flags=re.DOTALL)


def _check_values(value: Any, depth: int = 0) -> None:  # noqa: ANN401 -- anything may come
    """See that parameters are JSON values, and not too deep."""
    if depth > DEPTH:
        raise QueryRefusedError(f"A parameter is nested more than {DEPTH} deep.")
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise QueryRefusedError("The names in a parameter have to be text.")
        for each in value.values():
            _check_values(each, depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_values(each, depth + 1)
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise QueryRefusedError(f"A parameter is no JSON value: {type(value).__name__}.")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise QueryRefusedError(f"A parameter is too large a number: {str(value)[:40]}.", "It has 64 bits at most.")


def _blanked(text: str, token: Token) -> str:
    """Return the statement without a word, so that what is left keeps its place."""
    return text[: token.start] + " " * (token.end - token.start) + text[token.end :]


def _refused(statement: str, token: Token, what: str, hint: str) -> QueryRefusedError:
    line, column = place(statement, token.start)
    return QueryRefusedError(f"Line {line}, column {column}: {what}; that is not run here.", hint)


def _dialect(store: GraphStore) -> str:
    if store.url.startswith("embedded:"):
        return (
            "The embedded store's Cypher is openCypher: it lacks what is Neo4j's alone, such as SHORTEST k "
            "(write shortestPath(…)), quantified patterns and label expressions with IS."
        )
    return "This store's Cypher is Neo4j 5's: functions and procedures of the embedded store's ArcadeDB are not in it."
