"""Statements as ORMs write them: a model and the steps added to it, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External, FunctionValue
from statelint.analysis.queries.query import Chain, Step
from statelint.analysis.queries.repositories import Repositories
from statelint.extract.facts import Attr, Call, Choice, Comprehension, Item, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.queries.entities import Entities
    from statelint.analysis.stores.postgrest import Postgrest
    from statelint.extract.facts import TermId


_VIEWS = frozenset({"gino"})
"""Attributes through which a statement runs: ``query.gino.first()``."""


class Chains:
    """Builds the statements that terms may be."""

    def __init__(self, entities: Entities, postgrest: Postgrest | None = None) -> None:
        self.entities = entities
        self.words = entities.inference.catalogue.queries
        self._statements = dict.fromkeys(self.words["reads"], "read") | {"update": "update", "delete": "delete"}
        self._repositories = Repositories(entities)
        self._postgrest = postgrest
        self._chains: dict[tuple[Module, TermId], tuple[Chain, ...]] = {}

    def of(self, module: Module, term: TermId) -> tuple[Chain, ...]:
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
                yield from self.of(module, held.base)
        elif isinstance(held, Attr):
            model = self.entities.manager(module, held)
            if model is not None:
                yield Chain(model, model.name, term, self._verb("read", held.name), ())
            elif held.name in _VIEWS:
                yield from self.of(module, held.base)
            elif held.name in {"update", "delete"}:
                # GINO: Note.delete.where(…)
                model = self.entities.model(module, held.base)
                if model is not None:
                    yield Chain(model, model.name, term, held.name, ())
        elif isinstance(held, Call):
            yield from self._call(module, term, held)

    def _choice(self, module: Module, held: Choice) -> Iterator[Chain]:
        """Steps that only one branch adds are optional; unrelated branches are alternatives."""
        then, other = self.of(module, held.then), self.of(module, held.other)
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
        func = module.terms[self.wrapped(module, call.func)]
        if isinstance(func, Attr):
            base_chains = self.of(module, func.base)
            if base_chains:
                step = Step(func.name, term, call.args, call.keywords, -1)
                for chain in base_chains:
                    if not chain.steps or chain.steps[-1].method not in self.words["terminals"]:
                        yield chain._replace(steps=(*chain.steps, step), verb=self._verb(chain.verb, func.name))
                return
            if func.name == "select_from" and call.args:
                # select(func.count()).select_from(Model)
                model = self.entities.entity(module, call.args[0])
                if model is not None:
                    yield Chain(model, model.name, term, "read", ())
                return
            method = func.name
        elif isinstance(func, Name):
            method = func.id
        else:
            return
        table = self._postgrest.table(module, call) if self._postgrest is not None else ""
        model = self.entities.ownership.named(table, module) if table else None
        if model is not None:
            yield Chain(model, model.name, term, "read", ())
            return
        asked = self._repositories.chain(module, term, call)
        if asked is not None:
            yield asked
        elif method in self._statements or method in self.words["by_key"]:
            yield from self._statement(module, term, call, method)
        elif method in self.words["of_model"] and call.args and not module.dotted(call.func).startswith("func."):
            # engine.find_one(Model, Model.id == …)
            model = self.entities.model(module, call.args[0])
            if model is not None and not self._own_method(module, call.func):
                step = Step(method, term, call.args[1:], call.keywords, -1)
                yield Chain(model, model.name, term, self._verb("read", method), (step,))
        if isinstance(func, Attr) and method in self.words["record_verbs"]:
            model = self.entities.model(module, func.base)
            if model is not None and not self._own_method(module, call.func):
                step = Step(method, term, call.args, call.keywords, -1)
                yield Chain(model, model.name, term, self._verb("read", method), (step,))

    def wrapped(self, module: Module, func: TermId) -> TermId:
        """Return what ``sync_to_async(Note.objects.get)`` wraps, or what is called itself."""
        held = module.terms[func]
        if isinstance(held, Call) and held.args:
            passthrough = self.entities.inference.catalogue.passthrough
            for value in self.entities.inference.term(module, held.func):
                if isinstance(value, External) and value.name in passthrough:
                    return held.args[0]
        return func

    @staticmethod
    def _tests(module: Module, term: TermId) -> tuple[TermId, ...]:
        """Return the predicates of ``select(n for n in Note if n.user == me)``."""
        held = module.terms[term]
        return held.tests if isinstance(held, Comprehension) else ()

    def _verb(self, verb: str, step: str) -> str:
        """Return what a statement does after one more step."""
        if step in self.words["deletes"]:
            return "delete"
        return "update" if step in self.words["updates"] else verb

    def _own_method(self, module: Module, func: TermId) -> bool:
        return any(isinstance(value, FunctionValue) for value in self.entities.inference.term(module, func))

    def _statement(self, module: Module, term: TermId, call: Call, method: str) -> Iterator[Chain]:
        if not call.args or self._own_method(module, call.func):
            return
        by_key = method in self.words["by_key"]
        verb = self._statements.get(method, "read")
        first = call.args[0]
        for argument in call.args if verb == "read" and method in self._statements else (first,):
            model = (
                self.entities.entity(module, argument)
                if (verb == "read" and not by_key) or isinstance(module.terms[argument], Comprehension)
                else self.entities.model(module, argument)
            )
            if model is not None:
                rest = call.args[1:] if by_key else self._tests(module, argument)
                step = Step(method, term, rest, call.keywords, -1)
                yield Chain(model, model.name, term, verb, (step,) if by_key or rest or call.keywords else ())
                return
        started = self.of(module, first)
        if started and by_key:
            # get_object_or_404(queryset, pk=…)
            step = Step(method, term, call.args[1:], call.keywords, -1)
            for chain in started:
                yield chain._replace(steps=(*chain.steps, step))
            return
        name = self.entities.foreign_name(module, first)
        if (
            name
            and self.entities.ownership.is_private_name(name)
            and method in {"select", "query", "get", "update", "delete", "get_object_or_404"}
        ):
            step = Step(method, term, call.args[1:], call.keywords, -1)
            yield Chain(None, name, term, verb, (step,) if by_key else ())
