"""Settings: defaults, what wins, what is refused, and that the README's table is the code's."""

import re
from pathlib import Path

import pytest

from graph.errors import SettingsError
from graph.settings import SETTINGS, app_file, data_folder, load_settings, project_folder

README = Path(__file__).parents[2] / "README.md"


def test_defaults_name_an_embedded_store_in_the_build_folder():
    assert load_settings({}).store == f"embedded:{project_folder() / 'build' / 'zhitu'}"


def test_an_empty_variable_counts_as_not_set():
    assert load_settings({"ZHITU_STORE": " ", "ZHITU_QUERY_ROWS": ""}) == load_settings({})


def test_the_option_wins_over_the_variable():
    assert load_settings({"ZHITU_STORE": "embedded:a"}, store="embedded:b").store == "embedded:b"


@pytest.mark.parametrize(
    ("variable", "value"), [("ZHITU_QUERY_ROWS", "-1"), ("ZHITU_HEAP_MB", "lots"), ("ZHITU_READ_ONLY", "perhaps")]
)
def test_a_value_that_cannot_be_used_is_named(variable, value):
    with pytest.raises(SettingsError, match=f"{variable} is “{value}”"):
        load_settings({variable: value})


def test_the_password_is_not_shown():
    assert "secret" not in repr(load_settings({"NEO4J_PASSWORD": "secret"}))


def test_the_readme_lists_just_these_settings():
    rows = re.findall(
        r"^\| `([A-Z0-9_]+)` \| (?:`(.*?)`)? \| (.*) \|$", README.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [(row.variable, row.default, row.help) for row in SETTINGS]


def test_data_and_app_are_where_the_code_looks_for_them():
    assert (data_folder() / "ontology" / "relations.csv").is_file()
    assert app_file().is_file()
