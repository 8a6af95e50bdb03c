"""Rows that are compared with their parent: ``if note.book_id != book.id: raise`` asks as much as a predicate would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.ownership import snake
from statelint.analysis.proofs.words import KEYS
from statelint.extract.facts import Attr, Call, Compare, Const, Item, Logic, Not

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.rows import Rows
    from statelint.extract.facts import Event, TermId

_FOREIGN = ("_id", "_uuid")
"""How keys of parents end."""


class Matches:
    """Finds what rows are compared with before they are used."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.exits = rows.exits
        self.uses = rows.uses
        self.queries = rows.queries

    def before(self, function: FunctionInfo, event: Event, leaf: TermId) -> tuple[Event, list[TermId]] | None:
        """Return the first use of rows and the values that their parents' keys are equal to wherever they are used."""
        module = function.module
        uses = [
            use
            for use in self.uses.escapes(function, leaf, event)
            if use.op != "call" or not self.uses.inside_test(module, use.term)
        ]
        if not uses:
            return None
        common = set.intersection(*(self.at(module, use, leaf) for use in uses))
        return (uses[0], sorted(common)) if common else None

    def at(self, module: Module, event: Event, leaf: TermId) -> set[TermId]:
        """Return the values that a parent's key in the rows is equal to where ``event`` happens."""
        conditions = module.facts.conditions
        return {
            value
            for step in self.exits.chain(module, event.condition)
            for value in self._equal(module, conditions[step].test, conditions[step].positive, leaf)
        }

    def _equal(
        self, module: Module, test: TermId, positive: bool, leaf: TermId, *, itself: bool = False
    ) -> Iterator[TermId]:
        """Yield what a parent's key in the row, or its own (``itself``), is equal to, ``test`` being ``positive``."""
        held = module.terms[test] if test >= 0 else None
        holds = self.queries.containment(module).holds
        match held:
            case Not(value=value):
                yield from self._equal(module, value, not positive, leaf, itself=itself)
            case Logic(op=op, values=values) if (op == "and") is positive:
                for value in values:
                    yield from self._equal(module, value, positive, leaf, itself=itself)
            case Logic(values=values):
                # if note.id != root.id and note.root_id != root.id: raise
                children = {each for value in values for each in self._equal(module, value, positive, leaf)}
                either = (set(self._equal(module, value, positive, leaf, itself=True)) for value in values)
                yield from children.intersection(*either)
            case Compare(op=op, left=left, right=right) if op == ("==" if positive else "!="):
                for row, other in ((left, right), (right, left)):
                    if (
                        (self._is_parents_key(module, row) or (itself and _is_own_key(module, row, leaf)))
                        and holds(row, leaf)
                        and not holds(other, leaf)
                        and not isinstance(module.terms[other], Const)
                    ):
                        yield other

    @staticmethod
    def _is_parents_key(module: Module, term: TermId) -> bool:
        """``note.book_id``, ``note.book.id``, ``note["book_id"]``, ``note.get("bookId")``."""
        held = module.terms[term]
        match held:
            case Attr(base=base, name=name):
                inner = module.terms[base]
                return name.endswith(_FOREIGN) or (name in KEYS and isinstance(inner, Attr))
            case Item(key=key):
                text = module.text(key)
            case Call(func=func, args=args) if args and module.last_name(func) == "get":
                text = module.text(args[0])
            case _:
                return False
        return text is not None and snake(text).endswith(_FOREIGN)


def _is_own_key(module: Module, term: TermId, leaf: TermId) -> bool:
    held = module.terms[term]
    return isinstance(held, Attr) and held.base == leaf and held.name in KEYS
