"""The layout of whole graphs: every concept has a place of its own, the same each time, however large the graph is."""

import random

import numpy as np
import pytest

from graph.model import Concept, Kind, MemoryContent, Relation, RelationType
from graph.query.overview import groups, overview
from graph.query.view import view_of
from ui import layout


def clustered(count: int, cluster: int, *, backwards: bool = False):
    """Return the view of a graph of clusters, tied in a ring; each concept is tied to three of its own cluster."""
    chance = random.Random(1)  # noqa: S311  the same graph each time
    keys = set()
    for number in range(count):
        start = number - number % cluster
        others = {start + chance.randrange(min(cluster, count - start)) for _ in range(3)} - {number}
        keys |= {(f"c{number:05}", RelationType.USES, f"c{other:05}", False) for other in sorted(others)}
        if number % cluster == 0:
            keys.add((f"c{number:05}", RelationType.USES, f"c{(number + cluster) % count:05}", False))
    order = sorted(keys, reverse=backwards)
    concepts = [Concept(f"c{number:05}", f"概念{number}", Kind.TERM) for number in range(count)]
    return view_of(
        MemoryContent(
            concepts=tuple(reversed(concepts) if backwards else concepts),
            relations=tuple(Relation(*key, 0.9, ("n.md#0.0",), ("r",)) for key in order),
        )
    )


@pytest.fixture(scope="module")
def large():
    return clustered(3000, 50)


def test_groups_are_those_of_the_clusters(large):
    found = overview(large).communities
    together = {member: one.id for one in found for member in one.members}
    kept = sum(together[f"c{number:05}"] == together[f"c{number - number % 50:05}"] for number in range(3000))
    assert kept > 2900


def test_groups_of_no_edges():
    assert groups([]) == []


def test_overview_and_layout_do_not_depend_on_the_order(large):
    other = clustered(3000, 50, backwards=True)
    assert overview(large) == overview(other)
    assert layout.whole(large) == layout.whole(other)
    assert layout.communities(large) == layout.communities(other)


def test_a_large_graph_has_a_place_for_every_concept_and_no_two_share_one(large):
    places = layout.whole(large)
    assert set(places) == set(large.concepts)
    assert len(set(places.values())) == len(places)


def test_concepts_of_one_community_stand_together(large):
    places = layout.whole(large)
    spans = [np.ptp([places[id_] for id_ in one.members], axis=0).max() for one in overview(large).communities[:20]]
    assert max(spans) < np.ptp(list(places.values()), axis=0).max() / 3


def test_a_community_in_which_all_are_tied_to_all_is_laid_out():
    ids = [f"c{number:03}" for number in range(250)]
    pairs = [(one, RelationType.USES, other, False) for one in ids for other in ids if one < other]
    content = MemoryContent(
        concepts=tuple(Concept(id_, id_, Kind.TERM) for id_ in ids),
        relations=tuple(Relation(*pair, 0.9, ("n.md#0.0",), ("r",)) for pair in pairs),
    )
    assert len(set(layout.whole(view_of(content)).values())) == 250


def test_many_small_groups_stand_around_the_large_ones():
    radii = np.array([90.0] * 10 + [40.0] * 490)
    places = layout._disks(list(radii), [(0, number) for number in range(1, 500)])
    apart = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1)) / (radii[:, None] + radii[None, :])
    assert (apart + np.eye(500)).min() > 0.9


def test_only_the_communities_that_are_drawn_get_a_place(large):
    assert set(layout.communities(large, 7)) == {one.id for one in overview(large).communities[:7]}
