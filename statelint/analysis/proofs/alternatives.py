"""Rows that only callers with a right get, where the others are given what is asked for on their behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.terms import walk
from statelint.extract.facts import Call, Choice

if TYPE_CHECKING:
    from statelint.analysis.model import Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import TermId


class Alternatives:
    """Reads conditional expressions: ``Note.objects.all() if sees_all(user) else granted(user, Note)``."""

    def __init__(self, judge: Judge) -> None:
        self.queries = judge.queries
        self.principals = judge.principals
        self.uses = judge.uses

    def spared(self, query: Query) -> bool:
        """Tell whether a query's rows go, wherever they go, to those alone who have what a test asks of the caller."""
        module = query.module
        if self._stands_in_choice(module, query.leaf, query.chain.start):
            return True
        escapes = self.uses.escapes(query.function, query.leaf, query.event)
        roots = [root for escape in escapes for root in (escape.term, escape.value) if root >= 0]
        inside = [root for root in roots if self.queries.containment(module).holds(root, query.leaf)]
        return bool(inside) and all(self._stands_in_choice(module, root, query.leaf) for root in inside)

    def _stands_in_choice(self, module: Module, root: TermId, rows: TermId) -> bool:
        """Tell whether rows stand in a branch of a part of ``root`` that not every caller gets."""
        containment = self.queries.containment(module)
        for part in containment.parts(root):
            held = module.terms[part]
            if not isinstance(held, Choice) or held.test < 0:
                continue
            then, other = (branch == rows or containment.holds(branch, rows) for branch in (held.then, held.other))
            if then is not other and self._asks_right(module, held.test):
                return self._is_on_behalf(module, held.other if then else held.then)
        return False

    def _asks_right(self, module: Module, test: TermId) -> bool:
        """Tell whether a test asks for a role, or a function of the caller."""
        return self.principals.mentions_admin(module, test) or any(
            isinstance(held := module.terms[part], Call)
            and any(self.principals.is_principal(module, given) for given in held.arguments)
            for part in walk(module, test)
        )

    def _is_on_behalf(self, module: Module, term: TermId) -> bool:
        """Tell whether something is asked for with the caller in hand."""
        return any(
            isinstance(held := module.terms[part], Call)
            and any(self.principals.is_principal(module, given) for given in held.arguments)
            for part in walk(module, term)
        )
