"""The command line `zhitu`.

Each command opens the store, asks one question and prints the answer, as a table or as JSON. Imports
stand inside the commands: `zhitu --help` must not wait for spaCy, a Java machine or Streamlit.

Exit codes: 0; 1 for the user's error, one line on standard error; 2 for wrong usage.
"""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graph.errors import SettingsError, ZhituError
from graph.model import PREREQUISITE_OF, RelationType
from ui.terminal import print_heading, print_json, print_table, print_text, printable, progress_bar, show_error

if TYPE_CHECKING:
    from graph.model import Sentence
    from graph.query.evidence import Quote
    from graph.query.explain import Explanation
    from graph.query.view import GraphView
    from graph.query.words import Language
    from graph.settings import Settings
    from graph.store.base import GraphStore
    from ingest.grounds import NameGround, RelationGrounds
    from ingest.pipeline import Report
    from ingest.records import Notice

_TYPES = click.Choice([*RelationType, PREREQUISITE_OF], case_sensitive=False)
_NOTICES_SHOWN = 20
_REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Session:
    """What the options before the command say."""

    store: str | None
    language: str | None

    def settings(self) -> Settings:
        """Return the settings."""
        from graph.settings import load_settings

        return load_settings(store=self.store)

    def words(self) -> Language:
        """Return the language to print in: ``--lang``, else the environment's."""
        from graph.query.words import Language

        chosen = self.language or os.environ.get("LANG") or locale.getlocale()[0] or ""
        return Language.ZH if chosen.lower().startswith("zh") else Language.EN

    @contextmanager
    def opened(self) -> Iterator[GraphStore]:
        """Open the store for reading."""
        from graph.store import open_store

        with open_store(self.settings()) as store:
            yield store

    @contextmanager
    def viewed(self) -> Iterator[tuple[GraphStore, GraphView]]:
        """Open the store and its view."""
        from graph.query.view import view

        with self.opened() as store:
            yield store, view(store)


class _Group(click.Group):
    """Turns the project's errors into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's own signature
        try:
            return super().invoke(ctx)
        except ZhituError as error:
            show_error(error)
            ctx.exit(1)


def _format(*more: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    choices = click.Choice(["table", "json", *more])
    return click.option("--format", "form", type=choices, default="table", show_default=True, help="How to print.")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--store", metavar="URL", help="embedded:DIR, neo4j://HOST or bolt://HOST; else ZHITU_STORE.")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the words; else the environment's.")
@click.option("-v", "--verbose", count=True, help="Say what is done, on standard error; -vv also for each note.")
@click.option("--log", type=click.Choice(["text", "json"]), help="How to say it; json: an object a line, for programs.")
@click.version_option(package_name="zhitu", prog_name="zhitu")
@click.pass_context
def main(ctx: click.Context, store: str | None, lang: str | None, verbose: int, log: str | None) -> None:
    """Zhitu 知图: a knowledge graph of your study notes, with the sentence behind every edge."""
    ctx.obj = Session(store, lang)
    if verbose or log:
        from graph import logs

        logs.start(logs.Form(log or "text"), verbose=verbose > 1)


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--merges", type=click.Path(path_type=Path), help="CSV of names that are, or are not, one concept.")
@click.option("--prerequisites", type=click.Path(path_type=Path), help="CSV of what comes before what.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that extract; by default as it pays.")
@click.option("--executor", metavar="dask://HOST:PORT", help="Extract on a Dask cluster (extra `dask`).")
@click.option("--replace", is_flag=True, help="The graph holds these notes and no others afterwards.")
@click.option("--if-empty", is_flag=True, help="Do nothing where there is a graph already.")
@_format()
@click.pass_obj
def ingest(
    session: Session,
    paths: tuple[Path, ...],
    merges: Path | None,
    prerequisites: Path | None,
    workers: int | None,
    executor: str | None,
    replace: bool,
    if_empty: bool,
    form: str,
) -> None:
    """Bring Markdown notes (files or folders) into the graph.

    Notes that are known already and have not changed are not read again. What went from a folder goes from the graph.

    The file of merges has the columns verdict,name,other: same,CysleGAN,CycleGAN. It is kept with the graph for later
    ingests, until another one comes; one with no rows takes all back. So is the file of prerequisites, with the columns
    prerequisite,target: Transformer,BLIP. With either, PATHS may be left out.
    """
    from graph.query.plain import plain
    from graph.store import open_store

    if not paths and merges is None and prerequisites is None:
        raise click.UsageError("Missing argument 'PATHS...'.")
    settings = session.settings()
    if if_empty:
        with open_store(settings) as store:
            if store.version():
                click.echo(f"There is a graph in {store.url} already.", err=True)
                return
    from ingest.executors import executor_of
    from ingest.pipeline import ingest as run

    with progress_bar() as progress, executor_of(executor) as pool:
        report = run(
            paths,
            settings,
            replace_all=replace,
            merges=merges,
            prerequisites=prerequisites,
            workers=workers,
            executor=pool,
            progress=progress,
        )
    if form == "json":
        print_json(plain(report))
    else:
        _print_report(report)
    for failure in report.failures:
        show_error(_located(failure))
    if report.failures:
        sys.exit(1)


@main.command()
@click.argument("documents", nargs=-1, required=True, metavar="DOCUMENT...")
@_format()
@click.pass_obj
def remove(session: Session, documents: tuple[str, ...], form: str) -> None:
    """Take documents out of the graph, with what they alone state; their files stay.

    DOCUMENT is a path as the graph has it, such as evidence names it.
    """
    from graph.query.plain import plain
    from ingest.pipeline import remove as run

    with progress_bar() as progress:
        report = run(documents, session.settings(), progress=progress)
    if form == "json":
        print_json(plain(report))
    else:
        _print_report(report)


def _print_report(report: Report) -> None:
    print_table(
        ["", "notes"],
        [["found", report.files], ["read", report.read], ["unchanged", report.unchanged], ["removed", report.removed]],
    )
    size = (report.documents, report.questions, report.concepts, report.relations, report.prerequisites)
    print_table(["documents", "questions", "concepts", "relations", "prerequisites"], [size], "The graph")
    for notice in report.notices[:_NOTICES_SHOWN]:
        click.echo(f"warning: {printable(_located(notice))}", err=True)
    if len(report.notices) > _NOTICES_SHOWN:
        left = len(report.notices) - _NOTICES_SHOWN
        click.echo(f"warning: {left} more; `--format json` lists them all.", err=True)
    seconds = ", ".join(f"{stage} {spent:.1f} s" for stage, spent in report.seconds.items())
    click.echo(f"{'Done' if report.changed else 'Nothing to do'}: {seconds}.")


def _located(notice: Notice) -> str:
    where = f"{notice.path}:{notice.line}" if notice.line else notice.path
    return f"{where}: {notice.message}" if where else notice.message


@main.command("suggest-merges")
@_format("csv")
@click.pass_obj
def suggest_merges(session: Session, form: str) -> None:
    """List names that may be slips of others: as rows for `zhitu ingest --merges`, to be looked through first.

    `--format csv` writes them with the rows that the graph is made with already, so that nothing is lost.
    """
    from graph.query.plain import plain
    from ingest.lexicon import load_lexicon, merges_csv
    from ingest.pipeline import lexicon_files
    from ingest.suggest import suggest

    lexicon = load_lexicon(lexicon_files(session.settings()))
    with session.opened() as store:
        found = suggest(store.concepts(), lexicon)
    if form == "json":
        print_json(plain(found))
    elif form == "csv":
        rows = [("same" if one.same else "different", one.name, one.other) for one in lexicon.merges]
        click.echo(
            printable(merges_csv([*rows, *(("same", one.name, one.other) for one in found)]), lines=True), nl=False
        )
    elif found:
        print_table(
            ["name", "mentions", "may be", "mentions"],
            ((one.name, one.mentions, one.other, one.other_mentions) for one in found),
        )
    else:
        click.echo("No name looks like a slip of another.", err=True)


@main.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@_format()
@click.pass_obj
def search(session: Session, text: str, limit: int, form: str) -> None:
    """Find concepts by any name, a part of one, its pinyin, or nearly one."""
    from graph.query.plain import plain
    from graph.query.search import search as find_all

    with session.viewed() as (_, view):
        hits = find_all(view, text, limit)
    if form == "json":
        print_json(plain(hits))
    elif hits:
        rows = ((hit.name, hit.matched if hit.matched != hit.name else "", hit.kind, hit.mentions) for hit in hits)
        print_table(["concept", "found by", "kind", "mentions"], rows)
    else:
        click.echo(f"No concept fits “{printable(text)}”.", err=True)


@main.command()
@click.argument("concept")
@_format()
@click.pass_obj
def show(session: Session, concept: str, form: str) -> None:
    """Show a concept: names, definition, relations with the sentences that state them, prerequisites."""
    from graph.query.card import card
    from graph.query.plain import plain
    from graph.query.search import find
    from ingest.grounds import name_grounds

    with session.viewed() as (store, view):
        found = card(view, store, find(view, concept).id, session.words())
        grounds = name_grounds(view, store, session.settings(), found.concept, session.words())
    if form == "json":
        print_json({**plain(found), "grounds": plain(grounds)})
        return
    print_heading(f"{found.title} ({found.kind})")
    _print_names(grounds)
    if found.concept.definition:
        print_text(found.concept.definition, 2)
    for group in found.groups:
        print_heading(f"\n{group.phrase}")
        for stated in group.stated:
            print_text(f"{stated.words} ({stated.relation.confidence:.2f})", 2)
            _print_quotes(stated.quotes, 4)
    for title, dependencies in (("Learn first", found.prerequisites), ("Unlocks", found.unlocks)):
        if dependencies:
            print_heading(f"\n{title}")
            for one in dependencies:
                print_text(f"{one.name}: {one.reasons}", 2)
    print_heading("\nQuestions")
    for appearance in found.questions:
        reading = appearance.question
        print_text(f"{reading.document}:{reading.line}: {reading.number} {reading.title} ({appearance.count})", 2)


def _print_names(grounds: Sequence[NameGround]) -> None:
    """Print a concept's other names, with why they are; those of the same reason in one line."""
    from graph.query.view import document_of

    names: dict[tuple[str, Sentence | None], list[str]] = {}
    for ground in grounds:
        names.setdefault((ground.words, ground.sentence), []).append(ground.name)
    for (words, sentence), same in names.items():
        print_text(f"{' · '.join(same)}: {words}", 2)
        if sentence:
            print_text(f"{document_of(sentence.id)}:{sentence.line}: {printable(sentence.text)}", 4)


def _print_quotes(quotes: tuple[Quote, ...], indent: int) -> None:
    for quote in quotes:
        print_text(f"{quote.document}:{quote.line}: {printable(quote.text)}", indent)


@main.command()
@click.argument("source")
@click.argument("type_", metavar="TYPE", type=_TYPES)
@click.argument("target")
@_format()
@click.pass_obj
def explain(session: Session, source: str, type_: str, target: str, form: str) -> None:
    """Tell why the graph holds a relation: rule, sentence, file, line, and why the confidence."""
    from graph.query.explain import explain as ask
    from graph.query.explain import explain_prerequisite
    from graph.query.plain import plain
    from graph.query.search import find
    from ingest.grounds import relation_grounds

    with session.viewed() as (store, view):
        ends = find(view, source).id, find(view, target).id
        if type_ == PREREQUISITE_OF:
            reason = explain_prerequisite(view, *ends, session.words())
            if form == "json":
                print_json(plain(reason))
            else:
                print_text(f"{reason.words} ({reason.prerequisite.weight:.2f})")
            return
        found = ask(view, store, ends[0], RelationType(type_), ends[1], language=session.words())
        settings, words = session.settings(), session.words()
        grounds = [relation_grounds(view, store, settings, one.relation, words) for one in found]
    if form == "json":
        print_json([{**plain(one), "grounds": plain(ground)} for one, ground in zip(found, grounds, strict=True)])
        return
    for one, ground in zip(found, grounds, strict=True):
        _print_explanation(one, ground, view)


def _print_explanation(one: Explanation, grounds: RelationGrounds | None, view: GraphView) -> None:
    print_heading(f"{one.words} (confidence {one.relation.confidence:.2f})")
    statements = {statement.sentence: statement for statement in grounds.statements} if grounds else {}
    if grounds:
        ends = ((one.relation.source, grounds.source), (one.relation.target, grounds.target))
        sure = ", ".join(f"{view.concepts[end].name} {certainty:.2f}" for end, certainty in ends)
        print_text(f"Sure to be concepts: {sure}; the less sure end counts.", 2)
    for quote in one.quotes:
        print_text(f"{quote.document}:{quote.line}: {printable(quote.text)}", 2)
        statement = statements.get(quote.sentence)
        told = f"; states it, if both are concepts: {statement.score:.2f}" if statement else ""
        print_text(f"by rule {quote.rule}{told}", 4)
        for reason in statement.reasons[:_REASONS_SHOWN] if statement else ():
            print_text(f"{reason.share:+.2f} {reason.words}", 6)
    if not grounds:
        print_text("What the confidence is made of is kept where the notes were ingested; ingest them to see it.", 2)


@main.command()
@click.argument("source")
@click.argument("target")
@click.option("-k", "count", type=click.IntRange(1, 50), default=1, show_default=True, help="How many paths.")
@click.option("--type", "types", multiple=True, type=click.Choice(list(RelationType), case_sensitive=False))
@click.option("--directed", is_flag=True, help="Only along the relations' direction.")
@click.option("--negated", is_flag=True, help="Denied relations connect too.")
@click.option("--prerequisites", is_flag=True, help="The chain of prerequisites instead.")
@_format()
@click.pass_obj
def path(
    session: Session,
    source: str,
    target: str,
    count: int,
    types: tuple[str, ...],
    directed: bool,
    negated: bool,
    prerequisites: bool,
    form: str,
) -> None:
    """Show how two concepts are connected, with the evidence of each step."""
    from graph.query.evidence import quotes
    from graph.query.paths import paths, prerequisite_chain
    from graph.query.plain import plain
    from graph.query.search import find

    words = session.words()
    with session.viewed() as (store, view):
        start, end = find(view, source).id, find(view, target).id
        if prerequisites:
            chain = prerequisite_chain(view, start, end, words)
            if form == "json":
                print_json(plain(chain))
            else:
                print_heading(" → ".join(chain.names))
                for reason in chain.reasons:
                    print_text(reason, 2)
            return
        kinds = [RelationType(one) for one in types]
        found = paths(view, start, end, count, types=kinds, negated=negated, directed=directed, language=words)
        evidence = quotes(store, [relation for one in found for relation in one.relations])
    if form == "json":
        print_json(
            [
                {
                    **plain(one),
                    "evidence": [[plain(evidence[relation.key]) for relation in step.relations] for step in one.steps],
                }
                for one in found
            ]
        )
        return
    for one in found:
        print_heading(" – ".join(one.names))
        for step in one.steps:
            for sentence, relation in zip(step.words, step.relations, strict=True):
                print_text(f"{sentence} ({relation.confidence:.2f})", 2)
                _print_quotes(evidence[relation.key][:1], 4)


@main.command()
@click.argument("concepts", nargs=-1, required=True)
@click.option("--known", multiple=True, metavar="CONCEPT", help="What you know already; may be repeated.")
@click.option("--profile", default="default", show_default=True, help="Whose known concepts count.")
@click.option("--depth", type=click.IntRange(0), help="At most so many steps before the target.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="What can be read in this time.")
@click.option("--shortest", is_flag=True, help="Also leave out what only known concepts need.")
@click.option("--all", "everything", is_flag=True, help="Follow doubtful prerequisites too, not only essential ones.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="For --format ics.")
@_format("markdown", "ics")
@click.pass_obj
def plan(
    session: Session,
    concepts: tuple[str, ...],
    known: tuple[str, ...],
    profile: str,
    depth: int | None,
    minutes: float | None,
    shortest: bool,
    everything: bool,
    days: int,
    form: str,
) -> None:
    """List what to learn for a concept, in order, with why and what to read."""
    from datetime import UTC, datetime

    from graph.learner import Learner, Status
    from graph.query.plan import plan as make
    from graph.query.plan_formats import plan_calendar, plan_json, plan_markdown, plan_text
    from graph.query.progress import ids_of
    from graph.query.search import find

    words = session.words()
    with session.viewed() as (_, view):
        targets = [find(view, name).id for name in concepts]
        marked = Learner(session.settings().state, profile).names(Status.KNOWN)
        knows = {find(view, name).id for name in known} | ids_of(view, marked)
        made = make(
            view,
            targets,
            knows,
            depth=depth,
            minutes=minutes,
            shortest=shortest,
            everything=everything,
            language=words,
        )
    if form == "json":
        print_json(plan_json(made))
    elif form == "markdown":
        click.echo(printable(plan_markdown(made, words), lines=True), nl=False)
    elif form == "ics":
        click.echo(plan_calendar(made, days, datetime.now(UTC).date(), words), nl=False)
    else:
        click.echo(printable(plan_text(made, words), lines=True), nl=False)


@main.command()
@click.argument("concepts", nargs=-1, required=True)
@_format()
@click.pass_obj
def compare(session: Session, concepts: tuple[str, ...], form: str) -> None:
    """Put two or three concepts side by side."""
    from graph.query.compare import compare as put
    from graph.query.plain import plain
    from graph.query.search import find

    if not 2 <= len(concepts) <= 3:
        raise click.UsageError("Name two or three concepts.")
    with session.viewed() as (store, view):
        found = put(view, store, [find(view, name).id for name in concepts], session.words())
    if form == "json":
        print_json(plain(found))
        return
    for sentence in found.summary:
        print_text(sentence)
    rows = [*found.shared, *found.different, *found.denied]
    if rows:
        marks = [["✓" if id_ in row.of else "" for id_ in found.concepts] for row in rows]
        table = ([f"{row.phrase} {row.other_name}", *mark] for row, mark in zip(rows, marks, strict=True))
        print_table(["", *found.names], table)
    for sentence, quotes in found.direct:
        print_heading(sentence)
        _print_quotes(quotes, 2)
    for discussion in found.discussions:
        reading = discussion.question
        print_text(f"{reading.document}:{reading.line}: {reading.number} {reading.title}", 2)


@main.command()
@click.argument("cypher")
@click.option("--param", "parameters", multiple=True, metavar="K=V", help="A parameter; JSON, or else text.")
@_format("csv")
@click.pass_obj
def query(session: Session, cypher: str, parameters: tuple[str, ...], form: str) -> None:
    """Run a Cypher statement, read-only, within limits of time, rows and size."""
    from graph.cypher import run
    from graph.query.plain import plain
    from graph.store.base import Limits

    settings = session.settings()
    limits = Limits(settings.query_seconds, settings.query_rows, settings.query_bytes)
    with session.opened() as store:
        table = run(store, cypher, dict(_parameter(one) for one in parameters), limits)
    if form == "json":
        print_json(plain(table))
    elif form == "csv":
        from graph.export import table_csv

        click.echo(table_csv(table), nl=False)
    else:
        print_table(table.columns, table.rows)
    if table.truncated:
        click.echo(f"There are more: the result was cut at the limit of {table.truncated}.", err=True)


def _parameter(text: str) -> tuple[str, Any]:
    import json

    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--param is “{text}”, not of the form name=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@main.command()
@_format()
@click.pass_obj
def stats(session: Session, form: str) -> None:
    """Count what the graph holds."""
    from collections import Counter

    with session.viewed() as (store, view):
        relations = store.relations()
        counts: dict[str, Any] = {
            "store": store.url,
            "documents": len(store.documents()),
            "questions": len(view.readings),
            "concepts": len(view.concepts),
            "relations": len(relations),
            "denied relations": sum(relation.negated for relation in relations),
            "prerequisites": view.prerequisites.number_of_edges(),
            "kinds": dict(sorted(Counter(concept.kind.value for concept in view.concepts.values()).items())),
            "types": dict(sorted(Counter(relation.type.value for relation in relations).items())),
        }
    if form == "json":
        print_json(counts)
        return
    print_table(["", ""], [(name, value) for name, value in counts.items() if not isinstance(value, dict)])
    for name in ("kinds", "types"):
        held: dict[str, int] = counts[name]
        rows = sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))
        print_table([name, ""], rows)


@main.command()
@_format()
@click.pass_obj
def doctor(session: Session, form: str) -> None:
    """Look whether all is well: versions, data, store, index, Java, permissions, room; and how to mend what is not."""
    from graph.query.plain import plain
    from ui.doctor import State, examine

    checks = examine(session.store)
    if form == "json":
        print_json(plain(checks))
    else:
        print_table(["", "", "found", "what to do"], ([c.name, c.state.value, c.found, c.mend] for c in checks))
    if any(check.state is State.WRONG for check in checks):
        sys.exit(1)


@main.command()
@click.option(
    "--format", "form", required=True, type=click.Choice(["json", "graphml", "csv", "html", "cypher", "neo4j-admin"])
)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A file; a folder for neo4j-admin.")
@click.option("--min-confidence", type=click.FloatRange(0, 1), default=0.0, show_default=True)
@click.pass_obj
def export(session: Session, form: str, output: Path, min_confidence: float) -> None:
    """Write the graph to a file."""
    from graph import export as exports

    with session.opened() as store:
        if form == "html":
            from ui.canvas.page import export_html

            export_html(store, output, session.words(), min_confidence)
        else:
            exports.export(store.content(), form, output, min_confidence=min_confidence)
    click.echo(f"Written to {printable(str(output))}.", err=True)


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Replace the graph by one exported with `--format json`."""
    from graph.export import read_json
    from graph.store import open_store

    content = read_json(file)
    with progress_bar() as progress, open_store(session.settings(), write=True) as store:
        store.replace(content, progress)
        click.echo(f"{len(content.concepts)} concepts and {len(content.relations)} relations are in {store.url}.")


@main.group()
def known() -> None:
    """Keep what you know already; plans leave it out."""


_PROFILE = click.option("--profile", default="default", show_default=True, help="Whose.")


def _mark(session: Session, concepts: tuple[str, ...], profile: str, *, is_known: bool) -> str:
    """Mark concepts, and return their names."""
    from graph.learner import Learner, Status
    from graph.query.search import find

    with session.viewed() as (_, view):
        names = [find(view, name).name for name in concepts]
    Learner(session.settings().state, profile).mark(names, Status.KNOWN if is_known else None)
    return ", ".join(printable(name) for name in names)


@known.command("add")
@click.argument("concepts", nargs=-1, required=True)
@_PROFILE
@click.pass_obj
def known_add(session: Session, concepts: tuple[str, ...], profile: str) -> None:
    """Mark concepts as known."""
    click.echo(f"Known: {_mark(session, concepts, profile, is_known=True)}.")


@known.command("remove")
@click.argument("concepts", nargs=-1, required=True)
@_PROFILE
@click.pass_obj
def known_remove(session: Session, concepts: tuple[str, ...], profile: str) -> None:
    """Mark concepts as not known any more."""
    click.echo(f"No longer known: {_mark(session, concepts, profile, is_known=False)}.")


@known.command("list")
@_PROFILE
@_format()
@click.pass_obj
def known_list(session: Session, profile: str, form: str) -> None:
    """List the concepts that are marked, with how."""
    from graph.learner import Learner

    statuses = Learner(session.settings().state, profile).statuses()
    if form == "json":
        print_json({name: status.value for name, status in statuses.items()})
    else:
        print_table(["concept", "status"], sorted(statuses.items()))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, envvar="PORT", show_default=True)
@click.option("--address", default="127.0.0.1", show_default=True, help="Elsewhere only with a login, or --expose.")
@click.option("--expose", is_flag=True, help="Let others on the network in, also without a login.")
@click.option("--browser/--no-browser", default=True, help="Open the page.")
@click.pass_obj
def serve(session: Session, port: int, address: str, expose: bool, browser: bool) -> None:
    """Open the app in the browser, on this machine alone."""
    from graph.settings import app_file

    app = app_file()
    beyond = address not in ("127.0.0.1", "::1", "localhost")
    if beyond and not expose and not _asks_for_login(app.parent):
        raise SettingsError(
            f"--address {address} would let others on the network read and change the graph.",
            "Configure a login (SECURITY.md), or add --expose if that is meant.",
        )
    environment = {**os.environ, "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}
    if session.store:
        environment["ZHITU_STORE"] = session.store
    if beyond:
        environment.setdefault("ZHITU_FOLDERS", "none")  # others read this machine's folders only where that was said
    environment.setdefault("STREAMLIT_SERVER_HEADLESS", "false" if browser else "true")
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    host = f"[{address}]" if ":" in address else address
    click.echo(f"Zhitu is at http://{host}:{port} (Ctrl+C stops it).")
    sys.stdout.flush()  # what follows takes the place of this process
    os.chdir(app.parent)
    os.execve(sys.executable, [*command, "--server.address", address], environment)  # noqa: S606  our own interpreter


def _asks_for_login(folder: Path) -> bool:
    """Tell whether the app asks for a login when it runs in this folder, where Streamlit looks for its secrets."""
    from contextlib import chdir

    with chdir(folder):
        from ui.login import configured

        return configured()
