"""Questions to the database: where a function reads, changes or deletes rows of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.queries.chains import Chains
from statelint.analysis.queries.entities import Entities
from statelint.analysis.queries.predicates import Predicates, refers_outside
from statelint.analysis.queries.query import Query
from statelint.analysis.terms import Containment, children
from statelint.extract.facts import NO_TERM, Attr, Call, Choice, Compare, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model, Ownership
    from statelint.analysis.queries.query import Atom, Chain, Finder
    from statelint.analysis.stores.postgrest import Postgrest
    from statelint.extract.facts import Event, TermId

_JOINS = frozenset({"join", "outerjoin", "join_from", "outerjoin_from", "select_from"})
_SUBQUERIES = frozenset({"exists", "scalar_subquery", "as_scalar", "correlate", "lateral"})
"""What makes a statement part of another that may supply what it compares."""


class QueryFinder:
    """Finds the queries of a project: the ORMs' itself, others by ``finders``."""

    def __init__(
        self,
        inference: Inference,
        ownership: Ownership,
        finders: Iterable[Finder] = (),
        postgrest: Postgrest | None = None,
        entities: Entities | None = None,
    ) -> None:
        """``entities`` reads what the statements name, where it is more than models."""
        self.inference = inference
        self.words = inference.catalogue.queries
        self._entities = entities = entities or Entities(inference, ownership)
        self._chains = Chains(entities, postgrest)
        self._predicates = Predicates(entities)
        self._finders = tuple(finders)
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
        prefetched: set[TermId] = set()
        for event, call in function.calls:
            chains = self.chains(module, event.term)
            if not chains:
                if module.last_name(call.func) == "Prefetch":
                    prefetched.update(self._prefetched(module, call))
                continue
            chained[event.term] = (event, chains)
            func = module.terms[self._chains.wrapped(module, call.func)]
            if isinstance(func, Attr):
                inner.update(self._receivers(module, func.base))
            given = self.chains(module, call.args[0]) if call.args else ()
            # notes.update(note), online_in(room): what is given a row makes a statement of its own, and runs none.
            others = all(chain.model is not None and chain.model is not chains[0].model for chain in given)
            by_row = (others and all(map(self._is_loaded, given))) or (
                chains[0].start == event.term and (others or any(step.method == "get" for step in chains[0].steps))
            )
            if given and not by_row:
                inner.update(self._receivers(module, call.args[0]))
            for handed in self._added_to(module, call, chains):
                inner.update(self._receivers(module, handed))
        shown = self._shown(function, inner & chained.keys())
        added = dict(self._added(function))
        for term, (event, chains) in chained.items():
            if term in prefetched or (term in inner and term not in shown):
                continue
            asking = [
                chain
                for chain in added.get(term, chains)
                if not any(step.method in self.words["inserts"] for step in chain.steps)
            ]
            if asking and not any(self._is_correlated(module, chain) for chain in asking):
                yield Query(function, asking[0], term, event, others=tuple(asking[1:]))

    def _added(self, function: FunctionInfo) -> Iterator[tuple[TermId, tuple[Chain, ...]]]:
        """Yield the last steps that only one branch adds to a statement that is run then, and what that may be.

        ``if user_id: stmt = stmt.where(…)`` before ``session.execute(stmt)``.
        """
        module = function.module
        for _, call in function.calls:
            for given in call.arguments:
                if isinstance(module.terms[given], Choice):
                    chains = self.chains(module, given)
                    if len(chains) == 1 and chains[0].steps and chains[0].steps[-1].optional >= 0:
                        yield chains[0].steps[-1].call, chains

    def _added_to(self, module: Module, call: Call, chains: tuple[Chain, ...]) -> Iterator[TermId]:
        """Yield the statement that a function adds to, wherever it is handed: ``of_caller(request, notes)``."""
        for given in call.arguments:
            if any(chain.start == chains[0].start for chain in self.chains(module, given)):
                yield given

    def _besides(self, module: Module, call: Call, chains: tuple[Chain, ...]) -> Iterator[TermId]:
        """Yield what a call is given besides the statement that it goes on from."""
        begun = {*call.args[:1], *self._added_to(module, call, chains)} if chains else ()
        return (term for term in call.arguments if term not in begun)

    def _is_loaded(self, chain: Chain) -> bool:
        """Tell whether a statement has been run for a row: ``Friend.objects.friends(account)`` is given one."""
        return bool(chain.steps) and chain.steps[-1].method in self.words["terminals"] - {"exists"}

    def _shown(self, function: FunctionInfo, begun: Set[TermId]) -> set[TermId]:
        """Return what other statements go on from and is shown itself: ``notes = …; notes.exists(); render(notes)``.

        What one of two branches goes on from is judged as what the other one makes of it.
        """
        module = function.module
        begun = {term for term in begun if self._is_lazy(module, term)}
        if not begun:
            return set()
        found: set[TermId] = set()
        stack = [
            term
            for event, call in function.calls
            # get_object_or_404(notes, pk=pk) goes on from the notes.
            for term in self._besides(module, call, self.chains(module, event.term))
        ]
        # What is given back in one of several cases is what the case makes of it.
        stack += [
            event.term
            for event in function.events
            if event.op != "call" and not (event.op == "return" and event.condition)
        ]
        stack += [event.value for event in function.events]
        seen: set[TermId] = set()
        while stack:
            at = stack.pop()
            if at < 0 or at in seen:
                continue
            seen.add(at)
            held = module.terms[at]
            if at in begun:
                found.add(at)
            # What calls are given is looked at with the calls.
            elif not isinstance(held, (Call, Choice)):
                stack += children(held)
        return found

    def _is_lazy(self, module: Module, term: TermId) -> bool:
        """Tell whether a statement of Django's has not been run by its last step: whatever looks at it runs it."""
        return all(
            chain.model is not None
            and chain.model.klass is not None
            and any(base.startswith("django.") for base in self.inference.external_bases(chain.model.klass))
            and bool(chain.steps)
            and chain.steps[-1].method not in self.words["terminals"]
            for chain in self.chains(module, term)
        )

    def _prefetched(self, module: Module, call: Call) -> Iterator[TermId]:
        """``Prefetch("tasks", queryset=…)`` asks for the relatives of rows that another statement loads."""
        for argument in (*call.args[1:], *(value for name, value in call.keywords if name == "queryset")):
            yield from self._receivers(module, argument)

    def _is_correlated(self, module: Module, chain: Chain) -> bool:
        """Tell whether a subquery asks for what belongs to the rows of the statement around it.

        ``.filter(id=OuterRef("id"))``, ``.where(Line.note_id == Note.id).exists()``.
        """
        if not chain.steps:
            return False
        if chain.model is not None and any(step.method in _SUBQUERIES for step in chain.steps):
            asked = {chain.model, *(self.entity(module, join) for join in self._joined(chain))}
            return any(
                isinstance(held := module.terms[part], Compare)
                and chain.model in (sides := {self.entity(module, held.left), self.entity(module, held.right)})
                and not sides <= {None, *asked}
                for step in chain.steps
                if step.method not in _JOINS
                for value in step.args
                for part in self.containment(module).parts(value)
            )
        return "OuterRef" in module.mentioned and any(
            refers_outside(module, self.containment(module).parts(value))
            for step in chain.steps
            for value in step.arguments
        )

    @staticmethod
    def _joined(chain: Chain) -> Iterator[TermId]:
        """Yield what else a statement asks: what it joins."""
        for step in chain.steps:
            if step.method in _JOINS:
                yield from step.args[:1]

    def _receivers(self, module: Module, term: TermId) -> Iterator[TermId]:
        held = module.terms[term]
        if isinstance(held, Call):
            yield term
        elif isinstance(held, Choice):
            yield from self._receivers(module, held.then)
            yield from self._receivers(module, held.other)
        elif isinstance(held, Item):
            yield from self._receivers(module, held.base)

    def entity(self, module: Module, term: TermId) -> Model | None:
        """Return the model that a column, an aggregate or the model itself stands for."""
        return self._entities.entity(module, term)

    def chains(self, module: Module, term: TermId) -> tuple[Chain, ...]:
        """Return the statements that ``term`` may be; empty if it is none."""
        return self._chains.of(module, term)

    def compared(self, module: Module, condition: TermId) -> Iterator[Atom]:
        """Yield the comparisons of a condition that stands by itself, such as ``Q(user=user)``."""
        return self._predicates.positional(module, condition, NO_TERM)

    def built_by(self, function: FunctionInfo) -> tuple[Chain, ...]:
        """Return the statements that a function gives back for others to finish and run; empty if it does else."""
        return self._chains.built_by(function)

    def atoms(self, query: Query) -> list[Atom]:
        """Return the comparisons that the statement makes."""
        return self._predicates.atoms(query)

    def dropped(self, query: Query) -> Iterator[TermId]:
        """Yield the conditions that the statement seems to make, and Python's ``and`` or ``or`` keeps from it."""
        return self._predicates.dropped(query)
