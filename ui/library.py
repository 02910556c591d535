"""The Library page: the documents of the graph with what is in them; notes come in, are read again, and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from graph.errors import StoreEmptyError, ZhituError
from graph.model import Document
from graph.query.view import GraphView, document_of, split_id
from graph.settings import data_folder
from graph.store.base import Progress
from ingest.pipeline import Report, ingest, remove
from ingest.records import Notice
from ui.i18n import _, n_
from ui.session import current, follow, go, settings, show_error
from ui.session import store as opened
from ui.text import md
from ui.uploads import folder_of, forget, kept, received, uploads_folder

#: Changes the graph and reports; told where to say how far it is.
Work = Callable[[Progress], Report]

_NOTICES = 200
_PATIENCE = 60.0


def render() -> None:
    """Show the page."""
    follow()
    st.title(_("Library"))
    st.caption(_("Store: {url}").format(url=md(opened().url)))
    with st.container():  # always there, so that what stands below keeps its place, and its open tab
        _told()
    try:
        store, view = current()
        documents: Sequence[Document] = store.documents()
    except StoreEmptyError:
        view, documents = None, ()
        st.markdown(_("There is no graph yet. Add notes, or begin with the sample notes."))
    if settings().read_only:
        st.info(_("This app is read-only: notes are added on the command line."), icon=":material/lock:")
    else:
        _add(empty=view is None)
    if view is not None:
        _documents(view, documents)


def _add(*, empty: bool) -> None:
    """Offer the ways in which notes come; the work itself is shown below all of them, as forms hold no buttons."""
    files, folder, again = st.tabs([_("Upload"), _("A folder of this machine"), _("Rebuild")])
    asked = [_upload(files), _folder(folder), _again(again, empty=empty)]
    if empty and st.button(_("Begin with the sample notes"), type="primary"):
        asked.append(lambda progress: ingest([data_folder() / "notes"], settings(), progress=progress))
    for work in filter(None, asked):
        _run(work)


def _upload(tab: DeltaGenerator) -> Work | None:
    with tab, st.form("upload", clear_on_submit=True):
        uploaded = st.file_uploader(
            _("Markdown notes, or a zip archive of them"),
            type=["md", "markdown", "zip"],
            accept_multiple_files=True,
            help=_("Copies are kept beside the graph; a note of the same name is replaced."),
        )
        if not (st.form_submit_button(_("Add to the graph"), type="primary") and uploaded):
            return None
    return partial(_take_uploads, [(one.name, one.getvalue()) for one in uploaded])


def _folder(tab: DeltaGenerator) -> Work | None:
    allowed = settings().folders
    if not allowed:
        tab.info(_("No folder of this machine may be read; the setting ZHITU_FOLDERS names those that may."))
        return None
    with tab, st.form("folder_form"):
        typed = st.text_input(
            _("Path of a folder or a note"),
            key="folder",
            placeholder=str(allowed[0]),
            help=_("Inside of: {folders}").format(folders=", ".join(md(str(one)) for one in allowed)),
        )
        st.caption(_("Add a folder again after changes: only what changed is read, and what went from it goes."))
        if not st.form_submit_button(_("Add to the graph"), type="primary"):
            return None
    return lambda progress: ingest([folder_of(typed, settings())], settings(), progress=progress)


def _again(tab: DeltaGenerator, *, empty: bool) -> Work | None:
    with tab:
        st.caption(
            _("Makes the graph of the same notes again, with your corrections and your lexicon as they are now.")
        )
        if not st.button(_("Rebuild the graph"), disabled=empty):
            return None
    given = settings()
    return lambda progress: ingest([uploads_folder(given)] if kept(given) else [], given, progress=progress)


def _take_uploads(files: Sequence[tuple[str, bytes]], progress: Progress) -> Report:
    given = settings()
    with received(files, given) as arrived:
        if not arrived.added:
            return Report(failures=arrived.left_out)
        report = ingest([uploads_folder(given)], given, progress=progress)
        arrived.reject({failure.path for failure in report.failures})
        return replace(report, failures=(*report.failures, *arrived.left_out))


@dataclass(slots=True)
class _Job:
    """Work that a session began; whatever its reader does next stops it, while another thread shows the page."""

    ended: Event = field(default_factory=Event)
    report: Report | None = None
    error: ZhituError | None = None


def _run(work: Work) -> None:
    """Ingest with progress by stage; leaving or cancelling stops it at its next step and leaves the graph as it was."""
    job = st.session_state["job"] = _Job()
    try:
        with _shown() as progress:
            job.report = work(progress)
    except ZhituError as error:
        job.error = error
    finally:
        job.ended.set()
    st.rerun()


def _stages() -> Mapping[str, str]:
    writing = _("Writing the graph")
    return {
        "read": _("Reading"),
        "extract": _("Finding concepts and relations"),
        "resolve": _("Bringing names together"),
        "infer": _("Working out what comes first"),
        "store": writing,
        "texts": writing,
        "graph": writing,
    }


@contextmanager
def _shown() -> Iterator[Progress]:
    words = _stages()
    with st.status(_("Working"), expanded=True) as status:
        bar = st.progress(0.0, text=words["read"])
        st.button(_("Cancel"), key="cancel")

        def progress(stage: str, done: int, total: int) -> None:
            name = words.get(stage, stage)
            text = f"{name}: {done:,} / {total:,}" if total else f"{name}: {done:,}" if done else name
            bar.progress(min(done / total, 1.0) if total else 0.0, text=md(text))

        yield progress
        status.update(label=_("Done"), state="complete")


def _told() -> None:
    """Tell how the last work ended."""
    job: _Job | None = st.session_state.get("job")
    if job is None:
        return
    if not job.ended.is_set():
        with st.spinner(_("Cancelling")):
            job.ended.wait(_PATIENCE)
    with st.container(border=True):
        if not job.ended.is_set():
            st.warning(_("It is still being stopped. Look again in a moment."), icon=":material/hourglass_top:")
        elif job.error:
            show_error(job.error)
        elif job.report:
            _report(job.report)
        else:
            st.info(_("Cancelled. The graph is as it was."), icon=":material/cancel:")
        st.button(_("Close"), on_click=_forget, type="tertiary")


def _report(report: Report) -> None:
    head = _("{read} notes read, {unchanged} unchanged, {removed} removed.").format(
        read=report.read, unchanged=report.unchanged, removed=report.removed
    )
    counts = " · ".join(
        (
            n_("{n} document", "{n} documents", report.documents),
            n_("{n} question", "{n} questions", report.questions),
            n_("{n} concept", "{n} concepts", report.concepts),
            n_("{n} relation", "{n} relations", report.relations),
        )
    )
    (st.warning if report.failures else st.success)(f"{head}  \n{counts}" if report.seconds else head)
    if report.failures:
        st.markdown(_("Not taken in:"))
        _notices(report.failures)
    if report.notices:
        with st.expander(n_("{n} notice", "{n} notices", len(report.notices))):
            _notices(report.notices)
    if report.seconds:
        words = _stages()
        st.caption(
            " · ".join(f"{words.get(stage, stage)} {seconds:.1f} s" for stage, seconds in report.seconds.items())
        )


def _forget() -> None:
    st.session_state.pop("job", None)


def _notices(notices: Sequence[Notice]) -> None:
    st.dataframe(
        [{_("File"): one.path, _("Line"): one.line or None, _("Notice"): one.message} for one in notices[:_NOTICES]],
        hide_index=True,
    )
    if len(notices) > _NOTICES:
        st.caption(n_("{n} more", "{n} more", len(notices) - _NOTICES))


def _documents(view: GraphView, documents: Sequence[Document]) -> None:
    counts = view.remember("counts of documents", lambda: _counts(view))
    st.subheader(n_("{n} document", "{n} documents", len(documents)))
    chosen = st.dataframe(
        [
            {
                _("Title"): document.title,
                _("File"): document.path,
                _("Questions"): counts.questions[document.path],
                _("Concepts"): counts.concepts[document.path],
                _("Relations"): counts.relations[document.path],
            }
            for document in documents
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="documents_table",
    )
    rows: Sequence[int] = chosen["selection"]["rows"]
    _chosen([documents[row] for row in rows if row < len(documents)])


@dataclass(frozen=True, slots=True)
class _Counts:
    """How much of the graph stands in each document, by its path."""

    questions: Counter[str]
    concepts: Counter[str]
    relations: Counter[str]


def _counts(view: GraphView) -> _Counts:
    return _Counts(
        questions=Counter(reading.document for reading in view.readings.values()),
        concepts=Counter(
            path
            for mentions in view.mentions.values()
            for path in {split_id(mention.question)[0] for mention in mentions}
        ),
        relations=Counter(
            path
            for _source, _target, relation in view.relations.edges(data="relation")
            for path in {document_of(sentence) for sentence in relation.evidence}
        ),
    )


def _chosen(picked: Sequence[Document]) -> None:
    """Offer what can be done with the documents that are chosen in the table."""
    changeable = not settings().read_only
    if not picked:
        st.caption(
            _("Choose documents in the table to read or remove them.")
            if changeable
            else _("Choose a document in the table to read it.")
        )
        return
    with st.container(horizontal=True):
        if len(picked) == 1:
            target = {"page": "notes", "document": picked[0].path}
            st.button(_("Read"), icon=":material/menu_book:", on_click=go, args=(target,))
        if changeable:
            label = n_("Remove {n} document", "Remove {n} documents", len(picked))
            if st.button(label, icon=":material/delete:"):
                st.dialog(_("Remove from the graph?"))(_confirm)(picked, label)


def _confirm(picked: Collection[Document], label: str) -> None:
    st.markdown(
        _(
            "Their questions, and the concepts and relations that only they state, go from the graph. "
            "Uploaded copies are deleted; the files of your own folders stay."
        )
    )
    for document in picked:
        st.text(document.path)
    if st.button(label, type="primary"):
        _run(partial(_remove, picked))


def _remove(picked: Collection[Document], progress: Progress) -> Report:
    report = remove([document.path for document in picked], settings(), progress=progress)
    forget(picked, settings())
    return report
