"""Methods that a project adds to its managers and query classes: for whom do they ask?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import MAKING, OWN_METHOD
from statelint.extract.facts import Call, Param

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.proofs.verdict import Proof
    from statelint.analysis.queries import Atom, Query, Step
    from statelint.extract.facts import TermId

_MANAGER = re.compile(r"(Manager|QuerySet|Query)$")
"""Classes of ORMs whose subclasses add methods to statements."""


class Managers:
    """Proofs that lie in what a manager's own method is given, and in what it does with it."""

    def __init__(self, judge: Judge, predicate: Callable[[Query, list[Atom]], Proof | None]) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals
        self.queries = judge.queries
        self._predicate = predicate
        words = self.queries.words
        self._not_asking = words["filters"] | words["updates"] | words["inserts"] | {"values", "defaults", "returning"}

    def asks_with_caller(self, query: Query) -> bool:
        """A method of the project's own manager or query class is given the caller, the request, or a credential."""
        return any(
            step.method not in self._not_asking
            and (
                any(self.principals.is_principal(query.module, arg) for arg in step.arguments)
                or self._is_given_request(query.module, step)
                or (step.args and OWN_METHOD.search(step.method))
            )
            and self.judge.regard.of_any(self._own_methods(query.module, step))
            for step in query.chain.steps
        )

    def narrows(self, query: Query) -> bool:
        """``Friend.objects.friends(me)``: a manager's own method is given the caller, or a row that is judged itself.

        It has to ask for rows by what it is given, or to make a new one.
        """
        return any(
            step.method not in self._not_asking
            and any(
                self.principals.is_principal(query.module, given)
                or self.judge.loaded.gives(query.function, given, query.leaf)
                or self._is_proven(query, given)
                for given in step.arguments
            )
            and any(
                self._filters_by_given(method) or self._only_makes(method)
                for method in self._manager_methods(step.method)
            )
            for step in query.chain.steps
        )

    def _is_given_request(self, module: Module, step: Step) -> bool:
        """``Cart.objects.of(request)``, whose method looks who is calling."""
        methods = self._manager_methods(step.method)
        return any(self.judge.rows.is_request(module, arg) for arg in step.arguments) and any(
            map(self.judge.regard.compares_caller, methods)
        )

    def _is_proven(self, query: Query, given: TermId) -> bool:
        """Tell whether what a method is given is a statement that is tied to the caller itself."""
        chains = self.queries.chains(query.module, given)
        inner = [query._replace(chain=chain, others=()) for chain in chains]
        return bool(inner) and all(self._predicate(each, self.queries.atoms(each)) is not None for each in inner)

    def _only_makes(self, method: FunctionInfo) -> bool:
        """``self.create(user=user)``, ``self.model(user=user)``: a method that makes a row, and asks for none."""
        module = method.module
        names = {called_name(module, call) for _, call in method.calls}
        return bool(names & (MAKING | {"model"})) and names.isdisjoint(self.queries.words["filters"])

    def _filters_by_given(self, method: FunctionInfo) -> bool:
        """Tell whether a method hands one of its parameters to a step that chooses rows."""
        module = method.module
        parts = self.queries.containment(module).parts
        return any(
            called_name(module, call) in self.queries.words["filters"]
            and any(
                isinstance(held := module.terms[part], Param) and held.function == method.index and held.index > 0
                for given in call.arguments
                for part in parts(given)
            )
            for _, call in method.calls
        )

    def _manager_methods(self, name: str) -> list[FunctionInfo]:
        """Return the methods of the project's managers and query classes that have a name."""
        return [
            method
            for method in self.judge.graph.methods(name)
            if method.owner is not None
            and any(_MANAGER.search(base) for base in self.inference.external_bases(method.owner))
        ]

    def _own_methods(self, module: Module, step: Step) -> list[FunctionInfo]:
        """Return the methods of the project that a step may be: those of what is called, or of managers by name."""
        call = module.terms[step.call]
        found = self.inference.callees(module, call) if isinstance(call, Call) else []
        return found or self._manager_methods(step.method)
