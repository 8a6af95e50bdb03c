"""Proofs and verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from statelint.analysis.calls import Edge
    from statelint.analysis.queries import Query


class Proof(StrEnum):
    """Why a query needs no finding."""

    NOT_OWNED = "not-owned"
    OFFLINE = "offline"
    OWN_ROW = "own-row"
    PUBLIC = "public"
    PREDICATE = "predicate"
    FILTERED = "filtered"
    RELATION = "relation"
    PARENT = "parent"
    CHECKED = "checked"
    GUARD = "guard"
    ADMIN = "admin"
    SERVICE = "service"
    NO_ESCAPE = "no-escape"
    CALLER = "caller"


class Verdict(NamedTuple):
    """What became of a query: the proof that holds, or None with the way that leads to it."""

    query: Query
    proof: Proof | None
    way: tuple[Edge, ...] = ()
    """For an obligation that a caller does not discharge: the calls from that caller to the query."""
