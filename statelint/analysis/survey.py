"""What a project is made of, for whoever has to configure it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.project import Project

_KEY_ENDINGS = ("_id", "_uuid", "_uid", "_key", "_ref")
_FREQUENT = 2
"""A column that is no owner's must stand in so many models to be worth a question."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was recognised; names are sorted."""

    frameworks: tuple[str, ...]
    files: int
    entry_points: int
    source_roots: tuple[str, ...]
    principals: tuple[str, ...]
    """Models of users and tenants."""
    owner_columns: dict[str, tuple[str, ...]]
    """Columns that lead to an owner, with the models that have them."""
    unowned: tuple[str, ...]
    """Models whose rows seem to be nobody's."""
    doubtful_columns: tuple[str, ...]
    """Columns of several unowned models that may hold an owner."""


def survey(project: Project) -> Survey:
    """Return what is recognised in ``project``."""
    models = [model for model in project.ownership.models.values() if not is_test_path(model.module.path)]
    principals = {model.name for model in models if model.is_principal or model.is_tenant}
    columns: dict[str, set[str]] = {}
    for model in models:
        for path in model.paths:
            if not model.is_principal:
                columns.setdefault(str(path), set()).add(model.name)
    unowned = [model for model in models if not model.paths and model.name not in principals]
    doubtful = Counter(
        name
        for model in unowned
        for name, column in model.columns.items()
        if name.endswith(_KEY_ENDINGS) and not column.target
    )
    coverage = project.coverage
    return Survey(
        frameworks=coverage.frameworks,
        files=len(project.facts),
        entry_points=coverage.entry_points,
        source_roots=_roots(project.facts),
        principals=tuple(sorted(principals)),
        owner_columns={name: tuple(sorted(held)) for name, held in sorted(columns.items())},
        unowned=tuple(sorted({model.name for model in unowned})),
        doubtful_columns=tuple(sorted(name for name, count in doubtful.items() if count >= _FREQUENT)),
    )


def _roots(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders from which the project's code is imported: those that hold its packages."""
    known = set(paths)
    roots: set[PurePosixPath] = set()
    for path in known:
        if is_test_path(path):
            continue
        folder = PurePosixPath(path).parent
        while folder.name and f"{folder}/__init__.py" in known:
            folder = folder.parent
        roots.add(folder)
    outermost = [root for root in roots if not any(other != root and other in root.parents for other in roots)]
    return tuple(sorted(map(str, outermost)))
