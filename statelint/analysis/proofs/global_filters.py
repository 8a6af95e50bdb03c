"""Filters that stand outside a statement, and that it is given when it runs.

Sources: SQLAlchemy's ``with_loader_criteria``, django-scopes, django-multitenant.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, FunctionValue
from statelint.analysis.proofs.naming import called_name
from statelint.extract.facts import Attr, Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import TermId

_CRITERIA = "with_loader_criteria"
_LISTENED = "do_orm_execute"
_SCOPED_MANAGER = "ScopedManager"
"""Refuses every query outside a ``scope``."""
_UNSCOPED = "scopes_disabled"
_TENANT_MARKS = ("tenant_id", "TenantMeta")
_TENANT_SETTER = "set_current_tenant"


class GlobalFilters:
    """Tells which queries they restrict to the owner."""

    def __init__(self, judge: Judge) -> None:
        self.inference = judge.inference
        self.queries = judge.queries

    def restrict(self, query: Query) -> bool:
        """Tell whether a filter on the owner is added to the query, or to all queries of its model."""
        model = query.chain.model
        if model is None or model.klass is None:
            return False
        parts = self.queries.containment(query.module).parts
        own = {part for step in query.chain.steps for argument in step.args for part in parts(argument)}
        return (
            self._scoped(query, model.klass)
            or any(self._restricts(query.module, call, model) for call in own if self._is_criteria(query.module, call))
            or any(self._restricts(module, call, model) for module, call in self._always)
        )

    def _scoped(self, query: Query, klass: ClassInfo) -> bool:
        start = query.module.terms[query.chain.start]
        manager = start.name if isinstance(start, Attr) else "objects"
        family = self.inference.mro(klass)[0]
        for owner in family:
            binding = owner.attribute(manager)
            made = owner.module.terms[binding.value] if binding is not None and binding.value >= 0 else None
            if isinstance(made, Call) and called_name(owner.module, made) == _SCOPED_MANAGER and made.keywords:
                return not self._lifted(query)
        return self._sets_tenant and any(
            owner.attribute(name) is not None or name in owner.facts.inner for owner in family for name in _TENANT_MARKS
        )

    @staticmethod
    def _lifted(query: Query) -> bool:
        """Tell whether a query runs where django-scopes is told to let everything through."""
        module = query.module
        terms = list(query.function.facts.decorators)
        condition = query.event.condition
        while condition:
            held = module.facts.conditions[condition]
            terms += [held.test] if held.kind == "with" else []
            condition = held.parent
        calls = [module.terms[term] for term in terms if term >= 0]
        return any(isinstance(call, Call) and called_name(module, call) == _UNSCOPED for call in calls)

    @staticmethod
    def _is_criteria(module: Module, term: TermId) -> bool:
        held = module.terms[term]
        return isinstance(held, Call) and len(held.args) > 1 and called_name(module, held) == _CRITERIA

    def _restricts(self, module: Module, term: TermId, model: Model) -> bool:
        """Tell whether a criterion is about the model, or a base of it, and names its owner."""
        call = module.terms[term]
        if not isinstance(call, Call) or model.klass is None:
            return False
        family = self.inference.mro(model.klass)[0]
        if not any(
            isinstance(value, ClassValue) and value.klass in family
            for value in self.inference.term(module, call.args[0])
        ):
            return False
        owners = {name for path in model.paths for name in (path.columns[0], path.columns[0].removesuffix("_id"))}
        return not owners.isdisjoint(self._named(module, call.args[1]))

    def _named(self, module: Module, term: TermId) -> Iterator[str]:
        """Yield the attributes that a criterion names, itself or in what it returns."""
        terms = [(module, term)]
        for value in self.inference.term(module, term):
            if isinstance(value, FunctionValue):
                terms += [
                    (value.function.module, event.term) for event in value.function.events if event.op == "return"
                ]
        for home, each in terms:
            for part in self.queries.containment(home).parts(each):
                held = home.terms[part]
                if isinstance(held, Attr):
                    yield held.name

    @cached_property
    def _always(self) -> list[tuple[Module, TermId]]:
        """The criteria that a listener adds to every statement."""
        return [
            (function.module, event.term)
            for module in self.inference.modules
            for function in module.functions
            for event in function.events
            if event.op == "call" and self._is_criteria(module, event.term) and self._listens(function)
        ]

    def _listens(self, function: FunctionInfo) -> bool:
        module = function.module
        if any(self._names_event(module, decorator) for decorator in function.facts.decorators):
            return True
        for other in module.functions:
            for event, call in other.calls:
                if self._names_event(module, event.term) and any(
                    function in self.inference.functions(module, argument) for argument in call.args
                ):
                    return True
        return False

    def _names_event(self, module: Module, term: TermId) -> bool:
        held = module.terms[term]
        return isinstance(held, Call) and any(module.text(argument) == _LISTENED for argument in held.args)

    @cached_property
    def _sets_tenant(self) -> bool:
        return any(
            isinstance(held, Call) and module.last_name(held.func) == _TENANT_SETTER
            for module in self.inference.modules
            for held in module.terms
        )
