"""What a page is told of a graph: applied step by step, it holds just what is drawn."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.canvas.wire import EDGE, NODE, encoded, missed, rows_of, tell

TABLES = {"kinds": [{"key": "Term"}, {"key": "Model"}], "types": [{"key": "USES"}, {"key": "TIE"}]}


def node(id_: str, **more):
    return {"id": id_, "label": id_, "group": "Model", "x": 0.2, "y": 0.0, "size": 9.0, **more}


def edge(source: str, target: str, **more):
    made = f"{source}~USES~{target}{'~not' if more.get('negated') else ''}"
    return {"from": source, "to": target, "type": "USES", "id": made, "width": 1.5, **more}


def rows(names, pairs=(), **more):
    return rows_of([node(name, **more) for name in names], [edge(*pair) for pair in pairs], TABLES)


class Page:
    """Does what ``assets/memory.js`` does."""

    def hold(self, whole: bytes) -> None:
        head, body = map(json.loads, whole.splitlines())
        self.at = head["base"]
        self.nodes, self.edges = {}, {}
        self._add(body)

    def take(self, told) -> None:
        step = json.loads(encoded(told.step))
        assert step["from"] == self.at
        self._add(step)
        gone, lost = step["drop"]
        for id_ in gone:
            del self.nodes[id_]
        for id_ in lost:
            del self.edges[id_]
        self.edges = {id_: one for id_, one in self.edges.items() if {*one[:2]} <= self.nodes.keys()}
        self.at = told.at

    def _add(self, part) -> None:
        self.nodes |= {row[0]: tuple(row) for row in part["nodes"]}
        for source, target, *rest in part["edges"]:
            ends = [part["nodes"][end][0] if isinstance(end, int) else end for end in (source, target)]
            named = dict(zip(EDGE[2:], rest, strict=False))
            made = (
                f"{ends[0]}~{TABLES['types'][named['type']]['key']}~{ends[1]}{'~not' if named.get('negated') else ''}"
            )
            self.edges[named.get("id") or made] = (*ends, *rest)


names = st.sets(st.sampled_from("甲乙丙丁戊abc"), max_size=8)
graphs = names.flatmap(
    lambda some: st.tuples(
        st.just(sorted(some)),
        st.sets(st.tuples(*[st.sampled_from(sorted(some))] * 2), max_size=8) if some else st.just(set()),
    )
)


@given(st.lists(graphs, min_size=1, max_size=6))
def test_a_page_holds_what_is_drawn_after_every_step(given_graphs):
    told, page = None, Page()
    for some, pairs in given_graphs:
        before = told
        told = tell(told, "graph", rows(some, sorted(pairs)), TABLES)
        if before is None or told.base != before.base:
            page.hold(told.whole)
        elif told is not before:
            page.take(told)
        assert (page.nodes, page.edges) == (told.rows.nodes, told.rows.edges)


def test_a_node_at_the_origin_keeps_its_place_and_says_no_name_twice():
    packed = rows_of([node("clip", x=0.0, zh="clip", en="CLIP", mentions=3)], [], TABLES).nodes["clip"]
    assert dict(zip(NODE, packed, strict=False)) == {
        "id": "clip",
        "label": "clip",
        "kind": 1,
        "x": 0,
        "y": 0,
        "size": 9.0,
        "mentions": 3,
        "ties": 0,
        "zh": 0,
        "en": "CLIP",
    }


def test_a_step_holds_only_what_is_new_since_the_last():
    many = [f"n{number}" for number in range(100)]
    first = tell(None, "graph", rows(many, [("n1", "n2"), ("n3", "n4"), ("n5", "n6")]), TABLES)
    second = tell(first, "graph", rows([*many[:3], *many[4:], "one"], [("n1", "n2"), ("one", "n1")]), TABLES)
    assert second.whole is first.whole
    assert [row[0] for row in second.step["nodes"]] == ["one"]
    assert [row[:2] for row in second.step["edges"]] == [(0, "n1")]
    assert second.step["drop"] == [["n3"], ["n5~USES~n6"]]
    third = tell(second, "graph", rows([*second.rows.nodes, "two"], [("n1", "n2"), ("one", "n1")]), TABLES)
    assert [row[0] for row in third.step["nodes"]] == ["two"]
    assert tell(third, "graph", third.rows, TABLES) is third


@pytest.mark.parametrize("tables", [TABLES, {**TABLES, "labels": "zh"}])
def test_another_graph_is_told_whole_and_so_are_other_words(tables):
    first = tell(None, "graph", rows("ab"), TABLES)
    other = rows([f"b{number}" for number in range(99)]) if tables is TABLES else first.rows
    assert tell(first, "graph", other, tables).base != first.base


def test_half_a_character_is_no_reason_to_show_nothing():
    assert json.loads(encoded({"name": "a\ud800b"})) == {"name": "a?b"}


def test_a_page_that_missed_a_step_is_told_from_where_it_is():
    first = tell(None, "graph", rows("ab"), TABLES)
    second = tell(first, "graph", rows("abc"), TABLES)
    third = tell(second, "graph", rows("abcd"), TABLES)
    again = tell(missed(third, second.at), "graph", third.rows, TABLES)
    assert (again.step["from"], again.at) == (second.at, third.at)
    assert missed(third, "long ago") is None
    assert missed(None, "") is None
