"""Where nodes stand: computed here, never by physics in the page.

A small view is laid out by rustworkx's spring layout (Fruchterman and Reingold, "Graph drawing by force-directed
placement", 1991), started from rings around its centres; what is on the screen already stays where it is.
The whole graph is laid out community by community, and the communities as wholes on their quotient
graph. The same graph always gives the same picture. Positions are pixels at zoom 1.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import rustworkx as rx

from graph.query.overview import overview
from graph.query.view import GraphView

Position = tuple[float, float]
Edge = tuple[str, str]

_SPACING = 92.0
_WIDE = 1.25  # labels are wider than high, and so are screens
#: The room that a node and its label have to themselves, and how much more those in the middle have.
_BOX = np.array([_SPACING * 1.15, _SPACING * 0.58])
_CLEARANCE = 2.4
_GOLDEN = math.pi * (3 - math.sqrt(5))
_SEED = 7
_SPRING_NODES = 700
_ROUNDS = 60


def place(
    nodes: Sequence[str],
    edges: Iterable[Edge],
    *,
    centres: Collection[str] = (),
    fixed: Mapping[str, Position] | None = None,
) -> dict[str, Position]:
    """Return a position for each node.

    Parameters
    ----------
    nodes
        Ids, without duplicates.
    edges
        Pairs of these ids.
    centres
        Nodes that stand in the middle.
    fixed
        Positions that must not change; of other nodes than `nodes`, they are ignored.
    """
    kept = {id_: at for id_, at in (fixed or {}).items() if id_ in set(nodes)}
    if len(kept) == len(nodes):
        return kept
    index = {id_: number for number, id_ in enumerate(nodes)}
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(nodes))
    graph.add_edges_from([(index[one], index[other], 1.0) for one, other in sorted(set(edges)) if one != other])
    start = _start(nodes, graph, index, centres, kept)
    spread = _spring(graph, start, {index[id_] for id_ in kept}) if len(nodes) <= _SPRING_NODES else start
    movable = np.array([id_ not in kept for id_ in nodes])
    wide = np.array([_CLEARANCE if id_ in centres else 1.0 for id_ in nodes])
    apart = _apart(spread, movable, wide)
    return {
        id_: kept.get(id_) or (round(float(x), 1), round(float(y), 1)) for id_, (x, y) in zip(nodes, apart, strict=True)
    }


def whole(view: GraphView) -> Mapping[str, Position]:
    """Return the position of every concept of the graph; made once for each view."""
    return view.remember("layout", lambda: _whole(view))


def communities(view: GraphView) -> Mapping[str, Position]:
    """Return the position of every community of the graph's overview; made once for each view."""
    return view.remember("layout of communities", lambda: _communities(view))


def size(importance: float, largest: float) -> float:
    """Return the radius of a concept's node."""
    share = importance / largest if largest else 0.0
    return round(7 + 11 * float(share**1.5), 1)


def _start(
    nodes: Sequence[str],
    graph: rx.PyGraph[str, float],
    index: Mapping[str, int],
    centres: Collection[str],
    kept: Mapping[str, Position],
) -> npt.NDArray[np.float64]:
    """Begin with kept positions, and the others near those that they are tied to, or on rings."""
    found: dict[int, Position] = {index[id_]: at for id_, at in kept.items()}
    middle = [index[id_] for id_ in nodes if id_ in centres] or _hubs(graph)
    for number, node in enumerate(middle):
        found.setdefault(node, (number * _SPACING * 2.0, 0.0))
    ring = sorted(found)
    while ring:
        fresh: list[int] = []
        for parent in ring:
            children = sorted(node for node in graph.neighbors(parent) if node not in found)
            for number, child in enumerate(children):
                found[child] = _around(found, parent, number, len(children))
            fresh += children
        ring = fresh
    loose = [node for node in range(len(nodes)) if node not in found]
    edge = max((math.hypot(x, y) for x, y in found.values()), default=0.0)
    for number, node in enumerate(loose):
        radius = edge + _SPACING * (0.6 + 0.55 * math.sqrt(number))
        found[node] = (radius * math.cos(number * _GOLDEN), radius * math.sin(number * _GOLDEN))
    return np.array([found[node] for node in range(len(nodes))], dtype=float)


def _hubs(graph: rx.PyGraph[str, float]) -> list[int]:
    """Return one node for each component of two or more, the one with the most neighbours."""
    components = sorted((sorted(part) for part in rx.connected_components(graph)), key=lambda part: (-len(part), part))
    return [max(part, key=lambda node: (graph.degree(node), -node)) for part in components if len(part) > 1]


def _around(found: Mapping[int, Position], parent: int, number: int, count: int) -> Position:
    """Return a place on a circle around a parent, facing away from the middle of all."""
    x, y = found[parent]
    radius = _SPACING * max(1.2, count / 7)
    if math.hypot(x, y) < 1:
        angle = 2 * math.pi * number / count - math.pi / 2
    else:
        angle = math.atan2(y, x) + (number - (count - 1) / 2) * min(0.5, 2.4 / count)
    return (x + radius * _WIDE * math.cos(angle), y + radius * math.sin(angle))


def _spring(graph: rx.PyGraph[str, float], start: npt.NDArray[np.float64], fixed: set[int]) -> npt.NDArray[np.float64]:
    unit = start / _SPACING
    found = rx.spring_layout(
        graph,
        pos={node: (float(x), float(y)) for node, (x, y) in enumerate(unit)},
        fixed=fixed or None,
        k=1.0 if fixed else 1.15,
        num_iter=_ROUNDS,
        seed=_SEED,
    )
    places = np.array([found[node] for node in range(len(start))], dtype=float)
    if not fixed:
        places *= 0.62 * math.sqrt(len(start)) * np.array([_WIDE, 1.0])
    return places * _SPACING


def _apart(
    places: npt.NDArray[np.float64], movable: npt.NDArray[np.bool_], wide: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Push nodes apart until each has a box for its label, `wide` times as large; quadratic: for small views."""
    places = places.copy()
    if len(places) > _SPRING_NODES:
        return places
    room = _BOX * ((wide[:, None] + wide[None, :]) / 2)[..., None]
    places += np.random.default_rng(_SEED).normal(0, 1.5, places.shape) * movable[:, None]
    for _ in range(_ROUNDS):
        gap = places[:, None, :] - places[None, :, :]
        overlap = room - np.abs(gap)
        hit = np.asarray((overlap > 0).all(axis=2))
        np.fill_diagonal(hit, val=False)
        if not hit.any():
            break
        axis = (overlap / room).argmin(axis=2)
        push = np.zeros_like(gap)
        for side in (0, 1):
            on = hit & (axis == side)
            push[..., side][on] = (np.sign(gap[..., side][on]) + (gap[..., side][on] == 0)) * overlap[..., side][on] / 2
        places += (push.sum(axis=1) * 0.6).clip(-40, 40) * movable[:, None]
    return places


def _communities(view: GraphView) -> dict[str, Position]:
    seen = overview(view)
    ids = [one.id for one in seen.communities]
    radii = [46 + 9 * math.sqrt(len(one.members)) for one in seen.communities]
    return _disks(ids, radii, [(tie.source, tie.target) for tie in seen.ties])


def _whole(view: GraphView) -> dict[str, Position]:
    seen = overview(view)
    links = view.links()
    inside: dict[str, dict[str, Position]] = {}
    for one in seen.communities:
        ties = [(a, b) for a, b in links.subgraph(one.members).edges]
        inside[one.id] = _inside(one.members, ties)
    radii = [max((math.hypot(x, y) for x, y in inside[one.id].values()), default=0) + 30 for one in seen.communities]
    ids = [one.id for one in seen.communities]
    middles = _disks(ids, radii, [(tie.source, tie.target) for tie in seen.ties])
    found = {
        member: (round(middles[id_][0] + x, 1), round(middles[id_][1] + y, 1))
        for id_, members in inside.items()
        for member, (x, y) in members.items()
    }
    edge = max((math.hypot(*at) for at in found.values()), default=0.0)
    for number, id_ in enumerate(seen.loose):
        radius = math.sqrt((edge + 60) ** 2 + 34**2 * number)
        angle = number * _GOLDEN
        found[id_] = (round(radius * math.cos(angle), 1), round(radius * math.sin(angle), 1))
    return found


def _inside(members: Sequence[str], ties: Sequence[Edge]) -> dict[str, Position]:
    """Lay out one community around 0, 0."""
    index = {id_: number for number, id_ in enumerate(members)}
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(members))
    graph.add_edges_from([(index[one], index[other], 1.0) for one, other in ties])
    found = rx.spring_layout(graph, num_iter=40, seed=_SEED, k=2.2 / math.sqrt(len(members)))
    places = np.array([found[number] for number in range(len(members))], dtype=float)
    places -= places.mean(axis=0)
    reach = np.abs(places).max() or 1.0
    places *= 30 * math.sqrt(len(members)) / reach
    return {id_: (float(x), float(y)) for id_, (x, y) in zip(members, places, strict=True)}


def _disks(ids: Sequence[str], radii: Sequence[float], ties: Sequence[Edge]) -> dict[str, Position]:
    """Place disks so that those tied are near and none overlap."""
    if not ids:
        return {}
    index = {id_: number for number, id_ in enumerate(ids)}
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(ids))
    graph.add_edges_from([(index[one], index[other], 1.0) for one, other in ties])
    found = rx.spring_layout(graph, num_iter=100, seed=_SEED, k=1.6 / math.sqrt(len(ids)))
    places = np.array([found[number] for number in range(len(ids))], dtype=float)
    size_ = np.array(radii)
    places *= math.sqrt(float((size_**2).sum())) * np.array([_WIDE, 1.0])
    need = size_[:, None] + size_[None, :]
    for _ in range(200):
        gap = places[:, None, :] - places[None, :, :]
        distance = np.sqrt((gap**2).sum(axis=2)) + 1e-6
        overlap = (need - distance).clip(0)
        np.fill_diagonal(overlap, 0)
        places += 0.5 * (gap / distance[..., None] * overlap[..., None]).sum(axis=1)
        places *= 0.985  # towards each other, so that little stays empty
    return {id_: (round(float(x), 1), round(float(y), 1)) for id_, (x, y) in zip(ids, places, strict=True)}
