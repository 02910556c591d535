"""Every statement of the stores, a section for each; nothing is ever pasted into one but names of the model's enums."""

from __future__ import annotations

from typing import Final

from graph.model import PREREQUISITE_OF, RelationType

# Both stores -----------------------------------------------------------------------------------

#: Labels of nodes, and types of the relations that are not between concepts.
LABELS: Final = ("Document", "Question", "Sentence", "Concept")
STRUCTURE: Final = ("CONTAINS", "ABOUT", "MENTIONS")
BETWEEN_CONCEPTS: Final = (*RelationType, PREREQUISITE_OF)

#: Name of the full-text index over all names of concepts, the same in both stores:
#: ``CALL db.index.fulltext.queryNodes('concept_names', 'contrastive')``.
NAME_INDEX: Final = "concept_names"

# Embedded store: ArcadeDB ----------------------------------------------------------------------

#: Language of statements given to ArcadeDB.
ARCADE_CYPHER: Final = "opencypher"

ARCADE_SCHEMA: Final = (
    *(f"CREATE VERTEX TYPE {label} BUCKETS 1" for label in LABELS),
    *(f"CREATE EDGE TYPE {kind} BUCKETS 1" for kind in (*STRUCTURE, *BETWEEN_CONCEPTS)),
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
