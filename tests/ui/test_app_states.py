"""Every page in the states that a graph may be in: of one concept, of ten thousand, and where nothing is found."""

import pytest

from graph.model import (
    Bundle,
    Concept,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Question,
    Relation,
    RelationType,
    Sentence,
)
from graph.settings import Settings
from graph.store import open_store

NOTE = "notes/clip.md"
#: Pages with what a link to a concept says on each.
OF_ONE = {
    "explore": {"concept": "CLIP"},
    "notes": {"question": f"{NOTE}#0"},
    "plan": {"target": "CLIP"},
    "compare": {"of": "CLIP"},
    "cypher": {"q": "MATCH (c:Concept {id: 'clip'}) RETURN c"},
    "library": {},
}


def bundle(concepts: list[str]) -> Bundle:
    question = f"{NOTE}#0"
    return Bundle(
        Document(NOTE, "CLIP", "1" * 64),
        (Question(question, NOTE, 0, "1", "What is CLIP?", "CLIP is a model.", 1),),
        (Sentence(f"{question}.0", question, 0, "CLIP is a model.", 2, 0, 16),),
        tuple(Mention(question, each, 1) for each in concepts),
    )


def stored(folder, content: MemoryContent) -> str:
    url = f"embedded:{folder}"
    with open_store(Settings(store=url), write=True) as store:
        store.replace(content)
    return url


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> str:
    """Return the address of a graph of one concept."""
    content = MemoryContent((bundle(["clip"]),), (Concept("clip", "CLIP", Kind.MODEL, mentions=1),))
    return stored(tmp_path_factory.mktemp("one"), content)


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> str:
    """Return the address of a graph of ten thousand concepts, one of them CLIP."""
    ids = ["clip", *(f"c{number:05}" for number in range(1, 10_000))]
    relations = [
        Relation(ids[number], RelationType.USES, ids[number // 7], False, 0.9, (f"{NOTE}#0.0",), ("r",))
        for number in range(1, 10_000)
    ]
    concepts = [Concept(id_, "CLIP" if id_ == "clip" else f"概念{id_}", Kind.TERM, mentions=1) for id_ in ids]
    ordered = sorted(concepts, key=lambda each: each.id), sorted(relations, key=lambda each: each.key)
    content = MemoryContent((bundle(sorted(ids)[:500]),), *map(tuple, ordered))
    return stored(tmp_path_factory.mktemp("many"), content)


def run_query(app, page: str):
    if page == "cypher":
        next(button for button in app.test.button if button.label == "Run").click().run()
    assert not app.test.exception
    assert not app.test.error
    return app


@pytest.mark.parametrize("page", OF_ONE)
@pytest.mark.parametrize("graph", ["one", "many"])
def test_page_shows_a_graph_of_one_concept_and_of_ten_thousand(app_on, request, graph, page):
    app = run_query(app_on(request.getfixturevalue(graph)).open(page, **OF_ONE[page]), page)
    shown = app.test.dataframe[0].value["File"].tolist() if page == "library" else app.text
    assert ("notes/clip.md" if page == "library" else "CLIP") in shown


@pytest.mark.parametrize("address", [{}, {"community": "*"}])
def test_the_overview_shows_a_graph_of_one_concept_and_of_ten_thousand(app_on, one, many, address):
    for url, count in ((one, 1), (many, 10_000)):
        app = run_query(app_on(url).open(**address), "explore")
        shown = app.component("graph")["nodes"]
        assert len(shown) == (30 if count > 1 and not address else count)
        assert "Overview" in app.text


@pytest.mark.parametrize(
    ("page", "params", "said"),
    [
        ("explore", {"concept": "Nowhere"}, "No concept is called"),
        ("explore", {"concept": "CLIP", "documents": "nowhere.md"}, "CLIP"),
        ("notes", {"question": "nowhere.md#0"}, "No question is called"),
        ("notes", {"document": "nowhere.md"}, "No document with questions is called"),
        ("plan", {"target": "Nowhere"}, "No concept is called"),
        ("plan", {"tab": "path", "from": "Nowhere", "to": "CLIP"}, "No concept is called"),
        ("compare", {"of": "Nowhere|CLIP"}, "No concept is called"),
        ("cypher", {"q": "MATCH (c:Concept {id: 'nowhere'}) RETURN c"}, "0 rows"),
    ],
)
def test_page_says_where_nothing_is_found(app, page, params, said):
    assert said in run_query(app.open(page, **params), page).text
