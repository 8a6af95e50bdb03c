"""Where code leaves, by exceptions and calls that never return, and the conditions that hold past such places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import HARMLESS, LEAVING
from statelint.extract.facts import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, TermId


class Exits:
    """Tells where functions leave."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._leaving: dict[tuple[Module, TermId], bool] = {}

    def may_abort(self, function: FunctionInfo) -> bool:
        """Tell whether a function leaves its caller by an exception on some condition."""
        return any(event.op == "raise" and event.condition for event in function.events) or any(
            self.aborts(function.module, event) for event in function.events
        )

    def aborts(self, module: Module, event: Event) -> bool:
        """Tell whether an event is a call that never returns (``abort(403)``)."""
        call = module.terms[event.term] if event.op == "call" else None
        return isinstance(call, Call) and module.dotted(call.func) in self.inference.catalogue.aborting_names

    def chain(self, module: Module, condition: int) -> Iterator[int]:
        """Yield a condition and those around it, innermost first; a branch that ends in a call that returns is none."""
        conditions = module.facts.conditions
        while condition:
            held = conditions[condition]
            if held.kind != "call-guard" or self._leaves(module, held.via):
                yield condition
            condition = held.parent

    def steps(self, function: FunctionInfo) -> set[int]:
        """Return the conditions under which a function does anything."""
        return {step for event in function.events for step in self.chain(function.module, event.condition)}

    def tests(self, function: FunctionInfo) -> list[TermId]:
        """Return what a function tests, in the order of the source."""
        conditions = function.module.facts.conditions
        return [test for step in sorted(self.steps(function)) if (test := conditions[step].test) >= 0]

    def _leaves(self, module: Module, via: TermId) -> bool:
        """Tell whether a call may never return: what is called aborts, or nobody knows what it does."""
        key = (module, via)
        found = self._leaving.get(key)
        if found is None:
            found = self._leaving[key] = self._may_leave(module, via)
        return found

    def _may_leave(self, module: Module, via: TermId) -> bool:
        call = module.terms[via]
        if not isinstance(call, Call) or module.dotted(call.func) in self.inference.catalogue.aborting_names:
            return True
        name = called_name(module, call)
        functions = self.inference.callees(module, call)
        if functions:
            return any(
                event.op == "raise" or self.aborts(function.module, event)
                for function in functions
                for event in function.events
            ) or bool(LEAVING.search(name))
        return not HARMLESS.search(name)
