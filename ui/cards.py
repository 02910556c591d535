"""What is known of a concept, a relation or a community, as rich text for the side of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from graph.learner import Status
from graph.model import Concept, Kind, Prerequisite, Relation
from graph.ontology import load_ontology
from graph.query.card import Appearance, Card, Dependency, Group, Stated
from graph.query.evidence import Quote
from graph.query.overview import Community
from graph.query.view import GraphView, Reading
from graph.query.words import kind_words, label, phrase, say, say_reasons
from ui.canvas.prose import Tree, el, joined, link
from ui.i18n import _, language, n_
from ui.text import short

_FEW_QUESTIONS = 8
_FEW_STATED = 8
_MEMBERS = 24


def concept_card(
    view: GraphView, card: Card, *, focused: bool, status: Status | None, documents: Mapping[str, str]
) -> Tree:
    """Return a concept's card.

    Parameters
    ----------
    focused
        The concept is the middle of the view.
    status
        How the learner stands to it.
    documents
        Titles by path.
    """
    one = card.concept
    colour = load_ontology().kinds[one.kind].colour
    others = [name for name in card.names if name != card.title]
    return el(
        "article",
        el(
            "header",
            el("span", kind_mark(one.kind), card.kind, class_="kind"),
            el("h2", card.title),
            el("div", *joined(others, " · "), class_="names muted") if others else None,
        ),
        el("p", one.definition, class_="definition", colour=colour) if one.definition else None,
        _actions(one, focused=focused),
        _statuses(one, status),
        *_relations(view, card.groups, documents),
        *_dependencies(_("Learn first"), card.prerequisites, lambda other: (view.concepts[other].name, one.name)),
        el("p", correct_link(one.name)),
        *_dependencies(_("Leads on to"), card.unlocks, lambda other: (one.name, view.concepts[other].name)),
        *_questions(card.questions, documents),
        class_="card",
    )


def edge_card(
    view: GraphView, relation: Relation, quotes: Sequence[Quote], rules: bool, documents: Mapping[str, str]
) -> Tree:
    """Return what states a relation, with how sure it is; `rules` shows the names of the rules that found it."""
    chosen = language()
    meaning = load_ontology().relations[relation.type]
    source, target = view.concepts[relation.source], view.concepts[relation.target]
    sure = f"{relation.confidence:.0%}"
    return el(
        "article",
        el(
            "header",
            el("span", _("Relation"), class_="kind"),
            el("h2", say(relation, view.concepts, chosen)),
            el("div", el("b", _("The notes deny this.")), class_="denied") if relation.negated else None,
        ),
        el(
            "div",
            _concept_button(source),
            el(
                "span",
                phrase(relation.type, chosen, negated=relation.negated),
                class_=_phrase_class(relation.negated),
                colour=meaning.colour,
            ),
            _concept_button(target),
            class_="row",
        ),
        el(
            "p",
            _("Confidence"),
            " ",
            el("span", class_="bar", share=relation.confidence, colour=meaning.colour),
            f" {sure}",
            class_="small muted",
        ),
        el("h3", _("Stated in"), el("span", str(len(quotes)), class_="count")),
        *(quotation(quote, documents, rule=rules) for quote in quotes),
        class_="card",
    )


def prerequisite_card(view: GraphView, pair: Prerequisite) -> Tree:
    """Return why one concept comes before another."""
    source, target = view.concepts[pair.source], view.concepts[pair.target]
    return el(
        "article",
        el(
            "header",
            el("span", _("Prerequisite"), class_="kind"),
            el("h2", f"{label(source, language())} → {label(target, language())}"),
        ),
        el(
            "div",
            _concept_button(source),
            el("span", _("comes before"), class_="phrase"),
            _concept_button(target),
            class_="row",
        ),
        el("p", say_reasons(pair, view.concepts, language())),
        el("p", _("Inferred from the notes; not a sentence of theirs."), class_="small muted"),
        el(
            "div",
            wrong_button(source.name, target.name, _("This is wrong")),
            class_="row",
        ),
        class_="card",
    )


def community_card(view: GraphView, community: Community) -> Tree:
    """Return the members of a community."""
    name = label(view.concepts[community.id], language())
    return el(
        "article",
        el(
            "header",
            el("span", _("Community"), class_="kind"),
            el("h2", name),
            el("div", n_("{n} concept", "{n} concepts", len(community.members)), class_="muted"),
        ),
        el(
            "div",
            el("button", _("Open"), class_="button on", go={"act": "community", "id": community.id}),
            el(
                "button",
                _("Focus on {name}").format(name=short(name, 20)),
                class_="button",
                go={"act": "focus", "id": community.id},
            ),
            class_="row",
        ),
        el("h3", _("Most important")),
        concept_list(view, community.members[:_MEMBERS]),
        class_="card",
    )


def several_card(view: GraphView, ids: Sequence[str]) -> Tree:
    """Return what can be done with several chosen concepts."""
    names = [view.concepts[id_].name for id_ in ids]
    few = len(ids) <= 3
    return el(
        "article",
        el("header", el("span", _("Selection"), class_="kind"), el("h2", n_("{n} concept", "{n} concepts", len(ids)))),
        el(
            "div",
            el("button", _("Compare"), class_="button", go={"page": "compare", "of": "|".join(names)}) if few else None,
            el(
                "button",
                _("Path between"),
                class_="button",
                go={"page": "plan", "from": names[0], "to": names[1], "tab": "path"},
            )
            if len(ids) == 2
            else None,
            el("button", _("Plan for all"), class_="button", go={"page": "plan", "target": "|".join(names)})
            if len(ids) <= 12
            else None,
            el("button", _("Hide"), class_="button", go={"act": "hide", "ids": list(ids)}),
            class_="row",
        ),
        concept_list(view, ids[:60]),
        class_="card",
    )


def concept_list(view: GraphView, ids: Sequence[str]) -> Tree:
    """Return concepts with their kinds, each a link to its card."""
    chosen = language()
    rows = []
    for id_ in ids:
        one = view.concepts[id_]
        rows.append(
            el(
                "li",
                el(
                    "div",
                    kind_mark(one.kind),
                    concept_link(one),
                    el("span", kind_words(one.kind, chosen), class_="muted small end"),
                    class_="plain",
                ),
            )
        )
    return el("ul", *rows, class_="facts")


def correct_link(then: str) -> Tree:
    """Return a link to where a prerequisite of a concept (its name) is added."""
    return link(_("A prerequisite is missing"), page="plan", tab="corrections", target=then, class_="small")


def wrong_button(first: str, then: str, text: str) -> Tree:
    """Return a button that says that `first` does not come before `then` (names)."""
    return el("button", text, class_="button", go={"act": "wrong", "source": first, "target": then})


def concept_link(one: Concept, text: str = "", class_: str = "") -> Tree:
    """Return a link that shows a concept beside the graph."""
    return link(
        text or label(one, language()), page="", concept=one.name, go={"act": "show", "id": one.id}, class_=class_
    )


def kind_mark(kind: Kind) -> Tree:
    """Return a kind's shape in its colour."""
    row = load_ontology().kinds[kind]
    return ["shape", {"shape": row.shape, "colour": row.colour}]


def question_link(question: Reading, sentence: str = "", text: str = "") -> Tree:
    """Return a link to a question in the notes, at a sentence."""
    number = f"{question.number} " if question.number else ""
    return link(text or f"{number}{question.title}", page="notes", question=question.id, sentence=sentence)


def _concept_button(one: Concept) -> Tree:
    return el("button", kind_mark(one.kind), label(one, language()), class_="button", go={"act": "show", "id": one.id})


def _actions(one: Concept, *, focused: bool) -> Tree:
    return el(
        "div",
        el(
            "button",
            _("Expand"),
            class_="button",
            go={"act": "expand", "id": one.id},
            title=_("Add its neighbours to the view"),
        ),
        None if focused else el("button", _("Focus"), class_="button", go={"act": "focus", "id": one.id}),
        None if focused else el("button", _("Hide"), class_="button", go={"act": "hide", "ids": [one.id]}),
        el("button", _("Path from here"), class_="button", go={"page": "plan", "from": one.name, "tab": "path"}),
        el("button", _("Compare"), class_="button", go={"page": "compare", "of": one.name}),
        el("button", _("Plan"), class_="button", go={"page": "plan", "target": one.name}),
        class_="row",
    )


def _statuses(one: Concept, status: Status | None) -> Tree:
    words = {Status.KNOWN: _("I know it"), Status.LEARNING: _("Learning"), Status.WANT: _("Want to")}
    return el(
        "div",
        *(
            el(
                "button",
                text,
                class_=f"button{' on' if status is each else ''}",
                go={"act": "mark", "name": one.name, "status": "" if status is each else str(each)},
            )
            for each, text in words.items()
        ),
        class_="row",
        role="group",
        **{"aria-label": _("How well you know it")},
    )


def _relations(view: GraphView, groups: Sequence[Group], documents: Mapping[str, str]) -> Iterator[Tree]:
    if not groups:
        return
    total = sum(len(group.stated) for group in groups)
    yield el("h3", _("Relations"), el("span", str(total), class_="count"))
    for group in groups:
        colour = load_ontology().relations[group.type].colour
        yield el("div", el("span", group.phrase, class_=_phrase_class(group.negated), colour=colour))
        rows = [_stated(view, one, documents, colour) for one in group.stated]
        yield el("ul", *rows[:_FEW_STATED], class_="facts")
        if len(rows) > _FEW_STATED:
            more = n_("{n} more", "{n} more", len(rows) - _FEW_STATED)
            yield el(
                "details", el("summary", more, class_="small muted"), el("ul", *rows[_FEW_STATED:], class_="facts")
            )


def _phrase_class(negated: bool) -> str:
    return "phrase denied" if negated else "phrase"


def _stated(view: GraphView, one: Stated, documents: Mapping[str, str], colour: str) -> Tree:
    other = view.concepts[one.other]
    bar = el(
        "span",
        class_="bar",
        share=one.relation.confidence,
        colour=colour,
        title=f"{_('Confidence')} {one.relation.confidence:.0%}",
    )
    return el(
        "li",
        el(
            "details",
            el("summary", kind_mark(other.kind), concept_link(other), el("span", bar, class_="end"), title=one.words),
            *(quotation(quote, documents) for quote in one.quotes),
        ),
    )


def quotation(quote: Quote, documents: Mapping[str, str], *, rule: bool = False) -> Tree:
    """Return a sentence with a link to its place in the notes; `rule` tells by which rule it was found."""
    where = _("{document}, line {line}").format(document=documents.get(quote.document, quote.document), line=quote.line)
    source = link(where, page="notes", question=quote.question, sentence=quote.sentence)
    found = el("span", " · ", _("found by"), " ", el("code", quote.rule)) if rule else None
    text = quote.text.replace("**", "")  # the note's bold
    return el("div", text, el("span", source, found, class_="source muted"), class_="quote")


def _dependencies(title: str, found: Sequence[Dependency], pair: Callable[[str], tuple[str, str]]) -> Iterator[Tree]:
    """Yield prerequisites; `pair` returns the names of what comes first and then, for the other concept's id."""
    if not found:
        return
    yield el("h3", title, el("span", str(len(found)), class_="count"))
    yield el(
        "ul",
        *(
            el(
                "li",
                el(
                    "details",
                    el("summary", link(one.name, page="", concept=one.name, go={"act": "show", "id": one.concept})),
                    el("p", one.reasons, class_="why muted"),
                    el("div", wrong_button(*pair(one.concept), _("This is wrong")), class_="row"),
                ),
            )
            for one in found[:_MEMBERS]
        ),
        class_="facts",
    )


def _questions(found: Sequence[Appearance], documents: Mapping[str, str]) -> Iterator[Tree]:
    if not found:
        return
    rows = [
        el(
            "li",
            el(
                "div",
                el(
                    "span",
                    question_link(one.question),
                    el("br"),
                    el("span", documents.get(one.question.document, ""), class_="small muted"),
                ),
                el("span", _("subject") if one.about else f"× {one.count}", class_="muted small end"),
                class_="plain",
            ),
        )
        for one in found
    ]
    yield el("h3", _("Questions"), el("span", str(len(rows)), class_="count"))
    yield el("ul", *rows[:_FEW_QUESTIONS], class_="facts")
    if len(rows) > _FEW_QUESTIONS:
        more = n_("{n} more", "{n} more", len(rows) - _FEW_QUESTIONS)
        yield el(
            "details", el("summary", more, class_="small muted"), el("ul", *rows[_FEW_QUESTIONS:60], class_="facts")
        )
