"""The part of the graph around some concepts."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model import Concept, Kind, MemoryContent, Relation, RelationType
from graph.query.neighbourhood import Filter, Negation, induced, most_important, neighbourhood
from graph.query.view import view_of


def _ids(subgraph):
    return {concept.id for concept in subgraph.concepts}


def test_neighbourhood_holds_what_is_within_the_hops(sample):
    one = view_of(sample)
    assert _ids(neighbourhood(one, ["openai"], 1).subgraph) == {"openai", "clip"}
    assert _ids(neighbourhood(one, ["openai"], 2).subgraph) == {
        "openai", "clip", "contrastive", "textencoder", "blip", "diffusion",
    }  # fmt: skip


def test_neighbourhood_tells_distances(sample):
    assert neighbourhood(view_of(sample), ["attention"], 3).distance == {
        "attention": 0, "transformer": 1, "textencoder": 2, "clip": 3,
    }  # fmt: skip


@pytest.mark.parametrize("hops", [-1, 0, 1])
def test_neighbourhood_brings_hops_within_bounds(sample, hops):
    assert max(neighbourhood(view_of(sample), ["openai"], hops).distance.values()) == 1


def test_neighbourhood_follows_only_what_the_filter_lets_through(sample):
    one = view_of(sample)
    keep = Filter(types=frozenset({RelationType.USES}))
    assert _ids(neighbourhood(one, ["clip"], 1, keep).subgraph) == {"clip", "contrastive", "diffusion"}
    keep = Filter(kinds=frozenset({Kind.ORGANIZATION}))
    assert _ids(neighbourhood(one, ["clip"], 2, keep).subgraph) == {"clip", "openai"}
    keep = Filter(min_confidence=0.8)
    assert "transformer" not in _ids(neighbourhood(one, ["textencoder"], 1, keep).subgraph)
    keep = Filter(documents=frozenset({"other.md"}))
    assert _ids(neighbourhood(one, ["clip"], 2, keep).subgraph) == {"clip"}


def test_neighbourhood_filters_by_negation(sample):
    one = view_of(sample)
    denied = neighbourhood(one, ["diffusion"], 1, Filter(negation=Negation.DENIED)).subgraph
    stated = neighbourhood(one, ["diffusion"], 1, Filter(negation=Negation.STATED)).subgraph
    assert _ids(denied) == {"diffusion", "blip"}
    assert _ids(stated) == {"diffusion", "clip"}


def test_neighbourhood_follows_prerequisites_if_asked(sample):
    one = view_of(sample)
    keep = Filter(types=frozenset({RelationType.PROPOSED_BY}), prerequisites=True)
    found = neighbourhood(one, ["contrastive"], 1, keep).subgraph
    assert _ids(found) == {"contrastive", "clip", "blip"}
    assert len(found.prerequisites) == 2


def test_neighbourhood_says_what_the_limit_left_out(sample):
    found = neighbourhood(view_of(sample), ["clip"], 1, limit=3)
    assert len(found.subgraph.concepts) == 3
    assert len(found.left_out) == 3
    assert not set(found.left_out) & _ids(found.subgraph)


def test_induced_holds_all_between_its_concepts(sample):
    found = induced(view_of(sample), {"clip", "blip", "contrastive"})
    assert [relation.key[:3] for relation in found.relations] == [
        ("blip", "COMPARED_WITH", "clip"),
        ("blip", "USES", "contrastive"),
        ("clip", "USES", "contrastive"),
    ]


def test_most_important_concepts_begin_with_the_best_tied(sample):
    found = most_important(view_of(sample), 3)
    assert "clip" in _ids(found.subgraph)
    assert len(found.left_out) == 6


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25), st.integers(1, 3), st.integers(1, 12))
def test_neighbourhood_is_connected_and_within_hops_and_limit(pairs, hops, limit):
    concepts = tuple(Concept(str(number), str(number), Kind.TERM) for number in range(10))
    relations = tuple(
        Relation(str(a), RelationType.USES, str(b), False, 1.0, ("d#0.0",), ("r",)) for a, b in sorted(pairs)
    )
    found = neighbourhood(view_of(MemoryContent((), concepts, relations)), ["0"], hops, limit=limit)
    graph = nx.Graph((str(a), str(b)) for a, b in pairs)
    graph.add_node("0")
    reach = nx.single_source_shortest_path_length(graph, "0", hops)
    assert len(found.distance) <= max(limit, 1)
    assert all(reach[id_] <= distance <= hops for id_, distance in found.distance.items())
    drawn = nx.Graph((one.source, one.target) for one in found.subgraph.relations)
    drawn.add_nodes_from(found.distance)
    assert nx.is_connected(drawn)
    if limit > len(reach):
        assert found.distance == reach
