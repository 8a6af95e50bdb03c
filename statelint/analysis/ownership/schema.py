"""A stored model, its columns, and the paths from its rows to their owner."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from statelint.analysis.model import ClassInfo, Module
    from statelint.extract.facts import Position

MARKS_PUBLIC = re.compile(
    r"(^|_)(public|published|shared|visibility|is_?public|is_?shared|is_?published)$|^is(Public|Shared|Published)$",
    re.IGNORECASE,
)
"""Columns by which owners let everybody see a row."""


def snake(name: str) -> str:
    """Return ``name`` in snake case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")


class OwnerKind(StrEnum):
    """What an owner column says."""

    OWNER = "owner"
    TENANT = "tenant"
    MEMBERSHIP = "membership"
    ATTRIBUTION = "attribution"


class Column(NamedTuple):
    """A column or relation of a model; ``target`` is the model it refers to."""

    name: str
    target: str
    """Name of a class or table, as far as the declaration tells; resolved by ``Ownership``."""
    is_key: bool
    """A foreign key (or the reference of a document), as opposed to a relation."""
    many: bool
    position: Position
    module: Module
    kept: bool = False
    """The row stays when what it refers to is deleted."""
    listed: bool = False
    """Whether the code lists the values that it may have: ``choices=…``, ``Enum(…)``."""


class OwnerPath(NamedTuple):
    """How rows of a model lead to their owner: columns from parent to parent, ending in the owner column."""

    columns: tuple[str, ...]
    kind: OwnerKind

    def __str__(self) -> str:
        return ".".join(self.columns)


class Model:
    """A stored model: a class of the project, or a table, collection or vector store that no class declares.

    ``klass`` is None for the latter; ``store`` tells a ``vector`` store from a ``table`` and its like.
    """

    def __init__(
        self,
        klass: ClassInfo | None,
        table: str,
        columns: dict[str, Column],
        *,
        name: str,
        module: Module,
        store: str = "table",
    ) -> None:
        self.klass = klass
        self.store = store
        self.name = name
        self.module = module
        """Where it is declared, or first used."""
        self.table = table
        self.columns = columns
        self.is_principal = False
        self.is_tenant = False
        self.is_public = False
        self.is_published = False
        """Users write its rows for others to read."""
        self.paths: tuple[OwnerPath, ...] = ()
        self.parents: dict[str, Model] = {}
        """Foreign key column → owned parent model."""

    def __repr__(self) -> str:
        return f"<model {self.name}>"

    @property
    def owned(self) -> bool:
        """Whether rows belong to somebody."""
        return bool(self.paths) and not self.is_public

    @property
    def kind(self) -> OwnerKind | None:
        """The strongest kind of its owner paths."""
        kinds = [path.kind for path in self.paths]
        return min(kinds, key=list(OwnerKind).index) if kinds else None

    @property
    def own_columns(self) -> frozenset[str]:
        """The model's own columns that hold an owner."""
        return frozenset(path.columns[0] for path in self.paths if len(path.columns) == 1)
