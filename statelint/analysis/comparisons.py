"""Whether a function compares what the client says with who is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue
from statelint.analysis.principals import is_replacement
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import CHECKING
from statelint.extract.facts import NO_TERM, Attr, Call, Compare, Const, Enter

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs import Judge
    from statelint.extract.facts import TermId

_PAGES = frozenset({"render", "render_template", "TemplateResponse"})
MAX_DEPTH = 3
"""Calls from a function to what compares."""


class Comparisons:
    """Finds them, also in the helpers that are handed the value."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals
        self._known: dict[tuple[FunctionInfo, TermId, int], bool] = {}

    def made(self, function: FunctionInfo, value: TermId, after: TermId = NO_TERM, *, strict: bool = False) -> bool:
        """Tell whether a test of the function, or a call it makes, looks at the value and at the caller or a role.

        The call ``after``, and what is done with its answer, is left out. ``strict`` leaves out queries that decide
        nothing: whether the caller follows the user whose page is shown.
        """
        module = function.module
        parts = self.judge.queries.containment(module).parts
        for test in self.judge.exits.tests(function):
            if (
                (
                    value in parts(test)
                    and self.beside(module, test, value)
                    and not (strict and not self._decides(function, test))
                )
                or self.principals.mentions_admin(module, test)
                or self._compares_caller(module, test, value)
            ):
                return True
        return any(
            value in parts(event.term)
            and (self.beside(module, event.term, value) or self._handed_to_check(function, event.term, value))
            for event, call in function.calls
            if after not in parts(event.term)
            and not is_replacement(module, event.term)
            and not (strict and self._only_tells(function, event.term, call))
        )

    def _only_tells(self, function: FunctionInfo, term: TermId, call: Call) -> bool:
        """Tell whether a call shows a page, or asks what nothing is decided by."""
        if called_name(function.module, call) in _PAGES:
            return True
        return bool(self.judge.queries.chains(function.module, term)) and not self._decides(function, term)

    def _decides(self, function: FunctionInfo, asked: TermId) -> bool:
        """Tell whether something is done, or left, only for what a term says."""
        module = function.module
        parts = self.judge.queries.containment(module).parts
        return any(
            event.op in {"return", "raise", "call"}
            and any(
                (test := module.facts.conditions[step].test) >= 0 and asked in parts(test)
                for step in self.judge.exits.chain(module, event.condition)
            )
            for event in function.events
        )

    def _handed_to_check(self, function: FunctionInfo, term: TermId, value: TermId, depth: int = 0) -> bool:
        """Tell whether a call hands ``value`` to what compares it with the caller: ``error = refuse(user_id)``."""
        if depth >= MAX_DEPTH:
            return False
        for edge in self.judge.graph.callees.get(function, ()):
            if edge.call != term or edge.kind != "call":
                continue
            for index in range(int(edge.bound), len(edge.callee.facts.parameters)):
                given = self.inference.argument(function.module, term, edge.callee, index, edge.bound)
                inner = edge.callee.module.parameter_term(edge.callee, index) if given == value else NO_TERM
                if inner >= 0 and self._tested(edge.callee, inner, depth + 1):
                    return True
        return False

    def _tested(self, function: FunctionInfo, value: TermId, depth: int) -> bool:
        """Tell whether a function decides, or answers, by a comparison of ``value`` with the caller."""
        key = (function, value, depth)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._is_tested(function, value, depth)
        return found

    def _is_tested(self, function: FunctionInfo, value: TermId, depth: int) -> bool:
        module = function.module
        parts = self.judge.queries.containment(module).parts
        roots = [event.term for event in function.events if event.op == "return" and event.term >= 0]
        roots += self.judge.exits.tests(function)
        return any(
            isinstance(held := module.terms[part], Compare)
            and any(
                value in parts(side) and value not in parts(other) and self.principals.is_principal(module, other)
                for side, other in ((held.left, held.right), (held.right, held.left))
            )
            for root in roots
            for part in parts(root)
        ) or any(
            value in parts(event.term) and self._handed_to_check(function, event.term, value, depth)
            for event, _ in function.calls
        )

    def beside(self, module: Module, term: TermId, value: TermId) -> bool:
        """Tell whether a term holds the caller besides ``value``, which some may hand in as the caller."""
        parts = self.judge.queries.containment(module).parts
        inside = parts(term)
        callers = [part for part in inside if value not in parts(part) and self.principals.is_principal(module, part)]
        if not callers:
            return False
        copied = {
            argument
            for part in inside
            if is_replacement(module, part) and isinstance(call := module.terms[part], Call) and value in parts(part)
            for argument in call.args
        }
        tools = {made for part in inside for made in self._tool(module, part, value)}
        return not (copied | tools).issuperset(callers)

    def _tool(self, module: Module, term: TermId, value: TermId) -> frozenset[TermId]:
        """Return what an object is made of that is handed ``value`` and refuses nobody: a session for the caller."""
        parts = self.judge.queries.containment(module).parts
        call = module.terms[term]
        func = module.terms[call.func] if isinstance(call, Call) else None
        if not isinstance(call, Call) or not isinstance(func, Attr) or value in parts(call.func):
            return frozenset()
        made = module.terms[func.base]
        if not isinstance(made, Enter) and not (
            isinstance(made, Call)
            and any(isinstance(each, ClassValue) for each in self.inference.term(module, made.func))
        ):
            return frozenset()
        called = self.inference.callees(module, call)
        refuses = CHECKING.search(func.name) or any(map(self.judge.regard.leaves, called))
        given = (parts(argument) for argument in call.arguments)
        return frozenset() if refuses else parts(func.base).difference(*given)

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
