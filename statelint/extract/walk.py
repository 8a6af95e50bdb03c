"""One read-only walk over a LibCST tree for any number of visitors.

``Module.visit`` copies every node it passes and keeps metadata; a visitor that only looks needs neither. This walk
calls the same ``visit_X`` and ``leave_X`` methods with the same meaning (``return False`` skips the children), leaves
out whitespace, and shares the way among all visitors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import libcst

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNREADABLE = (libcst.ParserSyntaxError, libcst.CSTValidationError, libcst.CSTLogicError, RecursionError)
"""What parsing with LibCST raises; the last but one for t-strings side by side, which LibCST 1.9 does not know."""

_SKIPPED = ("whitespace", "leading_lines", "lines_after", "lpar", "rpar", "header", "footer", "indent", "newline")
_FIELDS: dict[type[libcst.CSTNode], tuple[str, ...]] = {}


def _fields(kind: type[libcst.CSTNode]) -> tuple[str, ...]:
    """Return the names of the fields of ``kind`` that can hold code."""
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = tuple(
            name
            for name in kind.__dataclass_fields__
            if not name.startswith(_SKIPPED) and name not in {"semicolon", "comma", "equal", "trailing_whitespace"}
        )
    return names


_Method: TypeAlias = "Callable[..., object] | None"
_Row: TypeAlias = tuple[int, _Method, _Method]
"""A visitor's number and its two methods for a node type."""


class _Dispatch:
    """The visitors' methods for each node type, looked up once."""

    def __init__(self, visitors: Sequence[libcst.CSTVisitor]) -> None:
        self._visitors = visitors
        self._table: dict[type[libcst.CSTNode], tuple[_Row, ...]] = {}

    def of(self, kind: type[libcst.CSTNode]) -> tuple[_Row, ...]:
        found = self._table.get(kind)
        if found is None:
            name = kind.__name__
            rows = []
            for number, visitor in enumerate(self._visitors):
                visit = _own(visitor, f"visit_{name}")
                leave = _own(visitor, f"leave_{name}")
                if visit or leave:
                    rows.append((number, visit, leave))
            found = self._table[kind] = tuple(rows)
        return found


def _own(visitor: libcst.CSTVisitor, name: str) -> Callable[..., object] | None:
    """Return the visitor's method unless it is the inherited one, which does nothing."""
    method = getattr(type(visitor), name, None)
    if method is None or method is getattr(libcst.CSTVisitor, name, None):
        return None
    bound: Callable[..., object] = getattr(visitor, name)
    return bound


def walk(module: libcst.Module, visitors: Sequence[libcst.CSTVisitor]) -> None:
    """Show every node of ``module`` to each visitor, parents before children, in source order."""
    dispatch = _Dispatch(visitors)
    skipping: set[int] = set()

    def go(node: libcst.CSTNode) -> None:
        rows = dispatch.of(type(node))
        entered = []
        stopped = []
        for number, visit, leave in rows:
            if number in skipping:
                continue
            entered.append(leave)
            if visit is not None and visit(node) is False:
                skipping.add(number)
                stopped.append(number)
        if len(skipping) < len(visitors):
            for name in _fields(type(node)):
                value = getattr(node, name)
                if isinstance(value, libcst.CSTNode):
                    go(value)
                elif isinstance(value, (tuple, list)):
                    for item in value:
                        if isinstance(item, libcst.CSTNode):
                            go(item)
        skipping.difference_update(stopped)
        for leave in entered:
            if leave is not None:
                leave(node)

    go(module)
