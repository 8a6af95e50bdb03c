"""Which functions frameworks call: routes, dependencies, middleware, tools, tasks; and start-up and CLI code."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.entries import entries
from statelint.analysis.model import ClassValue, External, FunctionInfo, FunctionValue, Instance, Place, Result
from statelint.catalogue.patterns import names_method
from statelint.extract.facts import Attr, Call, Item, Mapping, Name, Sequence, Star
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference, Values
    from statelint.analysis.model import ClassInfo, Module, Value
    from statelint.catalogue.schema import ClassRole, EntryPoints, Lifetime
    from statelint.extract.facts import Binding, TermId

OFFLINE_KINDS = frozenset({"startup", "cli"})
SERVED = ("__call__", "dispatch", "get", "post", "put", "patch", "delete")
"""Methods that frameworks call on what is registered with them, where the catalogue names none."""
MAX_DEPTH = 20
"""Nesting of lists and wrappers around what is registered."""
TEXTS = frozenset({"path", "rule", "name", "route", "uri"})
"""Keywords under which routes and names are given."""


class EntryPoint(NamedTuple):
    """A function that a framework calls, and how it is registered."""

    function: FunctionInfo
    kind: str
    place: Place
    """The decorator's function, the registering call or the class."""
    path: str = ""
    """The route or name it is registered under, where that is a constant."""
    parameters: tuple[str, ...] = ()
    """Types of the leading parameters (after ``self``) that the framework passes."""
    wrappers: tuple[TermId, ...] = ()
    """What wraps the function where it is registered (``login_required(view)``); terms of the place's module."""


class _Registration(NamedTuple):
    """How something is registered, whatever it turns out to be."""

    kind: str
    place: Place
    path: str = ""
    parameters: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    instance: Lifetime = "process"
    wrappers: tuple[TermId, ...] = ()


class EntryPointFinder:
    """Applies the catalogue's entry point facts to the project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.catalogue = inference.catalogue
        self._lifetimes: dict[ClassInfo, Lifetime] = {}
        self._registering: dict[Values, EntryPoints | None] = {}

    @cached_property
    def found(self) -> tuple[EntryPoint, ...]:
        """Every entry point; a function can be several."""
        return tuple(self._find())

    def lifetime(self, klass: ClassInfo) -> Lifetime | None:
        """Return how long the instances live that frameworks make of a class, or that are registered with them."""
        role = self.class_role(klass)
        if role is not None:
            return role.instance
        return self._lifetimes.get(klass) if self.found else None

    def passed(self) -> dict[tuple[FunctionInfo, int], str]:
        """Return the types of the parameters that frameworks pass, by function and position."""
        types: dict[tuple[FunctionInfo, int], str] = {}
        for entry in self.found:
            function = entry.function
            own = function.owner is not None and self.inference.method_kind(function) != "static"
            for position, name in enumerate(entry.parameters, own):
                if position < len(function.facts.parameters):
                    types.setdefault((function, position), name)
        return types

    def _find(self) -> Iterator[EntryPoint]:
        for module in self.inference.modules:
            for function in module.functions:
                for decorator in function.facts.decorators:
                    yield from self._decorated(module, function, decorator)
                for event, call in function.calls:
                    if isinstance(module.terms[call.func], Call):
                        yield from self._applied(module, call, Place(module, event.position))
                    values = self.inference.term(module, call.func)
                    entry = self._registers(module, call, values)
                    if entry is not None:
                        found = self._registered(module, call, Place(module, event.position), entry)
                        # Nobody but developers, at their own machines, asks for what only they are served.
                        debugging = _while_debugging(module, event.condition)
                        yield from (each._replace(kind="cli") for each in found) if debugging else found
                    if call.keywords:
                        yield from self._callbacks(module, call, Place(module, event.position), values)
            yield from self._listed(module)
            for klass in module.classes:
                yield from self._class(module, klass)
        if self._routed_by_document:
            yield from self._named_in_a_document()

    @property
    def _routed_by_document(self) -> bool:
        """Whether an OpenAPI document names the functions that serve: Connexion's ``app.add_api("openapi.yaml")``."""
        return any(
            isinstance(held, Call) and isinstance(func := module.terms[held.func], Attr) and func.name == "add_api"
            for module in self.inference.modules
            if any(item.module.partition(".")[0] == "connexion" for item in module.facts.imports)
            for held in module.terms
        )

    def _named_in_a_document(self) -> Iterator[EntryPoint]:
        """Yield the public functions that no code calls: the document, which is not read, names some of them."""
        called = self.inference.callers or {}
        for module in self.inference.modules:
            if is_offline_path(module.path):
                continue
            for function in module.functions:
                if (
                    function.facts.parent == 0
                    and function.owner is None
                    and not function.facts.decorators
                    and not function.name.startswith(("_", "<"))
                    and function not in called
                ):
                    yield EntryPoint(function, "route", Place(module, function.facts.position))

    def class_role(self, klass: ClassInfo) -> ClassRole | None:
        """Return what the framework does with a class, by its external bases."""
        for base in self.inference.external_bases(klass):
            role = self.catalogue.class_role(base)
            if role is not None:
                return role
        return None

    def _applied(self, module: Module, call: Call, place: Place) -> Iterator[EntryPoint]:
        """Yield what a decorator registers that is called with the function: ``app.route("/items")(items.show)``."""
        entry, path = self._decorator(module, call.func) if len(call.args) == 1 else (None, "")
        if entry is not None:
            yield from self._functions(module, call.args[0], _registration(entry, place, path))

    def _decorated(self, module: Module, function: FunctionInfo, decorator: TermId) -> Iterator[EntryPoint]:
        entry, path = self._decorator(module, decorator)
        if entry is not None:
            place = Place(module, function.facts.position)
            yield EntryPoint(function, entry.kind, place, path, entry.parameters)

    def _decorator(self, module: Module, decorator: TermId) -> tuple[EntryPoints | None, str]:
        """Return what a decorator registers, and under which path or name."""
        held = module.terms[decorator]
        call = held if isinstance(held, Call) else None
        target = call.func if call is not None else decorator
        values = self.inference.term(module, target)
        entry: EntryPoints | None = None
        for value in values:
            if isinstance(value, (External, Result)):
                entry = entry or self.catalogue.decorators.get(value.name)
        if entry is None and not any(isinstance(value, (FunctionValue, ClassValue)) for value in values):
            entry = self._loose(module, target, call, self.catalogue.loose_decorators)
        return entry, _first_text(module, call) if entry is not None else ""

    def _loose(
        self, module: Module, target: TermId, call: Call | None, table: dict[str, EntryPoints]
    ) -> EntryPoints | None:
        """Match by the last part of the name where the receiver is unknown."""
        func = module.terms[target]
        if not isinstance(func, Attr):
            return None
        entry = table.get(func.name)
        if entry is None or (entry.path and not _looks_like_path(_first_text(module, call))):
            return None
        return entry

    def _registers(self, module: Module, call: Call, values: Values) -> EntryPoints | None:
        """Return what a call registers, if what it calls stands for ``values``."""
        if not values:
            return self._loose(module, call.func, call, self.catalogue.loose_calls)
        if values not in self._registering:
            self._registering[values] = self._known(values)
        return self._registering[values]

    def _known(self, values: Values) -> EntryPoints | None:
        """Return what the catalogue says that calls of one of ``values`` register."""
        entry: EntryPoints | None = None
        for value in values:
            if isinstance(value, External):
                entry = entry or self.catalogue.calls.get(value.name)
            elif isinstance(value, ClassValue):
                for base in self.inference.external_bases(value.klass):
                    entry = entry or self.catalogue.calls.get(base)
        return entry

    def _registered(self, module: Module, call: Call, place: Place, entry: EntryPoints) -> Iterator[EntryPoint]:
        argument = next((value for name, value in call.keywords if entry.keyword and name == entry.keyword), -1)
        if argument < 0 and entry.argument < len(call.args):
            argument = call.args[entry.argument]
        how = _registration(entry, place, _first_text(module, call))
        for home, handler in self._handlers(module, call, argument, entry.argument):
            yield from self._functions(home, handler, how)

    def _handlers(self, module: Module, call: Call, argument: TermId, index: int) -> Iterator[tuple[Module, TermId]]:
        """Yield the terms of what a call registers: each row's, where a loop goes through a table of routes."""
        star = len(call.args) - 1
        if argument >= 0 and isinstance(module.terms[argument], (Name, Item)):
            yield from list(entries(self.inference, module, argument)) or [(module, argument)]
        elif 0 <= star <= index and isinstance(module.terms[call.args[star]], Star):
            for home, row in entries(self.inference, module, call.args[star]):
                if isinstance(held := home.terms[row], Sequence) and index - star < len(held.items):
                    yield home, held.items[index - star]
        elif argument >= 0:
            yield module, argument

    def _callbacks(self, module: Module, call: Call, place: Place, values: Values) -> Iterator[EntryPoint]:
        """Functions given by keyword to a constructor: ``FastAPI(lifespan=…)``, ``Server(on_call_tool=…)``."""
        for value in values:
            names: tuple[str, ...] = (value.name,) if isinstance(value, External) else ()
            if isinstance(value, ClassValue):
                names = self.inference.external_bases(value.klass)
            for name in names:
                kinds = self.catalogue.callbacks.get(name, {})
                for keyword, argument in call.keywords:
                    if keyword in kinds:
                        given = (name,) if keyword == "lifespan" else ()  # it is handed the application
                        how = _Registration(kinds[keyword], place, parameters=given, served=("*",))
                        yield from self._functions(module, argument, how)

    def _listed(self, module: Module) -> Iterator[EntryPoint]:
        """Functions and classes that a variable lists, themselves or as dotted names (``MIDDLEWARE``)."""
        for binding in module.facts.bindings:
            yield from self._variable(module, binding.name, binding)
        for klass in module.classes:
            for binding in klass.facts.attributes:
                yield from self._variable(module, f"{klass.name}.{binding.name}", binding)

    def _variable(self, module: Module, name: str, binding: Binding) -> Iterator[EntryPoint]:
        entry = self.catalogue.variables.get(name)
        if entry is None or binding.value < 0:
            return
        place = Place(module, binding.position)
        held = module.terms[binding.value]
        for item in held.items if isinstance(held, Sequence) else (binding.value,):
            text = module.text(item)
            if text is None:
                yield from self._functions(module, item, _registration(entry, place))
                continue
            home, _, last = text.rpartition(".")
            parts = self.inference.index.find(module, home, 0) if home else None
            if parts is not None:
                for value in self.inference.module_member(parts, last):
                    yield from self._served_by(value, _registration(entry, place, text))

    def _functions(self, module: Module, term: TermId, how: _Registration, depth: int = 0) -> Iterator[EntryPoint]:
        """Yield the functions that a registered value stands for."""
        held = module.terms[term]
        if depth > MAX_DEPTH:
            return
        if isinstance(held, (Mapping, Sequence)):
            for item in held.values if isinstance(held, Mapping) else held.items:
                yield from self._functions(module, item, how, depth + 1)
            return
        if isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name in {"as_view", "as_asgi"}:
                # Frameworks make a view for each request, and a consumer for each connection.
                for value in self.inference.term(module, func.base):
                    yield from self._served_by(value, how._replace(instance="request"))
                return
            # Wrappers such as login_required(view), csrf_exempt(view) and partial(view, …).
            if held.args and any(
                isinstance(value, (FunctionValue, External, Result)) for value in self.inference.term(module, held.func)
            ):
                wrapped = how._replace(wrappers=(*how.wrappers, held.func))
                yield from self._functions(module, held.args[0], wrapped, depth + 1)
        for value in self.inference.term(module, term):
            yield from self._served_by(value, how)

    def _served_by(self, value: Value, how: _Registration) -> Iterator[EntryPoint]:
        if isinstance(value, FunctionValue):
            yield EntryPoint(value.function, how.kind, how.place, how.path, how.parameters, how.wrappers)
        elif isinstance(value, (ClassValue, Instance)):
            role = self.class_role(value.klass)
            if role is None:
                self._lifetimes.setdefault(value.klass, how.instance)
            served, parameters = (
                (how.served or SERVED, how.parameters) if role is None else (role.served, role.parameters)
            )
            for function in self.methods(value.klass, served):
                yield EntryPoint(function, how.kind, how.place, how.path, parameters, how.wrappers)

    def methods(self, klass: ClassInfo, names: tuple[str, ...]) -> Iterator[FunctionInfo]:
        """Yield the methods of a class and its project bases that ``names`` (a role's ``served``) stands for."""
        for owner in self.inference.mro(klass)[0]:
            for name, index in owner.facts.methods.items():
                if names_method(names, name):
                    yield owner.module.functions[index]

    def _class(self, module: Module, klass: ClassInfo) -> Iterator[EntryPoint]:
        role = self.class_role(klass)
        if role is None:
            return
        place = Place(module, klass.facts.position)
        routed = (_first_text(module, held) for term in klass.facts.decorators if (held := _call(module, term)))
        path = next((text for text in routed if text.startswith("/")), "")
        for function in self.methods(klass, role.served):
            yield EntryPoint(function, role.kind, place, path, role.parameters)
        for function in self.methods(klass, role.startup):
            yield EntryPoint(function, "startup", place)


def _while_debugging(module: Module, condition: int) -> bool:
    """Tell whether a condition holds at developers' alone: ``if settings.DEBUG: …``."""
    while condition:
        held = module.facts.conditions[condition]
        if held.kind == "if" and held.positive and module.last_name(held.test) == "DEBUG":
            return True
        condition = held.parent
    return False


def _registration(entry: EntryPoints, place: Place, path: str = "") -> _Registration:
    return _Registration(entry.kind, place, path, entry.parameters, entry.served, entry.instance)


def _call(module: Module, term: TermId) -> Call | None:
    held = module.terms[term]
    return held if isinstance(held, Call) else None


def _first_text(module: Module, call: Call | None) -> str:
    if call is None:
        return ""
    for term in (*call.args, *(value for name, value in call.keywords if name in TEXTS)):
        text = module.text(term)
        if text is not None:
            return text
    return ""


def _looks_like_path(text: str) -> bool:
    return text.startswith("/") or text == ""
