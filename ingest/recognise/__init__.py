"""Find the terms of a document: those that the lexicon knows, and those that it lacks.

spaCy is the frame: a blank Chinese pipeline whose tokenizer is jieba's, and components registered by factory
that mark up the `Doc` of a question:

``zhitu_lexicon``
    the longest names of the lexicon, at word boundaries (ECLIPSE holds no CLIP);
``zhitu_phrases``
    stretches of words that may be terms by their words and what stands beside them, with how sure that is.

Which of these are terms is decided over the whole document (`Recogniser`): by how sure their places are, by their
form, and by where they stand: in bold, before a colon, in a heading, in brackets after their other name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import rjieba
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from ingest.confidence import load_model
from ingest.lexicon import load_lexicon
from ingest.recognise import names, phrases  # registers the components
from ingest.recognise.decision import Decision, Meant, Recognised
from ingest.recognise.english import EnglishTerms
from ingest.recognise.page import Page
from ingest.recognise.text import Found
from ingest.records import ParsedDocument
from ingest.vocabulary import load_vocabulary

__all__ = ["Recognised", "Recogniser", "names", "phrases"]


# The pipeline


class _Tokenizer:
    """Cuts by jieba's dictionary, with its part-of-speech tags; every character is kept."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        tokens = rjieba.tag(text)
        doc = Doc(self.vocab, words=[word for word, _ in tokens], spaces=[False] * len(tokens))
        doc.user_data.update(text=text, tokens=tokens)  # Doc's own text is put together anew at each call
        return doc


def _make_tokenizer() -> Callable[[Language], _Tokenizer]:
    return lambda nlp: _Tokenizer(nlp.vocab)


registry.tokenizers.register("zhitu.jieba.v1", func=_make_tokenizer)


# The document


class Recogniser:
    """Finds the terms of a document.

    Parameters
    ----------
    files
        The lexicon's.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._lexicon = load_lexicon(files)
        self._words = load_vocabulary()
        self._english = EnglishTerms(self._lexicon)
        self._model = load_model("terms")
        self._nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "zhitu.jieba.v1"}}})
        config = {"files": [str(file) for file in files]}
        self._nlp.add_pipe("zhitu_lexicon", config=config)
        self._nlp.add_pipe("zhitu_phrases", config=config)

    def __call__(self, document: ParsedDocument) -> Recognised:
        """Return the terms of the document and where they stand."""
        pages = [Page(question) for question in document.questions]
        meant = Meant(self._lexicon, pages)
        for page in pages:
            page.found = list(_flat(self._nlp(page.text).user_data["phrases"]))
            meant.choose(page.found, page.text)
        return self.decide(Decision(pages, self._lexicon, self._words, self._model, self._english))

    def decide(self, decision: Decision) -> Recognised:
        """Return what is decided of a document: for those who want to look on."""
        return decision.decide()


def _flat(candidates: Iterable[Found]) -> Iterator[Found]:
    """Yield candidates and what stands inside, the latter as sure of nothing by itself."""
    for found in candidates:
        yield found
        if found.parts:
            yield from (part.copy(0.0) for part in _flat(found.parts))
