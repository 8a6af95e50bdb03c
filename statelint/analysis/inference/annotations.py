"""What annotations promise, and the metadata they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.inference.base import unique
from statelint.analysis.inference.names import Names
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Package, Result
from statelint.extract.facts import Attr, Binary, Call, Const, Item, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference.base import Values
    from statelint.analysis.model import Module, Value
    from statelint.extract.facts import TermId

WRAPPERS = frozenset(
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


class Annotations(Names):
    """Reads annotations: the instances they name, dependencies in ``Annotated``, element types of containers."""

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
                    elif name in WRAPPERS or name in _YIELDING or name in self.catalogue.wrappers:
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
            case Attr(base=base, name=name):
                homes = [
                    self.index.by_parts[value.parts]
                    for value in self.term(module, base)
                    if isinstance(value, Package) and value.parts in self.index.by_parts
                ]
                for home in homes:
                    yield from self._alias(home, name, depth + 1)
                if not homes:
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
                elif binding.value >= 0 and isinstance(made := home.terms[binding.value], Call):
                    for place, term in self._annotations_made(home, made):
                        yield from self._annotation(place, term, depth + 1)
                    for value in self.binding(home, binding):
                        yield from self._made(value)
                else:
                    for value in self.binding(home, binding):
                        yield from self._made(value)
            return
        for value in self.name(module, name):
            yield from self._made(value)

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
            elif names & WRAPPERS:
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
        elif isinstance(held, Call):
            for home, term in self._annotations_made(module, held):
                yield from self.annotated_extras(home, term, depth + 1)

    def _annotations_made(self, module: Module, call: Call) -> Iterator[tuple[Module, TermId]]:
        """Yield what functions return that make annotations: ``def scoped(*scopes): return Annotated[User, …]``."""
        for value in self.term(module, call.func):
            if isinstance(value, FunctionValue):
                for event in value.function.facts.events:
                    if event.op == "return" and isinstance(value.function.module.terms[event.term], Item):
                        yield value.function.module, event.term

    def _element_annotation(self, module: Module, annotation: TermId) -> Iterator[Value]:
        """Yield the types named inside ``list[X]`` or ``dict[K, X]``."""
        if annotation < 0:
            return
        held = module.terms[annotation]
        if isinstance(held, Item):
            arguments = self._arguments(module, held.key)
            base = self.term(module, held.base)
            if any(isinstance(value, External) and value.name in WRAPPERS for value in base):
                for argument in arguments:
                    yield from self._element_annotation(module, argument)
            elif arguments:
                yield from self.annotation(module, arguments[-1])
        elif isinstance(held, Binary):
            yield from self._element_annotation(module, held.left)
            yield from self._element_annotation(module, held.right)

    def is_dependency(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` is a call of ``Depends`` or its like."""
        return self._calls_one_of(module, term, self.catalogue.dependency_markers)

    def dependency(self, module: Module, term: TermId) -> tuple[Module, TermId]:
        """Return the call that a name stands for where it is one of ``Depends``: ``LoggedIn = Depends(get_user)``."""
        held = module.terms[term]
        if not isinstance(held, Name):
            return module, term
        home, bindings = self.definition(module, held.id)
        value = bindings[0].value if len(bindings) == 1 else -1
        return (home, value) if value >= 0 and self.is_dependency(home, value) else (module, term)

    def is_field(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` describes a field or a parameter: ``Field(…)``, ``Body(…)``."""
        return self._calls_one_of(module, term, self.catalogue.fields)

    def _calls_one_of(self, module: Module, term: TermId, names: frozenset[str]) -> bool:
        held = module.terms[term]
        return isinstance(held, Call) and any(
            isinstance(value, External) and value.name in names for value in self.term(module, held.func)
        )

    def dependencies(self, module: Module, annotation: TermId, default: TermId) -> Iterator[Value]:
        """Yield what ``Depends(...)`` in a parameter's default or annotation calls."""
        home, call = self.dependency(module, default) if default >= 0 else (module, default)
        held = home.terms[call] if call >= 0 else None
        if isinstance(held, Call) and self.is_dependency(home, call):
            target = self.dependency_target(held)
            if target >= 0:
                yield from self.term(home, target)
            else:
                yield from (
                    ClassValue(value.klass)
                    for value in self.annotation(module, annotation)
                    if isinstance(value, Instance)
                )
        if annotation >= 0:
            for home, term in self.annotated_extras(module, annotation):
                held = home.terms[term]
                if isinstance(held, Call) and self.is_dependency(home, term):
                    target = self.dependency_target(held)
                    if target >= 0:
                        yield from self.term(home, target)

    @staticmethod
    def dependency_target(call: Call) -> TermId:
        """Return the callable given to ``Depends``, or ``NO_TERM``."""
        if call.args:
            return call.args[0]
        return next((value for name, value in call.keywords if name == "dependency"), -1)

    @staticmethod
    def _arguments(module: Module, key: TermId) -> tuple[TermId, ...]:
        held = module.terms[key]
        return held.items if isinstance(held, Sequence) else (key,)

    def _made(self, value: Value) -> Iterator[Value]:
        if isinstance(value, ClassValue):
            yield Instance(value.klass)
            if own := self.catalogue.own_name(value.klass.module.parts, value.klass.name):
                yield Result(own)
        elif isinstance(value, External):
            yield Result(value.name)
