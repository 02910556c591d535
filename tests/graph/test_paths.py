"""How concepts are connected."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import NoPathError
from graph.model import Concept, Kind, MemoryContent, Relation, RelationType
from graph.query.evidence import quotes
from graph.query.paths import paths, prerequisite_chain
from graph.query.view import view, view_of
from graph.query.words import Language


def test_path_tells_each_step_in_words_with_its_direction(sample):
    (found,) = paths(view_of(sample), "diffusion", "contrastive")
    assert found.concepts == ("diffusion", "clip", "contrastive")
    assert [step.words for step in found.steps] == [
        ("Stable Diffusion uses CLIP",),
        ("CLIP uses Contrastive Learning",),
    ]
    assert all(step.forward for step in found.steps)
    (back,) = paths(view_of(sample), "contrastive", "diffusion", language=Language.ZH)
    assert [step.words for step in back.steps] == [("对比学习 被用于 CLIP",), ("CLIP 被用于 Stable Diffusion",)]
    assert not any(step.forward for step in back.steps)


def test_path_has_evidence_at_each_step(store):
    (found,) = paths(view(store), "diffusion", "contrastive")
    evidence = quotes(store, found.relations)
    assert [evidence[relation.key][0].line for relation in found.relations] == [15, 7]


def test_path_does_not_go_over_what_is_denied_unless_asked(sample):
    one = view_of(sample)
    assert len(paths(one, "diffusion", "blip")[0].steps) == 2
    (found,) = paths(one, "diffusion", "blip", negated=True)
    assert found.steps[0].words == ("Stable Diffusion does not use BLIP",)


def test_paths_come_shortest_first_without_loops(sample):
    found = paths(view_of(sample), "contrastive", "clip", 5)
    lengths = [len(path.steps) for path in found]
    assert lengths == sorted(lengths) == [1, 2]
    assert all(len(set(path.concepts)) == len(path.concepts) for path in found)


def test_path_keeps_to_types_and_direction(sample):
    one = view_of(sample)
    with pytest.raises(NoPathError):
        paths(one, "openai", "clip", types={RelationType.USES})
    with pytest.raises(NoPathError):
        paths(one, "contrastive", "clip", directed=True)
    assert len(paths(one, "diffusion", "openai", directed=True)[0].steps) == 2


def test_path_to_itself_has_no_step(sample):
    (found,) = paths(view_of(sample), "clip", "clip", 3)
    assert found.steps == ()


def test_no_path_names_the_nearest_that_connects(sample):
    one = view_of(sample)
    with pytest.raises(NoPathError) as error:
        paths(one, "transformer", "openai", types={RelationType.USES})
    assert error.value.nearest
    assert "Text Encoder" in str(error.value)
    with pytest.raises(NoPathError) as error:
        paths(one, "lonely", "clip")
    assert error.value.nearest == ()


def test_prerequisite_chain_leads_up_with_reasons(sample):
    found = prerequisite_chain(view_of(sample), "attention", "diffusion")
    assert found.concepts == ("attention", "transformer", "textencoder", "clip", "diffusion")
    assert len(found.reasons) == len(found.prerequisites) == 4
    assert found.reasons[2] == "Text Encoder is part of CLIP"
    with pytest.raises(NoPathError):
        prerequisite_chain(view_of(sample), "diffusion", "attention")


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16), st.integers(1, 4))
def test_paths_are_as_short_as_networkx_finds_them_and_stand_on_relations(pairs, k):
    concepts = tuple(Concept(str(number), str(number), Kind.TERM) for number in range(8))
    relations = tuple(
        Relation(str(a), RelationType.USES, str(b), False, 1.0, ("d#0.0",), ("r",)) for a, b in sorted(pairs)
    )
    one = view_of(MemoryContent((), concepts, relations))
    graph = nx.Graph((str(a), str(b)) for a, b in pairs)
    graph.add_nodes_from(concept.id for concept in concepts)
    if not nx.has_path(graph, "0", "7"):
        with pytest.raises(NoPathError):
            paths(one, "0", "7", k)
        return
    found = paths(one, "0", "7", k)
    assert len(found[0].steps) == nx.shortest_path_length(graph, "0", "7")
    assert len({path.concepts for path in found}) == len(found) <= k
    for path in found:
        for step in path.steps:
            assert step.relations
            assert all({one.source, one.target} == {step.source, step.target} for one in step.relations)
