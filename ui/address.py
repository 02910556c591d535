"""The address of the Explore page: everything that a shared link has to say, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self, TypeVar

import streamlit as st

from graph.model import Kind, RelationType
from graph.query.neighbourhood import MAX_HOPS, Filter, Negation

#: Concepts around the middle: what a screen holds with labels to read.
MOST = 60
#: Relations less sure than this are not drawn unless asked for: of the others most are right (docs/quality.md).
SURE = 0.4

_Enum = TypeVar("_Enum", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows.

    Parameters
    ----------
    concept
        The name or id in the middle; empty for the overview.
    community
        In the overview, the community that is opened (its id), or ``*`` for all concepts.
    show, edge
        Whose card stands beside the graph.
    also
        Ids of concepts that were expanded.
    hide
        Ids of concepts that were hidden.
    most
        At most so many concepts around the middle.
    """

    concept: str = ""
    hops: int = 1
    types: tuple[RelationType, ...] = ()
    kinds: tuple[Kind, ...] = ()
    documents: tuple[str, ...] = ()
    confidence: float = SURE
    negation: Negation = Negation.ALL
    prerequisites: bool = False
    community: str = ""
    show: str = ""
    edge: str = ""
    also: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    most: int = MOST

    @classmethod
    def read(cls) -> Self:
        """Return what the address says; what it says wrong is left out."""
        get = st.query_params.get
        return cls(
            concept=get("concept", ""),
            hops=_whole(get("hops", ""), 1, MAX_HOPS),
            types=_members(RelationType, "types"),
            kinds=_members(Kind, "kinds"),
            documents=tuple(st.query_params.get_all("documents")),
            confidence=_share(get("confidence", ""), SURE),
            negation=Negation(value) if (value := get("negation", "")) in set(Negation) else Negation.ALL,
            prerequisites=get("prerequisites") == "1",
            community=get("community", ""),
            show=get("show", ""),
            edge=get("edge", ""),
            also=tuple(st.query_params.get_all("also")),
            hide=tuple(st.query_params.get_all("hide")),
            most=_whole(get("most", ""), MOST, 2000),
        )

    def write(self) -> None:
        """Make it the page's address."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                st.query_params[each.name] = _written(value)
            elif each.name in st.query_params:
                del st.query_params[each.name]

    def changed(self, **to: Any) -> Self:  # noqa: ANN401  the fields' own types
        """Return the address with some fields changed."""
        return replace(self, **to)

    def filter(self) -> Filter:
        """Return the filter that it names."""
        return Filter(
            types=frozenset(self.types),
            kinds=frozenset(self.kinds),
            documents=frozenset(self.documents),
            min_confidence=self.confidence,
            negation=self.negation,
            prerequisites=self.prerequisites,
        )


def _members(enum: type[_Enum], key: str) -> tuple[_Enum, ...]:
    """Return the members that a parameter names, repeated or with commas between them."""
    names = {name for text in st.query_params.get_all(key) for name in text.split(",")}
    return tuple(member for member in enum if member.value in names)


def _whole(text: str, default: int, most: int) -> int:
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _share(text: str, default: float) -> float:
    try:
        share = float(text)
    except ValueError:
        return default
    return share if 0 <= share <= 1 else default


def _written(value: Any) -> str | list[str]:  # noqa: ANN401  a field's value
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return "1" if value is True else str(value)
