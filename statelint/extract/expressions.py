"""From expressions to terms. Calls found on the way become events of the function being read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal, TypeGuard

import msgspec

from statelint.extract.facts import ALONE, NO_TERM, Condition, Event, Handler, Mapping, Position, Sequence
from statelint.extract.terms import MAX_ITEMS, TermTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.extract.facts import TermId
    from statelint.extract.facts.words import (
        BinaryOp,
        CompareOp,
        ComprehensionKind,
        ConditionKind,
        EventOp,
        How,
        LogicOp,
        SequenceKind,
        UnaryOp,
    )
    from statelint.source.lines import Columns

OPERATORS: dict[type[ast.operator], BinaryOp] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**", ast.LShift: "<<",
    ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.FloorDiv: "//", ast.MatMult: "@",
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], CompareOp] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_SIGNS: dict[type[ast.unaryop], UnaryOp] = {ast.Invert: "~", ast.UAdd: "+", ast.USub: "-"}

_ADAPTERS = frozenset({"sync_to_async", "database_sync_to_async"})
"""What makes a coroutine function of a plain one: to call its result is to call what it is given."""
GROWING = {"append": "item", "add": "item", "extend": "items", "update": "items", "insert": "second"}
"""Methods of local lists, sets and dicts whose effect on the display is followed."""

MAX_ANNOTATION = 2_000
"""Characters of a type in quotes; longer ones could nest deeper than the parser's own stack, while ours is ``deep``."""


class Scope:
    """A function (or, at index 0, the module) while it is read."""

    __slots__ = ("assigned", "captured", "condition", "env", "events", "generator", "globals", "handlers", "index",
                 "nonlocals", "parameters", "parent")  # fmt: skip

    def __init__(self, index: int, parent: Scope | None) -> None:
        self.index = index
        self.parent = parent
        self.env: dict[str, TermId] = {}
        self.parameters: dict[str, int] = {}
        self.assigned: dict[str, list[TermId]] = {}
        self.captured: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.events: list[Event] = []
        self.handlers: list[Handler] = []
        self.condition = 0
        self.generator = False


class ExpressionReader:
    """Reads expressions in the current ``scope``."""

    def __init__(self, columns: Columns) -> None:
        self.table = TermTable()
        self.columns = columns
        self.conditions: list[Condition] = [Condition(0, "always", NO_TERM, True)]
        self.scope = Scope(0, None)
        self.class_env: dict[str, TermId] | None = None
        self.thunks: set[TermId] = set()
        """What ``sync_to_async(lambda: …)`` gives when it is called; it is read where it is written."""

    # -- to be provided by the statement reader

    def define_lambda(self, node: ast.Lambda) -> TermId:
        """Declare a lambda and return its term."""
        raise NotImplementedError

    def assign(self, target: ast.expr, value: TermId, how: How) -> None:
        """Bind ``target`` to ``value``."""
        raise NotImplementedError

    # -- services

    def position(self, node: ast.stmt | ast.expr | ast.excepthandler | ast.arg | ast.keyword | ast.alias) -> Position:
        """Return where ``node`` stands, in code points."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        start, end = node.col_offset, node.end_col_offset or node.col_offset
        return Position(line, self.columns(line, start), end_line, self.columns(end_line, end))

    def emit(
        self,
        op: EventOp,
        term: TermId,
        node: ast.stmt | ast.expr,
        value: TermId = NO_TERM,
        how: How | Literal[""] = "",
    ) -> None:
        """Record an event under the current condition."""
        scope = self.scope
        scope.events.append(Event(op, term, value, scope.condition, self.position(node), how))

    def alone(self) -> None:
        """Note that nobody uses what the last call gives."""
        events = self.scope.events
        if events and events[-1].op == "call":
            events[-1] = msgspec.structs.replace(events[-1], how=ALONE)

    def under(
        self, kind: ConditionKind, test: TermId, positive: bool = True, via: TermId = NO_TERM, parent: int = -1
    ) -> int:
        """Return a new condition below ``parent`` (default: the current one)."""
        self.conditions.append(Condition(self.scope.condition if parent < 0 else parent, kind, test, positive, via))
        return len(self.conditions) - 1

    def expr(self, node: ast.expr) -> TermId:
        """Return the term of ``node`` and record the calls in it, innermost first."""
        reader = _READERS.get(type(node))
        if reader is None:
            return self._other(node)
        return reader(self, node)

    def annotation(self, node: ast.expr | None) -> TermId:
        """Return the term of an annotation; one written as a string is read as code."""
        if node is None:
            return NO_TERM
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value) > MAX_ANNOTATION:
                return NO_TERM
            try:
                quoted = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return NO_TERM
            for inner in ast.walk(quoted):
                ast.copy_location(inner, node)
            return self.expr(quoted)
        return self.expr(node)

    # -- names

    def lookup(self, name: str) -> TermId:
        """Return the value of ``name`` as seen from the current scope."""
        if self.class_env is not None and name in self.class_env:
            return self.class_env[name]
        scope = self.scope
        found = scope.env.get(name)
        if found is not None:
            return found
        if scope.index and name not in scope.globals:
            outer = scope.parent
            while outer is not None and outer.index:
                if name in outer.assigned:
                    outer.captured.add(name)
                    return self.table.cell(outer.index, name)
                if name in outer.parameters:
                    return self.table.param(outer.index, outer.parameters[name])
                outer = outer.parent
        return self.table.name(name)

    # -- expressions

    def _constant(self, node: ast.Constant) -> TermId:
        return self.table.const(node.value)

    def _name(self, node: ast.Name) -> TermId:
        return self.lookup(node.id)

    def _attribute(self, node: ast.Attribute) -> TermId:
        return self.table.attr(self.expr(node.value), node.attr)

    def _subscript(self, node: ast.Subscript) -> TermId:
        base = self.expr(node.value)
        return self.table.item(base, self.expr(node.slice))

    def _slice(self, node: ast.Slice) -> TermId:
        absent = self.table.unknown("absent")
        parts = tuple(absent if part is None else self.expr(part) for part in (node.lower, node.upper, node.step))
        return self.table.sequence("slice", parts)

    def _call(self, node: ast.Call) -> TermId:
        adapted = _adapted(node)
        if adapted is not None and _takes_nothing(adapted):
            term = self.expr(adapted.body)
            self.thunks.add(term)
            return term
        wrapped = _adapted(node.func)
        func = self.expr(node.func if wrapped is None or _takes_nothing(wrapped) else wrapped)
        if func in self.thunks and not node.args and not node.keywords:
            return func
        args = tuple([self.expr(arg) for arg in node.args])
        keywords = tuple([(keyword.arg or "", self.expr(keyword.value)) for keyword in node.keywords])
        term = self.table.call(func, args, keywords)
        self.emit("call", term, node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in GROWING:
            self._grow(node.func, args, keywords)
        return term

    def _grow(self, func: ast.Attribute, args: tuple[TermId, ...], keywords: tuple[tuple[str, TermId], ...]) -> None:
        """Follow ``name.append(x)`` and the like on a local display."""
        if not isinstance(func.value, ast.Name):
            return
        env, name, table = self.scope.env, func.value.id, self.table
        held = env.get(name)
        if held is None:
            return
        display, how = table[held], GROWING[func.attr]
        if isinstance(display, Sequence) and args:
            if how == "items":
                added = table[args[0]]
                more = added.items if isinstance(added, Sequence) else (table.star(args[0]),)
            else:
                more = args[1:2] if how == "second" else args[:1]
            self._regrow(name, table.sequence(display.kind, (*display.items, *more), display.more, display.serial))
        elif isinstance(display, Mapping) and how == "items":
            keys, values = list(display.keys), list(display.values)
            for arg in args:
                added = table[arg]
                if isinstance(added, Mapping):
                    keys += added.keys
                    values += added.values
                else:
                    keys.append(NO_TERM)
                    values.append(arg)
            for key, value in keywords:
                keys.append(table.const(key) if key else NO_TERM)
                values.append(value)
            self._regrow(name, table.mapping(tuple(keys), tuple(values), display.more, display.serial))

    def _regrow(self, name: str, term: TermId) -> None:
        self.scope.env[name] = term
        self.scope.assigned.setdefault(name, []).append(term)

    def _await(self, node: ast.Await) -> TermId:
        term = self.expr(node.value)
        if isinstance(node.value, (ast.Name, ast.Attribute)) or _starts_task(node.value):
            self.emit("await", term, node)
        return term

    def _binop(self, node: ast.BinOp) -> TermId:
        left = self.expr(node.left)
        return self.table.binary(OPERATORS[type(node.op)], left, self.expr(node.right))

    def _boolop(self, node: ast.BoolOp) -> TermId:
        op: LogicOp = "and" if isinstance(node.op, ast.And) else "or"
        return self.table.logic(op, tuple([self.expr(value) for value in node.values]))

    def _unaryop(self, node: ast.UnaryOp) -> TermId:
        value = self.expr(node.operand)
        if isinstance(node.op, ast.Not):
            return self.table.negate(value)
        return self.table.unary(_SIGNS[type(node.op)], value)

    def _compare(self, node: ast.Compare) -> TermId:
        left = self.expr(node.left)
        parts = []
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.expr(right_node)
            parts.append(self.table.compare(_COMPARISONS[type(op)], left, right))
            left = right
        return parts[0] if len(parts) == 1 else self.table.logic("and", tuple(parts))

    def _ifexp(self, node: ast.IfExp) -> TermId:
        test = self.expr(node.test)
        before = self.scope.condition
        self.scope.condition = self.under("if", test, True, parent=before)
        then = self.expr(node.body)
        self.scope.condition = self.under("if", test, False, parent=before)
        other = self.expr(node.orelse)
        self.scope.condition = before
        return self.table.choice(test, then, other)

    def _dict(self, node: ast.Dict) -> TermId:
        keys, values = [], []
        for key, value in zip(node.keys[:MAX_ITEMS], node.values[:MAX_ITEMS], strict=True):
            keys.append(NO_TERM if key is None else self.expr(key))
            values.append(self.expr(value))
        return self.table.mapping(tuple(keys), tuple(values), max(0, len(node.keys) - MAX_ITEMS))

    def _display(self, kind: SequenceKind, items: list[ast.expr]) -> TermId:
        terms = tuple([self.expr(item) for item in items[:MAX_ITEMS]])
        return self.table.sequence(kind, terms, max(0, len(items) - MAX_ITEMS))

    def _list(self, node: ast.List) -> TermId:
        return self._display("list", node.elts)

    def _tuple(self, node: ast.Tuple) -> TermId:
        return self._display("tuple", node.elts)

    def _set(self, node: ast.Set) -> TermId:
        return self._display("set", node.elts)

    def _joinedstr(self, node: ast.JoinedStr) -> TermId:
        return self.table.format(tuple([self.expr(part) for part in node.values]))

    def _formattedvalue(self, node: ast.FormattedValue) -> TermId:
        return self.expr(node.value)

    def _comprehension(
        self, kind: ComprehensionKind, element: ast.expr, key: ast.expr | None, loops: list[ast.comprehension]
    ) -> TermId:
        scope = self.scope
        saved, condition = dict(scope.env), scope.condition
        hidden, self.class_env = self.class_env, None if scope.index else self.class_env
        iterables, tests = [], []
        for loop in loops:
            iterable = self.expr(loop.iter)
            iterables.append(iterable)
            scope.condition = self.under("loop", iterable)
            self._bind_loop(loop.target, self.table.element(iterable))
            for test_node in loop.ifs:
                test = self.expr(test_node)
                tests.append(test)
                scope.condition = self.under("if", test)
        key_term = NO_TERM if key is None else self.expr(key)
        value = self.expr(element)
        scope.condition = condition
        scope.env = saved
        self.class_env = hidden
        return self.table.comprehension(kind, value, key_term, tuple(iterables), tuple(tests))

    def _bind_loop(self, target: ast.expr, value: TermId) -> None:
        """Bind the variables of a comprehension, which are private to it even at module level."""
        if isinstance(target, ast.Name):
            self.scope.env[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, item in enumerate(target.elts):
                inner = item.value if isinstance(item, ast.Starred) else item
                self._bind_loop(inner, self.table.item(value, self.table.const(index)))

    def _listcomp(self, node: ast.ListComp) -> TermId:
        return self._comprehension("list", node.elt, None, node.generators)

    def _setcomp(self, node: ast.SetComp) -> TermId:
        return self._comprehension("set", node.elt, None, node.generators)

    def _generatorexp(self, node: ast.GeneratorExp) -> TermId:
        return self._comprehension("generator", node.elt, None, node.generators)

    def _dictcomp(self, node: ast.DictComp) -> TermId:
        return self._comprehension("dict", node.value, node.key, node.generators)

    def _lambda(self, node: ast.Lambda) -> TermId:
        return self.define_lambda(node)

    def _namedexpr(self, node: ast.NamedExpr) -> TermId:
        value = self.expr(node.value)
        self.assign(node.target, value, "=")
        return value

    def _starred(self, node: ast.Starred) -> TermId:
        return self.table.star(self.expr(node.value))

    def _yield(self, node: ast.Yield) -> TermId:
        self.scope.generator = True
        self.emit("yield", NO_TERM if node.value is None else self.expr(node.value), node)
        return self.table.unknown("sent")

    def _yieldfrom(self, node: ast.YieldFrom) -> TermId:
        self.scope.generator = True
        self.emit("yield", self.table.element(self.expr(node.value)), node)
        return self.table.unknown("sent")

    def _other(self, node: ast.expr) -> TermId:
        """Template strings (3.14) read like f-strings; anything newer is unknown."""
        parts = getattr(node, "values", None)
        if type(node).__name__ == "TemplateStr" and isinstance(parts, list):
            return self.table.format(tuple([self.expr(part) for part in parts]))
        value = getattr(node, "value", None)
        if type(node).__name__ == "Interpolation" and isinstance(value, ast.expr):
            return self.expr(value)
        return self.table.unknown(type(node).__name__)


_READERS: dict[type[ast.expr], Callable[..., TermId]] = {
    kind: getattr(ExpressionReader, f"_{kind.__name__.lower()}")
    for kind in (
        ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Await, ast.BinOp, ast.BoolOp, ast.UnaryOp,
        ast.Compare, ast.IfExp, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.JoinedStr, ast.FormattedValue, ast.ListComp,
        ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Lambda, ast.NamedExpr, ast.Starred, ast.Slice, ast.Yield,
        ast.YieldFrom,
    )
}  # fmt: skip
"""Methods by the kind of expression. No reader holds them bound: it would hold itself, and not go with its file."""


def _adapted(node: ast.expr) -> ast.expr | None:
    """Return what is called in a thread: ``f`` of ``sync_to_async(f)``."""
    if not (isinstance(node, ast.Call) and node.args and _last_name(node.func) in _ADAPTERS):
        return None
    return node.args[0]


def _takes_nothing(node: ast.expr) -> TypeGuard[ast.Lambda]:
    return isinstance(node, ast.Lambda) and not any(
        (node.args.posonlyargs, node.args.args, node.args.vararg, node.args.kwonlyargs, node.args.kwarg)
    )


def _last_name(func: ast.expr) -> str:
    match func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _starts_task(node: ast.expr) -> bool:
    """Tell whether an expression is a call of ``create_task`` or its like."""
    return isinstance(node, ast.Call) and _last_name(node.func) in {"create_task", "ensure_future"}
