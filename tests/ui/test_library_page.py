"""The Library page and what stands behind it: notes that come in, are refused, and go again."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from graph.errors import NoteError, NotFoundError, StoreLockedError
from graph.settings import Settings, load_settings
from graph.store import open_store
from ingest.pipeline import ingest, remove
from ui.cli import main
from ui.uploads import folder_of, forget, kept, receive, received, uploads_folder

CLIP = "# 多模态\n\n## 1. CLIP的原理是什么？\n\nCLIP是一种多模态预训练模型，使用对比学习进行预训练。\n"
BERT = "# 语言模型\n\n## 1. BERT是什么？\n\nBERT基于Transformer，使用掩码语言模型进行预训练。\n"


@pytest.fixture
def given(tmp_path):
    return Settings(store=f"embedded:{tmp_path / 'store'}", state=tmp_path / "state", folders=(tmp_path,))


def documents(given) -> list[str]:
    with open_store(given) as store:
        return [document.path for document in store.documents()]


def files(given) -> dict[str, str]:
    folder = uploads_folder(given)
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.md")}


def upload(given, **notes: str) -> None:
    with received([(f"{name}.md", text.encode()) for name, text in notes.items()], given):
        ingest([uploads_folder(given)], given)


def zipped(**notes: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in notes.items():
            archive.writestr(name, text)
    return file.getvalue()


@pytest.fixture
def press(app_on, given, monkeypatch):
    """Return a function that opens the page on the store and presses a button of it."""
    monkeypatch.setenv("ZHITU_STATE", str(given.state))
    app = app_on(given.store)

    def do(label: str, **values):
        app.open("library")
        for kind, value in values.items():
            getattr(app.test, kind)[0].set_value(value)
        for each in reversed(app.test.button):  # the form of uploads has the same button, but comes first
            if each.label == label:
                each.click()
                break
        else:
            pytest.fail(f"no button {label}: {[each.label for each in app.test.button]}")
        app.test.run()
        assert not app.test.exception
        return app

    return do


def test_uploads_stay_for_later_and_go_with_their_documents(given):
    upload(given, clip=CLIP, bert=BERT)
    assert documents(given) == ["bert.md", "clip.md"]
    assert kept(given)
    with open_store(given) as store:
        clip = [document for document in store.documents() if document.path == "clip.md"]
    remove(["clip.md"], given)
    forget(clip, given)
    assert documents(given) == ["bert.md"]
    ingest([uploads_folder(given)], given)
    assert documents(given) == ["bert.md"]
    assert set(files(given)) == {"bert.md"}


def test_a_failed_or_cancelled_upload_leaves_folder_and_graph_as_they_were(given):
    upload(given, clip=CLIP)

    def cancel(stage, *_counts):
        if stage == when:
            raise KeyboardInterrupt

    for when in ("extract", "infer", "texts"):
        new = [("clip.md", BERT.encode()), ("deep/bert.zip", zipped(**{"a/bert.md": BERT}))]
        with pytest.raises(KeyboardInterrupt), received(new, given) as arrived:  # noqa: PT012
            assert len(arrived.added) == 2
            ingest([uploads_folder(given)], given, progress=cancel)
        assert files(given) == {"clip.md": CLIP}
        assert documents(given) == ["clip.md"], when
    assert not (uploads_folder(given).parent / "uploads-before").exists()


def test_a_note_that_cannot_be_used_does_not_replace_the_one_before(given):
    upload(given, clip=CLIP)
    with received([("clip.md", b"\x89PNG\r\n\x1a\n" + bytes(99)), ("bert.md", BERT.encode())], given) as arrived:
        report = ingest([uploads_folder(given)], given)
        arrived.reject({failure.path for failure in report.failures})
    assert [failure.path for failure in report.failures] == ["clip.md"]
    assert files(given) == {"clip.md": CLIP, "bert.md": BERT}
    assert documents(given) == ["bert.md", "clip.md"]


def test_what_a_killed_upload_left_behind_is_cleared(given):
    left = uploads_folder(given).parent / "uploads-new" / "old.md"
    left.parent.mkdir(parents=True)
    left.write_text("old", "utf-8")
    upload(given, clip=CLIP)
    assert set(files(given)) == {"clip.md"}


def test_two_uploads_at_once_are_refused(given):
    uploads_folder(given).mkdir(parents=True)
    with (
        FileLock(uploads_folder(given).parent / "uploads.lock"),
        pytest.raises(StoreLockedError, match="Somebody else"),
        received([("clip.md", CLIP.encode())], given),
    ):
        pass
    assert files(given) == {}


def test_a_note_may_not_take_the_place_of_a_folder(given):
    notes = [("a.zip", zipped(**{"x.md": BERT, "x.md/y.md": CLIP}))]
    with received(notes, given) as arrived:
        assert [notice.path for notice in arrived.left_out] == ["a.zip/x.md/y.md"]
    assert files(given) == {"x.md": BERT}


def test_archives_are_bounded_as_a_whole(tmp_path):
    given = Settings(store="embedded:nowhere", max_file_bytes=1000, max_upload_bytes=2500)
    notices = receive([("b.zip", zipped(**{f"{at}.md": "x" * 900 for at in range(9)}))], tmp_path, given)
    assert len(list(tmp_path.iterdir())) == 3
    assert "ZHITU_MAX_UPLOAD_BYTES" in notices[0].message


def test_a_damaged_entry_leaves_no_half_of_a_note(tmp_path):
    data = bytearray(zipped(**{"a.md": CLIP * 200}))
    data[60] ^= 0xFF
    notices = receive([("a.zip", bytes(data))], tmp_path, Settings(store="embedded:nowhere"))
    assert "cannot be unpacked" in notices[0].message
    assert list(tmp_path.iterdir()) == []


def test_names_of_chinese_archives_are_read(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("XXXXXXXX.md", CLIP)
    data = file.getvalue().replace(b"XXXXXXXX", "多模态笔".encode("gb18030"))
    assert receive([("a.zip", data)], tmp_path, Settings(store="embedded:nowhere")) == ()
    assert [path.name for path in tmp_path.iterdir()] == ["多模态笔.md"]


def test_what_programs_put_into_archives_for_themselves_is_left_alone(tmp_path):
    data = zipped(**{"__MACOSX/._a.md": "x", ".obsidian/b.md": "x", "c/.trash/d.md": "x", "c/e.md": CLIP})
    assert receive([("vault.zip", data)], tmp_path, Settings(store="embedded:nowhere")) == ()
    assert [path.name for path in tmp_path.rglob("*.md")] == ["e.md"]


def test_only_allowed_folders_of_the_machine_are_read(tmp_path):
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (tmp_path / "secret.md").write_text(CLIP, "utf-8")
    (allowed / "link").symlink_to(tmp_path)
    given = Settings(store="embedded:nowhere", folders=(allowed,))
    assert folder_of(str(allowed), given) == allowed
    for outside in (tmp_path, tmp_path / "secret.md", tmp_path / "none.md", allowed / "..", allowed / "link", "/"):
        with pytest.raises(NoteError, match="outside the folders"):
            folder_of(str(outside), given)
    with pytest.raises(NoteError, match="outside the folders"):
        folder_of(str(allowed), Settings(store="embedded:nowhere"))


def test_a_document_that_the_graph_lacks_is_named_with_the_nearest(given):
    upload(given, clip=CLIP)
    with pytest.raises(NotFoundError, match=r"“clap\.md”.* Nearest: clip\.md"):
        remove(["clip.md", "clap.md"], given)
    assert documents(given) == ["clip.md"]


def test_the_command_removes_documents(given):
    upload(given, clip=CLIP, bert=BERT)

    def command(*arguments: str):
        return CliRunner().invoke(main, ["--store", given.store, "remove", *arguments])

    result = command("bert.md", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)["removed"]) == (0, 1)
    assert documents(given) == ["clip.md"]
    result = command("bert.md")
    assert result.exit_code == 1
    assert "No document of the graph is called" in result.stderr


def test_an_exposed_app_reads_no_folder_unless_told(monkeypatch):
    started = {}
    monkeypatch.setattr("os.execve", lambda _path, _command, environment: started.update(environment))
    monkeypatch.setattr("os.chdir", lambda _path: None)
    CliRunner().invoke(main, ["serve", "--expose", "--address", "192.0.2.1"])
    assert load_settings(started).folders == ()
    monkeypatch.setenv("ZHITU_FOLDERS", "/notes")
    CliRunner().invoke(main, ["serve", "--expose", "--address", "192.0.2.1"])
    assert load_settings(started).folders == (Path("/notes"),)


def test_removing_the_last_document_leaves_an_empty_graph(given):
    upload(given, clip=CLIP)
    report = remove(["clip.md"], given)
    assert (report.removed, report.documents, report.concepts) == (1, 0, 0)
    assert documents(given) == []


def test_a_folder_comes_in_with_its_report(press, tmp_path, monkeypatch):
    monkeypatch.setenv("ZHITU_FOLDERS", str(tmp_path))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "clip.md").write_text(CLIP, "utf-8")
    (tmp_path / "notes" / "bad.md").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    app = press("Add to the graph", text_input=str(tmp_path / "notes"))
    assert "1 notes read" in app.test.warning[0].value
    assert app.test.dataframe[0].value["File"].tolist() == ["bad.md"]
    assert app.test.dataframe[-1].value["File"].tolist() == ["clip.md"]


def test_a_folder_that_is_not_allowed_is_said(press, tmp_path, monkeypatch):
    monkeypatch.setenv("ZHITU_FOLDERS", str(tmp_path / "allowed"))
    app = press("Add to the graph", text_input="/etc")
    assert "outside the folders" in app.test.error[0].value


def test_no_folder_is_offered_where_none_is_allowed(app, monkeypatch):
    monkeypatch.setenv("ZHITU_FOLDERS", "none")
    app.open("library")
    assert "ZHITU_FOLDERS" in app.text
    assert not app.test.text_input


def test_a_locked_store_is_said_and_the_graph_stays(press, given):
    upload(given, clip=CLIP)
    with open_store(given, write=True):
        app = press("Rebuild the graph")
        assert app.test.error
    assert app.test.dataframe[-1].value["File"].tolist() == ["clip.md"]


def test_an_app_that_is_read_only_shows_the_documents_alone(app, monkeypatch):
    monkeypatch.setenv("ZHITU_READ_ONLY", "yes")
    app.open("library")
    assert len(app.test.dataframe) == 1
    assert not {"Add to the graph", "Rebuild the graph"} & {each.label for each in app.test.button}
    assert not app.test.get("file_uploader")
