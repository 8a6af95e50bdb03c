"""Lets a signed token expire."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

MINUTES = 15


class TokenExpiry(Fixer):
    """Adds an ``exp`` claim to the dictionary that is signed, or takes away what switches the expiry off."""

    message = f"let the token expire after {MINUTES} minutes"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try the dictionaries in the finding's place; then those that its names stand for in the same function."""
        for call in source.inside(finding.location, ast.Call):
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                if keyword.arg in ("expires_delta", "expires_in") and isinstance(keyword.value, ast.Constant):
                    used = source.use("datetime.timedelta")
                    if used is not None:
                        yield (source.replace(keyword.value, f"{used[0][0]}(minutes={MINUTES})"), *used[1])
            for claims in _claims(call, source):
                used = source.use("datetime.datetime", "datetime.timedelta", "datetime.timezone")
                if used is not None and claims.keys:
                    (now, delta, zone), imports = used
                    expiry = f'"exp": {now}.now({zone}.utc) + {delta}(minutes={MINUTES})'
                    yield (source.append(claims, expiry), *imports)


def _claims(call: ast.Call, source: SourceFile) -> Iterator[ast.Dict]:
    function = source.enclosing(call)
    for argument in call.args:
        if isinstance(argument, ast.Dict):
            yield argument
        elif isinstance(argument, ast.Name) and function is not None:
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Assign)
                    and isinstance(node.value, ast.Dict)
                    and any(isinstance(target, ast.Name) and target.id == argument.id for target in node.targets)
                ):
                    yield node.value
