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


class Claims:
    """Finds them: the owner is a parameter of the endpoint, and nobody compares it with the caller."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals

    def of(self, verdict: Verdict) -> Claim | None:
        """Return the claim by which a query counts as scoped, if it is one."""
        query = verdict.query
        if verdict.proof is not Proof.PREDICATE or query.chain.model is None or query.given is not None:
            return None
        atoms = [atom for atom in self.judge.queries.atoms(query) if atom.value >= 0 and atom.optional < 0]
        if any(self.principals.is_principal(query.module, atom.value) for atom in atoms):
            return None
        for atom in atoms:
            if atom.op == "==" and len(atom.column) == 1 and self._owner_kind(verdict, atom.column[0]):
                for entry, name in self._sources(query.function, atom.value, 0):
                    return Claim(verdict, entry, name)
        return None

    def _owner_kind(self, verdict: Verdict, column: str) -> bool:
        model = verdict.query.chain.model
        return model is not None and any(
            path.columns == (column,) and path.kind is OwnerKind.OWNER for path in model.paths
        )

    def _sources(self, function: FunctionInfo, value: TermId, depth: int) -> Iterator[tuple[FunctionInfo, str]]:
        """Yield the endpoints whose clients give ``value``, where nothing compares it with the caller."""
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
                and not self.principals.is_principal_parameter(function, held.index)
                and not list(self.judge.graph.dependencies(module, parameter.annotation, parameter.default))
                and parameter.name not in {"request", "req", "info", "context", "ctx"}
                and self.judge.guards.knows_caller(function)
                and self.judge.guards.guard_before(function, [value]) is None
            ):
                yield function, parameter.name
            return
        if depth >= MAX_DEPTH:
            return
        for edge in self.judge.graph.callers.get(function, ()):
            if edge.call < 0 or edge.kind == "name":
                continue
            argument = self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound)
            if argument >= 0 and not self.principals.is_principal(edge.caller.module, argument):
                yield from self._sources(edge.caller, argument, depth + 1)

    def _compared(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a test of the function, or a call it makes, looks at the value and at the caller or a role."""
        module = function.module
        parts = self.judge.queries.containment(module).parts
        tests = {step for event in function.events for step in self.judge.rows.chain(module, event.condition)}
        for number in tests:
            test = module.facts.conditions[number].test
            if test >= 0 and (
                (value in parts(test) and any(self.principals.is_principal(module, part) for part in parts(test)))
                or self.principals.mentions_admin(module, test)
                or self._compares_caller(module, test)
            ):
                return True
        return any(
            value in parts(event.term) and any(self.principals.is_principal(module, part) for part in parts(event.term))
            for event in function.events
            if event.op == "call"
        )

    def _compares_caller(self, module: Module, test: TermId) -> bool:
        """``if chat.creator_id != user.id: raise``: whoever may go on may choose among the others."""
        return any(
            isinstance(held := module.terms[part], Compare)
            and any(
                self.principals.is_principal(module, side) and not isinstance(module.terms[other], Const)
                for side, other in ((held.left, held.right), (held.right, held.left))
            )
            for part in self.judge.queries.containment(module).parts(test)
        )
