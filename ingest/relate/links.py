"""A relation as a rule may have found it."""

from __future__ import annotations

from typing import NamedTuple

from graph.model import Kind, RelationType


class Term(NamedTuple):
    """A term in a sentence."""

    key: str
    kind: Kind


class Subject(NamedTuple):
    """Whom a clause may be about, and how that is known."""

    term: Term
    how: str


class Link(NamedTuple):
    """A relation in a sentence, with what its confidence depends on.

    Parameters
    ----------
    how
        Where the subject is from: "here", "owner", "chain", "clause", "next", "lead", "before", "heading", "topic";
        for lists what introduces them: "cue", "heading", "question".
    place
        Where the object stands: "only", "last", "first", "inner" of the groups behind the predicate.
    """

    source: Term
    type: RelationType
    target: Term
    rule: str
    how: str = "here"
    place: str = "only"
    negated: bool = False
    distance: int = 0

    def features(self) -> tuple[str, ...]:
        """Return what the confidence is computed from."""
        rule = self.rule
        return (
            "bias",
            f"rule={rule}",
            f"rule={rule} how={self.how}",
            f"rule={rule} target={self.target.kind}",
            f"type={self.type} source={self.source.kind}",
            f"type={self.type} target={self.target.kind}",
            f"how={self.how}",
            f"place={self.place}",
            f"distance={min(self.distance // 5, 4)}",
            f"negated={self.negated}",
        )
