"""Objects of libraries that ask for the rows of one model: repositories, services and CRUD helpers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, External, Instance, Result
from statelint.analysis.queries.query import Chain, Step
from statelint.extract.facts import NO_TERM, Attr, Call, Item, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.analysis.ownership import Model
    from statelint.analysis.queries.entities import Entities
    from statelint.catalogue.schema import Repository
    from statelint.extract.facts import TermId

MAX_DEPTH = 4
Statements = Callable[["Module", "TermId"], "tuple[Chain, ...]"]


class Repositories:
    """Finds the statements that repositories stand for."""

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.inference = entities.inference
        self._known = self.inference.catalogue.repositories
        packages = {name.partition(".")[0] for name in self._known}
        self._in_use = any(
            item.module.partition(".")[0] in packages
            for module in self.inference.modules
            for item in module.facts.imports
        )
        self._made_for: set[Model | None] | None = None
        self._verbs = frozenset(
            name
            for kind in self._known.values()
            for names in (kind.reads, kind.updates, kind.deletes)
            for name in names
        )

    def chain(self, module: Module, term: TermId, call: Call, statements: Statements) -> Chain | None:
        """Return the statement that a call of a repository's method runs, or None.

        ``statements`` tells which statement a term is, for methods that start from one (``get(key, statement=mine)``).
        """
        func = module.terms[call.func]
        if not self._in_use or not isinstance(func, Attr) or func.name not in self._verbs:
            return None
        for kind, model in self._objects(module, func.base):
            verb = _verb(kind, func.name)
            if verb and not self._bound(model, statements):
                base = next((value for name, value in call.keywords if name == "statement"), NO_TERM)
                started = statements(module, base) if base >= 0 else ()
                if started:
                    steps = (*started[0].steps, *self._steps(kind, verb, term, call, func.name))
                    return started[0]._replace(verb=verb, steps=steps)
                return Chain(model, model.name, term, verb, tuple(self._steps(kind, verb, term, call, func.name)))
        return None

    def _steps(self, kind: Repository, verb: str, term: TermId, call: Call, method: str) -> Iterator[Step]:
        """Yield what a call adds to the statement that its method stands for, and that it runs it."""
        given = call.args[kind.leading :]
        key = next((value for name, value in call.keywords if kind.key and name == kind.key), NO_TERM)
        if verb == "update" and kind.key:
            # update(row), update(data, item_id)
            given = given[1:2] or given[:1]
        if key >= 0 or (method in kind.by_key and given):
            yield Step("get", term, (key,) if key >= 0 else given, (), NO_TERM)
            return
        yield Step("filter", term, given, call.keywords, NO_TERM)
        terminals = self.inference.catalogue.queries["terminals"]
        yield Step(method if method in terminals else "first", term, (), (), NO_TERM)

    def _bound(self, model: Model, statements: Statements) -> bool:
        """Tell whether a service for a model is made for some rows alone (``Notes(statement=mine)``)."""
        if self._made_for is None:
            filters = self.inference.catalogue.queries["filters"]
            self._made_for = {
                chain.model
                for module in self.inference.modules
                for held in module.terms
                if isinstance(held, Call)
                for name, value in held.keywords
                if name == "statement"
                and any(
                    isinstance(made, ClassValue) and any(self._of_class(made.klass))
                    for made in self.inference.term(module, held.func)
                )
                for chain in statements(module, value)
                if any(step.method in filters for step in chain.steps)
            }
        return model in self._made_for

    def _objects(self, module: Module, term: TermId, depth: int = 0) -> Iterator[tuple[Repository, Model]]:
        """Yield the kinds of repository that ``term`` may be, with the model each asks for."""
        if depth > MAX_DEPTH:
            return
        for value in self.inference.term(module, term):
            if isinstance(value, Instance):
                yield from self._of_class(value.klass)
        held = module.terms[term]
        if isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
            for binding in bindings:
                if binding.value >= 0:
                    yield from self._made(home, binding.value)
        elif isinstance(held, Call):
            yield from self._made(module, term)
        elif isinstance(held, Param):
            yield from self._handed(module.functions[held.function], held.index, depth)
        elif isinstance(held, Attr):
            for value in self.inference.term(module, held.base):
                for klass in self.inference.mro(value.klass)[0] if isinstance(value, Instance) else ():
                    for function, event in self.inference.fields(klass).get(held.name, ()):
                        if isinstance(function.module.terms[event.value], Param):
                            yield from self._objects(function.module, event.value, depth + 1)

    def _handed(self, function: FunctionInfo, index: int, depth: int) -> Iterator[tuple[Repository, Model]]:
        """Yield what callers give a parameter that says of itself only that it is some repository."""
        parameter = function.facts.parameters[index]
        values = self.inference.annotation(function.module, parameter.annotation) if parameter.annotation >= 0 else ()
        if any(isinstance(value, External | Result) and value.name in self._known for value in values):
            for home, call, bound in (self.inference.callers or {}).get(function, ()):
                argument = self.inference.argument(home, call, function, index, bound)
                if argument >= 0:
                    yield from self._objects(home, argument, depth + 1)

    def _made(self, module: Module, term: TermId) -> Iterator[tuple[Repository, Model]]:
        """``FastCRUD(Note)``, also under another name: ``CRUDNote = FastCRUD[Note, …]``."""
        call = module.terms[term]
        if not isinstance(call, Call) or not call.args:
            return
        kind = self._kind(module, call.func)
        model = self.entities.model(module, call.args[0]) if kind is not None else None
        if kind is not None and model is not None:
            yield kind, model

    def _kind(self, module: Module, term: TermId, depth: int = 0) -> Repository | None:
        held = module.terms[term]
        if isinstance(held, Item):
            return self._kind(module, held.base, depth + 1)
        for value in self.inference.term(module, term):
            names: Iterable[str] = (value.name,) if isinstance(value, External | Result) else ()
            if isinstance(value, ClassValue):
                names = self.inference.external_bases(value.klass)
            for name in names:
                if name in self._known:
                    return self._known[name]
        if isinstance(held, Name) and depth < MAX_DEPTH:
            home, bindings = self.inference.definition(module, held.id)
            for binding in bindings:
                found = self._kind(home, binding.value, depth + 1) if binding.value >= 0 else None
                if found is not None:
                    return found
        return None

    def _of_class(self, klass: ClassInfo, depth: int = 0) -> Iterator[tuple[Repository, Model]]:
        classes, outside = self.inference.mro(klass)
        kind = next((self._known[base] for base in outside if base in self._known), None)
        if kind is None or depth > MAX_DEPTH:
            return
        for place in classes:
            for name in kind.model:
                binding = place.attribute(name)
                values = self.inference.binding(place.module, binding) if binding is not None else ()
                for value in values:
                    for found in self._model(value, depth):
                        yield kind, found
                        return
            for base in place.facts.bases:
                held = place.module.terms[base]
                if isinstance(held, Item):
                    model = self.entities.model(place.module, _first(place.module, held.key))
                    if model is not None:
                        yield kind, model
                        return

    def _model(self, value: Value, depth: int) -> Iterator[Model]:
        if isinstance(value, ClassValue):
            model = self.entities.ownership.model_of(value.klass)
            if model is not None:
                yield model
            else:
                yield from (found for _, found in self._of_class(value.klass, depth + 1))


def _verb(kind: Repository, method: str) -> str:
    if method in kind.reads:
        return "read"
    if method in kind.updates:
        return "update"
    return "delete" if method in kind.deletes else ""


def _first(module: Module, term: TermId) -> TermId:
    held = module.terms[term]
    return held.items[0] if isinstance(held, Sequence) and held.items else term
