"""SQL scripts of the project: their tables, and their statements under the names that code gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.stores.sqlcalls import marked
from statelint.analysis.stores.sqltext import Piece, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import Module
    from statelint.analysis.stores.sqlparse import Statement
    from statelint.analysis.stores.statements import Statements
    from statelint.extract.facts import Position

WHOLE = "<script>"
"""How the statement of a script is called that is nothing else."""


class Scripts:
    """Answers what the scripts of a project declare and what they ask."""

    def __init__(self, modules: Iterable[Module], statements: Statements) -> None:
        self.statements = statements
        self._modules = tuple(modules)
        self._named: dict[str, str] = {}
        self._files: dict[str, str] = {}
        for module in self._modules:
            for binding in module.facts.bindings:
                text = module.text(binding.value) or ""
                if binding.name == WHOLE:
                    self._files[module.path.rpartition("/")[2]] = text
                elif binding.name:
                    self._named[binding.name] = text

    @property
    def asks(self) -> bool:
        """Whether there are statements that code may run by the name of a file or of theirs."""
        return bool(self._named or self._files)

    def tables(self) -> Iterator[tuple[Module, Position, Statement]]:
        """Yield the statements that declare tables."""
        for module in self._modules:
            for binding in module.facts.bindings:
                text = module.text(binding.value)
                if text and not binding.name:
                    for statement in self.statements.of(marked(Text((Piece(text),)))[0]):
                        if statement.verb == "create":
                            yield module, binding.position, statement

    def texts(self) -> Iterator[str]:
        """Yield the statements of schemas: those that have no name."""
        for module in self._modules:
            for binding in module.facts.bindings:
                if not binding.name:
                    yield module.text(binding.value) or ""

    def file(self, name: str) -> str:
        """Return the statement of the script of this name, or an empty string."""
        return self._files.get(name.rpartition("/")[2], "")

    def named(self, name: str) -> str:
        """Return the statement with this name (``-- name: …``), or an empty string."""
        return self._named.get(name, "")
