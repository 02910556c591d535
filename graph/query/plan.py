"""What to learn, in which order, to understand a concept.

A plan holds the targets and all of their direct and indirect prerequisites but those already known. It follows
the essential ones (`GraphView.essential`), or all if asked. Every concept comes after all of its prerequisites in the
plan; among those that could come next, the one nearer to a target is first, then the one that the notes bring first.
The order does not depend on what is known, so that a plan only ever loses steps as the learner goes on.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from graph.model import Mention, Prerequisite
from graph.query.view import GraphView, Reading
from graph.query.words import Language, join_reasons, label, say_reasons, say_target

#: Questions to read for a concept that none is about, and at most for one that some are about.
_MENTIONING, _ABOUT = 1, 3
#: So many concepts, at most, are named that would help but are not essential.
_HELPFUL = 12
#: A step tells so many of the concepts that need it, with so many reasons each.
_TOLD, _REASONS = 2, 2


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A concept to learn.

    Parameters
    ----------
    layer
        From 1; concepts of one layer do not need each other.
    reason
        Why it is in the plan, in words.
    needed_for
        Ids of the concepts that need it directly.
    questions
        To read, in the order of the notes.
    minutes
        To read those of them that no earlier step lists.
    """

    concept: str
    name: str
    layer: int
    reason: str
    needed_for: tuple[str, ...]
    questions: tuple[Reading, ...]
    minutes: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A concept that would belong in the plan but for a limit."""

    concept: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A study order; the last step is a target.

    `helpful` would ease a step but is not essential; the likeliest first.
    """

    targets: tuple[str, ...]
    names: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    minutes: float
    left_out: tuple[LeftOut, ...] = ()
    helpful: tuple[LeftOut, ...] = ()

    @property
    def layers(self) -> tuple[tuple[PlanStep, ...], ...]:
        """The steps by layer."""
        numbers = sorted({step.layer for step in self.steps})
        return tuple(tuple(step for step in self.steps if step.layer == number) for number in numbers)


def plan(  # noqa: PLR0913  each option is one of the learner's
    view: GraphView,
    targets: Sequence[str],
    known: Collection[str] = (),
    *,
    depth: int | None = None,
    minutes: float | None = None,
    shortest: bool = False,
    everything: bool = False,
    language: Language = Language.EN,
) -> Plan:
    """Return what to learn for the targets.

    Parameters
    ----------
    targets
        Concept ids; they are in the plan even if known.
    known
        Concept ids to leave out.
    depth
        Only concepts from which at most so many steps lead to a target.
    minutes
        Only as many concepts, the most needed first, as can be read in this time, and the targets.
    shortest
        Leave out, too, what is needed only for concepts that are known.
    everything
        Follow all prerequisites, not only the essential ones.
    """
    graph = view.prerequisites if everything else view.essential
    targets = tuple(dict.fromkeys(targets))
    skip = set(known) - set(targets)
    distance = _distances(graph, targets)
    order = _order(view, distance, set(targets))
    wanted = set(_distances(graph, targets, stop=skip)) if shortest else set(distance)
    unknown = [id_ for id_ in order if id_ in wanted and id_ not in skip]
    kept = {id_ for id_ in unknown if depth is None or distance[id_] <= depth}
    if minutes is not None:
        kept = _within(view, graph, kept, targets, minutes)
    steps = tuple(_steps(view, [id_ for id_ in unknown if id_ in kept], order, targets, language))
    helpful = _helpful(view, kept, {*distance, *skip})
    return Plan(
        targets,
        tuple(label(view.concepts[id_], language) for id_ in targets),
        steps,
        round(sum(step.minutes for step in steps), 1),
        tuple(LeftOut(id_, label(view.concepts[id_], language)) for id_ in unknown if id_ not in kept),
        tuple(LeftOut(id_, label(view.concepts[id_], language)) for id_ in helpful),
    )


def reading_list(view: GraphView, concept: str) -> tuple[Reading, ...]:
    """Return the questions to read for a concept: those about it, else the one that mentions it most."""
    mentions = [mention for mention in view.mentions.get(concept, ()) if mention.question in view.readings]
    about = [mention for mention in mentions if mention.about][:_ABOUT]
    chosen = about or sorted(mentions, key=_most)[:_MENTIONING]
    return tuple(view.readings[mention.question] for mention in chosen)


def _most(mention: Mention) -> int:
    return -mention.count


def _helpful(view: GraphView, kept: Collection[str], known: Collection[str]) -> list[str]:
    """Return what the prerequisites that were not followed lead to, from what is kept, the likeliest first."""
    best: dict[str, float] = {}
    for id_ in kept:
        for source, _, pair in view.prerequisites.in_edges(id_, data="prerequisite"):
            if source not in known:
                best[source] = max(pair.weight, best.get(source, 0.0))
    return sorted(best, key=lambda id_: (-best[id_], view.place(id_), id_))[:_HELPFUL]


def _distances(graph: nx.DiGraph, targets: Sequence[str], stop: Collection[str] = ()) -> dict[str, int]:
    """Return all ancestors of the targets, and these, with the least number of steps to a target.

    What lies before a concept in `stop` is not looked for from there.
    """
    distance = dict.fromkeys(targets, 0)
    todo = deque(targets)
    while todo:
        id_ = todo.popleft()
        for source in graph.predecessors(id_):
            if source not in distance:
                distance[source] = distance[id_] + 1
                if source not in stop:
                    todo.append(source)
    return distance


def _order(view: GraphView, distance: Mapping[str, int], targets: Collection[str]) -> list[str]:
    """Sort topologically (Kahn), by the rules above where there is a choice; targets wait as long as they can."""

    def urgency(id_: str) -> tuple[bool, int, tuple[str, int], str]:
        return (id_ in targets, distance[id_], view.place(id_), id_)

    graph = view.prerequisites
    open_ = {id_: sum(source in distance for source in graph.predecessors(id_)) for id_ in distance}
    ready = [urgency(id_) for id_, count in open_.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        id_ = heapq.heappop(ready)[-1]
        order.append(id_)
        for target in graph.successors(id_):
            if target in open_:
                open_[target] -= 1
                if open_[target] == 0:
                    heapq.heappush(ready, urgency(target))
    return order


def _within(
    view: GraphView, graph: nx.DiGraph, unknown: Collection[str], targets: Sequence[str], minutes: float
) -> set[str]:
    """Keep the targets and, the most needed first, what can still be read in the time.

    How needed a concept is: the largest product of weights along a way to a target. What is needed only
    for a concept that finds no time is not looked at; known concepts (those not in `unknown`) take none.
    """
    kept: set[str] = set()
    read: set[str] = set()
    spent = 0.0
    best = [(-1.0, view.place(id_), id_) for id_ in targets]
    heapq.heapify(best)
    seen: set[str] = set()
    while best:
        need, _, id_ = heapq.heappop(best)
        if id_ in seen:
            continue
        seen.add(id_)
        if id_ in unknown:
            new = [reading for reading in reading_list(view, id_) if reading.id not in read]
            cost = sum(reading.minutes for reading in new)
            if id_ not in targets and spent + cost > minutes:
                continue
            kept.add(id_)
            read |= {reading.id for reading in new}
            spent += cost
        for source, _, pair in graph.in_edges(id_, data="prerequisite"):
            heapq.heappush(best, (need * pair.weight, view.place(source), source))
    return kept


def _steps(
    view: GraphView, concepts: Sequence[str], order: Sequence[str], targets: Collection[str], language: Language
) -> Iterator[PlanStep]:
    layers = _layers(view, concepts, order)
    inside = set(concepts)
    read: set[str] = set()
    for id_ in concepts:
        readings = reading_list(view, id_)
        new = [reading.minutes for reading in readings if reading.id not in read]
        read |= {reading.id for reading in readings}
        pairs = _needs(view, id_, layers, inside)
        yield PlanStep(
            id_,
            label(view.concepts[id_], language),
            layers[id_],
            say_target(language) if id_ in targets else join_reasons(_told(view, pairs, language), language),
            tuple(pair.target for pair in pairs),
            readings,
            round(sum(new), 2),
        )


def _needs(view: GraphView, concept: str, way: Collection[str], concepts: Collection[str]) -> list[Prerequisite]:
    """Return what a concept is needed for on the way, first what is itself to be learned, then by weight."""
    pairs: list[Prerequisite] = [pair for _, _, pair in view.prerequisites.out_edges(concept, data="prerequisite")]
    on_the_way = [pair for pair in pairs if pair.target in way]
    return sorted(on_the_way, key=lambda pair: (pair.target not in concepts, -pair.weight, pair.target))


def _told(view: GraphView, pairs: Sequence[Prerequisite], language: Language) -> list[str]:
    return [say_reasons(pair, view.concepts, language, _REASONS) for pair in pairs[:_TOLD]]


def _layers(view: GraphView, concepts: Sequence[str], order: Sequence[str]) -> dict[str, int]:
    """Give all on the way a layer after those of what they need; what is not in the plan takes up none."""
    inside = set(concepts)
    layers: dict[str, int] = {}
    for id_ in order:
        below = max((layers.get(source, 0) for source in view.prerequisites.predecessors(id_)), default=0)
        layers[id_] = below + (id_ in inside)
    return layers
