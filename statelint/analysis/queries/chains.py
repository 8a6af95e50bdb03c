"""Statements as ORMs write them: a model and the steps added to it, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External, FunctionValue
from statelint.analysis.queries.query import Chain, Step
from statelint.analysis.queries.repositories import Repositories
from statelint.extract.facts import Attr, Call, Choice, Comprehension, Item, Name, Param, Sequence, Star

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.queries.entities import Entities
    from statelint.analysis.stores.postgrest import Postgrest
    from statelint.extract.facts import Term, TermId


_STATEMENTS = (Call, Attr, Choice, Item)
"""Terms that may be statements."""
MAX_MAKERS = 20
"""Functions that make a statement by calling each other; what comes after so many is taken for something else."""
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
        self._chains: dict[Module, dict[TermId, tuple[Chain, ...]]] = {}
        self._open = 0
        """How many functions are being read for the statements that they make."""

    def of(self, module: Module, term: TermId) -> tuple[Chain, ...]:
        """Return the statements that ``term`` may be; empty if it is none."""
        known = self._chains.get(module)
        if known is None:
            known = self._chains[module] = {}
        found = known.get(term)
        if found is None:
            held = module.terms[term]
            if not isinstance(held, _STATEMENTS):
                return ()
            known[term] = ()
            found = known[term] = tuple(self._build(module, term, held))[:6]
        return found

    def _build(self, module: Module, term: TermId, held: Term) -> Iterator[Chain]:
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
            elif held.name == "queryset":
                yield from self._of_view(module, term, held)
        elif isinstance(held, Call):
            yield from self._call(module, term, held)

    def _of_view(self, module: Module, term: TermId, held: Attr) -> Iterator[Chain]:
        """``self.queryset`` in a handler of a view, whose class says what it is."""
        me = module.terms[held.base]
        function = module.functions[me.function] if isinstance(me, Param) and me.index == 0 else None
        if function is None or function.owner is None or function.name in {"get_queryset", "get_object"}:
            return
        for klass in self.entities.inference.mro(function.owner)[0]:
            binding = klass.attribute(held.name)
            if binding is not None:
                made = self.of(klass.module, binding.value) if binding.value >= 0 else ()
                if klass.module is module:
                    yield from made
                else:
                    yield from (chain._replace(start=term, steps=()) for chain in made if not chain.steps)
                return

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
                    # Piccolo's Note.count().where(…) says what it wants of the rows before it says which.
                    if not chain.steps or chain.steps[-1].method not in self.words["terminals"] or func.name == "where":
                        yield chain._replace(steps=(*chain.steps, step), verb=self._verb(chain.verb, func.name))
                return
            if func.name == "select_from" and call.args:
                # select(func.count()).select_from(notes.subquery()), select(func.count()).select_from(Note)
                counted = self.of(module, call.args[0])
                yield from (
                    chain._replace(steps=(*chain.steps, Step(func.name, term, (), (), -1))) for chain in counted
                )
                model = None if counted else self.entities.entity(module, call.args[0])
                if model is not None:
                    yield Chain(model, model.name, term, "read", ())
                return
            method = func.name
        elif isinstance(func, Name):
            method = module.last_name(call.func)
        else:
            return
        table = self._postgrest.table(module, call) if self._postgrest is not None else ""
        model = self.entities.ownership.named(table, module) if table else None
        if model is not None:
            yield Chain(model, model.name, term, "read", ())
            return
        asked = self._repositories.chain(module, term, call, self.of)
        if asked is not None:
            yield asked
            return
        functions = self._own_functions(module, call.func)
        handed = list(self._handed(module, term, call, functions)) if functions else []
        if functions and not handed:
            handed = list(self._built(module, term, functions[0].function))
        if handed:
            yield from handed
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

    def _handed(self, module: Module, term: TermId, call: Call, functions: list[FunctionValue]) -> Iterator[Chain]:
        """``_joined(select(Note))``: a function of the project adds to a statement that it is given."""
        for value in functions if call.args or call.keywords else ():
            function = value.function
            for index in range(len(function.facts.parameters)):
                argument = self.entities.inference.argument(module, term, function, index, value.receiver is not None)
                given = self.of(module, argument) if argument >= 0 else ()
                if not given or not self._adds(function, index):
                    continue
                rest = tuple(other for other in call.args if other != argument)
                keywords = tuple(pair for pair in call.keywords if pair[1] != argument)
                step = Step(function.name, term, rest, keywords, -1)
                for chain in given:
                    if not chain.steps or chain.steps[-1].method not in self.words["terminals"]:
                        yield chain._replace(steps=(*chain.steps, step))
                return

    def _built(self, module: Module, term: TermId, function: FunctionInfo) -> Iterator[Chain]:
        """``self._notes()``: a function of the project makes a statement, to which its callers add."""
        if self._open >= MAX_MAKERS:
            return
        self._open += 1
        try:
            chains = self.built_by(function)
        finally:
            self._open -= 1
        for chain in chains:
            steps = chain.steps if function.module is module else ()
            yield chain._replace(start=term, steps=steps, chosen=-1)

    def built_by(self, function: FunctionInfo) -> tuple[Chain, ...]:
        """Return the statements that a function gives back for others to finish and run; empty if it does else."""
        module = function.module
        found: list[Chain] = []
        for event in function.events:
            if event.op == "yield":
                return ()
            if event.op == "return":
                chains = self.of(module, event.term) if event.term >= 0 else ()
                if not chains or any(
                    chain.model is None or chain.verb != "read" or self._has_run(module, chain) for chain in chains
                ):
                    return ()
                found += chains
        return tuple(found)

    def _has_run(self, module: Module, chain: Chain) -> bool:
        """Tell whether a statement ends in a step that runs it; ``.all()`` of a manager only begins one."""
        if not chain.steps:
            return False
        last = chain.steps[-1]
        return last.method in self.words["terminals"] | self.words["by_key"] | self.words["inserts"] or (
            last.method == "all" and last.call != chain.start and not isinstance(module.terms[chain.start], Attr)
        )

    def _adds(self, function: FunctionInfo, index: int) -> bool:
        """Tell whether a function gives back the statement that it is given, with steps that build only."""
        module = function.module
        returned = [event.term for event in function.events if event.op == "return" and event.term >= 0]
        return bool(returned) and all(self._grows(module, term, function, index) for term in returned)

    def _grows(self, module: Module, term: TermId, function: FunctionInfo, index: int) -> bool:
        held = module.terms[term]
        match held:
            case Param():
                return held.function == function.index and held.index == index
            case Choice(then=then, other=other):
                return self._grows(module, then, function, index) and self._grows(module, other, function, index)
            case Call():
                func = module.terms[held.func]
                return (
                    isinstance(func, Attr)
                    and func.name not in self.words["terminals"]
                    and self._grows(module, func.base, function, index)
                )
            case _:
                return False

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
        return bool(self._own_functions(module, func))

    def _own_functions(self, module: Module, func: TermId) -> list[FunctionValue]:
        """Return the project's functions that are called, but those that stand before the library's and hand all on."""
        return [
            value
            for value in self.entities.inference.term(module, func)
            if isinstance(value, FunctionValue) and not _hands_on(value.function)
        ]

    def _statement(self, module: Module, term: TermId, call: Call, method: str) -> Iterator[Chain]:
        if not call.args or self._own_method(module, call.func):
            return
        by_key = method in self.words["by_key"]
        verb = self._statements.get(method, "read")
        first = call.args[0]
        several = verb == "read" and method in self._statements
        asked = self.of(module, first) if several else ()
        if asked and all(chain.steps and chain.steps[-1].method == "exists" for chain in asked):
            # select(select(Note).where(…).exists())
            step = Step(method, term, call.args[1:], call.keywords, -1)
            yield from (chain._replace(steps=(*chain.steps, step)) for chain in asked)
            return
        for argument in (*self._of_owner(module, call.args), *call.args) if several else (first,):
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

    def _of_owner(self, module: Module, terms: tuple[TermId, ...]) -> Iterator[TermId]:
        """Yield what of a model with an owner is asked for besides users: ``select(User.name, Note.text)``."""
        for term in terms if len(terms) > 1 else ():
            held = module.terms[term]
            func = module.terms[held.func] if isinstance(held, Call) else None
            column = func.base if isinstance(func, Attr) and func.name == "label" else term
            if isinstance(module.terms[column], (Attr, Name)):
                model = self.entities.entity(module, column)
                if model is not None and model.owned and not model.is_principal:
                    yield term


def _hands_on(function: FunctionInfo) -> bool:
    """``def get(cls, *args, **kwargs): return super().get(*args, **kwargs).prefetch_related("tags")``."""
    module = function.module
    return {"*", "**"} <= {parameter.kind for parameter in function.facts.parameters} and any(
        isinstance(func := module.terms[call.func], Attr)
        and func.name == function.name
        and isinstance(base := module.terms[func.base], Call)
        and module.dotted(base.func) == "super"
        and {"*", "**"} <= {_passed(module, term) for term in (*call.args, *(value for _, value in call.keywords))}
        for _, call in function.calls
    )


def _passed(module: Module, term: TermId) -> str:
    """Return the kind of the parameter that an argument hands on."""
    held = module.terms[term]
    if isinstance(held, Star):
        held = module.terms[held.value]
    return module.parameter_of(held).kind if isinstance(held, Param) else ""
