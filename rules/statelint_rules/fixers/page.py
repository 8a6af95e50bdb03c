"""Reads a page of a list instead of all of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

    Function = ast.FunctionDef | ast.AsyncFunctionDef

ROWS = 50
MOST = 100
_RUN = frozenset({"scalars", "execute", "exec", "stream", "stream_scalars"})
"""Methods of a session that run the statement they are given."""
_MANAGER = "objects"


class _Read(NamedTuple):
    """A statement in the code; ``model`` is how it calls what it reads, ``steps`` what is called on it."""

    statement: ast.expr
    model: str
    steps: frozenset[str]


class Page(Fixer):
    """Adds ``limit`` and ``offset``, as parameters of the function or of the request; in Django, a paginator."""

    message = f"read a page of {ROWS} rows"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try the statements in the finding's place, the outermost first."""
        for call in source.inside(finding.location, ast.Call):
            function = source.enclosing(call)
            if function is None or not isinstance(call, ast.Call):
                return
            read = _read(call, source)
            if read is not None:
                yield from _paged(read, function, finding.detail("hint"), source)
            elif _MANAGER in _chain(call)[1]:
                yield from _django(call, function, source)
                return


def _chain(node: ast.expr) -> tuple[ast.expr, list[str], ast.Call | None]:
    """Return what a chain of calls begins with, the names in it, the last first, and its first call."""
    steps: list[str] = []
    first: ast.Call | None = None
    while True:
        if isinstance(node, ast.Call):
            first = node
            node = node.func
        elif isinstance(node, ast.Attribute):
            steps.append(node.attr)
            node = node.value
        else:
            return node, steps, first


def _read(call: ast.Call, source: SourceFile) -> _Read | None:
    """Return the statement that ``call`` is or runs: ``select(Note)``, ``db.query(Note).all()``, ``db.scalars(q)``."""
    root, steps, first = _chain(call)
    if first is None:
        return None
    model = source.code(first.args[0]) if first.args else ""
    if isinstance(root, ast.Name) and root.id == "select":
        return _Read(call, model, frozenset(steps))
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr in _RUN and call.args and isinstance(call.args[0], ast.Name):
        function = source.enclosing(call)
        ordered = function is not None and ".order_by(" in source.code(function)
        return _Read(call.args[0], "", frozenset({"order_by"} if ordered else ()))
    if call.func.attr == "all" and "query" in steps and not call.args:
        if isinstance(first.func, ast.Attribute) and first.func.attr == "query":
            return _Read(call.func.value, model, frozenset(steps))
        if isinstance(root, ast.Name) and steps[-1] == "query":
            return _Read(call.func.value, root.id, frozenset(steps))
    return None


def _paged(read: _Read, function: Function, key: str, source: SourceFile) -> Iterator[Edits]:
    given = _parameters(function, source)
    if given is None:
        return
    limit, offset, edits = given
    steps = [f"limit({limit})", f"offset({offset})"]
    if "order_by" not in read.steps:
        if not key or not read.model.replace(".", "").isidentifier():
            return  # pages of rows in no order are no pages
        steps.insert(0, f"order_by({read.model}.{key})")
    yield (source.add_step(read.statement, *steps), *edits)


def _parameters(function: Function, source: SourceFile) -> tuple[str, str, Edits] | None:
    """Return how the function is told which page to read, with the edits that make it so."""
    if source.imports("flask"):
        used = source.use("flask.request")
        if used is None:
            return None
        (request,), imports = used
        limit = f'min(max({request}.args.get("limit", {ROWS}, type=int), 1), {MOST})'
        return limit, f'max({request}.args.get("offset", 0, type=int), 0)', imports
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    if names & {"limit", "offset"}:
        return None
    if not function.decorator_list:
        return "limit", "offset", (source.add_parameters(function, f"limit: int = {MOST}", "offset: int = 0"),)
    if not source.imports("fastapi"):
        return None
    used = source.use("fastapi.Query")
    if used is None:
        return None
    (query,), imports = used
    added = f"limit: int = {query}({ROWS}, ge=1, le={MOST})", f"offset: int = {query}(0, ge=0)"
    return "limit", "offset", (source.add_parameters(function, *added), *imports)


def _django(rows: ast.Call, function: Function, source: SourceFile) -> Iterator[Edits]:
    """Yield the paginator around rows that are only gone through: it is no query set."""
    names = [each.arg for each in function.args.args]
    request = "request" if "request" in names else "self.request" if names[:1] == ["self"] else ""
    above = source.parents.get(rows)
    through = isinstance(above, (ast.For, ast.comprehension)) or (
        isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id == "list"
    )
    used = source.use("django.core.paginator.Paginator")
    if not request or not through or used is None:
        return
    (paginator,), imports = used
    start, end = source.span(rows)
    page = f', {ROWS}).get_page({request}.GET.get("page"))'
    yield (source.insert(start, f"{paginator}("), source.insert(end, page), *imports)


__all__ = ["Page"]
