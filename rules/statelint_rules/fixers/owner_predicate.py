"""Restricts a query to the caller's rows, in the way the query is written."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

_KEYWORDS = frozenset({"filter_by", "get_object_or_404", "get_list_or_404", "aget_object_or_404", "get", "aget"})
"""Calls whose keywords are conditions."""
_CONDITIONS = frozenset({"where", "filter"})
_CALLER = re.compile(r"^(current_?user|user|current_?account|account|me|principal|caller|identity|auth_?user)$", re.I)
_CALLER_ID = re.compile(r"^(current_?)?user_?id$", re.I)


class OwnerPredicate(Fixer):
    """Adds a condition on the owner column to ``where``, ``filter``, ``filter_by``, ``get`` and their like."""

    message = "restrict the query to the caller's rows"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try each caller in sight with each condition of the statement, the last condition first."""
        model, owner = finding.detail("model"), finding.detail("owner")
        if not owner or "." in owner:
            return
        start = source.offset(finding.location.line, finding.location.column)
        end = source.offset(finding.location.end_line, finding.location.end_column)
        calls = [
            node
            for node in source.nodes()
            if isinstance(node, ast.Call) and source.span(node)[0] < end and start < source.span(node)[1]
        ]
        for call in calls:
            for caller in _callers(call, source):
                for argument in _conditions(call, model, owner, caller, source):
                    yield (source.append(call, argument),)


def _conditions(call: ast.Call, model: str, owner: str, caller: str, source: SourceFile) -> Iterator[str]:
    """Yield the argument that restricts ``call`` to the rows of ``caller``."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    by_name = bool(call.keywords) and all(keyword.arg for keyword in call.keywords)
    if called in _KEYWORDS or (called == "filter" and by_name):
        if by_name or called == "filter_by":
            if caller.endswith(".id") and not owner.endswith("id"):
                yield f"{owner}={caller.removesuffix('.id')}"  # a relation takes the user
            yield f"{owner}={caller}"
    elif called in _CONDITIONS and call.args:
        name = next(
            (
                source.code(node.value)
                for each in call.args
                for node in ast.walk(each)
                if isinstance(node, ast.Attribute) and source.code(node.value).rpartition(".")[2] == model
            ),
            model,
        )
        yield f"{name}.{owner} == {caller}"


def _callers(node: ast.AST, source: SourceFile) -> Iterator[str]:
    """Yield what may stand for the caller at ``node``: parameters, ``request.user``, Flask-Login's ``current_user``."""
    function = source.enclosing(node)
    if function is None:
        return
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    if function.decorator_list:
        # What a route is given as an id comes from the client, unless a dependency provides it.
        names = [name for name in names if not _CALLER_ID.match(name) or _provided(function, name, source)]
    names += [
        target.id
        for each in ast.walk(function)
        if isinstance(each, ast.Assign) and each.lineno < getattr(node, "lineno", 0)
        for target in each.targets
        if isinstance(target, ast.Name)
    ]
    text = source.code(function)
    for name in names:
        if _CALLER_ID.match(name):
            yield name
        elif _CALLER.match(name):
            yield f"{name}.id"
            yield f'{name}["id"]'
            yield f'{name}["sub"]'
            yield name
    if source.named("flask_login.current_user"):
        yield f"{source.named('flask_login.current_user')}.id"
    if "request" in names:
        yield "request.user"
    elif names[:1] == ["self"] and ("self.request" in text or "request" not in names):
        yield "self.request.user"


def _provided(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, source: SourceFile) -> bool:
    """Tell whether a dependency provides the parameter ``name``, as far as its declaration tells."""
    args = function.args
    defaults = dict(zip(reversed([*args.posonlyargs, *args.args]), reversed(args.defaults), strict=False))
    defaults |= {arg: value for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value is not None}
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs):
        if arg.arg == name:
            parts = [part for part in (arg.annotation, defaults.get(arg)) if part is not None]
            return any(re.search(r"Depends|Security|Current|Annotated", source.code(part)) for part in parts)
    return False
