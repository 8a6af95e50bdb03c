"""Default arguments that are objects: whether any call leaves them to be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.reach import Reach
from statelint.extract.facts import Call

if TYPE_CHECKING:
    from statelint.analysis.calls import Edge
    from statelint.analysis.reach import ReachMap
    from statelint.analysis.state.roots import Default

_CALLING = frozenset({"call", "override", "name"})
"""Kinds of edges that are calls, and not functions that are handed on."""


def is_used(reach: ReachMap, default: Default) -> bool:
    """Tell whether a default may be used while serving: not where all calls in sight pass something else."""
    function = default.function
    if function in reach.entry_points:
        return True
    edges = [
        edge
        for edge in reach.graph.callers.get(function, ())
        if edge.kind in _CALLING and edge.call >= 0 and reach.of(edge.caller) is not Reach.OFFLINE
    ]
    return not edges or not all(_passes(reach, edge, default) for edge in edges)


def _passes(reach: ReachMap, edge: Edge, default: Default) -> bool:
    """Tell whether a call passes something for the parameter; what it unpacks may hold it."""
    module = edge.caller.module
    call = module.terms[edge.call]
    unpacks = isinstance(call, Call) and any(not name for name, _ in call.keywords)
    inference = reach.graph.inference
    return unpacks or inference.argument(module, edge.call, default.function, default.parameter, edge.bound) >= 0
