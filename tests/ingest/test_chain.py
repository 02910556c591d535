"""The chain's probabilities are those of all ways to label a clause; clauses part where nothing else may join."""

import math
from itertools import pairwise, product

import pytest

from graph.errors import DataError
from graph.model import Kind
from graph.settings import data_folder
from ingest.lexicon import load_lexicon
from ingest.recognise.atoms import Atom, Clause, Features, clauses
from ingest.recognise.chain import AFTER, FOLLOWS, LABELS, Chain, load_chain, spans
from ingest.recognise.looks import Looks
from ingest.recognise.text import END, Found
from ingest.vocabulary import load_vocabulary

_WEIGHTS = {
    "noun": (0.0, 0.7, 0.3, 0.9, 1.1),
    "verb": (1.2, -0.4, 0.2, 0.1, -0.8),
    AFTER[0]: (0.3, 0.5, 0.0, 0.0, -0.2),
    AFTER[1]: (0.0, 0.0, 0.4, 0.6, 0.0),
}


def factor(chain, word):
    return [math.exp(score) for score in chain.score([word])]


def ways(length):
    """Yield all sequences of labels that a clause of this length may have."""
    for labels in product(range(len(LABELS)), repeat=length):
        if labels[0] in (0, 1, 4) and labels[-1] in (0, 3, 4) and all(b in FOLLOWS[a] for a, b in pairwise(labels)):
            yield labels


def likelihood(labels, factors, steps):
    total = 1.0
    for at, label in enumerate(labels):
        total *= factors[at][label] * (steps[labels[at - 1]][label] if at else 1.0)
    return total


@pytest.mark.parametrize("words", [["noun"], ["noun", "verb"], ["verb", "noun", "noun", "verb", "noun"]])
def test_probability_of_a_stretch_is_the_share_of_the_ways_that_make_it_a_term(words):
    chain = Chain(_WEIGHTS)
    factors, steps = [factor(chain, word) for word in words], chain.steps()
    all_ways = {labels: likelihood(labels, factors, steps) for labels in ways(len(words))}
    found = {(first, last): sure for first, last, sure in spans(factors, steps, 0.0, len(words))}
    for first in range(len(words)):
        for last in range(first, len(words)):
            term = (4,) if first == last else (1, *(2,) * (last - first - 1), 3)
            share = sum(value for labels, value in all_ways.items() if labels[first : last + 1] == term)
            assert found[first, last] == pytest.approx(share / sum(all_ways.values()))


def test_long_clause_neither_overflows_nor_vanishes():
    chain = Chain({"noun": (-9.0, 9.0, 9.0, 9.0, 9.0)})
    factors = [factor(chain, "noun")] * 3000
    assert all(0 < sure <= 1 for *_, sure in spans(factors, chain.steps(), 0.01, 4))


def test_factors_of_many_clauses_are_what_is_fitted_of_each():
    words = ("模型", "采用", "对比", "学习", "可以", "的")
    found = []
    for number, length in enumerate((1, 3, 6, 2)):
        atoms = [Atom(at, at + 1, word, "n" if at % 2 else "v") for at, word in enumerate(words[:length])]
        atoms[-1] = Atom(length, length + 1, "CLIP", "eng", Found(0, 4, "clip", "CLIP", Kind.MODEL, "lexicon"))
        found.append(Clause("，。"[number % 2], atoms, END))
    chain, features = load_chain(), Features(load_vocabulary(), load_lexicon([data_folder() / "lexicon"]))
    for clause, factors in zip(found, Looks(chain, features).factors(found), strict=True):
        told = [chain.score(names) for names in features.of_clause(clause)]
        assert factors == [pytest.approx([math.exp(score) for score in word]) for word in told]


def test_clauses_part_at_signs_but_not_at_the_blanks_of_latin_words():
    text = "使用 CLIP 模型，很好"
    tokens = [
        ("使用", "v"),
        (" ", "x"),
        ("CLIP", "eng"),
        (" ", "x"),
        ("模型", "n"),
        ("，", "x"),
        ("很", "d"),
        ("好", "a"),
    ]
    first, second = clauses(text, tokens, [Found(3, 7, "clip", "CLIP", Kind.MODEL, "lexicon")])
    assert [atom.word for atom in first.atoms] == ["使用", "CLIP", "模型"]
    assert (first.before, first.behind, second.before, second.behind) == (END, "，", "，", END)
    assert [atom.word for atom in second.atoms] == ["很", "好"]


def test_name_that_ends_inside_a_token_leaves_the_rest_of_it():
    (clause,) = clauses(
        "视觉词元化", [("视觉", "n"), ("词元化", "v")], [Found(0, 4, "词元", "词元", Kind.TERM, "lexicon")]
    )
    assert [(atom.word, bool(atom.found)) for atom in clause.atoms] == [("视觉词元", True), ("化", False)]


@pytest.mark.parametrize(("content", "row"), [("a,b\n", 1), ("feature,outside,begin,inside,end,single\nx,1,2\n", 2)])
def test_faulty_weights_are_named_with_their_row(tmp_path, content, row):
    (tmp_path / "chain.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_chain(tmp_path)
    assert caught.value.line == row
