"""Where nodes stand: computed here, never by physics in the page.

A small view is laid out by rustworkx's spring layout (Fruchterman and Reingold, "Graph drawing by force-directed
placement", 1991), started from rings around its centres; what is on the screen already stays where it is.
The whole graph is laid out community by community, and the communities as wholes on their quotient graph; a large
community is a graph of smaller ones in the same way, so that the work grows little faster than the graph.
The same graph always gives the same picture. Positions are pixels at zoom 1.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import networkx as nx
import numpy as np
import numpy.typing as npt
import rustworkx as rx

from graph.query.overview import groups, overview
from graph.query.view import GraphView

Position = tuple[float, float]
Edge = tuple[str, str]
_Places = npt.NDArray[np.float64]

_SPACING = 92.0
_WIDE = 1.25  # labels are wider than high, and so are screens
#: The room that a node and its label have to themselves, and how much more those in the middle have.
_BOX = np.array([_SPACING * 1.15, _SPACING * 0.58])
_CLEARANCE = 2.4
_GOLDEN = math.pi * (3 - math.sqrt(5))
_SEED = 7
_SPRING_NODES = 700
_ROUNDS = 60
#: In the whole graph: nodes that one spring layout holds, disks placed by their ties, and the room of a node.
_LEAF = 200
_DISKS = 120
_GAP = 30.0
_LOOSE = 34.0


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


def communities(view: GraphView, most: int = 30) -> Mapping[str, Position]:
    """Return the positions of the largest communities of the graph's overview; made once for each view."""
    return view.remember(("layout of communities", most), lambda: _communities(view, most))


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
) -> _Places:
    """Begin with kept positions, and the others near those that they are tied to, or on rings."""
    found: dict[int, Position] = {index[id_]: at for id_, at in kept.items()}
    middle = [index[id_] for id_ in nodes if id_ in centres]
    for number, node in enumerate(middle):
        found.setdefault(node, (number * _SPACING * 2.0, 0.0))
    if not middle:  # several graphs in one picture: side by side in all directions
        hubs = _hubs(graph)
        for node, (x, y) in zip(hubs, _spiral(len(hubs), 0.0, _SPACING * 4.0), strict=True):
            found.setdefault(node, (float(x) * _WIDE, float(y)))
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


def _spring(graph: rx.PyGraph[str, float], start: _Places, fixed: set[int]) -> _Places:
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


def _apart(places: _Places, movable: npt.NDArray[np.bool_], wide: _Places) -> _Places:
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


def _communities(view: GraphView, most: int) -> dict[str, Position]:
    seen = overview(view)
    drawn = seen.communities[:most]
    radii = [46 + 9 * math.sqrt(len(one.members)) for one in drawn]
    places = _disks(radii, _numbered([one.id for one in drawn], [(tie.source, tie.target) for tie in seen.ties]))
    return {one.id: (round(float(x), 1), round(float(y), 1)) for one, (x, y) in zip(drawn, places, strict=True)}


def _whole(view: GraphView) -> dict[str, Position]:
    seen = overview(view)
    ids, places = _joined([one.members for one in seen.communities], view.links())
    places = np.concatenate([places, _around_all(places, len(seen.loose))])
    return {
        id_: (round(float(x), 1), round(float(y), 1)) for id_, (x, y) in zip([*ids, *seen.loose], places, strict=True)
    }


def _around_all(places: _Places, count: int) -> _Places:
    """Return so many places on rings around others, as wide and as high as these are."""
    if not len(places):
        return _spiral(count, 0.0, _LOOSE)
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    half = np.ptp(places, axis=0) / 2 + _LOOSE
    reach = float(np.hypot(*((places - middle) / half).T).max()) + _LOOSE / float(half.min())
    rings = _spiral(count, reach, _LOOSE / math.sqrt(float(half.prod()))) * half + middle
    return np.asarray(rings, dtype=np.float64)


def _joined(parts: Sequence[Sequence[str]], links: nx.Graph) -> tuple[list[str], _Places]:
    """Lay out each part by itself, and the parts as disks around 0, 0."""
    inside = [_inside(members, links) for members in parts]
    radii = [float(np.hypot(*places.T).max()) + _GAP for places in inside]
    of = {member: number for number, members in enumerate(parts) for member in members}
    ties = {
        (min(of[one], of[other]), max(of[one], of[other]))
        for one, other in links.edges(list(of))
        if one in of and other in of and of[one] != of[other]
    }
    middles = _disks(radii, sorted(ties))
    moved = [places + middle for places, middle in zip(inside, middles, strict=True)]
    return list(of), np.concatenate(moved) if moved else np.empty((0, 2))


def _inside(members: Sequence[str], links: nx.Graph) -> _Places:
    """Lay out one community around 0, 0, its members in the order given."""
    ties = _numbered(members, links.subgraph(members).edges)
    if len(members) <= _LEAF:
        return _sprung(len(members), ties)
    parts = groups((members[one], members[other]) for one, other in ties)
    if len(parts) == 1:  # so close that no layout would show more
        return _spiral(len(members), 0.0, 2 * _GAP)
    ids, places = _joined(parts, links)
    at = dict(zip(ids, places, strict=True))
    return np.array([at[id_] for id_ in members])


def _sprung(count: int, ties: Sequence[tuple[int, int]]) -> _Places:
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(count))
    graph.add_edges_from([(one, other, 1.0) for one, other in ties])
    found = rx.spring_layout(graph, num_iter=40, seed=_SEED, k=2.2 / math.sqrt(count))
    places = np.array([found[number] for number in range(count)], dtype=float)
    places -= places.mean(axis=0)
    return places * _GAP * math.sqrt(count) / (np.abs(places).max() or 1.0)


def _spiral(count: int, inner: float, gap: float) -> _Places:
    """Return places on a spiral around a disk, the first ones nearest, each with as much room."""
    number = np.arange(count)
    radius = np.sqrt(inner**2 + gap**2 * number / math.pi)
    return np.column_stack([radius * np.cos(number * _GOLDEN), radius * np.sin(number * _GOLDEN)])


def _numbered(ids: Sequence[str], pairs: Iterable[Edge]) -> list[tuple[int, int]]:
    """Return pairs of ids as pairs of numbers, sorted; those with another id are left out."""
    index = {id_: number for number, id_ in enumerate(ids)}
    return sorted((index[one], index[other]) for one, other in pairs if one in index and other in index)


def _disks(radii: Sequence[float], ties: Sequence[tuple[int, int]]) -> _Places:
    """Place disks, the largest first, so that those tied are near and none overlap."""
    if not radii:
        return np.empty((0, 2))
    near = np.array(radii[:_DISKS])
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(near)))
    graph.add_edges_from([(one, other, 1.0) for one, other in ties if max(one, other) < len(near)])
    found = rx.spring_layout(graph, num_iter=100, seed=_SEED, k=1.6 / math.sqrt(len(near)))
    places = np.array([found[number] for number in range(len(near))], dtype=float)
    places *= math.sqrt(float((near**2).sum())) * np.array([_WIDE, 1.0])
    need = near[:, None] + near[None, :]
    for number in range(200):
        gap = places[:, None, :] - places[None, :, :]
        distance = np.sqrt((gap**2).sum(axis=2)) + 1e-6
        overlap = (need - distance).clip(0)
        np.fill_diagonal(overlap, 0)
        places += 0.5 * (gap / distance[..., None] * overlap[..., None]).sum(axis=1)
        if number < 120:
            places *= 0.985  # towards each other, so that little stays empty
    reach = float((np.hypot(*places.T) + near).max())
    far = radii[_DISKS:]
    return np.concatenate([places, _spiral(len(far), reach + max(far, default=0), 2 * max(far, default=0))])
