"""What a click on the Explore page changes: nearly always its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from graph.learner import Status
from ui.address import Address
from ui.corrections import keep
from ui.session import go, learner

_Target = Mapping[str, Any]


def happened(event: _Target) -> None:
    """Take an event of the graph view into the address."""
    if moved := event.get("moved"):
        key, places = st.session_state.get("places", ("", {}))
        st.session_state["places"] = (key, {**places, **{id_: (float(x), float(y)) for id_, (x, y) in moved.items()}})
    kind = event["kind"]
    if kind == "select":
        st.session_state["several"] = list(event["ids"])
        return
    st.session_state.pop("several", None)
    address = Address.read()
    if kind == "node":
        address.changed(show=event["id"], edge="").write()
    elif kind == "edge" and "~~" not in event["id"]:
        address.changed(edge=event["id"], show="").write()
    elif kind == "expand" and event["id"]:
        _expand(address, event)


def act(target: _Target) -> None:
    """Do what a link or button beside the graph says."""
    doing = _ACTS.get(target.get("act", ""))
    if doing is None:
        go(target)
        return
    st.session_state.pop("several", None)
    doing(Address.read(), target)


def focus(target: _Target) -> None:
    """Put the concept that a link names into the middle."""
    _focus(Address.read(), target)


def _show(address: Address, target: _Target) -> None:
    address.changed(show=target["id"], edge="").write()


def _focus(address: Address, target: _Target) -> None:
    address.changed(concept=target["id"], show="", edge="", also=(), hide=(), community="").write()


def _expand(address: Address, target: _Target) -> None:
    """Add a concept's neighbours to the view, or open the community that a node stands for."""
    id_ = target["id"]
    if not address.concept and not address.community:
        address.changed(community=id_, show="", edge="").write()
    elif not address.concept and address.community == "*":
        _focus(address, target)
    elif id_ not in address.also:
        address.changed(also=(*address.also, id_), hide=tuple(one for one in address.hide if one != id_)).write()


def _hide(address: Address, target: _Target) -> None:
    fresh = [id_ for id_ in target["ids"] if id_ not in address.hide]
    address.changed(hide=(*address.hide, *fresh), show="", edge="").write()


def _community(address: Address, target: _Target) -> None:
    address.changed(community=target["id"], show="", edge="").write()


def _home(_address: Address, _target: _Target) -> None:
    Address().write()


def _turn(address: Address, target: _Target) -> None:
    trail = st.session_state.get("trail", [])
    if 0 <= target["to"] < len(trail):
        st.session_state["trail_at"] = target["to"]
        _focus(address, {"id": trail[target["to"]]})


def _mark(_address: Address, target: _Target) -> None:
    learner().mark([target["name"]], Status(target["status"]) if target["status"] else None)


def _wrong(_address: Address, target: _Target) -> None:
    keep(target["source"], target["target"], wrong=True)


_ACTS: Mapping[str, Callable[[Address, _Target], None]] = {
    "show": _show,
    "focus": _focus,
    "expand": _expand,
    "hide": _hide,
    "community": _community,
    "home": _home,
    "turn": _turn,
    "mark": _mark,
    "wrong": _wrong,
}
