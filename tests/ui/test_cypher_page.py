"""The Cypher page: what is asked, how it is answered, and what is kept."""

import json

import pytest

from graph.cypher import examples, to_things
from graph.errors import StateError
from graph.store.base import Table
from ui.cypher import _parameters_of
from ui.saved import forget_history, history, remember, save_query, saved_queries

NODES = "MATCH (q:Question)-[m:ABOUT]->(c:Concept) RETURN q, m, c ORDER BY q.id"


def press(app, label: str):
    next(button for button in app.test.button if button.label == label).click().run()
    assert not app.test.exception
    return app


def test_concepts_and_relations_are_shown_as_a_graph(app):
    app.open("cypher", q="MATCH (a:Concept)-[r:USES]->(b:Concept) RETURN a, r, b")
    press(app, "Run")
    full = app.component("graph")
    assert {node["id"] for node in full["nodes"]} == {"clip", "对比学习", "stable-diffusion", "blip"}
    assert sorted(edge.get("negated", False) for edge in full["edges"]) == [False, True]


def test_questions_are_shown_in_the_graph_and_what_joins_them(app):
    app.open("cypher", q=NODES)
    press(app, "Run")
    data = app.component("graph")
    kinds = {node["id"]: node["kind"] for node in data["nodes"]}
    assert kinds["clip"] == "Model"
    assert kinds["Question\nnotes/clip.md#0"] == "Question"
    assert {edge["type"] for edge in data["edges"]} == {"ABOUT"}
    assert {"Question", "Document", "Sentence"} <= {row["key"] for row in data["kinds"]}


def test_a_table_of_values_has_no_graph(app):
    app.open("cypher", q="MATCH (c:Concept) RETURN count(c) AS n")
    press(app, "Run")
    assert app.test.dataframe[0].value["n"].tolist() == [4]
    with pytest.raises(LookupError):
        app.component("graph")


def test_the_plan_is_shown_and_nothing_is_run(app):
    app.open("cypher", q="MATCH (c:Concept) RETURN c")
    press(app, "Explain")
    assert "NodeByLabelScan" in app.text
    assert not app.test.dataframe


def test_parameters_are_a_form_and_part_of_the_link(app):
    app.open("cypher", q="MATCH (c:Concept {name: $name}) RETURN c.id AS id LIMIT $most")
    fields = {each.label.lstrip("\\"): each for each in app.test.text_input if each.key.startswith("parameter_")}
    assert list(fields) == ["$name", "$most"]
    fields["$name"].set_value("CLIP")
    fields["$most"].set_value("5")
    press(app, "Run")
    assert app.test.dataframe[0].value["id"].tolist() == ["clip"]
    assert json.loads(app.test.query_params["p"]) == {"name": "CLIP", "most": 5}


def test_a_link_fills_the_parameters_in(app):
    app.open("cypher", q="RETURN $a AS a, $b AS b", p=json.dumps({"a": "x", "b": [1, 2]}))
    press(app, "Run")
    assert app.test.dataframe[0].value.to_dict("records") == [{"a": "x", "b": "[1, 2]"}]


@pytest.mark.parametrize("p", ["?", "[1]", "{", "7"])
def test_parameters_that_a_link_says_wrong_are_left_out(app, p):
    assert not app.open("cypher", q="RETURN $a AS a", p=p).test.exception


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("MATCH (c:Concept) SET c.name = 'x' RETURN c", ""),
        ("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "begins with"),
        ("MATCH (c:Concept RETURN c", "Line 1"),
        ("MATCH (c:Concept)", "returns nothing"),
        (" ", "no statement"),
    ],
)
def test_what_is_refused_is_said_with_what_to_do(app, statement, said):
    app.open("cypher", q=statement)
    press(app, "Run")
    if statement.strip():
        assert said in app.test.error[0].value
        assert not app.test.dataframe


def test_the_row_limit_is_said(app, monkeypatch):
    monkeypatch.setenv("ZHITU_QUERY_ROWS", "2")
    app.open("cypher", q="MATCH (c:Concept) RETURN c.name AS name")
    press(app, "Run")
    assert "ZHITU_QUERY_ROWS" in app.test.warning[0].value
    assert len(app.test.dataframe[0].value) == 2


def test_what_was_run_is_remembered_over_restarts(app, state):
    app.open("cypher", q="RETURN 1 AS one")
    press(app, "Run")
    assert history(state) == ["RETURN 1 AS one"]
    assert "RETURN 1 AS one" in app.open("cypher").text


def test_a_damaged_file_of_queries_is_said_and_the_page_stays(app, state):
    state.mkdir()
    (state / "queries.json").write_text("[1", "utf-8")
    app.open("cypher")
    assert "queries" in app.test.error[0].value
    assert "Schema" in [tab.label for tab in app.test.tabs]


def test_the_history_keeps_each_statement_once_the_last_first(tmp_path):
    for number in (*range(40), 20):
        remember(tmp_path, f"RETURN {number}")
    assert history(tmp_path)[:2] == ["RETURN 20", "RETURN 39"]
    assert len(history(tmp_path)) == len(set(history(tmp_path))) == 30
    forget_history(tmp_path)
    assert history(tmp_path) == []


@pytest.mark.parametrize("text", ["[", "[1]", "7", "null"])
def test_damaged_queries_are_named(tmp_path, text):
    (tmp_path / "queries.json").write_text(text, "utf-8")
    with pytest.raises(StateError, match=r"queries\.json cannot be read"):
        saved_queries(tmp_path)
    with pytest.raises(StateError):
        save_query(tmp_path, "a", "RETURN 1")


def test_parameters_are_found_where_they_are_some():
    statement = '// $no\nMATCH (c {a: $a, b: \'$no\', `$no`: 1}) /* $no\n$no */ WHERE c.x = "\\"$no" RETURN $b, $a'
    assert _parameters_of(statement) == ["a", "b"]


def test_examples_can_be_tried_in_both_languages():
    assert len(examples()) >= 15
    assert all(one.title_en and one.title_zh for one in examples())
    for one in examples():
        assert set(_parameters_of(one.statement)) == set(one.parameters), one.title_en


def test_things_of_a_table_are_found_once_wherever_they_stand():
    document = {"~id": "1", "~labels": ["Document"], "path": "a.md", "title": "A"}
    question = {"~id": "2", "~labels": ["Question"], "id": "a.md#0", "title": ""}
    concept = {"~id": "3", "~labels": ["Concept"], "id": "clip"}
    holds = {"~id": "4", "~type": "CONTAINS", "~source": "1", "~target": "2"}
    about = {"~id": "5", "~type": "ABOUT", "~source": "2", "~target": "3"}
    nowhere = {"~id": "6", "~type": "CONTAINS", "~source": "2", "~target": "9"}
    path = {"~nodes": [document, question], "~relationships": [holds]}
    things, ties = to_things(Table(("a", "b"), ((path, [concept, {"x": question}]), (about, nowhere))))
    assert sorted((thing.label, thing.key, thing.title) for thing in things) == [
        ("Document", "a.md", "A"),
        ("Question", "a.md#0", "a.md#0"),
    ]
    assert sorted((tie.type, getattr(tie.target, "key", tie.target)) for tie in ties) == [
        ("ABOUT", "clip"),
        ("CONTAINS", "a.md#0"),
    ]
