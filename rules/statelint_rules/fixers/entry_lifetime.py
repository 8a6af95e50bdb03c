"""Lets what is cached expire."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

SECONDS = 300


class EntryLifetime(Fixer):
    """Gives a cache's entry the lifetime that the cache's call or decorator takes as a keyword."""

    message = f"let the entry expire after {SECONDS} seconds"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try the calls in the finding's place, or the decorators of the function there."""
        keyword = finding.detail("hint")
        if not keyword:
            return
        for node in source.nodes():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno == finding.location.line:
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call):
                        yield _limited(decorator, keyword, source)
                    else:
                        yield (source.insert(source.span(decorator)[1], f"({keyword}={SECONDS})"),)
        for call in source.inside(finding.location, ast.Call):
            if isinstance(call, ast.Call):
                yield _limited(call, keyword, source)


def _limited(call: ast.Call, keyword: str, source: SourceFile) -> Edits:
    given = [each.value for each in call.keywords if each.arg == keyword]
    given += [each for each in call.args if isinstance(each, ast.Constant) and each.value is None]
    return (source.replace(given[0], str(SECONDS)) if given else source.append(call, f"{keyword}={SECONDS}"),)
