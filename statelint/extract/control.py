"""Compound statements: branches, loops, handlers, and the conditions that hold in and after them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from statelint.extract.bindings import BindingReader, dotted
from statelint.extract.facts import NO_TERM, Condition, Event, Handler, Position
from statelint.extract.handlers import dropping

if TYPE_CHECKING:
    from collections.abc import Collection

    from statelint.extract.facts import TermId
    from statelint.extract.facts.words import Dropping

SWALLOWING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})
"""Context managers whose block may end early with control going on after it."""


_STATEMENTS = {
    ast.Expr: "_expr", ast.Assign: "_assign", ast.AnnAssign: "_annassign", ast.AugAssign: "_augassign",
    ast.Return: "_return", ast.Raise: "_raise", ast.If: "_if", ast.For: "_for", ast.AsyncFor: "_for",
    ast.While: "_while", ast.Try: "_try", ast.TryStar: "_try", ast.With: "_with", ast.AsyncWith: "_with",
    ast.Match: "_match", ast.Assert: "_assert", ast.Delete: "_delete", ast.Global: "_global",
    ast.Nonlocal: "_nonlocal", ast.Import: "_import", ast.ImportFrom: "_import_from", ast.Break: "_break",
    ast.Continue: "_leave", ast.FunctionDef: "_function", ast.AsyncFunctionDef: "_function", ast.ClassDef: "_class_def",
}  # fmt: skip
"""Handlers by the kind of statement. No reader holds them bound: it would hold itself, and not go with its file."""


class _Branch(NamedTuple):
    """How a branch ended: whether control left, environment, first and last condition, a final call that may leave."""

    ended: bool
    env: dict[str, TermId]
    condition: int
    last: int
    via: TermId


class ControlReader(BindingReader):
    """Reads blocks and compound statements; each handler returns whether control never reaches the next statement."""

    def block(self, statements: list[ast.stmt]) -> bool:
        """Read statements in order; return whether control never reaches the end of the block."""
        for statement in statements:
            handler = _STATEMENTS.get(type(statement))
            if handler is not None and getattr(self, handler)(statement):
                return True
            if handler is None and type(statement).__name__ == "TypeAlias":
                self._type_alias(statement)
        return False

    def _branch(self, statements: list[ast.stmt], condition: int) -> _Branch:
        """Read a branch under ``condition`` on a copy of the environment."""
        scope = self.scope
        before, outer = scope.env, scope.condition
        scope.env = dict(before)
        scope.condition = condition
        ended = self.block(statements)
        via = NO_TERM if ended else self._never_returns(statements)
        branch = _Branch(ended, scope.env, condition, scope.condition, via)
        scope.env, scope.condition = before, outer
        return branch

    def _join(self, test: TermId, left: dict[str, TermId], right: dict[str, TermId]) -> None:
        """Make the environment the join of two branches; a name bound in one branch only is possibly absent."""
        if left == right:
            self.scope.env = left
            return
        absent = self.table.unknown("absent")
        joined = {}
        for name in left | right:  # in the order of the code: terms are numbered as they are made
            joined[name] = self.table.join(test, left.get(name, absent), right.get(name, absent))
        self.scope.env = joined

    def _lift(self, inner: int, marker: int, outer: int) -> int:
        """Return the guards passed between ``marker`` and ``inner`` as conditions below ``outer``.

        After a ``with`` or ``try`` body its guards still hold, while the body's own condition does not.
        """
        chain: list[Condition] = []
        at = inner
        while at not in (marker, 0):
            condition = self.conditions[at]
            chain.append(condition)
            at = condition.parent
        for condition in reversed(chain):
            if condition.kind in {"guard", "call-guard", "assert"}:
                outer = self.under(condition.kind, condition.test, condition.positive, condition.via, parent=outer)
        return outer

    def _never_returns(self, statements: list[ast.stmt]) -> TermId:
        """Return the call that ends a block if it may never return, else ``NO_TERM``."""
        last = statements[-1] if statements else None
        if isinstance(last, ast.Expr):
            value = last.value.value if isinstance(last.value, ast.Await) else last.value
            if isinstance(value, ast.Call):
                events = self.scope.events
                if events and events[-1].op == "call":
                    return events[-1].term
        return NO_TERM

    # -- compound statements

    def _if(self, node: ast.If) -> bool:
        scope = self.scope
        test = self.expr(node.test)
        outer = scope.condition
        then = self._branch(node.body, self.under("if", test, True, parent=outer))
        other = self._branch(node.orelse, self.under("if", test, False, parent=outer) if node.orelse else outer)
        if then.ended and other.ended:
            return True
        if then.ended or other.ended:
            # The guards passed in the branch that goes on hold from here.
            goes_on = other if then.ended else then
            scope.env = goes_on.env
            guard = self.under("guard", test, other.ended)
            scope.condition = self._lift(goes_on.last, goes_on.condition, guard)
            return False
        self._join(test, then.env, other.env)
        if then.via >= 0:
            scope.condition = self.under("call-guard", test, False, then.via)
        if other.via >= 0:
            scope.condition = self.under("call-guard", test, True, other.via)
        return False

    def _for(self, node: ast.For | ast.AsyncFor) -> bool:
        scope = self.scope
        iterable = self.expr(node.iter)
        before, outer = scope.env, scope.condition
        scope.env = dict(before)
        scope.condition = loop = self.under("loop", iterable)
        self.assign(node.target, self.table.element(iterable), "for")
        around = len(self.breaks)
        self.block(node.body)
        breaks = self.breaks[around:]
        del self.breaks[around:]
        scope.condition = outer
        self._join(NO_TERM, scope.env, before)
        ended = bool(node.orelse) and self.block(node.orelse)
        if not ended or not breaks:
            return ended
        # for member in members: if member.user == user: break, else: raise: what broke it off holds from here.
        scope.condition = self._passed(breaks[0], loop, outer) if len(breaks) == 1 else outer
        return False

    def _passed(self, inner: int, loop: int, outer: int) -> int:
        """Return guards below ``outer`` that say what holds at the condition ``inner`` in a loop."""
        chain = []
        while inner not in (loop, 0):
            chain.append(self.conditions[inner])
            inner = self.conditions[inner].parent
        for condition in reversed(chain):
            if condition.kind in {"if", "guard"}:
                outer = self.under("guard", condition.test, condition.positive, parent=outer)
        return outer

    def _while(self, node: ast.While) -> bool:
        scope = self.scope
        test = self.expr(node.test)
        before, outer = scope.env, scope.condition
        scope.env = dict(before)
        scope.condition = self.under("loop", NO_TERM)
        scope.condition = self.under("if", test)
        around = len(self.breaks)
        ended = self.block(node.body)
        del self.breaks[around:]
        scope.condition = outer
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        if forever:
            return ended and not _breaks(node.body)
        self._join(NO_TERM, scope.env, before)
        return self._also(node.orelse)

    def _also(self, statements: list[ast.stmt]) -> bool:
        if statements:
            self.block(statements)
        return False

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        scope = self.scope
        before, outer = scope.env, scope.condition
        swallows = any(not _leaves(handler.body, self.aborting) for handler in node.handlers)
        marker = self.under("try", NO_TERM) if swallows else outer
        scope.env = dict(before)
        scope.condition = marker
        ended = self.block(node.body)
        body_env, body_condition = scope.env, scope.condition
        if not ended and node.orelse:
            ended = self.block(node.orelse)
            body_env, body_condition = scope.env, scope.condition
        ends = [] if ended else [body_env]
        self._join(NO_TERM, dict(before), body_env)
        entry = scope.env
        for handler in node.handlers:
            scope.env = dict(entry)
            caught = self.table.unknown("any") if handler.type is None else self.expr(handler.type)
            if isinstance(node, ast.Try) and (how := dropping(handler, self.columns)):
                self._drop(node, handler, caught, how)
            scope.condition = self.under("except", caught, parent=outer)
            if handler.name:
                scope.env[handler.name] = self.table.caught(caught)
                scope.assigned.setdefault(handler.name, []).append(scope.env[handler.name])
            if not self.block(handler.body):
                ends.append(scope.env)
        scope.condition = outer
        if ends:
            scope.env = ends[0]
            for env in ends[1:]:
                self._join(NO_TERM, scope.env, env)
            if not ended and not swallows:
                scope.condition = body_condition
        else:
            scope.env = entry
        if node.finalbody:
            self._final(node.finalbody)
        finally_ended = self.block(node.finalbody) if node.finalbody else False
        return finally_ended or not ends

    def _final(self, statements: list[ast.stmt]) -> None:
        """Record what a ``finally`` block spans: it runs whatever happens, while its events stand in no condition."""
        first, last = self.position(statements[0]), self.position(statements[-1])
        span = Position(first.line, first.column, last.end_line, last.end_column)
        self.scope.events.append(Event("finally", NO_TERM, NO_TERM, self.scope.condition, span))

    def _drop(self, node: ast.Try, handler: ast.ExceptHandler, caught: TermId, how: Dropping) -> None:
        place = self.position(handler if handler.type is None else handler.type)
        kind = NO_TERM if handler.type is None else caught
        last = node.body[-1].end_lineno or node.body[-1].lineno
        self.scope.handlers.append(Handler(kind, how, node.body[0].lineno, last, place))

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        scope = self.scope
        outer = scope.condition
        swallows = False
        for item in node.items:
            context = self.expr(item.context_expr)
            scope.condition = self.under("with", context)
            called = dotted(item.context_expr.func) if isinstance(item.context_expr, ast.Call) else ""
            if called.rpartition(".")[2] in SWALLOWING:
                swallows = True
                scope.condition = self.under("try", NO_TERM)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, self.table.enter(context), "with")
        before = scope.env
        if swallows:
            scope.env = dict(before)
        ended = self.block(node.body)
        if swallows:
            self._join(NO_TERM, scope.env, before)
            scope.condition = outer
            return False
        scope.condition = outer if ended else self._lift(scope.condition, outer, outer)
        return ended

    def _match(self, node: ast.Match) -> bool:
        scope, table = self.scope, self.table
        subject = self.expr(node.subject)
        outer = scope.condition
        ends: list[dict[str, TermId]] = []
        exhaustive = False
        for case in node.cases:
            pattern = case.pattern
            test = table.unknown("pattern")
            if isinstance(pattern, ast.MatchValue):
                test = table.compare("==", subject, self.expr(pattern.value))
            elif isinstance(pattern, ast.MatchAs) and pattern.pattern is None and case.guard is None:
                exhaustive = True
            before = scope.env
            scope.env = dict(before)
            for capture in ast.walk(pattern):
                name = getattr(capture, "name", None) or getattr(capture, "rest", None)
                if isinstance(name, str):
                    scope.env[name] = table.element(subject)
            if case.guard is not None:
                test = table.logic("and", (test, self.expr(case.guard)))
            scope.condition = outer if exhaustive else self.under("if", test, parent=outer)
            if not self.block(case.body):
                ends.append(scope.env)
            scope.env, scope.condition = before, outer
        if not exhaustive:
            ends.append(scope.env)
        if not ends:
            return True
        scope.env = ends[0]
        for env in ends[1:]:
            self._join(NO_TERM, scope.env, env)
        return False


def _leaves(statements: list[ast.stmt], aborting: Collection[str]) -> bool:
    """Tell whether a handler's block certainly leaves (an approximation from its last statement)."""
    last = statements[-1] if statements else None
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    if isinstance(last, ast.Expr):
        call = last.value.value if isinstance(last.value, ast.Await) else last.value
        return isinstance(call, ast.Call) and dotted(call.func) in aborting
    if isinstance(last, ast.If):
        return bool(last.orelse) and _leaves(last.body, aborting) and _leaves(last.orelse, aborting)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _leaves(last.body, aborting)
    return False


def _breaks(statements: list[ast.stmt]) -> bool:
    """Tell whether a loop body holds a ``break`` of its own loop."""
    for statement in statements:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(
            statement, (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            continue
        for field in ("body", "orelse", "finalbody"):
            if _breaks(getattr(statement, field, [])):
                return True
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            if _breaks(part.body):
                return True
    return False
