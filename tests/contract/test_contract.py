"""What every store promises (`graph.store.base.GraphStore`), checked on each of them."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from graph.errors import QueryError, QueryLimitError, QueryRefusedError, QuerySyntaxError, StoreEmptyError
from graph.model import MemoryContent
from graph.store import open_store
from graph.store.base import Limits
from tests.contents import contents, handmade

few = hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
LIMITS = Limits(seconds=20)
NODES = "MATCH (n:Document|Question|Sentence|Concept) RETURN count(n)"  # Neo4j's store keeps one for itself


def held(content) -> MemoryContent:
    return MemoryContent(
        tuple(content.bundles()), tuple(content.concepts), tuple(content.relations), tuple(content.prerequisites)
    )


def roots(content) -> list[str]:
    return [bundle.document.root for bundle in content.bundles()]


@pytest.fixture
def filled(store):
    store.replace(handmade())
    return store


# Writing


@few
@given(content=contents())
def test_content_comes_back_equal(store, content):
    store.replace(content)
    assert held(store.content()) == content
    assert roots(store.content()) == roots(content)


@few
@given(content=contents())
def test_names_come_back_equal_from_a_query(store, content):
    store.replace(content)
    table = store.query("MATCH (c:Concept) RETURN c.id, c.name, c.definition, c.aliases", {}, LIMITS)
    expected = [(each.id, each.name, each.definition, list(each.aliases)) for each in content.concepts]
    assert sorted(map(list, table.rows)) == sorted(map(list, expected))


@few
@given(content=contents())
def test_values_find_their_node_as_parameters(store, content):
    store.replace(content)
    for concept in content.concepts:
        table = store.query("MATCH (c:Concept {id: $id}) RETURN c.name", {"id": concept.id}, LIMITS)
        assert table.rows == ((concept.name,),)


def test_replacing_twice_is_replacing_once(filled):
    version = filled.version()
    filled.replace(handmade())
    assert filled.version() == version
    assert held(filled.content()) == handmade()


def test_smaller_content_leaves_nothing_of_the_larger(store):
    store.replace(handmade(extra=["gone"]))
    smaller = replace(handmade(), documents=handmade().documents[:1], relations=(), prerequisites=())
    store.replace(smaller)
    assert held(store.content()) == smaller
    assert store.query(NODES, {}, LIMITS).rows == ((5,),)
    assert store.query("MATCH ()-[r]->() RETURN count(r)", {}, LIMITS).rows == ((0,),)


def test_empty_content_is_a_graph(store):
    store.replace(MemoryContent())
    assert store.version()
    assert held(store.content()) == MemoryContent()
    assert store.query(NODES, {}, LIMITS).rows == ((0,),)


def test_version_tells_contents_apart(store):
    versions = []
    for content in (handmade(), handmade(extra=["more"]), handmade()):
        store.replace(content)
        versions.append(store.version())
    assert versions[0] == versions[2] != versions[1]


def test_version_sees_where_documents_came_from(store):
    first, *others = handmade().documents
    moved = replace(first, document=replace(first.document, root="elsewhere"))
    store.replace(handmade())
    before = store.version()
    store.replace(replace(handmade(), documents=(moved, *others)))
    assert store.version() != before
    assert store.documents()[0].root == "elsewhere"


def test_content_may_be_made_from_what_it_replaces(filled):
    old = filled.content()

    class Lazily:
        concepts, relations, prerequisites = old.concepts, old.relations, old.prerequisites

        def bundles(self):
            return (bundle for bundle in old.bundles() if bundle.questions)

    filled.replace(Lazily())
    assert [document.path for document in filled.documents()] == ["notes/clip.md"]


def test_progress_is_reported(store):
    steps = []
    store.replace(MemoryContent())
    store.replace(handmade(), lambda *step: steps.append(step))
    assert steps
    assert all(isinstance(stage, str) and done >= 0 and total >= 0 for stage, done, total in steps)


def test_there_is_no_graph_before_the_first_write(empty):
    with open_store(empty) as store:
        assert store.version() == ""
        for read in (store.content, store.documents, store.concepts, store.relations, store.questions):
            with pytest.raises(StoreEmptyError, match="zhitu ingest"):
                read()
        with pytest.raises(StoreEmptyError):
            store.query("MATCH (n) RETURN n", {}, LIMITS)


def test_a_reader_sees_the_old_graph_until_it_asks_for_the_version(settings, filled):
    with open_store(settings) as reader:
        seen = reader.version()
        assert len(reader.concepts()) == 4
        filled.replace(handmade(extra=["new"]))
        assert len(reader.concepts()) == 4
        assert len(reader.sentences(question="notes/clip.md#0")) == 2
        assert reader.version() != seen
        assert len(reader.concepts()) == 5


def test_a_content_in_hand_outlives_the_next_write(settings, filled):
    with open_store(settings) as reader:
        content = reader.content()
        filled.replace(MemoryContent())
        filled.replace(handmade(extra=["new"]))
        reader.version()
        assert held(content) == handmade()


# Reading by key


def test_reads_are_sorted(store):
    store.replace(handmade(extra=["zzz", "Aaa", "量子", "😀"]))
    ids = [concept.id for concept in store.concepts()]
    assert ids == sorted(ids)
    keys = [relation.key for relation in store.relations()]
    assert keys == sorted(keys)
    paths = [document.path for document in store.documents()]
    assert paths == sorted(paths)
    mentions = [(mention.question, mention.concept) for mention in store.mentions()]
    assert mentions == sorted(mentions)


def test_questions_are_read_by_id_document_or_all(filled):
    first, second = handmade().documents[1].questions
    assert filled.questions() == [first, second]
    assert filled.questions([second.id, first.id, second.id]) == [first, second]
    assert filled.questions(document="notes/clip.md") == [first, second]
    assert filled.questions(document="notes/a.md") == []
    assert filled.count_questions() == 2


def test_sentences_are_read_by_id_question_or_all(filled):
    sentences = list(handmade().documents[1].sentences)
    assert filled.sentences() == sentences
    assert filled.sentences([sentences[3].id, sentences[0].id]) == [sentences[0], sentences[3]]
    assert filled.sentences(question="notes/clip.md#1") == sentences[2:]


def test_mentions_are_read_by_concept_question_or_all(filled):
    mentions = list(handmade().documents[1].mentions)
    assert filled.mentions() == mentions
    assert filled.mentions(concept="clip") == mentions[:1]
    assert filled.mentions(question="notes/clip.md#1") == mentions[2:]


def test_unknown_keys_are_left_out(filled):
    assert filled.questions(["nothing", ""]) == []
    assert filled.sentences(["notes/clip.md#0.0", "nothing"]) == [handmade().documents[1].sentences[0]]
    assert filled.questions([]) == []
    assert filled.sentences(question="nothing") == []
    assert filled.mentions(concept="nothing") == []


# Search


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("clip", "clip"),
        ("CLIP", "clip"),
        ("对比学习", "对比学习"),
        ("对比", "对比学习"),
        ("contrastive learning", "对比学习"),
        ("图文", "clip"),
        ("Diffusion", "stable-diffusion"),
        ("bootstrapping", "blip"),
    ],
)
def test_search_finds_names_in_both_languages(filled, text, first):
    found = filled.search(text)
    assert found[0][0] == first
    assert all(score > 0 for _, score in found)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


@pytest.mark.parametrize("text", ["", " ", "?", '"', "名无此", "AND OR NOT", "a*b:c^2~(", "\ud800", "x" * 10_000])
def test_search_of_anything_is_no_error(filled, text):
    assert isinstance(filled.search(text), list)


def test_search_keeps_to_its_limit(filled):
    assert len(filled.search("pre-training", limit=1)) == 1


# Queries


def test_a_query_returns_values(filled):
    statement = "MATCH (a:Concept)-[r:USES]->(b:Concept) RETURN a.name, r.negated, b.name ORDER BY a.name LIMIT 10"
    table = filled.query(statement, {}, LIMITS)
    assert table.columns == ("a.name", "r.negated", "b.name")
    assert table.rows == (("CLIP", False, "对比学习"), ("Stable Diffusion", True, "BLIP"))
    assert table.truncated == ""
    assert table.seconds >= 0


def test_a_query_returns_nodes_relationships_and_paths(filled):
    statement = "MATCH p = (a:Concept {id: 'clip'})-[r:USES]->(b) RETURN a, r, p, [b.name] AS names, {a: a} AS map"
    ((node, edge, path, names, mapping),) = filled.query(statement, {}, LIMITS).rows
    assert node["~labels"] == ["Concept"]
    assert {name: node[name] for name in node if name[0] != "~"} == {
        "id": "clip",
        "name": "CLIP",
        "kind": "Model",
        "name_zh": "图文预训练",
        "name_en": "",
        "aliases": ["Contrastive Language-Image Pre-training"],
        "definition": "A model.",
        "mentions": 2,
        "names": ["CLIP", "图文预训练", "Contrastive Language-Image Pre-training"],
    }
    assert edge["~type"] == "USES"
    assert edge["~source"] == node["~id"]
    assert {name: edge[name] for name in edge if name[0] != "~"} == {
        "negated": False,
        "confidence": 0.9,
        "evidence": ["notes/clip.md#0.1"],
        "rules": ["uses-verb"],
    }
    assert path["~nodes"][0] == node
    assert path["~nodes"][1]["~id"] == edge["~target"]
    assert path["~relationships"] == [edge]
    assert names == ["对比学习"]
    assert mapping == {"a": node}


def test_the_whole_graph_is_there_to_query(filled):
    def count(statement: str) -> int:
        return filled.query(f"{statement} RETURN count(*)", {}, LIMITS).rows[0][0]

    assert count("MATCH (:Document)-[:CONTAINS]->(:Question)-[:CONTAINS]->(:Sentence)") == 4
    assert count("MATCH (:Question)-[:ABOUT]->(:Concept)") == 2
    assert count("MATCH (:Question)-[m:MENTIONS]->(:Concept) WHERE m.count = 2") == 2
    assert (
        count("MATCH (:Concept)-[p:PREREQUISITE_OF]->(:Concept) WHERE p.weight = 0.5 AND p.reasons = ['uses:1']") == 1
    )
    assert count("MATCH (q:Question) WHERE 'difficulty=3' IN q.properties") == 1
    assert count("MATCH (s:Sentence {id: 'notes/clip.md#0.1'}) WHERE s.end - s.start = 15") == 1
    assert count("MATCH (d:Document {path: 'notes/clip.md'}) WHERE d.title = 'CLIP'") == 1


def test_the_full_text_index_has_one_name_on_all_stores(filled):
    statement = "CALL db.index.fulltext.queryNodes('concept_names', $text) YIELD node, score RETURN node.id, score"
    names = {"contrastive": "对比学习", "对比": "对比学习", "图文": "clip", "Bootstrapping": "blip", "CL": "对比学习"}
    for text, concept in names.items():
        table = filled.query(statement, {"text": text}, LIMITS)
        assert concept in [row[0] for row in table.rows]


def test_parameters_are_values(filled):
    value = {"text": "'; MATCH (n) DETACH DELETE n //", "list": [1, 2.5, None, True, {"deep": "值"}]}
    assert filled.query("RETURN $value AS value", {"value": value}, LIMITS).rows == ((value,),)
    assert len(filled.concepts()) == 4


def test_a_query_without_rows_names_its_columns(filled):
    table = filled.query("MATCH (c:Concept {id: 'nothing'}) RETURN c.name AS name, c.kind", {}, LIMITS)
    assert table.columns == ("name", "c.kind")
    assert table.rows == ()


def test_rows_are_cut_at_the_limit_and_it_is_said(filled):
    table = filled.query("UNWIND range(1, 100) AS i RETURN i", {}, replace(LIMITS, rows=10))
    assert table.rows == tuple((number,) for number in range(1, 11))
    assert table.truncated == "rows"
    assert filled.query("UNWIND range(1, 10) AS i RETURN i", {}, replace(LIMITS, rows=10)).truncated == ""


def test_a_large_result_is_cut_and_it_is_said(filled):
    statement = "UNWIND range(1, 1000) AS i RETURN $text"
    table = filled.query(statement, {"text": "长" * 100}, replace(LIMITS, size=10_000))
    assert 0 < len(table.rows) < 100
    assert table.truncated == "size"


def test_a_statement_is_stopped_when_its_time_is_up(filled):
    endless = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b UNWIND range(1, 100000) AS c RETURN sum(a*b*c)"
    with pytest.raises(QueryLimitError, match="1 second"):
        filled.query(endless, {}, Limits(seconds=1))
    assert filled.query("RETURN 1", {}, LIMITS).rows == ((1,),)


def test_writing_is_refused(filled):
    for statement in ("CREATE (n:Pwned) RETURN n", "MATCH (n) DETACH DELETE n", "MATCH (n) SET n.name = 'x'"):
        with pytest.raises(QueryRefusedError):
            filled.query(statement, {}, LIMITS)
    assert held(filled.content()) == handmade()
    assert filled.query("MATCH (c:Concept) RETURN count(c)", {}, LIMITS).rows == ((4,),)


def test_a_syntax_error_has_its_place(filled):
    with pytest.raises(QuerySyntaxError) as caught:
        filled.query("MATCH (a:Concept)\nWHERE a.name = \nRETURN a", {}, LIMITS)
    assert caught.value.line == 3
    assert caught.value.column > 0


def test_a_statement_that_fails_says_why(filled):
    with pytest.raises(QueryError, match="zero"):
        filled.query("RETURN 1 / 0", {}, LIMITS)
    with pytest.raises(QueryError, match="missing"):
        filled.query("RETURN $missing", {}, LIMITS)


def test_parameters_that_no_store_can_take_are_an_error(filled):
    deep = []
    for _ in range(5_000):
        deep = [deep]
    for value in (deep, object(), "\ud800", 2**70):
        with pytest.raises(QueryError):
            filled.query("RETURN $value", {"value": value}, LIMITS)
    assert filled.query("RETURN 1", {}, LIMITS).rows == ((1,),)


def test_a_result_that_is_nested_too_deep_is_an_error(filled):
    with pytest.raises(QueryError):
        filled.query("RETURN reduce(nest = [], i IN range(1, 5000) | [nest])", {}, LIMITS)
    assert filled.query("RETURN 1", {}, LIMITS).rows == ((1,),)


def test_explain_tells_the_plan_without_running(filled):
    plan = filled.explain("MATCH (a:Concept {id: $id}) RETURN a", {"id": "clip"})
    assert "Concept" in plan
    with pytest.raises(QueryError):
        filled.explain("MATCH (a", {})
