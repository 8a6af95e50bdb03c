"""Rows that their owners have published: a column says so, in the statement or in the manager that it starts from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue
from statelint.analysis.ownership import MARKS_PUBLIC
from statelint.analysis.proofs.words import NEGATIVE
from statelint.extract.facts import Attr, Call, Compare, Const, Logic, Not

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Atom, Query, QueryFinder
    from statelint.extract.facts import TermId

_SAYS_SO = re.compile(r"(^|[._])(public|published|shared|listed|global|everyone)$", re.IGNORECASE)
"""Values of a state or a visibility: ``"published"``, ``Visibility.PUBLIC``."""
_PRIVATE = re.compile(r"(^|[._])(private|restricted|hidden|direct|dm)$", re.IGNORECASE)
"""Columns and values that say that a row is not for everybody."""


class Published:
    """Tells which reads ask for published rows only."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.queries = judge.queries

    def asks(self, query: Query, atoms: Iterable[Atom]) -> bool:
        """Tell whether a statement reads rows, and always those alone that are marked as public."""
        marked = any(atom.optional < 0 and self._marks(query.module, atom) for atom in atoms) or any(
            self._marks(method.module, atom) for method in self._managers(query) for atom in self._filters(method)
        )
        return marked and self.judge.writes.of(query) == "read"

    def _marks(self, module: Module, atom: Atom) -> bool:
        """``is_public=True``, ``Note.is_public``, ``is_private=False``, ``status="published"``.

        ``visibility != "private"`` is not read.
        """
        is_mark = MARKS_PUBLIC.search(atom.column[-1]) is not None
        if atom.value < 0:
            return is_mark and atom.op not in NEGATIVE
        held = module.terms[atom.value]
        if isinstance(held, Const) and not isinstance(held.value, str):
            said = bool(held.value) is (atom.op not in NEGATIVE)
            return (is_mark and said) or (_PRIVATE.search(atom.column[-1].removeprefix("is_")) is not None and not said)
        return atom.op not in NEGATIVE and _SAYS_SO.search(self._said(module, atom.value)) is not None

    @staticmethod
    def _said(module: Module, term: TermId) -> str:
        return module.text(term) or module.dotted(term).removesuffix(".value")

    def _managers(self, query: Query) -> list[FunctionInfo]:
        """Return the ``get_queryset`` of the manager that a statement starts from."""
        klass = query.chain.model.klass if query.chain.model is not None else None
        start = query.module.terms[query.chain.start] if query.chain.start >= 0 else None
        binding = klass.attribute(start.name) if klass is not None and isinstance(start, Attr) else None
        if klass is None or binding is None or binding.value < 0:
            return []
        made = klass.module.terms[binding.value]
        values = self.inference.term(klass.module, made.func) if isinstance(made, Call) else ()
        methods = (
            self.inference.method(value.klass, "get_queryset") for value in values if isinstance(value, ClassValue)
        )
        return [method for method in methods if method is not None]

    def _filters(self, method: FunctionInfo) -> Iterable[Atom]:
        """Yield the comparisons of ``super().get_queryset().filter(is_public=True)``."""
        for event in method.events:
            if event.op == "return" and event.term >= 0:
                for part in self.queries.containment(method.module).parts(event.term):
                    yield from self.queries.compared(method.module, part)


def is_shown(queries: QueryFinder, module: Module, step: int, leaf: TermId) -> bool:
    """Tell whether a condition says that a row is marked as public: ``if note.is_public: …``."""
    condition = module.facts.conditions[step]
    return _says_public(queries, module, condition.test, leaf, condition.positive)


def _says_public(queries: QueryFinder, module: Module, test: TermId, leaf: TermId, positive: bool) -> bool:
    held = module.terms[test] if test >= 0 else None
    match held:
        case Attr(base=base, name=name):
            return positive and MARKS_PUBLIC.search(name) is not None and queries.containment(module).holds(base, leaf)
        case Not(value=value):
            return _says_public(queries, module, value, leaf, not positive)
        case Logic(op=op, values=values):
            return (op == "and") is positive and any(
                _says_public(queries, module, value, leaf, positive) for value in values
            )
        case _:
            return False


def is_hidden(queries: QueryFinder, module: Module, step: int, leaf: TermId) -> bool:
    """Tell whether a condition says that a row is not for everybody: ``if room.is_private``, ``if not note.public``."""
    condition = module.facts.conditions[step]
    return _says_private(queries, module, condition.test, leaf, condition.positive)


def _says_private(queries: QueryFinder, module: Module, test: TermId, leaf: TermId, positive: bool) -> bool:
    holds = queries.containment(module).holds
    match module.terms[test] if test >= 0 else None:
        case Attr(base=base, name=name):
            mark = _PRIVATE if positive else MARKS_PUBLIC
            return mark.search(name) is not None and holds(base, leaf)
        case Not(value=value):
            return _says_private(queries, module, value, leaf, not positive)
        case Compare(op=op, left=left, right=right) if op == ("==" if positive else "!="):
            said = module.text(right) or module.dotted(right).removesuffix(".value")
            return holds(left, leaf) and _PRIVATE.search(said) is not None
        case _:
            return False
