"""The page that `bench/ui_view.py` measures: one graph, drawn by the tool that the address names.

    streamlit run bench/ui_page.py        then open ?tool=zhitu&nodes=1000

Each tool is used as its own documentation shows. A peer needs nothing of ours to be installed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import streamlit as st

Edge = tuple[str, str]
_CLUSTER = 40
HEIGHT = 600
#: What the names are made of: Chinese, as in notes.
_FIRST = ("对比", "图文", "视觉", "语言", "生成", "扩散", "自监督", "多模态", "注意力", "预训练")
_SECOND = ("学习", "模型", "编码器", "问答", "检索", "网络", "损失", "对齐", "表示", "数据集")


def name(number: int) -> str:
    """Return the name of a node."""
    return f"{_FIRST[number % 10]}{_SECOND[number // 10 % 10]}{number}"


def made(count: int, more: int = 0) -> tuple[list[str], list[Edge]]:
    """Return node ids and edges of clusters that a few ties join; `more` nodes stand at the first one."""
    chance = random.Random(1)  # noqa: S311  the same graph each time
    ids = [f"c{number:05}" for number in range(count)]
    edges: set[Edge] = set()
    for number in range(count):
        start = number - number % _CLUSTER
        room = min(_CLUSTER, count - start)
        for _ in range(2):
            other = start + int(room * chance.random() ** 2)  # few of a cluster have most of its edges
            edges.add((ids[number], ids[other]))
        if chance.random() < 0.1:
            edges.add((ids[number], ids[int(count * chance.random() ** 3)]))
    fresh = [f"n{number}" for number in range(more)]
    ties = [(id_, ids[0]) for id_ in fresh]
    return ids + fresh, sorted(pair for pair in edges if pair[0] != pair[1]) + ties


def blank(ids: list[str], edges: list[Edge]) -> None:
    """Say how large the graph is: what Streamlit itself costs."""
    st.write(f"{len(ids)} nodes, {len(edges)} edges")


def zhitu(ids: list[str], edges: list[Edge]) -> None:
    """Draw by the project's own view."""
    from graph.query.neighbourhood import induced  # noqa: PLC0415  the peers' pages lack what is ours
    from graph.query.words import Language  # noqa: PLC0415
    from ui import layout  # noqa: PLC0415
    from ui.canvas.component import graph  # noqa: PLC0415
    from ui.canvas.network import Look, draw  # noqa: PLC0415

    old = sum(id_.startswith("c") for id_ in ids)
    before = _seen(old, 0)
    seen = _seen(old, len(ids) - old)
    places = layout.whole(before) if seen is before else layout.place(ids, edges, fixed=layout.whole(before))
    largest = max(before.importance.values())
    looks = {id_: Look(size=layout.size(seen.importance[id_], largest)) for id_ in ids}
    network = draw(induced(seen, ids), places, looks, Language.ZH).network
    graph(network, key="graph", scene="all", on_event=lambda _: None, height=HEIGHT)


@st.cache_resource
def _seen(count: int, more: int) -> Any:  # noqa: ANN401  of our own types, as above
    """Return the graph as the app holds it, once for all sessions."""
    from graph.model import Concept, Kind, MemoryContent, Relation, RelationType  # noqa: PLC0415
    from graph.query.view import view_of  # noqa: PLC0415

    ids, edges = made(count, more)
    concepts = tuple(Concept(id_, name(number), Kind.TERM) for number, id_ in enumerate(ids))
    relations = (Relation(a, RelationType.USES, b, False, 0.5, ("n.md#0.0",), ("rule",)) for a, b in edges)
    return view_of(MemoryContent(concepts=concepts, relations=tuple(relations)))


def neo4j_viz(ids: list[str], edges: list[Edge]) -> None:
    """Draw by neo4j-viz."""
    from neo4j_viz import Node, Relationship, VisualizationGraph  # noqa: PLC0415

    numbers = {id_: number for number, id_ in enumerate(ids)}
    drawn = VisualizationGraph(
        nodes=[Node(id=id_, caption=name(numbers[id_]), size=10) for id_ in ids],
        relationships=[Relationship(id=f"{a}-{b}", source=a, target=b, caption="使用") for a, b in edges],
    )
    _frame(drawn.render(max_allowed_nodes=20_000, height=f"{HEIGHT}px").data)


def st_link_analysis(ids: list[str], edges: list[Edge]) -> None:
    """Draw by st-link-analysis."""
    from st_link_analysis import EdgeStyle, NodeStyle, st_link_analysis  # noqa: PLC0415

    nodes = [{"data": {"id": id_, "label": "概念", "name": name(number)}} for number, id_ in enumerate(ids)]
    links = [{"data": {"id": f"{a}-{b}", "label": "使用", "source": a, "target": b}} for a, b in edges]
    st_link_analysis(
        {"nodes": nodes, "edges": links},
        layout="cose",
        node_styles=[NodeStyle("概念", "#0f766e", "name")],
        edge_styles=[EdgeStyle("使用", directed=True)],
        height=HEIGHT,
        key="graph",
    )


def streamlit_agraph(ids: list[str], edges: list[Edge]) -> None:
    """Draw by streamlit-agraph."""
    from streamlit_agraph import Config, Edge, Node, agraph  # noqa: PLC0415

    agraph(
        nodes=[Node(id=id_, label=name(number), size=10) for number, id_ in enumerate(ids)],
        edges=[Edge(source=a, target=b) for a, b in edges],
        config=Config(width="100%", height=HEIGHT, directed=True, physics=True),
    )


def pyvis(ids: list[str], edges: list[Edge]) -> None:
    """Draw by the HTML that pyvis writes."""
    from pyvis.network import Network  # noqa: PLC0415

    network = Network(height=f"{HEIGHT}px", directed=True, cdn_resources="in_line")
    network.add_nodes(ids, label=[name(number) for number in range(len(ids))], size=[10] * len(ids))
    network.add_edges(edges)
    _frame(network.generate_html(notebook=False))


def _frame(page: str) -> None:
    st.iframe(page, height=HEIGHT + 20)


TOOLS: dict[str, Callable[[list[str], list[Edge]], None]] = {
    "blank": blank,
    "zhitu": zhitu,
    "neo4j-viz": neo4j_viz,
    "st-link-analysis": st_link_analysis,
    "streamlit-agraph": streamlit_agraph,
    "pyvis": pyvis,
}


def main() -> None:
    """Show the page."""
    st.set_page_config(layout="wide")
    given = st.query_params
    more = 3 if st.button("Add three nodes") else 0
    TOOLS[given["tool"]](*made(int(given["nodes"]), more))
    st.caption("That is all.")


if __name__ == "__main__":
    main()
