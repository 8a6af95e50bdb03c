"""What classes say about the attributes of their instances, and which types are containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import Result
from statelint.analysis.state.roots import Default, Location
from statelint.extract.facts import Call, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, Module
    from statelint.extract.facts import TermId

INSTANCE_BASES = frozenset({"model", "schema", "settings"})
"""Roles of bases whose class attributes describe fields of the instances."""
_DECLARATIVE = frozenset(
    {
        "BaseModel",
        "BaseSettings",
        "NamedTuple",
        "TypedDict",
        "Enum",
        "IntEnum",
        "StrEnum",
        "Document",
        "Struct",
        "SQLModel",
    }
)


_PLAIN_METACLASS = re.compile(r"^ABCMeta$|^type$|singleton", re.IGNORECASE)
"""Metaclasses that leave what a class body holds where it is."""


class ClassQuestions:
    """Answers which attributes the instances of a class share."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.catalogue = inference.catalogue
        self._own: dict[tuple[ClassInfo, str], ClassInfo | None] = {}

    def declaring(self, klass: ClassInfo, name: str) -> ClassInfo | None:
        """Return the class, among ``klass`` and its project bases, that declares the attribute ``name``."""
        key = (klass, name)
        if key not in self._own:
            found = None
            for owner in self.inference.mro(klass)[0]:
                if owner.attribute(name) is not None or name in self.inference.fields(owner):
                    found = owner
            self._own[key] = found
        return self._own[key]

    def shared_attribute(self, klass: ClassInfo, name: str) -> ClassInfo | None:
        """Return the class whose body holds the value that all instances share under ``name``, if they share one."""
        classes, outside = self.inference.mro(klass)
        holder: ClassInfo | None = None
        for owner in classes:
            for _, event in self.inference.fields(owner).get(name, ()):
                if event.how == "=":
                    return None
            binding = owner.attribute(name)
            if binding is not None and holder is None and self.is_container_term(owner.module, binding.value):
                holder = owner
        if holder is None or self.describes_instances(klass, outside):
            return None
        return holder

    def describes_instances(self, klass: ClassInfo, outside: tuple[str, ...]) -> bool:
        """Tell whether attributes in the class body are declarations of the instances' fields."""
        for base in outside:
            if self.catalogue.roles.get(base, frozenset()) & INSTANCE_BASES:
                return True
            if base.rpartition(".")[2] in _DECLARATIVE:
                return True
        for decorator in klass.facts.decorators:
            held = klass.module.terms[decorator]
            name = klass.module.dotted(held.func if isinstance(held, Call) else decorator)
            if name.rpartition(".")[2] in {"dataclass", "define", "frozen", "mutable", "attrs", "s"}:
                return True
        return False

    def collects_fields(self, klass: ClassInfo) -> bool:
        """Tell whether a metaclass of the project's looks at the class body, where fields and the like are declared."""
        for owner in self.inference.mro(klass)[0]:
            terms, module = owner.module.terms, owner.module
            made = [value for name, value in owner.facts.keywords if name == "metaclass"]
            # six.with_metaclass(Meta, Base)
            made += [
                held.args[0]
                for base in owner.facts.bases
                if isinstance(held := terms[base], Call)
                and held.args
                and module.last_name(held.func) == "with_metaclass"
            ]
            if any(not _PLAIN_METACLASS.search(module.last_name(term)) for term in made):
                return True
        return False

    def shared_defaults(self, klass: ClassInfo, name: str) -> Iterator[Location]:
        """Locate mutable default arguments that constructors store: all instances made without one share them."""
        for owner in self.inference.mro(klass)[0]:
            for function, event in self.inference.fields(owner).get(name, ()):
                held = function.module.terms[event.value] if event.value >= 0 else None
                if isinstance(held, Param) and event.how == "=":
                    default = function.module.parameter_of(held).default
                    if default >= 0 and self.is_container_term(function.module, default):
                        yield Location(Default(function.module.functions[held.function], held.index))

    def is_container(self, name: str) -> bool:
        """Tell whether a library type is a mutable container."""
        return (
            bool(self.catalogue.roles.get(name, frozenset()) & {"container", "cache"})
            or name in self.catalogue.mutators
        )

    def is_container_term(self, module: Module, term: TermId) -> bool:
        """Tell whether ``term`` is a mutable container."""
        return any(
            isinstance(value, Result) and self.is_container(value.name) for value in self.inference.term(module, term)
        )
