"""Connections that were let in for what they are about: what ``connect`` checked holds for every message after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name, own_attribute
from statelint.extract.facts import Call, Compare, Const

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId

_OPENING = ("connect", "websocket_connect")
"""Methods of consumers that decide whether to accept a connection."""


class Sockets:
    """Reads the methods by which consumers accept connections."""

    def __init__(self, judge: Judge) -> None:
        self.inference = judge.inference
        self.principals = judge.principals
        self.queries = judge.queries
        self.exits = judge.exits
        self.regard = judge.regard

    def admitted(self, function: FunctionInfo, keys: Iterable[TermId]) -> bool:
        """Tell whether the connection would not be there, had the caller no right to what one of ``keys`` names.

        The key is an attribute that ``connect`` sets before it asks whether the caller may have it: ``self.room_id``.
        """
        asked = {name for key in keys if (name := own_attribute(function, key))}
        owner = function.owner
        if owner is None or not asked or function.name in _OPENING:
            return False
        for name in _OPENING:
            method = self.inference.method(owner, name)
            if method is not None:
                kept = {own_attribute(method, event.term) for event in method.events if event.op == "write"}
                return bool(asked & kept) and self._weighs(method)
        return False

    def _weighs(self, method: FunctionInfo) -> bool:
        """Tell whether a connection is accepted only after a look at what the caller has to do with something."""
        module = method.module
        accepted = [
            event
            for event in method.events
            if event.op == "call"
            and isinstance(call := module.terms[event.term], Call)
            and called_name(module, call) == "accept"
        ]
        return bool(accepted) and all(
            any(
                self._decides(module, part)
                for step in self.exits.chain(module, event.condition)
                if (test := module.facts.conditions[step].test) >= 0
                for part in self.queries.containment(module).parts(test)
            )
            for event in accepted
        )

    def _decides(self, module: Module, part: TermId) -> bool:
        is_caller = self.principals.is_principal
        match module.terms[part]:
            case Compare(left=left, right=right):
                return any(
                    is_caller(module, side) and not isinstance(module.terms[other], Const)
                    for side, other in ((left, right), (right, left))
                )
            case Call() as call:
                functions = self.inference.callees(module, call)
                if functions:
                    return any(map(self.regard.compares_caller, functions))
                return any(is_caller(module, value) for value in call.arguments)
            case _:
                return False
