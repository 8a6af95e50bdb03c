"""Simple statements: what they bind, write and import."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

from statelint.extract.expressions import OPERATORS, ExpressionReader
from statelint.extract.facts import NO_TERM, Binding, Import, Mapping, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection

    from statelint.extract.facts import TermId
    from statelint.extract.facts.words import How
    from statelint.source.lines import Columns


class ClassBody:
    """A class while its body is read."""

    __slots__ = ("attributes", "index", "inner", "methods", "qualname")

    def __init__(self, index: int, qualname: str) -> None:
        self.index = index
        self.qualname = qualname
        self.attributes: list[Binding] = []
        self.methods: dict[str, int] = {}
        self.inner: dict[str, int] = {}


class BindingReader(ExpressionReader):
    """Reads simple statements; each handler returns whether control ends there.

    ``aborting`` names the calls that never return (``sys.exit``, ``abort``).
    """

    def __init__(self, columns: Columns, aborting: Collection[str]) -> None:
        super().__init__(columns)
        self.aborting = aborting
        self.imports: list[Import] = []
        self.bindings: list[Binding] = []
        self.breaks: list[int] = []
        """The conditions under which loops around what is being read are broken off."""
        self._class: ClassBody | None = None

    def _expr(self, node: ast.Expr) -> bool:
        if isinstance(node.value, ast.Constant):
            return False
        self.expr(node.value)
        if isinstance(node.value, ast.Call):
            self.alone()
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(call, ast.Call) and dotted(call.func) in self.aborting

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
        how = cast("How", f"{op}=")
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
            self.assign(target, value, how)
        elif isinstance(target, ast.Attribute):
            self.emit("write", table.attr(self.expr(target.value), target.attr), node, operand, how)
        else:
            base = self.expr(target.value)
            self.emit("write", table.item(base, self.expr(target.slice)), node, operand, how)
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

    def _break(self, _node: ast.stmt) -> bool:
        self.breaks.append(self.scope.condition)
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

    def assign(self, target: ast.expr, value: TermId, how: How) -> None:
        """Bind ``target`` to ``value``, as an assignment, a loop, a ``with`` or an unpacking does."""
        self._bind(target, value, how, NO_TERM)

    def _bind(self, target: ast.expr, value: TermId, how: How, annotation: TermId) -> None:
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

    def _unpack(self, targets: list[ast.expr], value: TermId, how: How) -> None:
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

    def _bind_name(self, target: ast.Name, value: TermId, how: How, annotation: TermId) -> None:
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

    def _declare(self, target: ast.Name, value: TermId, annotation: TermId, how: How) -> None:
        """Record a module-level name or a class attribute."""
        binding = Binding(target.id, value, annotation, self.scope.condition, self.position(target), how)
        if self._class is not None:
            self._class.attributes.append(binding)
            if value >= 0 and self.class_env is not None:
                self.class_env[target.id] = value
            return
        self.bindings.append(binding)


def dotted(node: ast.expr) -> str:
    """Return a chain of names and attributes as written, or an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return ""
