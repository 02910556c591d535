"""The Library page as a reader uses it: notes come in, are read again, and go."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from graph.settings import Settings
from graph.store import open_store
from tests.browser.conftest import serving

CLIP = "# 多模态\n\n## 1. CLIP的原理是什么？\n\nCLIP是一种多模态预训练模型，使用对比学习进行预训练。\n"
BERT = "# 语言模型\n\n## 1. BERT是什么？\n\nBERT基于Transformer，使用掩码语言模型进行预训练。\n"


@pytest.fixture
def store(tmp_path) -> str:
    return f"embedded:{tmp_path / 'store'}"


@pytest.fixture
def library(store, watch, tmp_path, monkeypatch):
    """Return the page of an app without a graph yet."""
    monkeypatch.setenv("ZHITU_FOLDERS", str(tmp_path / "notes"))
    with serving(store, tmp_path / "state") as home:
        yield watch(home).open("library?lang=en", ready="[data-testid=stFileUploader]")


def documents(store: str) -> list[str]:
    with open_store(Settings(store=store)) as opened:
        return [document.path for document in opened.documents()]


def upload(page, *files: tuple[str, bytes]) -> None:
    given = [{"name": name, "mimeType": "text/markdown", "buffer": data} for name, data in files]
    page.locator("input[type=file]").set_input_files(given)
    page.get_by_test_id("stFileChip").first.wait_for()
    page.get_by_role("tabpanel", name="Upload").get_by_role("button", name="Add to the graph").click()


def test_notes_and_archives_come_in_are_found_and_go_again(library, store):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("deep/bert.md", BERT)
        archive.writestr("../evil.md", BERT)
    upload(library, ("clip.md", CLIP.encode()), ("more.zip", file.getvalue()))
    report = library.get_by_test_id("stAlert").filter(has_text="2 notes read")
    expect(report).to_contain_text("2 documents", timeout=60_000)
    expect(library.get_by_text("Not taken in:")).to_be_visible()
    assert documents(store) == ["clip.md", "deep/bert.md"]

    library.get_by_role("link", name="Explore").click()
    library.get_by_role("combobox", name="Search concepts").fill("CLIP")
    library.get_by_role("option").first.click()
    expect(library.locator(".card h2")).to_have_text("CLIP")

    library.get_by_role("link", name="Library").click()
    expect(library.get_by_text("Choose documents in the table")).to_be_visible()
    box = library.get_by_test_id("stDataFrame").last.bounding_box()
    library.mouse.click(box["x"] + 16, box["y"] + 52)
    library.get_by_role("button", name="Remove 1 document").click()
    dialog = library.get_by_role("dialog")
    expect(dialog.get_by_text("clip.md")).to_be_visible()
    dialog.get_by_role("button", name="Remove 1 document").click()
    expect(dialog).not_to_be_visible(timeout=60_000)
    expect(library.get_by_test_id("stAlert").filter(has_text="1 removed")).to_be_visible()
    assert documents(store) == ["deep/bert.md"]


def test_cancelling_leaves_the_graph_as_it_was(library, store, tmp_path):
    upload(library, ("clip.md", CLIP.encode()))
    expect(library.get_by_test_id("stAlert").filter(has_text="1 notes read")).to_be_visible(timeout=60_000)
    many = [
        (f"n{at}.md", "\n".join(f"## {at}.{n}. BERT是什么？\n\n{BERT * 20}\n" for n in range(60)).encode())
        for at in range(8)
    ]
    upload(library, *many)
    library.get_by_role("button", name="Cancel").click()
    expect(library.get_by_test_id("stAlert").filter(has_text="Cancelled")).to_be_visible(timeout=60_000)
    assert documents(store) == ["clip.md"]
    assert [path.name for path in (tmp_path / "store" / "uploads").iterdir()] == ["clip.md"]
    library.get_by_role("tab", name="Rebuild").click()
    library.get_by_role("button", name="Rebuild the graph").click()
    expect(library.get_by_test_id("stAlert").filter(has_text="1 unchanged")).to_be_visible(timeout=60_000)
    assert documents(store) == ["clip.md"]


def test_a_folder_comes_in_where_it_is_allowed(library, store, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "bert.md").write_text(BERT, "utf-8")
    library.get_by_role("tab", name="A folder of this machine").click()
    path = library.get_by_role("textbox", name="Path of a folder or a note")
    for typed, said in ((str(tmp_path), "outside the folders"), (str(tmp_path / "notes"), "1 notes read")):
        path.fill(typed)
        path.press("Enter")
        expect(library.get_by_test_id("stAlert").filter(has_text=said)).to_be_visible(timeout=60_000)
    assert documents(store) == ["bert.md"]


def test_progress_is_told_by_stage_and_a_note_that_cannot_be_used_by_file_and_line(library, store):
    broken = b"# A\n\n## 1. What?\n\n" + b"x" * 2_000_000
    many = "\n".join(f"## {n}. BERT是什么？\n\n{BERT * 10}\n" for n in range(60)).encode()
    upload(library, ("many.md", many), ("broken.md", broken))
    expect(library.get_by_text("Finding concepts and relations").first).to_be_visible(timeout=60_000)
    report = library.get_by_test_id("stAlert").filter(has_text="1 notes read")
    expect(report).to_be_visible(timeout=60_000)
    expect(library.get_by_text("Not taken in:")).to_be_visible()
    table = library.get_by_test_id("stDataFrame").first
    for told in ("File", "Line", "broken.md", "5"):
        expect(table.get_by_text(told, exact=True).first).to_be_attached()
    assert documents(store) == ["many.md"]


def test_a_failed_ingest_leaves_the_graph_as_it_was(library, store):
    upload(library, ("clip.md", CLIP.encode()))
    expect(library.get_by_test_id("stAlert").filter(has_text="1 notes read")).to_be_visible(timeout=60_000)
    with open_store(Settings(store=store), write=True):  # somebody else is writing
        upload(library, ("bert.md", BERT.encode()))
        expect(library.get_by_test_id("stAlertContentError")).to_be_visible(timeout=60_000)
    assert documents(store) == ["clip.md"]
    library.get_by_role("link", name="Explore").click()
    library.get_by_role("combobox", name="Search concepts").fill("CLIP")
    expect(library.get_by_role("option").first).to_be_visible()
