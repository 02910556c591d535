"""Graphs for tests: a Hypothesis strategy for whole contents, and one made by hand."""

from collections.abc import Iterable

from hypothesis import strategies as st

from graph.model import (
    Bundle,
    Concept,
    Document,
    Kind,
    MemoryContent,
    Mention,
    Prerequisite,
    Question,
    Relation,
    RelationType,
    Sentence,
    question_id,
    sentence_id,
)

NASTY = (
    'O\'Brien "quoted"',
    "`backtick` \\ backslash \\u0027",
    "'; MATCH (n) DETACH DELETE n //",
    "}) CREATE (:Pwned {x: '",
    "$parameter {map: 1} [list]",
    "zero\u200bwidth \ufeff mark",
    "表情😀🧪 和 𠮷",
    "two\nlines\r\nand\ttab",
    "=1+1",
    "@SUM(A1)",
    "</script><b>&amp;",
    "a,b;c|d",
    " ",
    "e\u0301 é",
    "\u202eright to left",
    "null",
    "~id",
)

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
names = texts.filter(bool)
fractions = st.floats(0, 1, allow_subnormal=False)
counts = st.integers(1, 2**40)


@st.composite
def bundles(draw, path: str, concepts: list[str]) -> Bundle:
    """Return a document with all that belongs to it."""
    questions, sentences, mentions = [], [], []
    for at in range(draw(st.integers(0, 2))):
        question = question_id(path, at)
        properties = draw(st.dictionaries(names, texts, max_size=2))
        questions.append(
            Question(
                question, path, at, draw(texts), draw(texts), draw(texts), at + 1, tuple(sorted(properties.items()))
            )
        )
        for position in range(draw(st.integers(1, 2))):
            start = draw(st.integers(0, 10**6))
            key = sentence_id(question, position)
            sentences.append(Sentence(key, question, position, draw(texts), at + 1, start, start + 3))
        mentions += [
            Mention(question, concept, draw(counts), draw(st.booleans()))
            for concept in draw(
                st.lists(st.sampled_from(concepts), unique=True, max_size=3) if concepts else st.just([])
            )
        ]
    mentions.sort(key=lambda each: (each.question, each.concept))
    document = Document(path, draw(texts), draw(st.text("0123456789abcdef", min_size=64, max_size=64)), draw(texts))
    return Bundle(document, tuple(questions), tuple(sentences), tuple(mentions))


@st.composite
def contents(draw) -> MemoryContent:
    """Return a whole graph: everything that is referred to is there, and all is sorted."""
    ids = sorted(draw(st.lists(names, unique=True, max_size=5)))
    concepts = [
        Concept(
            each,
            draw(names),
            draw(st.sampled_from(Kind)),
            draw(texts),
            draw(texts),
            tuple(sorted(draw(st.sets(texts, max_size=3)))),
            draw(texts),
            draw(st.integers(0, 2**40)),
        )
        for each in ids
    ]
    paths = sorted(draw(st.lists(names, unique=True, max_size=3)))
    documents = tuple(draw(bundles(path, ids)) for path in paths)
    sentences = [each.id for bundle in documents for each in bundle.sentences]
    return MemoryContent(documents, tuple(concepts), draw(_relations(ids, sentences)), draw(_prerequisites(ids)))


@st.composite
def _relations(draw, ids: list[str], sentences: list[str]) -> tuple[Relation, ...]:
    if not (ids and sentences):
        return ()
    concept = st.sampled_from(ids)
    keys = draw(st.sets(st.tuples(concept, st.sampled_from(RelationType), concept, st.booleans()), max_size=4))
    relations = []
    for source, kind, target, negated in sorted(keys):
        evidence = draw(st.lists(st.sampled_from(sentences), unique=True, min_size=1, max_size=3))
        rules = tuple(draw(names) for _ in evidence)
        relations.append(Relation(source, kind, target, negated, draw(fractions), tuple(evidence), rules))
    return tuple(relations)


@st.composite
def _prerequisites(draw, ids: list[str]) -> tuple[Prerequisite, ...]:
    pairs = [(first, second) for at, first in enumerate(ids) for second in ids[at + 1 :]]
    chosen = draw(st.sets(st.sampled_from(pairs), max_size=3)) if pairs else set()
    return tuple(
        Prerequisite(source, target, draw(fractions), tuple(draw(st.lists(names, max_size=2))))
        for source, target in sorted(chosen)
    )


def handmade(extra: Iterable[str] = ()) -> MemoryContent:
    """Return the graph of two short notes; `extra` adds concepts of these names, mentioned nowhere."""
    note = "notes/clip.md"
    questions = (
        Question(f"{note}#0", note, 0, "1", "What is CLIP?", "CLIP uses 对比学习.", 1, (("difficulty", "3"),)),
        Question(f"{note}#1", note, 1, "2", "And BLIP?", "Stable Diffusion 没有使用 BLIP。", 3),
    )
    sentences = (
        Sentence(f"{note}#0.0", f"{note}#0", 0, "What is CLIP?", 1, 3, 16),
        Sentence(f"{note}#0.1", f"{note}#0", 1, "CLIP uses 对比学习.", 2, 17, 32),
        Sentence(f"{note}#1.0", f"{note}#1", 0, "And BLIP?", 3, 36, 45),
        Sentence(f"{note}#1.1", f"{note}#1", 1, "Stable Diffusion 没有使用 BLIP。", 4, 46, 71),
    )
    mentions = (
        Mention(f"{note}#0", "clip", 2, about=True),
        Mention(f"{note}#0", "对比学习", 1),
        Mention(f"{note}#1", "blip", 2, about=True),
        Mention(f"{note}#1", "stable-diffusion", 1),
    )
    concepts = [
        Concept("blip", "BLIP", Kind.MODEL, "", "Bootstrapping Language-Image Pre-training", (), "", 2),
        Concept(
            "clip", "CLIP", Kind.MODEL, "图文预训练", "", ("Contrastive Language-Image Pre-training",), "A model.", 2
        ),
        Concept("stable-diffusion", "Stable Diffusion", Kind.MODEL, mentions=1),
        Concept("对比学习", "对比学习", Kind.METHOD, "对比学习", "Contrastive Learning", ("CL",), "", 1),
        *(Concept(name, name, Kind.TERM) for name in extra),
    ]
    return MemoryContent(
        documents=(
            Bundle(Document("notes/a.md", "Empty", "0" * 64, "r00t"), (), (), ()),
            Bundle(Document(note, "CLIP", "1" * 64, "r00t"), questions, sentences, mentions),
        ),
        concepts=tuple(sorted(concepts, key=lambda each: each.id)),
        relations=(
            Relation("clip", RelationType.USES, "对比学习", False, 0.9, (f"{note}#0.1",), ("uses-verb",)),
            Relation("stable-diffusion", RelationType.USES, "blip", True, 0.75, (f"{note}#1.1",), ("uses-verb",)),
        ),
        prerequisites=(Prerequisite("对比学习", "clip", 0.5, ("uses:1",)),),
    )
