"""Questions to the database: where a function reads, changes or deletes rows of a model, and under which predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from statelint.analysis.model import ClassValue, External, FunctionValue
from statelint.analysis.terms import Containment
from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Choice,
    Compare,
    Item,
    Logic,
    Mapping,
    Name,
    Sequence,
    Star,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model, Ownership
    from statelint.extract.facts import Event, TermId


class Step(NamedTuple):
    """One call in a chain: ``.filter(...)``."""

    method: str
    call: TermId
    args: tuple[TermId, ...]
    keywords: tuple[tuple[str, TermId], ...]
    optional: TermId
    """The test under which the step is part of the statement, or ``NO_TERM`` when it always is."""


class Chain(NamedTuple):
    """A statement as far as it is built: the model asked, and the steps."""

    model: Model | None
    name: str
    start: TermId
    verb: str
    steps: tuple[Step, ...]
    chosen: TermId = -1
    """The test that picks this statement among alternatives, or ``NO_TERM``."""


class Atom(NamedTuple):
    """``column op value`` in a statement; ``column`` is a path from ``model`` (None: of a model not in sight)."""

    column: tuple[str, ...]
    value: TermId
    op: str
    optional: TermId
    model: Model | None = None


class Query(NamedTuple):
    """One question a function asks; ``leaf`` is the last call of its chain and stands for the rows."""

    function: FunctionInfo
    chain: Chain
    leaf: TermId
    event: Event
    given: tuple[Atom, ...] | None = None
    """The predicates, where the finder knows them and they are not in the chain."""
    others: tuple[Chain, ...] = ()
    """The statements that it may be instead, by branches before."""

    @property
    def module(self) -> Module:
        """Where the query stands."""
        return self.function.module

    @property
    def verb(self) -> str:
        """``read``, ``update`` or ``delete``."""
        return self.chain.verb


class Finder(Protocol):
    """Finds queries of a kind that is not written as an ORM's chain."""

    def of(self, function: FunctionInfo) -> Iterable[Query]:
        """Yield the queries that a function asks."""


class QueryFinder:
    """Finds the queries of a project: the ORMs' itself, others by ``finders``."""

    def __init__(self, inference: Inference, ownership: Ownership, finders: Iterable[Finder] = ()) -> None:
        self.inference = inference
        self.ownership = ownership
        self.words = inference.catalogue.queries
        self._statements = dict.fromkeys(self.words["reads"], "read") | {"update": "update", "delete": "delete"}
        self._finders = tuple(finders)
        self._chains: dict[tuple[Module, TermId], tuple[Chain, ...]] = {}
        self._containment: dict[Module, Containment] = {}
        self._queries: dict[FunctionInfo, list[Query]] = {}

    def containment(self, module: Module) -> Containment:
        """Return the module's containment oracle."""
        if module not in self._containment:
            self._containment[module] = Containment(module)
        return self._containment[module]

    def of(self, function: FunctionInfo) -> list[Query]:
        """Return the queries that a function asks, in source order."""
        found = self._queries.get(function)
        if found is None:
            found = list(self._find(function))
            mine = {query.event.term for query in found}
            for finder in self._finders:
                found += (query for query in finder.of(function) if query.event.term not in mine)
            found.sort(key=lambda query: (query.event.position.line, query.event.position.column))
            self._queries[function] = found
        return found

    def _find(self, function: FunctionInfo) -> Iterator[Query]:
        module = function.module
        chained: dict[TermId, tuple[Event, tuple[Chain, ...]]] = {}
        inner: set[TermId] = set()
        for event in function.events:
            if event.op != "call":
                continue
            chains = self.chains(module, event.term)
            if not chains:
                continue
            chained[event.term] = (event, chains)
            call = module.terms[event.term]
            if isinstance(call, Call):
                func = module.terms[call.func]
                if isinstance(func, Attr):
                    inner.update(self._receivers(module, func.base))
                if call.args and self.chains(module, call.args[0]):
                    inner.update(self._receivers(module, call.args[0]))
        for term, (event, chains) in chained.items():
            if term in inner:
                continue
            asking = [
                chain for chain in chains if not any(step.method in self.words["inserts"] for step in chain.steps)
            ]
            if asking:
                yield Query(function, asking[0], term, event, others=tuple(asking[1:]))

    def _receivers(self, module: Module, term: TermId) -> Iterator[TermId]:
        held = module.terms[term]
        if isinstance(held, Call):
            yield term
        elif isinstance(held, Choice):
            yield from self._receivers(module, held.then)
            yield from self._receivers(module, held.other)
        elif isinstance(held, Item):
            yield from self._receivers(module, held.base)

    # -- chains

    def chains(self, module: Module, term: TermId) -> tuple[Chain, ...]:
        """Return the statements that ``term`` may be; empty if it is none."""
        key = (module, term)
        found = self._chains.get(key)
        if found is None:
            self._chains[key] = ()
            found = self._chains[key] = tuple(self._build(module, term))[:6]
        return found

    def _build(self, module: Module, term: TermId) -> Iterator[Chain]:
        held = module.terms[term]
        if isinstance(held, Choice):
            yield from self._choice(module, held)
        elif isinstance(held, Item):
            index = module.terms[held.key]
            if isinstance(index, Sequence) and index.kind == "slice":
                yield from self.chains(module, held.base)
        elif isinstance(held, Attr):
            model = self._manager(module, held)
            if model is not None:
                yield Chain(model, model.name, term, "read", ())
        elif isinstance(held, Call):
            yield from self._call(module, term, held)

    def _choice(self, module: Module, held: Choice) -> Iterator[Chain]:
        """Steps that only one branch adds are optional; unrelated branches are alternatives."""
        then, other = self.chains(module, held.then), self.chains(module, held.other)
        if not then or not other:
            yield from (*then, *other)
            return
        for long, short in ((then[0], other[0]), (other[0], then[0])):
            size = len(short.steps)
            if long.start == short.start and len(long.steps) > size and long.steps[:size] == short.steps:
                test = held.test if held.test >= 0 else held.then
                extra = tuple(step._replace(optional=test) for step in long.steps[size:])
                yield long._replace(steps=(*short.steps, *extra))
                return
        for chain in (*then, *other):
            yield chain._replace(chosen=held.test) if chain.chosen < 0 else chain

    def _call(self, module: Module, term: TermId, call: Call) -> Iterator[Chain]:
        func = module.terms[call.func]
        if isinstance(func, Attr):
            base_chains = self.chains(module, func.base)
            if base_chains:
                step = Step(func.name, term, call.args, call.keywords, -1)
                for chain in base_chains:
                    if not chain.steps or chain.steps[-1].method not in self.words["terminals"]:
                        yield chain._replace(steps=(*chain.steps, step), verb=self._verb(chain.verb, func.name))
                return
            if func.name == "select_from" and call.args:
                # select(func.count()).select_from(Model)
                model = self._entity(module, call.args[0])
                if model is not None:
                    yield Chain(model, model.name, term, "read", ())
                return
            method = func.name
        elif isinstance(func, Name):
            method = func.id
        else:
            return
        if method in self._statements or method in self.words["by_key"]:
            yield from self._statement(module, term, call, method)
        if isinstance(func, Attr) and method in self.words["record_verbs"]:
            model = self._model(module, func.base)
            if model is not None and not self._own_method(module, call.func):
                step = Step(method, term, call.args, call.keywords, -1)
                yield Chain(model, model.name, term, self._verb("read", method), (step,))

    def _verb(self, verb: str, step: str) -> str:
        """Return what a statement does after one more step."""
        if step in self.words["deletes"]:
            return "delete"
        return "update" if step in self.words["updates"] else verb

    def _own_method(self, module: Module, func: TermId) -> bool:
        return any(isinstance(value, FunctionValue) for value in self.inference.term(module, func))

    def _statement(self, module: Module, term: TermId, call: Call, method: str) -> Iterator[Chain]:
        if not call.args or self._own_method(module, call.func):
            return
        by_key = method in self.words["by_key"]
        verb = self._statements.get(method, "read")
        first = call.args[0]
        for argument in call.args if verb == "read" and method in self._statements else (first,):
            model = self._entity(module, argument) if verb == "read" and not by_key else self._model(module, argument)
            if model is not None:
                step = Step(method, term, call.args[1:] if by_key else (), call.keywords, -1)
                yield Chain(model, model.name, term, verb, (step,) if by_key or call.keywords else ())
                return
        started = self.chains(module, first)
        if started and by_key:
            # get_object_or_404(queryset, pk=…)
            step = Step(method, term, call.args[1:], call.keywords, -1)
            for chain in started:
                yield chain._replace(steps=(*chain.steps, step))
            return
        name = self._foreign_name(module, first)
        if (
            name
            and self.ownership.is_private_name(name)
            and method in {"select", "query", "get", "update", "delete", "get_object_or_404"}
        ):
            step = Step(method, term, call.args[1:], call.keywords, -1)
            yield Chain(None, name, term, verb, (step,) if by_key else ())

    def _foreign_name(self, module: Module, term: TermId) -> str:
        """Return the name of a class that is defined nowhere in the project."""
        held = module.terms[term]
        name = held.id if isinstance(held, Name) else ""
        if not name[:1].isupper():
            return ""
        values = self.inference.term(module, term)
        return name if all(isinstance(value, External) for value in values) else ""

    def _manager(self, module: Module, held: Attr) -> Model | None:
        if held.name not in self.words["managers"] and not held.name.endswith(("_objects", "objects_")):
            base = self._model(module, held.base)
            if base is None:
                return None
            binding = base.klass.attribute(held.name) if base.klass is not None else None
            if binding is None or binding.value < 0:
                return None
            made = base.module.terms[binding.value]
            if not isinstance(made, Call) or "anager" not in base.module.dotted(made.func):
                return None
            return base
        return self._model(module, held.base)

    def _model(self, module: Module, term: TermId) -> Model | None:
        """Return the model class that ``term`` names."""
        held = module.terms[term]
        if not isinstance(held, (Name, Attr, Choice)) and not (isinstance(held, Call)):
            return None
        if isinstance(held, Choice):
            return self._model(module, held.then) or self._model(module, held.other)
        found = {
            model
            for value in self.inference.term(module, term)
            if isinstance(value, ClassValue) and (model := self.ownership.model_of(value.klass)) is not None
        }
        # A slot that holds now this model, now that one is a generic repository's.
        return found.pop() if len(found) == 1 else None

    def _entity(self, module: Module, term: TermId, depth: int = 0) -> Model | None:
        """Return the model that a column, an aggregate or the model itself stands for."""
        held = module.terms[term]
        model = self._model(module, term)
        if model is not None or depth > 3:
            return model
        if isinstance(held, Attr):
            return self._entity(module, held.base, depth + 1)
        if isinstance(held, Star):
            return self._entity(module, held.value, depth + 1)
        if isinstance(held, Call):
            inside = [*held.args]
            func = module.terms[held.func]
            if isinstance(func, Attr):
                inside.append(func.base)
            for part in inside:
                found = self._entity(module, part, depth + 1)
                if found is not None:
                    return found
        return None

    # -- predicates

    def atoms(self, query: Query) -> list[Atom]:
        """Return the comparisons that the statement makes."""
        if query.given is not None:
            return list(query.given)
        found: list[Atom] = []
        model = query.chain.model
        for step in query.chain.steps:
            if step.method not in self.words["filters"]:
                continue
            if step.method == "exclude":
                found += (atom._replace(op="!=") for atom in self._excluded(query, step))
                continue
            for name, value in step.keywords:
                if name:
                    path = tuple(part for part in name.split("__") if part)
                    found.append(Atom(path, value, "==", step.optional, model))
                else:
                    found += self._positional(query.module, value, step.optional)
            for argument in step.args:
                inner = list(self._positional(query.module, argument, step.optional))
                if not inner and step.method in self.words["by_key"] | {"get_by_id", "delete_by_id", "aget"}:
                    inner = [Atom(("pk",), argument, "==", step.optional, model)]
                found += inner
        return found

    def _excluded(self, query: Query, step: Step) -> list[Atom]:
        kept = query._replace(chain=query.chain._replace(steps=(step._replace(method="filter"),)))
        return self.atoms(kept)

    def _positional(self, module: Module, term: TermId, optional: TermId, depth: int = 0) -> Iterator[Atom]:
        if term < 0 or depth > 12:
            return
        held = module.terms[term]
        match held:
            case Compare(op=op, left=left, right=right):
                for column, value in ((left, right), (right, left)):
                    path, model = self._column(module, column)
                    if path:
                        yield Atom(path, value, op, optional, model)
            case Logic(values=values):
                for value in values:
                    yield from self._positional(module, value, optional, depth + 1)
            case Binary(left=left, right=right):
                yield from self._positional(module, left, optional, depth + 1)
                yield from self._positional(module, right, optional, depth + 1)
            case Star(value=value):
                yield from self._positional(module, value, optional, depth + 1)
            case Sequence(items=items):
                for item in items:
                    yield from self._positional(module, item, optional, depth + 1)
            case Choice(test=test, then=then, other=other):
                yield from self._positional(module, then, test, depth + 1)
                yield from self._positional(module, other, test, depth + 1)
            case Mapping(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    text = module.text(key) if key >= 0 else None
                    if text is not None:
                        yield Atom(tuple(text.replace("__", ".").split(".")), value, "==", optional)
                    yield from self._positional(module, value, optional, depth + 1)
            case Call(func=func, args=args, keywords=keywords):
                called = module.terms[func]
                if isinstance(called, Attr) and called.name in {
                    "in_",
                    "is_",
                    "contains",
                    "any",
                    "has",
                    "any_",
                    "like",
                    "ilike",
                    "notin_",
                    "isnot",
                    "op",
                }:
                    path, model = self._column(module, called.base)
                    if path:
                        yield Atom(path, args[0] if args else -1, called.name, optional, model)
                for name, value in keywords:
                    if name:
                        yield Atom(tuple(part for part in name.split("__") if part), value, "==", optional)
                for argument in args:
                    yield from self._positional(module, argument, optional, depth + 1)
            case _:
                return

    def _column(self, module: Module, term: TermId) -> tuple[tuple[str, ...], Model | None]:
        """Return the column path that ``Model.column`` (or ``table.c.column``) names, and the model if it is known."""
        parts: list[str] = []
        at = term
        while True:
            held = module.terms[at]
            if parts and self._model(module, at) is not None:
                break
            if isinstance(held, Attr):
                parts.append(held.name)
                at = held.base
            elif isinstance(held, Call):
                # col(Model.owner_id), func.lower(Model.email), Model.owner_id.cast(…)
                func = module.terms[held.func]
                if held.args and not parts:
                    at = held.args[0]
                elif isinstance(func, Attr) and self._entity(module, func.base) is not None:
                    at = func.base
                else:
                    break
            else:
                break
        path = tuple(reversed([part for part in parts if part != "c"]))
        model = self._model(module, at)
        if not path or model is not None:
            return path, model
        values = self.inference.term(module, at)
        root = module.terms[at]
        if any(isinstance(value, (ClassValue, External)) for value in values) or "c" in parts[1:]:
            return path, None
        if isinstance(root, Name) and root.id[:1].isupper() and not values:
            return path, None
        return (), None
