"""What stands before whole routers: dependencies of routers and applications, and what runs before their requests."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, FunctionValue, Package
from statelint.analysis.roles import named_roles
from statelint.extract.facts import Attr, Call, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.calls import CallGraph
    from statelint.analysis.model import FunctionInfo, Module, Value
    from statelint.extract.facts import Binding, TermId

INCLUDES = {"include_router": 0, "register_blueprint": 0, "add_router": 1, "include": 0, "mount": 1, "blueprint": 0}
"""Methods that put one router below another, and the position of the router below."""
BEFORE = frozenset({"before_request", "before_app_request", "before_websocket", "on_request"})
"""Registrations of functions that run before each request of a router; they can turn it away."""
REGISTERS = frozenset({"add_url_rule", "add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"})
"""Methods by which a router is told a function that serves."""
_MOUNTABLE = frozenset({"APIRouter", "Blueprint"})
"""What answers nothing before it is put below an application."""
_LOADING = frozenset({"import_module", "__import__", "import_string", "iter_modules", "walk_packages", "find_modules"})
"""Calls that load modules by their names."""
GUARDING = frozenset({"dependencies", "auth", "guards"})
"""Keywords that name what a router demands."""
_ADDING = frozenset({"append", "extend"})
"""Methods by which a list of demands grows."""
PREFIXES = frozenset({"prefix", "url_prefix"})
MAX_DEPTH = 8
"""Routers above each other."""


class Router(NamedTuple):
    """A router, blueprint or application: the variable that holds it, or the call that makes it."""

    module: Module
    name: str
    made: TermId


class Demand(NamedTuple):
    """Something that every request of a router passes, or the name of it where it is defined elsewhere."""

    value: Value | None
    name: str
    roles: tuple[str, ...] = ()
    """What it is told in its arguments."""


class _Inclusion(NamedTuple):
    parent: Router | None
    demands: tuple[Demand, ...]
    prefix: str


class Routers:
    """Finds the router of a route and what it demands."""

    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self.inference = graph.inference

    def of(self, function: FunctionInfo) -> Router | None:
        """Return the router with which a function is registered, by decorator or by a call."""
        module = function.module
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            target = module.terms[held.func] if isinstance(held, Call) else held
            if isinstance(target, Attr):
                router = self._router(module, target.base)
                if router is not None:
                    return router
        told = self._told.get(function, ())
        # Who is registered with two routers passes what one of them demands at most.
        return told[0] if len(told) == 1 else None

    def demands(self, router: Router, depth: int = 0) -> tuple[Demand, ...]:
        """Return what every request of a router passes, also by the routers above it."""
        own = (*self._made_with(router), *self._set.get(router, ()), *self._before.get(router, ()))
        above = self._inclusions.get(router, [])
        if depth > MAX_DEPTH or not above:
            return own
        sets = [
            (*place.demands, *(self.demands(place.parent, depth + 1) if place.parent is not None else ()))
            for place in above
        ]
        shared = [demand for demand in sets[0] if all(demand in other for other in sets[1:])]
        return (*own, *shared)

    def prefix(self, router: Router, depth: int = 0) -> str:
        """Return the path below which a router's routes lie, as far as constants tell."""
        call = router.module.terms[router.made]
        own = _prefix(router.module, call) if isinstance(call, Call) else ""
        above = self._inclusions.get(router, [])
        if depth > MAX_DEPTH or not above:
            return own
        place = above[0]
        parent = self.prefix(place.parent, depth + 1) if place.parent is not None else ""
        return parent + place.prefix + own

    def is_mounted(self, router: Router) -> bool:
        """Tell whether a router may be part of an application: no other is mounted, or somebody imports its module."""
        call = router.module.terms[router.made]
        if not isinstance(call, Call) or router.module.last_name(call.func) not in _MOUNTABLE:
            return True
        return router in self._inclusions or not self._inclusions or router.module in self._imported or self._searches

    @cached_property
    def _imported(self) -> frozenset[Module]:
        index = self.inference.index
        found: set[Module] = set()
        for module in self.inference.modules:
            for item in module.facts.imports:
                parts = index.find(module, item.module, item.level)
                for target in (parts, (*parts, item.symbol)) if parts is not None else ():
                    imported = index.by_parts.get(target)
                    if imported is not None and imported is not module:
                        found.add(imported)
        return frozenset(found)

    @cached_property
    def _searches(self) -> bool:
        """Whether the project looks for modules itself, and loads what it finds."""
        return any(
            module.last_name(call.func) in _LOADING
            for module in self.inference.modules
            for function in module.functions
            for _, call in function.calls
        )

    def _router(self, module: Module, term: TermId) -> Router | None:
        held = module.terms[term]
        if isinstance(held, Call):
            return Router(module, "", term) if self._makes_router(module, held) else None
        home = module
        bindings: list[Binding] = []
        if isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
        elif isinstance(held, Attr):
            for value in self.inference.term(module, held.base):
                target = self.inference.index.by_parts.get(value.parts) if isinstance(value, Package) else None
                if target is not None:
                    home, bindings = self.inference.definition(target, held.name)
        for binding in bindings:
            made = home.terms[binding.value] if binding.value >= 0 else None
            if isinstance(made, Call):
                return Router(home, binding.name, binding.value)
        return None

    def _makes_router(self, module: Module, call: Call) -> bool:
        func = module.terms[call.func]
        name = func.name if isinstance(func, Attr) else getattr(func, "id", "")
        return name.endswith(("Router", "Blueprint", "FastAPI", "Flask", "API", "Api", "App", "Quart", "Sanic"))

    def _made_with(self, router: Router) -> Iterator[Demand]:
        call = router.module.terms[router.made]
        if isinstance(call, Call):
            yield from self._given(router.module, call)

    def asked(self, module: Module, call: Call) -> Iterator[Demand]:
        """Yield what the call that registers a route has it ask: ``@router.get("/notes", auth=OwnerAuth())``."""
        for name, value in call.keywords:
            if name == "auth":
                yield from self._listed(module, value)

    def _given(self, module: Module, call: Call) -> Iterator[Demand]:
        for keyword, value in call.keywords:
            if keyword not in GUARDING:
                continue
            yield from self._listed(module, value)

    def _demand(self, module: Module, term: TermId) -> Iterator[Demand]:
        module, term = self.inference.dependency(module, term)
        held = module.terms[term]
        if isinstance(held, Call) and self.inference.is_dependency(module, term):
            target = self.inference.dependency_target(held)
            if target < 0:
                return
            term = target
        held = module.terms[term]
        roles: tuple[str, ...] = ()
        if isinstance(held, Call):
            roles = tuple(named_roles(module, *held.arguments))
        found = False
        for value in self.inference.term(module, term):
            found = True
            yield Demand(value, "", roles)
        if not found:
            name = module.dotted(held.func if isinstance(held, Call) else term)
            if name:
                yield Demand(None, name, roles)

    @cached_property
    def _inclusions(self) -> dict[Router, list[_Inclusion]]:
        found: dict[Router, list[_Inclusion]] = {}
        for module, call, func in self._calls(INCLUDES):
            position = INCLUDES[func.name]
            arguments = [
                *call.args[position : position + 1],
                *(value for name, value in call.keywords if name == "router"),
            ]
            if not arguments and call.args:
                arguments = [call.args[0]]
            for argument in arguments:
                child = self._router(module, argument)
                parent = self._router(module, func.base)
                if child is not None and child != parent:
                    found.setdefault(child, []).append(
                        _Inclusion(parent, tuple(self._given(module, call)), _prefix(module, call))
                    )
        return found

    @cached_property
    def _told(self) -> dict[FunctionInfo, list[Router]]:
        """The routers that are told a function in a call: ``bp.add_url_rule("/notes", view_func=show)``."""
        found: dict[FunctionInfo, list[Router]] = {}
        for module, call, func in self._calls(REGISTERS):
            router = self._router(module, func.base)
            if router is None:
                continue
            for argument in call.arguments:
                for function in self._served(module, argument):
                    if router not in found.setdefault(function, []):
                        found[function].append(router)
        return found

    def _served(self, module: Module, term: TermId) -> Iterator[FunctionInfo]:
        """Yield the functions, or the methods of a view, that a term stands for."""
        held = module.terms[term]
        func = module.terms[held.func] if isinstance(held, Call) else None
        made = isinstance(func, Attr) and func.name == "as_view"
        for value in self.inference.term(module, func.base if made and isinstance(func, Attr) else term):
            if isinstance(value, FunctionValue):
                yield value.function
            elif isinstance(value, ClassValue) and made:
                yield from (value.klass.module.functions[index] for index in value.klass.facts.methods.values())

    @cached_property
    def _before(self) -> dict[Router, list[Demand]]:
        found: dict[Router, list[Demand]] = {}
        for module in self.inference.modules:
            for function in module.functions:
                for decorator in function.facts.decorators:
                    held = module.terms[decorator]
                    target = module.terms[held.func] if isinstance(held, Call) else held
                    if isinstance(target, Attr) and target.name in BEFORE:
                        router = self._router(module, target.base)
                        if router is not None:
                            found.setdefault(router, []).append(Demand(FunctionValue(function), ""))
        for module, call, func in self._calls(BEFORE):
            router = self._router(module, func.base)
            if router is not None:
                for argument in call.args[:1]:
                    found.setdefault(router, []).extend(self._demand(module, argument))
        return found

    @cached_property
    def _set(self) -> dict[Router, list[Demand]]:
        """What routers are given after they are made: ``router.dependencies = [Depends(admin)]``, or appended to it."""
        found: dict[Router, list[Demand]] = {}
        for module in self.inference.modules:
            for function in module.functions:
                for event in function.events:
                    target = module.terms[event.term] if event.op == "write" and event.term >= 0 else None
                    if isinstance(target, Attr) and target.name in GUARDING and event.value >= 0:
                        router = self._router(module, target.base)
                        if router is not None:
                            found.setdefault(router, []).extend(self._listed(module, event.value))
        for module, call, func in self._calls(_ADDING):
            target = module.terms[func.base]
            router = self._router(module, target.base) if isinstance(target, Attr) and target.name in GUARDING else None
            if router is not None:
                for argument in call.args[:1]:
                    found.setdefault(router, []).extend(self._listed(module, argument))
        return found

    def _listed(self, module: Module, term: TermId) -> Iterator[Demand]:
        held = module.terms[term]
        for item in held.items if isinstance(held, Sequence) else (term,):
            yield from self._demand(module, item)

    def _calls(self, names: dict[str, int] | frozenset[str]) -> Iterator[tuple[Module, Call, Attr]]:
        for module in self.inference.modules:
            for function in module.functions:
                for _, call in function.calls:
                    func = module.terms[call.func]
                    if isinstance(func, Attr) and func.name in names:
                        yield module, call, func


def _prefix(module: Module, call: Call) -> str:
    return next((module.text(value) or "" for name, value in call.keywords if name in PREFIXES), "").rstrip("/")
