"""Which modules can hold SQL at all: most hold none, and then none of their calls needs to be looked at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Binary, Call, Choice, Const, Format, Logic, Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from statelint.analysis.model import Module
    from statelint.extract.facts import Term

SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(?\s*(?:select\s|with\s+(?:recursive\s+)?\w+|update\s+\S|delete\s+from\s|insert\s+(?:or\s+\w+\s+)?into\s|replace\s+into\s"
    r"|merge\s+into\s|create\s+(?:temp\w*\s+|unlogged\s+)?table\s)",
    re.IGNORECASE | re.DOTALL,
)
_BEGINNING = re.compile(
    rf"{SQL.pattern}|\s*\(?\s*(?:select|with|update|delete|insert|replace|merge|create)(?:\s+\w+){{0,2}}\s+$",
    re.IGNORECASE | re.DOTALL,
)

TEXTS = (Const, Binary, Format, Call, Choice, Name, Attr, Logic)
"""Terms that may stand for a text."""


def looks_like_sql(text: str) -> bool:
    """Tell cheaply whether a text may be an SQL statement."""
    return SQL.match(text) is not None


class SqlScreen:
    """Knows the modules that hold what begins like SQL, or a name to which any module or class binds such a text."""

    def __init__(self, modules: list[Module]) -> None:
        self._own = {module: any(map(_begins, module.all_of(Const))) for module in modules}
        self._names: set[str] = set()
        new = {name for module in modules if self._own[module] for name in _bound(module, _begins)}
        while new:  # there may be names for what is bound to these
            self._names |= new
            new = {
                name
                for module in modules
                if not new.isdisjoint(module.mentioned)
                for name in (*_bound(module, lambda held: _name(held) in self._names), *self._imported(module))
            } - self._names

    def passes(self, module: Module) -> bool:
        """Tell whether any term of a module may be an SQL statement."""
        return self._own[module] or not self._names.isdisjoint(module.mentioned)

    def _imported(self, module: Module) -> Iterator[str]:
        """Yield the module's own names for such names of others."""
        return (item.name for item in module.facts.imports if item.symbol in self._names)


def _bound(module: Module, wanted: Callable[[Term], bool]) -> Iterator[str]:
    """Yield the names that a module and its classes bind to a text that holds a wanted term."""
    for binding in (*module.facts.bindings, *(own for klass in module.facts.classes for own in klass.attributes)):
        if binding.value < 0 or not isinstance(module.terms[binding.value], TEXTS):
            continue
        if any(wanted(module.terms[term]) for term in walk(module, binding.value)):
            yield binding.name


def _begins(held: Term) -> bool:
    """Tell whether a text begins like SQL, or is no more than the beginning of it."""
    return isinstance(held, Const) and isinstance(held.value, str) and _BEGINNING.match(held.value) is not None


def _name(held: Term) -> str | None:
    return held.id if isinstance(held, Name) else held.name if isinstance(held, Attr) else None
