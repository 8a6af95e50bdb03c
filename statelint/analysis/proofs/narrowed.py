"""Statements that are handed to a function and given back narrowed: ``of_caller(Note.objects.all(), request)``."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from statelint.analysis.queries import Chain, Step
from statelint.extract.facts import NO_TERM, Attr, Call, Choice, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.proofs.verdict import Proof
    from statelint.analysis.queries import Atom, Query
    from statelint.extract.facts import TermId

MAX_WAYS = 32
"""Ways through a function, by its branches, that are looked at; a function with more proves nothing."""


class Narrowed:
    """Knows what the functions prove that add to a statement."""

    def __init__(self, judge: Judge, predicate: Callable[[Query, list[Atom]], Proof | None]) -> None:
        self.inference = judge.inference
        self.principals = judge.principals
        self.queries = judge.queries
        self._predicate = predicate

    def by_helper(self, query: Query) -> bool:
        """Tell whether a function adds to a statement what proves it: ``of_caller(Note.objects.all(), request)``."""
        module = query.module
        return any(
            self._proves(query, function)
            for step in query.chain.steps
            if isinstance(call := module.terms[step.call], Call)
            for function in self.inference.callees(module, call)
        )

    def _proves(self, query: Query, function: FunctionInfo) -> bool:
        """Tell whether a statement is proven by what a function adds to it, whichever way it goes.

        A way that only some callers take (``if not user.is_staff: notes = notes.filter(…)``) proves itself.
        """
        module = function.module
        ways = [
            (way, event)
            for event in function.events
            if event.op == "return" and event.term >= 0
            for way in islice(self._ways(module, event.term, NO_TERM), MAX_WAYS + 1)
        ]
        return 0 < len(ways) <= MAX_WAYS and all(
            self._proven(
                query._replace(function=function, chain=chain, leaf=event.term, event=event, given=None, others=())
            )
            for chain, event in ((self._chain(query, way), event) for way, event in ways)
        )

    def _proven(self, query: Query) -> bool:
        chosen = query.chain.chosen
        return self._predicate(query, self.queries.atoms(query)) is not None or (
            chosen >= 0 and self.principals.mentions_identity(query.module, chosen)
        )

    @staticmethod
    def _chain(query: Query, way: tuple[TermId, tuple[Step, ...], TermId]) -> Chain:
        start, steps, chosen = way
        return query.chain._replace(start=start, steps=steps, chosen=chosen)

    def _ways(self, module: Module, term: TermId, chosen: TermId) -> Iterator[tuple[TermId, tuple[Step, ...], TermId]]:
        """Yield where a statement begins, the steps that are added to it, and the test on which that hangs."""
        held = module.terms[term]
        match held:
            case Choice(test=test, then=then, other=other):
                for branch in (then, other):
                    yield from self._ways(module, branch, test if test >= 0 else chosen)
            case Call(func=func):
                called = module.terms[func]
                if isinstance(called, Attr):
                    step = Step(called.name, term, held.args, held.keywords, NO_TERM)
                    for start, steps, on in self._ways(module, called.base, chosen):
                        yield start, (*steps, step), on
            case Param():
                yield term, (), chosen
            case _:
                return
