"""Lets the database find a user's rows without reading everybody's."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile


class OwnerIndex(Fixer):
    """Adds ``index=True`` to a column, or Django's ``db_index=True``."""

    message = "index the column; the migration is yours to add"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try the declaration in the finding's place."""
        for node in source.nodes():
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.lineno == finding.location.line:
                if isinstance(node.value, ast.Call):
                    yield _switched_on(_column(node.value), source)
                elif isinstance(node, ast.AnnAssign) and not any(
                    isinstance(each, ast.Call) for each in ast.walk(node.annotation)
                ):
                    yield from _declared(node, source)


def _column(call: ast.Call) -> ast.Call:
    """Return the call that takes the switch: SQLModel's ``Field`` may hold a column of SQLAlchemy's."""
    held = next((keyword.value for keyword in call.keywords if keyword.arg == "sa_column"), None)
    return held if isinstance(held, ast.Call) else call


def _switched_on(call: ast.Call, source: SourceFile) -> Edits:
    switch = "db_index" if source.imports("django") else "index"
    given = next((keyword.value for keyword in call.keywords if keyword.arg == switch), None)
    return (source.append(call, f"{switch}=True") if given is None else source.replace(given, "True"),)


def _declared(node: ast.AnnAssign, source: SourceFile) -> Iterator[Edits]:
    """Yield how to say it of a column that has a type and no more than a default."""
    mapped = "Mapped" in source.code(node.annotation)
    if not mapped and not source.imports("sqlmodel"):
        return
    used = source.use("sqlalchemy.orm.mapped_column" if mapped else "sqlmodel.Field")
    if used is None:
        return
    (call,), imports = used
    if node.value is None:
        yield (source.insert(source.span(node.annotation)[1], f" = {call}(index=True)"), *imports)
    else:
        default = source.code(node.value)
        yield (source.replace(node.value, f"{call}(default={default}, index=True)"), *imports)
