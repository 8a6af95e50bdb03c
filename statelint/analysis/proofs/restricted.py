"""Roles whose holders are shown only their own rows: to have one says nothing of another's rows.

They are the administrators of one tenant, and doctors whose list of appointments holds their own.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.callernames import is_admin_name, is_role_flag
from statelint.analysis.calls import nested
from statelint.analysis.ownership import OwnerKind, snake
from statelint.analysis.proofs.naming import called_name, name_of
from statelint.analysis.proofs.words import ARGUMENTS, CREDENTIAL, KEY, NEGATIVE
from statelint.analysis.reach import Reach
from statelint.extract.facts import Attr, Call, Compare, Item, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.before import Guard
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Atom, Query
    from statelint.extract.facts import TermId

MAX_DEPTH = 4
"""Calls between an entry point and the comparison with its caller's tenant."""
_ABOVE = re.compile(r"super|platform|system|global|root|sysadmin|internal", re.IGNORECASE)
"""Words for those who stand above all tenants."""


class RestrictedRoles:
    """Knows the guards that let in whom the rest of the service shows only a part of the rows."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals

    def lets_in(self, guard: Guard, model: Model | None) -> bool:
        """Tell whether a guard lets in those who are shown only their own rows of a model, or their tenant's."""
        if guard.function is None or model is None:
            return False
        return (self._concerns(model) and self._lets_in_tenants(guard)) or any(
            key in self._narrowed.get(model, ()) for key in self._keys(guard)
        )

    @staticmethod
    def _concerns(model: Model) -> bool:
        """Tell whether rows of a model are a tenant's."""
        return any(path.kind is OwnerKind.TENANT for path in model.paths)

    def _lets_in_tenants(self, guard: Guard) -> bool:
        """Tell whether a guard lets administrators of one tenant in."""
        if guard.function is None or _ABOVE.search(guard.name) or any(map(_ABOVE.search, guard.roles)):
            return False
        known = self._guards.get(guard.function)
        return known is not None and (not (known or guard.roles) or not known.isdisjoint(guard.roles))

    @cached_property
    def _narrowed(self) -> dict[Model, set[tuple[FunctionInfo, str]]]:
        """For each model, the guards and roles behind which its rows are narrowed to the caller's, and never listed."""
        narrowed: dict[Model, set[tuple[FunctionInfo, str]]] = {}
        listed: dict[Model, set[tuple[FunctionInfo, str]]] = {}
        for module in self.inference.modules:
            for function in module.functions:
                for query in self.judge.queries.of(function):
                    model = query.chain.model
                    if model is None or not model.owned or self.judge.reach.of(function) is not Reach.SERVED:
                        continue
                    atoms = self.judge.queries.atoms(query)
                    if any(self._is_callers(query, atom) for atom in atoms):
                        narrowed.setdefault(model, set()).update(self._keys_before(function))
                    elif query.verb == "read" and not any(_names_rows(model, atom) for atom in atoms):
                        listed.setdefault(model, set()).update(self._keys_before(function))
        return {model: keys - listed.get(model, set()) for model, keys in narrowed.items()}

    def _is_callers(self, query: Query, atom: Atom) -> bool:
        """Tell whether an atom demands that rows have to do with the caller."""
        return (
            atom.value >= 0
            and atom.optional < 0
            and atom.op not in NEGATIVE
            and self._of_caller(query.function, atom.value)
        )

    def _of_caller(self, function: FunctionInfo, term: TermId) -> bool:
        """Tell whether a value is the caller, or a row that was asked for by the caller: ``Doctor.get(user=user)``."""
        module = function.module
        parts = self.judge.queries.containment(module).parts(term)
        return self.principals.is_principal(module, term) or any(
            atom.value >= 0 and self.principals.is_principal(module, atom.value)
            for query in self.judge.queries.of(function)
            if query.leaf in parts
            for atom in self.judge.queries.atoms(query)
        )

    def _keys_before(self, function: FunctionInfo) -> Iterator[tuple[FunctionInfo, str]]:
        """Yield the guards before what reaches a function."""
        entry = self.judge.reach.root(function)
        if entry is not None:
            for guard in self._before(entry.function):
                yield from self._keys(guard)

    def _keys(self, guard: Guard) -> Iterator[tuple[FunctionInfo, str]]:
        """Yield a guard with each role that it lets in; administrators are above what they are shown of their own."""
        if guard.function is None or is_admin_name(snake(guard.name)) or not self._asks_for_role_alone(guard.function):
            return
        for role in guard.roles or ("",):
            if not is_admin_name(snake(role)):
                yield guard.function, role

    def _asks_for_role_alone(self, guard: FunctionInfo) -> bool:
        """Tell whether a guard lets in others than administrators, and looks at nothing that the request names."""
        above = beside = False
        for function in (guard, *nested(guard)):
            module = function.module
            parts = {
                part
                for event in function.events
                for term in (event.term, event.value, *self._tests(function, event.condition))
                if term >= 0
                for part in self.judge.queries.containment(module).parts(term)
            }
            for part in parts:
                held = module.terms[part]
                said = held.name if isinstance(held, Attr) else module.text(part)
                if said is not None and is_admin_name(snake(said)):
                    above = True
                elif isinstance(held, Attr) and is_role_flag(held.name):
                    beside = True
                if isinstance(held, (Attr, Item)) and name_of(module, held.base) in ARGUMENTS:
                    return False
                if isinstance(held, Call) and called_name(module, held).startswith("get_object"):
                    return False
        return (beside or not above) and not self.judge.guards.looks_at_id(guard)

    def _before(self, entry: FunctionInfo) -> Iterator[Guard]:
        guards = self.judge.guards
        yield from guards.before.guards(entry)
        yield from guards.permissions.gates(entry)
        for event, _ in entry.calls:
            yield from guards.gates(entry.module, event.term)

    @cached_property
    def _guards(self) -> dict[FunctionInfo, set[str]]:
        """The guards before what compares rows' tenant with the caller's, and the roles that each lets in."""
        found: dict[FunctionInfo, set[str]] = {}
        for entry in set(self._restricting()):
            for guard in self._before(entry):
                if guard.function is not None:
                    found.setdefault(guard.function, set()).update(guard.roles)
        return found

    def _restricting(self) -> Iterator[FunctionInfo]:
        """Yield the entry points that compare the tenant of rows with their caller's."""
        for module in self.inference.modules:
            comparing = any(
                self._is_tenants(module, side) for held in module.all_of(Compare) for side in (held.left, held.right)
            )
            for function in module.functions:
                for query in self.judge.queries.of(function):
                    if query.chain.model is None or not self._concerns(query.chain.model):
                        continue
                    for atom in self.judge.queries.atoms(query):
                        if (
                            atom.value >= 0
                            and atom.optional < 0
                            and atom.op not in NEGATIVE
                            and self.judge.ownership.column_kind(atom.column[-1]) is OwnerKind.TENANT
                        ):
                            yield from self._entries(function, atom.value, 0)
                if comparing:
                    for step in {step for event in function.events for step in self._tests(function, event.condition)}:
                        yield from self._compared(function, step)

    def _tests(self, function: FunctionInfo, condition: int) -> Iterator[TermId]:
        for step in self.judge.exits.chain(function.module, condition):
            test = function.module.facts.conditions[step].test
            if test >= 0:
                yield from self.judge.queries.containment(function.module).parts(test)

    def _compared(self, function: FunctionInfo, test: TermId) -> Iterator[FunctionInfo]:
        """Yield the entry points whose caller's tenant a test compares with that of a row."""
        held = function.module.terms[test]
        if not isinstance(held, Compare):
            return
        for row, caller in ((held.left, held.right), (held.right, held.left)):
            if self._is_tenants(function.module, row):
                yield from self._entries(function, caller, 0)

    def _is_tenants(self, module: Module, term: TermId) -> bool:
        """Tell whether a term is the column of a row that says whose tenant's it is."""
        held = module.terms[term]
        return isinstance(held, Attr) and self.judge.ownership.column_kind(held.name) is OwnerKind.TENANT

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


def _is_owner(model: Model, atom: Atom) -> bool:
    """Tell whether an atom's column leads from rows towards their owner."""
    column = [part.removesuffix("_id") for part in atom.column]
    return any([part.removesuffix("_id") for part in path.columns[: len(column)]] == column for path in model.paths)


def _names_rows(model: Model, atom: Atom) -> bool:
    """Tell whether an atom asks for rows in particular, or for those of somebody."""
    last = atom.column[-1]
    return bool(KEY.search(last) or CREDENTIAL.search(last)) or _is_owner(model, atom)
