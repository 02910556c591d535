"""The whole graph from afar: communities of concepts that belong together, and what ties them.

Communities are Louvain's (Blondel et al., "Fast unfolding of communities in large networks", 2008), as networkx
implements them, with a fixed seed and sorted input: the same graph always gives the same ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

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


def _overview(view: GraphView) -> Overview:
    links = view.links()
    loose = rank(view, nx.isolates(links))
    tied = nx.Graph()
    tied.add_nodes_from(sorted(set(links) - set(loose)))
    tied.add_edges_from(links.edges)
    found = nx.community.louvain_communities(tied, weight=None, seed=_SEED) if tied else []
    communities = sorted((_community(view, tied, members) for members in found), key=_largest)
    of = {member: community.id for community in communities for member in community.members}
    counts = Counter(
        (min(of[one], of[other]), max(of[one], of[other])) for one, other in tied.edges if of[one] != of[other]
    )
    ties = tuple(Tie(*pair, counts[pair]) for pair in sorted(counts))
    return Overview(tuple(communities), ties, tuple(loose))


def _community(view: GraphView, links: nx.Graph, members: Sequence[str]) -> Community:
    inside = links.subgraph(members)
    centre = min(inside, key=lambda id_: (-inside.degree(id_), -view.importance[id_], id_))
    return Community(centre, view.concepts[centre].name, tuple(rank(view, members)))


def _largest(community: Community) -> tuple[int, str]:
    return (-len(community.members), community.id)
