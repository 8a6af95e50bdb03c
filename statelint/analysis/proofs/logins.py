"""Whether entry points ask who is calling, whatever they do with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.calls import decorates, nested
from statelint.analysis.proofs.before import ENTRANCES
from statelint.analysis.proofs.words import LOGIN
from statelint.analysis.terms import walk
from statelint.extract.facts import Call, Const

if TYPE_CHECKING:
    from statelint.analysis.model import ClassInfo, FunctionInfo
    from statelint.analysis.proofs.before import Before
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.proofs.permissions import Permissions

MAX_DECORATORS = 2
"""Decorators made by decorators."""


class Logins:
    """Looks for what asks who is calling: parameters, decorators, dependencies, permission classes."""

    def __init__(self, judge: Judge, before: Before, permissions: Permissions) -> None:
        self.inference = judge.inference
        self.graph = judge.graph
        self.principals = judge.principals
        self.queries = judge.queries
        self.exits = judge.exits
        self.before = before
        self.permissions = permissions

    def knows_caller(self, function: FunctionInfo) -> bool:
        """Tell whether a function, its decorators or its dependencies ask who is calling."""
        module = function.module
        if any(
            self.principals.is_principal_parameter(function, index) for index in range(len(function.facts.parameters))
        ):
            return True
        if self._is_guarded(function) or self._hands_on(function):
            return True
        if function.owner is not None and self.class_knows_caller(function.owner):
            return True
        if any(
            LOGIN.search(module.last_name(part))
            for listed in self.permissions.listed(function)
            for part in self.queries.containment(module).parts(listed)
        ):
            return True
        return any(
            self.principals.is_principal(module, part)
            for event in function.events
            if event.op == "call"
            for part in walk(module, event.term)
        )

    @staticmethod
    def is_optional(function: FunctionInfo) -> bool:
        """``@jwt_required(optional=True)``: tell whether who is calling is asked, and whoever says nothing served."""
        module = function.module
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            if module.last_name(held.func if isinstance(held, Call) else decorator).endswith("jwt_optional"):
                return True
            if isinstance(held, Call) and any(
                name == "optional" and isinstance(given := module.terms[value], Const) and given.value is True
                for name, value in held.keywords
            ):
                return True
        return False

    def class_knows_caller(self, owner: ClassInfo) -> bool:
        """Tell whether a view's permission classes or mixins ask who is calling."""
        return any(klass.attribute("permission_classes") is not None for klass in self.inference.mro(owner)[0]) or any(
            LOGIN.search(base.rpartition(".")[2]) for base in self.inference.external_bases(owner)
        )

    def _is_guarded(self, function: FunctionInfo) -> bool:
        """Tell whether a decorator or a dependency of a function asks for a login."""
        return any(
            name in self.inference.catalogue.login
            or LOGIN.search(name.rpartition(".")[2])
            or (
                guard is not None
                and (self.principals.is_provider(guard) or self._applies_login(guard) or self._asks_caller(guard))
            )
            for name, guard, *_ in self.before.guards(function)
        )

    def _hands_on(self, function: FunctionInfo) -> bool:
        """Tell whether an entry point calls a function whose decorators ask: ``return update_note(key, body)``."""
        return any(
            edge.kind == "call" and edge.callee.facts.decorators and self._is_guarded(edge.callee)
            for edge in self.graph.callees.get(function, ())
        )

    def _asks_caller(self, guard: FunctionInfo) -> bool:
        """Tell whether a method that runs before a view's own decides by the caller."""
        return guard.name in ENTRANCES and any(
            self.principals.is_principal(guard.module, part)
            for test in self.exits.tests(guard)
            for part in self.queries.containment(guard.module).parts(test)
        )

    def _applies_login(self, guard: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether a decorator puts another before what it decorates that asks for a login."""
        return any(
            LOGIN.search(function.module.last_name(call.func))
            for function in (guard, *nested(guard))
            for _, call in function.calls
        ) or (
            depth < MAX_DECORATORS
            and any(
                edge.kind == "call" and decorates(edge.callee) and self._applies_login(edge.callee, depth + 1)
                for edge in self.graph.callees.get(guard, ())
            )
        )
