"""Administrators of one tenant: a guard that lets them in says nothing of another tenant's rows."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs.words import NEGATIVE
from statelint.extract.facts import Attr, Compare, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.before import Guard
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId

MAX_DEPTH = 4
"""Calls between an entry point and the comparison with its caller's tenant."""
_ABOVE = re.compile(r"super|platform|system|global|root|sysadmin|internal", re.IGNORECASE)
"""Words for those who stand above all tenants."""


class TenantAdmins:
    """Knows the guards whose administrators are a tenant's: what they admit to is restricted to it elsewhere."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals

    def concerns(self, model: Model | None) -> bool:
        """Tell whether rows of a model are a tenant's."""
        return model is not None and any(path.kind is OwnerKind.TENANT for path in model.paths)

    def lets_in(self, guard: Guard) -> bool:
        """Tell whether a guard lets administrators of one tenant in."""
        if guard.function is None or _ABOVE.search(guard.name) or any(map(_ABOVE.search, guard.roles)):
            return False
        known = self._guards.get(guard.function)
        return known is not None and (not (known or guard.roles) or not known.isdisjoint(guard.roles))

    @cached_property
    def _guards(self) -> dict[FunctionInfo, set[str]]:
        """The guards before what compares rows' tenant with the caller's, and the roles that each lets in."""
        found: dict[FunctionInfo, set[str]] = {}
        guards = self.judge.guards
        for entry in set(self._restricting()):
            asked = (gate for event, _ in entry.calls for gate in guards.gates(entry.module, event.term))
            for guard in (*guards.before.guards(entry), *asked):
                if guard.function is not None:
                    found.setdefault(guard.function, set()).update(guard.roles)
        return found

    def _restricting(self) -> Iterator[FunctionInfo]:
        """Yield the entry points that compare the tenant of rows with their caller's."""
        for module in self.inference.modules:
            for function in module.functions:
                for query in self.judge.queries.of(function):
                    if not self.concerns(query.chain.model):
                        continue
                    for atom in self.judge.queries.atoms(query):
                        if (
                            atom.value >= 0
                            and atom.optional < 0
                            and atom.op not in NEGATIVE
                            and self.judge.ownership.column_kind(atom.column[-1]) is OwnerKind.TENANT
                        ):
                            yield from self._entries(function, atom.value, 0)
                for step in {step for event in function.events for step in self._tests(function, event.condition)}:
                    yield from self._compared(function, step)

    def _tests(self, function: FunctionInfo, condition: int) -> Iterator[TermId]:
        for step in self.judge.rows.chain(function.module, condition):
            test = function.module.facts.conditions[step].test
            if test >= 0:
                yield from self.judge.queries.containment(function.module).parts(test)

    def _compared(self, function: FunctionInfo, test: TermId) -> Iterator[FunctionInfo]:
        """Yield the entry points whose caller's tenant a test compares with that of a row."""
        held = function.module.terms[test]
        if not isinstance(held, Compare):
            return
        for row, caller in ((held.left, held.right), (held.right, held.left)):
            column = function.module.terms[row]
            if isinstance(column, Attr) and self.judge.ownership.column_kind(column.name) is OwnerKind.TENANT:
                yield from self._entries(function, caller, 0)

    def _entries(self, function: FunctionInfo, value: TermId, depth: int) -> Iterator[FunctionInfo]:
        """Yield the entry points whose caller a value is read from."""
        module = function.module
        at = value
        while isinstance(held := module.terms[at], (Attr, Item)):
            at = held.base
        entry = function in self.judge.reach.entry_points
        if not isinstance(held, Param) or held.function != function.index or entry:
            if entry and self.principals.is_principal(module, value):
                yield function
            return
        if depth >= MAX_DEPTH:
            return
        for edge in self.judge.graph.callers.get(function, ()):
            if edge.call >= 0 and edge.kind != "name":
                argument = self.inference.argument(edge.caller.module, edge.call, function, held.index, edge.bound)
                if argument >= 0:
                    yield from self._entries(edge.caller, argument, depth + 1)
