"""Rows that a dependency loads for handlers: ``note: Note = Depends(get_note)`` may be checked by who is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionValue
from statelint.extract.facts import NO_TERM, Event, Param

if TYPE_CHECKING:
    from statelint.analysis.calls import Edge
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.proofs.judge import Judge


class Injected:
    """Finds where such rows arrive."""

    def __init__(self, judge: Judge) -> None:
        self.graph = judge.graph
        self.loaded = judge.loaded
        self._loading: dict[FunctionInfo, bool] = {}

    def arrival(self, edge: Edge) -> Event | None:
        """Return the arrival of a dependency's rows in the function that asks for them, as if that called it.

        None where the dependency hands out no rows, or where the function has no use for them.
        """
        if edge.kind != "dependency" or not self._loads(edge.callee):
            return None
        function = edge.caller
        for index in range(len(function.facts.parameters)):
            if edge.callee in self._fillers(function, index):
                term = function.module.parameter_term(function, index)
                return Event("call", term, NO_TERM, 0, function.facts.position) if term != NO_TERM else None
        return None

    def _fillers(self, function: FunctionInfo, index: int) -> list[FunctionInfo]:
        parameter = function.facts.parameters[index]
        values = self.graph.inference.dependencies(function.module, parameter.annotation, parameter.default)
        return [value.function for value in values if isinstance(value, FunctionValue)]

    def _loads(self, function: FunctionInfo) -> bool:
        """Tell whether a function hands out rows, its own or those that a dependency of it loads."""
        found = self._loading.get(function)
        if found is None:
            self._loading[function] = False
            found = self._loading[function] = self.loaded.returns_rows(function) or any(
                isinstance(held := function.module.terms[event.term], Param)
                and held.function == function.index
                and any(map(self._loads, self._fillers(function, held.index)))
                for event in function.events
                if event.op in {"return", "yield"} and event.term >= 0
            )
        return found
