"""Values in which rows stand only where a check chose them: filtered lists, alternatives, what a loop has gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.terms import children
from statelint.extract.facts import Attr, Choice, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.rows import Rows
    from statelint.extract.facts import Event, TermId

COLLECTING = frozenset({"add", "append", "extend", "update"})
"""Methods that put something into a collection."""


class Chosen:
    """Tells why rows that escape have passed a check, although none stands before the escape."""

    def __init__(self, rows: Rows) -> None:
        self.queries = rows.queries
        self._is_check = rows.is_check

    def proven(self, module: Module, escape: Event, leaf: TermId) -> bool:
        """Tell whether the rows stand in what escapes only where a check of them chose so."""
        return self._replaced(module, escape, leaf) or self._filtered(module, escape, leaf)

    def gathered(
        self, function: FunctionInfo, escape: Event, leaf: TermId, is_checked: Callable[[Event], bool]
    ) -> bool:
        """``passed.append(note)`` after a check of the note: tell whether rows escape in such collections alone."""
        module = function.module
        holds = self.queries.containment(module).holds
        checked: dict[int, bool] = {}
        for event, call in function.calls:
            func = module.terms[call.func]
            if isinstance(func, Attr) and func.name in COLLECTING and any(holds(each, leaf) for each in call.args):
                into = module.terms[func.base]
                if isinstance(into, Sequence):
                    checked[into.serial] = checked.get(into.serial, True) and is_checked(event)
        lists = {
            part
            for root in (escape.term, escape.value)
            for part in self.queries.containment(module).parts(root)
            if isinstance(held := module.terms[part], Sequence) and checked.get(held.serial)
        }
        return bool(lists) and all(
            self.only_in(module, root, lists, leaf) for root in (escape.term, escape.value) if root >= 0
        )

    def only_in(self, module: Module, term: TermId, places: set[TermId], leaf: TermId) -> bool:
        """Tell whether a term holds the rows only in some of its parts."""
        if term in places or not self.queries.containment(module).holds(term, leaf):
            return True
        inside = [child for child in children(module.terms[term]) if child >= 0]
        return bool(inside) and term != leaf and all(self.only_in(module, child, places, leaf) for child in inside)

    def _filtered(self, module: Module, escape: Event, leaf: TermId) -> bool:
        """Rows escape through a comprehension that checks each: ``[row for row in rows if row.user_id == me.id]``."""
        checked = {
            term
            for term, held in self.queries.containment(module).comprehensions
            if any(self._is_check(module, test, leaf, positive=True) for test in held.tests)
        }
        return bool(checked) and all(
            any(self.queries.containment(module).holds(each, root) for each in checked)
            or self.only_in(module, root, checked, leaf)
            for root in (escape.term, escape.value)
            if root >= 0
        )

    def _replaced(self, module: Module, escape: Event, leaf: TermId) -> bool:
        """The rows stand in what escapes only where a check of them chose so (``if row.user != me: row = None``)."""
        holds = self.queries.containment(module).holds
        inside = [root for root in (escape.term, escape.value) if root >= 0 and holds(root, leaf)]
        for root in inside:
            chosen = any(
                isinstance(held := module.terms[part], Choice)
                and held.test >= 0
                and self._is_check(module, held.test, leaf, holds(held.then, leaf))
                for part in self.queries.containment(module).parts(root)
            )
            if not chosen:
                return False
        return bool(inside)
