"""From statements to declarations, conditions and events: reads one module in source order."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from statelint.extract.expressions import OPERATORS, ExpressionReader, Scope
from statelint.extract.facts import (
    NO_TERM,
    Binary,
    Binding,
    Class,
    Condition,
    Const,
    Function,
    Import,
    Mapping,
    Parameter,
    Position,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from statelint.extract.facts import TermId
    from statelint.source.lines import Columns

SWALLOWING = frozenset({"suppress", "contextlib.suppress"})
"""Context managers whose block may end early with control going on after it."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class _Branch(NamedTuple):
    """How a branch ended: whether control left, environment, first and last condition, a final call that may leave."""

    ended: bool
    env: dict[str, TermId]
    condition: int
    last: int
    via: TermId


class _Body:
    """A function whose body is still to be read, once everything around it is known."""

    __slots__ = ("condition", "decorators", "index", "node", "owner", "parameters", "parent", "qualname", "returns")

    def __init__(self, node: FunctionNode, index: int, parent: Scope, owner: int, qualname: str) -> None:
        self.node = node
        self.index = index
        self.parent = parent
        self.owner = owner
        self.qualname = qualname
        self.condition = 0
        self.decorators: tuple[TermId, ...] = ()
        self.parameters: tuple[Parameter, ...] = ()
        self.returns: TermId = NO_TERM


class _ClassBody:
    """A class while its body is read."""

    __slots__ = ("attributes", "index", "inner", "methods", "qualname")

    def __init__(self, index: int, qualname: str) -> None:
        self.index = index
        self.qualname = qualname
        self.attributes: list[Binding] = []
        self.methods: dict[str, int] = {}
        self.inner: dict[str, int] = {}


class ModuleReader(ExpressionReader):
    """Reads a module's tree; afterwards its lists hold the facts.

    ``aborting`` names the calls that never return (``sys.exit``, ``abort``). With ``bodies`` false only what import
    time sees is read, function bodies are not.
    """

    def __init__(self, columns: Columns, aborting: Collection[str] = (), bodies: bool = True) -> None:
        super().__init__(columns)
        self.aborting = aborting
        self.bodies = bodies
        self.functions: list[Function | None] = [None]
        self.classes: list[Class | None] = []
        self.imports: list[Import] = []
        self.bindings: list[Binding] = []
        self.exports: list[str] | None = None
        self._class: _ClassBody | None = None
        self._prefix = ""
        self._pending: list[_Body] = []
        self._statements: dict[type[ast.stmt], Callable[..., bool]] = {
            ast.Expr: self._expr, ast.Assign: self._assign, ast.AnnAssign: self._annassign,
            ast.AugAssign: self._augassign, ast.Return: self._return, ast.Raise: self._raise, ast.If: self._if,
            ast.For: self._for, ast.AsyncFor: self._for, ast.While: self._while, ast.Try: self._try,
            ast.TryStar: self._try, ast.With: self._with, ast.AsyncWith: self._with, ast.Match: self._match,
            ast.Assert: self._assert, ast.Delete: self._delete, ast.Global: self._global,
            ast.Nonlocal: self._nonlocal, ast.Import: self._import, ast.ImportFrom: self._import_from,
            ast.FunctionDef: self._function, ast.AsyncFunctionDef: self._function, ast.ClassDef: self._class_def,
            ast.Break: self._leave, ast.Continue: self._leave,
        }  # fmt: skip

    def read(self, tree: ast.Module) -> None:
        """Read the whole module."""
        module = self.scope
        self.block(tree.body)
        end = tree.body[-1].end_lineno or 1 if tree.body else 1
        while self._pending:
            pending, self._pending = self._pending, []
            for body in pending:
                self._read_body(body)
        self.exports = self._exports()
        self.functions[0] = Function(
            "<module>", "<module>", 0, -1, -1, (), (), NO_TERM, False, False, Position(1, 1, 1, 1), 1, end, 0,
            tuple(module.events), {},
        )  # fmt: skip

    def _exports(self) -> list[str] | None:
        """Return the names in ``__all__`` where all of its assignments are plain lists of strings."""
        exports: list[str] | None = None
        for binding in self.bindings:
            if binding.name == "__all__" and binding.value >= 0:
                held = self.table[binding.value]
                if binding.how == "+=" and isinstance(held, Binary):
                    held = self.table[held.right]
                if not isinstance(held, Sequence) or held.more:
                    return None
                exports = exports or []
                for item in held.items:
                    name = self.table[item]
                    if not isinstance(name, Const) or not isinstance(name.value, str):
                        return None
                    exports.append(name.value)
        return exports

    # -- blocks

    def block(self, statements: list[ast.stmt]) -> bool:
        """Read statements in order; return whether control never reaches the end of the block."""
        for statement in statements:
            handler = self._statements.get(type(statement))
            if handler is not None and handler(statement):
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
        for name in left.keys() | right.keys():
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

    # -- simple statements; each returns whether control ends here

    def _expr(self, node: ast.Expr) -> bool:
        if isinstance(node.value, ast.Constant):
            return False
        self.expr(node.value)
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(call, ast.Call) and _dotted(call.func) in self.aborting

    def _assign(self, node: ast.Assign) -> bool:
        value = self.expr(node.value)
        for target in node.targets:
            self.assign(target, value, "=")
        return False

    def _type_alias(self, node: ast.stmt) -> None:
        """Read ``type X = …`` (3.12) like ``X = …``."""
        name, value = getattr(node, "name", None), getattr(node, "value", None)
        if isinstance(name, ast.Name) and isinstance(value, ast.expr):
            self.assign(name, self.annotation(value), "=")

    def _annassign(self, node: ast.AnnAssign) -> bool:
        annotation = self.annotation(node.annotation)
        if node.value is not None:
            self._bind(node.target, self.expr(node.value), "=", annotation)
        elif isinstance(node.target, ast.Name) and (self._class is not None or not self.scope.index):
            self._declare(node.target, NO_TERM, annotation, ":")
        return False

    def _augassign(self, node: ast.AugAssign) -> bool:
        op = OPERATORS[type(node.op)]
        operand = self.expr(node.value)
        target, table = node.target, self.table
        if isinstance(target, ast.Name):
            old = self.lookup(target.id)
            held = table[old]
            grown = table[operand]
            if isinstance(held, Sequence) and op in {"+", "|"} and target.id in self.scope.env:
                more = grown.items if isinstance(grown, Sequence) else (table.star(operand),)
                value = table.sequence(held.kind, (*held.items, *more), held.more, held.serial)
            elif isinstance(held, Mapping) and isinstance(grown, Mapping) and op == "|":
                value = table.mapping((*held.keys, *grown.keys), (*held.values, *grown.values), held.more, held.serial)
            else:
                value = table.binary(op, old, operand)
            self.assign(target, value, op + "=")
        elif isinstance(target, ast.Attribute):
            self.emit("write", table.attr(self.expr(target.value), target.attr), node, operand, op + "=")
        else:
            base = self.expr(target.value)
            self.emit("write", table.item(base, self.expr(target.slice)), node, operand, op + "=")
        return False

    def _return(self, node: ast.Return) -> bool:
        self.emit("return", NO_TERM if node.value is None else self.expr(node.value), node)
        return True

    def _raise(self, node: ast.Raise) -> bool:
        term = NO_TERM if node.exc is None else self.expr(node.exc)
        if node.cause is not None:
            self.expr(node.cause)
        self.emit("raise", term, node)
        return True

    def _leave(self, _node: ast.stmt) -> bool:
        return True

    def _assert(self, node: ast.Assert) -> bool:
        self.scope.condition = self.under("assert", self.expr(node.test))
        return False

    def _delete(self, node: ast.Delete) -> bool:
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                self.emit("write", self.table.attr(self.expr(target.value), target.attr), target, how="del")
            elif isinstance(target, ast.Subscript):
                base = self.expr(target.value)
                self.emit("write", self.table.item(base, self.expr(target.slice)), target, how="del")
            elif isinstance(target, ast.Name):
                if target.id in self.scope.globals:
                    self.emit("write", self.table.name(target.id), target, how="del")
                else:
                    self.scope.env.pop(target.id, None)
        return False

    def _global(self, node: ast.Global) -> bool:
        self.scope.globals.update(node.names)
        for name in node.names:
            self.emit("global", self.table.name(name), node)
        return False

    def _nonlocal(self, node: ast.Nonlocal) -> bool:
        self.scope.nonlocals.update(node.names)
        return False

    def _import(self, node: ast.Import) -> bool:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else name
            self._imported(name, module, "", 0, node)
            if module != alias.name:
                # `import a.b` also loads a.b, which later attribute access relies on.
                self._imported("", alias.name, "", 0, node)
        return False

    def _import_from(self, node: ast.ImportFrom) -> bool:
        for alias in node.names:
            self._imported(alias.asname or alias.name, node.module or "", alias.name, node.level, node)
        return False

    def _imported(self, name: str, module: str, symbol: str, level: int, node: ast.stmt) -> None:
        scope = self.scope
        scope.env.pop(name, None)
        self.imports.append(Import(name, module, symbol, level, scope.index, scope.condition, self.position(node)))

    # -- binding

    def assign(self, target: ast.expr, value: TermId, how: str) -> None:
        """Bind ``target`` to ``value``, as an assignment, a loop, a ``with`` or an unpacking does."""
        self._bind(target, value, how, NO_TERM)

    def _bind(self, target: ast.expr, value: TermId, how: str, annotation: TermId) -> None:
        table = self.table
        if isinstance(target, ast.Name):
            self._bind_name(target, value, how, annotation)
        elif isinstance(target, ast.Attribute):
            self.emit("write", table.attr(self.expr(target.value), target.attr), target, value, how)
        elif isinstance(target, ast.Subscript):
            base = self.expr(target.value)
            key = self.expr(target.slice)
            self.emit("write", table.item(base, key), target, value, how)
            held = table[base]
            if isinstance(held, Mapping) and isinstance(target.value, ast.Name) and target.value.id in self.scope.env:
                self._regrow(
                    target.value.id,
                    table.mapping((*held.keys, key), (*held.values, value), held.more, held.serial),
                )
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value, how)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, value, how, NO_TERM)

    def _unpack(self, targets: list[ast.expr], value: TermId, how: str) -> None:
        table = self.table
        held = table[value]
        plain = not any(isinstance(item, ast.Starred) for item in targets)
        if isinstance(held, Sequence) and plain and len(held.items) == len(targets):
            for item, part in zip(targets, held.items, strict=True):
                self._bind(item, part, how, NO_TERM)
            return
        for index, item in enumerate(targets):
            part = table.element(value) if isinstance(item, ast.Starred) else table.item(value, table.const(index))
            self._bind(item, part, how, NO_TERM)

    def _bind_name(self, target: ast.Name, value: TermId, how: str, annotation: TermId) -> None:
        name, scope = target.id, self.scope
        if name in scope.globals:
            self.emit("write", self.table.name(name), target, value, how)
        elif name in scope.nonlocals:
            outer = scope.parent
            while outer is not None and outer.index:
                if name in outer.assigned or name in outer.parameters:
                    outer.captured.add(name)
                    outer.assigned.setdefault(name, []).append(value)
                    self.emit("write", self.table.cell(outer.index, name), target, value, how)
                    break
                outer = outer.parent
        elif self._class is not None or not scope.index:
            self._declare(target, value, annotation, how)
        else:
            scope.env[name] = value
            scope.assigned.setdefault(name, []).append(value)

    def _declare(self, target: ast.Name, value: TermId, annotation: TermId, how: str) -> None:
        """Record a module-level name or a class attribute."""
        binding = Binding(target.id, value, annotation, self.scope.condition, self.position(target), how)
        if self._class is not None:
            self._class.attributes.append(binding)
            if value >= 0 and self.class_env is not None:
                self.class_env[target.id] = value
            return
        self.bindings.append(binding)

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
        scope.condition = self.under("loop", iterable)
        self.assign(node.target, self.table.element(iterable), "for")
        self.block(node.body)
        scope.condition = outer
        self._join(NO_TERM, scope.env, before)
        return self.block(node.orelse) if node.orelse and not _breaks(node.body) else self._also(node.orelse)

    def _while(self, node: ast.While) -> bool:
        scope = self.scope
        test = self.expr(node.test)
        before, outer = scope.env, scope.condition
        scope.env = dict(before)
        scope.condition = self.under("loop", NO_TERM)
        scope.condition = self.under("if", test)
        ended = self.block(node.body)
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
        finally_ended = self.block(node.finalbody) if node.finalbody else False
        return finally_ended or not ends

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        scope = self.scope
        outer = scope.condition
        swallows = False
        for item in node.items:
            context = self.expr(item.context_expr)
            scope.condition = self.under("with", context)
            if isinstance(item.context_expr, ast.Call) and _dotted(item.context_expr.func) in SWALLOWING:
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

    # -- definitions

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        scope, owner = self.scope, self._class
        decorators = tuple([self.expr(decorator) for decorator in node.decorator_list])
        index = self._define(node, node.name, decorators)
        if owner is not None:
            owner.methods[node.name] = index
            if self.class_env is not None:
                self.class_env.pop(node.name, None)
        elif scope.index and node.name not in scope.globals:
            term = self.table.function(index)
            scope.env[node.name] = term
            scope.assigned.setdefault(node.name, []).append(term)
        return False

    def define_lambda(self, node: ast.Lambda) -> TermId:
        """Declare a lambda; its body is read later."""
        return self.table.function(self._define(node, "<lambda>", ()))

    def _define(self, node: FunctionNode, name: str, decorators: tuple[TermId, ...]) -> int:
        owner = -1 if self._class is None or name == "<lambda>" else self._class.index
        index = len(self.functions)
        self.functions.append(None)
        body = _Body(node, index, self.scope, owner, f"{self._prefix}{name}")
        body.condition = self.scope.condition
        body.decorators = decorators
        body.parameters = self._parameters(node.args)
        if not isinstance(node, ast.Lambda):
            body.returns = self.annotation(node.returns)
        self._pending.append(body)
        return index

    def _parameters(self, args: ast.arguments) -> tuple[Parameter, ...]:
        parameters: list[Parameter] = []

        def add(arg: ast.arg, kind: str, default: ast.expr | None) -> None:
            parameters.append(
                Parameter(
                    arg.arg, kind, self.annotation(arg.annotation),
                    NO_TERM if default is None else self.expr(default), self.position(arg),
                )
            )  # fmt: skip

        positional = [*args.posonlyargs, *args.args]
        offset = len(positional) - len(args.defaults)
        for number, arg in enumerate(positional):
            add(arg, "positional", args.defaults[number - offset] if number >= offset else None)
        if args.vararg:
            add(args.vararg, "*", None)
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            add(arg, "keyword", default)
        if args.kwarg:
            add(args.kwarg, "**", None)
        return tuple(parameters)

    def _read_body(self, body: _Body) -> None:
        node = body.node
        scope = self.scope = Scope(body.index, body.parent)
        prefix, self._prefix = self._prefix, f"{body.qualname}."
        klass, self._class = self._class, None
        class_env, self.class_env = self.class_env, None
        for index, parameter in enumerate(body.parameters):
            scope.parameters[parameter.name] = index
            scope.env[parameter.name] = self.table.param(body.index, index)
        if isinstance(node, ast.Lambda):
            self.emit("return", self.expr(node.body), node.body)
            position, first = self.position(node), node.lineno
        else:
            if self.bodies:
                self.block(node.body)
            position = self._header(node, "def")
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        self.functions[body.index] = Function(
            name=body.qualname.rpartition(".")[2],
            qualname=body.qualname,
            index=body.index,
            parent=body.parent.index,
            owner=body.owner,
            parameters=body.parameters,
            decorators=body.decorators,
            returns=body.returns,
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=scope.generator,
            position=position,
            first_line=first,
            last_line=node.end_lineno or node.lineno,
            condition=body.condition,
            events=tuple(scope.events),
            cells={},
        )
        nested, self._pending = self._pending, []
        for inner in nested:
            self._read_body(inner)
        if scope.captured:
            cells = {name: tuple(dict.fromkeys(scope.assigned.get(name, ()))) for name in sorted(scope.captured)}
            for name, values in cells.items():
                if name in scope.parameters:
                    cells[name] = (self.table.param(body.index, scope.parameters[name]), *values)
            self._set_cells(body.index, cells)
        self._prefix, self._class, self.class_env = prefix, klass, class_env
        self.scope = body.parent

    def _set_cells(self, index: int, cells: dict[str, tuple[TermId, ...]]) -> None:
        function = self.functions[index]
        if function is not None:
            function.cells.update(cells)

    def _header(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, keyword: str) -> Position:
        """Return the place from the keyword to the end of the name."""
        start = self.columns(node.lineno, node.col_offset)
        words = ("async def" if isinstance(node, ast.AsyncFunctionDef) else keyword, node.name)
        return Position(node.lineno, start, node.lineno, start + len(" ".join(words)))

    def _class_def(self, node: ast.ClassDef) -> bool:
        scope, outer, outer_env, prefix = self.scope, self._class, self.class_env, self._prefix
        decorators = tuple([self.expr(decorator) for decorator in node.decorator_list])
        bases = tuple([self.expr(base) for base in node.bases])
        keywords = tuple([(keyword.arg or "", self.expr(keyword.value)) for keyword in node.keywords])
        index = len(self.classes)
        self.classes.append(None)
        body = _ClassBody(index, f"{prefix}{node.name}")
        condition = scope.condition
        self._class, self.class_env, self._prefix = body, {}, f"{body.qualname}."
        env = dict(scope.env)
        self.block(node.body)
        scope.env, scope.condition = env, condition
        self._class, self.class_env, self._prefix = outer, outer_env, prefix
        self.classes[index] = Class(
            name=node.name,
            qualname=body.qualname,
            index=index,
            function=scope.index,
            outer=-1 if outer is None else outer.index,
            bases=bases,
            keywords=keywords,
            decorators=decorators,
            attributes=tuple(body.attributes),
            methods=body.methods,
            inner=body.inner,
            position=self._header(node, "class"),
            first_line=min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
            last_line=node.end_lineno or node.lineno,
            condition=condition,
        )
        if outer is not None:
            outer.inner[node.name] = index
        elif scope.index:
            term = self.table.class_(index)
            scope.env[node.name] = term
            scope.assigned.setdefault(node.name, []).append(term)
        return False


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return ""


def _leaves(statements: list[ast.stmt], aborting: Collection[str]) -> bool:
    """Tell whether a handler's block certainly leaves (an approximation from its last statement)."""
    last = statements[-1] if statements else None
    if isinstance(last, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    if isinstance(last, ast.Expr):
        call = last.value.value if isinstance(last.value, ast.Await) else last.value
        return isinstance(call, ast.Call) and _dotted(call.func) in aborting
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
