"""``except`` clauses that drop the error they catch."""

from __future__ import annotations

import ast
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    from statelint.extract.facts.words import Dropping
    from statelint.source.lines import Columns


def dropping(handler: ast.ExceptHandler, columns: Columns) -> Dropping | Literal[""]:
    """Say how a clause drops the error: ``pass``, ``continue`` or ``return``; nothing if it does or explains more."""
    if len(handler.body) != 1:
        return ""
    how = _how(handler.body[0])
    return "" if how and _explained(handler, columns) else how


def _how(only: ast.stmt) -> Dropping | Literal[""]:
    match only:
        case ast.Pass():
            return "pass"
        case ast.Expr(value=ast.Constant(value=value)) if value is ...:
            return "pass"
        case ast.Continue():
            return "continue"
        case ast.Return(value=value) if value is None or _is_empty(value):
            return "return"
    return ""


def _is_empty(value: ast.expr) -> bool:
    """Tell whether a value says nothing: None, an empty list, dict or text."""
    match value:
        case ast.Constant(value=None | "" | b""):
            return True
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
    return False


def _explained(handler: ast.ExceptHandler, columns: Columns) -> bool:
    """Tell whether a comment stands in the clause: its author thought about it."""
    last = handler.end_lineno or handler.lineno
    # No text that holds a number sign fits into a clause that does nothing.
    if any("#" in columns.line(number) for number in range(handler.lineno, last + 1)):
        return True
    for number in count(last + 1):
        line = columns.line(number)
        code = line.strip()
        if code.startswith("#"):
            return len(line) - len(line.lstrip()) > handler.col_offset
        if code or number > last + 2:
            return False
    return False
