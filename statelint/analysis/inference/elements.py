"""What containers hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.inference.base import unique
from statelint.analysis.inference.functions import Functions
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Result
from statelint.extract.facts import Attr, Call, Choice, Comprehension, Const, Mapping, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference.base import Values
    from statelint.analysis.model import ClassInfo, Module, Value
    from statelint.extract.facts import Binding, TermId


class Elements(Functions):
    """Infers what iterating over, or indexing, a value gives."""

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
            parameter = module.parameter_of(held)
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
        return self.kept(module, base, key) or self.elements(module, base) or self._generic(module, base)

    def _generic(self, module: Module, base: TermId) -> Iterable[Value]:
        """``Repository[Note]`` is the class, whatever it is a class of."""
        return [
            value
            for value in self.term(module, base)
            if isinstance(value, ClassValue)
            and not any("Enum" in name.rpartition(".")[2] for name in self.external_bases(value.klass))
        ]

    def kept(self, module: Module, base: TermId, key: TermId) -> Values:
        """Return what the catalogue says is kept in ``base`` under a constant ``key``, or under any (``[*]``)."""
        attributes = self.catalogue.attributes
        names = [
            f"{value.name}[{text}]"
            for value in self.term(module, base)
            if isinstance(value, (External, Result))
            for text in (module.text(key), "*")
        ]
        return unique(Result(attributes[name]) for name in names if name in attributes)

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
