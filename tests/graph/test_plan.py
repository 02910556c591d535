"""What to learn, in which order."""

import json
from datetime import date

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from graph.model import ESSENTIAL, Concept, Kind, MemoryContent, Prerequisite
from graph.query.plan import plan, reading_list
from graph.query.plan_formats import plan_calendar, plan_json, plan_markdown, plan_text, spread
from graph.query.view import view_of
from graph.query.words import Language


def _steps(found):
    return [step.concept for step in found.steps]


def test_plan_begins_with_what_needs_nothing_and_ends_at_the_target(sample):
    found = plan(view_of(sample), ["diffusion"])
    assert _steps(found) == ["contrastive", "attention", "transformer", "textencoder", "clip", "diffusion"]
    assert [step.layer for step in found.steps] == [1, 1, 2, 3, 4, 5]


def test_plan_follows_what_is_essential_and_names_what_would_help():
    concepts = tuple(Concept(id_, id_.upper(), Kind.METHOD) for id_ in ("deep", "doubtful", "sure", "target"))
    pairs = (
        Prerequisite("deep", "doubtful", 0.9),
        Prerequisite("doubtful", "target", ESSENTIAL - 0.01),
        Prerequisite("sure", "target", ESSENTIAL),
    )
    one = view_of(MemoryContent(concepts=concepts, prerequisites=pairs))
    found = plan(one, ["target"])
    assert _steps(found) == ["sure", "target"]
    assert [other.concept for other in found.helpful] == ["doubtful"]
    assert "Also helpful: DOUBTFUL" in plan_text(found)
    assert [other["name"] for other in plan_json(found)["helpful"]] == ["DOUBTFUL"]
    assert plan(one, ["target"], known=["doubtful"]).helpful == ()
    whole = plan(one, ["target"], everything=True)
    assert set(_steps(whole)) == {"deep", "doubtful", "sure", "target"}
    assert whole.helpful == ()


def test_plan_leaves_out_what_is_known_and_nothing_else(sample):
    found = plan(view_of(sample), ["diffusion"], known=["transformer"])
    assert _steps(found) == ["contrastive", "attention", "textencoder", "clip", "diffusion"]


def test_shortest_plan_leaves_out_what_only_known_concepts_need(sample):
    found = plan(view_of(sample), ["diffusion"], known=["transformer"], shortest=True)
    assert _steps(found) == ["contrastive", "textencoder", "clip", "diffusion"]


def test_plan_keeps_a_target_that_is_known(sample):
    assert _steps(plan(view_of(sample), ["attention"], known=["attention"])) == ["attention"]


def test_plan_tells_why(sample):
    found = plan(view_of(sample), ["clip"])
    reasons = {step.concept: step.reason for step in found.steps}
    assert reasons["textencoder"] == "Text Encoder is part of CLIP"
    assert reasons["clip"] == "what you want to learn"


def test_plan_tells_why_where_what_needs_it_is_known(sample):
    found = plan(view_of(sample), ["clip"], known=["transformer", "textencoder"])
    assert "Transformer uses Attention" in found.steps[1].reason


def test_plan_counts_each_question_once(sample):
    found = plan(view_of(sample), ["blip", "clip"])
    read = [reading.id for step in found.steps for reading in step.questions]
    assert len(read) > len(set(read))
    assert found.minutes == pytest.approx(
        sum({one.id: one.minutes for step in found.steps for one in step.questions}.values()), abs=0.06
    )


def test_reading_list_is_about_the_concept_or_mentions_it_most(sample):
    one = view_of(sample)
    assert [reading.position for reading in reading_list(one, "clip")] == [1]
    assert [reading.position for reading in reading_list(one, "contrastive")] == [1]
    assert reading_list(one, "lonely") == ()


def test_plan_keeps_to_a_depth_and_says_what_it_left_out(sample):
    found = plan(view_of(sample), ["diffusion"], depth=1)
    assert _steps(found) == ["clip", "diffusion"]
    assert {one.concept for one in found.left_out} == {"contrastive", "attention", "transformer", "textencoder"}


def test_plan_keeps_to_a_budget_with_the_most_needed(sample):
    one = view_of(sample)
    whole = plan(one, ["diffusion"])
    found = plan(one, ["diffusion"], minutes=sum(step.minutes for step in whole.steps) - 0.01)
    assert _steps(found) == ["contrastive", "textencoder", "clip", "diffusion"]
    assert {left.concept for left in found.left_out} == {"attention", "transformer"}
    assert _steps(plan(one, ["diffusion"], minutes=0)) == ["diffusion"]


def test_plan_for_several_targets_ends_at_one_of_them(sample):
    found = plan(view_of(sample), ["blip", "textencoder"])
    assert found.steps[-1].concept in ("blip", "textencoder")
    assert set(_steps(found)) == {"attention", "transformer", "textencoder", "contrastive", "blip"}


def test_plan_as_json_has_the_promised_form(sample):
    told = json.loads(json.dumps(plan_json(plan(view_of(sample), ["clip"]))))
    assert told["target"] == "CLIP"
    assert [step["name"] for step in told["steps"]][-1] == "CLIP"
    assert all(step["reason"] and isinstance(step["questions"], list) for step in told["steps"])
    assert told["steps"][0]["questions"][0]["document"] == "notes/a.md"


def test_plan_as_text_and_markdown_names_steps_and_questions(sample):
    found = plan(view_of(sample), ["clip"], language=Language.ZH, depth=1)
    text, markdown = plan_text(found, Language.ZH), plan_markdown(found, Language.ZH)
    assert text.startswith("学习计划：CLIP\n")
    assert "notes/a.md:6: CLIP 的原理？" in text
    assert "未列入：" in text
    assert "- [ ] **对比学习**" in markdown
    assert "[CLIP 的原理？](<notes/a.md>)" in markdown


def test_plan_as_markdown_lets_no_markup_through():
    concepts = (Concept("a", "<img src=x>](b)*`", Kind.TERM),)
    told = plan_markdown(plan(view_of(MemoryContent(concepts=concepts)), ["a"]))
    assert "\\<img src=x\\>\\](b)\\*\\`" in told


def test_plan_as_calendar_spreads_the_steps_over_days(sample):
    found = plan(view_of(sample), ["diffusion"])
    data = plan_calendar(found, 3, date(2026, 3, 30))
    events = Calendar.from_ical(data).walk("VEVENT")
    days = [event.decoded("dtstart") for event in events]
    assert days == [date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]
    assert data == plan_calendar(found, 3, date(2026, 3, 30))
    told = " ".join(str(event["summary"]) for event in events)
    assert all(step.name in told for step in found.steps)


@pytest.mark.parametrize("days", [0, 1, 2, 5, 6, 50])
def test_spread_keeps_order_and_leaves_no_day_empty(sample, days):
    steps = plan(view_of(sample), ["diffusion"]).steps
    parts = spread(steps, days)
    assert [step for part in parts for step in part] == list(steps)
    assert all(parts)
    assert len(parts) == max(1, min(days, len(steps)))


@st.composite
def _graphs(draw):
    """Draw an acyclic graph: pairs from a smaller to a larger number, under shuffled names."""
    size = draw(st.integers(1, 9))
    names = draw(st.permutations([f"c{number}" for number in range(size)]))
    pairs = draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=20))
    edges = sorted((names[min(pair)], names[max(pair)]) for pair in pairs if pair[0] != pair[1])
    weights = draw(st.lists(st.floats(0.1, 1), min_size=len(edges), max_size=len(edges)))
    concepts = tuple(Concept(name, name, Kind.TERM) for name in sorted(names))
    made = tuple(
        Prerequisite(*edge, weight, ("order",)) for edge, weight in dict(zip(edges, weights, strict=True)).items()
    )
    content = MemoryContent((), concepts, (), made)
    targets = draw(st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=2, unique=True))
    known = draw(st.sets(st.sampled_from(sorted(names))))
    more = draw(st.sets(st.sampled_from(sorted(names))))
    return content, targets, known, known | more


@given(_graphs(), st.booleans())
def test_plan_is_a_topological_order_of_all_unknown_ancestors_that_ends_at_a_target(case, everything):
    content, targets, known, _ = case
    one = view_of(content)
    found = plan(one, targets, known, everything=everything)
    steps = _steps(found)
    followed = one.prerequisites if everything else one.essential
    below = set(targets).union(*(nx.ancestors(followed, target) for target in targets))
    assert set(steps) == (below - known) | set(targets)
    assert len(steps) == len(set(steps))
    assert steps[-1] in targets
    place = {id_: number for number, id_ in enumerate(steps)}
    layer = {step.concept: step.layer for step in found.steps}
    for source, target in nx.transitive_closure_dag(one.prerequisites.subgraph(below)).edges:
        if source in place and target in place:
            assert place[source] < place[target]
            assert layer[source] < layer[target]
    assert not found.left_out


@given(_graphs(), st.booleans())
def test_knowing_more_never_lengthens_or_reorders_a_plan(case, shortest):
    content, targets, known, more = case
    one = view_of(content)
    before = _steps(plan(one, targets, known, shortest=shortest))
    after = _steps(plan(one, targets, more, shortest=shortest))
    assert [id_ for id_ in before if id_ in after] == after


@given(_graphs(), st.integers(0, 4))
def test_plan_of_a_depth_and_what_it_left_out_are_the_whole(case, depth):
    content, targets, known, _ = case
    one = view_of(content)
    whole, cut = plan(one, targets, known), plan(one, targets, known, depth=depth)
    assert set(_steps(cut)) | {left.concept for left in cut.left_out} == set(_steps(whole))
    assert set(targets) <= set(_steps(cut))
