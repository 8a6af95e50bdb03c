"""Methods that a project adds to its managers and query classes: for whom do they ask?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import MAKING, OWN_METHOD
from statelint.analysis.terms import children
from statelint.extract.facts import Attr, Call, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.proofs.verdict import Proof
    from statelint.analysis.queries import Atom, Query, Step
    from statelint.extract.facts import TermId

_MANAGER = re.compile(r"(Manager|QuerySet|Query)$")
"""Classes of ORMs whose subclasses add methods to statements."""


MAX_DEPTH = 3
"""Methods through which a request is handed on to the one that looks at it."""


class Managers:
    """Proofs that lie in what a manager's own method is given, and in what it does with it."""

    def __init__(self, judge: Judge, predicate: Callable[[Query, list[Atom]], Proof | None]) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals
        self.queries = judge.queries
        self._predicate = predicate
        self._turning: dict[FunctionInfo, bool] = {}
        words = self.queries.words
        self._not_asking = words["filters"] | words["updates"] | words["inserts"] | {"values", "defaults", "returning"}

    def asks_with_caller(self, query: Query) -> bool:
        """A method of the project's own manager or query class is given the caller, the request, or a credential."""
        return any(
            step.method not in self._not_asking
            and (
                self._is_given_request(query.module, step)
                or (self._is_given_caller(query.module, step) and self._weighs(query.module, step))
            )
            for step in query.chain.steps
        )

    def _is_given_caller(self, module: Module, step: Step) -> bool:
        return any(self.principals.is_principal(module, arg) for arg in step.arguments) or bool(
            step.args and OWN_METHOD.search(step.method)
        )

    def _weighs(self, module: Module, step: Step) -> bool:
        return self.judge.regard.of_any(self._own_methods(module, step))

    def narrows(self, query: Query) -> bool:
        """``Friend.objects.friends(me)``: a manager's own method is given the caller, or a row that is judged itself.

        It has to ask for rows by what it is given; one that makes a row, or never turns to its manager, asks for none.
        """
        for step in query.chain.steps:
            methods = self._manager_methods(step.method) if step.method not in self._not_asking else []
            if methods and not any(self._asks(method, query) for method in methods):
                return True
            if any(map(self._only_makes, methods)) or (
                any(self._is_known(query, given) for given in step.arguments)
                and any(map(self._filters_by_given, methods))
            ):
                return True
        return False

    def _is_known(self, query: Query, given: TermId) -> bool:
        """Tell whether what a method is given is the caller, a row or a statement that is judged itself."""
        return (
            self.principals.is_principal(query.module, given)
            or self.judge.loaded.gives(query.function, given, query.leaf)
            or self._is_proven(query, given)
        )

    def _is_given_request(self, module: Module, step: Step) -> bool:
        """``Cart.objects.of(request)``, whose method looks who is calling."""
        return self._takes_request(module, step.arguments) and any(
            map(self._looks_for_caller, self._manager_methods(step.method))
        )

    def _takes_request(self, module: Module, given: Iterable[TermId]) -> bool:
        return any(self.judge.rows.is_request(module, term) for term in given)

    def _looks_for_caller(self, method: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether a method, or another manager's to which it hands the request, asks for the caller's rows."""
        return self.judge.regard.mentions_caller(method) or (
            depth < MAX_DEPTH
            and any(
                other is not method and self._looks_for_caller(other, depth + 1)
                for _, call in method.calls
                if self._takes_request(method.module, call.arguments)
                for other in self._manager_methods(called_name(method.module, call))
            )
        )

    def _is_proven(self, query: Query, given: TermId) -> bool:
        """Tell whether what a method is given is a statement that is tied to the caller itself."""
        chains = self.queries.chains(query.module, given)
        inner = [query._replace(chain=chain, others=()) for chain in chains]
        return bool(inner) and all(self._predicate(each, self.queries.atoms(each)) is not None for each in inner)

    def _only_makes(self, method: FunctionInfo) -> bool:
        """``self.create(user=user)``, ``self.model(user=user)``: a method that makes a row, and asks for none."""
        module = method.module
        names = {called_name(module, call) for _, call in method.calls if self._is_own(method, call.func)}
        return bool(names & (MAKING | {"model"})) and names.isdisjoint(self.queries.words["filters"])

    @staticmethod
    def _is_own(method: FunctionInfo, term: TermId) -> bool:
        """Tell whether a call is the manager's, ``self.model.objects.create``, and not one of a row that is given."""
        module = method.module
        while isinstance(held := module.terms[term], (Attr, Call)):
            term = held.base if isinstance(held, Attr) else held.func
        return not isinstance(held, Param) or held.index == 0

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

    def _asks(self, method: FunctionInfo, query: Query) -> bool:
        """Tell whether a manager's method asks for rows of a query's model, of its manager or by the model's name."""
        return self._turns_to_manager(method) or any(
            asked.chain.model is query.chain.model for asked in self.queries.of(method)
        )

    def _turns_to_manager(self, method: FunctionInfo) -> bool:
        """Tell whether a method uses its manager at all: ``def total(self, cart)`` may add up what it is given."""
        known = self._turning.get(method)
        if known is None:
            module = method.module
            manager = module.parameter_term(method, 0)
            known = self._turning[method] = (
                any(event.term == manager for event in method.events)
                or any(called_name(module, call) == "super" for _, call in method.calls)
                or any(manager in children(held) for held in module.terms)
            )
        return known
