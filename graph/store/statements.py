"""Every statement of the stores, a section for each; nothing is ever pasted into one but names of the model's enums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, LiteralString

from graph.model import PREREQUISITE_OF, RelationType

# Both stores -----------------------------------------------------------------------------------

#: Labels of nodes, each with the property that is its key.
LABELS: Final[tuple[tuple[LiteralString, LiteralString], ...]] = (
    ("Document", "path"),
    ("Question", "id"),
    ("Sentence", "id"),
    ("Concept", "id"),
)
KEYS: Final[Mapping[str, LiteralString]] = dict(LABELS)

#: The relation types as literals, so that a type checker can tell statements made of them from data.
STATED: Final[Mapping[RelationType, LiteralString]] = {
    RelationType.IS_A: "IS_A",
    RelationType.PART_OF: "PART_OF",
    RelationType.USES: "USES",
    RelationType.APPLIED_TO: "APPLIED_TO",
    RelationType.BASED_ON: "BASED_ON",
    RelationType.ADDRESSES: "ADDRESSES",
    RelationType.HAS_PROBLEM: "HAS_PROBLEM",
    RelationType.HAS_FEATURE: "HAS_FEATURE",
    RelationType.COMPARED_WITH: "COMPARED_WITH",
    RelationType.PROPOSED_BY: "PROPOSED_BY",
    RelationType.EVALUATED_ON: "EVALUATED_ON",
}

Joint = tuple[LiteralString, LiteralString, LiteralString]

#: What joins what: type, label of the source, label of the target.
JOINTS: Final[tuple[Joint, ...]] = (
    ("CONTAINS", "Document", "Question"),
    ("CONTAINS", "Question", "Sentence"),
    ("MENTIONS", "Question", "Concept"),
    ("ABOUT", "Question", "Concept"),
    *((kind, "Concept", "Concept") for kind in (*STATED.values(), PREREQUISITE_OF)),
)

#: All types, each once.
TYPES: Final[tuple[LiteralString, ...]] = ("CONTAINS", "MENTIONS", "ABOUT", *STATED.values(), "PREREQUISITE_OF")

#: Name of the full-text index over all names of concepts, the same in both stores:
#: ``CALL db.index.fulltext.queryNodes('concept_names', 'contrastive')``.
NAME_INDEX: Final = "concept_names"

#: Procedures that a console's statement may call: they read the graph, and nothing else.
PROCEDURES: Final = (
    "db.labels",
    "db.relationshipTypes",
    "db.propertyKeys",
    "db.schema.nodeTypeProperties",
    "db.schema.relTypeProperties",
    "db.schema.visualization",
    "db.index.fulltext.queryNodes",
)

#: How many nodes a label has, and relationships a type: rows of name and count.
COUNT_NODES: Final[LiteralString] = " UNION ALL ".join(
    [f"MATCH (n:{label}) RETURN '{label}' AS name, count(n) AS count" for label, _ in LABELS]
)
COUNT_EDGES: Final[LiteralString] = " UNION ALL ".join(
    [f"MATCH ()-[r:{kind}]->() RETURN '{kind}' AS name, count(r) AS count" for kind in TYPES]
)
#: Properties by label and by type.
PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "Document": ("path", "title", "sha256"),
    "Question": ("id", "document", "position", "number", "title", "answer", "line", "properties"),
    "Sentence": ("id", "question", "position", "text", "line", "start", "end"),
    "Concept": ("id", "name", "kind", "name_zh", "name_en", "aliases", "names", "definition", "mentions"),
    "CONTAINS": (),
    "MENTIONS": ("count",),
    "ABOUT": (),
    **dict.fromkeys(STATED.values(), ("negated", "confidence", "evidence", "rules")),
    PREREQUISITE_OF: ("weight", "reasons"),
}

_TEMPORAL: Final = ("truncate", "statement", "transaction", "realtime")
#: Functions in a namespace that a console's statement may call, in lower case.
FUNCTIONS: Final = (
    *(f"{kind}.{name}" for kind in ("date", "datetime", "localdatetime", "localtime", "time") for name in _TEMPORAL),
    "datetime.fromepoch",
    "datetime.fromepochmillis",
    "duration.between",
    "duration.inmonths",
    "duration.indays",
    "duration.inseconds",
    "point.distance",
    "point.withinbbox",
)

#: Put before a statement, asks for its plan without running it.
EXPLAIN: Final = "EXPLAIN "

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
    "CREATE PROPERTY Concept.names LIST OF STRING",
)

_ANALYZER: Final = '{"analyzer": "org.apache.lucene.analysis.cjk.CJKAnalyzer"}'

#: Made after the load: faster, and the full-text index is then complete.
ARCADE_INDEXES: Final = (
    "CREATE INDEX ON Document (path) UNIQUE",
    "CREATE INDEX ON Question (id) UNIQUE",
    "CREATE INDEX ON Sentence (id) UNIQUE",
    "CREATE INDEX ON Concept (id) UNIQUE",
    "CREATE INDEX ON Concept (name) NOTUNIQUE",
    f"CREATE INDEX {NAME_INDEX} ON Concept (names BY ITEM) FULL_TEXT METADATA {_ANALYZER}",
)

# Neo4j -----------------------------------------------------------------------------------------

_CJK: Final = "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}"
NEO4J_SCHEMA: Final[tuple[LiteralString, ...]] = (
    *(
        f"CREATE CONSTRAINT {label.lower()}_{key} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
        for label, key in LABELS
    ),
    "CREATE INDEX concept_name IF NOT EXISTS FOR (n:Concept) ON (n.name)",
    f"CREATE FULLTEXT INDEX {NAME_INDEX} IF NOT EXISTS FOR (n:Concept) ON EACH [n.names] {_CJK}",
)

#: What ``neo4j-admin database import`` cannot say: a list that is empty. For millions, so in many transactions.
NEO4J_EMPTY_LISTS: Final[tuple[LiteralString, ...]] = (
    "MATCH (n:Concept) WHERE n.aliases IS NULL CALL { WITH n SET n.aliases = [] } IN TRANSACTIONS OF 10000 ROWS",
    "MATCH (n:Question) WHERE n.properties IS NULL CALL { WITH n SET n.properties = [] } IN TRANSACTIONS OF 10000 ROWS",
)

#: Follow ``UNWIND … AS row``; rows are a node's properties.
MERGE_NODE: Final[Mapping[str, LiteralString]] = {
    label: f"MERGE (n:{label} {{{key}: row.{key}}}) SET n += row" for label, key in LABELS
}


def _ends(source: LiteralString, target: LiteralString) -> LiteralString:
    return f"MATCH (a:{source} {{{KEYS[source]}: row.source}}) MATCH (b:{target} {{{KEYS[target]}: row.target}})"


def _relationship(kind: LiteralString) -> LiteralString:
    identity: LiteralString = " {negated: row.properties.negated}" if kind in STATED.values() else ""
    return f"(a)-[r:{kind}{identity}]->(b)"


#: Follow ``UNWIND … AS row``, by joint; rows have the ends' keys and the edge's properties.
MERGE_EDGE: Final[Mapping[Joint, LiteralString]] = {
    (kind, source, target): f"{_ends(source, target)} MERGE {_relationship(kind)} SET r += row.properties"
    for kind, source, target in JOINTS
}

NEO4J_COUNT_QUESTIONS: Final[LiteralString] = "MATCH (n:Question) RETURN count(n) AS count"

# What the store itself keeps: one node with the version of the content, or, while it is being
# written, `unfinished`. Its label begins with an underscore: no part of the graph that users see.

NEO4J_STATE: Final[LiteralString] = (
    "MATCH (s:_Zhitu {key: 'state'}) RETURN s.format AS format, s.version AS version, s.unfinished AS unfinished"
)
NEO4J_COUNTS: Final[LiteralString] = (
    "CALL { MATCH (n) RETURN count(n) AS nodes } CALL { MATCH (c:Concept) RETURN count(c) AS concepts }"
    " CALL { MATCH ()-[r]->() RETURN count(r) AS edges } RETURN nodes, concepts, edges"
)
NEO4J_BEGIN: Final[LiteralString] = (
    "MERGE (s:_Zhitu {key: 'state'}) ON CREATE SET s.version = '' SET s.format = $format, s.unfinished = true"
)
NEO4J_PUBLISH: Final[LiteralString] = "MATCH (s:_Zhitu {key: 'state'}) SET s.version = $version, s.unfinished = false"

NEO4J_OWN_SCHEMA: Final[LiteralString] = (
    "CREATE CONSTRAINT zhitu_key IF NOT EXISTS FOR (n:_Zhitu) REQUIRE n.key IS UNIQUE"
)
NEO4J_AWAIT_INDEXES: Final[LiteralString] = "CALL db.awaitIndexes(60)"

#: Run in a transaction that is never committed: by the constraint, a second writer waits for its end.
NEO4J_LOCK: Final[LiteralString] = "CREATE (:_Zhitu {key: 'lock'})"
NEO4J_PING: Final[LiteralString] = "RETURN 1"

# Writing; each counts the rows it was given that have found their ends

_ROWS: Final = "UNWIND $rows AS row"
NEO4J_WRITE_NODE: Final[Mapping[str, LiteralString]] = {
    label: f"{_ROWS} {clause} RETURN count(*) AS done" for label, clause in MERGE_NODE.items()
}
NEO4J_WRITE_EDGE: Final[Mapping[Joint, LiteralString]] = {
    joint: f"{_ROWS} {clause} RETURN count(*) AS done" for joint, clause in MERGE_EDGE.items()
}
NEO4J_DELETE_EDGE: Final[Mapping[Joint, LiteralString]] = {
    (kind, source, target): f"{_ROWS} {_ends(source, target)} MATCH {_relationship(kind)} DELETE r"
    for kind, source, target in JOINTS
}
NEO4J_DELETE_CONCEPTS: Final[LiteralString] = "UNWIND $ids AS id MATCH (c:Concept {id: id}) DETACH DELETE c"
NEO4J_EMPTY_DOCUMENTS: Final[LiteralString] = (
    "UNWIND $paths AS path MATCH (:Document {path: path})-[:CONTAINS]->(q:Question)"
    " OPTIONAL MATCH (q)-[:CONTAINS]->(s:Sentence) DETACH DELETE s, q"
)
NEO4J_DELETE_DOCUMENTS: Final[LiteralString] = "UNWIND $paths AS path MATCH (d:Document {path: path}) DELETE d"
NEO4J_SEAL_DOCUMENTS: Final[LiteralString] = (
    f"{_ROWS} MATCH (d:Document {{path: row.path}}) SET d.root = row.root, d.digest = row.digest"
)

# Reading; a node comes whole, with the key of what it belongs to where it has no property for that

_QUESTION: Final = "RETURN q AS node"
_SENTENCE: Final = "RETURN s AS node"
_MENTION: Final = "RETURN q.id AS question, c.id AS concept, m.count AS count, EXISTS { (q)-[:ABOUT]->(c) } AS about"
NEO4J_DOCUMENTS: Final[LiteralString] = "MATCH (d:Document) RETURN d AS node"
NEO4J_QUESTIONS: Final[LiteralString] = f"MATCH (q:Question) {_QUESTION}"
NEO4J_QUESTIONS_BY_ID: Final[LiteralString] = f"UNWIND $ids AS id MATCH (q:Question {{id: id}}) {_QUESTION}"
NEO4J_QUESTIONS_OF: Final[LiteralString] = (
    f"UNWIND $documents AS path MATCH (:Document {{path: path}})-[:CONTAINS]->(q:Question) {_QUESTION}"
)
NEO4J_SENTENCES: Final[LiteralString] = f"MATCH (s:Sentence) {_SENTENCE}"
NEO4J_SENTENCES_BY_ID: Final[LiteralString] = f"UNWIND $ids AS id MATCH (s:Sentence {{id: id}}) {_SENTENCE}"
NEO4J_SENTENCES_OF: Final[LiteralString] = (
    f"UNWIND $questions AS id MATCH (:Question {{id: id}})-[:CONTAINS]->(s:Sentence) {_SENTENCE}"
)
NEO4J_MENTIONS: Final[LiteralString] = f"MATCH (q:Question)-[m:MENTIONS]->(c:Concept) {_MENTION}"
NEO4J_MENTIONS_IN: Final[LiteralString] = (
    f"UNWIND $questions AS id MATCH (q:Question {{id: id}})-[m:MENTIONS]->(c:Concept) {_MENTION}"
)
NEO4J_MENTIONS_OF: Final[LiteralString] = f"MATCH (c:Concept {{id: $concept}})<-[m:MENTIONS]-(q:Question) {_MENTION}"
NEO4J_CONCEPTS: Final[LiteralString] = "MATCH (c:Concept) RETURN c AS node"
NEO4J_RELATIONS: Final[LiteralString] = (
    "MATCH (a:Concept)-[r]->(b:Concept) WHERE r.evidence IS NOT NULL RETURN a.id AS source, type(r) AS type,"
    " b.id AS target, r.negated AS negated, r.confidence AS confidence, r.evidence AS evidence, r.rules AS rules"
)
NEO4J_PREREQUISITES: Final[LiteralString] = (
    "MATCH (a:Concept)-[r:PREREQUISITE_OF]->(b:Concept)"
    " RETURN a.id AS source, b.id AS target, r.weight AS weight, r.reasons AS reasons"
)
NEO4J_SEARCH: Final[LiteralString] = (
    f"CALL db.index.fulltext.queryNodes('{NAME_INDEX}', $text) YIELD node, score"
    " RETURN node.id AS id, score ORDER BY score DESC, id LIMIT $limit"
)
NEO4J_RUNNING: Final[LiteralString] = (
    "SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.zhitu = $mark RETURN transactionId AS id"
)
NEO4J_TERMINATE: Final[LiteralString] = "TERMINATE TRANSACTIONS $ids"
