"""From a module's tree to its declarations, conditions and events, in source order."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from statelint.extract.bindings import ClassBody
from statelint.extract.control import ControlReader
from statelint.extract.expressions import Scope
from statelint.extract.facts import NO_TERM, Binary, Class, Const, Function, Parameter, Position, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection

    from statelint.extract.facts import TermId
    from statelint.extract.facts.words import ParameterKind
    from statelint.source.lines import Columns

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


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


class ModuleReader(ControlReader):
    """Reads a module's tree; afterwards its lists hold the facts.

    ``aborting`` names the calls that never return (``sys.exit``, ``abort``).
    """

    def __init__(self, columns: Columns, aborting: Collection[str] = ()) -> None:
        super().__init__(columns, aborting)
        self.functions: list[Function | None] = [None]
        self.classes: list[Class | None] = []
        self.exports: list[str] | None = None
        self._prefix = ""
        self._pending: list[_Body] = []

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
            tuple(module.events), {}, tuple(module.handlers),
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

        def add(arg: ast.arg, kind: ParameterKind, default: ast.expr | None) -> None:
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
            handlers=tuple(scope.handlers),
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
        body = ClassBody(index, f"{prefix}{node.name}")
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
