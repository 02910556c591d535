"""The console's gate, on both stores: every attack has the outcome it must have, and the graph stays as it was."""

import json
import time
from pathlib import Path

import pytest

from graph.cypher import examples, run, schema, to_subgraph
from graph.cypher.gate import DEPTH, LENGTH, TOKENS
from graph.errors import QueryError, QueryLimitError, QueryRefusedError, QuerySyntaxError
from graph.model import (
    Bundle,
    Concept,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
    Sentence,
)
from graph.settings import Settings
from graph.store import open_store
from graph.store.base import Limits, Table
from graph.store.rows import Fingerprint
from tests.neo4j_server.fixtures import empty_settings, shared_server

ATTACKS = Path(__file__).resolve().parents[3] / "shared" / "hostile" / "cypher_attacks.json"
SECONDS = 3.0
LIMITS = Limits(seconds=SECONDS, rows=1000)
LATE = 3.0  # how long after its limit a statement may end


def linked(number: int = 60) -> MemoryContent:
    """Return concepts that are linked to each other many times over, with CLIP and BLIP among them."""
    names = ["BLIP", "CLIP", *(f"term {at:02}" for at in range(number))]
    concepts = tuple(sorted((Concept(name.lower(), name, Kind.TERM) for name in names), key=lambda each: each.id))
    ids = [each.id for each in concepts]
    sentence = Sentence("a.md#0.0", "a.md#0", 0, "All use all.", 1, 2, 14)
    pairs = sorted({(ids[at], ids[(at + step) % len(ids)]) for at in range(len(ids)) for step in (1, 2, 7)})
    return MemoryContent(
        (
            Bundle(
                Document("a.md", "A", "0" * 64),
                (Question("a.md#0", "a.md", 0, "1", "All use all.", "", 1),),
                (sentence,),
                (Mention("a.md#0", "clip", 1, about=True),),
            ),
        ),
        concepts,
        tuple(Relation(a, RelationType.USES, b, False, 0.5, (sentence.id,), ("test",)) for a, b in pairs),
        (Prerequisite("blip", "clip", 0.5, ("uses:1",)),),
    )


def _embedded(folder) -> Settings:
    return Settings(store=f"embedded:{folder}", heap_mb=512)


def _neo4j(folder) -> Settings:
    del folder
    return empty_settings()


@pytest.fixture(
    scope="module",
    params=[pytest.param(_embedded, id="embedded"), pytest.param(_neo4j, id="neo4j", marks=pytest.mark.neo4j)],
)
def store(request, tmp_path_factory):
    """Return a store that holds `linked`."""
    with open_store(request.param(tmp_path_factory.mktemp("gate"))) as opened:
        opened.replace(linked())
        yield opened


def state(store) -> object:
    """Return a digest of all that the store holds; on Neo4j also its counts of nodes, indexes, users and so on."""
    fingerprint = Fingerprint()
    content = store.content()
    for bundle in content.bundles():
        for record in (bundle.document, *bundle.questions, *bundle.sentences, *bundle.mentions):
            fingerprint.add(record)
    for records in (content.concepts, content.relations, content.prerequisites):
        for record in records:
            fingerprint.add(record)
    if store.url.startswith("embedded:"):
        counts = [store.query(each, {}, Limits()).rows for each in ("MATCH (n) RETURN count(n)", "CALL db.labels()")]
    else:
        counts = [
            [record.values() for record in shared_server().run(each)]
            for each in (
                "MATCH (n) RETURN count(n)",
                "MATCH ()-[r]->() RETURN count(r)",
                "CALL db.labels() YIELD label RETURN label ORDER BY label",
                "CALL db.relationshipTypes() YIELD relationshipType AS type RETURN type ORDER BY type",
                "CALL db.propertyKeys() YIELD propertyKey AS key RETURN key ORDER BY key",
                "SHOW INDEXES YIELD name RETURN name ORDER BY name",
                "SHOW CONSTRAINTS YIELD name RETURN name ORDER BY name",
                "SHOW USERS YIELD user RETURN user",
                "SHOW DATABASES YIELD name, access RETURN name, access ORDER BY name",
            )
        ]
    return fingerprint.token(), counts


def attacks(*musts: str, kinds: tuple[str, ...] = (), but: tuple[str, ...] = ()):
    if not ATTACKS.is_file():
        return [pytest.param(None, marks=pytest.mark.skip("needs the folder ../shared"))]
    return [
        pytest.param(each, id=f"{number}-{each['kind']}")
        for number, each in enumerate(json.loads(ATTACKS.read_text(encoding="utf-8")))
        if each["must"] in musts and (not kinds or each["kind"] in kinds) and each["kind"] not in but
    ]


def meant_for(attack, store) -> bool:
    engine = "embedded" if store.url.startswith("embedded:") else "neo4j"
    return engine in attack.get("engines", ("embedded", "neo4j"))


# The attacks


@pytest.mark.corpus
def test_attacks_are_refused_or_fail_and_nothing_changes(store):
    before = state(store)
    let_through = []
    told = []
    for number, attack in enumerate(json.loads(ATTACKS.read_text(encoding="utf-8")) if ATTACKS.is_file() else []):
        if attack["must"] != "refuse" or attack["kind"] == "exhaust":
            continue
        try:
            table = run(store, attack["query"], attack.get("params"), LIMITS)
        except QueryError as error:
            told.append(error)
        else:
            if meant_for(attack, store) or table.rows:
                let_through.append((number, attack["query"], table.rows[:3]))
    assert let_through == []
    assert all("\n" not in str(error) and len(str(error)) < 1000 for error in told)
    assert state(store) == before


@pytest.mark.corpus
@pytest.mark.parametrize("attack", attacks("refuse", kinds=("exhaust",)))
def test_what_would_never_end_is_ended(store, attack):
    begin = time.monotonic()
    try:
        table = run(store, attack["query"], attack.get("params"), LIMITS)
    except (QueryRefusedError, QueryLimitError, QueryError):
        pass
    else:
        assert table.truncated or not meant_for(attack, store) or _small(table)
    assert time.monotonic() - begin < SECONDS + LATE
    assert run(store, "RETURN 1 AS x").rows == ((1,),)


def _small(table: Table) -> bool:
    return len(json.dumps(table.rows)) < LIMITS.size


@pytest.mark.corpus
@pytest.mark.parametrize("attack", attacks("allow", kinds=("row-limit",)))
def test_rows_are_cut_at_the_limit_whatever_the_statement_says(store, attack):
    table = run(store, attack["query"], attack.get("params"), LIMITS)
    assert len(table.rows) == LIMITS.rows
    assert table.truncated == "rows"


@pytest.mark.corpus
@pytest.mark.parametrize("attack", attacks("allow", but=("row-limit",)))
def test_harmless_statements_run(store, attack):
    if meant_for(attack, store):
        table = run(store, attack["query"], attack.get("params"), LIMITS)
        assert table.columns


@pytest.mark.parametrize("store", [pytest.param(_neo4j, marks=pytest.mark.neo4j)], indirect=True)
def test_nothing_goes_on_after_its_time_on_the_server(store):
    endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a, b WHERE a + b < 0 RETURN a, b"
    with pytest.raises(QueryLimitError, match="1 second"):
        run(store, endless, {}, Limits(seconds=1))
    deadline = time.monotonic() + LATE
    running = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS 'a + b < 0' RETURN currentQuery"
    mine = [each["currentQuery"] for each in shared_server().run(running) if "SHOW" not in each["currentQuery"]]
    while mine and time.monotonic() < deadline:
        time.sleep(0.2)
        mine = [each["currentQuery"] for each in shared_server().run(running) if "SHOW" not in each["currentQuery"]]
    assert mine == []


def test_a_value_larger_than_memory_is_a_limit(store):
    begin = time.monotonic()
    try:
        table = run(store, "RETURN range(1, 200000000) AS xs", {}, LIMITS)
    except QueryError:
        pass
    else:
        assert table.truncated == "size"
    assert time.monotonic() - begin < SECONDS + LATE
    assert run(store, "RETURN 1 AS x").rows == ((1,),)


# Words and positions


def test_an_error_has_the_engines_words_its_place_and_a_hint(store):
    with pytest.raises(QuerySyntaxError) as caught:
        run(store, "MATCH (n) RETRUN n RETURN n")
    assert (caught.value.line, caught.value.column) == (1, 11)
    assert "Line 1, column 11" in str(caught.value)
    assert caught.value.hint
    with pytest.raises(QuerySyntaxError) as caught:
        run(store, "MATCH (n)\nWHERE n. = 1\nRETURN n")
    assert caught.value.line == 2


def test_explain_shows_the_plan_and_runs_nothing(store):
    table = run(store, "explain MATCH (c:Concept) RETURN c")
    assert table.columns == ("plan",)
    assert any("Concept" in row[0] for row in table.rows)
    with pytest.raises(QueryError):
        run(store, "EXPLAIN CREATE (n:Pwned)")


def test_results_become_a_graph(store):
    drawn = to_subgraph(run(store, "MATCH p = (a:Concept {name: 'CLIP'})-[r:USES]->(b) RETURN p"))
    assert "CLIP" in [each.name for each in drawn.concepts]
    assert len(drawn.relations) == 3
    assert drawn.relations[0] in linked().relations
    drawn = to_subgraph(run(store, "MATCH (a:Concept)-[r:PREREQUISITE_OF]->(b) RETURN [a, {deep: b}] AS both, r"))
    assert drawn.prerequisites == linked().prerequisites


def test_an_edge_without_its_ends_and_what_is_no_concept_are_not_drawn(store):
    drawn = to_subgraph(run(store, "MATCH (q:Question)-[m:MENTIONS]->(c)-[r:USES]->(d) RETURN q, m, r, 1 AS one"))
    assert drawn == type(drawn)()


def test_schema_has_labels_types_properties_and_counts(store):
    found = schema(store)
    assert {each.name: each.count for each in found.labels} == {
        "Document": 1,
        "Question": 1,
        "Sentence": 1,
        "Concept": 62,
    }
    uses = next(each for each in found.types if each.name == "USES")
    assert uses.count == len(linked().relations)
    assert uses.ends == (("Concept", "Concept"),)
    assert "confidence" in uses.properties
    (node,) = run(store, "MATCH (c:Concept) RETURN c LIMIT 1").rows[0]
    held = {name for name in node if name[0] != "~"}
    assert held == set(next(each for each in found.labels if each.name == "Concept").properties)


# The examples


def test_there_are_examples_to_learn_from():
    assert len(examples()) >= 15
    assert len({each.title_en for each in examples()}) == len({each.title_zh for each in examples()}) == len(examples())


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.title_en)
def test_examples_run(store, example):
    assert run(store, example.statement, example.parameters, LIMITS).columns


# Bounds: no engine is asked


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("RETURN '" + "x" * LENGTH + "'", "characters"),
        ("RETURN [" + "1," * (TOKENS // 2 + 1) + "1]", "symbols"),
        ("RETURN " + "(" * (DEPTH + 1) + "1" + ")" * (DEPTH + 1), "nested"),
        ("RETURN " + "NOT " * (DEPTH + 1) + "true", "nested"),
        ("RETURN " + "CASE WHEN true THEN " * (DEPTH + 1) + "1" + " END" * (DEPTH + 1), "nested"),
        ("RETURN 1\0", "NUL"),
        ("", "no statement"),
        (" // only a comment", "no statement"),
        (";", "no statement"),
        ("RETURN 1; RETURN 2", "second statement"),
        ("RETURN 1;;", "second statement"),
        ("CREATE (n)", "begins with"),
        ("EXPLAIN EXPLAIN RETURN 1", "begins with"),
        ("CYPHER 5 RETURN 1", "begins with"),
        ("USE system RETURN 1", "begins with"),
        ("RETURN 1 AS \\u0041", "escape"),
        ("RETURN '\\u0027'", "holds"),
        ("RETURN '\\uuuu005c'", "holds"),
        ("MATCH (n) load /* x */ csv FROM 'x' AS y RETURN y", "LOAD CSV"),
        ("CALL `db` . `createLabel`('x')", "db.createLabel"),
        ("CALL { CALL db.createLabel('x') } RETURN 1", "db.createLabel"),
        ("call DB.LABELS()", "DB.LABELS"),
        ("RETURN apoc.text.join(['x'], '')", "apoc.text.join"),
        ("RETURN `apoc`.`cypher`.`runFirstColumnSingle`('x', {})", "apoc.cypher"),
        ("RETURN 'a' =~ '(a+)+b'", "never end"),
        ("RETURN 'a' =~ '(.*)(.*)(.*)b'", "never end"),
        ("RETURN 'a' =~ ('(a' + '+)+b')", "put together"),
        ("RETURN 'a' =~ '(a' + '+)+b'", "put together"),
        ("RETURN 'a' =~ $pattern", "never end"),
    ],
)
def test_bounds_refuse_before_the_engine_is_asked(statement, reason):
    with pytest.raises(QueryRefusedError, match=reason):
        run(None, statement, {"pattern": "(a|aa)+b"})


@pytest.mark.parametrize("statement", ["RETURN 'open", 'RETURN "open', "RETURN `open", "RETURN 1 /* open"])
def test_what_has_no_end_is_a_syntax_error_with_its_place(statement):
    with pytest.raises(QuerySyntaxError, match="no end") as caught:
        run(None, statement)
    assert caught.value.column in (8, 10)


@pytest.mark.parametrize("value", [{1: 2}, object(), 2**63, b"bytes"])
def test_parameters_are_json_values(value):
    with pytest.raises(QueryRefusedError):
        run(None, "RETURN $value", {"value": value})


def test_deep_parameters_are_refused():
    deep: list[object] = []
    for _ in range(DEPTH + 1):
        deep = [deep]
    with pytest.raises(QueryRefusedError, match="deep"):
        run(None, "RETURN $value", {"value": deep})
