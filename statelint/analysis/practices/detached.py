"""Work that outlives the request that started it, and schedulers that every worker starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionValue, Place, Result
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.effects import Effects
from statelint.analysis.practices.served import is_script
from statelint.analysis.reach import Reach
from statelint.analysis.state.work import Work
from statelint.analysis.terms import walk
from statelint.extract.facts import ALONE, Attr, Call
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, TermId

_STARTS = frozenset({"start"})


class DetachedFlaws(Effects):
    """Finds schedulers in web workers, and work that nobody waits for."""

    # -- schedulers

    def schedulers(self) -> Iterator[Flaw]:
        """Yield where a module of the service starts a scheduler: each worker has its own, and runs every job."""
        for module in self.project.modules.values():
            if is_offline_path(module.path) or is_script(module.path) or not self._serves(module):
                continue
            for function in module.functions:
                for event, call in function.calls:
                    name = self._scheduler(module, call)
                    if name:
                        certainty = 2 if function.is_module or function in self.reach.startup else 1
                        at = Place(module, event.position)
                        yield Flaw(at, f"{function.qualname}:{name}", "scheduler", name, certainty)

    def _scheduler(self, module: Module, call: Call) -> str:
        func = module.terms[call.func]
        if not isinstance(func, Attr) or func.name not in _STARTS:
            return ""
        schedulers = self.catalogue.schedulers
        for value in self.inference.term(module, func.base):
            if isinstance(value, Result) and value.name in schedulers:
                return value.name.rpartition(".")[2]
        return ""

    def _serves(self, module: Module) -> bool:
        """Tell whether a module is part of a service, rather than a program of its own."""
        return self.reach.in_sight(module) or any(
            self.reach.of(function) is Reach.SERVED for function in module.functions
        )

    # -- work that nobody waits for

    def unattended(self) -> Iterator[Flaw]:
        """Yield where a request starts work that changes rows, and nothing but this process remembers it."""
        work = Work(self.project.state.locator)
        for function, certainty in self.functions():
            if certainty < 0 or self.reach.of(function) is not Reach.SERVED:
                continue
            for event, call in function.calls:
                if event.how == ALONE:
                    yield from self._forgotten(function, event, call, work, certainty)

    def _forgotten(
        self, function: FunctionInfo, event: Event, call: Call, work: Work, certainty: int
    ) -> Iterator[Flaw]:
        module = function.module
        func = module.terms[call.func]
        started = event.term
        if isinstance(func, Attr) and func.name == "start":
            started = func.base
            if self._joined(function, func.base):
                return
        if not work.spawns(module, started):
            return
        for target in self._targets(module, started):
            effect = self.stored(target)
            if effect is not None:
                at = Place(module, event.position)
                symbol = f"{function.qualname}:{target.qualname}"
                related = ((effect, "changes rows here"),)
                yield Flaw(at, symbol, "unattended", target.name, min(certainty, 1), self.way(function), related)
                return

    def _joined(self, function: FunctionInfo, base: TermId) -> bool:
        module = function.module
        return any(
            isinstance(func := module.terms[call.func], Attr) and func.name == "join" and func.base == base
            for _, call in function.calls
        )

    def _targets(self, module: Module, started: TermId) -> Iterator[FunctionInfo]:
        """Yield the project's functions that spawned work runs."""
        call = module.terms[started]
        if not isinstance(call, Call):
            return
        for argument in call.arguments:
            for term in walk(module, argument):
                held = module.terms[term]
                callee = held.func if isinstance(held, Call) else term
                for value in self.inference.term(module, callee):
                    if isinstance(value, FunctionValue):
                        yield value.function
