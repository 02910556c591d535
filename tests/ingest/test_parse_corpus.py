"""The forms of real notes: questions of the corpus, told from its headings independently of the parser."""

import json
import re
from pathlib import Path

import pytest

from graph.settings import load_settings
from ingest.parse import parse
from ingest.read import find_notes, read_note

pytestmark = pytest.mark.corpus

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
SETTINGS = load_settings({})
FILES = sorted(CORPUS.rglob("*.md"))
WITH_IDS = [path for path in FILES if re.search(r"<h[1-6]\s+id=", path.read_text("utf-8"))]
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
HEADING = re.compile(r"\s*(?:#{1,6}\s|<h([1-6])\s+id\s*=\s*(?:\"[^\"]*\"|'[^']*')\s*>(.*?)</h\1>)", re.IGNORECASE)


def read(path):
    (found,), _ = find_notes([path], SETTINGS)
    note = read_note(found, SETTINGS)
    return note, parse(note)


def name(path):
    return path.relative_to(CORPUS).as_posix()


def without_code(text):
    """Return the lines, those of code fences empty."""
    lines, fence = [], ""
    for line in re.split(r"\r\n|\r|\n", text):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        inside = bool(fence)
        if mark and not fence:
            fence, inside = mark[1], True
        elif mark and mark[1].startswith(fence) and not line.strip(" \t`~"):
            fence = ""
        lines.append("" if inside else line)
    return lines


def asked_by_id(text):
    """Return the lines of headings with ids that ask: numbered, and with text, or something not deeper, below."""
    found = []  # (line, level, numbered, text below)
    for number, line in enumerate(without_code(text), 1):
        match = HEADING.match(line)
        if match:
            title = (match[2] or "").strip()
            found.append([number, int(match[1] or 0), bool(re.match(r"\d+[.、]", title)), False, title])
        elif found and re.sub(r"!\[.*?\]\(.*?\)|<[^>]*>|\s", "", line):
            found[-1][3] = True
    lines = set()
    for this, following in zip(found, [*found[1:], [0, 0, False, False, ""]], strict=True):
        chapter = not this[3] and following[2] and following[1] > this[1]
        if this[1] and this[2] and not chapter:
            lines.add(this[0])
    return lines


@pytest.mark.parametrize("path", WITH_IDS, ids=name)
def test_numbered_headings_with_ids_are_the_questions(path):
    note, document = read(path)
    expected = asked_by_id(note.text)
    assert expected
    lines = {question.question.line: question.question.title for question in document.questions}
    assert expected <= set(lines)
    listed = re.sub(r"[^\w]", "", " ".join(re.findall(r"^\s*- \[(.*)\]\(#", note.text, re.MULTILINE)))
    forgotten = [title for line, title in lines.items() if line not in expected]
    assert all(re.sub(r"[^\w]", "", title) in listed for title in forgotten)
    assert len(document.questions) == len(expected) + len(forgotten)
    assert len(forgotten) <= 2


def test_chapter_has_19_questions_each_with_number_title_answer_and_line():
    note, document = read(CORPUS / "multimodal-basics.md")
    headings = list(re.finditer(r'<h2 id=".*?">(\d+)\.(.*?)\s*</h2>', note.text))
    assert len(headings) == 19
    ends = [heading.start() for heading in headings[1:]] + [len(note.text)]
    expected = [
        (m[1], m[2], note.text[m.end() : end].strip(), note.text.count("\n", 0, m.start()) + 1)
        for m, end in zip(headings, ends, strict=True)
    ]
    got = [
        (q.question.number, q.question.title, q.question.answer.strip(), q.question.line) for q in document.questions
    ]
    assert got == expected
    assert not document.notices


@pytest.mark.parametrize("path", sorted(CORPUS.parent.joinpath("gold").glob("*.json")), ids=lambda path: path.stem)
def test_annotated_questions_are_found_with_title_and_line(path):
    gold = json.loads(path.read_text("utf-8"))
    _, document = read(CORPUS / gold["file"])
    expected = [(question["title"], question["line"]) for question in gold["questions"]]
    assert [(question.question.title, question.question.line) for question in document.questions] == expected


def test_bold_lines_are_the_questions_of_the_english_notes():
    note, document = read(CORPUS / "english" / "theory.md")
    asked = re.findall(r"^\*\*.*[?!](?=.{0,6}\*\*)", note.text, re.MULTILINE)
    assert len(asked) > 150
    assert len(document.questions) >= len(asked)
    assert all(question.sections[0] == document.document.title for question in document.questions)
    assert all(len(question.sections) == 2 for question in document.questions)
    rated = [dict(question.question.properties).get("difficulty") for question in document.questions]
    assert set(rated) == {"1", "2", "3"}


def test_whole_corpus_is_read_and_what_is_left_out_is_named():
    found, _ = find_notes([CORPUS], SETTINGS)
    documents = [parse(read_note(note, SETTINGS)) for note in found]
    assert len(documents) == len(FILES)
    assert sum(len(document.questions) for document in documents) > 1_500
    for document in documents:
        assert document.questions or any("no question" in notice.message for notice in document.notices)


def test_all_but_every_500th_character_of_the_answers_is_in_a_sentence():
    """Chinese prose, that is; lines with code, formulas or pictures in them are left out."""
    total = missing = 0
    for path in FILES:
        _, document = read(path)
        for question in document.questions:
            held = "".join(sentence.sentence.text for sentence in question.sentences)
            for line in without_code(question.question.answer):
                runs = [] if re.search(r"[$\\`<|]|!\[", line) else CHINESE.findall(line)
                total += sum(map(len, runs))
                missing += sum(len(run) for run in runs if run not in held)
    assert total > 400_000
    assert missing < total / 500
