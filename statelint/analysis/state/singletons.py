"""Classes of which there is one instance a process, by their own making or by a container's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.calls import PLAIN
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Place
from statelint.analysis.state.roots import ClassAttribute, Global
from statelint.extract.facts import Attr, Call, Cell, Const, Item
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.state.locations import Locator
    from statelint.extract.facts import TermId


class Singletons:
    """Finds singletons: metaclasses and decorators that keep an instance, ``__new__``, shared ``__dict__``, containers.

    Which decorators, scopes and calls of libraries make singletons is the catalogue's knowledge (``singletons``).
    """

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.inference = locator.inference
        self.known = locator.catalogue.singletons

    def find(self) -> Iterator[tuple[ClassInfo, Place]]:
        """Yield the classes and where they are made singletons."""
        for module in self.inference.modules:
            if is_offline_path(module.path):
                continue
            for klass in module.classes:
                if any(self._keeps_one(owner) for owner in self.inference.mro(klass)[0]):
                    yield klass, Place(module, klass.facts.position)
            for function in module.functions:
                yield from self._registered(function)
                if any(self._marks(module, decorator) for decorator in self._telling(function)):
                    for made in self._made(FunctionValue(function)):
                        yield made, Place(module, function.facts.position)

    def _telling(self, function: FunctionInfo) -> tuple[TermId, ...]:
        """Return the decorators that may say what becomes of a function's result.

        Those that mark classes unless told otherwise may also inject into functions that something else calls.
        """
        module, decorators = function.module, function.facts.decorators
        if len(decorators) == 1:
            return decorators
        return tuple(term for term in decorators if not any(s.startswith("-") for s in self._switches(module, term)))

    def _switches(self, module: Module, term: TermId) -> list[str]:
        """Return what the catalogue says of a decorator, of a call or of what it calls."""
        held = module.terms[term]
        names = self.inference.term(module, held.func if isinstance(held, Call) else term)
        return [self.known[v.name] for v in names if isinstance(v, External) and v.name in self.known]

    # -- by the class itself

    def _keeps_one(self, klass: ClassInfo) -> bool:
        module = klass.module
        for name, term in klass.facts.keywords:
            if name == "metaclass" and any(
                isinstance(value, ClassValue)
                and (call := self.inference.method(value.klass, "__call__")) is not None
                and any(event.op == "write" for event in call.events)
                for value in self.inference.term(module, term)
            ):
                return True
        if any(self._marks(module, decorator) for decorator in klass.facts.decorators):
            return True
        if any(self._wraps_one(module, decorator) for decorator in klass.facts.decorators):
            return True
        make = klass.method("__new__")
        if make is not None and any(
            isinstance(location.root, (ClassAttribute, Global)) for location in self.locator.returned(make)
        ):
            return True
        return any(
            self._shares_attributes(method)
            for name in ("__init__", "__new__")
            if (method := klass.method(name)) is not None
        )

    def _wraps_one(self, module: Module, decorator: TermId) -> bool:
        """Tell whether a decorator of the project keeps what it makes in a variable of its own."""
        for value in self.inference.term(module, decorator):
            if isinstance(value, FunctionValue):
                home = value.function.module
                for inner in home.children.get(value.function.index, ()):
                    for event in inner.events:
                        if event.op == "write":
                            target = home.terms[event.term]
                            held = home.terms[target.base] if isinstance(target, (Item, Attr)) else target
                            if isinstance(held, Cell) and held.function == value.function.index:
                                return True
        return False

    def _shares_attributes(self, method: FunctionInfo) -> bool:
        """Tell whether a constructor gives all instances one ``__dict__``."""
        module = method.module
        for event in method.events:
            target = module.terms[event.term] if event.op == "write" else None
            if isinstance(target, Attr) and target.name == "__dict__":
                return any(
                    isinstance(location.root, (ClassAttribute, Global))
                    for location in self.locator.locate(module, event.value)
                )
        return False

    # -- by a container

    def _registered(self, function: FunctionInfo) -> Iterator[tuple[ClassInfo, Place]]:
        """Yield what a call makes a singleton: the callee says so, or a scope among its arguments does."""
        module = function.module
        for event, call in function.calls:
            if not self._says_so(module, call):
                continue
            arguments = call.arguments
            values = [value for argument in arguments for value in self.inference.term(module, argument)]
            # An object that is given along has a place of its own.
            given = {value.klass for value in values if isinstance(value, Instance)}
            for value in values:
                if isinstance(value, (ClassValue, FunctionValue)):
                    for made in self._made(value):
                        if made not in given:
                            yield made, Place(module, event.position)

    def _marks(self, module: Module, decorator: TermId) -> bool:
        held = module.terms[decorator]
        return self._named(module, decorator) or (isinstance(held, Call) and self._says_so(module, held))

    def _says_so(self, module: Module, call: Call) -> bool:
        for value in self.inference.term(module, call.func):
            if isinstance(value, External) and value.name in self.known:
                return self._switched(module, call, self.known[value.name])
        return any(self._named(module, term) for term in call.arguments)

    @staticmethod
    def _switched(module: Module, call: Call, switch: str) -> bool:
        given = [module.terms[term] for name, term in call.keywords if name == switch.removeprefix("-")]
        values = [held.value if isinstance(held, Const) else ... for held in given]
        if switch.startswith("-"):
            return all(value in {False, "singleton"} for value in values)
        return not switch or True in values

    def _named(self, module: Module, term: TermId) -> bool:
        if type(module.terms[term]) in PLAIN:
            return False
        values = self.inference.term(module, term)
        return bool(values) and any(
            isinstance(value, External) and self.known.get(value.name, "?")[:1] in {"", "-"} for value in values
        )

    def _made(self, value: ClassValue | FunctionValue) -> Iterator[ClassInfo]:
        if isinstance(value, ClassValue):
            yield value.klass
        else:
            for result in self.inference.returned(value):
                if isinstance(result, Instance):
                    yield result.klass
