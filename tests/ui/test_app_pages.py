"""Every page in each of its states, without a browser: what it says, and that nothing is raised."""

import pytest

from graph.learner import Correction, Learner, Status, corrections, withdraw
from graph.model import Concept, Kind, MemoryContent, Relation, RelationType
from graph.settings import Settings
from graph.store import open_store
from ui.saved import save_query, saved_queries

PAGES = ("explore", "notes", "plan", "compare", "cypher", "library")


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_without_an_exception(app, page):
    assert not app.open(page).test.exception


@pytest.mark.parametrize("page", PAGES)
def test_page_speaks_chinese_where_the_address_says_so(app, page):
    app.open(page, lang="zh")
    assert not app.test.exception
    assert any("\u4e00" <= letter <= "\u9fff" for letter in app.text)


@pytest.mark.parametrize("page", ["explore", "notes", "plan", "compare", "cypher"])
def test_page_without_a_graph_says_what_to_do(app_on, tmp_path, page):
    app = app_on(f"embedded:{tmp_path / 'none'}").open(page)
    assert not app.test.exception
    assert "zhitu ingest" in app.text


def test_library_without_a_graph_offers_the_sample_notes(app_on, tmp_path):
    app = app_on(f"embedded:{tmp_path / 'none'}").open("library")
    assert "Begin with the sample notes" in app.text


@pytest.mark.parametrize("page", PAGES)
def test_page_says_that_the_store_is_down_and_offers_to_try_again(app_on, page):
    app = app_on("bolt://127.0.0.1:9").open(page)
    assert not app.test.exception
    assert app.test.error
    assert "Traceback" not in app.text
    assert "Try again" in [button.label for button in app.test.button]


def test_explore_shows_communities_first(app):
    app.open()
    assert "Overview" in app.text
    assert app.component("graph")["scene"] == "communities"


def test_explore_shows_a_concept_with_its_neighbours_and_its_card(app):
    app.open(concept="CLIP")
    assert {node["id"] for node in app.component("graph")["nodes"]} == {"clip", "对比学习"}
    assert "A model." in app.text
    assert "CLIP uses 对比学习." in app.text


def test_explore_finds_a_concept_by_another_of_its_names(app):
    app.open(concept="contrastive learning")
    assert app.component("graph")["centres"] == ["对比学习"]


def test_explore_says_when_no_concept_has_the_name_and_offers_the_nearest(app):
    app.open(concept="CLIPP")
    assert "No concept is called" in app.text
    assert '"CLIP"' in app.text


def test_explore_shows_the_evidence_of_an_edge_and_that_it_is_denied(app):
    app.open(concept="BLIP", edge="stable-diffusion~USES~blip~not")
    assert "The notes deny this." in app.text
    assert "没有使用" in app.text
    assert "uses-verb" in app.text


def test_explore_filters_by_relation_type_from_the_address(app):
    app.open(concept="CLIP", types="IS_A")
    assert app.component("graph")["edges"] == []


def test_explore_says_when_nothing_passes_the_filters(app):
    assert "Nothing passes the filters" in app.open(community="*", kinds="Metric").text


@pytest.mark.parametrize(
    "params",
    [{"hops": "x"}, {"hops": "99"}, {"confidence": "?"}, {"confidence": "nan"}, {"negation": "?"}, {"types": "?"}],
)
def test_explore_leaves_out_what_an_address_says_wrong(app, params):
    assert not app.open(concept="CLIP", **params).test.exception


def test_explore_shows_a_graph_of_one_concept(app_on, tmp_path):
    url = f"embedded:{tmp_path / 'one'}"
    with open_store(Settings(store=url), write=True) as store:
        store.replace(MemoryContent(concepts=(Concept("clip", "CLIP", Kind.MODEL),)))
    app = app_on(url)
    assert not app.open().test.exception
    assert not app.open(concept="CLIP").test.exception
    assert len(app.component("graph")["nodes"]) == 1


def test_explore_shows_ten_thousand_concepts(app_on, tmp_path):
    url = f"embedded:{tmp_path / 'many'}"
    concepts = tuple(Concept(f"c{number:05}", f"概念{number}", Kind.TERM) for number in range(10_000))
    relations = tuple(
        Relation(f"c{number:05}", RelationType.USES, f"c{number // 7:05}", False, 0.9, ("n.md#0.0",), ("r",))
        for number in range(1, 10_000)
    )
    with open_store(Settings(store=url), write=True) as store:
        store.replace(MemoryContent(concepts=concepts, relations=relations))
    app = app_on(url).open(community="*")
    assert not app.test.exception
    assert len(app.component("graph")["nodes"]) == 10_000


def test_notes_show_questions_with_their_concepts_marked(app):
    app.open("notes")
    assert "What is CLIP?" in app.text
    assert '"concept=' not in app.text
    assert '"class": "concept"' in app.text


def test_notes_point_out_the_sentence_that_the_address_names(app):
    app.open("notes", question="notes/clip.md#1", sentence="notes/clip.md#1.1")
    assert "here target" in app.text


def test_notes_say_when_a_question_is_unknown(app):
    assert "No question is called" in app.open("notes", question="nowhere.md#7").text


def test_plan_keeps_corrections_and_takes_them_back(app, state):
    app.open("plan", tab="corrections", before="CLIP", target="对比学习")
    next(button for button in app.test.button if button.label == "It does come before").click().run()
    assert corrections(state) == (Correction("CLIP", "对比学习", wrong=False),)
    assert "CLIP comes before 对比学习" in app.open("plan", tab="corrections").text
    withdraw(state, "CLIP", "对比学习")
    assert "None yet." in app.open("plan", tab="corrections").text


def test_plan_leads_to_its_target(app):
    app.open("plan", target="CLIP")
    assert "对比学习" in app.text
    assert "goal" in app.text


def test_plan_leaves_out_what_is_known_and_counts_it(app, state):
    Learner(state).mark(["对比学习"], Status.KNOWN)
    assert "You know 1 of 1 concepts" in app.open("plan", target="CLIP").text


def test_paths_tell_each_step_with_its_sentence(app):
    app.open("plan", tab="path", **{"from": "CLIP", "to": "对比学习"})
    assert "CLIP uses 对比学习." in app.text


def test_paths_say_when_there_is_none(app):
    assert "No path leads" in app.open("plan", tab="path", **{"from": "CLIP", "to": "BLIP"}).text


def test_progress_lists_what_is_known(app, state):
    Learner(state).mark(["对比学习"], Status.KNOWN)
    app.open("plan", tab="progress")
    assert "Known" in app.text
    assert "You can learn next" in app.text


def test_compare_puts_concepts_side_by_side(app):
    app.open("compare", of="CLIP|BLIP")
    assert not app.test.exception
    assert "Different" in app.text


def test_compare_names_a_concept_that_is_unknown(app):
    assert "No concept is called" in app.open("compare", of="CLIP|Nowhere").text


def test_cypher_runs_a_statement_and_shows_its_rows(app):
    app.open("cypher", q="MATCH (c:Concept) RETURN c.name AS name ORDER BY name")
    next(button for button in app.test.button if button.label == "Run").click().run()
    assert not app.test.exception
    assert list(app.test.dataframe[0].value["name"]) == ["BLIP", "CLIP", "Stable Diffusion", "对比学习"]


def test_cypher_refuses_to_write(app):
    app.open("cypher", q="CREATE (c:Concept {id: 'x'}) RETURN c")
    next(button for button in app.test.button if button.label == "Run").click().run()
    assert app.test.error
    assert not app.test.exception


def test_cypher_keeps_saved_queries(app, state):
    save_query(state, "mine", "RETURN 1")
    assert saved_queries(state) == {"mine": "RETURN 1"}
    assert "mine" in app.open("cypher").text
    save_query(state, "mine", None)
    assert saved_queries(state) == {}


def test_library_lists_the_documents_with_counts(app):
    app.open("library")
    assert list(app.test.dataframe[0].value["File"]) == ["notes/a.md", "notes/clip.md"]


def test_library_offers_no_change_where_the_app_is_read_only(app, monkeypatch):
    monkeypatch.setenv("ZHITU_READ_ONLY", "yes")
    assert "read-only" in app.open("library").text
