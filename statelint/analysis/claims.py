"""Queries that are scoped to an owner whom the client names, although the caller is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs import Proof
from statelint.extract.facts import Attr, Compare, Const, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs import Judge, Verdict
    from statelint.extract.facts import TermId

MAX_DEPTH = 3
"""Calls between the endpoint that receives the owner and the query that uses it."""


class Claim(NamedTuple):
    """``entry`` hands what the client says in its parameter ``name`` to the query as the owner."""

    verdict: Verdict
    entry: FunctionInfo
    name: str
    known: bool
    """Somebody on the way knows the caller."""


class Claims:
    """Finds them: the owner is a parameter of the endpoint, and nobody compares it with the caller."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals

    def of(self, verdict: Verdict) -> list[Claim]:
        """Return the claims by which a query counts as scoped, an endpoint each."""
        query = verdict.query
        if verdict.proof is not Proof.PREDICATE or query.chain.model is None or query.given is not None:
            return []
        atoms = [atom for atom in self.judge.queries.atoms(query) if atom.value >= 0 and atom.optional < 0]
        if any(self._is_caller(query.function, atom.value) for atom in atoms):
            return []
        for atom in atoms:
            if atom.op == "==" and len(atom.column) == 1 and self._owner_kind(verdict, atom.column[0]):
                claims = {
                    entry: Claim(verdict, entry, name, known)
                    for entry, name, known in self._sources(query.function, atom.value, 0)
                }
                if claims:
                    return list(claims.values())
        return []

    def _is_caller(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a value is the caller, whoever calls the function: its callers are looked at one by one."""
        held = function.module.terms[value]
        if isinstance(held, Param) and held.function == function.index:
            return self.principals.is_declared_principal(function, held.index)
        return self.principals.is_principal(function.module, value)

    def _owner_kind(self, verdict: Verdict, column: str) -> bool:
        model = verdict.query.chain.model
        return model is not None and any(
            path.columns == (column,) and path.kind is OwnerKind.OWNER for path in model.paths
        )

    def _sources(self, function: FunctionInfo, value: TermId, depth: int) -> Iterator[tuple[FunctionInfo, str, bool]]:
        """Yield the endpoints whose clients give ``value``, where nothing compares it with the caller.

        With each comes whether a function on the way knows who is calling.
        """
        module = function.module
        held = module.terms[value]
        while isinstance(held, Attr):
            value = held.base
            held = module.terms[value]
        if not isinstance(held, Param) or held.function != function.index or self._compared(function, value):
            return
        parameter = function.facts.parameters[held.index]
        if function.owner is not None and held.index == 0:
            return
        if function in self.judge.reach.entry_points:
            entries = self.judge.reach.entry_points[function]
            if (
                entries[0].kind == "route"
                # Decorators of the project fill parameters, too: only the route's own and typed ones are the client's.
                and (parameter.annotation >= 0 or any(parameter.name in entry.path for entry in entries))
                and not self.principals.is_declared_principal(function, held.index)
                and not list(self.judge.graph.dependencies(module, parameter.annotation, parameter.default))
                and not self.judge.graph.depends_on_unknown(module, parameter.annotation, parameter.default)
                and parameter.name not in {"request", "req", "info", "context", "ctx"}
                and self.judge.guards.guard_before(function, [value]) is None
            ):
                yield function, parameter.name, self.judge.guards.knows_caller(function)
            return
        if depth >= MAX_DEPTH:
            return
        for edge in self.judge.graph.callers.get(function, ()):
            if edge.call < 0 or edge.kind == "name":
                continue
            argument = self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound)
            if argument >= 0 and not self.principals.is_principal(edge.caller.module, argument):
                for entry, name, known in self._sources(edge.caller, argument, depth + 1):
                    yield entry, name, known or self._knows_another(function, value)

    def _compared(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a test of the function, or a call it makes, looks at the value and at the caller or a role."""
        module = function.module
        parts = self.judge.queries.containment(module).parts
        tests = {step for event in function.events for step in self.judge.rows.chain(module, event.condition)}
        for number in tests:
            test = module.facts.conditions[number].test
            if test >= 0 and (
                (value in parts(test) and self._beside(module, test, value))
                or self.principals.mentions_admin(module, test)
                or self._compares_caller(module, test, value)
            ):
                return True
        return any(
            value in parts(event.term) and self._beside(module, event.term, value)
            for event in function.events
            if event.op == "call"
        )

    def _beside(self, module: Module, term: TermId, value: TermId) -> bool:
        """Tell whether a term holds the caller besides ``value``, which some may hand in as the caller."""
        parts = self.judge.queries.containment(module).parts
        return any(value not in parts(part) and self.principals.is_principal(module, part) for part in parts(term))

    def _knows_another(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a helper asks for the caller itself, besides what it is handed."""
        return any(event.op == "call" and self._beside(function.module, event.term, value) for event in function.events)

    def _compares_caller(self, module: Module, test: TermId, value: TermId) -> bool:
        """``if chat.creator_id != user.id: raise``: whoever may go on may choose among the others."""
        parts = self.judge.queries.containment(module).parts
        return any(
            isinstance(held := module.terms[part], Compare)
            and any(
                value not in parts(side)
                and self.principals.is_principal(module, side)
                and not isinstance(module.terms[other], Const)
                for side, other in ((held.left, held.right), (held.right, held.left))
            )
            for part in parts(test)
        )
