"""What a term stands for: modules, classes, functions and instances, across files.

Inference is demand-driven and memoised. It answers with every value that assignments, annotations, dependencies and
return statements suggest, or with nothing; it never guesses.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, TypeVar

from statelint.analysis.imports import ModuleIndex
from statelint.analysis.model import (
    ClassInfo,
    ClassValue,
    External,
    FunctionInfo,
    FunctionValue,
    Instance,
    Module,
    Package,
    Result,
)
from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Caught,
    Cell,
    Choice,
    ClassRef,
    Compare,
    Comprehension,
    Const,
    Element,
    Enter,
    Format,
    FunctionRef,
    Item,
    Logic,
    Mapping,
    Name,
    Not,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from statelint.analysis.model import Value
    from statelint.catalogue.loader import Catalogue
    from statelint.extract.facts import Binding, Event, Import, TermId

Values = tuple["Value", ...]
T = TypeVar("T")

MAX_VALUES = 8
"""More alternatives than this say nothing; the first ones are kept."""
BUILTINS = frozenset(dir(builtins))
_WRAPPERS = frozenset(
    {
        "typing.Optional", "typing.Union", "typing.Final", "typing.ClassVar", "typing.Required", "typing.NotRequired",
        "sqlalchemy.orm.Mapped", "typing.Awaitable", "typing.Coroutine", "collections.abc.Awaitable",
    }
)  # fmt: skip
_YIELDING = frozenset(
    f"{home}.{name}"
    for home in ("typing", "collections.abc")
    for name in ("Generator", "AsyncGenerator", "Iterator", "AsyncIterator", "Iterable", "AsyncIterable")
)
_PROPERTIES = frozenset(
    {
        "property",
        "functools.cached_property",
        "sqlalchemy.ext.hybrid.hybrid_property",
        "django.utils.functional.cached_property",
    }
)
_ATTRIBUTE_BAGS = frozenset({"app", "shared"})
"""Roles of objects on which a project keeps attributes of its own."""
_CONTAINERS = frozenset({"list", "set", "tuple", "dict", "frozenset", "collections.deque", "collections.defaultdict"})


def unique(values: Iterable[T]) -> tuple[T, ...]:
    """Return the distinct values in order, at most ``MAX_VALUES`` of them."""
    seen = tuple(dict.fromkeys(values))
    return seen[:MAX_VALUES]


class Inference:
    """Resolves names and infers values over the project's modules."""

    def __init__(self, modules: list[Module], catalogue: Catalogue) -> None:
        self.modules = modules
        self.index = ModuleIndex(modules)
        self.catalogue = catalogue
        self.callers: dict[FunctionInfo, list[tuple[Module, TermId, bool]]] | None = None
        """Known calls of each function: module, call term, whether the receiver is passed implicitly."""
        self._terms: dict[tuple[Module, TermId], Values] = {}
        self._names: dict[tuple[Module, str], Values] = {}
        self._returns: dict[FunctionInfo, Values] = {}
        self._parameters: dict[tuple[FunctionInfo, int], Values] = {}
        self._elements: dict[tuple[Module, TermId], Values] = {}
        self._shared: dict[str, list[tuple[Module, TermId]]] | None = None
        self._mro: dict[ClassInfo, tuple[tuple[ClassInfo, ...], tuple[str, ...]]] = {}
        self._fields: dict[ClassInfo, dict[str, list[tuple[FunctionInfo, Event]]]] = {}
        self._busy: set[object] = set()

    def forget(self) -> None:
        """Drop what was inferred, so that newly known callers are taken into account."""
        self._terms.clear()
        self._names.clear()
        self._returns.clear()
        self._parameters.clear()
        self._elements.clear()
        self._shared = None

    def _once(self, key: object, table: dict[T, Values], entry: T, compute: Callable[[], Iterable[Value]]) -> Values:
        """Memoise ``compute``; a question met while it is being answered has no answer yet."""
        found = table.get(entry)
        if found is not None:
            return found
        if key in self._busy or len(self._busy) > 150:
            return ()
        self._busy.add(key)
        try:
            found = unique(compute())
        finally:
            self._busy.discard(key)
        table[entry] = found
        return found

    # -- names

    def name(self, module: Module, name: str) -> Values:
        """Return what the global ``name`` of ``module`` stands for."""
        return self._once((module, name), self._names, (module, name), lambda: self._name(module, name))

    def _name(self, module: Module, name: str) -> Iterator[Value]:
        found = False
        for definition in module.definitions.get(name, ()):
            found = True
            yield FunctionValue(definition) if isinstance(definition, FunctionInfo) else ClassValue(definition)
        for binding in module.bindings.get(name, ()):
            found = True
            yield from self.binding(module, binding)
        for item in module.imports.get(name, ()):
            found = True
            yield from self.imported(module, item)
        if found:
            return
        for item in module.local_imports.get(name, ()):
            found = True
            yield from self.imported(module, item)
        if found:
            return
        for star in module.stars:
            parts = self.index.find(module, star.module, star.level)
            if parts is not None:
                values = self.module_member(parts, name)
                found = found or bool(values)
                yield from values
        if found:
            return
        if name in BUILTINS:
            yield External(name)
            return
        outside = [star for star in module.stars if self.index.find(module, star.module, star.level) is None]
        if len(outside) == 1:
            yield External(self.catalogue.canonical(f"{outside[0].module}.{name}"))

    def binding(self, module: Module, binding: Binding) -> Values:
        """Return what an assignment at module or class level binds."""
        values: Values = ()
        if binding.value >= 0:
            values = self.term(module, binding.value)
        if binding.annotation >= 0:
            values = unique((*values, *self.annotation(module, binding.annotation)))
        return values

    def imported(self, module: Module, item: Import) -> Values:
        """Return what an import binds."""
        parts = self.index.find(module, item.module, item.level)
        if parts is None:
            if item.level:
                prefix = ".".join(module.folder[: len(module.folder) - item.level + 1])
                name = ".".join(part for part in (prefix, item.module) if part)
            else:
                name = item.module
            full = f"{name}.{item.symbol}" if item.symbol else name
            return (External(self.catalogue.canonical(full)),)
        if not item.symbol:
            return (Package(parts),)
        if parts == module.parts and not self.index.exists((*parts, item.symbol)):
            return ()
        return self.module_member(parts, item.symbol)

    def module_member(self, parts: tuple[str, ...], name: str) -> Values:
        """Return the member ``name`` of a project module or package."""
        module = self.index.by_parts.get(parts)
        if module is not None:
            values = self.name(module, name)
            if values and values != (External(name),):
                return values
        inner = (*parts, name)
        return (Package(inner),) if self.index.exists(inner) else ()

    # -- terms

    def term(self, module: Module, term: TermId) -> Values:
        """Return what ``term`` of ``module`` stands for."""
        if term < 0:
            return ()
        key = (module, term)
        found = self._terms.get(key)
        if found is not None:
            return found
        return self._once(("t", *key), self._terms, key, lambda: self._term(module, term))

    def _term(self, module: Module, term: TermId) -> Iterable[Value]:
        held = module.terms[term]
        match held:
            case Name(id=name):
                return self.name(module, name)
            case Attr(base=base, name=name):
                return [found for value in self.term(module, base) for found in self.member(value, name)]
            case Call():
                return self._call(module, term, held)
            case Param(function=function, index=index):
                return self.parameter(module.functions[function], index)
            case Cell(function=function, name=name):
                cells = module.functions[function].facts.cells.get(name, ())
                return [value for cell in cells for value in self.term(module, cell)]
            case Item(base=base, key=key):
                return self._item(module, base, key)
            case Element(base=base):
                return self.elements(module, base)
            case Enter(base=base):
                return [found for value in self.term(module, base) for found in self._entered(value)]
            case Choice(then=then, other=other):
                return (*self.term(module, then), *self.term(module, other))
            case Logic(values=values):
                return [value for part in values for value in self.term(module, part)]
            case Const(kind=kind):
                return () if kind == "NoneType" else (Result(kind),)
            case Mapping():
                return (Result("dict"),)
            case Sequence(kind=kind) | Comprehension(kind=kind):
                return (Result(kind),)
            case Format():
                return (Result("str"),)
            case Compare() | Not():
                return (Result("bool"),)
            case FunctionRef(function=function):
                return (FunctionValue(module.functions[function]),)
            case ClassRef(index=index):
                return (ClassValue(module.classes[index]),)
            case Caught(exception=exception):
                return [made for value in self.term(module, exception) for made in self._made(value)]
            case Binary(op="|" | "+", left=left, right=right):
                return (*self.term(module, left), *self.term(module, right))
            case _:
                return ()

    def _call(self, module: Module, term: TermId, call: Call) -> Iterator[Value]:
        for value in self.term(module, call.func):
            if value == External("super"):
                yield from self._super(module, term)
            else:
                yield from self.called(value, module, call)

    def called(self, value: Value, module: Module, call: Call) -> Iterator[Value]:
        """Yield what calling ``value`` with the arguments of ``call`` gives."""
        catalogue = self.catalogue
        if isinstance(value, ClassValue):
            yield Instance(value.klass)
        elif isinstance(value, FunctionValue):
            yield from self.returned(value)
        elif isinstance(value, External):
            if value.name in catalogue.passthrough and call.args:
                yield from self.term(module, call.args[0])
            elif value.name in catalogue.dependency_markers:
                for target in self.term(module, self.dependency_target(call)):
                    yield from self.called(target, module, call)
            else:
                yield Result(catalogue.returns.get(value.name, value.name))
        elif isinstance(value, Result):
            given = catalogue.returns.get(f"{value.name}()")
            if given is not None:
                yield Result(given)
        elif isinstance(value, Instance):
            for member in self.member(value, "__call__"):
                if isinstance(member, FunctionValue):
                    yield from self.returned(member)
                elif isinstance(member, External):
                    given = catalogue.returns.get(member.name.removesuffix(".__call__") + "()")
                    if given is not None:
                        yield Result(given)

    @staticmethod
    def dependency_target(call: Call) -> TermId:
        """Return the callable given to ``Depends``, or ``NO_TERM``."""
        if call.args:
            return call.args[0]
        return next((value for name, value in call.keywords if name == "dependency"), -1)

    def _super(self, module: Module, call: TermId) -> Iterator[Value]:
        """``super()`` is taken as the bases of the class whose method holds the call."""
        function = module.holder(call)
        while function is not None and function.owner is None:
            function = function.parent
        if function is not None and function.owner is not None:
            yield from self.bases(function.owner, instances=True)

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

    def _item(self, module: Module, base: TermId, key: TermId) -> Iterable[Value]:
        held = module.terms[base]
        index = module.terms[key]
        if isinstance(held, Mapping):
            return [
                value
                for name, entry in zip(held.keys, held.values, strict=True)
                if name == key or not isinstance(index, Const)
                for value in self.term(module, entry)
            ]
        if isinstance(held, Sequence) and isinstance(index, Const) and isinstance(index.value, int):
            if -len(held.items) <= index.value < len(held.items):
                return self.term(module, held.items[index.value])
            return ()
        if isinstance(index, Sequence) and index.kind == "slice":
            return self.term(module, base)
        return self.elements(module, base)

    def elements(self, module: Module, base: TermId) -> Values:
        """Return what iterating over, or indexing, ``base`` gives."""
        key = (module, base)
        return self._once(("e", *key), self._elements, key, lambda: self._elements_of(module, base))

    def _elements_of(self, module: Module, base: TermId) -> Values:
        held = module.terms[base]
        if isinstance(held, Sequence):
            return unique(value for item in held.items for value in self.term(module, item))
        if isinstance(held, Mapping):
            return unique(value for item in held.values for value in self.term(module, item))
        if isinstance(held, Comprehension):
            return self.term(module, held.element)
        if isinstance(held, Choice):
            return unique((*self.elements(module, held.then), *self.elements(module, held.other)))
        if isinstance(held, Name):
            return unique(
                value for binding in module.bindings.get(held.id, ()) for value in self._held(module, binding)
            )
        if isinstance(held, Param):
            parameter = module.functions[held.function].facts.parameters[held.index]
            return unique(self._element_annotation(module, parameter.annotation))
        if isinstance(held, Attr):
            return unique(
                found
                for owner in self.term(module, held.base)
                if isinstance(owner, (Instance, ClassValue))
                for found in self._field_elements(owner.klass, held.name)
            )
        if isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name in {"values", "get", "pop", "setdefault", "copy"}:
                return self.elements(module, func.base)
            return unique(
                found
                for value in self.term(module, held.func)
                if isinstance(value, FunctionValue)
                for found in self._element_annotation(value.function.module, value.function.facts.returns)
            )
        return ()

    def _held(self, module: Module, binding: Binding) -> Iterator[Value]:
        if binding.annotation >= 0:
            yield from self._element_annotation(module, binding.annotation)
        if binding.value >= 0 and not isinstance(module.terms[binding.value], Name):
            yield from self.elements(module, binding.value)

    def _field_elements(self, klass: ClassInfo, name: str) -> Iterator[Value]:
        for owner in self.mro(klass)[0]:
            binding = owner.attribute(name)
            if binding is not None:
                yield from self._held(owner.module, binding)
            for function, event in self.fields(owner).get(name, ()):
                if event.value >= 0 and event.how == "=":
                    yield from self.elements(function.module, event.value)

    def _element_annotation(self, module: Module, annotation: TermId) -> Iterator[Value]:
        """Yield the types named inside ``list[X]`` or ``dict[K, X]``."""
        if annotation < 0:
            return
        held = module.terms[annotation]
        if isinstance(held, Item):
            arguments = self._arguments(module, held.key)
            base = self.term(module, held.base)
            if any(isinstance(value, External) and value.name in _WRAPPERS for value in base):
                for argument in arguments:
                    yield from self._element_annotation(module, argument)
            elif arguments:
                yield from self.annotation(module, arguments[-1])
        elif isinstance(held, Binary):
            yield from self._element_annotation(module, held.left)
            yield from self._element_annotation(module, held.right)

    @staticmethod
    def _arguments(module: Module, key: TermId) -> tuple[TermId, ...]:
        held = module.terms[key]
        return held.items if isinstance(held, Sequence) else (key,)

    def _entered(self, value: Value) -> Iterator[Value]:
        if isinstance(value, Instance):
            methods = [
                member
                for name in ("__enter__", "__aenter__")
                for member in self.member(value, name)
                if isinstance(member, FunctionValue)
            ]
            results = [result for method in methods for result in self.returned(method)]
            yield from results or [value]
        elif isinstance(value, Result):
            given = self.catalogue.returns.get(f"{value.name}.__enter__")
            yield Result(given) if given is not None else value

    @staticmethod
    def _made(value: Value) -> Iterator[Value]:
        if isinstance(value, ClassValue):
            yield Instance(value.klass)
        elif isinstance(value, External):
            yield Result(value.name)

    # -- annotations

    def annotation(self, module: Module, term: TermId) -> Values:
        """Return the instances that an annotation promises."""
        if term < 0:
            return ()
        return unique(self._annotation(module, term, 0))

    def _annotation(self, module: Module, term: TermId, depth: int) -> Iterator[Value]:
        if depth > 6 or term < 0:
            return
        held = module.terms[term]
        match held:
            case Item(base=base, key=key):
                arguments = self._arguments(module, key)
                for value in self.term(module, base):
                    name = value.name if isinstance(value, External) else ""
                    if name in {"typing.Annotated", "typing_extensions.Annotated"}:
                        marked = [
                            found
                            for extra in arguments[1:]
                            if self.is_dependency(module, extra)
                            for found in self.term(module, extra)
                        ]
                        yield from marked
                        yield from self._annotation(module, arguments[0], depth + 1)
                    elif name in _WRAPPERS or name in _YIELDING:
                        for argument in arguments:
                            yield from self._annotation(module, argument, depth + 1)
                    elif name in {"type", "typing.Type"}:
                        yield from (v for v in self.term(module, arguments[0]) if isinstance(v, (ClassValue, External)))
                    else:
                        yield from self._made(value)
            case Binary(op="|", left=left, right=right):
                yield from self._annotation(module, left, depth + 1)
                yield from self._annotation(module, right, depth + 1)
            case Const(value=str() as text):
                if text.isidentifier():
                    for value in self.name(module, text):
                        yield from self._made(value)
            case Name(id=name):
                yield from self._alias(module, name, depth)
            case Attr():
                for value in self.term(module, term):
                    yield from self._made(value)
            case _:
                return

    def _alias(self, module: Module, name: str, depth: int) -> Iterator[Value]:
        """A name in an annotation is a class, or an alias of another annotation, here or in another module."""
        home, bindings = self.definition(module, name)
        if bindings:
            for binding in bindings:
                if binding.value >= 0 and isinstance(home.terms[binding.value], (Item, Binary, Const)):
                    yield from self._annotation(home, binding.value, depth + 1)
                else:
                    for value in self.binding(home, binding):
                        yield from self._made(value)
            return
        for value in self.name(module, name):
            yield from self._made(value)

    def definition(self, module: Module, name: str, depth: int = 0) -> tuple[Module, list[Binding]]:
        """Return the module-level assignments behind ``name``, following imports, and the module they stand in."""
        if name in module.bindings or depth > 8:
            return module, module.bindings.get(name, [])
        for item in (*module.imports.get(name, ()), *module.local_imports.get(name, ())):
            if item.symbol:
                parts = self.index.find(module, item.module, item.level)
                target = self.index.by_parts.get(parts) if parts is not None else None
                if target is not None and target is not module:
                    home, bindings = self.definition(target, item.symbol, depth + 1)
                    if bindings:
                        return home, bindings
        for star in module.stars:
            parts = self.index.find(module, star.module, star.level)
            target = self.index.by_parts.get(parts) if parts is not None else None
            if target is not None and target is not module:
                home, bindings = self.definition(target, name, depth + 1)
                if bindings:
                    return home, bindings
        return module, []

    def annotated_extras(self, module: Module, annotation: TermId, depth: int = 0) -> Iterator[tuple[Module, TermId]]:
        """Yield the metadata of ``Annotated[T, …]``, also behind an alias of another module."""
        if annotation < 0 or depth > 6:
            return
        held = module.terms[annotation]
        if isinstance(held, Item):
            names = {value.name for value in self.term(module, held.base) if isinstance(value, External)}
            arguments = self._arguments(module, held.key)
            if names & {"typing.Annotated", "typing_extensions.Annotated"}:
                yield from ((module, extra) for extra in arguments[1:])
                yield from self.annotated_extras(module, arguments[0], depth + 1)
            elif names & _WRAPPERS:
                for argument in arguments:
                    yield from self.annotated_extras(module, argument, depth + 1)
        elif isinstance(held, Name):
            home, bindings = self.definition(module, held.id)
            for binding in bindings:
                yield from self.annotated_extras(home, binding.value, depth + 1)
        elif isinstance(held, Attr):
            for value in self.term(module, held.base):
                if isinstance(value, Package) and value.parts in self.index.by_parts:
                    home, bindings = self.definition(self.index.by_parts[value.parts], held.name)
                    for binding in bindings:
                        yield from self.annotated_extras(home, binding.value, depth + 1)
        elif isinstance(held, Binary):
            yield from self.annotated_extras(module, held.left, depth + 1)
            yield from self.annotated_extras(module, held.right, depth + 1)

    def is_dependency(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` is a call of ``Depends`` or its like."""
        held = module.terms[term]
        return isinstance(held, Call) and any(
            isinstance(value, External) and value.name in self.catalogue.dependency_markers
            for value in self.term(module, held.func)
        )

    # -- functions

    def returned(self, value: FunctionValue) -> Values:
        """Return what calling a function gives; of a generator, what it yields."""
        function = value.function
        found = self._once(("r", function), self._returns, function, lambda: self._returned(function))
        if value.receiver is not None and not found and isinstance(value.receiver, Instance):
            return ()
        return found

    def _returned(self, function: FunctionInfo) -> Iterable[Value]:
        facts = function.facts
        declared = self.annotation(function.module, facts.returns)
        known = [
            value for value in declared if not isinstance(value, Result) or value.name not in {"dict", "list", "tuple"}
        ]
        if known and not all(isinstance(value, Result) and value.name.startswith("typing.") for value in known):
            return declared
        op = "yield" if facts.is_generator else "return"
        inferred = [
            value for event in facts.events if event.op == op for value in self.term(function.module, event.term)
        ]
        return (*inferred, *declared)

    def parameter(self, function: FunctionInfo, index: int) -> Values:
        """Return what a parameter can be: by annotation, dependency, default, receiver or known callers."""
        key = (function, index)
        return self._once(("p", *key), self._parameters, key, lambda: self._parameter(function, index))

    def _parameter(self, function: FunctionInfo, index: int) -> Iterator[Value]:
        facts = function.facts
        parameter = facts.parameters[index]
        module = function.module
        owner = function.owner
        if index == 0 and owner is not None and parameter.kind == "positional":
            kind = self.method_kind(function)
            if kind == "instance":
                yield Instance(owner)
                return
            if kind == "class":
                yield ClassValue(owner)
                return
        found = False
        if parameter.annotation >= 0:
            for value in self.annotation(module, parameter.annotation):
                found = True
                yield value
        if parameter.default >= 0:
            for value in self.term(module, parameter.default):
                if not (isinstance(value, Result) and value.name in {"str", "int", "bool", "float"}):
                    found = True
                    yield value
        if not found and self.callers is not None and parameter.kind in {"positional", "keyword"}:
            for home, call, bound in self.callers.get(function, ())[:12]:
                argument = self.argument(home, call, function, index, bound)
                if argument >= 0:
                    yield from self.term(home, argument)

    def argument(self, module: Module, call: TermId, function: FunctionInfo, index: int, bound: bool) -> TermId:
        """Return the term that ``call`` passes for parameter ``index`` of ``function``, or ``NO_TERM``."""
        held = module.terms[call]
        if not isinstance(held, Call):
            return -1
        parameter = function.facts.parameters[index]
        for name, value in held.keywords:
            if name == parameter.name:
                return value
        if parameter.kind == "positional":
            place = index - bound
            if 0 <= place < len(held.args):
                return held.args[place]
        return -1

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

    # -- classes

    def mro(self, klass: ClassInfo) -> tuple[tuple[ClassInfo, ...], tuple[str, ...]]:
        """Return the class and its project bases in method resolution order (simplified), and its external bases."""
        found = self._mro.get(klass)
        if found is None:
            classes: list[ClassInfo] = []
            outside: list[str] = []
            self._linearise(klass, classes, outside, 0)
            found = (tuple(classes), tuple(dict.fromkeys(outside)))
            if not self._busy:
                self._mro[klass] = found
        return found

    def _linearise(self, klass: ClassInfo, classes: list[ClassInfo], outside: list[str], depth: int) -> None:
        if klass in classes or depth > 20:
            return
        classes.append(klass)
        for value in self.bases(klass):
            if isinstance(value, ClassValue):
                self._linearise(value.klass, classes, outside, depth + 1)
            elif isinstance(value, (External, Result)):
                outside.append(value.name)

    def fields(self, klass: ClassInfo) -> dict[str, list[tuple[FunctionInfo, Event]]]:
        """Return the assignments to ``self.name`` in the class's own methods."""
        found = self._fields.get(klass)
        if found is None:
            found = {}
            module = klass.module
            members = set(klass.facts.methods.values())
            for function in module.functions:
                for event in function.events:
                    if event.op != "write":
                        continue
                    target = module.terms[event.term]
                    if isinstance(target, Attr):
                        base = module.terms[target.base]
                        if isinstance(base, Param) and base.index == 0 and base.function in members:
                            found.setdefault(target.name, []).append((function, event))
            self._fields[klass] = found
        return found

    def member(self, value: Value, name: str) -> Values:
        """Return what ``value.name`` stands for."""
        match value:
            case Package(parts=parts):
                return self.module_member(parts, name)
            case External(name=qualified):
                full = self.catalogue.canonical(f"{qualified}.{name}")
                given = self.catalogue.attributes.get(full)
                return (External(full),) if given is None else (Result(given),)
            case Result(name=qualified):
                full = f"{qualified}.{name}"
                given = self.catalogue.attributes.get(full)
                if given is not None:
                    return (Result(given),)
                if self.catalogue.roles.get(qualified, frozenset()) & _ATTRIBUTE_BAGS:
                    return self.shared_attribute(name) or (External(full),)
                return (External(full),)
            case ClassValue(klass=klass):
                return self._class_member(klass, name, value)
            case Instance(klass=klass):
                return self._instance_member(klass, name, value)
            case _:
                return ()

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
            self._shared = shared
        return unique(value for home, term in self._shared.get(name, ()) for value in self.term(home, term))

    def _share(self, module: Module, event: Event, shared: dict[str, list[tuple[Module, TermId]]]) -> None:
        target = module.terms[event.term]
        if not isinstance(target, (Attr, Item)):
            return
        name = target.name if isinstance(target, Attr) else module.text(target.key)
        if name is not None and any(
            isinstance(value, Result) and self.catalogue.roles.get(value.name, frozenset()) & _ATTRIBUTE_BAGS
            for value in self.term(module, target.base)
        ):
            shared.setdefault(name, []).append((module, event.value))

    def method(self, klass: ClassInfo, name: str) -> FunctionInfo | None:
        """Return the method ``name`` of a class or of its project bases."""
        for owner in self.mro(klass)[0]:
            method = owner.method(name)
            if method is not None:
                return method
        return None

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
                return (Result(given),)
        for base in outside:
            if base not in {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "enum.Enum", "str"}:
                return (External(f"{base}.{name}"),)
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

    def is_property(self, function: FunctionInfo) -> bool:
        """Tell whether a method is read like an attribute."""
        for decorator in function.facts.decorators:
            name = function.module.dotted(decorator)
            if name == "property" or name.endswith((".setter", ".getter")):
                return True
            if any(
                isinstance(value, External) and value.name in _PROPERTIES
                for value in self.term(function.module, decorator)
            ):
                return True
        return False

    def external_bases(self, klass: ClassInfo) -> tuple[str, ...]:
        """Return the qualified names of the external classes that a class inherits from, directly or not."""
        return self.mro(klass)[1]
