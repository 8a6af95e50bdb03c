"""Which functions frameworks call: routes, dependencies, middleware, tools, tasks; and start-up and CLI code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, FunctionInfo, FunctionValue, Instance, Place, Result
from statelint.extract.facts import Attr, Call, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.calls import CallGraph
    from statelint.analysis.model import ClassInfo, Module, Value
    from statelint.catalogue.schema import ClassRole, EntryPoints
    from statelint.extract.facts import TermId

OFFLINE_KINDS = frozenset({"startup", "cli"})


class EntryPoint(NamedTuple):
    """A function that a framework calls, and how it is registered."""

    function: FunctionInfo
    kind: str
    place: Place
    """The decorator's function, the registering call or the class."""
    path: str = ""
    """The route or name it is registered under, where that is a constant."""


class EntryPointFinder:
    """Applies the catalogue's entry point facts to the project."""

    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self.inference = graph.inference
        self.catalogue = graph.inference.catalogue

    def find(self) -> Iterator[EntryPoint]:
        """Yield every entry point; a function can be several."""
        for module in self.inference.modules:
            for function in module.functions:
                for decorator in function.facts.decorators:
                    yield from self._decorated(module, function, decorator)
                for event in function.events:
                    if event.op == "call":
                        call = module.terms[event.term]
                        if isinstance(call, Call):
                            yield from self._registered(module, call, Place(module, event.position))
            for klass in module.classes:
                yield from self._class(module, klass)

    def class_role(self, klass: ClassInfo) -> ClassRole | None:
        """Return what the framework does with a class, by its external bases."""
        for base in self.inference.external_bases(klass):
            role = self.catalogue.classes.get(base) or self.catalogue.classes.get(f"*.{base.rpartition('.')[2]}")
            if role is not None:
                return role
        return None

    def _decorated(self, module: Module, function: FunctionInfo, decorator: TermId) -> Iterator[EntryPoint]:
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
        if entry is not None:
            place = Place(module, function.facts.position)
            yield EntryPoint(function, entry.kind, place, _first_text(module, call))

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

    def _registered(self, module: Module, call: Call, place: Place) -> Iterator[EntryPoint]:
        values = self.inference.term(module, call.func)
        entry: EntryPoints | None = None
        for value in values:
            if isinstance(value, External):
                entry = entry or self.catalogue.calls.get(value.name)
            elif isinstance(value, ClassValue):
                for base in self.inference.external_bases(value.klass):
                    entry = entry or self.catalogue.calls.get(base)
        if entry is None and not values:
            entry = self._loose(module, call.func, call, self.catalogue.loose_calls)
        if entry is None:
            return
        argument = next((value for name, value in call.keywords if entry.keyword and name == entry.keyword), -1)
        if argument < 0 and entry.argument < len(call.args):
            argument = call.args[entry.argument]
        if argument < 0:
            return
        for function in self._functions(module, argument):
            yield EntryPoint(function, entry.kind, place, _first_text(module, call))

    def _functions(self, module: Module, term: TermId) -> Iterator[FunctionInfo]:
        """Yield the functions that a registered value stands for."""
        held = module.terms[term]
        if isinstance(held, Sequence):
            for item in held.items:
                yield from self._functions(module, item)
            return
        if isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name in {"as_view", "as_asgi"}:
                for value in self.inference.term(module, func.base):
                    yield from self._served_by(value)
                return
            if isinstance(func, (Name, Attr)) and held.args:
                # Wrappers such as login_required(view), csrf_exempt(view) and partial(view, …).
                for value in self.inference.term(module, held.func):
                    if isinstance(value, (FunctionValue, External)):
                        for argument in held.args[:1]:
                            yield from self._functions(module, argument)
        for value in self.inference.term(module, term):
            yield from self._served_by(value)

    def _served_by(self, value: Value) -> Iterator[FunctionInfo]:
        if isinstance(value, FunctionValue):
            yield value.function
        elif isinstance(value, (ClassValue, Instance)):
            role = self.class_role(value.klass)
            names = (
                role.served if role is not None else ("__call__", "dispatch", "get", "post", "put", "patch", "delete")
            )
            yield from self.methods(value.klass, names)

    def methods(self, klass: ClassInfo, names: tuple[str, ...]) -> Iterator[FunctionInfo]:
        """Yield the methods of a class and its project bases that ``names`` lists (``*``: the public ones)."""
        for owner in self.inference.mro(klass)[0]:
            for name, index in owner.facts.methods.items():
                wanted = not name.startswith("_") if "*" in names else name in names
                if wanted or any(
                    pattern.endswith("*") and name.startswith(pattern[:-1]) for pattern in names if pattern != "*"
                ):
                    yield owner.module.functions[index]

    def _class(self, module: Module, klass: ClassInfo) -> Iterator[EntryPoint]:
        role = self.class_role(klass)
        if role is None:
            return
        place = Place(module, klass.facts.position)
        for function in self.methods(klass, role.served):
            yield EntryPoint(function, role.kind, place)
        for function in self.methods(klass, role.startup):
            yield EntryPoint(function, "startup", place)


def _first_text(module: Module, call: Call | None) -> str:
    if call is None:
        return ""
    for term in (
        *call.args,
        *(value for name, value in call.keywords if name in {"path", "rule", "name", "route", "uri"}),
    ):
        text = module.text(term)
        if text is not None:
            return text
    return ""


def _looks_like_path(text: str) -> bool:
    return text.startswith("/") or text == ""
