"""Generic repositories: methods that ask for whatever model their object, or an argument, holds.

``select(self.model).where(self.model.id == id)`` in a base class is no query of one model. It becomes one where it is
called: ``notes.get(note_id)`` reads a ``Note`` by its id, if ``notes`` is a repository of notes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, FunctionValue, Instance
from statelint.analysis.ownership import Model
from statelint.analysis.queries.entities import Entities
from statelint.analysis.queries.finder import QueryFinder
from statelint.analysis.queries.predicates import Predicates
from statelint.analysis.queries.query import WHATEVER, Atom, Chain, Query, Step
from statelint.extract.facts import NO_TERM, Attr, Call, Const, Item, Mapping, Name, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.analysis.ownership import Ownership
    from statelint.extract.facts import Event, TermId

MAX_DEPTH = 3
"""Methods of a repository that call each other."""
_SLOT = re.compile(
    r"^_{0,2}(\w+_)?(model|entity|document|table|orm)(_?(class|cls|type|model|klass))?$|^(cls|klass|model_?cls)$",
    re.IGNORECASE,
)
_CHANGES = frozenset({"save", "asave", "update", "setattr", "set"})
_REMOVES = frozenset({"delete", "adelete", "delete_instance", "remove"})


class Slot(Model):
    """Stands for the model that an object holds in ``attribute``, or that a caller passes as ``parameter``."""

    def __init__(self, module: Module, attribute: str, parameter: int = -1) -> None:
        super().__init__(None, "", {}, name=attribute, module=module)
        self.attribute = attribute
        self.parameter = parameter


class Slots(Entities):
    """Reads slots as models."""

    def __init__(self, inference: Inference, ownership: Ownership) -> None:
        super().__init__(inference, ownership)
        self._slots: dict[tuple[Module, str, int], Slot] = {}

    def model(self, module: Module, term: TermId) -> Model | None:
        """Return the model class that ``term`` names, or the slot that it is."""
        found = super().model(module, term)
        if found is not None:
            return found
        held = module.terms[term]
        root = module.terms[held.base] if isinstance(held, Attr) else held
        if not isinstance(root, Param):
            return None
        function = module.functions[root.function]
        method = root.index == 0 and function.owner is not None
        if isinstance(held, Attr):
            return self._slot(module, held.name) if method and _SLOT.match(held.name) else None
        name = function.facts.parameters[root.index].name
        if method:
            static = function.owner is not None and self.ownership.model_of(function.owner) is not None
            return self._slot(module, name) if name == "cls" and not static else None
        return self._slot(module, name, root.index) if _SLOT.match(name) else None

    def _slot(self, module: Module, attribute: str, parameter: int = -1) -> Slot:
        key = (module, attribute, parameter)
        found = self._slots.get(key)
        if found is None:
            found = self._slots[key] = Slot(module, attribute, parameter)
        return found


class Template(NamedTuple):
    """A query of a generic method: what it does with the rows of a slot, and under which conditions."""

    function: FunctionInfo
    slot: Slot
    verb: str
    atoms: tuple[Atom, ...]
    """The comparisons; a value is a term of the function's module."""
    filters: tuple[TermId, ...]
    """Parameters of the function that are predicates themselves."""


class GenericQueryFinder:
    """Finds the queries that calls of generic methods are."""

    def __init__(self, inference: Inference, ownership: Ownership) -> None:
        self.inference = inference
        self.ownership = ownership
        slots = Slots(inference, ownership)
        self._finder = QueryFinder(inference, ownership, entities=slots)
        self._predicates = Predicates(slots)
        self._templates: dict[FunctionInfo, tuple[Template, ...]] = {}
        self._models: dict[ClassInfo, Model | None] = {}
        self._generic = self._generic_names(inference.modules)

    def _generic_names(self, modules: Iterable[Module]) -> frozenset[str]:
        """Return the names of functions in modules that have slots: whatever else is called is none of them."""
        found: set[str] = set()
        for module in modules:
            if any(isinstance(held, Attr) and _SLOT.match(held.name) for held in module.terms) or any(
                _SLOT.match(parameter.name) for function in module.functions for parameter in function.facts.parameters
            ):
                found.update(function.name for function in module.functions if not function.is_module)
        return frozenset(found)

    def of(self, function: FunctionInfo) -> Iterator[Query]:
        """Yield the queries that a function asks through generic methods, or of its own repository's model."""
        module = function.module
        if function.owner is not None and function.name in self._generic:
            model = self._of_class(function.owner)
            if model is not None:
                for query in self._own(function):
                    if self._only_built(query) or self._filters(query) is None:
                        continue
                    chain = query.chain._replace(model=model, name=model.name, verb=self._written(query))
                    atoms = tuple(_on(model, atom) for atom in self._finder.atoms(query))
                    yield query._replace(chain=chain, given=atoms, others=())
        for event, call in function.calls:
            for value in self._targets(module, call):
                found = self._at_call(function, event, call, value)
                if found is not None:
                    yield found
                    break

    def _targets(self, module: Module, call: Call) -> Iterator[FunctionValue]:
        name = module.last_name(call.func)
        if name in self._generic:
            for value in self.inference.term(module, call.func):
                if isinstance(value, FunctionValue):
                    yield value

    def _at_call(self, function: FunctionInfo, event: Event, call: Call, value: FunctionValue) -> Query | None:
        """Return the gravest query that a call of a generic method is."""
        best: Query | None = None
        for template in self.templates(value.function):
            model = self._model(function.module, call, event.term, value, template)
            if model is None or isinstance(model, Slot):
                continue
            atoms = self._filled(function.module, event.term, call, value, template)
            if atoms is None:
                return None
            if best is None or template.verb != "read":
                given = tuple(_on(model, atom) for atom in atoms)
                arguments = tuple(("", argument) for argument in call.args) + call.keywords
                step = Step(value.function.name, event.term, (), arguments, NO_TERM)
                chain = Chain(model, model.name, event.term, template.verb, (step,))
                best = Query(function, chain, event.term, event, given)
        return best

    # -- templates

    def templates(self, function: FunctionInfo, depth: int = 0) -> tuple[Template, ...]:
        """Return what a function asks of slots."""
        found = self._templates.get(function)
        if found is None:
            self._templates[function] = ()
            found = self._templates[function] = tuple(self._build(function, depth))
        return found

    def _build(self, function: FunctionInfo, depth: int) -> Iterator[Template]:
        if function.name not in self._generic:
            return
        for query in self._own(function):
            if self._only_built(query):
                continue
            filters = self._filters(query)
            if filters is not None and isinstance(query.chain.model, Slot):
                atoms = tuple(self._finder.atoms(query))
                yield Template(function, query.chain.model, self._written(query), atoms, filters)
        if depth >= MAX_DEPTH:
            return
        module = function.module
        for event, call in function.calls:
            for value in self._targets(module, call):
                for template in self.templates(value.function, depth + 1):
                    model = self._model(module, call, event.term, value, template)
                    if not isinstance(model, Slot):
                        continue
                    filled = self._filled(module, event.term, call, value, template)
                    if filled is not None:
                        chain = Chain(model, model.name, event.term, template.verb, ())
                        verb = self._written(Query(function, chain, event.term, event))
                        yield Template(function, model, verb, tuple(filled), ())

    def _own(self, function: FunctionInfo) -> list[Query]:
        return [query for query in self._finder.of(function) if isinstance(query.chain.model, Slot)]

    def _only_built(self, query: Query) -> bool:
        """The function returns the statement for others to finish."""
        words = self._finder.words
        last = query.chain.steps[-1].method if query.chain.steps else ""
        made = query.module.terms[query.chain.start]
        is_statement = isinstance(made, Call) and query.module.last_name(made.func) == "select"
        if not is_statement and last in words["terminals"] | words["by_key"] | words["record_verbs"]:
            return False
        return any(event.op == "return" and event.term == query.leaf for event in query.function.events)

    def _filters(self, query: Query) -> tuple[TermId, ...] | None:
        """Return the parameters that are predicates of a query; None if some predicate cannot be read."""
        module = query.module
        found: list[TermId] = []
        for step in query.chain.steps:
            unpacked = tuple(value for name, value in step.keywords if not name)
            if step.method not in self._finder.words["filters"] and not (
                # Model.get(**wanted)
                unpacked and step.method in self._finder.words["by_key"]
            ):
                continue
            for term in (*step.args, *unpacked):
                parts = self._finder.containment(module).parts(term)
                if any(
                    isinstance(held := module.terms[part], Mapping)
                    and any(key < 0 or module.text(key) is None for key in held.keys)
                    for part in parts
                ):
                    return None
                if list(self._predicates.positional(module, term, NO_TERM)) or (
                    step.method in self._finder.words["by_key"] and term not in unpacked
                ):
                    continue
                given = [part for part in parts if self._is_parameter(query.function, part)]
                if not given or any(isinstance(module.terms[part], Call) for part in parts):
                    return None
                found += given
        return tuple(found)

    @staticmethod
    def _is_parameter(function: FunctionInfo, term: TermId) -> bool:
        held = function.module.terms[term]
        return (
            isinstance(held, Param) and held.function == function.index and (held.index > 0 or function.owner is None)
        )

    def _written(self, query: Query) -> str:
        """Return what becomes of the rows inside the generic method."""
        if query.verb != "read":
            return query.verb
        module = query.module
        holds = self._finder.containment(module).holds
        verb = "read"
        for event in query.function.events:
            held = module.terms[event.term] if event.term >= 0 else None
            if event.op == "write" and isinstance(held, Attr) and event.how != "del" and holds(held.base, query.leaf):
                verb = "update"
            if event.op != "call" or not isinstance(held, Call) or event.term == query.leaf:
                continue
            func = module.terms[held.func]
            name = module.last_name(held.func)
            on_row = isinstance(func, Attr) and holds(func.base, query.leaf)
            if name in _REMOVES and (on_row or any(holds(argument, query.leaf) for argument in held.args)):
                return "delete"
            if name in _CHANGES and (on_row or (held.args and holds(held.args[0], query.leaf))):
                verb = "update"
        return verb

    # -- calls

    def _filled(
        self, module: Module, term: TermId, call: Call, value: FunctionValue, template: Template
    ) -> list[Atom] | None:
        """Return a template's comparisons in the caller's terms; None if some predicate cannot be read."""
        function = template.function
        home = function.module
        bound = value.receiver is not None and self.inference.method_kind(function) != "static"
        found: list[Atom] = []
        for atom in template.atoms:
            if atom.column == WHATEVER:
                # What callers name is among the template's filters.
                continue
            used = [
                home.terms[part]
                for part in sorted(self._finder.containment(home).parts(atom.value))
                if self._is_parameter(function, part)
            ]
            given = [
                argument
                for held in used
                if isinstance(held, Param)
                and (argument := self.inference.argument(module, term, function, held.index, bound)) >= 0
            ]
            if used and not given and atom.optional >= 0:
                continue
            found.append(atom._replace(value=given[0] if given else NO_TERM, optional=NO_TERM))
        for part in template.filters:
            held = home.terms[part]
            if not isinstance(held, Param):
                return None
            parameter = function.facts.parameters[held.index]
            if parameter.kind == "**":
                named = {other.name for other in function.facts.parameters}
                for name, argument in call.keywords:
                    if not name:
                        return None
                    if name not in named:
                        path = tuple(piece for piece in name.split("__") if piece)
                        found.append(Atom(path, argument, "==", NO_TERM))
                continue
            if parameter.kind == "*":
                arguments = list(call.args[held.index - bound :])
            else:
                argument = self.inference.argument(module, term, function, held.index, bound)
                arguments = [argument] if argument >= 0 else []
            for argument in arguments:
                if isinstance(module.terms[argument], Const):
                    continue
                atoms = list(self._predicates.positional(module, argument, NO_TERM))
                if not atoms:
                    return None
                found += atoms
        return found

    def _model(
        self, module: Module, call: Call, term: TermId, value: FunctionValue, template: Template
    ) -> Model | None:
        """Return the model that a slot holds in one call; a slot of the caller's if it only hands its own on."""
        slot, function = template.slot, template.function
        if slot.parameter >= 0:
            bound = value.receiver is not None and self.inference.method_kind(function) != "static"
            argument = self.inference.argument(module, term, function, slot.parameter, bound)
            return self._finder.entity(module, argument) if argument >= 0 else None
        receiver = value.receiver
        if receiver is None:
            return None
        found = self.ownership.model_of(receiver.klass) if isinstance(receiver, ClassValue) else None
        found = found or self._of_class(receiver.klass)
        func = module.terms[call.func]
        if found is not None or not isinstance(func, Attr):
            return found
        base = module.terms[func.base]
        if isinstance(base, Param) and base.index == 0 and module.functions[base.function].owner is not None:
            return slot
        return self._of_object(module, func.base)

    def _of_class(self, klass: ClassInfo) -> Model | None:
        """Return the model that a repository class is bound to by its bases, an attribute or its constructor."""
        if klass not in self._models:
            self._models[klass] = None
            self._models[klass] = next(self._bound(klass), None)
        return self._models[klass]

    def _bound(self, klass: ClassInfo) -> Iterator[Model]:
        for owner in self.inference.mro(klass)[0]:
            module = owner.module
            for binding in owner.facts.attributes:
                if _SLOT.match(binding.name) and binding.value >= 0:
                    yield from self._models_in(module, binding.value)
            for base in owner.facts.bases:
                held = module.terms[base]
                if isinstance(held, Item):
                    yield from self._models_in(module, held.key)
            constructor = owner.method("__init__")
            if constructor is None:
                continue
            for event in constructor.events:
                target = module.terms[event.term] if event.term >= 0 else None
                if event.op == "call" and isinstance(target, Call):
                    func = module.terms[target.func]
                    if isinstance(func, Attr) and func.name == "__init__":
                        yield from self._models_in(module, *target.arguments)
                elif event.op == "write" and isinstance(target, Attr) and _SLOT.match(target.name):
                    given = event.value >= 0 and isinstance(module.terms[event.value], (Name, Attr))
                    yield from self._models_in(module, *([event.value] if given else []))

    def _of_object(self, module: Module, term: TermId) -> Model | None:
        """Return the model that an object was made for: ``Repository[Note](Note)``, in a variable or an attribute."""
        for home, made in self._makings(module, term):
            held = home.terms[made]
            terms: tuple[TermId, ...] = ()
            if isinstance(held, Call):
                func = home.terms[held.func]
                keys = (func.key,) if isinstance(func, Item) else ()
                terms = (*keys, *held.arguments)
            elif isinstance(held, Param):
                terms = self._declared(home, held)
            found = next(self._models_in(home, *terms), None)
            if found is not None:
                return found
        return None

    @staticmethod
    def _declared(module: Module, given: Param) -> tuple[TermId, ...]:
        """Return what a parameter is declared to be made for: ``Note`` of ``notes: Repository[Note]``."""
        annotation = module.functions[given.function].facts.parameters[given.index].annotation
        held = module.terms[annotation] if annotation >= 0 else None
        return (held.key,) if isinstance(held, Item) else ()

    def _makings(self, module: Module, term: TermId) -> Iterator[tuple[Module, TermId]]:
        held = module.terms[term]
        if isinstance(held, (Call, Param)):
            yield module, term
        elif isinstance(held, Name):
            home, bindings = self.inference.definition(module, held.id)
            yield from ((home, binding.value) for binding in bindings if binding.value >= 0)
        elif isinstance(held, Attr):
            for value in self.inference.term(module, held.base):
                if not isinstance(value, (Instance, ClassValue)):
                    continue
                for owner in self.inference.mro(value.klass)[0]:
                    binding = owner.attribute(held.name)
                    if binding is not None and binding.value >= 0:
                        yield owner.module, binding.value
                    for index in owner.facts.methods.values():
                        for event in owner.module.functions[index].events:
                            target = owner.module.terms[event.term] if event.op == "write" else None
                            if isinstance(target, Attr) and target.name == held.name and event.value >= 0:
                                yield owner.module, event.value

    def _models_in(self, module: Module, *terms: TermId) -> Iterator[Model]:
        for term in terms:
            held = module.terms[term]
            for item in held.items if isinstance(held, Sequence) else (term,):
                values: Iterable[Value] = self.inference.term(module, item)
                found = {
                    model
                    for value in values
                    if isinstance(value, ClassValue) and (model := self.ownership.model_of(value.klass)) is not None
                }
                if len(found) == 1:
                    yield found.pop()


def _on(model: Model, atom: Atom) -> Atom:
    return atom._replace(model=model) if atom.model is None or isinstance(atom.model, Slot) else atom
