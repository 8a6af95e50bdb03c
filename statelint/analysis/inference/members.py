"""Classes: their bases, members and fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.inference.annotations import Annotations
from statelint.analysis.inference.base import unique
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Package, Result
from statelint.extract.facts import Attr, Call, Item, Mapping, Name, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference.base import Values
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.extract.facts import Event, TermId

_PROPERTIES = frozenset({"property", "sqlalchemy.ext.hybrid.hybrid_property"})
MAX_BASES = 100
"""Bases of one class that are followed; people write fewer, and generated chains would cost the square of theirs."""
_ATTRIBUTE_BAGS = frozenset({"app", "shared"})
"""Roles of objects on which a project keeps attributes of its own."""


class Members(Annotations):
    """Finds what ``value.name`` stands for."""

    def bases(self, klass: ClassInfo, *, instances: bool = False) -> Iterator[Value]:
        """Yield the direct bases of a class, as classes or as instances of them."""
        for base in klass.facts.bases:
            for value in self.term(klass.module, self._unsubscripted(klass.module, base)):
                if not instances:
                    yield value
                elif isinstance(value, ClassValue):
                    yield Instance(value.klass)
                elif isinstance(value, External):
                    yield Result(value.name)

    @staticmethod
    def _unsubscripted(module: Module, term: TermId) -> TermId:
        held = module.terms[term]
        return held.base if isinstance(held, Item) else term

    def mro(self, klass: ClassInfo) -> tuple[tuple[ClassInfo, ...], tuple[str, ...]]:
        """Return the class and its project bases in method resolution order (simplified), and its external bases."""
        found = self._mro.get(klass)
        if found is None:
            classes = tuple(self._linearise(klass, ()))
            # In a framework's own repository, its classes are the bases that the catalogue knows.
            own = [self.catalogue.own_name(owner.module.parts, owner.name) for owner in classes]
            outside = [
                *filter(None, own),
                *(
                    value.name
                    for owner in classes
                    for value in self.bases(owner)
                    if isinstance(value, (External, Result))
                ),
            ]
            found = (classes, tuple(dict.fromkeys(outside)))
            if not self._busy:
                self._mro[klass] = found
        return found

    def _linearise(self, klass: ClassInfo, below: tuple[ClassInfo, ...]) -> list[ClassInfo]:
        """Return the C3 linearisation; where Python would refuse, the order of first mention."""
        if klass in below or len(below) > MAX_BASES:
            return []
        known = self._mro.get(klass)
        if known is not None:
            return list(known[0][:MAX_BASES])
        bases = [value.klass for value in self.bases(klass) if isinstance(value, ClassValue)]
        lines = [self._linearise(base, (*below, klass)) for base in dict.fromkeys(bases)]
        order = [klass]
        if len(lines) == 1:
            return order + lines[0]
        lines.append(list(dict.fromkeys(bases)))
        while lines := [line for line in lines if line]:
            later = {other for line in lines for other in line[1:]}
            head = next((line[0] for line in lines if line[0] not in later), lines[0][0])
            order.append(head)
            lines = [[other for other in line if other is not head] for line in lines]
        return order

    def external_bases(self, klass: ClassInfo) -> tuple[str, ...]:
        """Return the qualified names of the external classes that a class inherits from, directly or not."""
        return self.mro(klass)[1]

    def fields(self, klass: ClassInfo) -> dict[str, list[tuple[FunctionInfo, Event]]]:
        """Return the assignments to ``self.name`` in the class's own methods."""
        if klass.module not in self._indexed:
            self._index_fields(klass.module)
        return self._fields.get(klass, {})

    def _index_fields(self, module: Module) -> None:
        self._indexed.add(module)
        owners = {index: klass for klass in module.classes for index in klass.facts.methods.values()}
        for function in module.functions:
            for event in function.events:
                if event.op != "write":
                    continue
                target = module.terms[event.term]
                base = module.terms[target.base] if isinstance(target, Attr) else None
                if isinstance(target, Attr) and isinstance(base, Param) and base.index == 0 and base.function in owners:
                    fields = self._fields.setdefault(owners[base.function], {})
                    fields.setdefault(target.name, []).append((function, event))
                elif function.name == "__new__" and function.index in owners and isinstance(base, (Call, Attr)):
                    # ``made = super().__new__(cls); made.name = …``
                    fields = self._fields.setdefault(owners[function.index], {})
                    fields.setdefault(target.name, []).append((function, event))  # type: ignore[union-attr]

    def method(self, klass: ClassInfo, name: str) -> FunctionInfo | None:
        """Return the method ``name`` of a class or of its project bases."""
        for owner in self.mro(klass)[0]:
            method = owner.method(name)
            if method is not None:
                return method
        return None

    def method_kind(self, function: FunctionInfo) -> str:
        """Return ``instance``, ``class`` or ``static``."""
        if function.name in {"__new__", "__init_subclass__", "__class_getitem__"}:
            return "class"
        for decorator in function.facts.decorators:
            name = function.module.dotted(decorator)
            if name in {"staticmethod", "classmethod"}:
                return "static" if name == "staticmethod" else "class"
        owner = function.owner
        if owner is not None and function.facts.parameters and function.facts.parameters[0].name == "cls":
            return "class"
        return "instance"

    def is_property(self, function: FunctionInfo) -> bool:
        """Tell whether a method is read like an attribute."""
        for decorator in function.facts.decorators:
            name = function.module.dotted(decorator)
            if name == "property" or name.endswith((".setter", ".getter")):
                return True
            cached = self.catalogue.cached_properties
            if any(
                isinstance(value, External) and (value.name in _PROPERTIES or value.name in cached)
                for value in self.term(function.module, decorator)
            ):
                return True
        return False

    def member(self, value: Value, name: str) -> Values:
        """Return what ``value.name`` stands for."""
        match value:
            case Package(parts=parts):
                return self.module_member(parts, name)
            case External(name=qualified):
                full = self.catalogue.canonical(f"{qualified}.{name}")
                given = self.catalogue.attributes.get(full)
                return self.external(full) if given is None else self.result(given)
            case Result(name=qualified):
                full = f"{qualified}.{name}"
                given = self.catalogue.attributes.get(full)
                if given is not None:
                    return self.result(given)
                if self.catalogue.roles.get(qualified, frozenset()) & _ATTRIBUTE_BAGS:
                    return self.shared_attribute(name) or self.external(full)
                if qualified.endswith(".state") and self.catalogue.role(qualified, "private"):
                    return self.yielded_attribute(name) or self.external(full)
                return self.external(full)
            case ClassValue(klass=klass):
                return self._class_member(klass, name, value)
            case Instance(klass=klass):
                return self._instance_member(klass, name, value)
            case _:
                return ()

    def _class_member(self, klass: ClassInfo, name: str, receiver: ClassValue | Instance) -> Values:
        classes, outside = self.mro(klass)
        for owner in classes:
            method = owner.method(name)
            if method is not None:
                return (FunctionValue(method, receiver),)
            binding = owner.attribute(name)
            if binding is not None:
                return self.binding(owner.module, binding)
            inner = owner.facts.inner.get(name)
            if inner is not None:
                return (ClassValue(owner.module.classes[inner]),)
        return self._outside(outside, name)

    def _outside(self, outside: tuple[str, ...], name: str) -> Values:
        for base in outside:
            given = self.catalogue.attributes.get(f"{base}.{name}")
            if given is not None:
                return self.result(given)
        for base in outside:
            if base not in {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "enum.Enum", "str"}:
                return self.external(f"{base}.{name}")
        return ()

    def _instance_member(self, klass: ClassInfo, name: str, receiver: Instance) -> Values:
        classes, outside = self.mro(klass)
        found: list[Value] = []
        for owner in classes:
            method = owner.method(name)
            if method is not None:
                if self.is_property(method):
                    return self.returned(FunctionValue(method, receiver))
                return (FunctionValue(method, receiver),)
            for function, event in self.fields(owner).get(name, ()):
                if event.value >= 0 and event.how in {"=", "with", "for"}:
                    found += self.term(function.module, event.value)
            binding = owner.attribute(name)
            if binding is not None:
                found += self.binding(owner.module, binding)
        return unique(found) or self._outside(outside, name)

    def shared_attribute(self, name: str) -> Values:
        """Return what the project puts on applications (``app.state.name``, ``app["name"]``) under ``name``."""
        if self._shared is None:
            self._shared = {}
            shared: dict[str, list[tuple[Module, TermId]]] = {}
            for module in self.modules:
                for function in module.functions:
                    for event in function.events:
                        if event.op == "write" and event.value >= 0:
                            self._share(module, event, shared)
                        elif event.op == "call":
                            self._share_by_name(module, event, shared)
            self._shared = shared
        return unique(value for home, term in self._shared.get(name, ()) for value in self.term(home, term))

    def yielded_attribute(self, name: str) -> Values:
        """Return what lifespans yield under ``name``: every request finds the same object in ``request.state.name``."""
        return unique(value for home, term in self.yielded.get(name, ()) for value in self.term(home, term))

    @property
    def yielded(self) -> dict[str, list[tuple[Module, TermId]]]:
        """What context managers of the project yield in dicts, by key, less what is set on requests as well."""
        if self._yielded is None:
            found: dict[str, list[tuple[Module, TermId]]] = {}
            self._yielded = found
            for module in self.modules:
                for function in module.functions:
                    if not function.facts.is_generator or not function.facts.decorators:
                        continue
                    for event in function.events:
                        held = module.terms[event.term] if event.op == "yield" and event.term >= 0 else None
                        for key, value in zip(held.keys, held.values, strict=True) if isinstance(held, Mapping) else ():
                            if key >= 0 and (name := module.text(key)) is not None:
                                found.setdefault(name, []).append((module, value))
            for module in self.modules if found else ():
                for function in module.functions:
                    for event in function.events:
                        target = module.terms[event.term] if event.op == "write" else None
                        if isinstance(target, Attr) and target.name in found and self._on_request(module, target.base):
                            del found[target.name]
        return self._yielded

    @staticmethod
    def _on_request(module: Module, base: TermId) -> bool:
        """Tell whether ``base`` is the ``state`` of something that is not the application."""
        held = module.terms[base]
        if not isinstance(held, Attr) or held.name != "state":
            return False
        match module.terms[held.base]:
            case Attr(name=name) | Name(id=name):
                return "app" not in name.lower()
            case Param(function=function, index=index):
                return "app" not in module.functions[function].facts.parameters[index].name.lower()
            case _:
                return False

    def _share_by_name(self, module: Module, event: Event, shared: dict[str, list[tuple[Module, TermId]]]) -> None:
        """``setattr(app.state, name, value)``, also where a helper gets name and value from its callers."""
        call = module.terms[event.term]
        if not isinstance(call, Call) or len(call.args) != 3 or not isinstance(func := module.terms[call.func], Name):
            return
        if func.id != "setattr" or not self._is_bag(module, call.args[0]):
            return
        _, key, value = call.args
        held = module.terms[key]
        if (name := module.text(key)) is not None:
            shared.setdefault(name, []).append((module, value))
        elif isinstance(held, Param) and isinstance(given := module.terms[value], Param):
            function = module.functions[held.function]
            for home, caller, bound in (self.callers or {}).get(function, ()):
                name = home.text(self.argument(home, caller, function, held.index, bound))
                passed = self.argument(home, caller, function, given.index, bound)
                if name is not None and passed >= 0:
                    shared.setdefault(name, []).append((home, passed))

    def _is_bag(self, module: Module, term: TermId) -> bool:
        return any(
            isinstance(value, Result) and self.catalogue.roles.get(value.name, frozenset()) & _ATTRIBUTE_BAGS
            for value in self.term(module, term)
        )

    def _share(self, module: Module, event: Event, shared: dict[str, list[tuple[Module, TermId]]]) -> None:
        target = module.terms[event.term]
        if not isinstance(target, (Attr, Item)):
            return
        name = target.name if isinstance(target, Attr) else module.text(target.key)
        if name is not None and self._is_bag(module, target.base):
            shared.setdefault(name, []).append((module, event.value))
