"""The whole graph from afar: communities of concepts that belong together, and what ties them.

Communities are found by the Leiden algorithm (Traag, Waltman and van Eck, "From Louvain to Leiden: guaranteeing
well-connected communities", 2019) with a fixed seed and sorted input: the same graph always gives the same ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
from graspologic_native import leiden

from graph.query.neighbourhood import rank
from graph.query.view import GraphView

_SEED = 1


@dataclass(frozen=True, slots=True)
class Community:
    """Concepts (ids) that belong together, the most important first; named after the most central one."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """Two communities (ids), and how many pairs of concepts tie them."""

    source: str
    target: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The quotient graph; `loose` are the concepts (ids) that no relation ties to another."""

    communities: tuple[Community, ...]
    ties: tuple[Tie, ...]
    loose: tuple[str, ...]


def overview(view: GraphView) -> Overview:
    """Return the communities of a graph, the largest first; made once for each view."""
    return view.remember("overview", lambda: _overview(view))


def groups(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the nodes of a graph, those that belong together in a list each; the same whatever the edges' order.

    Parameters
    ----------
    edges
        Pairs of ids, each pair once; a node without an edge is in no group.
    """
    ties = sorted((min(pair), max(pair), 1.0) for pair in edges)
    if not ties:
        return []
    found: defaultdict[int, list[str]] = defaultdict(list)
    for node, number in sorted(leiden(ties, None, 1.0, 0.001, 1, True, _SEED, 1)[1].items()):
        found[number].append(node)
    return sorted(found.values())


def _overview(view: GraphView) -> Overview:
    links = view.links()
    loose = rank(view, nx.isolates(links))
    found = groups(links.edges)
    of = {member: number for number, members in enumerate(found) for member in members}
    degrees = Counter(end for pair in links.edges if of[pair[0]] == of[pair[1]] for end in pair)
    communities = [_community(view, members, degrees) for members in found]
    counts = Counter(
        tuple(sorted((communities[of[one]].id, communities[of[other]].id)))
        for one, other in links.edges
        if of[one] != of[other]
    )
    ties = tuple(Tie(one, other, count) for (one, other), count in sorted(counts.items()))
    return Overview(tuple(sorted(communities, key=_largest)), ties, tuple(loose))


def _community(view: GraphView, members: Sequence[str], degrees: Mapping[str, int]) -> Community:
    centre = min(members, key=lambda id_: (-degrees[id_], -view.importance[id_], id_))
    return Community(centre, view.concepts[centre].name, tuple(rank(view, members)))


def _largest(community: Community) -> tuple[int, str]:
    return (-len(community.members), community.id)
