"""Branches that only administrators enter, or those whose own the rows are."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs.cookies import of_browser
from statelint.analysis.proofs.machines import knows_secret
from statelint.analysis.proofs.naming import looked_up, name_of, raw_names
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.roles import grants_role
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Choice, Compare, Const, Logic, Not, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import Event, TermId


_LOGGED_IN = re.compile(r"^(is_)?(logged|logged_?in|auth|authenticated|user|user_?id|uid|username|email|account_?id)$")
"""Keys under which sessions keep who is logged in, or that somebody is."""


def _plain(module: Module, test: TermId) -> TermId:
    """Return a test without the ``not`` before it."""
    held = module.terms[test]
    return held.value if isinstance(held, Not) else test


def _emptied(function: FunctionInfo, test: TermId, positive: bool) -> Iterator[int]:
    """Yield the parameters that are empty or None where a test is ``positive``, or is not."""
    module = function.module
    held = module.terms[test]
    match held:
        case Not(value=value):
            yield from _emptied(function, value, not positive)
        case Logic(op=op, values=values) if (op == "and") is positive:
            for value in values:
                yield from _emptied(function, value, positive)
        case Choice(test=replaced, other=other) if not positive and replaced >= 0:
            # if user is None and note.owner is not None: user = note.owner
            given = module.terms[other]
            if isinstance(given, Param) and given.index in _emptied(function, replaced, positive=True):
                yield given.index
        case Param(function=home, index=index) if home == function.index and not positive:
            yield index
        case Compare(op=op, left=left, right=right) if op == ("is" if positive else "is not"):
            if isinstance(module.terms[right], Const):
                yield from _emptied(function, left, positive=False)


class Branches:
    """Reads the conditions under which a query is asked."""

    def __init__(self, judge: Judge) -> None:
        self.ownership = judge.ownership
        self.principals = judge.principals
        self.exits = judge.exits

    def prove(self, function: FunctionInfo, condition: int, keys: list[TermId]) -> Proof | None:
        """An administrator's branch, or one in which the key is the caller's (``if id != session.id: raise``)."""
        module = function.module
        names = {name for key in keys for name in raw_names(module, key)}
        if names and self._begins_with_caller(function, names):
            return Proof.PARENT
        for step in self.exits.chain(module, condition):
            held = module.facts.conditions[step]
            if held.kind not in {"if", "guard", "assert", "call-guard"} or held.test < 0:
                continue
            owns = partial(self._owns, module, names)
            if grants_role(self.principals, module, held.test, held.positive, owns) or knows_secret(
                module, held.test, held.positive
            ):
                return Proof.ADMIN
            if self._is_callers(module, held.test, names, held.positive):
                return Proof.PARENT
            if self._is_anonymous(module, held.test, held.positive) and all(of_browser(module, key) for key in keys):
                # What a visitor keeps in a cookie, or all who are not logged in share: the cart of a guest.
                return Proof.OWN_ROW
        return None

    def empty(self, function: FunctionInfo, condition: int) -> frozenset[int]:
        """Return the parameters that hold nothing in a branch: ``if user_id: …`` has an ``else``."""
        conditions = function.module.facts.conditions
        return frozenset(
            index
            for step in self.exits.chain(function.module, condition)
            if (held := conditions[step]).kind in {"if", "guard"} and held.test >= 0
            for index in _emptied(function, held.test, held.positive)
        )

    def prove_uses(self, function: FunctionInfo, uses: list[Event], keys: list[TermId]) -> Proof | None:
        """What proves a key after its row was loaded, and before anything is done with it."""
        proofs = [self.prove(function, use.condition, keys) for use in uses] if keys else []
        return Proof.PARENT if proofs and all(proof is Proof.PARENT for proof in proofs) else None

    def _is_anonymous(self, module: Module, test: TermId, positive: bool) -> bool:
        """Tell whether a test, being ``positive``, says that the caller is not logged in."""
        held = module.terms[test]
        match held:
            case Not(value=value):
                return self._is_anonymous(module, value, not positive)
            case Logic(op=op, values=values):
                return (op == "and") is positive and any(
                    self._is_anonymous(module, value, positive) for value in values
                )
            case Attr(base=base, name=name):
                return (name == "is_anonymous" if positive else name == "is_authenticated") and (
                    self.principals.is_principal(module, base)
                )
            case _:
                base, key = looked_up(module, test)
                return (
                    not positive
                    and base >= 0
                    and name_of(module, base) == "session"
                    and _LOGGED_IN.match(key or "") is not None
                )

    def _begins_with_caller(self, function: FunctionInfo, names: set[str]) -> bool:
        """``if not thread_id.startswith(f"user-{user.id}-"): raise``: tell whether others' keys are refused.

        Where a key may be made instead, the guard stands in the branch in which it is the client's.
        """
        module = function.module
        steps = self.exits.steps(function)
        refused = {
            step
            for event in function.events
            if event.op == "raise" or self.exits.aborts(module, event)
            for step in self.exits.chain(module, event.condition)
        }
        return any(
            (held.kind in {"guard", "assert"} or step in refused)
            and isinstance(call := module.terms[_plain(module, held.test)], Call)
            and isinstance(func := module.terms[call.func], Attr)
            and func.name == "startswith"
            and not names.isdisjoint(raw_names(module, func.base))
            and any(self.principals.is_principal(module, part) for start in call.args for part in walk(module, start))
            for step in steps
            if (held := module.facts.conditions[step]).test >= 0
        )

    def _owns(self, module: Module, names: set[str], test: TermId, positive: bool) -> bool:
        """Tell whether a test says that a key, called ``names``, or the owner of a row is the caller."""
        held = module.terms[test]
        return self._is_callers(module, test, names, positive) or (
            isinstance(held, Compare)
            and held.op == ("==" if positive else "!=")
            and any(
                isinstance(owner := module.terms[one], Attr)
                and self.ownership.column_kind(owner.name) in {OwnerKind.OWNER, OwnerKind.TENANT}
                and self.principals.is_principal(module, other)
                for one, other in ((held.left, held.right), (held.right, held.left))
            )
        )

    def _is_callers(self, module: Module, test: TermId, names: set[str], positive: bool) -> bool:
        """Tell whether a test, being ``positive``, says that a key, called ``names``, is the caller's."""
        held = module.terms[test]
        match held:
            case Not(value=value):
                return self._is_callers(module, value, names, not positive)
            case Logic(op=op, values=values):
                return (op == "and") is positive and any(
                    self._is_callers(module, value, names, positive) for value in values
                )
            case Compare(op=op, left=left, right=right) if op == ("==" if positive else "!="):
                return any(
                    names & set(raw_names(module, key))
                    and not self.principals.is_principal(module, key)
                    and self.principals.is_principal(module, caller)
                    for key, caller in ((left, right), (right, left))
                )
            case _:
                return False
