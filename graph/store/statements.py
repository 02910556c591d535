"""Every statement of the stores, a section for each; nothing is ever pasted into one but names of the model's enums."""

from __future__ import annotations

from typing import Final

from graph.model import PREREQUISITE_OF, RelationType

# Both stores -----------------------------------------------------------------------------------

#: Labels of nodes, each with the property that is its key.
KEYS: Final = {"Document": "path", "Question": "id", "Sentence": "id", "Concept": "id"}

#: What joins what: type, label of the source, label of the target.
JOINTS: Final = (
    ("CONTAINS", "Document", "Question"),
    ("CONTAINS", "Question", "Sentence"),
    ("MENTIONS", "Question", "Concept"),
    ("ABOUT", "Question", "Concept"),
    *((kind, "Concept", "Concept") for kind in (*RelationType, PREREQUISITE_OF)),
)

#: Name of the full-text index over all names of concepts, the same in both stores:
#: ``CALL db.index.fulltext.queryNodes('concept_names', 'contrastive')``.
NAME_INDEX: Final = "concept_names"

# Embedded store: ArcadeDB ----------------------------------------------------------------------

#: Language of statements given to ArcadeDB.
ARCADE_CYPHER: Final = "opencypher"

ARCADE_SCHEMA: Final = (
    *(f"CREATE VERTEX TYPE {label} BUCKETS 1" for label in KEYS),
    *(f"CREATE EDGE TYPE {kind} BUCKETS 1" for kind in dict.fromkeys(kind for kind, _, _ in JOINTS)),
    "CREATE PROPERTY Document.path STRING",
    "CREATE PROPERTY Question.id STRING",
    "CREATE PROPERTY Sentence.id STRING",
    "CREATE PROPERTY Concept.id STRING",
    "CREATE PROPERTY Concept.name STRING",
    "CREATE PROPERTY Concept.name_zh STRING",
    "CREATE PROPERTY Concept.name_en STRING",
    "CREATE PROPERTY Concept.aliases LIST OF STRING",
)

_ANALYZER: Final = '{"analyzer": "org.apache.lucene.analysis.cjk.CJKAnalyzer"}'

#: Made after the load: faster, and the full-text index is then complete.
ARCADE_INDEXES: Final = (
    "CREATE INDEX ON Document (path) UNIQUE",
    "CREATE INDEX ON Question (id) UNIQUE",
    "CREATE INDEX ON Sentence (id) UNIQUE",
    "CREATE INDEX ON Concept (id) UNIQUE",
    "CREATE INDEX ON Concept (name) NOTUNIQUE",
    f"CREATE INDEX {NAME_INDEX} ON Concept (name, name_zh, name_en, aliases BY ITEM) FULL_TEXT METADATA {_ANALYZER}",
)

#: Put before a statement, asks for its plan without running it.
EXPLAIN: Final = "EXPLAIN "

# Neo4j -----------------------------------------------------------------------------------------

_ALL_NAMES: Final = (
    "ON EACH [n.name, n.name_zh, n.name_en, n.aliases] OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}"
)
NEO4J_SCHEMA: Final = (
    *(
        f"CREATE CONSTRAINT {label.lower()}_{key} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
        for label, key in KEYS.items()
    ),
    "CREATE INDEX concept_name IF NOT EXISTS FOR (n:Concept) ON (n.name)",
    f"CREATE FULLTEXT INDEX {NAME_INDEX} IF NOT EXISTS FOR (n:Concept) {_ALL_NAMES}",
)

#: Follow ``UNWIND … AS row``; rows are a node's properties.
MERGE_NODE: Final = {label: f"MERGE (n:{label} {{{key}: row.{key}}}) SET n += row" for label, key in KEYS.items()}


def _merge_edge(kind: str, source: str, target: str) -> str:
    identity = " {negated: row.properties.negated}" if kind in list(RelationType) else ""
    return (
        f"MATCH (a:{source} {{{KEYS[source]}: row.source}}) MATCH (b:{target} {{{KEYS[target]}: row.target}})"
        f" MERGE (a)-[r:{kind}{identity}]->(b) SET r += row.properties"
    )


#: Follow ``UNWIND … AS row``, by joint; rows have the ends' keys and the edge's properties.
MERGE_EDGE: Final = {joint: _merge_edge(*joint) for joint in JOINTS}
