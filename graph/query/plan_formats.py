"""A plan to take along: text, JSON, Markdown, a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from icalendar import Calendar, Event

from graph.query.plan import Plan, PlanStep
from graph.query.view import Reading
from graph.query.words import Language

_PRODUCT = "-//Zhitu//Study plan//EN"
_WORDS = {
    Language.EN: {
        "plan": "Study plan: {names}",
        "total": "{steps} concepts, about {minutes} minutes of reading",
        "minutes": "{minutes} min",
        "left_out": "Left out: {names}",
        "helpful": "Also helpful: {names}",
        "day": "Day {day}: {names}",
        "and": ", ",
    },
    Language.ZH: {
        "plan": "学习计划：{names}",
        "total": "{steps} 个概念，阅读约需 {minutes} 分钟",
        "minutes": "{minutes} 分钟",
        "left_out": "未列入：{names}",
        "helpful": "另有助益：{names}",
        "day": "第 {day} 天：{names}",
        "and": "、",
    },
}


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON holds it: ``target`` (a list if several), ``steps`` with name, reason, questions."""
    return {
        "target": plan.names[0] if len(plan.names) == 1 else list(plan.names),
        "minutes": plan.minutes,
        "steps": [
            {
                "concept": step.concept,
                "name": step.name,
                "layer": step.layer,
                "reason": step.reason,
                "minutes": step.minutes,
                "questions": [_question_json(reading) for reading in step.questions],
            }
            for step in plan.steps
        ],
        "left_out": [{"concept": one.concept, "name": one.name} for one in plan.left_out],
        "helpful": [{"concept": one.concept, "name": one.name} for one in plan.helpful],
    }


def plan_text(plan: Plan, language: Language = Language.EN) -> str:
    """Return the plan as plain text, a numbered line a concept with its reason and questions below."""
    lines = [_title(plan, language), _total(plan, language), ""]
    for number, step in enumerate(plan.steps, start=1):
        lines.append(f"{number}. {step.name} ({_minutes(step, language)})")
        lines.append(f"   {step.reason}")
        lines += [f"   - {_place(reading)}: {reading.title}" for reading in step.questions]
    return "\n".join(lines + _beside(plan, language)) + "\n"


def plan_markdown(plan: Plan, language: Language = Language.EN) -> str:
    """Return the plan as a Markdown list of tasks to tick off, each question a link into the notes."""
    lines = [f"# {_escaped(_title(plan, language))}", "", _total(plan, language), ""]
    for step in plan.steps:
        lines.append(f"- [ ] **{_escaped(step.name)}** ({_minutes(step, language)}): {_escaped(step.reason)}")
        lines += [f"  - [{_escaped(reading.title)}](<{reading.document}>)" for reading in step.questions]
    return "\n".join(lines + [_escaped(line) for line in _beside(plan, language)]) + "\n"


def plan_calendar(plan: Plan, days: int, first: date, language: Language = Language.EN) -> bytes:
    """Return the plan as an iCalendar file (RFC 5545), one whole-day event a day.

    Parameters
    ----------
    days
        Over how many days the steps are spread, about equal in reading time; fewer if there are fewer steps.
    first
        The day of the first event. The same plan and day give the same file.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _title(plan, language))
    for number, steps in enumerate(spread(plan.steps, days)):
        calendar.add_component(_event(plan, steps, number, first, language))
    return bytes(calendar.to_ical())


def spread(steps: Sequence[PlanStep], days: int) -> list[list[PlanStep]]:
    """Cut the steps, in their order, into at most `days` parts of about equal reading time, none empty."""
    days = max(1, min(days, len(steps)))
    weights = [step.minutes or 0.1 for step in steps]
    total, done = sum(weights), 0.0
    parts: list[list[PlanStep]] = [[]]
    for index, (step, weight) in enumerate(zip(steps, weights, strict=True)):
        left = len(steps) - index
        due = done + weight / 2 > total * len(parts) / days
        if parts[-1] and len(parts) < days and (due or left <= days - len(parts)):
            parts.append([])
        parts[-1].append(step)
        done += weight
    return [part for part in parts if part]


def _event(plan: Plan, steps: Sequence[PlanStep], number: int, first: date, language: Language) -> Event:
    words = _WORDS[language]
    day = first + timedelta(days=number)
    event = Event()
    event.add("uid", f"{_digest(plan, number, first)}@zhitu")
    event.add("dtstamp", datetime.combine(first, time(), tzinfo=UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    names = words["and"].join(step.name for step in steps)
    event.add("summary", words["day"].format(day=number + 1, names=names))
    event.add("description", "\n".join(_described(step, language) for step in steps))
    return event


def _described(step: PlanStep, language: Language) -> str:
    head = f"{step.name} ({_minutes(step, language)}): {step.reason}"
    return "\n".join([head, *(f"- {_place(reading)}: {reading.title}" for reading in step.questions)])


def _digest(plan: Plan, number: int, first: date) -> str:
    return sha256(repr((plan.targets, number, first.isoformat())).encode()).hexdigest()[:24]


def _question_json(reading: Reading) -> dict[str, Any]:
    return {
        "id": reading.id,
        "document": reading.document,
        "line": reading.line,
        "number": reading.number,
        "title": reading.title,
        "minutes": reading.minutes,
    }


def _title(plan: Plan, language: Language) -> str:
    words = _WORDS[language]
    return words["plan"].format(names=words["and"].join(plan.names))


def _total(plan: Plan, language: Language) -> str:
    return _WORDS[language]["total"].format(steps=len(plan.steps), minutes=round(plan.minutes))


def _minutes(step: PlanStep, language: Language) -> str:
    return _WORDS[language]["minutes"].format(minutes=f"{step.minutes:.1f}")


def _beside(plan: Plan, language: Language) -> list[str]:
    """Return what stands below the steps: what the limits left out, and what would help."""
    words = _WORDS[language]
    lines = []
    for key, group in (("left_out", plan.left_out), ("helpful", plan.helpful)):
        if group:
            lines += ["", words[key].format(names=words["and"].join(one.name for one in group))]
    return lines


def _place(reading: Reading) -> str:
    return f"{reading.document}:{reading.line}"


def _escaped(text: str) -> str:
    """Escape what Markdown or HTML would take for markup."""
    return "".join(f"\\{character}" if character in "\\`*_[]<>#|&~$" else character for character in text)
