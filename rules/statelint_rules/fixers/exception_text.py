"""Logs an exception instead of sending its text."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edit, Edits, Finding, SourceFile

_TEXT = '"Internal error"'
_LOGGERS = ("logger", "log", "LOG", "_logger", "LOGGER", "_log")
_LOGS = re.compile(r"\blog\w*\(|\.(exception|error|critical|warning)\(|exc_info|capture_exception", re.IGNORECASE)


class ExceptionText(Fixer):
    """Puts a fixed text where an exception's was, and logs the exception where nothing does."""

    message = "log the exception, and answer with a fixed text"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Replace what shows the exception in the statement of the finding."""
        start = source.offset(finding.location.line, finding.location.column)
        end = source.offset(finding.location.end_line, finding.location.end_column)
        statement = next(
            (
                node
                for node in source.nodes()
                if isinstance(node, (ast.Return, ast.Raise, ast.Expr, ast.Assign))
                and source.span(node)[0] <= start
                and end <= source.span(node)[1]
            ),
            None,
        )
        if statement is None:
            return
        names, block = _caught(statement, source)
        edits = tuple(_replacements(statement, names, source))
        if not edits:
            return
        logged = self._logged(statement, block, names, source)
        yield (*edits, *logged)

    @staticmethod
    def _logged(statement: ast.stmt, block: ast.AST | None, names: set[str], source: SourceFile) -> Edits:
        """Return the edits that log the exception, if it is not logged yet."""
        inside = block.body if isinstance(block, (ast.ExceptHandler, ast.FunctionDef, ast.AsyncFunctionDef)) else []
        if block is None or any(_LOGS.search(source.code(each)) for each in inside):
            return ()
        logger = next((name for name in _LOGGERS if _at_top(name, source.tree)), None)
        imports: Edits = ()
        if logger is None:
            used = source.named("logging")
            if used is None:
                found = source.use("logging")
                if found is None:
                    return ()
                (used,), imports = found
            logger = f"{used}.getLogger(__name__)"
        name = next(iter(sorted(names)), "")
        call = f'{logger}.exception("request failed")'
        if not isinstance(block, ast.ExceptHandler):
            call = f'{logger}.error("request failed", exc_info={name})'
        return (source.add_line_before(statement, call), *imports)


def _at_top(name: str, tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Assign) and any(isinstance(it, ast.Name) and it.id == name for it in node.targets)
        for node in tree.body
    )


def _caught(node: ast.AST, source: SourceFile) -> tuple[set[str], ast.AST | None]:
    """Return the names of exceptions at ``node``, and the handler or function that has them."""
    for above in source.around(node):
        if isinstance(above, ast.ExceptHandler):
            return ({above.name} if above.name else set()), above
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            args = [*above.args.posonlyargs, *above.args.args]
            return {arg.arg for arg in args if re.search(r"^(e|ex|exc|err|error|exception)$", arg.arg)}, above
    return set(), None


def _replacements(statement: ast.stmt, names: set[str], source: SourceFile) -> Iterator[Edit]:
    """Yield the edits for the outermost expressions that hold an exception's text."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Raise):
            stack += [each for each in (node.exc,) if each is not None]  # ``from error`` stays
            continue
        if isinstance(node, ast.JoinedStr):
            if any(_shows(part, names, source) for part in node.values):
                yield source.replace(node, _without(source.code(node), names))
        elif isinstance(node, ast.expr) and _shows(node, names, source):
            yield source.replace(node, _TEXT)
        else:
            stack += ast.iter_child_nodes(node)


def _shows(node: ast.AST, names: set[str], source: SourceFile) -> bool:
    """Tell whether an expression is an exception, its text or a traceback."""
    if isinstance(node, ast.FormattedValue):
        return _shows(node.value, names, source)
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id in names and node.attr in ("args", "message", "orig")
    if isinstance(node, ast.Subscript):
        return _shows(node.value, names, source)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called.endswith(("format_exc", "format_exception", "format_tb")):
            return True
        return called in ("str", "repr") and any(_shows(each, names, source) for each in node.args)
    return False


def _without(text: str, names: set[str]) -> str:
    """Return the code of an f-string without what shows one of ``names`` or a traceback."""
    named = "|".join(map(re.escape, sorted(names))) or "(?!)"
    shown = re.compile(rf"(?:\s*[:\-–—(]\s*|\s+)?\{{[^{{}}]*(?:\b(?:{named})\b|format_exc)[^{{}}]*\}}\)?")  # noqa: RUF001
    left = shown.sub("", text)
    if "{" in left:
        return left
    prefix, quote, rest = re.match(r"([A-Za-z]*)(\"\"\"|'''|\"|')(.*)", left, re.DOTALL).groups()  # type: ignore[union-attr]
    if not rest.removesuffix(quote).strip():
        return _TEXT
    return re.sub("[fF]", "", prefix) + quote + rest
