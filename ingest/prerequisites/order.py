"""Orders without circles, and without what follows from the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import rustworkx as rx

from graph.model import Prerequisite


@dataclass(frozen=True, slots=True)
class Circle:
    """A pair that was given up, and the concepts (ids) of the circle that it closed, from its target to its source."""

    given_up: Prerequisite
    members: tuple[str, ...]


def break_circles(pairs: Iterable[Prerequisite]) -> tuple[list[Prerequisite], list[Circle]]:
    """Give up the weakest pair of each circle.

    The strongest pairs are taken first; a pair that would close a circle of those taken is given up, so it is
    the weakest of that circle, and only pairs on circles go. Equal ones are taken by (source, target).
    """
    graph = rx.PyDiGraph(check_cycle=True)
    node = _Nodes(graph)
    kept: list[Prerequisite] = []
    circles: list[Circle] = []
    for pair in sorted(pairs, key=lambda one: (-one.weight, one.source, one.target)):
        try:
            graph.add_edge(node[pair.source], node[pair.target], None)
        except rx.DAGWouldCycle:
            circles.append(Circle(pair, _way(graph, node[pair.target], node[pair.source])))
        else:
            kept.append(pair)
    return kept, circles


def reduce(pairs: Sequence[Prerequisite], keep: Collection[tuple[str, str]] = ()) -> list[Prerequisite]:
    """Leave out what follows from the other pairs (transitive reduction), but not those in `keep`.

    Parameters
    ----------
    pairs
        Without circles.
    keep
        (source, target) of pairs to keep in any case.
    """
    graph = rx.PyDiGraph()
    node = _Nodes(graph)
    edges = [(node[pair.source], node[pair.target]) for pair in pairs]
    graph.add_edges_from_no_data(edges)
    reduced, renumbered = rx.transitive_reduction(graph)
    direct = set(reduced.edge_list())
    return [
        pair
        for pair, (source, target) in zip(pairs, edges, strict=True)
        if (renumbered[source], renumbered[target]) in direct or (pair.source, pair.target) in keep
    ]


class _Nodes(dict[str, int]):
    """The node of each id, added to the graph when first asked for."""

    def __init__(self, graph: rx.PyDiGraph[str, None]) -> None:
        super().__init__()
        self._graph = graph

    def __missing__(self, id_: str) -> int:
        self[id_] = self._graph.add_node(id_)
        return self[id_]


def _way(graph: rx.PyDiGraph[str, None], start: int, end: int) -> tuple[str, ...]:
    """Return the ids on a shortest way."""
    way = rx.dijkstra_shortest_paths(graph, start, end, weight_fn=lambda _: 1.0)[end]
    return tuple(graph[index] for index in way)
