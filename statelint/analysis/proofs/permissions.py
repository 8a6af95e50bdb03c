"""Permission classes of Django REST framework and its like: what they prove for views and functions."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.callernames import is_admin_name
from statelint.analysis.model import ClassValue, External
from statelint.analysis.ownership import snake
from statelint.analysis.proofs.before import Guard
from statelint.analysis.proofs.naming import called_name_of
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import GUARD_NAME
from statelint.extract.facts import Call, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId


_OR_OWNER = re.compile(
    r"(owner|author|creator|self|user|customer|member|participant)s?Or|Or(Is)?(Owner|Author|Creator|Self|User|Customer|Member|Participant)",
    re.IGNORECASE,
)
"""Names of permission classes that let in others than administrators: ``IsOwnerOrAdmin``."""
_TESTS = ("test_func", "has_permission")
"""Methods by which views themselves tell who may come in."""


class Permissions:
    """Reads permission classes."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.queries = judge.queries
        self.regard = judge.regard

    def of_method(self, function: FunctionInfo, model: Model | None = None) -> Proof | None:
        """Return what the class of a view's method proves for it, of rows of a model."""
        owner = function.owner
        return self.of_class(owner, model, objects=_fetches(function)) if owner is not None else None

    def of_class(self, owner: ClassInfo, model: Model | None = None, *, objects: bool = False) -> Proof | None:
        """Return what the mixins and permission classes of a view prove for all its methods.

        ``objects`` asks for rows that the view's own ``get_object`` fetches: those are shown to the permission classes.
        """
        for klass in self.inference.mro(owner)[0]:
            for name in _TESTS:
                method = klass.method(name)
                if method is not None and self._tells(klass, method, model):
                    return Proof.GUARD
            chosen = klass.method("get_permissions")
            if chosen is not None:
                proofs = [self._proven(chosen.module, answer, model, objects=objects) for answer in _answers(chosen)]
                if any(proofs) or not _extends(chosen):
                    return next(filter(None, proofs), None)
            binding = klass.attribute("permission_classes")
            if binding is None or binding.value < 0:
                continue
            return self._proven(klass.module, binding.value, model, objects=objects)
        if any(base.startswith("rest_framework.") for base in self.inference.external_bases(owner)):
            return self._default
        return None

    @cached_property
    def _default(self) -> Proof | None:
        """What the permission classes prove that Django REST framework's settings name for all views."""
        for module in self.inference.modules:
            for binding in module.bindings.get("REST_FRAMEWORK", ()):
                held = module.terms[binding.value] if binding.value >= 0 else None
                if isinstance(held, Mapping):
                    for key, value in zip(held.keys, held.values, strict=True):
                        if module.text(key) == "DEFAULT_PERMISSION_CLASSES":
                            return self._proven(module, value)
        return None

    def before(self, function: FunctionInfo, model: Model | None = None) -> Proof | None:
        """``@permission_classes([IsOwner])`` before a function."""
        proofs = (self._proven(function.module, listed, model) for listed in self.listed(function))
        return next(proofs, None)

    def gates(self, function: FunctionInfo) -> Iterator[Guard]:
        """Yield the tests of a view and its permission classes."""
        listed = [(function.module, each) for each in self.listed(function)]
        for klass in self.inference.mro(function.owner)[0] if function.owner is not None else ():
            for name in _TESTS:
                method = klass.method(name)
                if method is not None:
                    yield Guard(klass.name, method)
            binding = klass.attribute("permission_classes")
            if binding is not None and binding.value >= 0:
                listed.append((klass.module, binding.value))
        for module, each in listed:
            for item in self.queries.containment(module).parts(each):
                for value in self.inference.term(module, item):
                    if isinstance(value, ClassValue):
                        yield Guard(value.klass.name, self.inference.method(value.klass, "has_permission"))

    def _tells(self, klass: ClassInfo, method: FunctionInfo, model: Model | None) -> bool:
        """Tell whether a test has regard for the caller, and does not let in whoever has a part of the rows only."""
        return self.regard.weighs(method) and not self.judge.guards.restricted.lets_in(Guard(klass.name, method), model)

    @staticmethod
    def listed(function: FunctionInfo) -> Iterator[TermId]:
        """Yield what ``@permission_classes([…])`` lists before a function."""
        module = function.module
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            if isinstance(held, Call) and held.args and called_name_of(module, held.func) == "permission_classes":
                yield held.args[0]

    def _proven(
        self, module: Module, listed: TermId, model: Model | None = None, *, objects: bool = False
    ) -> Proof | None:
        """Return what permission classes prove, in a list or joined by operators."""
        for item in self.queries.containment(module).parts(listed):
            values: Iterable[Value] = self.inference.term(module, item)
            home, _, last = (module.text(item) or "").rpartition(".")
            if home:
                # Settings name classes by their dotted path.
                parts = self.inference.index.find(module, home, 0)
                values = [External(f"{home}.{last}")] if parts is None else self.inference.module_member(parts, last)
            for value in values:
                if isinstance(value, ClassValue):
                    if is_admin_name(snake(value.klass.name)) and not _OR_OWNER.search(value.klass.name):
                        return Proof.ADMIN
                    if self._keeps_out(value.klass, model, objects=objects):
                        return Proof.GUARD
                elif isinstance(value, External) and is_admin_name(snake(value.name.rpartition(".")[2])):
                    return Proof.ADMIN
        return None

    def _keeps_out(self, permission: ClassInfo, model: Model | None, *, objects: bool) -> bool:
        """Tell whether a permission class has regard for the caller, or for what is not in sight.

        Its ``has_object_permission`` is asked only about what a view's ``get_object`` fetches.
        """
        of_request = self.inference.method(permission, "has_permission")
        of_object = self.inference.method(permission, "has_object_permission")
        if of_request is None and of_object is None:
            return GUARD_NAME.search(permission.name) is not None
        return (of_request is not None and self._tells(permission, of_request, model)) or (
            objects and of_object is not None and self.regard.weighs(of_object)
        )


def _answers(chosen: FunctionInfo) -> Iterator[TermId]:
    """Yield what ``get_permissions`` answers, and what it puts into ``self.permission_classes``."""
    module = chosen.module
    for event in chosen.events:
        if event.op == "return" and event.term >= 0:
            yield event.term
        elif event.op == "write" and event.value >= 0 and called_name_of(module, event.term) == "permission_classes":
            yield event.value


def _extends(chosen: FunctionInfo) -> bool:
    """Tell whether ``get_permissions`` asks the framework's, which instantiates ``permission_classes``."""
    return any(called_name_of(chosen.module, call.func) == "get_permissions" for _, call in chosen.calls)


def _fetches(function: FunctionInfo) -> bool:
    """Tell whether a view's method has its object fetched and checked by the framework."""
    return any(
        called_name_of(function.module, call.func) in {"get_object", "check_object_permissions"}
        for _, call in function.calls
    )
