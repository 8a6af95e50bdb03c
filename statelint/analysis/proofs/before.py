"""What stands before a function: decorators, dependencies, wrappers at registration, routers and mixins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Result
from statelint.analysis.proofs.switches import switched_on
from statelint.analysis.roles import named_roles
from statelint.analysis.routers import Routers
from statelint.extract.facts import Call, Mapping, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.routers import Demand
    from statelint.extract.facts import TermId

_NO_GUARDS = frozenset(
    {
        "get", "post", "put", "patch", "delete", "route", "tool", "websocket", "api_view", "action", "property",
        "cached_property", "classmethod", "staticmethod", "event", "on", "task", "permission_classes",
        "extend_schema", "extend_schema_view", "swagger_auto_schema", "swag_from", "doc", "response", "arguments",
    }
)  # fmt: skip
"""Decorators that register or describe, or that are read elsewhere."""
_HARMLESS_MIXINS = frozenset({"LoginRequiredMixin", "AccessMixin", "ContextMixin"})
"""Mixins that turn nobody away for what is asked, or that only help others to."""
_LISTS = ("decorators", "method_decorators")
"""Class attributes in which Flask and Flask-RESTful look for the decorators of a view's methods."""
_RUN = ("__call__", "authenticate", "__init__")
"""Methods by which an object turns requests away."""
ENTRANCES = ("dispatch", "setup", "initial", "prepare")
"""Methods of views that frameworks call before the one that answers."""


_TOLD = re.compile(r"[\w:.*-]+")
"""What guards are told: permissions and roles, as opposed to paths and descriptions."""


class Guard(NamedTuple):
    """Something that runs before a function and may turn the request away."""

    name: str
    function: FunctionInfo | None
    """The project's function behind it."""
    roles: tuple[str, ...] = ()
    """What it is told in its arguments; the roles that it lets in are among them."""
    switched: frozenset[str] = frozenset()
    """Its parameters that are given as true: ``auth_required(admin=True)``."""


class Before:
    """Lists the guards of entry points."""

    def __init__(self, judge: Judge) -> None:
        self.inference = judge.inference
        self.graph = judge.graph
        self.reach = judge.reach
        self.routers = Routers(judge.graph)

    def guards(self, function: FunctionInfo) -> Iterator[Guard]:
        """Yield every guard before a function."""
        module = function.module
        for decorator in function.facts.decorators:
            yield from self._decorator(module, decorator)
        for parameter in function.facts.parameters:
            yield from self._depended(module, parameter.annotation, parameter.default)
        for entry in self.reach.entry_points.get(function, ()):
            for wrapper in entry.wrappers:
                yield from self._decorator(entry.place.module, wrapper)
        router = self.routers.of(function)
        if router is not None:
            for demand in self.routers.demands(router):
                yield from self._demanded(demand)
                if isinstance(demand.value, FunctionValue):
                    yield from self._around(demand.value.function)
        owner = function.owner
        if owner is not None:
            for home, decorator in self._listed(owner, function.name):
                yield from self._decorator(home, decorator)
            for klass in self.inference.mro(owner)[0]:
                for decorator in klass.facts.decorators:
                    yield from self._decorator(klass.module, decorator)
                for binding in klass.facts.attributes:
                    yield from self._depended(klass.module, binding.annotation, binding.value)
                    if binding.name == "guards" and binding.value >= 0:
                        yield from self._guarding(klass.module, binding.value)
                for name in ENTRANCES:
                    method = klass.method(name)
                    if method is not None and method is not function:
                        yield Guard(klass.name, method)
            for base in self.inference.external_bases(owner):
                last = base.rpartition(".")[2]
                if last.endswith("Mixin") and last not in _HARMLESS_MIXINS:
                    yield Guard(last, None)
                elif base in self.inference.catalogue.admin:
                    yield Guard(base, None)

    def _demanded(self, demand: Demand) -> Iterator[Guard]:
        """Yield the guard that a router, or the call that registers a route, demands."""
        if demand.value is not None:
            yield from self._of_value(demand.value, demand.roles)
        else:
            yield Guard(demand.name, None, demand.roles)

    def _around(self, hook: FunctionInfo) -> Iterator[Guard]:
        """Yield what decorates a function that runs before each request: ``@role_required("editor")``."""
        for decorator in hook.facts.decorators:
            yield from self._decorator(hook.module, decorator)

    def _listed(self, owner: ClassInfo, method: str) -> Iterator[tuple[Module, TermId]]:
        """Yield what a view of Flask's has around its methods: ``decorators = [login_required]``."""
        for name in _LISTS:
            for klass in self.inference.mro(owner)[0]:
                found = self._put(klass, name)
                if found is None:
                    continue
                module, value = found
                held = module.terms[value]
                if isinstance(held, Mapping):
                    chosen = [
                        value for key, value in zip(held.keys, held.values, strict=True) if module.text(key) == method
                    ]
                    if not chosen:
                        break
                    held = module.terms[chosen[0]]
                if isinstance(held, Sequence):
                    yield from ((module, item) for item in held.items)
                break

    def _put(self, klass: ClassInfo, name: str) -> tuple[Module, TermId] | None:
        """Return what a class, or its ``__init__``, puts into an attribute: ``self.method_decorators = {…}``."""
        binding = klass.attribute(name)
        if binding is not None:
            return (klass.module, binding.value) if binding.value >= 0 else None
        return next(
            (
                (function.module, event.value)
                for function, event in self.inference.fields(klass).get(name, ())
                if function.owner is klass and function.name == "__init__" and event.how == "=" and event.value >= 0
            ),
            None,
        )

    def _decorator(self, module: Module, decorator: TermId) -> Iterator[Guard]:
        held = module.terms[decorator]
        target = held.func if isinstance(held, Call) else decorator
        roles = self.roles(module, decorator)
        name = module.dotted(target) or module.last_name(target)
        last = name.rpartition(".")[2]
        found = False
        for value in self.inference.term(module, target):
            if isinstance(value, FunctionValue):
                found = True
                switched = switched_on(module, held, value.function) if isinstance(held, Call) else frozenset()
                yield Guard(value.function.name, value.function, roles, switched)
            elif isinstance(value, ClassValue):
                found = True
                yield Guard(value.klass.name, self.inference.method(value.klass, "__call__"), roles)
            elif isinstance(value, External) and value.name in self.inference.catalogue.admin:
                yield Guard(value.name, None, roles)
        if last == "permission_classes":
            return
        if not found and last not in _NO_GUARDS:
            yield Guard(name, None, roles)
        if not isinstance(held, Call):
            return
        for keyword, listed_guards in held.keywords:
            if keyword == "guards":
                yield from self._guarding(module, listed_guards)
        for demand in self.routers.asked(module, held):
            yield from self._demanded(demand)
        listed = [
            item
            for argument in held.arguments
            # @method_decorator([login_required, staff_required], name="dispatch")
            for item in (getattr(module.terms[argument], "items", ()) if last == "method_decorator" else ())
        ]
        for argument in (*held.arguments, *listed):
            inner = module.terms[argument]
            values = self.inference.term(module, inner.func if isinstance(inner, Call) else argument)
            for value in values:
                if isinstance(value, FunctionValue):
                    yield Guard(value.function.name, value.function, self.roles(module, argument))
                elif isinstance(value, External) and last == "method_decorator":
                    yield Guard(value.name, None, self.roles(module, argument))
            text = module.text(argument)
            if text is not None and _TOLD.fullmatch(text):
                yield Guard(text, None, roles)
            for item in getattr(module.terms[argument], "items", ()):
                yield from self._dependency(module, item)

    def _guarding(self, module: Module, listed: TermId) -> Iterator[Guard]:
        """Yield what Litestar runs before a handler or a controller's handlers: ``guards=[requires_superuser]``."""
        held = module.terms[listed]
        for item in held.items if isinstance(held, Sequence) else (listed,):
            made = module.terms[item]
            for value in self.inference.term(module, made.func if isinstance(made, Call) else item):
                yield from self._of_value(value, self.roles(module, item))

    def _depended(self, module: Module, annotation: TermId, default: TermId) -> Iterator[Guard]:
        if default >= 0:
            yield from self._dependency(module, default, annotation)
        told = self.roles(module, annotation) if annotation >= 0 else ()
        for home, extra in self.inference.annotated_extras(module, annotation):
            yield from self._dependency(home, extra, told=told)

    def _dependency(
        self, module: Module, term: TermId, annotation: TermId = -1, told: tuple[str, ...] = ()
    ) -> Iterator[Guard]:
        """Yield what ``Depends(…)`` demands; without a target, it is what the parameter is annotated with.

        ``told`` is what a function is told that makes the annotation: ``user: require_scopes("notes:read")``.
        """
        home, call = self.inference.dependency(module, term)
        held = home.terms[call]
        if not isinstance(held, Call) or not self.inference.is_dependency(home, call):
            return
        target = self.inference.dependency_target(held)
        if target >= 0:
            scopes = tuple(value for name, value in held.keywords if name == "scopes")
            roles = (*self.roles(home, target), *named_roles(home, *scopes), *told)
            for value in self.inference.term(home, target):
                yield from self._of_value(value, roles)
        else:
            for value in self.inference.dependencies(module, annotation, term):
                yield from self._of_value(value, ())

    def roles(self, module: Module, term: TermId) -> tuple[str, ...]:
        """Return what a guard that ``term`` names or makes is told in its arguments."""
        held = module.terms[term]
        if isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
            return tuple(
                role
                for binding in bindings
                if binding.value >= 0 and isinstance(home.terms[binding.value], Call)
                for role in self.roles(home, binding.value)
            )
        if not isinstance(held, Call):
            return ()
        return tuple(named_roles(module, *held.arguments))

    def _of_value(self, value: object, roles: tuple[str, ...]) -> Iterator[Guard]:
        if isinstance(value, FunctionValue):
            yield Guard(value.function.name, value.function, roles)
            if value.receiver is not None:
                yield Guard(value.receiver.klass.name, value.function, roles)
            parent = value.function.parent
            if parent is not None:
                yield Guard(parent.name, value.function, roles)
        elif isinstance(value, (Instance, ClassValue)):
            klass = value.klass
            methods = (self.inference.method(klass, name) for name in _RUN)
            yield Guard(klass.name, next((method for method in methods if method is not None), None), roles)
        elif isinstance(value, (External, Result)):
            yield Guard(value.name, None, roles)
