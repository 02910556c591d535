"""Notes that nobody would write, made from those that somebody did: a worker takes each, or says what is wrong."""

import hashlib
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.model import Bundle, Document, MemoryContent
from graph.settings import load_settings
from ingest.pipeline import Record, Task, extract
from ingest.read import decode
from ingest.records import Notice
from tests.soundness import unsound

SETTINGS = load_settings({})
EXAMPLES = int(os.environ.get("ZHITU_TEST_NOTES", "10000" if os.environ.get("ZHITU_SOAK") == "1" else "150"))
NOTES = Path(__file__).resolve().parents[2] / "data" / "notes"
PIECES = [
    piece.encode()
    for note in sorted(NOTES.glob("*.md"))
    for piece in note.read_text("utf-8").split("\n\n")
    if 0 < len(piece) < 500
]
HAZARDS = [
    *(
        b"## ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\x1b[2J",
        b"\xff",
        b"\xe5\xaf",
        b"\xef\xbb\xbf",
        b"```",
        b"~~~\n",
        b"---\n",
    ),
    *(b"<!--", b"-->", b"<h2>", b"</h2", b"<script>", b"$$", b"$", b"**", b"__", b"|", b"\n|---|---|\n", b"> ", b"- "),
    *(
        b"![](",
        b"](",
        b"[[",
        b"]]",
        b"[^1]",
        b"\t",
        b"    ",
        b"&#0;",
        b"&amp;",
        b"\\",
        "《》（）「".encode(),
        "，、；：".encode(),
    ),
    *("\u200b\u202e\ufeff\u2028".encode(), "𝐂𝐋𝐈𝐏".encode(), "e\u0301é".encode(), "是使用基于包括".encode(), b"#" * 40),
    *(b"[" * 60, b"(" * 60, b"*" * 60, "（".encode() * 60, b"a" * 300, "对比学习".encode() * 40),
]

pieces = st.one_of(
    st.sampled_from(PIECES), st.sampled_from(HAZARDS), st.binary(max_size=8), st.text(max_size=20).map(str.encode)
)


@st.composite
def notes(draw) -> bytes:
    """Return pieces of notes with hazards between and inside them."""
    parts = draw(st.lists(pieces, max_size=12))
    text = draw(st.sampled_from([b"\n\n", b"\n", b"", b"\r\n"])).join(parts)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 5))
        text = text[:at] + draw(st.sampled_from([b"", *HAZARDS])) + text[at + gone :]
    return text


@pytest.mark.timeout(7200)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(notes())
def test_any_note_is_taken_soundly_or_named(data):
    document = Document("note.md", "", hashlib.sha256(data).hexdigest())
    outcome = extract(Task(document, data, SETTINGS))
    if isinstance(outcome, Notice):
        assert outcome.path == "note.md"
        assert outcome.message.isprintable()
        return
    record = msgspec.msgpack.decode(outcome, type=Record)
    assert all(notice.message.isprintable() for notice in record.notices)
    whole = Bundle(record.document, record.questions, record.sentences, ())
    assert unsound(MemoryContent((whole,)), {"note.md": decode(document, data, SETTINGS).text}) == []
    terms = {term.key for term in record.extraction.terms}
    sentences = {sentence.id for sentence in record.sentences}
    for candidate in record.extraction.candidates:
        assert {candidate.source, candidate.target} <= terms
        assert set(candidate.sentences) <= sentences
        assert 0 <= candidate.score <= 1


def test_what_a_worker_finds_does_not_depend_on_what_it_did_before():
    tasks = [Task(Document(f"{n}.md", "", ""), piece, SETTINGS) for n, piece in enumerate(PIECES[:40])]
    assert [extract(task) for task in tasks] == [extract(task) for task in reversed(tasks)][::-1]
