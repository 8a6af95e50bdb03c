"""Statements that one function makes and another restricts and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import FunctionValue
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.reach import Reach
from statelint.extract.facts import Call

if TYPE_CHECKING:
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query


class Handed:
    """Tells who is to be judged for a statement, and what its maker proves."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.queries = judge.queries

    def proof(self, query: Query) -> Proof | None:
        """Return what the function proves that makes the statement of a query, if it is another's."""
        held = query.module.terms[query.chain.start]
        if not isinstance(held, Call):
            return None
        for value in self.inference.term(query.module, held.func):
            if isinstance(value, FunctionValue):
                made = [
                    each
                    for each in self.queries.of(value.function)
                    if each.chain.model is query.chain.model and self._given_back(each)
                ]
                proofs = [self._made_proof(each) for each in made]
                return proofs[0] if proofs and all(proofs) else None
        return None

    def _given_back(self, query: Query) -> bool:
        """Tell whether a function gives back a statement that it makes."""
        holds = self.queries.containment(query.module).holds
        return any(
            event.op == "return" and event.term >= 0 and holds(event.term, query.leaf)
            for event in query.function.events
        )

    def _made_proof(self, query: Query) -> Proof | None:
        """What a statement that a function gives back proves where it is made."""
        steps = self.judge.exits.chain(query.module, query.event.condition)
        return self.judge.statement.predicate(query, self.queries.atoms(query)) or (
            Proof.ADMIN if self.judge.rows.admitted(query.module, steps, query.leaf) else None
        )

    def finished_elsewhere(self, query: Query) -> bool:
        """Tell whether a statement is only made here: all callers restrict it, or are proven, and are judged for it."""
        function = query.function
        if function in self.judge.reach.entry_points or not self.queries.built_by(function):
            return False
        edges = [
            edge
            for edge in self.judge.graph.callers.get(function, ())
            if self.judge.reach.of(edge.caller) is not Reach.OFFLINE
        ]
        return bool(edges) and all(
            edge.call >= 0
            and any(
                chain.start == edge.call
                and (self._restricts(each) or self.judge.judge(each).proof not in {None, Proof.CALLER})
                for each in self.queries.of(edge.caller)
                for chain in (each.chain, *each.others)
            )
            for edge in edges
        )

    def _restricts(self, query: Query) -> bool:
        """Tell whether a query adds conditions to the statement that another function makes."""
        holds = self.queries.containment(query.module).holds
        return any(
            step.method in self.queries.words["filters"] and holds(step.call, query.chain.start)
            for step in query.chain.steps
        )

    def only_runs(self, query: Query) -> bool:
        """Tell whether a statement that another function makes is run as it is; it is reported where it is made."""
        held = query.module.terms[query.chain.start]
        return (
            isinstance(held, Call)
            and not self._restricts(query)
            and any(
                isinstance(value, FunctionValue) and self.queries.built_by(value.function)
                for value in self.inference.term(query.module, held.func)
            )
        )
