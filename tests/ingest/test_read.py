"""Finding and decoding notes: what comes in, under which path, and what is refused."""

import hashlib
import os
import subprocess
import sys
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from graph.errors import LimitError, NoteError
from graph.model import Document
from graph.settings import load_settings
from ingest.read import decode, find_notes, load, printable, read_note

SETTINGS = load_settings({})
TEXT = "## 1.CLIP的原理？\n\nCLIP使用对比学习。\n"


def put(folder, name, data=TEXT):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(data, settings=SETTINGS):
    return decode(Document("a.md", "", "0"), data, settings)


def messages(notices):
    return {notice.path: notice.message for notice in notices}


def test_folder_is_searched_in_order_of_names(tmp_path):
    for name in ("b.md", "a.md", "sub/c.markdown", "sub/D.MD", "picture.png"):
        put(tmp_path, name)
    found, notices = find_notes([tmp_path], SETTINGS)
    assert [note.path for note in found] == ["a.md", "b.md", "sub/D.MD", "sub/c.markdown"]
    assert [note.root for note in found] == [tmp_path.resolve()] * 4
    assert "picture.png" in notices[0].message


def test_file_is_a_note_of_its_own_folder_whatever_its_suffix(tmp_path):
    path = put(tmp_path, "notes.txt")
    (found,), _ = find_notes([path], SETTINGS)
    assert (found.root, found.path, found.file) == (tmp_path.resolve(), "notes.txt", path.resolve())


def test_overlapping_paths_give_each_file_once_whatever_their_order(tmp_path):
    file = put(tmp_path, "sub/a.md")
    both = [find_notes(paths, SETTINGS)[0] for paths in ([tmp_path, file], [file, tmp_path], [file, file, tmp_path])]
    assert [[note.path for note in found] for found in both] == [["sub/a.md"]] * 3


def test_equal_paths_of_two_folders_get_the_folders_names(tmp_path):
    put(tmp_path, "one/a.md")
    put(tmp_path, "two/a.md")
    put(tmp_path, "two/b.md")
    for paths in (["one", "two"], ["two", "one"]):
        found, _ = find_notes([tmp_path / path for path in paths], SETTINGS)
        assert [note.path for note in found] == ["b.md", "one/a.md", "two/a.md"]


def test_equal_paths_of_folders_of_one_name_get_more_of_their_paths(tmp_path):
    put(tmp_path, "x/notes/a.md")
    put(tmp_path, "y/notes/a.md")
    found, _ = find_notes([tmp_path / "x/notes", tmp_path / "y/notes"], SETTINGS)
    assert [note.path for note in found] == ["x/notes/a.md", "y/notes/a.md"]


def test_missing_path_is_an_error_that_names_it(tmp_path):
    with pytest.raises(NoteError, match=r"nothing\.md: cannot be opened"):
        find_notes([tmp_path / "nothing.md"], SETTINGS)


def test_number_of_notes_is_limited(tmp_path):
    for number in range(4):
        put(tmp_path, f"{number}.md")
    assert len(find_notes([tmp_path], replace(SETTINGS, max_files=4))[0]) == 4
    with pytest.raises(LimitError, match="ZHITU_MAX_FILES"):
        find_notes([tmp_path], replace(SETTINGS, max_files=3))


def test_links_are_named_and_not_followed(tmp_path):
    outside = put(tmp_path, "outside.md")
    root = tmp_path / "root"
    put(root, "good.md")
    for name, target in (("loop", "."), ("self.md", "self.md"), ("out.md", outside), ("twice.md", "good.md")):
        (root / name).symlink_to(target)
    found, notices = find_notes([root], SETTINGS)
    assert [note.path for note in found] == ["good.md"]
    assert messages(notices) == dict.fromkeys(
        ["loop", "out.md", "self.md", "twice.md"], "is a link and was not followed"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    put(tmp_path, "good.md")
    found, notices = find_notes([tmp_path], SETTINGS)
    assert [note.path for note in found] == ["good.md"]
    assert list(messages(notices)) == ["pipe.md"]
    with pytest.raises(NoteError, match="neither a file nor a folder"):
        find_notes([tmp_path / "pipe.md"], SETTINGS)
    swapped = found[0]._replace(file=tmp_path / "pipe.md")  # put in the file's place after it was found
    with pytest.raises(NoteError, match="is not a file"):
        load(swapped, SETTINGS)


def test_hidden_and_folders_named_like_notes(tmp_path):
    put(tmp_path, "folder.md/inside.md")
    put(tmp_path, ".hidden.md")
    put(tmp_path, ".git/config.md")
    found, notices = find_notes([tmp_path], SETTINGS)
    assert [note.path for note in found] == ["folder.md/inside.md"]
    assert set(messages(notices)) == {".hidden.md", ".git"}
    assert [note.path for note in find_notes([tmp_path / ".hidden.md"], SETTINGS)[0]] == [".hidden.md"]


def test_archives_are_left_alone_with_a_notice(tmp_path):
    path = put(tmp_path, "a.zip", b"PK\x03\x04")
    for paths in ([tmp_path], [path]):
        found, notices = find_notes(paths, SETTINGS)
        assert not found
        assert "unpack" in messages(notices)["a.zip"]


def test_names_in_both_normal_forms_are_two_notes(tmp_path):
    names = [unicodedata.normalize(form, "café.md") for form in ("NFC", "NFD")]
    for name in names:
        put(tmp_path, name)
    found, _ = find_notes([tmp_path], SETTINGS)
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system holds one of the two names only")
    assert {note.path for note in found} == set(names)


def test_odd_names_are_escaped_in_paths(tmp_path):
    put(tmp_path, "new\nline\x1b[31m\u202e.md")
    (found,), _ = find_notes([tmp_path], SETTINGS)
    assert found.path == r"new\nline\x1b[31m\u202e.md"
    assert read_note(found, SETTINGS).text == TEXT


def test_name_that_is_not_utf8_is_refused_with_a_notice(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"bad-\xff.md")).write_text(TEXT)
    except OSError:
        pytest.skip("this file system holds UTF-8 names only")
    found, notices = find_notes([tmp_path], SETTINGS)
    assert not found
    assert messages(notices) == {r"bad-\udcff.md": "has a name that is not UTF-8 and was left out; rename it"}


@pytest.mark.corpus
def test_generated_names_and_links(shared, tmp_path):
    make = [sys.executable, str(shared / "hostile" / "make_big.py"), str(tmp_path)]
    subprocess.run([*make, "names", "links", "bomb", "slip"], check=True, capture_output=True)
    found, notices = find_notes([tmp_path], SETTINGS)
    names = {note.path for note in found}
    assert {"links/good.md", "links/folder.md/inside.md", "links-outside.md"} < names
    assert sum(name.endswith("deep.md") for name in names) == 1
    assert all(read_note(note, SETTINGS).text for note in found)
    assert {"bomb.zip", "slip.zip"} < {notice.path for notice in notices}
    told = " ".join(f"{notice.path} {notice.message}" for notice in notices)
    for file in (tmp_path / "names").iterdir():
        assert printable(f"names/{file.name}") in names or printable(f"names/{file.name}") in told


# Decoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_give_the_same_text(encoding):
    note = read(TEXT.encode(encoding))
    assert note.text == TEXT
    assert not note.notices


def test_long_gb18030_is_decoded():
    text = "多模态模型使用对比学习来对齐图像和文本。\n" * 20_000
    assert read(text.encode("gb18030")).text == text


@pytest.mark.parametrize("encoding", ["big5", "euc-jp", "shift_jis", "cp1252"])
def test_other_encodings_are_refused_rather_than_guessed(encoding):
    text = {"big5": "對比學習是一種訓練方法，使用圖像與文本。", "cp1252": "naïve Bayes – “a model”"}
    data = text.get(encoding, "対照学習は画像とテキストを使う方法です。").encode(encoding)
    with pytest.raises(NoteError, match=r"^a\.md.*UTF-8"):
        read(data)


def test_damaged_utf8_names_the_line():
    data = "第一行\r\n第二行\r第三行\n".encode() + b"bad \xff\n"
    with pytest.raises(NoteError) as caught:
        read(data)
    assert caught.value.line == 4


def test_damaged_utf16_is_refused():
    with pytest.raises(NoteError, match="UTF-16"):
        read(b"\xff\xfe" + "好".encode("utf-16-le") + b"\x00")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"%PDF-1.7\n%\xe2\xe3",
        b"\x1f\x8b\x08\x00\xff",
        b"\x00\xff\x00\xfe" * 9,
        b"\x01\x02" * 9,
    ],
)
def test_what_is_no_text_is_refused_at_line_1(data):
    with pytest.raises(NoteError, match="not a note") as caught:
        read(data)
    assert caught.value.line == 1


def test_control_characters_become_blanks_of_the_same_length():
    note = read("一\n二\x00三\x1b[31m四\x85五\t六".encode())
    assert note.text == "一\n二 三 [31m四 五\t六"
    assert [(notice.line, "control" in notice.message) for notice in note.notices] == [(2, True)]


def test_size_is_limited_and_the_setting_named(tmp_path):
    put(tmp_path, "a.md", b"x" * 101)
    (found,), _ = find_notes([tmp_path], SETTINGS)
    assert load(found, replace(SETTINGS, max_file_bytes=101))[1] == b"x" * 101
    with pytest.raises(LimitError, match="ZHITU_MAX_FILE_BYTES"):
        load(found, replace(SETTINGS, max_file_bytes=100))


def test_length_of_a_line_is_limited_and_the_line_named():
    data = b"ok\r\n" + b"y" * 50 + b"\r" + b"x" * 51
    assert read(data, replace(SETTINGS, max_line_chars=51))
    with pytest.raises(LimitError, match="ZHITU_MAX_LINE_CHARS") as caught:
        read(data, replace(SETTINGS, max_line_chars=50))
    assert caught.value.line == 3


def test_document_knows_hash_and_root_but_not_where_the_root_is(tmp_path):
    put(tmp_path, "a/n.md")
    put(tmp_path, "b/n.md")
    documents = [load(find_notes([tmp_path / name], SETTINGS)[0][0], SETTINGS)[0] for name in "ab"]
    assert documents[0] == documents[1]
    assert len({document.root for document in documents}) == 2
    assert all(len(document.root) == 12 for document in documents)
    assert documents[0].sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


@given(st.binary(max_size=200))
@limits(max_examples=300, deadline=None)
def test_any_bytes_are_text_without_controls_or_a_clear_error(data):
    controls = {chr(code) for code in [*range(9), *range(14, 32), *range(127, 160)]}
    text, error = "", "a.md"
    try:
        text = read(data).text
    except (NoteError, LimitError) as refusal:
        error = str(refusal)
    assert not set(text) & controls
    assert error.startswith("a.md")
    assert error.isprintable()


@given(st.text(max_size=50))
def test_printable_text_has_nothing_that_a_terminal_obeys(text):
    shown = printable(text)
    assert all(character.isprintable() or character == "\u3000" for character in shown)
