"""Lets a retrying decorator give up."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

ATTEMPTS = 5


class RetryLimit(Fixer):
    """Adds ``stop=stop_after_attempt(5)`` to tenacity's ``retry``, ``max_tries=5`` to backoff, ``tries=5`` to retry."""

    message = f"give up after {ATTEMPTS} attempts"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try the decorators of the functions that begin in the finding's place."""
        for node in source.nodes():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                if first <= finding.location.line <= node.body[0].lineno:
                    for decorator in node.decorator_list:
                        yield from self._limited(decorator, source)

    @staticmethod
    def _limited(decorator: ast.expr, source: SourceFile) -> Iterator[Edits]:
        name = source.code(decorator.func if isinstance(decorator, ast.Call) else decorator)
        calls = {name: source.named(meaning) for name, meaning in (
            ("stop", "tenacity.retry"), ("tries", "retry.retry"), ("max_tries", "backoff.on_exception"),
            ("max_tries ", "backoff.on_predicate"),
        )}  # fmt: skip
        for keyword, known in calls.items():
            if known != name:
                continue
            imports: Edits = ()
            value = str(ATTEMPTS)
            if keyword == "stop":
                used = source.use("tenacity.stop_after_attempt")
                if used is None:
                    continue
                (limit,), imports = used
                value = f"{limit}({ATTEMPTS})"
            argument = f"{keyword.strip()}={value}"
            if isinstance(decorator, ast.Call):
                yield (source.append(decorator, argument), *imports)
            else:
                yield (source.replace(decorator, f"{name}({argument})"), *imports)
