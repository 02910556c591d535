"""Orders without circles, and without what follows from the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import rustworkx as rx

from graph.model import ESSENTIAL, Prerequisite


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
    pairs = sorted(pairs, key=lambda one: (-one.weight, one.source, one.target))
    group = _entangled(pairs)
    graph = rx.PyDiGraph(check_cycle=True)
    node = _Nodes(graph)
    kept: list[Prerequisite] = []
    circles: list[Circle] = []
    for pair in pairs:
        if group[pair.source] != group[pair.target]:  # no way leads back: on no circle
            kept.append(pair)
            continue
        try:
            graph.add_edge(node[pair.source], node[pair.target], None)
        except rx.DAGWouldCycle:
            circles.append(Circle(pair, _way(graph, node[pair.target], node[pair.source])))
        else:
            kept.append(pair)
    return kept, circles


def _entangled(pairs: Iterable[Prerequisite]) -> dict[str, int]:
    """Return for each concept the number of its strongly connected component."""
    graph = rx.PyDiGraph()
    node = _Nodes(graph)
    graph.add_edges_from_no_data([(node[pair.source], node[pair.target]) for pair in pairs])
    components = rx.strongly_connected_components(graph)
    return {graph[index]: number for number, component in enumerate(components) for index in component}


def reduce(pairs: Sequence[Prerequisite], keep: Collection[tuple[str, str]] = ()) -> list[Prerequisite]:
    """Leave out what follows from the other pairs (transitive reduction), but not those in `keep`.

    Parameters
    ----------
    pairs
        Without circles.
    keep
        (source, target) of pairs to keep in any case.
    """
    after: defaultdict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        after[pair.source].append(pair.target)
    level = _levels(after)
    implied = {source: _implied(after, level, source) for source in after}
    return [pair for pair in pairs if pair.target not in implied[pair.source] or (pair.source, pair.target) in keep]


def direct(pairs: Sequence[Prerequisite], keep: Collection[tuple[str, str]] = ()) -> list[Prerequisite]:
    """Leave out what follows from the other pairs; an essential pair only if it follows from essential ones.

    A way around over doubtful pairs is no reason to give up a sure one: who does not trust them would miss it.

    Parameters
    ----------
    pairs, keep
        As of `reduce`.
    """
    essential = reduce([pair for pair in pairs if pair.weight >= ESSENTIAL])
    return reduce(pairs, {*keep, *((pair.source, pair.target) for pair in essential)})


def _levels(after: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    """Return the length of the longest way to each concept."""
    graph = nx.DiGraph(after)
    return {id_: level for level, ids in enumerate(nx.topological_generations(graph)) for id_ in ids}


def _implied(after: Mapping[str, Sequence[str]], level: Mapping[str, int], source: str) -> set[str]:
    """Return which of the next concepts are reached by way of others, looking no further than the last of them."""
    last = max(level[target] for target in after[source])
    reached: set[str] = set()
    todo = [target for target in after[source] if level[target] < last]
    while todo:
        new = [id_ for id_ in after.get(todo.pop(), ()) if id_ not in reached and level[id_] <= last]
        reached.update(new)
        todo += new
    return reached


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
