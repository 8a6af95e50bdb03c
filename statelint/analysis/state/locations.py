"""Where the object that a term stands for is kept."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from statelint.analysis.inference import unique
from statelint.analysis.inference.functions import CASTS
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Package, Result
from statelint.analysis.state.classes import ClassQuestions
from statelint.analysis.state.memos import memoiser
from statelint.analysis.state.roots import (
    AppAttribute,
    ClassAttribute,
    Default,
    Field,
    FunctionAttribute,
    Global,
    Library,
    Local,
    Location,
    Memo,
)
from statelint.extract.facts import (
    Attr,
    Call,
    Cell,
    Choice,
    Comprehension,
    Const,
    Element,
    Enter,
    Item,
    Logic,
    Mapping,
    Name,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.extract.facts import TermId

Locations = tuple[Location, ...]

ACCESSORS = frozenset(
    {"get", "setdefault", "values", "items", "__getitem__", "popleft", "pop", "popitem", "most_common"}
)
"""Methods of containers that give what they hold."""
LEAVING = frozenset({"pop", "popleft", "popitem"})
"""Those after which the container no longer holds it."""
PRIVATE = frozenset({"private", "request"})
"""Roles of what belongs to one request."""
_SAME = CASTS | {"iter", "vars", "reversed", "contextlib.closing"}


class Locator:
    """Answers where terms live; memoised, and cut where it would go in circles."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.catalogue = inference.catalogue
        self._memo: dict[tuple[Module, TermId], Locations] = {}
        self._busy: set[object] = set()
        self.classes = ClassQuestions(inference)
        self._globals: dict[Module, frozenset[str]] = {}

    def locate(self, module: Module, term: TermId) -> Locations:
        """Return where the object ``term`` of ``module`` is kept; nothing when it is fresh, private or unknown."""
        if term < 0:
            return ()
        key = (module, term)
        found = self._memo.get(key)
        if found is not None:
            return found
        if key in self._busy or len(self._busy) > 60:
            return ()
        self._busy.add(key)
        try:
            found = unique(self._locate(module, term))
        finally:
            self._busy.discard(key)
        self._memo[key] = found
        return found

    def _locate(self, module: Module, term: TermId) -> Iterator[Location]:
        held = module.terms[term]
        match held:
            case Name(id=name):
                yield from self.named(module, name)
            case Attr(base=base, name=name):
                yield from self.attribute(module, base, name)
            case Item(base=base, key=key):
                # A part of a list is a list of its own.
                if not _is_slice(module, key):
                    yield from self.item(module, base, key)
            case Element(base=base):
                yield from (location.below("[]") for location in self._contents(module, base))
            case Choice(then=then, other=other):
                yield from self.locate(module, then)
                yield from self.locate(module, other)
            case Logic(values=values):
                for value in values:
                    yield from self.locate(module, value)
            case Call():
                yield from self._call(module, held)
            case Param(function=function, index=index):
                yield from self.parameter(module.functions[function], index)
            case Cell(function=function, name=name):
                yield from self._cell(module.functions[function], name)
            case Enter(base=base):
                if self.classes.is_container_term(module, base):
                    yield from self.locate(module, base)

    def _contents(self, module: Module, base: TermId) -> Iterator[Location]:
        """Locate what is iterated over; ``list(x)``, ``x.items()`` and comprehensions hold the same elements."""
        held = module.terms[base]
        if isinstance(held, Call) and held.args:
            names = {value.name for value in self.inference.term(module, held.func) if isinstance(value, External)}
            if names & {"list", "tuple", "set", "sorted", "enumerate", "zip", "filter", "reversed", "iter"}:
                for argument in held.args:
                    yield from self._contents(module, argument)
                return
        if isinstance(held, Comprehension) and isinstance(module.terms[held.element], Element):
            yield from self.locate(module, held.element)
            return
        if isinstance(held, Item) and _is_slice(module, held.key):
            yield from self._contents(module, held.base)
            return
        yield from self.locate(module, base)

    # -- names

    def named(self, module: Module, name: str) -> Iterator[Location]:
        """Locate a global variable, following imports and aliases of other objects."""
        home, bindings = self.inference.definition(module, name)
        if not bindings:
            if name in module.definitions or name in module.imports:
                return
            # ``from x import *`` of a module out of sight may have brought it.
            if self.declared_global(module, name) or (module.stars and not hasattr(builtins, name)):
                yield Location(Global(module, name))
            return
        value = bindings[0].value
        if len(bindings) == 1 and value >= 0 and isinstance(home.terms[value], (Attr, Name, Item)):
            aliases = self.locate(home, value)
            if aliases and not all(isinstance(found.root, Library) for found in aliases):
                yield from aliases
                return
        yield Location(Global(home, bindings[0].name))

    def declared_global(self, module: Module, name: str) -> bool:
        """Tell whether some function declares ``name`` global, though the module itself never assigns it."""
        table = self._globals.get(module)
        if table is None:
            table = self._globals[module] = frozenset(
                held.id
                for function in module.functions
                for event in function.events
                if event.op == "global" and isinstance(held := module.terms[event.term], Name)
            )
        return name in table

    def _roles(self, name: str) -> frozenset[str]:
        return self.catalogue.roles.get(name, frozenset())

    def _private(self, name: str) -> bool:
        """Tell whether a library object, or one that it is an attribute of, belongs to a request."""
        while name:
            if self._roles(name) & PRIVATE or name in self.catalogue.principals:
                return True
            name = name.rpartition(".")[0]
        return False

    def _is_private(self, value: Value) -> bool:
        return isinstance(value, (External, Result)) and self._private(value.name)

    # -- attributes and items

    def _is_manager(self, klass: ClassInfo, name: str) -> bool:
        """Tell whether an attribute is a model's way to its rows, whatever the class says: ``objects = None``."""
        return name == "objects" and any(base.startswith("django.db.") for base in self.inference.external_bases(klass))

    def attribute(self, module: Module, base: TermId, name: str, *, bound: bool = False) -> Iterator[Location]:
        """Locate ``base.name``; with ``bound``, the place that an assignment to it would change."""
        if name in {"__dict__", "__self__"}:
            yield from self.locate(module, base)
            return
        values = self.inference.term(module, base) or self._class_of(module, base)
        known = False
        # cast(Globals, flask.g) is the request's, whatever else it is said to be.
        for value in sorted(values, key=lambda value: not self._is_private(value)):
            if isinstance(value, Package):
                known = True
                yield from self._member(value, name)
            elif isinstance(value, ClassValue):
                known = True
                if self.inference.method(value.klass, name) is None and not self._is_manager(value.klass, name):
                    yield Location(ClassAttribute(self.classes.declaring(value.klass, name) or value.klass, name))
            elif isinstance(value, FunctionValue):
                known = True
                # A function made by a call is as short-lived as the call; what decorators note is no state.
                if isinstance(module.terms[base], Name) and value.function.parent is None and not name.startswith("__"):
                    yield Location(FunctionAttribute(value.function, name))
            elif isinstance(value, External):
                known = True
                kept = [found for found in self.locate(module, base) if isinstance(found.root, AppAttribute)]
                if kept:
                    yield from (found.below(f".{name}") for found in kept)
                    return
                if self._private(value.name):
                    if not bound and self._yielded(module, base, name):
                        yield Location(AppAttribute("app.state", name))
                    return
                if module.dotted(base):
                    yield Location(Library(self.catalogue.canonical(f"{value.name}.{name}")))
            elif isinstance(value, Instance):
                known = True
                yield from self._of_instance(module, base, value.klass, name, bound)
            elif isinstance(value, Result):
                roles = self._roles(value.name)
                if roles & PRIVATE:
                    if not bound and self._yielded(module, base, name):
                        yield Location(AppAttribute("app.state", name))
                    return
                if "app" in roles or "shared" in roles:
                    known = True
                    yield Location(AppAttribute("app.state" if "shared" in roles else "app", name))
                elif "settings" in roles and value.name in self.catalogue.attributes:
                    known = True
                    yield Location(Library(f"{value.name}.{name}"))
        if not known:
            for location in self.locate(module, base):
                yield location.below(f".{name}")

    def _yielded(self, module: Module, base: TermId, name: str) -> bool:
        """Tell whether ``base.name`` is ``request.state.name`` and holds what a lifespan yielded."""
        held = module.terms[base]
        return isinstance(held, Attr) and held.name == "state" and name in self.inference.yielded

    def _class_of(self, module: Module, base: TermId) -> tuple[Value, ...]:
        """Return the classes that ``x.__class__`` or ``type(x)`` stands for."""
        held = module.terms[base]
        target = -1
        if isinstance(held, Attr) and held.name == "__class__":
            target = held.base
        elif isinstance(held, Call) and len(held.args) == 1 and isinstance(func := module.terms[held.func], Name):
            target = held.args[0] if func.id == "type" else -1
        if target < 0:
            return ()
        return tuple(
            ClassValue(value.klass) for value in self.inference.term(module, target) if isinstance(value, Instance)
        )

    def _member(self, package: Package, name: str) -> Iterator[Location]:
        home = self.inference.index.by_parts.get(package.parts)
        if home is not None:
            yield from self.named(home, name)

    def _of_instance(
        self, module: Module, base: TermId, klass: ClassInfo, name: str, bound: bool
    ) -> Iterator[Location]:
        method = self.inference.method(klass, name)
        if method is not None:
            if self.inference.is_property(method) and not bound:
                yield from self.returned(method)
            return
        made = module.terms[base]
        if isinstance(made, Call) and ClassValue(klass) in self.inference.term(module, made.func):
            return
        outsiders = self.inference.external_bases(klass)
        if any(self._roles(outside) & PRIVATE for outside in outsiders):
            return
        if any("app" in self._roles(outside) for outside in outsiders):
            yield Location(AppAttribute("app", name))
            return
        shared = None if bound else self.classes.shared_attribute(klass, name)
        if shared is not None:
            yield Location(ClassAttribute(shared, name))
            return
        found = False
        for location in self.locate(module, base):
            if isinstance(location.root, Field) and not location.root.name:
                continue
            found = True
            yield location.below(f".{name}")
        if not found:
            yield Location(Field(klass, name))
            if not bound:
                yield from self.classes.shared_defaults(klass, name)

    def item(self, module: Module, base: TermId, key: TermId) -> Iterator[Location]:
        """Locate ``base[key]``."""
        held = module.terms[base]
        text = module.text(key)
        if isinstance(held, Call):
            for value in self.inference.term(module, held.func):
                if value in {External("globals"), External("vars")} and text is not None and not held.args:
                    yield from self.named(module, text)
                    return
        if isinstance(held, Mapping):
            for name, entry in zip(held.keys, held.values, strict=True):
                if name == key:
                    yield from self.locate(module, entry)
            return
        if isinstance(held, Sequence):
            index = module.terms[key]
            if (
                isinstance(index, Const)
                and isinstance(index.value, int)
                and -len(held.items) <= index.value < len(held.items)
            ):
                yield from self.locate(module, held.items[index.value])
            return
        for value in self.inference.term(module, base):
            if isinstance(value, Result):
                roles = self._roles(value.name)
                if roles & PRIVATE:
                    return
                if roles & {"app", "shared"}:
                    yield Location(AppAttribute("app", text or "*"))
                    return
            elif isinstance(value, Instance) and (getter := self.inference.method(value.klass, "__getitem__")):
                yield from self.returned(getter)
                return
        for location in self._contents(module, base):
            yield location.below("[]")

    # -- calls and parameters

    def _call(self, module: Module, call: Call) -> Iterator[Location]:
        values = self.inference.term(module, call.func)
        func = module.terms[call.func]
        if isinstance(func, Attr) and not any(isinstance(value, FunctionValue) for value in values):
            if func.name in ACCESSORS and func.name not in LEAVING and self._holds_values(module, func.base):
                for location in self.locate(module, func.base):
                    yield location.below("[]")
            return
        for value in values:
            if isinstance(value, FunctionValue):
                yield from self.returned(value.function)
            elif isinstance(value, External):
                if value.name == "globals":
                    yield Location(Global(module, "globals()"))
                elif value.name in _SAME and call.args:
                    yield from self.locate(module, call.args[-1] if value.name in CASTS else call.args[0])
                elif value.name == "getattr" and len(call.args) >= 2:
                    name = module.text(call.args[1])
                    if name is not None:
                        yield from self.attribute(module, call.args[0], name)
                elif value.name in self.catalogue.dependency_markers:
                    target = self.inference.dependency_target(call)
                    if target >= 0:
                        yield from self._dependency(self.inference.term(module, target))

    def _holds_values(self, module: Module, base: TermId) -> bool:
        """Tell whether ``base.get(…)`` may give what ``base`` holds: not if ``base`` is known as no container."""
        for value in self.inference.term(module, base):
            if isinstance(value, Result) and not self.classes.is_container(value.name):
                return False
            if isinstance(value, (External, ClassValue)):
                return False
            if isinstance(value, Instance):
                return any(self.classes.is_container(base) for base in self.inference.external_bases(value.klass))
        return True

    def memoised(self, function: FunctionInfo) -> bool:
        """Tell whether a decorator keeps the function's results."""
        return bool(memoiser(self.inference, function)[0])

    def returned(self, function: FunctionInfo) -> Iterator[Location]:
        """Locate what calling a function gives."""
        if self.memoised(function):
            yield Location(Memo(function))
            return
        op = "yield" if function.facts.is_generator else "return"
        for event in function.events:
            if event.op == op:
                yield from self.locate(function.module, event.term)

    def _dependency(self, values: tuple[Value, ...]) -> Iterator[Location]:
        for value in values:
            if isinstance(value, FunctionValue):
                yield from self.returned(value.function)

    def parameter(self, function: FunctionInfo, index: int) -> Iterator[Location]:
        """Locate what is passed for a parameter: by callers, dependencies and defaults."""
        facts, module = function.facts, function.module
        parameter = facts.parameters[index]
        owner = function.owner
        if index == 0 and owner is not None and self.inference.method_kind(function) == "instance":
            yield Location(Field(owner, ""))
            return
        if parameter.kind.startswith("*"):
            return
        if parameter.default >= 0:
            if self.inference.is_dependency(module, parameter.default):
                yield from self.locate(module, parameter.default)
            elif isinstance(
                module.terms[parameter.default], (Mapping, Sequence, Comprehension, Call)
            ) and not self.inference.is_field(module, parameter.default):
                yield Location(Default(function, index))
            else:
                yield from self.locate(module, parameter.default)
        for home, extra in self.inference.annotated_extras(module, parameter.annotation):
            yield from self.locate(home, extra) if self.inference.is_dependency(home, extra) else ()
        for home, call, bound in (self.inference.callers or {}).get(function, ())[:12]:
            argument = self.inference.argument(home, call, function, index, bound)
            if argument >= 0:
                for location in self.locate(home, argument):
                    origin = location.origin or home.holder(call)
                    yield Location(location.root, location.path, origin)

    def _cell(self, function: FunctionInfo, name: str) -> Iterator[Location]:
        values = function.facts.cells.get(name, ())
        aliases = [location for value in values for location in self.locate(function.module, value)]
        if aliases:
            yield from aliases
        else:
            yield Location(Local(function, name))


def _is_slice(module: Module, key: TermId) -> bool:
    held = module.terms[key]
    return isinstance(held, Sequence) and held.kind == "slice"
