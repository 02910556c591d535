"""The Library page: the documents of the graph with what is in them; notes come in, are read again, and go."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from graph.errors import StoreEmptyError, ZhituError
from graph.model import Document
from graph.query.view import GraphView, document_of, split_id
from graph.settings import data_folder
from graph.store.base import Progress
from ingest.pipeline import Report, ingest
from ingest.records import Notice
from ui.i18n import _, n_
from ui.session import current, follow, settings, show_error
from ui.text import md
from ui.uploads import folder_of, receive

_NOTICES = 200


def render() -> None:
    """Show the page."""
    follow()
    st.title(_("Library"))
    st.caption(_("Store: {url}").format(url=md(settings().store)))
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
    files, folder, again = st.tabs([_("Upload"), _("A folder of this machine"), _("Rebuild")])
    with files, st.form("upload", clear_on_submit=True):
        uploaded = st.file_uploader(
            _("Markdown notes, or a zip archive of them"), type=["md", "markdown", "zip"], accept_multiple_files=True
        )
        if st.form_submit_button(_("Add to the graph"), type="primary") and uploaded:
            _take_uploads([(one.name, one.getvalue()) for one in uploaded])
    with folder, st.form("folder"):
        typed = st.text_input(_("Path of a folder or a note"), key="folder", placeholder="~/notes")
        if st.form_submit_button(_("Add to the graph"), type="primary"):
            _run(lambda progress: ingest([folder_of(typed)], settings(), progress=progress))
    with again:
        st.caption(
            _("Makes the graph of the same notes again, with your corrections and your lexicon as they are now.")
        )
        if st.button(_("Rebuild the graph"), disabled=empty):
            _run(lambda progress: ingest([], settings(), progress=progress))
    if empty and st.button(_("Begin with the sample notes"), type="primary"):
        _run(lambda progress: ingest([data_folder() / "notes"], settings(), progress=progress))


def _take_uploads(files: Sequence[tuple[str, bytes]]) -> None:
    def work(progress: Progress) -> Report:
        with tempfile.TemporaryDirectory(prefix="zhitu-") as folder:
            left_out = receive(files, Path(folder), settings())
            st.session_state["left_out"] = left_out
            found = any(path.is_file() for path in Path(folder).rglob("*"))
            return ingest([Path(folder)], settings(), progress=progress) if found else Report()

    _run(work)


def _run(work: Callable[[Progress], Report]) -> None:
    """Ingest with progress by stage; leaving or cancelling stops it at its next step and leaves the graph as it was."""
    st.session_state.pop("left_out", None)
    try:
        with _shown() as progress:
            report = work(progress)
    except ZhituError as error:
        show_error(error)
        return
    st.session_state["report"] = report
    st.rerun()


@contextmanager
def _shown() -> Iterator[Progress]:
    words = {
        "read": _("Reading"),
        "extract": _("Finding concepts and relations"),
        "resolve": _("Bringing names together"),
        "infer": _("Working out what comes first"),
        "store": _("Writing the graph"),
    }
    with st.status(_("Adding notes"), expanded=True) as status:
        bar = st.progress(0.0)
        st.button(_("Cancel"), key="cancel")

        def progress(stage: str, done: int, total: int) -> None:
            name = words.get(stage, stage)
            text = f"{name}: {done:,} / {total:,}" if total else name
            bar.progress(min(done / total, 1.0) if total else 0.0, text=md(text))

        yield progress
        status.update(label=_("Done"), state="complete")


def _told() -> None:
    """Show the last ingest's report."""
    report: Report | None = st.session_state.get("report")
    if report is None:
        return
    left_out: Sequence[Notice] = st.session_state.get("left_out", ())
    failures = (*report.failures, *left_out)
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
    with st.container(border=True):
        (st.warning if failures else st.success)(f"{head}  \n{counts}")
        if failures:
            st.markdown(_("Not taken in:"))
            _notices(failures)
        if report.notices:
            with st.expander(n_("{n} notice", "{n} notices", len(report.notices))):
                _notices(report.notices)
        st.caption(" · ".join(f"{md(stage)} {seconds:.1f} s" for stage, seconds in report.seconds.items()))
        st.button(_("Close"), on_click=_forget, type="tertiary")


def _forget() -> None:
    for key in ("report", "left_out"):
        st.session_state.pop(key, None)


def _notices(notices: Sequence[Notice]) -> None:
    st.dataframe(
        [{_("File"): one.path, _("Line"): one.line or None, _("Notice"): one.message} for one in notices[:_NOTICES]],
        hide_index=True,
    )
    if len(notices) > _NOTICES:
        st.caption(n_("{n} more", "{n} more", len(notices) - _NOTICES))


def _documents(view: GraphView, documents: Sequence[Document]) -> None:
    questions = Counter(reading.document for reading in view.readings.values())
    concepts = Counter(
        path for mentions in view.mentions.values() for path in {split_id(mention.question)[0] for mention in mentions}
    )
    relations = Counter(
        path
        for _source, _target, relation in view.relations.edges(data="relation")
        for path in {document_of(sentence) for sentence in relation.evidence}
    )
    st.subheader(n_("{n} document", "{n} documents", len(documents)))
    chosen = st.dataframe(
        [
            {
                _("Title"): document.title,
                _("File"): document.path,
                _("Questions"): questions[document.path],
                _("Concepts"): concepts[document.path],
                _("Relations"): relations[document.path],
            }
            for document in documents
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="documents_table",
    )
    rows: Sequence[int] = chosen["selection"]["rows"]
    paths = [documents[row].path for row in rows if row < len(documents)]
    if paths and not settings().read_only:
        with st.container(horizontal=True):
            if st.button(n_("Remove {n} document", "Remove {n} documents", len(paths)), icon=":material/delete:"):
                _confirm(paths)


@st.dialog(" ")
def _confirm(paths: Collection[str]) -> None:
    st.markdown(
        _("Their questions, and the concepts and relations that only they state, go from the graph. The files stay.")
    )
    for path in paths:
        st.text(path)
    if st.button(n_("Remove {n} document", "Remove {n} documents", len(paths)), type="primary"):
        _run(lambda progress: ingest([], settings(), remove=paths, progress=progress))
