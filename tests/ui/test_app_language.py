"""The interface's words: every message in the code is translated, and nothing else is."""

import ast
import string
from pathlib import Path

import pytest
from babel.messages import pofile

from graph.query.words import Language
from ui.i18n import DOMAIN, LOCALES, catalogue

UI = LOCALES.parent


def messages() -> set[str]:
    """Return all messages that the code asks for; Babel's own extraction misses those inside f-strings."""
    found = set()
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "n_"):
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: not a message that can be found"
                found.add(node.args[0].value)
    return found


@pytest.fixture(scope="module")
def chinese():
    with (LOCALES / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return pofile.read_po(file, locale="zh")


def one(message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def test_every_message_is_translated(chinese):
    translated = {one(message) for message in chinese if message.id and all(message.string) and not message.fuzzy}
    assert messages() - translated == set()


def test_no_translation_is_left_over(chinese):
    assert {one(message) for message in chinese if message.id} - messages() == set()


def test_translations_keep_the_places_that_are_filled_in(chinese):
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for message in chinese:
        if message.id:
            translated = message.string if isinstance(message.string, str) else message.string[0]
            assert fields(one(message)) == fields(translated), one(message)


def test_english_is_the_language_of_the_code():
    assert catalogue(Language.EN).gettext("Explore") == "Explore"
    assert catalogue(Language.ZH).gettext("Explore") == "探索"


def test_no_page_allows_unsafe_html():
    for path in [*UI.rglob("*.py"), UI.parent / "app.py"]:
        assert "unsafe_allow" not in Path(path).read_text(encoding="utf-8"), path
