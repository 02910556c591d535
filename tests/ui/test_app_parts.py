"""The parts of the pages that need no page: escaping, rich text, layout, networks, files to take along, uploads."""

import io
import json
import stat
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from graph.errors import NoteError
from graph.export import export, read_json
from graph.model import Kind, Relation, RelationType, Subgraph
from graph.query.view import view as view_of
from graph.query.words import Language
from graph.settings import Settings
from graph.store import open_store
from tests.contents import NASTY, handmade
from ui import layout
from ui.canvas.network import Look, draw, relation_key
from ui.canvas.page import export_html
from ui.canvas.prose import address, el, text_of
from ui.markdown import marker, rich
from ui.takeaway import anki, content_of, obsidian
from ui.text import md, short
from ui.uploads import folder_of, receive

SETTINGS = Settings(store="embedded:nowhere", max_file_bytes=1000, max_files=3)


@pytest.fixture(scope="module")
def view(small_store):
    with open_store(Settings(store=small_store)) as store:
        return view_of(store)


@given(st.text(max_size=40))
def test_escaped_text_is_text_in_markdown(text):
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parseInline(md(text))
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "softbreak"}


@pytest.mark.parametrize("text", ["https://attacker.invalid", "www.attacker.invalid", "a@attacker.invalid"])
def test_escaped_text_is_no_address_that_becomes_a_link(text):
    assert "\u2060" in md(text)


def test_short_text_is_on_one_line_and_no_longer():
    assert short("a\n b" + "c" * 100, 10) == "a bcccccc…"


def test_an_address_never_reads_as_a_host():
    assert "attacker.invalid" not in address("notes", {"question": "https://attacker.invalid/x"})


@pytest.mark.parametrize("text", NASTY)
def test_rich_text_keeps_the_words(text):
    for word in text.split():
        assert word.strip("`|$*_<>&;b").replace("\\", "")[:3] in text_of(rich(text)).replace("\\", "")


def tags(tree) -> set[str]:
    return set() if isinstance(tree, str) else {tree[0]}.union(*(tags(child) for child in tree[2:]))


def test_rich_text_has_no_pictures_links_or_html():
    tree = rich("![alt](http://x/y.png) [a](http://x) <img src=x> <http://x>\n\n<script>x</script>")
    assert tags(tree) <= {"div", "p", "em", "span"}
    assert "<script>" in text_of(tree)


def test_rich_text_points_out_the_block_of_a_line():
    tree = rich("one\n\n- two\n- three", here=3)
    assert ["span", {"class": "here target"}, "three"] in tree[2 + 1][3]


def test_rich_text_makes_mathml_of_formulas_and_code_of_what_is_none():
    assert "mfrac" in tags(rich(r"$\frac{a}{b}$"))
    assert "code" in tags(rich(r"$\frac{$"))


def test_deeply_nested_notes_are_shown():
    assert text_of(rich(">" * 3000 + " x"))
    assert text_of(rich("[" * 3000))


def test_names_are_marked_as_whole_words(view):
    mark = marker([view.concepts["clip"]])
    assert [part if isinstance(part, str) else part[2] for part in mark("使用CLIP模型，ECLIPSE不是")] == [
        "使用",
        "CLIP",
        "模型，ECLIPSE不是",
    ]


def test_a_layout_keeps_what_is_there_and_is_the_same_each_time():
    nodes = [f"n{number}" for number in range(30)]
    edges = [("n0", node) for node in nodes[1:]]
    first = layout.place(nodes[:20], edges[:19], centres=["n0"])
    assert first == layout.place(nodes[:20], edges[:19], centres=["n0"])
    more = layout.place(nodes, edges, centres=["n0"], fixed=first)
    assert {node: more[node] for node in nodes[:20]} == first
    assert len(set(more.values())) == 30


def test_a_layout_of_one_node_and_of_none():
    assert layout.place([], []) == {}
    assert list(layout.place(["a"], [("a", "a")])) == ["a"]


def test_the_whole_graph_has_a_place_for_every_concept(view):
    assert set(layout.whole(view)) == set(view.concepts)


def test_a_network_holds_every_relation_and_strikes_what_is_denied(view):
    part = Subgraph(tuple(view.concepts.values()), handmade().relations, handmade().prerequisites)
    looks = dict.fromkeys(view.concepts, Look())
    drawing = draw(part, layout.whole(view), looks, Language.EN)
    assert len(drawing.network.edges) == 3
    denied = [edge for edge in drawing.network.edges if edge.get("negated")]
    assert [edge["title"] for edge in denied] == ["Stable Diffusion does not use BLIP"]
    assert denied[0]["dashes"] == [2, 5]


def test_keys_of_a_statement_and_its_denial_differ():
    one = Relation("a", RelationType.USES, "b", False, 1.0, ("s",), ("r",))
    other = Relation("a", RelationType.USES, "b", True, 1.0, ("s",), ("r",))
    assert relation_key(one) != relation_key(other)


def test_the_exported_page_asks_for_nothing(small_store, tmp_path):
    with open_store(Settings(store=small_store)) as store:
        export_html(store, tmp_path / "graph.html", Language.ZH)
    page = (tmp_path / "graph.html").read_text(encoding="utf-8")
    head = page[: page.index("<script>")] + page[page.rindex("</script>") :]
    assert "http://" not in head
    assert "https://" not in head
    assert " src=" not in page.replace("</script>", "</script>").split("<body>")[0][:500]
    assert "对比学习" in page or "\\u5bf9" in page


def test_a_part_exported_can_be_read_back(small_store, tmp_path):
    with open_store(Settings(store=small_store)) as store:
        relation = store.relations()[0]
        ends = [concept for concept in store.concepts() if concept.id in (relation.source, relation.target)]
        content = content_of(store, Subgraph(tuple(ends), (relation,)))
    export(content, "json", tmp_path / "part.json")
    assert read_json(tmp_path / "part.json").relations == (relation,)


def test_the_obsidian_vault_links_its_pages():
    with zipfile.ZipFile(io.BytesIO(obsidian(handmade(["a/b:c*", "A B C"]), Language.EN))) as vault:
        names = vault.namelist()
        page = vault.read("Zhitu/CLIP.md").decode()
    assert len({name.casefold() for name in names}) == len(names)
    assert not [name for name in names if set(name.removeprefix("Zhitu/")) & set('\\/:*?"<>|')]
    assert "[[对比学习]]" in page
    assert "CLIP uses 对比学习." in page


def test_the_anki_deck_has_a_card_for_each_question_and_definition():
    lines = anki(handmade(), Language.EN).splitlines()
    cards = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {len(card) for card in cards} == {3}
    assert [card[0] for card in cards] == ["What is CLIP?", "And BLIP?", "CLIP"]


def zipped(*entries: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("name", ["../evil.md", "/evil.md", "..\\evil.md", "C:\\evil.md", "a/../../evil.md"])
def test_an_archive_writes_nothing_outside_its_folder(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    notices = receive([("slip.zip", zipped((name, b"# x"), ("good.md", b"# y")))], folder, SETTINGS)
    assert [path.name for path in tmp_path.rglob("*.md")] == ["good.md"]
    assert len(notices) == 1


def test_an_archive_is_not_unpacked_beyond_the_limit(tmp_path):
    notices = receive([("bomb.zip", zipped(("big.md", b"0" * 100_000)))], tmp_path, SETTINGS)
    assert "larger than 1000 bytes" in notices[0].message
    assert list(tmp_path.iterdir()) == []


def test_links_in_an_archive_are_left_out(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo("link.md")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    notices = receive([("links.zip", file.getvalue())], tmp_path, SETTINGS)
    assert "no ordinary file" in notices[0].message


def test_too_many_notes_in_an_archive_are_named(tmp_path):
    many = zipped(*((f"{number}.md", b"# x") for number in range(5)))
    notices = receive([("many.zip", many)], tmp_path, SETTINGS)
    assert len(list(tmp_path.iterdir())) == 3
    assert "ZHITU_MAX_FILES" in notices[0].message


def test_what_is_no_note_and_no_archive_is_named(tmp_path):
    notices = receive([("a.png", b"x"), ("b.zip", b"no zip"), ("c.md", b"# c")], tmp_path, SETTINGS)
    assert [notice.path for notice in notices] == ["a.png", "b.zip"]
    assert [path.name for path in tmp_path.iterdir()] == ["c.md"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    allowed = Settings(store="embedded:nowhere", folders=(tmp_path,))
    assert folder_of(f" {tmp_path} ", allowed) == tmp_path
    for typed in ("", f"{tmp_path}/nowhere", "a\0b", "~nobody-at-all"):
        with pytest.raises(NoteError):
            folder_of(typed, allowed)


def test_an_element_drops_what_is_empty():
    assert el("p", "a", None, class_="", title="t") == ["p", {"title": "t"}, "a"]
    assert json.dumps(el("b", el("i", "x"))) == '["b", {}, ["i", {}, "x"]]'


def test_kinds_have_a_shape_each(view):
    assert {concept.kind for concept in view.concepts.values()} <= set(Kind)
