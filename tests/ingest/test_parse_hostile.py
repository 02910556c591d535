"""Hostile notes: what the parser must find in them, must not, and must say."""

import json
import re
import subprocess
import sys

import pytest

from graph.errors import LimitError, NoteError
from graph.settings import load_settings
from ingest.parse import parse
from ingest.read import find_notes, read_note

pytestmark = pytest.mark.corpus

SETTINGS = load_settings({})
ZERO_WIDTH = re.compile("[\u200b-\u200d\ufeff\u00ad]")


@pytest.fixture(scope="module")
def cases(shared):
    """Return each note's expectations with its document, or with the error that refused it."""
    expected = json.loads((shared / "hostile" / "notes.json").read_text("utf-8"))
    found, _ = find_notes([shared / "hostile" / "notes"], SETTINGS)
    assert {note.path for note in found} == set(expected)
    outcomes = {}
    for note in found:
        try:
            outcomes[note.path] = parse(read_note(note, SETTINGS))
        except NoteError as error:
            outcomes[note.path] = error
    return {path: (expected[path], outcomes[path]) for path in expected}


def ingested(cases):
    return {path: case for path, case in cases.items() if not isinstance(case[1], NoteError)}


def texts(document):
    for question in document.questions:
        yield question.question.title
        yield question.question.answer
        for sentence in question.sentences:
            yield sentence.sentence.text
            yield sentence.plain


def test_each_note_is_ingested_or_refused_as_it_must(cases):
    refused = {path for path, (_, outcome) in cases.items() if isinstance(outcome, NoteError)}
    must = {path: expected["must"] for path, (expected, _) in cases.items()}
    assert {path for path in must if must[path] == "error"} <= refused
    assert not {path for path in must if must[path] == "ingest"} & refused


def test_errors_name_file_and_line(cases):
    for path, (expected, outcome) in cases.items():
        if isinstance(outcome, NoteError):
            assert str(outcome).startswith(path)
            assert str(outcome).isprintable()
            assert outcome.line == expected.get("line", outcome.line)


def test_warnings_name_the_line(cases):
    for path, (expected, document) in ingested(cases).items():
        if "line" in expected:
            assert expected["line"] in [notice.line for notice in document.notices], path


def test_number_of_questions(cases):
    for path, (expected, document) in ingested(cases).items():
        if "questions" in expected:
            assert len(document.questions) == expected["questions"], path


def test_notes_without_questions_say_so(cases):
    for path, (_, document) in ingested(cases).items():
        if not document.questions:
            assert any("no question" in notice.message for notice in document.notices), path


def test_what_they_hold_and_never_hold(cases):
    for path, (expected, document) in ingested(cases).items():
        found = [ZERO_WIDTH.sub("", text) for text in texts(document)]
        for text in expected.get("holds", []):
            assert any(text in one for one in found), (path, text)
        for text in expected.get("never", []):
            assert not any(text in one for one in found), (path, text)


def test_denied_relations_have_no_sentence_to_stand_on(cases):
    for path in ("shape-unclosed-fence.md", "shape-comments.md", "text-script.md"):
        _, document = cases[path]
        for question in document.questions:
            assert not any("GAN" in sentence.plain and "使用" in sentence.plain for sentence in question.sentences)


def test_scripts_leave_no_markup_in_plain_text(cases):
    _, document = cases["text-script.md"]
    plain = [sentence.plain for question in document.questions for sentence in question.sentences]
    assert not any("pwned" in text or "<" in text or "](" in text for text in plain)
    assert {"CLIP是什么？", "BLIP：BLIP使用CLIP。", "ViT：ViT使用Transformer。", "判别器"} <= set(plain)


def test_front_matter_that_would_run_is_left_out_and_named(cases, shared):
    _, document = cases["shape-front-matter-evil.md"]
    assert [notice.line for notice in document.notices] == [2]
    assert not list(shared.rglob("pwned"))


@pytest.fixture(scope="module")
def big(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("big")
    make = [sys.executable, str(shared / "hostile" / "make_big.py"), str(folder), "brackets", "quotes", "long_line"]
    subprocess.run(make, check=True, capture_output=True)
    return folder


def big_document(big, name):
    (found,), _ = find_notes([big / name], SETTINGS)
    return parse(read_note(found, SETTINGS))


@pytest.mark.parametrize("name", ["brackets.md", "quotes.md"])
def test_deep_and_repeated_markup_hides_no_question(big, name):
    document = big_document(big, name)
    assert [question.question.title for question in document.questions] == ["CLIP的原理是什么？", "BLIP是什么？"]
    assert document.questions[1].sentences[1].plain == "BLIP使用CLIP。"


def test_text_nested_too_deep_is_kept(big):
    document = big_document(big, "quotes.md")
    assert [sentence.plain for sentence in document.questions[0].sentences].count("深处") == 2


def test_long_line_is_refused_with_the_setting(big):
    with pytest.raises(LimitError, match=r"long_line\.md:3: .*ZHITU_MAX_LINE_CHARS"):
        big_document(big, "long_line.md")
