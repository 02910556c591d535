"""The app without a browser, on stores made for the tests."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from graph.settings import Settings, app_file
from graph.store import open_store
from tests.contents import handmade
from ui.canvas.wire import EDGE, NODE


def parts_of(proto) -> list[dict]:
    """Return what a component is told, part by part."""
    if proto.WhichOneof("data") == "bytes":
        return [json.loads(line) for line in proto.bytes.splitlines()]
    return [json.loads(proto.json)]


class App:
    """The app at one address; `text` is all that its pages say."""

    def __init__(self) -> None:
        self.test = AppTest.from_file(str(app_file()), default_timeout=60)

    def open(self, page: str = "", **params: str) -> "App":
        for key in list(self.test.query_params):
            del self.test.query_params[key]
        self.test.query_params.update({"lang": "en", **params})
        if page:
            self.test.switch_page(f"ui/pages/{page}.py")
        self.test.run()
        return self

    def component(self, name: str) -> dict:
        """Return the data of the components of this name, as one; of a graph nodes and edges by their fields."""
        found = [each.proto for each in self.test.get("bidi_component") if each.proto.component_name == f"zhitu.{name}"]
        if not found:
            raise LookupError(name)
        data = {key: value for proto in found for part in parts_of(proto) for key, value in part.items()}
        if name == "graph":
            for rows, fields, field, table in (("nodes", NODE, "kind", "kinds"), ("edges", EDGE, "type", "types")):
                named = [dict(zip(fields, row, strict=False)) for row in data[rows]]
                data[rows] = [{**one, field: data[table][one[field]]["key"]} for one in named]
        return data

    @property
    def text(self) -> str:
        own = [
            json.dumps(part, ensure_ascii=False)
            for each in self.test.get("bidi_component")
            for part in parts_of(each.proto)
        ]
        kinds = ("markdown", "title", "caption", "warning", "error", "info", "code", "button", "subheader")
        said = [
            str(getattr(each, "value", "") or getattr(each, "label", ""))
            for kind in kinds
            for each in self.test.get(kind)
        ]
        return "\n".join([*own, *said])


@pytest.fixture(scope="session")
def small_store(tmp_path_factory) -> str:
    """Return the address of a store with the hand-made graph of two notes."""
    url = f"embedded:{tmp_path_factory.mktemp('small')}"
    with open_store(Settings(store=url), write=True) as store:
        store.replace(handmade())
    return url


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """Return a folder for what the learner keeps."""
    monkeypatch.setenv("ZHITU_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def app(small_store, app_on) -> App:
    """Return the app on the small store."""
    return app_on(small_store)


@pytest.fixture
def app_on(monkeypatch):
    """Return a function that gives the app on a store's address."""

    def make(url: str) -> App:
        monkeypatch.setenv("ZHITU_STORE", url)
        return App()

    return make
